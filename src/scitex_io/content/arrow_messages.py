"""How far the batches of an Arrow file unfold, by the lengths that stand before their compressed buffers.

Layout: "Arrow Columnar Format", IPC; its messages are tables of FlatBuffers.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

from scitex_io.content.flatbuffers import Table, number_at

BATCH, DICTIONARY = 3, 2
"""Kinds of messages."""
FILE = b"ARROW1"


def unfolded(path: Path) -> int:
    """The bytes of all batches in memory, as far as the file can be followed."""
    if path.stat().st_size < 16:
        return 0
    size = 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            for at in _places(data) if data[: len(FILE)] == FILE else _stream(data):
                size += _batch(data, at)
        except (struct.error, IndexError):  # damaged, which the library tells
            pass
    return size


def _places(data: mmap.mmap) -> Iterator[int]:
    """Where the messages of a file begin, by its footer."""
    (length,) = struct.unpack_from("<i", data, len(data) - 10)
    footer = Table.root(data, len(data) - 10 - length)
    for field in (2, 3):  # the dictionaries, the batches
        start, count = footer.vector(field)
        for number in range(min(count, len(data) // 24)):
            yield number_at(data, "<q", start + 24 * number)


def _stream(data: mmap.mmap) -> Iterator[int]:
    at = 0
    while at + 8 <= len(data):
        mark, length = struct.unpack_from("<Ii", data, at)
        if mark != 0xFFFFFFFF or length <= 0:
            return
        yield at
        at += 8 + length + max(Table.root(data, at + 8).number(3, "<q"), 0)


def _batch(data: mmap.mmap, at: int) -> int:
    """The bytes that one message unfolds to."""
    mark, length = struct.unpack_from("<Ii", data, at)
    start = at + 8
    if mark != 0xFFFFFFFF:  # as it was before version 0.15
        start, length = at + 4, int.from_bytes(data[at : at + 4], "little", signed=True)
    message = Table.root(data, start)
    kind, body = message.number(1, "<B"), start + length
    if kind not in {BATCH, DICTIONARY}:
        return 0
    batch = message.table(2) if kind == BATCH else message.table(2).table(1)
    packed = bool(batch.place(3))
    first, count = batch.vector(2)
    size = 0
    for number in range(min(count, len(data) // 16)):
        place, stored = struct.unpack_from("<qq", data, first + 16 * number)
        told = number_at(data, "<q", body + place) if packed and stored >= 8 else -1
        size += stored if told < 0 else told
    return size
