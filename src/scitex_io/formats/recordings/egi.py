"""Recordings of EGI's nets: simple binary files (.egi) and folders (.mff)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar

from attrs import frozen

from scitex_io.errors import UnreadableFileError
from scitex_io.formats.recordings.recording import Recording, linked

HEAD = ">i6hi5hih"  # version, date and time, milliseconds, rate, channels, gain, bits, range, samples, kinds of events
BYTES = {2: 2, 4: 4, 6: 8}  # of a sample, by the version
SEGMENTED = {3, 5, 7}


def is_egi(first: bytes) -> bool:
    """Can a file that begins so be EGI's simple binary format?"""
    return len(first) >= 8 and struct.unpack_from(">i", first)[0] in BYTES.keys() | SEGMENTED and first[4] in {7, 8}


@frozen(kw_only=True)
class Egi(Recording):
    """A continuous recording in EGI's simple binary format."""

    name = "egi"
    extensions = (".egi",)
    readers = ("mne.io:read_raw_egi",)

    def read(self, path: Path, /, *, preload: bool | str) -> Any:
        """The recording.

        Raises
        ------
        UnreadableFileError
            It is not whole, or cut into segments, which MNE does not read.
        """
        with path.open("rb") as file:
            head = file.read(struct.calcsize(HEAD))
        if len(head) < struct.calcsize(HEAD) or not is_egi(head):
            raise UnreadableFileError(str(path), self.name, "it does not begin as EGI's simple binary files do")
        version, *_, channels, _, _, _, samples, events = struct.unpack(HEAD, head)
        if version in SEGMENTED:
            raise UnreadableFileError(str(path), self.name, "it is cut into segments, which MNE does not read")
        size = len(head) + 4 * events + samples * (channels + events) * BYTES[version]
        if channels < 1 or samples < 1 or events < 0 or size > path.stat().st_size:
            raise UnreadableFileError(str(path), self.name, f"it is cut short: not all {samples} samples are there")
        return self.call(self.readers[0], path, preload=preload)


@frozen(kw_only=True)
class Mff(Recording):
    """A recording of EGI's programs: a folder; averages come as a list of ``mne.Evoked``."""

    name = "mff"
    extensions = (".mff",)
    requires: ClassVar[tuple[str, ...]] = ("mne", "mffpy")
    extra = "eeg"
    directory = True
    readers = ("mne.io:read_raw_egi", "mne:read_evokeds_mff")
    companions = True

    def read(self, path: Path, /, *, preload: bool | str) -> Any:
        """The recording, or the averages."""
        if not path.is_dir():
            raise UnreadableFileError(str(path), self.name, "it is a file; a recording called .mff is a folder")
        if not _is_averaged(path):
            return self.call(self.readers[0], path, preload=preload)
        found = self.call(self.readers[1], path)
        return found[0] if isinstance(found, list) and len(found) == 1 else found

    @contextmanager
    def readable(self, path: Path) -> Iterator[Path]:
        """The folder under a name that ends as MNE wants it; inside, mffpy does not print what it misses."""
        with (
            redirect_stdout(StringIO()),
            nullcontext(path) if path.suffix == ".mff" else linked(path, ".mff") as source,
        ):
            yield source


def _is_averaged(path: Path) -> bool:
    """Are its segments averages: does each tell how many it was made of?"""
    import mffpy

    if not (path / "categories.xml").is_file():
        return False
    categories = mffpy.Reader(str(path)).categories.categories
    segments = [segment for category in categories.values() for segment in category]
    return bool(segments) and all("#seg" in (segment.get("keys") or {}) for segment in segments)
