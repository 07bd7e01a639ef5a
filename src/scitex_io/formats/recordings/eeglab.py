"""EEGLAB's datasets: .set, with the samples inside or in a .fdt beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from attrs import frozen

from scitex_io.errors import MissingFileError, UnreadableFileError
from scitex_io.formats.recordings.exporting import EPOCHS, RAW, Exported
from scitex_io.formats.recordings.recording import Recording
from scitex_io.handler import Accepts, Fidelity
from scitex_io.typing import Saver

HEADER = b"MATLAB 5.0 MAT-file, written by scitex_io".ljust(116)
"""The text that a file begins with; scipy's has the time in it, and equal content would give different files."""
LOST = "values are rounded to single precision; kinds of channels, filters and dates are not kept"
SAMPLES, EPOCHS_OF = "two or more samples", "two or more epochs of two or more samples"
"""MATLAB keeps no dimension of one at the end, and what is left of it is read as something else."""


def is_long(recording: Any) -> bool:
    """Have the samples, and the epochs, a dimension of their own in MATLAB?"""
    return len(recording.times) > 1 and (not hasattr(recording, "drop_log") or len(recording.events) > 1)


@frozen(kw_only=True)
class Dataset(Recording):
    """A dataset of EEGLAB: continuous as ``mne.io.Raw``, cut into trials as ``mne.Epochs``."""

    requires: ClassVar[tuple[str, ...]] = ("mne", "scipy")
    readers: ClassVar[tuple[str, ...]] = ("mne.io:read_raw_eeglab", "mne:read_epochs_eeglab")
    companions: ClassVar[bool] = True
    cuts_first: ClassVar[bool] = False  # samples inside a .set are rounded where MNE reads them piece by piece

    def read(self, path: Path, /, *, preload: bool | str) -> Any:
        """The recording or its trials.

        Raises
        ------
        MissingFileError
            The samples are in another file, which is not there.
        UnreadableFileError
            It is damaged, or that file is.
        """
        self._check(path)
        try:
            found = self.call(self.readers[0], path, preload=preload)
            self._check_samples(found, path)
        except RuntimeError:  # fewer samples than the header says, as MNE finds out while it reads them
            self._check_samples(self.call(self.readers[0], path, preload=False), path)
            raise
        except TypeError as error:
            if "trials" not in str(error):
                raise
            found = self.call(self.readers[1], path)
        except FileNotFoundError as error:
            if isinstance(error, MissingFileError):
                raise
            raise self._missing(path, Path(error.filename or path.with_suffix(".fdt"))) from error
        return found

    def _check(self, path: Path) -> None:
        from scitex_io.formats.mat.version5 import check  # what scipy believes too far

        with path.open("rb") as file:
            first = file.read(16)
        if first.startswith(b"MATLAB 7.3"):
            import pymatreader  # noqa: F401  # MNE reads such files by it

            from scitex_io.formats.mat.version73 import Reader

            try:
                Reader(path=path).check()
            except UnreadableFileError as error:
                error.format = self.name
                raise
        elif first.startswith(b"MATLAB"):
            try:
                check(path)
            except UnreadableFileError as error:
                error.format = self.name
                raise
        else:
            raise UnreadableFileError(str(path), self.name, "it is no MATLAB file, which EEGLAB's datasets are")

    def _check_samples(self, raw: Any, path: Path) -> None:
        place = Path(raw.filenames[0])
        if place.suffix.lower() != ".fdt":
            return
        if not place.is_file():
            raise self._missing(path, place)
        there, wanted = place.stat().st_size, 4 * len(raw.ch_names) * len(raw.times)
        if there != wanted:
            found = f"its samples in '{place.name}' are cut short or others: {there} instead of {wanted} bytes"
            raise UnreadableFileError(str(path), self.name, found)

    def _missing(self, path: Path, place: Path) -> MissingFileError:
        return MissingFileError((str(place),), place.name, f"'{path}' is a dataset without its samples")


@frozen(kw_only=True)
class Eeglab(Dataset, Exported, Saver[Any]):
    """A dataset of EEGLAB: continuous as ``mne.io.Raw``, cut into trials as ``mne.Epochs``."""

    name = "eeglab"
    extensions = (".set",)
    accepts = (
        Accepts(
            "mne.io.BaseRaw",
            Fidelity.LOSSY,
            loads_as="mne.io.BaseRaw",
            loses=LOST,
            subclasses=True,
            domain=SAMPLES,
            where=is_long,
        ),
        Accepts(
            "mne.BaseEpochs",
            Fidelity.LOSSY,
            loads_as="mne.BaseEpochs",
            loses=LOST,
            subclasses=True,
            domain=EPOCHS_OF,
            where=is_long,
        ),
    )
    yields = ("mne.io.BaseRaw", "numpy.ndarray", "pandas.DataFrame", "mne.BaseEpochs")
    also = {"eeglabio": "eeg", "pymatreader": "eeg"}
    exports_as = "eeglab"
    exports_with = "eeglabio"
    exporters = (RAW, EPOCHS)

    def save(self, obj: Any, path: Path, /) -> None:
        """Write one file with the samples inside."""
        Exported.save(self, obj, path)
        with path.open("r+b") as file:
            file.write(HEADER)


@frozen(kw_only=True)
class Fdt(Dataset):
    """The samples of a dataset of EEGLAB, read with the .set of the same name."""

    name = "fdt"
    extensions = (".fdt",)
    also = {"pymatreader": "eeg"}
    header_only = True

    @contextmanager
    def readable(self, path: Path) -> Iterator[Path]:
        """The dataset that the samples belong to."""
        found = [place for place in path.parent.iterdir() if place.name.lower() == f"{path.stem}.set".lower()]
        if not found:
            raise MissingFileError(
                (str(path.with_suffix(".set")),), f"{path.stem}.set", f"'{path}' has no dataset beside it:"
            )
        yield found[0]
