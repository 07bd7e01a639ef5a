"""The layout of MATLAB 5 files, followed before scipy reads them.

Scipy believes the type codes inside so far that a damaged one can end the whole process (a segmentation
fault). Layout: MathWorks, "MAT-File Format". Elements are a tag (type, bytes) and data, padded to eight
bytes; up to four bytes of data may stand inside the tag. A variable is one element, possibly compressed.
"""

from __future__ import annotations

import math
import mmap
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define

from scitex_io.errors import UnreadableFileError
from scitex_io.limits import take, unfold

MATRIX, COMPRESSED = 14, 15
INTEGERS = frozenset({1, 2, 3, 4, 5, 6, 12, 13})
NUMBERS = INTEGERS | {7, 9}
TEXTS = NUMBERS | {16, 17, 18}  # and the encodings of Unicode
CELL, STRUCT, OBJECT, CHAR, SPARSE, FUNCTION, OPAQUE = 1, 2, 3, 4, 5, 16, 17
FIRST = 4096
"""Bytes; the tags of a plain array fit in here, whatever its name and number of dimensions."""


class _Damaged(Exception):  # noqa: N818  # never leaves this module
    pass


def check(path: Path, *, whole: bool = True) -> None:
    """Follow the elements of a MATLAB 5 file to its end; other files are left to their reader.

    Parameters
    ----------
    path
        The file.
    whole
        Are all variables going to be loaded?

    Raises
    ------
    FileTooLargeError
        They unfold to more than they may.
    UnreadableFileError
        An element is not what has to stand at its place, or not whole.
    """
    with path.open("rb") as file:
        head = file.read(128)
        order = {b"IM": "<", b"MI": ">"}.get(head[126:128], "")
        if not order or len(head) < 128 or path.stat().st_size == 128:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content, memoryview(content) as view:
            try:
                _variables(view, order, take if whole else unfold)
            except (_Damaged, zlib.error, struct.error, RecursionError) as error:
                raise UnreadableFileError(str(path), "mat", f"it is damaged or not whole ({error})") from error


def _variables(view: memoryview, order: str, ask: Callable[[int, str], None]) -> None:
    at = 128
    while at < len(view):
        kind, size = struct.unpack_from(f"{order}II", view, at)
        at += 8
        if at + size > len(view):
            raise _Damaged(f"it ends inside a variable of {size} bytes")
        with view[at : at + size] as part:
            if kind == COMPRESSED:
                _compressed(part, order, ask)
            elif kind == MATRIX:
                _Elements(view=part, order=order).matrix(size)
            else:
                raise _Damaged(f"type {kind} where a variable has to be")
        at += size


def _compressed(part: memoryview, order: str, ask: Callable[[int, str], None]) -> None:
    first = zlib.decompressobj().decompress(part, FIRST)
    kind, size = struct.unpack_from(f"{order}II", first)
    if kind != MATRIX:
        raise _Damaged(f"type {kind} where a variable has to be")
    ask(size, f"a variable of {size} bytes")
    elements = _Elements(view=memoryview(first), order=order, at=8)
    if elements.is_plain():
        elements.matrix(size, whole=False)
    else:  # the tags lie anywhere inside
        unpacked = zlib.decompressobj().decompress(part, size + 8)
        _Elements(view=memoryview(unpacked), order=order, at=8).matrix(size)


@define(kw_only=True)
class _Elements:
    view: Any
    order: str
    at: int = 0

    def is_plain(self) -> bool:
        """Is the matrix at hand an array of real numbers, so that all its tags come first?"""
        (flags,) = struct.unpack_from(f"{self.order}I", self.view, self.at + 8)
        return CHAR < flags & 0xFF < FUNCTION and flags & 0xFF != SPARSE and not flags & 0x800

    def matrix(self, size: int, *, whole: bool = True) -> None:
        """Follow one matrix of *size* bytes; without *whole* to the tag of its data."""
        if size == 0:  # an empty array
            return
        end = self.at + size
        self._element({6})
        flags: int = struct.unpack_from(f"{self.order}I", self.view, self.at - 8)[0]
        kind = flags & 0xFF
        if kind != OPAQUE:
            self._inside(kind, flags, whole=whole)
        elif whole:
            self.at = end
        if whole and self.at != end:
            raise _Damaged(f"an array of {size} bytes ends elsewhere")

    def _inside(self, kind: int, flags: int, *, whole: bool) -> None:
        start, size = self._element({5, 6})
        shape = struct.unpack_from(f"{self.order}{size // 4}i", self.view, start)
        if any(side < 0 for side in shape):
            raise _Damaged(f"an array of shape {shape}")
        self._element({1, 16})  # its name
        match kind:
            case _ if kind == CELL:
                self._matrices(math.prod(shape))
            case _ if kind in {STRUCT, OBJECT}:
                if kind == OBJECT:
                    self._element({1, 16})  # its class
                start, _ = self._element({5})
                (width,) = struct.unpack_from(f"{self.order}i", self.view, start)
                _, size = self._element({1, 16})
                self._matrices(math.prod(shape) * (size // width if width > 0 else 0))
            case _ if kind == FUNCTION:
                self._matrices(1)
            case _ if kind == CHAR:
                self._element(TEXTS)
            case _ if kind == SPARSE:
                for types in (INTEGERS, INTEGERS, NUMBERS, NUMBERS)[: 4 if flags & 0x800 else 3]:
                    self._element(types)
            case _ if SPARSE < kind < FUNCTION:
                for _part in range(2 if flags & 0x800 else 1):
                    self._element(NUMBERS, whole=whole)
            case _:
                raise _Damaged(f"an array of the unknown class {kind}")

    def _matrices(self, number: int) -> None:
        if number * 8 > len(self.view) - self.at:
            raise _Damaged(f"{number} parts do not fit into it")
        for _ in range(number):
            kind, size = struct.unpack_from(f"{self.order}II", self.view, self.at)
            if kind != MATRIX:
                raise _Damaged(f"type {kind} where an array has to be")
            self.at += 8
            self.matrix(size)

    def _element(self, types: set[int] | frozenset[int], *, whole: bool = True) -> tuple[int, int]:
        """Step over one element; where its data start, and their number of bytes."""
        kind, size = struct.unpack_from(f"{self.order}II", self.view, self.at)
        start = self.at + 8
        self.at = start + size + -size % 8
        if kind >> 16:  # the data stand inside the tag
            kind, size, start, self.at = kind & 0xFFFF, kind >> 16, start - 4, start
        if kind not in types or (size > 4 and start == self.at - 4):
            raise _Damaged(f"type {kind} of {size} bytes at a place for other data")
        if whole and start + size > len(self.view):
            raise _Damaged(f"it ends inside {size} bytes of data")
        return start, size
