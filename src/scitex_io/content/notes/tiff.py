"""Texts in TIFF structures, which are also what Exif is made of: the first directory is written anew behind all else.

Nothing that other directories point at moves, so pixels, thumbnails and makers' notes stay as they are (TIFF 6.0; BigTIFF).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import BinaryIO, Self

from attrs import define

from scitex_io.content.notes import FIGURE, METADATA, parsed

DESCRIPTION = 270
TAGS = {METADATA: 65112, FIGURE: 65113}
"""Tags of the range that TIFF leaves to everyone."""
EMPTY = b"II*\0\x08\0\0\0" + bytes(6)
"""A structure without tags, of which only the header is kept."""
ASCII = 2
FOREIGN = ('{"shape": ',)
"""How descriptions by other programs begin that are JSON as well."""


def put(file: BinaryIO, notes: Mapping[str, str]) -> None:
    """Store the texts: metadata as the description of the image, unless there is one by somebody else."""
    changes: dict[int, str | None] = {TAGS[name]: text for name, text in notes.items()}
    directory = _Directory.of(file)
    if METADATA in notes:
        described = directory.text(DESCRIPTION)
        if described is None or is_ours(described):
            changes |= {DESCRIPTION: notes[METADATA], TAGS[METADATA]: None}
    directory.write(changes)


def get(file: BinaryIO, name: str) -> str | None:
    """The text of this name; for metadata also the description of the image, whoever wrote it."""
    directory = _Directory.of(file)
    found = directory.text(TAGS[name])
    return directory.text(DESCRIPTION) if found is None and name == METADATA else found


def is_ours(text: str) -> bool:
    """May this description be replaced?"""
    return not text.startswith(FOREIGN) and parsed(text) is not None


def is_note(tag: int, value: object) -> bool:
    """Is it one of ours, which belongs to the file and not to the picture?"""
    return tag in TAGS.values() or (tag == DESCRIPTION and isinstance(value, str) and is_ours(value))


@define
class _Directory:
    """The first directory of a file."""

    file: BinaryIO
    order: str
    big: bool
    at: int
    entries: dict[int, bytes]  # as they lie in the file, by their tags
    following: bytes

    @classmethod
    def of(cls, file: BinaryIO) -> Self:
        """Read it.

        Raises
        ------
        ValueError
            It is no TIFF structure, or not whole.
        """
        file.seek(0)
        head = file.read(16)
        order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
        version = struct.unpack(f"{order}H", head[2:4])[0] if order and len(head) >= 8 else 0
        if version not in (42, 43):
            raise ValueError("it is no TIFF file")
        found = cls(file, order, version == 43, 0, {}, b"")
        size, width = found._offset.size, found._entry.size
        (found.at,) = found._offset.unpack(head[size : 2 * size])
        file.seek(found.at)
        number = int.from_bytes(file.read(found._count.size), "little" if order == "<" else "big")
        data = file.read(min(number, 1 << 16) * width)
        found.following = file.read(size)
        if len(found.following) < size:
            raise ValueError("it is cut short")
        for at in range(0, len(data), width):
            entry = data[at : at + width]
            found.entries[struct.unpack(f"{order}H", entry[:2])[0]] = entry
        return found

    @property
    def _entry(self) -> struct.Struct:
        return struct.Struct(self.order + ("HHQ8s" if self.big else "HHI4s"))

    @property
    def _offset(self) -> struct.Struct:
        return struct.Struct(self.order + ("Q" if self.big else "I"))

    @property
    def _count(self) -> struct.Struct:
        return struct.Struct(self.order + ("Q" if self.big else "H"))

    def _place(self, tag: int) -> tuple[int, int] | None:
        """Where the text of a tag begins and how long it is; None for one that lies in the entry, or for none."""
        if tag not in self.entries:
            return None
        _, _, size, value = self._entry.unpack(self.entries[tag])
        return None if size <= len(value) else (self._offset.unpack(value)[0], size)

    def text(self, tag: int) -> str | None:
        """What a tag says."""
        if tag not in self.entries:
            return None
        _, kind, size, value = self._entry.unpack(self.entries[tag])
        if place := self._place(tag):
            self.file.seek(place[0])
            value = self.file.read(size)
            if len(value) < size:
                raise ValueError("it is cut short")
        content: bytes = value[:size].rstrip(b"\0")
        if kind not in (ASCII, 1, 7):
            return None
        try:
            return content.decode()
        except UnicodeDecodeError:
            return content.decode("latin-1")

    def write(self, changes: Mapping[int, str | None]) -> None:
        """Write the directory with other texts, and point at it."""
        file, end = self.file, self.file.seek(0, 2)
        replaced = sorted(filter(None, map(self._place, changes)), reverse=True)
        for start, size in replaced:  # nobody who is given the file is to find what was taken out
            if start + size <= end:
                file.seek(start)
                file.write(bytes(size))
        if self.at + self._count.size + len(self.entries) * self._entry.size + self._offset.size == end:
            # It is the last thing in the file, perhaps with texts of an earlier time before it.
            end = self.at
            for start, size in replaced:
                if start + size + (size & 1) == end:
                    end = start
        file.seek(end)
        file.truncate()
        file.write(bytes(end & 1))
        entries = {tag: entry for tag, entry in self.entries.items() if tag not in changes}
        for tag, text in changes.items():
            if text is None:
                continue
            value, at = text.encode("ascii") + b"\0", file.tell()
            if len(value) > self._offset.size:
                file.write(value + bytes(len(value) & 1))
            place = self._offset.pack(at) if len(value) > self._offset.size else value.ljust(self._offset.size, b"\0")
            entries[tag] = self._entry.pack(tag, ASCII, len(value), place)
        self.at = file.tell()
        if not self.big and self.at >= 1 << 32:
            raise ValueError("a TIFF file has 4 GiB at most; no more fits in")
        file.write(self._count.pack(len(entries)) + b"".join(entries[tag] for tag in sorted(entries)) + self.following)
        file.seek(8 if self.big else 4)
        file.write(self._offset.pack(self.at))
        self.entries = entries
