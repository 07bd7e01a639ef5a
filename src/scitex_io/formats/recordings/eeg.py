"""Files called .eeg: data of a BrainVision recording, Nihon Kohden's or EGI's, told apart by what is in them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from attrs import frozen

from scitex_io.errors import UnreadableFileError
from scitex_io.formats.recordings.brainvision import BrainVision, beside, decoded, entry
from scitex_io.formats.recordings.egi import Egi, is_egi
from scitex_io.formats.recordings.recording import Recording

NIHON_KOHDEN = (b"EEG-", b"QI-", b"DAE-")
NIHON = "mne.io:read_raw_nihon"
OTHERS = (
    (b"Version 3.0", "it is Neuroscan's file of epochs, which MNE does not read"),
    (b"0       ", "it looks like EDF: try ext='edf'"),
    (b"\xffBIOSEMI", "it looks like BDF: try ext='bdf'"),
)


@frozen(kw_only=True)
class Eeg(Recording):
    """A recording of BrainVision (by the header beside it), Nihon Kohden or EGI."""

    name = "eeg"
    extensions = (".eeg",)
    readers = (*BrainVision.readers, NIHON, *Egi.readers)
    companions = True

    def read(self, path: Path, /, *, preload: bool | str) -> Any:
        """The recording, by the reader of what it is.

        Raises
        ------
        UnreadableFileError
            It is none of the three, or BrainVision data whose header is not there.
        """
        if (header := _header_of(path)) is not None:
            brainvision = BrainVision(extra_options=self.extra_options)
            with brainvision.readable(header) as source:
                return brainvision.read(source, preload=preload)
        with path.open("rb") as file:
            first = file.read(16)
        if first.startswith(NIHON_KOHDEN):
            self._check(path)
            return self.call(NIHON, path, preload=preload)
        if is_egi(first):
            return Egi(extra_options=self.extra_options).read(path, preload=preload)
        advice = next((text for begin, text in OTHERS if first.startswith(begin)), "")
        found = (
            f"it is neither Nihon Kohden's nor EGI's, and no .vhdr in its folder names '{path.name}' as its data file"
        )
        raise UnreadableFileError(str(path), self.name, found, advice)

    def _check(self, path: Path) -> None:
        """Find whether the blocks of Nihon Kohden's file are all there; MNE reads the first control block."""
        content_size = path.stat().st_size
        with path.open("rb") as file:

            def at(place: int, code: str) -> int:
                file.seek(place)
                return int(struct.unpack(f"<{code}", file.read(struct.calcsize(code)))[0])

            try:
                control = at(0x92, "I")
                for block in range(at(control + 17, "B")):
                    data = at(control + 18 + 20 * block, "I")
                    channels, samples = (
                        at(data + 0x26, "B"),
                        at(data + 0x1C, "I") * (at(data + 0x1A, "H") & 0x3FFF) // 10,
                    )
                    if data + 0x27 + 10 * channels + 2 * (channels + 1) * samples > content_size:
                        raise UnreadableFileError(
                            str(path), self.name, f"it is cut short: block {block + 1} is not whole"
                        )
            except struct.error as error:
                raise UnreadableFileError(str(path), self.name, "it is cut short: it ends in its header") from error


def _header_of(path: Path) -> Path | None:
    """The BrainVision header in the same folder that names this file as its data; one of the same name first."""
    headers = [place for place in path.parent.iterdir() if place.suffix.lower() == ".vhdr"]
    for header in sorted(headers, key=lambda place: (place.stem.lower() != path.stem.lower(), place.name)):
        wanted = entry(decoded(header.read_bytes()), "DataFile")
        if wanted is not None and (found := beside(header, wanted)) is not None and found.samefile(path):
            return header
    return None
