"""BrainVision recordings: a header (.vhdr) beside its data (.eeg) and markers (.vmrk)."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from attrs import frozen

from scitex_io.errors import MissingFileError, UnreadableFileError
from scitex_io.formats.recordings.exporting import Exported
from scitex_io.handler import Accepts, Fidelity
from scitex_io.typing import Saver

BYTES = {"INT_16": 2, "UINT_16": 2, "INT_32": 4, "IEEE_FLOAT_32": 4, "IEEE_FLOAT_64": 8}  # of a sample
LOST = (
    "values are rounded to single precision and annotations to samples; "
    "kinds and places of channels are not kept, and most annotations become comments"
)


@frozen(kw_only=True)
class BrainVision(Exported, Saver[Any]):
    """A recording of BrainVision's programs; the header is loaded and saved, its data and markers lie beside it."""

    name = "brainvision"
    extensions = (".vhdr",)
    accepts = (Accepts("mne.io.BaseRaw", Fidelity.LOSSY, loads_as="mne.io.BaseRaw", loses=LOST, subclasses=True),)
    also = {"pybv": "eeg"}
    readers = ("mne.io:read_raw_brainvision",)
    exports_as = "brainvision"
    exports_with = "pybv"
    writes = (".eeg", ".vmrk")
    companions = True
    header_only = True

    def save(self, obj: Any, path: Path, /) -> None:
        """Write header, data and markers under one name."""
        written = path.with_suffix(".vhdr")
        Exported.save(self, obj, written)
        written.replace(path)

    @contextmanager
    def readable(self, path: Path) -> Iterator[Path]:
        """The header, if MNE finds by it what belongs to it; else a copy that says where that is."""
        header = Header.of(path, self.name)
        if "overrides" not in self.extra_options:
            header.check(path, self.name)
        plain = path.suffix == ".vhdr" and header.is_literal(path.parent)
        if plain:
            yield path
            return
        with tempfile.TemporaryDirectory(prefix="scitex-io-") as folder:
            yield header.copied(Path(folder))


@frozen
class Header:
    """What a header says of the recording, and where the files are that it names."""

    text: str
    data: Path
    markers: Path | None

    @classmethod
    def of(cls, path: Path, name: str) -> Self:
        """Read the header.

        Raises
        ------
        UnreadableFileError
            It is none.
        MissingFileError
            The data that it names are not there.
        """
        text = decoded(path.read_bytes())
        wanted = entry(text, "DataFile")
        if wanted is None or not re.search(r"^\[common infos\]", text, re.IGNORECASE | re.MULTILINE):
            raise UnreadableFileError(str(path), name, "it is no BrainVision header: it names no DataFile")
        data = beside(path, wanted)
        if data is None:
            raise MissingFileError((str(path.parent / wanted),), wanted, f"'{path}' is a header without its data file")
        markers = entry(text, "MarkerFile")
        return cls(text, data, beside(path, markers) if markers else None)

    def check(self, path: Path, name: str) -> None:
        """Find whether channels and samples are all there.

        Raises
        ------
        UnreadableFileError
            They are not.
        """
        channels = int(entry(self.text, "NumberOfChannels") or 0)
        listed = len(set(re.findall(r"^Ch(\d+)\s*=", self.text, re.IGNORECASE | re.MULTILINE)))
        if channels < 1 or listed < channels:
            raise UnreadableFileError(str(path), name, f"it is cut short: {listed} of {channels} channels are listed")
        width = BYTES.get((entry(self.text, "BinaryFormat") or "").upper())
        if width is None or (entry(self.text, "DataFormat") or "BINARY").upper() != "BINARY":
            return
        there, rest = divmod(self.data.stat().st_size, width * channels)
        wanted = int(entry(self.text, "DataPoints") or there)
        if rest or there < wanted:
            whole = f"{there} of {wanted} samples are whole" if there < wanted else "the last sample is not whole"
            raise UnreadableFileError(str(path), name, f"its data file '{self.data.name}' is cut short: {whole}")

    def is_literal(self, folder: Path) -> bool:
        """Do the names stand in it as they are, and can MNE read the markers, which it takes for UTF-8?"""
        if self.data != folder / (entry(self.text, "DataFile") or ""):
            return False
        if self.markers is None:
            return True
        return self.markers == folder / (entry(self.text, "MarkerFile") or "") and _is_utf8(self.markers)

    def copied(self, folder: Path) -> Path:
        """A copy in *folder*, in UTF-8, with the places of the other files."""
        text = _with_entry(_with_entry(self.text, "DataFile", str(self.data.absolute())), "Codepage", "UTF-8")
        if self.markers is not None:
            markers = folder / "header.vmrk"
            markers.write_text(_with_entry(decoded(self.markers.read_bytes()), "Codepage", "UTF-8"), encoding="utf-8")
            text = _with_entry(text, "MarkerFile", str(markers))
        copy = folder / "header.vhdr"
        copy.write_text(text, encoding="utf-8")
        return copy


def beside(path: Path, wanted: str) -> Path | None:
    """The file that a header calls *wanted*: ``$b`` is its own name; Windows' folders and upper case do not count."""
    name = wanted.replace("$b", path.stem)
    if (path.parent / name).is_file():
        return path.parent / name
    name = re.split(r"[\\/]", name)[-1]
    found = [place for place in path.parent.iterdir() if place.name.lower() == name.lower()]
    return next(iter(sorted(found, key=lambda place: place.name != name)), None)


def decoded(content: bytes) -> str:
    """The text in the encoding that it names; without one in UTF-8, as older programs wrote it in Latin-1."""
    named = re.search(rb"^Codepage=\s*(\S+)", content, re.IGNORECASE | re.MULTILINE)
    encoding = named[1].decode("ascii", "replace") if named else "utf-8"
    try:
        return content.decode("cp1252" if encoding.upper() == "ANSI" else encoding).lstrip("\ufeff")
    except (UnicodeDecodeError, LookupError):
        return content.decode("latin-1")


def entry(text: str, key: str) -> str | None:
    """The value of a line ``key=value``."""
    found = re.search(rf"^{key}[ \t]*=[ \t]*(.*?)\s*$", text, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else None


def _with_entry(text: str, key: str, value: str) -> str:
    return re.sub(rf"^{key}[ \t]*=.*$", lambda _: f"{key}={value}", text, flags=re.IGNORECASE | re.MULTILINE)


def _is_utf8(path: Path) -> bool:
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    return True
