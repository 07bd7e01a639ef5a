"""Texts in PNG files: chunks before the pixels, everything else as it is (W3C PNG, section 11.3)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

from scitex_io.content.notes import LARGEST

MAGIC = b"\x89PNG\r\n\x1a\n"
TEXTS = (b"tEXt", b"zTXt", b"iTXt")


def put(content: bytes, notes: Mapping[str, str]) -> bytes:
    """The file with these texts, in place of those of the same names."""
    fresh = [_chunk(b"tEXt", name.encode() + b"\0" + text.encode("ascii")) for name, text in notes.items()]
    parts = [content[:8]]
    end = 8
    for kind, start, end in _chunks(content):
        if kind in TEXTS and _keyword(content, start) in notes:
            continue
        if kind in (b"IDAT", b"IEND") and fresh:
            parts += fresh
            fresh = []
        parts.append(content[start:end])
    return b"".join((*parts, content[end:]))


def get(content: bytes, name: str) -> str | None:
    """The text of this name."""
    for kind, start, end in _chunks(content):
        if kind in TEXTS and _keyword(content, start) == name:
            return _text(kind, content[start + 8 : end - 4])
    return None


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(data, zlib.crc32(kind)).to_bytes(4, "big")


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The kind, start and end of each chunk."""
    if content[:8] != MAGIC:
        raise ValueError("it is no PNG file")
    at, kind = 8, b""
    while kind != b"IEND":
        kind, end = content[at + 4 : at + 8], at + 12 + int.from_bytes(content[at : at + 4], "big")
        if end > len(content):
            raise ValueError("it is cut short")
        yield kind, at, end
        at = end


def _keyword(content: bytes, start: int) -> str:
    """What a text is called, by a chunk's first 79 bytes."""
    return content[start + 8 : start + 8 + 80].partition(b"\0")[0].decode("latin-1")


def _text(kind: bytes, data: bytes) -> str:
    _, _, text = data.partition(b"\0")
    packed = kind == b"zTXt"
    if kind == b"iTXt":
        packed, (_, _, text) = text[:1] == b"\1", text[2:].split(b"\0", 2)
    elif packed:
        text = text[1:]  # the method, of which there is one
    if packed:
        unpacked = zlib.decompressobj()
        text = unpacked.decompress(text, LARGEST)
        if not unpacked.eof:
            raise ValueError("a compressed text is damaged, or too long")
    return text.decode("utf-8" if kind == b"iTXt" else "latin-1")
