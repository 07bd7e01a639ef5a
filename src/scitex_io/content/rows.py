"""``rows=`` for arrays and stores: the part of what was read whole, and slices for libraries that only go forward."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

from attrs import frozen

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
    count = max(PIECE // max(dtype.itemsize * math.prod(shape[1:]), 1), 1)
    count = max(count // aligned, 1) * aligned
    for start in range(0, shape[0], count):
        yield slice(start, min(start + count, shape[0]))


@frozen
class Block:
    """A rectangular part of an array."""

    start: tuple[int, ...]
    shape: tuple[int, ...]

    @property
    def where(self) -> tuple[slice, ...]:
        """The part as an index."""
        return tuple(slice(at, at + side) for at, side in zip(self.start, self.shape, strict=True))


def blocks(shape: tuple[int, ...], itemsize: int, chunks: tuple[int, ...], limit: int = PIECE) -> Iterator[Block]:
    """An array in blocks of whole chunks, each of at most *limit* bytes unless a chunk is larger."""
    sides = [min(chunk, side) for chunk, side in zip(chunks, shape, strict=True)]
    for axis in reversed(range(len(shape))):  # the last axis first: it lies closest together
        fits = limit // max(math.prod(sides) * itemsize, 1)
        sides[axis] = min(max(fits, 1) * sides[axis], shape[axis])
    for start in product(*(range(0, whole, side) for whole, side in zip(shape, sides, strict=True))):
        yield Block(start, tuple(min(side, whole - at) for at, side, whole in zip(start, sides, shape, strict=True)))


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
