"""Arrays and tables from plain trees, for ``as_type=``; their libraries are imported where their types are asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, get_args, get_origin

from scitex_io.errors import type_name
from scitex_io.forms import nanoseconds
from scitex_io.typeref import resolve


def is_class(name: str) -> Callable[[Any], bool]:
    """The question whether a type is this class, parametrised or not."""
    return lambda wanted: (get_origin(wanted) or wanted) is resolve(name)


def is_numpy_scalar(wanted: Any) -> bool:
    """Is it a type of NumPy's scalars?"""
    generic = resolve("numpy.generic")
    return generic is not None and isinstance(wanted, type) and issubclass(wanted, generic)


def wrong(expected: str, value: object) -> TypeError:
    """The error of a value of another kind."""
    return TypeError(f"expected {expected}, found {type(value).__name__} {value!r:.80}")


def array(value: Any, wanted: Any) -> Any:
    """Nested lists as an array of the dtype that *wanted* names, or of the one that holds them all unchanged."""
    import numpy as np

    if isinstance(value, np.ndarray):
        found: Any = value
    elif isinstance(value, list):
        found = np.array(value)
    else:
        raise wrong("a list", value)
    if found.dtype.kind == "O":
        raise TypeError("expected numbers, text or truth values, found a mixture that no dtype holds")
    if found.dtype.kind == "U" and not all(isinstance(part, str) for part in np.array(value, dtype=object).flat):
        raise TypeError("expected one kind of values, found text and numbers")
    dtype = next((np.dtype(get_args(part)[0]) for part in get_args(wanted) if _is_concrete(part)), None)
    if dtype is None or found.dtype == dtype:
        return found
    if found.dtype.kind == "U" and dtype.kind in _FROM_TEXT:
        return _FROM_TEXT[dtype.kind](found).astype(dtype)
    if found.size and any((found.dtype.kind == kind) != (dtype.kind == kind) for kind in "Ub"):
        raise wrong(f"values of dtype {dtype}", value)
    with np.errstate(all="ignore"):
        cast = found.astype(dtype)
    if not np.array_equal(cast, found, equal_nan=dtype.kind in "fc"):
        raise ValueError(f"some of the values are not the same as {dtype}")
    return cast


def _complex(texts: Any) -> Any:
    import numpy as np

    return np.array([complex(text) for text in texts.flat]).reshape(texts.shape)


def _moments(texts: Any) -> Any:
    return texts.astype("M8")


def _spans(texts: Any) -> Any:
    import numpy as np

    return np.array([nanoseconds(text) for text in texts.flat], "m8[ns]").reshape(texts.shape)


_FROM_TEXT: dict[str, Callable[[Any], Any]] = {"c": _complex, "M": _moments, "m": _spans}


def _is_concrete(part: Any) -> bool:
    """Is it a dtype of a definite kind, not Any and not a family such as ``numpy.floating``?"""
    inner = next(iter(get_args(part)), None)
    generic = resolve("numpy.generic")
    if get_origin(part) is not resolve("numpy.dtype") or not isinstance(inner, type) or generic is None:
        return False
    return issubclass(inner, generic) and not inner.__subclasses__()


def numpy_scalar(value: Any, wanted: Any) -> Any:
    """A number (text for ``str_`` and ``datetime64``) as this type of NumPy, if it keeps its value."""
    if isinstance(value, wanted):
        return value
    if isinstance(value, (str, list, dict)) != (wanted.__name__ in {"str_", "datetime64"}):
        raise wrong(type_name(wanted), value)
    made = wanted(value)
    if isinstance(value, (int, float)) and not (made == value or math.isnan(value)):
        raise ValueError(f"{value!r} is no {type_name(wanted)} of the same value")
    return made


def frame(value: Any, wanted: Any) -> Any:
    """A dict of columns or a list of records as a table."""
    if isinstance(value, wanted):
        return value
    columns = isinstance(value, dict) and all(isinstance(part, list) for part in value.values())
    if not columns and not (isinstance(value, list) and all(isinstance(part, dict) for part in value)):
        raise wrong("a dict of columns or a list of records", value)
    return wanted(value)


def series(value: Any, wanted: Any) -> Any:
    """A list as a series."""
    if not isinstance(value, (list, wanted)):
        raise wrong("a list", value)
    return wanted(value)
