"""Plain values as arrays, and what the options of array formats share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from scitex_io.errors import UnsupportedTypeError, type_name
from scitex_io.losses import lose

if TYPE_CHECKING:
    from numpy.typing import NDArray


def as_array(value: object, name: str, key: str | None = None) -> NDArray[Any]:
    """A value as an array; below a *key*, what that changes is announced.

    Raises
    ------
    UnsupportedTypeError
        It is no array, number or text, nor a regular list of one kind of them.
    """
    import numpy as np

    at = "" if key is None else f" (at '{key}')"

    def announce(what: str) -> None:
        if at:  # a value of its own is declared by a row of `accepts`
            lose(f"{what}{at}")

    if isinstance(value, np.ma.MaskedArray):
        announce("masked arrays lose their mask")
        return np.asarray(value.data)
    if isinstance(value, np.ndarray):
        return np.asarray(value)
    if isinstance(value, (bool, int, float, complex, str, bytes, np.generic)):
        array = np.asarray(value)
        same = array.item() == value or value != value
        if array.dtype.hasobject or (isinstance(value, (str, bytes)) and not same):
            raise _refused(value, name, f"no array holds this value{at}")
        announce("numbers and texts become arrays without dimensions")
        return array
    if isinstance(value, (list, tuple)):
        array = _regular(value, name, at)
        announce(f"{type(value).__name__}s become arrays")
        return array
    if hasattr(value, "to_numpy") and hasattr(value, "index"):
        array = np.asarray(value.to_numpy())  # pyright: ignore[reportAttributeAccessIssue]  # asked for above
        announce(f"{type_name(type(value))} becomes an array without its labels")
        return array
    raise _refused(value, name, f"only arrays, numbers, texts and regular lists of them{at}")


def _regular(value: list[Any] | tuple[Any, ...], name: str, at: str) -> NDArray[Any]:
    import numpy as np

    found = set(kinds(value))
    if len(found) > 1:
        raise _refused(value, name, f"a list of {' and '.join(sorted(found))} is no array of one dtype{at}")
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError) as error:
        raise _refused(value, name, f"{error}{at}") from error
    if array.dtype.hasobject:
        raise _refused(value, name, f"it holds what no dtype but object can{at}")
    if array.dtype.kind in "US" and any(part[-1:] in ("\0", b"\0") for part in _leaves(value)):
        raise _refused(value, name, f"texts that end in NUL{at}")
    return array


def _leaves(value: object) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def kinds(value: object) -> Iterator[str]:
    """What the innermost parts of nested lists are: ``numbers``, ``booleans``, ``texts``, ``bytes``, or another type."""
    import numpy as np

    for leaf in _leaves(value):
        if isinstance(leaf, (np.ndarray, np.generic)):
            yield {"U": "texts", "S": "bytes", "b": "booleans"}.get(
                leaf.dtype.kind, "numbers" if leaf.dtype.kind in "iufc" else str(leaf.dtype)
            )
        elif isinstance(leaf, bool):
            yield "booleans"
        elif isinstance(leaf, (int, float, complex)):
            yield "numbers"
        else:
            yield "texts" if type(leaf) is str else "bytes" if type(leaf) is bytes else type_name(type(leaf))


def _refused(value: object, name: str, reason: str) -> UnsupportedTypeError:
    return UnsupportedTypeError(name, type_name(type(value)), reason=reason)


def one_of(*values: object) -> Any:
    """A validator for an option that has to be one of *values*."""

    def check(_: object, __: object, value: object) -> None:
        if value not in values:
            raise ValueError(f"{value!r} is not one of {', '.join(map(repr, values))}")

    return check


def text_keys(obj: object) -> bool:
    """Is it a mapping whose keys are all strings?"""
    return isinstance(obj, Mapping) and all(type(key) is str for key in obj)
