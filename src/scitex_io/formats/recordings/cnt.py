"""Continuous recordings called .cnt: Neuroscan's, and ANT's where antio is installed."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import Any

from attrs import frozen

from scitex_io.errors import MissingDependencyError, UnreadableFileError
from scitex_io.formats.recordings.recording import Recording

SETUP, CHANNEL = 900, 75  # bytes of the header and of what follows for each channel
BIG = 2_000_000_000  # bytes; beyond, the places in the header overflow
LOOK = 1 << 18  # bytes of samples looked at
ANT = "mne.io:read_raw_ant"


@frozen(kw_only=True)
class Cnt(Recording):
    """A recording of Neuroscan's or ANT's amplifiers.

    Parameters
    ----------
    data_format
        ``"int16"`` or ``"int32"``; found out where the header leaves it open and the samples tell.
    """

    name = "cnt"
    extensions = (".cnt",)
    readers = ("mne.io:read_raw_cnt", ANT)

    def read(self, path: Path, /, *, preload: bool | str) -> Any:
        """The recording, by the reader of what it is."""
        with path.open("rb") as file:
            first = file.read(16)
        if first.startswith((b"RIFF", b"RF64")):
            try:
                import antio  # noqa: F401  # pyright: ignore[reportMissingImports]  # under the LGPL: for the user to choose
            except ImportError as error:
                raise MissingDependencyError(self.name, "antio", "pip install antio (to read ANT's files)") from error
            return self.call(ANT, path, preload=preload)
        if not first.startswith(b"Version"):
            raise UnreadableFileError(str(path), self.name, "it is neither Neuroscan's nor ANT's")
        return self.call(self.readers[0], path, preload=preload, **self._format(path))

    def _format(self, path: Path) -> dict[str, Any]:
        """The options that MNE needs, if it could not tell the width of a sample by itself.

        Raises
        ------
        UnreadableFileError
            The file is not whole, or there is no telling.
        """
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(SETUP)
            try:
                (channels,), (samples,) = struct.unpack_from("<H", head, 370), struct.unpack_from("<i", head, 864)
                (events,) = struct.unpack_from("<i", head, 886)
                start = SETUP + CHANNEL * channels
                if channels < 1 or size < start:
                    raise ValueError(f"{channels} channels")
                if size < BIG:
                    if not start <= events <= size:
                        raise ValueError(f"its table of events begins behind its end, at {events}")
                    file.seek(events)
                    table = file.read(9)
                    if len(table) == 9 and events + 9 + struct.unpack("<bii", table)[1] > size:
                        raise ValueError("its table of events is not whole")
            except (ValueError, struct.error) as error:
                raise UnreadableFileError(str(path), self.name, f"it is cut short or damaged: {error}") from error
            room = events - start if size < BIG else size - start
            if size < BIG and samples > 0 and room in {samples * channels * width for width in (2, 4)}:
                return {}
            file.seek(start)
            looked = file.read(min(LOOK, room))
        said = self.extra_options.get("data_format", "auto")
        width = {"int16": 2, "int32": 4}.get(said) or _width(looked)
        if not width:
            found = "neither its header nor its samples tell whether these have 16 or 32 bits"
            raise UnreadableFileError(str(path), self.name, found, "say it: data_format='int16' or 'int32'")
        told: dict[str, Any] = {"data_format": f"int{8 * width}"}
        there = room // (channels * width)
        if size >= BIG and samples > there:
            raise UnreadableFileError(str(path), self.name, f"it is cut short: {there} of {samples} samples are there")
        if size < BIG and samples > 0 and samples != there and "recompute_n_samples" not in self.extra_options:
            # Fewer can be meant; more would be read from the events that follow.
            taken = min(samples, there)
            told |= {"recompute_n_samples": True} if samples > there else {}
            text = f"the header of '{path.name}' counts {samples} samples where {there} are; {taken} are read"
            warnings.warn(f"{text} (recompute_n_samples=True: all that are)", UserWarning, stacklevel=2)
        return told


def _width(content: bytes) -> int:
    """The bytes of a sample, 0 if there is no telling: amplifiers digitise to 24, so the upper half of 32 stays small while the lower does not."""
    import numpy as np

    words = np.frombuffer(content[: len(content) // 4 * 4], dtype="<i2").astype(int)
    lower, upper = abs(words[::2]), abs(words[1::2])
    if lower.size == 0 or max(lower.max(), upper.max()) <= 128:
        return 0
    return 4 if upper.max() <= 128 else 2
