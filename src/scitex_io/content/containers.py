"""Container files walked by the lengths they tell: what is cut short is found without decoding anything."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

CUT = "it is cut short"
_STREAMED = 0xFFFFFFFF  # the length of what was written where nobody could come back to note it


def boxes(file: BinaryIO) -> str:
    """What is wrong with an ISO base media file (.mp4, .mov); nothing where every box is whole."""
    end, at = file.seek(0, 2), 0
    while at < end:
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return CUT if any(head) else ""  # QuickTime's terminator
        size = int.from_bytes(head[:4], "big")
        size = int.from_bytes(head[8:], "big") if size == 1 else size or end - at
        if size < 8 or at + size > end:
            return CUT
        at += size
    return ""


def riffs(file: BinaryIO) -> str:
    """What is wrong with an AVI file, which consists of one RIFF or, beyond a gigabyte, of several."""
    end, at = file.seek(0, 2), 0
    while at < end:
        file.seek(at)
        head = file.read(8)
        if at and head[:4] != b"RIFF":
            return ""  # what others append
        size = int.from_bytes(head[4:], "little")
        at += 8 + size
        if at > end or size == 0:
            return CUT
        at += size & 1
    return ""


def elements(file: BinaryIO, *, sums: bool = False) -> str:
    """What is wrong with a Matroska file, which consists of EBML elements (RFC 8794); with *sums* also inside them."""
    end, at = file.seek(0, 2), 0
    while at < end:
        name, start, size = _element(file, at)
        if name == b"" or (size is not None and start + size > end):
            return CUT
        stop = end if size is None else start + size  # a live recording goes on to the end
        if sums and name == b"\x18S\x80g" and not _sums_agree(file, start, stop):
            return "the checksum of a part is wrong"
        at = stop
    return ""


def _element(file: BinaryIO, at: int) -> tuple[bytes, int, int | None]:
    """Name, where the content begins, and its size; an empty name where there is no element."""
    file.seek(at)
    head = file.read(12)
    name = _width(head)
    width = _width(head[name:])
    if not name or not width or len(head) < name + width:
        return b"", at, 0
    ones = (1 << 7 * width) - 1
    size = int.from_bytes(head[name : name + width], "big") & ones
    return head[:name], at + name + width, None if size == ones else size


def _width(data: bytes) -> int:
    """The bytes of a number that tells its own length by its leading zeros."""
    return 9 - data[0].bit_length() if data and data[0] else 0


def _sums_agree(file: BinaryIO, at: int, end: int) -> bool:
    """Has every part the checksum that it begins with, if it begins with one?"""
    while at < end:
        name, start, size = _element(file, at)
        if name == b"" or size is None:
            return size is None
        file.seek(start)
        mark = file.read(6)
        if mark[:2] == b"\xbf\x84" and zlib.crc32(file.read(size - 6)) != int.from_bytes(mark[2:], "little"):
            return False
        at = start + size
    return True


def chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """The parts of a WAV file: name, where the content begins, and its length as told."""
    file.seek(0)
    head = file.read(12)
    order = ">" if head[:4] == b"RIFX" else "<"
    at, long = 12, 0
    while len(part := file.read(8)) == 8:
        name, size = struct.unpack(f"{order}4sI", part)
        if name == b"ds64":
            long = struct.unpack("<8xQ", file.read(16))[0]
        if name == b"data" and size == _STREAMED and head[:4] == b"RF64":
            size = long
        yield name, at + 8, size
        at += 8 + size + (size & 1)
        file.seek(at)


def wave(file: BinaryIO) -> str:
    """What is wrong with a WAV file; nothing where its parts are whole."""
    end, found = file.seek(0, 2), False
    for name, at, size in chunks(file):
        found = found or name == b"data"
        if name == b"data" and size == _STREAMED:
            return ""  # up to the end
        if not (name.isascii() and name.decode().isprintable()):
            return "a part does not begin where it should; perhaps the recording was never closed"
        if at + size > end:
            return CUT
    return "" if found else CUT


_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def pages(file: BinaryIO) -> str:
    """What is wrong with an Ogg file (RFC 3533): each page has a checksum, the last one says that it is."""
    file.seek(0)
    flags = 0
    while head := file.read(27):
        if head[:4] != b"OggS"[: len(head)]:
            return "a page does not begin where it should"
        table = file.read(head[26]) if len(head) == 27 else b""
        body = file.read(sum(table))
        if len(head) < 27 or len(table) < head[26] or len(body) < sum(table):
            return CUT
        # The polynomial is that of zlib; the bits run the other way, and neither end is inverted.
        page = head[:22] + bytes(4) + head[26:] + table + body
        checksum = ~zlib.crc32(page.translate(_MIRRORED), _STREAMED) & _STREAMED
        if int(f"{checksum:032b}"[::-1], 2) != int.from_bytes(head[22:26], "little"):
            return "the checksum of a page is wrong"
        flags = head[5]
    return "" if flags & 4 else CUT
