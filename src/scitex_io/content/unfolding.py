"""How far compressed pieces unfold, found out piece by piece before a library does so at once."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from scitex_io.limits import LITTLE, is_set, most, unfold

PIECE = 1 << 20
AT_MOST = {"deflate": 1032, "zlib": 1032, "gzip": 1032, "bz2": 1_200_000, "lzma": 8_000, "xz": 8_000, "zstd": 66_000}
"""To how many times its size a piece can unfold."""


LONGEST_HEADER = 18
"""Bytes before the first block of Zstandard."""


def ask(codec: str, data: bytes, what: str) -> None:
    """Unpack a piece and forget it, if it could become too large.

    Raises
    ------
    FileTooLargeError
        It does.
    """
    if not may_ask(codec, len(data)):
        return
    size = 0
    try:
        for piece in _WAYS[codec](data):
            size += len(piece)
            unfold(size, what)
    except (zlib.error, OSError, lzma.LZMAError, EOFError):
        return  # the library says what is wrong with it


def ask_of_file(codec: str, path: Path, what: str) -> None:
    """Unpack a file that is one piece, if it could become too large; of Zstandard the header tells that.

    Raises
    ------
    FileTooLargeError
        It does.
    """
    if not may_ask(codec, path.stat().st_size):
        return
    if codec == "zstd":
        import zstandard

        with path.open("rb") as file:
            head = file.read(LONGEST_HEADER)
        try:
            size = zstandard.frame_content_size(head)
        except zstandard.ZstdError:
            return  # the library says what is wrong with it
        if size >= 0:
            unfold(size, what)
            return
    ask(codec, path.read_bytes(), what)


def may_ask(codec: str, size: int) -> bool:
    """Could a piece of *size* bytes unfold too far?"""
    if codec not in AT_MOST or (size * AT_MOST[codec] <= LITTLE and not is_set()):
        return False
    limit = most()
    return limit is not None and size * AT_MOST[codec] > limit


def _zlib(bits: int) -> Callable[[bytes], Iterator[bytes]]:
    def unpacked(data: bytes) -> Iterator[bytes]:
        while data:  # one stream may stand behind another
            unpacker = zlib.decompressobj(bits)
            while data and not unpacker.eof:
                yield unpacker.decompress(data, PIECE)
                data = unpacker.unconsumed_tail
            data = unpacker.unused_data

    return unpacked


def _other(make: Callable[[], Any]) -> Callable[[bytes], Iterator[bytes]]:
    def unpacked(data: bytes) -> Iterator[bytes]:
        while data:
            unpacker = make()
            while not unpacker.eof:
                piece: bytes = unpacker.decompress(data, PIECE)
                if not piece and unpacker.needs_input:
                    return
                yield piece
                data = b""
            data = unpacker.unused_data

    return unpacked


def _zstd(data: bytes) -> Iterator[bytes]:
    import zstandard

    with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as reader:
        try:
            yield from iter(lambda: reader.read(PIECE), b"")
        except zstandard.ZstdError:
            return


_WAYS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "deflate": _zlib(-15),
    "zlib": _zlib(15),
    "gzip": _zlib(31),
    "bz2": _other(bz2.BZ2Decompressor),
    "lzma": _other(lzma.LZMADecompressor),
    "xz": _other(lzma.LZMADecompressor),
    "zstd": _zstd,
}
