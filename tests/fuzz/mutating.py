"""Files changed at random: bits, lengths, pieces; inside what is packed, under checksums that are right again."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from random import Random

ODD = (
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    1 << 40,
    (1 << 63) - 1,
    1 << 63,
)
"""Numbers at which lengths and signs turn over."""
LONGEST = 1 << 22
"""Bytes that a changed file grows to."""
PNG = b"\x89PNG\r\n\x1a\n"


def changed(whole: bytes, others: Sequence[bytes], chance: Random) -> bytes:
    """A file that is *whole* but for a few changes; pieces of *others* may come into it."""
    inside = chance.random() < 0.6
    if inside and whole[:4] == b"PK\x03\x04":
        return _zip(whole, others, chance)
    if inside and whole[:2] == b"\x1f\x8b":
        return gzip.compress(_bytes(gzip.decompress(whole), others, chance), 1, mtime=0)
    made = _bytes(whole, others, chance)
    return _png(made) if inside and whole.startswith(PNG) else made


def _bytes(whole: bytes, others: Sequence[bytes], chance: Random) -> bytes:
    data = bytearray(whole)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        if not data:
            break
        # Heads are short, and more depends on them.
        at = chance.randrange(min(len(data), 512) if chance.random() < 0.5 else len(data))
        if chance.random() < 0.15:
            at = max(len(data) - 1 - at, 0)
        match chance.randrange(9):
            case 0 | 1:
                data[at] ^= 1 << chance.randrange(8)
            case 2:
                data[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
            case 3 | 4:
                size = chance.choice((2, 4, 8))
                number = chance.choice(ODD) if chance.random() < 0.7 else len(data) + chance.randrange(-9, 9)
                data[at : at + size] = (number % (1 << 8 * size)).to_bytes(size, chance.choice(("little", "big")))
            case 5:
                del data[at : at + chance.choice((1, 4, 16, len(data)))]
            case 6:
                piece = data[at : at + chance.choice((1, 8, 64, 4096))]
                data[at:at] = piece * chance.choice((1, 2, 64))
            case 7:
                other = chance.choice(others)
                start = chance.randrange(len(other) or 1)
                data[at : at + chance.choice((0, 8, 256))] = other[start : start + chance.choice((4, 64, 1024))]
            case 8:
                data[at:at] = chance.randbytes(chance.choice((1, 3, 16)))
        if chance.random() < 0.1:
            # Numbers as texts tell them.
            digits = [place for place, byte in enumerate(data[:4096]) if 48 <= byte < 58]
            if digits:
                place = chance.choice(digits)
                data[place : place + 1] = chance.choice((b"-1", b"99999999999999999999", b"1e308", b"nan", b"0"))
    return bytes(data[:LONGEST])


def _zip(whole: bytes, others: Sequence[bytes], chance: Random) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        entries = archive.infolist()
        hit = chance.choice(entries)
        for entry in entries:
            content = archive.read(entry)
            made.writestr(entry.filename, _bytes(content, others, chance) if entry is hit else content)
    return file.getvalue()


def _png(data: bytes) -> bytes:
    made, at = data[:8], 8
    while at + 8 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        part = data[at + 4 : at + 8 + size]
        made += data[at : at + 4] + part + struct.pack(">I", zlib.crc32(part))
        at += size + 12
    return made
