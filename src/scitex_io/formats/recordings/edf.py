"""The European Data Format and its kin: .edf (16 bits), .bdf (24 bits), .gdf (any)."""

from __future__ import annotations

import errno
import os
import struct
import warnings
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from attrs import frozen

from scitex_io.errors import UnreadableFileError
from scitex_io.formats.recordings.exporting import Exported
from scitex_io.formats.recordings.recording import Recording, linked, settled
from scitex_io.handler import Accepts, Fidelity, parameters
from scitex_io.typing import Saver

LOST = "values are rounded to {} bits of their range; kinds and places of channels are not kept"
ANNOTATIONS = {"EDF Annotations", "BDF Annotations"}
GDF_BYTES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 8, 8: 8, 16: 4, 17: 8}  # of a sample, by its type


@frozen
class Layout:
    """What the header says of the records behind it."""

    labels: tuple[str, ...]
    samples: tuple[int, ...]  # of each channel in a record

    @property
    def is_mixed(self) -> bool:
        """Have the channels several sampling rates?"""
        pairs = zip(self.labels, self.samples, strict=True)
        return len({number for label, number in pairs if label not in ANNOTATIONS}) > 1


@frozen(kw_only=True)
class Records(Recording):
    """A header, then records of equal length; every channel comes at the highest sampling rate."""

    parallel = "threads"

    @contextmanager
    def together(self) -> Iterator[None]:
        """The level of MNE's log, which MNE changes with each call, and the filter of warnings of `called`."""
        import mne

        for reader in self.readers:
            parameters(reader)  # imports it
        with settled(), mne.use_log_level("WARNING"):
            yield

    @abstractmethod
    def check(self, path: Path) -> Layout:
        """What the header says, if the file is whole."""

    def can_cut(self, path: Path) -> bool:
        """Not where channels have to be resampled, which shows at the edges of a part."""
        return not self.check(path).is_mixed

    def _count(self, path: Path, name: str, start: int, size: int, records: int) -> None:
        """Find whether *records* of *size* bytes follow the header; a number below zero is one not known."""
        there = path.stat().st_size - start
        if records * size > there:
            found = f"it is cut short: {max(there, 0) // max(size, 1)} of {records} records are whole"
            raise UnreadableFileError(str(path), self.name, found, f"mne.io.{name} reads what is left of it")


