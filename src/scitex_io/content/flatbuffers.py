"""Tables of FlatBuffers, followed with suspicion: a place outside of the data is an `IndexError` or a `struct.error`."""

from __future__ import annotations

import mmap
import struct


class Table:
    """A table of FlatBuffers: its first number leads back to the places of its fields."""

    def __init__(self, data: bytes | mmap.mmap, at: int) -> None:
        self._data, self._at = data, at
        self._fields = at - number_at(data, "<i", at)

    @classmethod
    def root(cls, data: bytes | mmap.mmap, at: int) -> Table:
        """The table that the number at a place leads to."""
        return cls(data, at + number_at(data, "<I", at))

    def place(self, field: int) -> int:
        """Where a field stands; 0 if it is not there."""
        offset = 4 + 2 * field
        if offset >= number_at(self._data, "<H", self._fields):
            return 0
        found = number_at(self._data, "<H", self._fields + offset)
        return self._at + found if found else 0

    def number(self, field: int, kind: str) -> int:
        """A number, 0 if it is not there."""
        place = self.place(field)
        return number_at(self._data, kind, place) if place else 0

    def table(self, field: int) -> Table:
        """A table inside."""
        place = self.place(field)
        if not place:
            raise IndexError(field)
        return Table.root(self._data, place)

    def entry(self, at: int) -> Table:
        """The table that an entry of a vector leads to."""
        return Table.root(self._data, at)

    def text(self, field: int) -> None:
        """Look whether a text lies inside."""
        start, length = self.vector(field)
        if start + length > len(self._data):
            raise IndexError(start)

    def vector(self, field: int) -> tuple[int, int]:
        """Where the entries begin, and how many there are."""
        place = self.place(field)
        if not place:
            return 0, 0
        start = place + number_at(self._data, "<I", place)
        return start + 4, number_at(self._data, "<I", start)


def number_at(data: bytes | mmap.mmap, kind: str, at: int) -> int:
    """The number at a place."""
    if at < 0:
        raise IndexError(at)
    found: int = struct.unpack_from(kind, data, at)[0]
    return found
