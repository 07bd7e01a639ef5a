"""A dict whose keys are also attributes, looked up in any case."""

from __future__ import annotations

import json
import pprint
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from copy import deepcopy
from typing import Any


class DotDict(MutableMapping[Any, Any]):
    """A mapping that reads ``d.model.lr`` for ``d["model"]["lr"]``, in any case of the letters.

    Keys are kept as they were first spelt. Looking up a string tries it as it is, in upper case, and then in any
    case; writing, deleting, ``in`` and the methods do the same, so ``d["LR"] = 1`` changes an existing ``lr``. Other
    keys are matched exactly. Dicts inside become `DotDict` as well, those inside lists stay what they are.

    A key that is no identifier, begins with an underscore, or is the name of a method is reached as ``d["items"]``.

    Parameters
    ----------
    dictionary
        What it holds at first; nothing by default.

    Raises
    ------
    TypeError
        *dictionary* is no mapping.
    """

    __slots__ = ("_data",)
    __hash__ = None  # type: ignore[assignment]  # it can change, like a dict

    _data: dict[Any, Any]

    def __init__(self, dictionary: Mapping[Any, Any] | None = None) -> None:
        if dictionary is not None and not isinstance(dictionary, Mapping):
            raise TypeError(f"a DotDict is made of a dict, not of {type(dictionary).__qualname__}")
        # As given: two spellings of one word in a dict are two keys, and neither is lost.
        object.__setattr__(self, "_data", {key: _wrapped(value) for key, value in (dictionary or {}).items()})

    def _resolve_key(self, key: Any) -> Any:
        """The stored key that *key* means.

        Raises
        ------
        KeyError
            There is none; the error holds the key that was asked for.
        """
        data = self._data
        if key in data:
            return key
        if isinstance(key, str):
            if (upper := key.upper()) in data:
                return upper
            folded = key.casefold()
            for stored in data:
                if isinstance(stored, str) and stored.casefold() == folded:
                    return stored
        raise KeyError(key)

    def __getitem__(self, key: Any) -> Any:
        return self._data[self._resolve_key(key)]

    def __setitem__(self, key: Any, value: Any) -> None:
        with suppress(KeyError):
            key = self._resolve_key(key)
        self._data[key] = _wrapped(value)

    def __delitem__(self, key: Any) -> None:
        del self._data[self._resolve_key(key)]

    def __getattr__(self, name: str) -> Any:
        # Called for what is no method. Private names are asked for by copy, pickle and notebooks: they are no keys.
        if not name.startswith("_"):
            with suppress(KeyError):
                return self[name]
        from difflib import get_close_matches

        close = get_close_matches(name.upper(), {str(key).upper(): key for key in self._data}, n=3)
        hint = (
            f"; did you mean {', '.join(close)}?"
            if close
            else f"; it has {', '.join(map(str, self._data)) or 'no keys'}"
        )
        raise AttributeError(f"no key {name!r}{hint}")

    def __setattr__(self, name: str, value: Any) -> None:
        self._refuse_names_of_ours(name)
        self[name] = value

    def __delattr__(self, name: str) -> None:
        self._refuse_names_of_ours(name)
        try:
            del self[name]
        except KeyError:
            raise AttributeError(f"no key {name!r}") from None

    def _refuse_names_of_ours(self, name: str) -> None:
        if name.startswith("_") or hasattr(type(self), name):
            raise AttributeError(f"{name!r} is a name of {type(self).__name__} itself: write d[{name!r}] for the key")

    def __iter__(self) -> Iterator[Any]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, DotDict):
            return self._data == other._data
        return self._data == other if isinstance(other, Mapping) else NotImplemented

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *(key for key in self._data if isinstance(key, str) and key.isidentifier())]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({pprint.pformat(self.to_dict(include_private=True), sort_dicts=False)})"

    def __str__(self) -> str:
        return json.dumps(self.to_dict(include_private=True), indent=4, default=str, ensure_ascii=False)

    def __copy__(self) -> DotDict:
        made: DotDict = type(self).__new__(type(self))
        object.__setattr__(made, "_data", dict(self._data))
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> DotDict:
        made: DotDict = type(self).__new__(type(self))
        memo[id(self)] = made
        object.__setattr__(made, "_data", deepcopy(self._data, memo))
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self._data)

    def copy(self) -> DotDict:
        """Another one with the same values in it."""
        return self.__copy__()

    def to_dict(self, include_private: bool = False) -> dict[Any, Any]:
        """Plain dicts, at every level; keys that begin with an underscore only if asked for."""
        return {
            key: value.to_dict(include_private) if isinstance(value, DotDict) else value
            for key, value in self._data.items()
            if include_private or not (isinstance(key, str) and key.startswith("_"))
        }


def _wrapped(value: Any) -> Any:
    return DotDict(value) if type(value) is dict else value


def _restored(kind: type[DotDict], data: dict[Any, Any]) -> DotDict:
    made = kind.__new__(kind)
    object.__setattr__(made, "_data", data)
    return made
