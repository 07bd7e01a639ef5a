"""Attributes in the forms that files have for them: those of netCDF, and those of JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from scitex_io.losses import lose

Attribute: TypeAlias = Callable[[Any, str], Any]
"""From a value and what it is called in messages to its form; a `ValueError` says that there is none."""
LEFT_OUT: Final = object()


def as_netcdf(value: Any, what: str) -> Any:
    """Text, numbers, and arrays or lists of them; booleans become numbers."""
    import numpy as np

    if value is None:
        lose(f"{what} is None and left out")
        return LEFT_OUT
    if isinstance(value, str) and "\0" not in value:
        return value
    if isinstance(value, bytes) and value.isascii() and b"\0" not in value:
        lose(f"{what} becomes text")
        return value.decode()
    if isinstance(value, (list, tuple)) and value and all(isinstance(item, str) for item in value):
        return _texts(value, what)
    if isinstance(value, (bool, int, float, complex, list, tuple, np.ndarray, np.generic)):
        try:
            array = np.asarray(value)
        except ValueError:  # ragged
            array = np.empty(0, object)
        if array.dtype.kind == "U" and array.ndim == 1 and array.size:
            return _texts(tuple(array.tolist()), what)
        if array.dtype.kind == "b":
            lose(f"{what} becomes {'0 and 1' if array.ndim else int(array)}")
            array = array.astype(np.int8)
        elif array.dtype.kind in "iufc" and (isinstance(value, (list, tuple)) or (array.ndim and array.size == 1)):
            lose(f"{what} becomes {'a number' if array.size == 1 else 'an array'}")
        if array.dtype.kind in "iufc":
            return array if array.ndim else array[()]
    raise ValueError(f"{type(value).__name__}, for which netCDF has no word")


def _texts(value: Any, what: str) -> list[str]:
    if len(value) == 1 or not isinstance(value, list):
        lose(f"{what} becomes {'a single text' if len(value) == 1 else 'a list'}")
    return list(value)


def as_json(value: Any, what: str) -> Any:
    """What JSON has a word for; numbers of NumPy become Python's, arrays and tuples become lists."""
    import numpy as np

    if isinstance(value, (np.ndarray, tuple)):
        lose(f"{what} becomes a list")
        value = np.asarray(value).tolist() if isinstance(value, np.ndarray) else list(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, list):
        return [as_json(item, what) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: as_json(item, what) for key, item in value.items()}
    if isinstance(value, (str, int, float, type(None))):
        return value
    raise ValueError(f"{type(value).__name__}, for which JSON has no word")
