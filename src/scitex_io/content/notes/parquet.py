"""Texts in Parquet files: entries of the footer; columns, and all else in the footer, stay as they lie in the file.

The footer is a struct in Thrift's compact protocol, of which only the outermost level is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

MAGIC = b"PAR1"
ENTRIES = 5
"""The field of the footer that holds pairs of key and value."""
TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
DEEPEST = 64


def put(path: Path, notes: Mapping[str, str]) -> None:
    """Store the texts, in place of those of the same names."""
    with path.open("r+b") as file:
        footer = _footer(file)
        fields = {number: (kind, value) for number, kind, value in _Reader(footer).fields()}
        entries = b"".join(_struct(key, value) for key, value in {**_entries(footer), **_encoded(notes)}.items())
        number = len({**_entries(footer), **_encoded(notes)})
        head = bytes((number << 4 | STRUCT,)) if number < 15 else bytes((0xF0 | STRUCT,)) + _varint(number)
        fields[ENTRIES] = (LIST, head + entries)
        made, last = bytearray(), 0
        for name in sorted(fields):
            kind, value = fields[name]
            made += bytes(((name - last) << 4 | kind,)) + value  # a footer's fields are never 15 apart
            last = name
        made += b"\0"
        file.seek(-8 - len(footer), 2)
        file.truncate()
        file.write(made + len(made).to_bytes(4, "little") + MAGIC)


def get(path: Path, name: str) -> str | None:
    """The text of this name."""
    with path.open("rb") as file:
        found = _entries(_footer(file)).get(name.encode())
    return None if found is None else found.decode()


def _footer(file: BinaryIO) -> bytes:
    end = file.seek(0, 2)
    file.seek(max(0, end - 8))
    last = file.read()
    size = int.from_bytes(last[:4], "little")
    if last[4:] != MAGIC or size + 12 > end:
        raise ValueError("it is no Parquet file, or encrypted, or cut short")
    file.seek(end - 8 - size)
    return file.read(size)


def _entries(footer: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for number, kind, value in _Reader(footer).fields():
        if number == ENTRIES and kind == LIST:
            reader = _Reader(value)
            for _ in range(reader.items()[0]):
                pair = {name: _Reader(text).binary() for name, kind, text in reader.fields() if kind == BINARY}
                found[pair[1]] = pair.get(2, b"")
    return found


def _encoded(notes: Mapping[str, str]) -> dict[bytes, bytes]:
    return {name.encode(): text.encode() for name, text in notes.items()}


def _struct(key: bytes, value: bytes) -> bytes:
    one = bytes((1 << 4 | BINARY,))
    return one + _varint(len(key)) + key + one + _varint(len(value)) + value + b"\0"


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*made, number))


class _Reader:
    """Goes over values without reading what they mean."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def fields(self) -> Iterator[tuple[int, int, bytes]]:
        """Number, kind and bytes of each field of a struct."""
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            start = self._at
            if head & 15 not in (TRUE, FALSE):  # which have no bytes
                self._skip(head & 15, 0)
            yield number, head & 15, self._data[start : self._at]

    def items(self) -> tuple[int, int]:
        """How many items a list has, and their kind."""
        head = self._byte()
        return (self._varint() if head >> 4 == 15 else head >> 4), head & 15

    def binary(self) -> bytes:
        """A text."""
        size = self._varint()
        self._at += size
        return self._data[self._at - size : self._at]

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _varint(self) -> int:
        number = shift = 0
        while (byte := self._byte()) > 0x7F:
            number |= (byte & 0x7F) << shift
            shift += 7
        return number | byte << shift

    def _zigzag(self) -> int:
        number = self._varint()
        return number >> 1 ^ -(number & 1)

    def _skip(self, kind: int, depth: int) -> None:
        if depth > DEEPEST or self._at > len(self._data):
            raise ValueError("its footer is damaged")
        if kind in (TRUE, FALSE, BYTE):
            self._byte()
        elif kind < DOUBLE:
            self._varint()
        elif kind == DOUBLE:
            self._at += 8
        elif kind == BINARY:
            self.binary()
        elif kind in (LIST, SET):
            number, of = self.items()
            for _ in range(number):
                self._skip(of, depth + 1)
        elif kind == MAP:
            if number := self._varint():
                kinds = self._byte()
                for _ in range(number):
                    self._skip(kinds >> 4, depth + 1)
                    self._skip(kinds & 15, depth + 1)
        elif kind == STRUCT:
            while head := self._byte():
                if not head >> 4:
                    self._zigzag()
                if head & 15 not in (TRUE, FALSE):
                    self._skip(head & 15, depth + 1)
        else:
            raise ValueError("its footer is damaged")
