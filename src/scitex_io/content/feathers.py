"""The first version of Feather, followed before Arrow reads it: Arrow believes its numbers, and ends the process over wrong ones.

Layout: ``feather.fbs`` of Apache Arrow up to version 0.17.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Any

from scitex_io.content.flatbuffers import Table

WIDTHS = {1: 1, 2: 2, 3: 4, 4: 8, 5: 1, 6: 2, 7: 4, 8: 8, 9: 4, 10: 8}
"""Bytes of the numbers, by the code of their type."""
BITS, TEXTS, LARGE = 0, {11, 12}, {17, 18}
CATEGORY = 1
"""The kind of a column's notes that has an array of its own."""


class _DamagedError(Exception):
    pass


def damage(path: Path) -> str:
    """What is wrong with the file; nothing if all its arrays lie inside it."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            _check(data)
        except (_DamagedError, struct.error, IndexError) as error:
            return f"it is damaged ({error})"
    return ""


def _check(data: Any) -> None:
    if len(data) < 12 or data[-4:] != b"FEA1":
        raise _DamagedError("its end is missing")
    (length,) = struct.unpack_from("<I", data, len(data) - 8)
    starts = len(data) - 8 - length
    if starts < 4:
        raise _DamagedError(f"notes of {length} bytes")
    # Alone: no number in the notes leads out of them.
    table = Table.root(data[starts : len(data) - 8], 0)
    rows = table.number(1, "<q")
    table.text(0)
    table.text(4)
    first, count = table.vector(2)
    if not table.place(2) or count > length // 4 or rows < 0:
        raise _DamagedError(f"{rows} rows of {count} columns")
    for number in range(count):
        column = table.entry(first + 4 * number)
        if not column.place(0):
            raise _DamagedError("a column without a name")
        column.text(0)
        column.text(4)
        _array(column.table(1), data, rows)
        if column.number(2, "<B"):
            notes = column.table(3)
            if column.number(2, "<B") == CATEGORY:
                _array(notes.table(0), data, None)
            else:
                notes.text(1)


def _array(array: Table, data: Any, rows: int | None) -> None:
    kind, encoding = array.number(0, "<b"), array.number(1, "<b")
    at, length, gaps, size = (array.number(field, "<q") for field in (2, 3, 4, 5))
    if at < 0 or size < 0 or length < 0 or at + size > len(data) or not 0 <= gaps <= length or encoding:
        raise _DamagedError(f"an array of {length} values in {size} bytes at {at}")
    if rows is not None and length != rows:
        raise _DamagedError(f"a column of {length} values beside {rows} rows")
    needed = _padded(-(-length // 8)) if gaps else 0
    if kind in TEXTS | LARGE:
        width = 4 if kind in TEXTS else 8
        ends = at + needed + width * length
        needed += _padded(width * (length + 1))
        if needed <= size:
            (last,) = struct.unpack_from("<i" if width == 4 else "<q", data, ends)
            needed += max(last, 0) if last >= 0 else size + 1
    elif kind == BITS:
        needed += -(-length // 8)
    elif kind in WIDTHS:
        needed += length * WIDTHS[kind]
    else:
        raise _DamagedError(f"values of the unknown type {kind}")
    if needed > size:
        raise _DamagedError(f"an array of {length} values in {size} bytes")


def _padded(size: int) -> int:
    return -(-size // 8) * 8
