"""How large the sheets of a workbook become: the reader makes room for every cell up to the last one that is used.

Two cells in opposite corners of a sheet are half a terabyte, and to ask for that ends the whole process.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from scitex_io.errors import UnreadableFileError
from scitex_io.limits import take

CELL = 48
"""Bytes of a cell in the reader, and of its place in a row and in a frame."""
ROWS, COLUMNS = 1 << 20, 1 << 14
PIECE = 1 << 20
OVERLAP = 1 << 10  # bytes in which a tag of a cell ends
WIDE = 64  # columns: what is narrower is small, however long
_QUOTE = rb"[\"']"
_COLUMN = re.compile(rb"\sr\s*=\s*" + _QUOTE + rb"([A-Za-z]{1,3})[0-9]")
_REFERENCE = re.compile(
    # Not behind it: the end of an empty tag. What is quoted may hold anything.
    rb"\sr\s*=\s*"
    + _QUOTE
    + rb"([A-Za-z]{0,3})([0-9]{1,7})"
    + _QUOTE
    + rb"(?![^<>\"']*(?:"
    + _QUOTE
    + rb"[^<>\"']*"
    + _QUOTE
    + rb"[^<>\"']*)*/>)"
)
_CELL = re.compile(rb"<(?:[\w.-]+:)?c[\s/>]")


def check(source: Path | IO[bytes], path: Path, format_name: str) -> None:
    """Read the parts of a zipped workbook to their ends, which verifies their checksums, and ask for the room of its sheets.

    Raises
    ------
    UnreadableFileError
        A part is damaged.
    FileTooLargeError
        The parts or the sheets are too large.
    """
    with zipfile.ZipFile(source) as archive:
        take(sum(info.file_size for info in archive.infolist()), "what is compressed in it")
        for info in archive.infolist():
            try:
                with archive.open(info) as part:
                    area = _area(part, info.filename)
            except zipfile.BadZipFile as error:
                raise UnreadableFileError(str(path), format_name, f"its part '{info.filename}' is damaged") from error
            take(CELL * area, f"its part '{info.filename}', a sheet of {area} cells,")


def _area(part: IO[bytes], name: str) -> int:
    if name.endswith(".bin"):
        return _binary(part.read())
    return _marked(part)


def _pieces(part: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while piece := part.read(PIECE):
        yield rest + piece
        rest = piece[-OVERLAP:]


def _marked(part: IO[bytes]) -> int:
    """Of Office Open XML, whose cells say where they are, or stand behind one another."""
    columns: set[bytes] = set()
    rows, width, unmarked, wide = 0, 0, 0, False
    for piece in _pieces(part):
        found = _COLUMN.findall(piece)
        columns.update(found)
        unmarked += max(len(_CELL.findall(piece)) - len(found), 0)
        wide = wide or unmarked >= WIDE or max(map(_number, columns), default=0) >= WIDE
        references = _REFERENCE.findall(piece) if wide else ()
        rows = max(rows, max((int(digits) for _, digits in references), default=0))
        width = max(width, max((_number(letters) for letters, _ in references), default=0))
    # Those before the sheet turned out to be wide were not looked at: they are not wide.
    return min(max(rows, 1), ROWS) * min(max(width, min(unmarked, COLUMNS), WIDE), COLUMNS) if wide else 0


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


def _binary(content: bytes) -> int:
    """Of Excel's binary workbooks: records of a kind, a length and as many bytes (MS-XLSB 2.1.4)."""
    at, row, rows, columns = 0, 0, 0, 0
    while at + 2 <= len(content):
        kind, at = content[at], at + 1
        if kind & 0x80:
            kind, at = kind & 0x7F | (content[at] & 0x7F) << 7, at + 1
        size = 0
        for shift in range(0, 28, 7):
            if at >= len(content):
                return 0
            byte, at = content[at], at + 1
            size |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
        if kind == 0 and at + 4 <= len(content):  # the head of a row
            (row,) = struct.unpack_from("<I", content, at)
        elif 2 <= kind <= 11 and at + 4 <= len(content):  # a cell that holds something
            (column,) = struct.unpack_from("<I", content, at)
            rows, columns = max(rows, row + 1), max(columns, column + 1)
        at += size
    return min(rows, ROWS) * min(columns, COLUMNS)
