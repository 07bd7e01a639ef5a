"""An unpickler as fast as Python's own, for what can be checked without looking at each step.

The file gets stand-ins for what it names. They can be called and instantiated as the rules say and are nothing else,
so that no step of the machine can do harm with them. What this cannot tell or check is left to `careful`: a stand-in
that became part of the result where it is not soon found, for example.
"""

from __future__ import annotations

import pickle
import sys
from functools import partial
from typing import IO, Any

from attrs import Factory, define

from scitex_io.content.pickles import rules
from scitex_io.content.pickles.careful import ALLOWED, allowed
from scitex_io.content.pickles.dtypes import stated
from scitex_io.content.pickles.hooks import hooked, names_hook
from scitex_io.content.pickles.names import admitted
from scitex_io.content.pickles.rules import Called, HostileError, Rule, check
from scitex_io.content.pickles.states import check_array
from scitex_io.policy import Policy

SHORT = 1000
"""Parts of a list; a longer one holds values."""
SOON = 100_000
"""Parts of lists and dicts."""
_HEAP, _IMMUTABLE = 1 << 9, 1 << 8  # flags of a type (CPython's object.h)


class NeedsCareError(Exception):
    """It takes the other unpickler."""


@define
class _Load:
    """What one load knows of itself."""

    pending: int = 0  # alive
    open: list[Any] = Factory(list)  # made, and may be given attributes in a step that is not looked at

    def noted(self, made: Any) -> Any:
        """The same, looked at once more when all is done."""
        if hasattr(made, "__dict__") and not isinstance(made, type):
            self.open.append(made)
        return made


class Form(type):
    """The class of stand-ins for classes."""

    _real: Any
    _rule: Rule
    _load: _Load

    def __call__(cls, *arguments: Any, **named: Any) -> Any:
        """What the rule makes of the arguments."""
        check(cls._rule.call and not named)
        assert cls._rule.call is not None
        return _called(cls._rule.call, cls._real, cls._load, *arguments)

    def __setattr__(cls, name: str, value: object) -> None:
        check(None)

    def __setstate__(cls, state: object) -> None:
        check(None)


class Pending:
    """Stands for what is to be filled from a state, which is checked when it comes."""

    __slots__ = ("_fill", "_load", "real")

    def __init__(self, real: Any, fill: Any, load: _Load) -> None:
        self.real: Any = real
        self._fill: Any = fill
        self._load = load
        load.pending += 1

    def __setstate__(self, state: Any) -> None:
        check(self._fill)
        self.real, self._fill = self._fill(self.real, _real(state)), None

    def __del__(self) -> None:
        self._load.pending -= 1


def _real(value: Any) -> Any:
    """What a stand-in stands for; also in what states and arguments are made of."""
    kind = type(value)
    if kind is Form:
        return value._real  # noqa: SLF001
    if kind is Pending:
        return value.real
    if kind is tuple:
        return tuple([_real(part) for part in value])
    if kind is dict:
        return {key: _real(part) for key, part in value.items()}
    if kind is list and len(value) <= SHORT:
        return [_real(part) for part in value]
    return value


def _filled_array(array: Any, state: Any) -> Any:
    check_array(state)
    array.__setstate__(state)
    return array


def _filled(instance: Any, state: Any) -> Any:
    check(not names_hook(state) and not hooked([state]))
    if hasattr(instance, "__setstate__"):
        instance.__setstate__(state)
    else:
        check(type(state) is dict)
        instance.__dict__.update(state)
    return instance


def _called(call: Any, real: Any, load: _Load, *arguments: Any) -> Any:
    made = call(real, *[_real(value) for value in arguments])
    fill = _FILLS.get(call)
    return load.noted(made) if fill is None else Pending(made, fill, load)


_FILLS: dict[Any, Any] = {
    rules.dtype: stated,
    rules.reconstructed: _filled_array,
    rules.masked: _filled_array,
    rules.backed: _filled,
}
"""What is made by these is filled by a state that may hold stand-ins."""


def _settled(obj: Any, left: list[int]) -> Any:
    """The same with the real things in its lists and dicts, as far as they are soon looked through."""
    kind = type(obj)
    if kind is Pending:
        return obj.real
    if kind in (list, dict) and left[0] > 0:
        left[0] -= len(obj)
        for at, part in list(obj.items() if kind is dict else enumerate(obj)):
            if type(part) in (Pending, list, dict):
                obj[at] = _settled(part, left)
    return obj


def _form(real: Any, rule: Rule, load: _Load) -> Form:
    def new(_: Any, *arguments: Any, **named: Any) -> Any:
        check(rule.new and not arguments and not named)
        made = real.__new__(real)
        return Pending(made, _filled, load) if rule.filled else load.noted(made)

    return Form(real.__name__, (), {"__slots__": (), "__new__": new, "_real": real, "_rule": rule, "_load": load})


class Quick(pickle.Unpickler):
    """Admits data and what *policy* allows, or says that it cannot.

    Raises
    ------
    UnknownNameError
        The file wants something else.
    HostileError, NeedsCareError
        The careful unpickler is to be asked.
    """

    def __init__(self, file: IO[bytes], policy: Policy, **options: Any) -> None:
        super().__init__(file, **options)
        self._policy = policy
        self._load = _Load()
        self._stand_ins: dict[tuple[str, str], Any] = {}
        self._counts: dict[tuple[str, str], int] = {}

    def find_class(self, module: str, name: str) -> Any:
        """A stand-in; the thing itself where nothing can be done to it, or the user allowed it."""
        key = (module, name)
        if key not in self._stand_ins:
            found = admitted(module, name)
            real, rule = found or (allowed(self._policy, module, name, super().find_class), ALLOWED)
            if rule is ALLOWED or (rule.plain and _is_immutable(real)):
                return real
            if rule.careful:
                raise NeedsCareError
            if rule.call is None and not isinstance(real, type):
                return real  # a constant
            self._stand_ins[key] = (
                _form(real, rule, self._load)
                if isinstance(real, type)
                else Called(partial(_called, rule.call, real, self._load))
            )
            self._counts[key] = _count(self._stand_ins, key)
        return self._stand_ins[key]

    def stand_ins(self) -> tuple[dict[tuple[str, str], Any], dict[tuple[str, str], int], _Load]:
        """What `stayed` has to know when the unpickler itself is gone."""
        return self._stand_ins, self._counts, self._load


def _is_immutable(real: Any) -> bool:
    return isinstance(real, type) and (not real.__flags__ & _HEAP or bool(real.__flags__ & _IMMUTABLE))


def _count(stand_ins: dict[tuple[str, str], Any], key: tuple[str, str]) -> int:
    return sys.getrefcount(stand_ins[key])


def loaded(file: IO[bytes], policy: Policy, **options: Any) -> Any:
    """The object in *file*.

    Raises
    ------
    NeedsCareError
        It takes the careful unpickler.
    """
    unpickler = Quick(file, policy, **options)
    obj = unpickler.load()
    if unpickler.stand_ins()[2].pending:
        obj = _settled(obj, [SOON])
    stand_ins, counts, load = unpickler.stand_ins()
    del unpickler  # and its memo
    if any(names_hook(vars(made)) for made in load.open):
        raise HostileError("an attribute that no data have")
    if load.pending or any(_count(stand_ins, key) > count for key, count in counts.items()):
        raise NeedsCareError
    return obj
