"""``rows=`` for arrays and stores: the part of what was read whole, and slices for libraries that only go forward."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scitex_io.errors import OptionError, type_name

if TYPE_CHECKING:
    import numpy as np

PIECE = 1 << 24
"""Bytes; the size of the pieces in which an array is streamed."""


def forward(rows: slice, length: int) -> tuple[slice, bool]:
    """The same rows from first to last, and whether they have to be turned around afterwards."""
    span = range(*rows.indices(length))
    if not span:
        return slice(0, 0, 1), False
    ends = sorted((span[0], span[-1]))
    return slice(ends[0], ends[1] + 1, abs(span.step)), span.step < 0


def pieces(shape: tuple[int, ...], dtype: np.dtype[Any], aligned: int = 1) -> Iterator[slice]:
    """The rows of an array in pieces of some megabytes, each a whole number of *aligned* rows if possible."""
    size = max(dtype.itemsize, 1)
    for side in shape[1:]:
        size *= max(side, 1)
    count = max(PIECE // size, 1)
    count = max(count // aligned, 1) * aligned
    for start in range(0, shape[0], count):
        yield slice(start, min(start + count, shape[0]))


def sliced(obj: Any, rows: slice, format_name: str) -> Any:
    """The rows of an array, a table or a list.

    Raises
    ------
    OptionError
        It has no rows.
    """
    import numpy as np

    if hasattr(obj, "iloc"):
        return obj.iloc[rows].copy()
    if isinstance(obj, (list, tuple)) or getattr(obj, "shape", None):
        try:
            part = obj[rows]
        except (TypeError, NotImplementedError):  # a sparse layout without order
            raise no_rows(format_name, f"{type_name(type(obj))} cannot be sliced") from None
        return part.copy() if isinstance(part, np.ndarray) else part  # a view would keep the whole
    raise no_rows(format_name, f"it is for arrays, tables and lists, and this is {type_name(type(obj))}")


def no_rows(format_name: str, reason: str, option: str = "rows") -> OptionError:
    """The error for a part that makes no sense."""
    return OptionError(format_name, "load", option, reason=reason)
