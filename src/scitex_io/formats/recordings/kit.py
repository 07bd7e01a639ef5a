"""Recordings of KIT's magnetometers (.con, .sqd)."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from attrs import frozen

from scitex_io.errors import UnreadableFileError
from scitex_io.formats.recordings.recording import Recording

ENTRY = struct.Struct("<I3i")  # of the directory: offset, bytes of an item, room for items, number of items
LONGEST = 1000  # entries of a directory; there are about 32


@frozen(kw_only=True)
class Kit(Recording):
    """A continuous recording, in tesla and volts.

    Parameters
    ----------
    events
        Where the file holds epochs: their events, as ``mne.read_epochs_kit`` takes them.
    """

    name = "kit"
    extensions = (".con", ".sqd")
    readers = ("mne.io:read_raw_kit", "mne:read_epochs_kit")
    companions = True  # mrk=, elp=, hsp=

    def read(self, path: Path, /, *, preload: bool | str) -> Any:
        """The recording; with ``events`` the epochs."""
        self._check(path)
        if "events" in self.extra_options:
            return self.call(self.readers[1], path)
        try:
            return self.call(self.readers[0], path, preload=preload)
        except TypeError as error:
            if "epochs" not in str(error):
                raise
            raise UnreadableFileError(str(path), self.name, "it holds epochs", "pass their events=") from error

    def _check(self, path: Path) -> None:
        """Find whether all that the directory lists is there."""
        size = path.stat().st_size
        with path.open("rb") as file:
            first = file.read(ENTRY.size)
            number = ENTRY.unpack(first)[3] if len(first) == ENTRY.size else 0
            if number < 9 or number > LONGEST or ENTRY.unpack(first)[:2] != (0, ENTRY.size):
                raise UnreadableFileError(str(path), self.name, "it does not begin with a directory, as KIT's files do")
            entries = first + file.read(ENTRY.size * (number - 1))
        if len(entries) < ENTRY.size * number:
            raise UnreadableFileError(str(path), self.name, "it is cut short: it ends in its directory")
        for offset, item, _, count in ENTRY.iter_unpack(entries):
            if offset + max(item, 0) * max(count, 0) > size:
                raise UnreadableFileError(
                    str(path), self.name, "it is cut short or damaged: a part lies behind its end"
                )