@frozen(kw_only=True)
class Edf(Records, Exported, Saver[Any]):
    """Signals of 16 bits; where there are annotations alone, those, as ``mne.Annotations``.

    Parameters
    ----------
    encoding
        Of the annotations; where they are not UTF-8 as the format requires, they are read as Latin-1, with a warning.
    """

    name: ClassVar[str] = "edf"
    extensions: ClassVar[tuple[str, ...]] = (".edf",)
    accepts: ClassVar[tuple[Accepts, ...]] = (
        Accepts("mne.io.BaseRaw", Fidelity.LOSSY, loads_as="mne.io.BaseRaw", loses=LOST.format(16), subclasses=True),
    )
    also = {"edfio": "eeg"}
    readers: ClassVar[tuple[str, ...]] = ("mne.io:read_raw_edf",)
    exports_as: ClassVar[str] = "edf"
    exports_with: ClassVar[str] = "edfio"
    version: ClassVar[bytes] = b"0       "
    width: ClassVar[int] = 2  # bytes of a sample

    def read(self, path: Path, /, *, preload: bool | str) -> Any:
        """The recording, or its annotations if there is nothing else."""
        layout = self.check(path)
        try:
            return self._read(path, layout, preload=preload)
        except Exception as error:
            if "encoding" not in str(error) or "encoding" in self.extra_options:
                raise
        warnings.warn(
            f"the annotations of '{path.name}' are not UTF-8 and are read as Latin-1; encoding= names another one",
            UserWarning,
            stacklevel=2,
        )
        return self._read(path, layout, preload=preload, encoding="latin1")

    def _read(self, path: Path, layout: Layout, *, preload: bool | str, **options: Any) -> Any:
        if not set(layout.labels) <= ANNOTATIONS:
            return self.call(self.readers[0], path, preload=preload, **options)
        import mne

        with linked(path, self.extensions[0]) as link:
            return mne.read_annotations(link, encoding=options.get("encoding", "utf8"))

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the recording, or its annotations."""
        super().save(obj, path)
        try:
            self.check(path)
        except UnreadableFileError as error:  # the exporter does not ask whether its last bytes were written
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error

    def check(self, path: Path) -> Layout:
        """What the header says.

        Raises
        ------
        UnreadableFileError
            It makes no sense, or more records are promised than there are.
        """
        with path.open("rb") as file:
            head = file.read(256)
            if not head.startswith(self.version.rstrip()):
                advice = next((f"try ext='{kind.name}'" for kind in (Edf, Bdf) if head.startswith(kind.version)), "")
                raise UnreadableFileError(str(path), self.name, "it does not begin as such files do", advice)
            try:
                start, records, number = int(head[184:192]), int(head[236:244]), int(head[252:256])
                fields = file.read(max(start - 256, 0))
                if start != 256 * (number + 1) or number < 1 or len(fields) < start - 256:
                    raise ValueError(f"{number} channels in {start} bytes")
                labels = [fields[16 * at :][:16].decode("latin-1").strip() for at in range(number)]
                samples = [int(fields[216 * number + 8 * at :][:8]) for at in range(number)]
                if min(samples) < 0 or sum(samples) == 0:
                    raise ValueError(f"{min(samples)} samples in a record")
            except ValueError as error:
                raise UnreadableFileError(str(path), self.name, f"its header is damaged ({error})") from error
        self._count(path, f"read_raw_{self.name}", start, sum(samples) * self.width, records)
        return Layout(tuple(labels), tuple(samples))


@frozen(kw_only=True)
class Bdf(Edf):
    """Signals of 24 bits, as BioSemi's amplifiers write them."""

    name = "bdf"
    extensions = (".bdf",)
    accepts = (
        Accepts("mne.io.BaseRaw", Fidelity.LOSSY, loads_as="mne.io.BaseRaw", loses=LOST.format(24), subclasses=True),
    )
    readers = ("mne.io:read_raw_bdf",)
    exports_as = "bdf"
    version = b"\xffBIOSEMI"
    width = 3


@frozen(kw_only=True)
class Gdf(Records):
    """Signals of the General Data Format, versions 1 and 2."""

    name = "gdf"
    extensions = (".gdf",)
    readers = ("mne.io:read_raw_gdf",)

    def read(self, path: Path, /, *, preload: bool | str) -> Any:
        """The recording."""
        self.check(path)
        return self.call(self.readers[0], path, preload=preload)

    def check(self, path: Path) -> Layout:
        """What the header says.

        Raises
        ------
        UnreadableFileError
            It makes no sense, or more records are promised than there are.
        """
        with path.open("rb") as file:
            head = file.read(256)
            try:
                if not head.startswith(b"GDF "):
                    raise ValueError("it does not begin as such files do")
                second = float(head[4:8]) >= 1.9
                start = (
                    struct.unpack_from("<H", head, 184)[0] * 256 if second else struct.unpack_from("<q", head, 184)[0]
                )
                records, number = struct.unpack_from("<q", head, 236)[0], struct.unpack_from("<H", head, 252)[0]
                fields = file.read(256 * number)
                labels = [fields[16 * at :][:16].decode("latin-1").strip("\0 ") for at in range(number)]
                samples = struct.unpack_from(f"<{number}I", fields, 216 * number)
                size = sum(
                    count * GDF_BYTES[kind]
                    for count, kind in zip(
                        samples, struct.unpack_from(f"<{number}I", fields, 220 * number), strict=True
                    )
                )
            except (ValueError, KeyError, struct.error) as error:
                raise UnreadableFileError(str(path), self.name, f"its header is damaged ({error})") from error
        self._count(path, "read_raw_gdf", start, size, records)
        return Layout(tuple(labels), tuple(samples))
