"""DICOM files (.dcm): an image with all that is known of it."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Collection
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from scitex_io.errors import OptionError, UnreadableFileError
from scitex_io.handler import FormatHandler, PassThrough, load_option
from scitex_io.limits import counted, take
from scitex_io.typing import Describer, Loader, TypedLoader, Verb

if TYPE_CHECKING:
    import pydicom

DEFLATED = b"1.2.840.10008.1.2.1.99"
PIECE = 1 << 20
TOLD = ("Modality", "SOPClassUID", "SeriesDescription", "PixelSpacing", "SliceThickness", "PhotometricInterpretation")
"""What a description repeats: nothing that names a person."""

SIDES = ("Rows", "Columns", "SamplesPerPixel")
PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData", "PixelDataProviderURL")


@frozen(kw_only=True)
class Dicom(FormatHandler, PassThrough, Loader["pydicom.Dataset"], TypedLoader, Describer):
    """A dataset with every element; ``as_type=numpy.ndarray`` gives the decoded pixels.

    Parameters
    ----------
    force
        Read a file that lacks the preamble and the word DICM.
    rescale
        Give pixels in the units of the modality (Hounsfield units for CT) instead of as they are stored.
    """

    name = "dicom"
    extensions = (".dcm",)
    yields = ("pydicom.Dataset", "numpy.ndarray")
    requires = ("pydicom",)
    extra = "dicom"
    library: ClassVar = {"load": "pydicom:dcmread"}

    force: bool = load_option(False)
    rescale: bool = load_option(False)

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """What the library takes beside the place; nothing is read later than now."""
        return frozenset(PassThrough.passes_on(self, verb)) - {"fp", "defer_size"}

    def load(self, path: Path, /) -> pydicom.Dataset:
        """Read every element; pixels are decoded when they are asked for."""
        if self.rescale:
            raise OptionError(self.name, "load", "rescale", reason="pixels are wanted for it: as_type=numpy.ndarray")
        return self._dataset(path, **self.extra_options)

    def load_as(self, path: Path, wanted: type, /) -> Any:  # noqa: ARG002  # there is one other type
        """The pixels: (rows, columns), frames before and colours behind them, as stored or rescaled."""
        from pydicom.pixels.processing import apply_modality_lut

        dataset = self._dataset(path, **self.extra_options)
        if not any(word in dataset for word in PIXELS):
            raise UnreadableFileError(str(path), self.name, "it holds no pixels")
        axes = (dataset.get("NumberOfFrames") or 1, *(dataset.get(word) or 0 for word in SIDES))
        take(prod(map(int, axes)) * 8, f"an image of {' x '.join(map(str, axes))}")
        return apply_modality_lut(dataset.pixel_array, dataset) if self.rescale else dataset.pixel_array

    def describe(self, path: Path, /) -> dict[str, Any]:
        """The image that the elements before the pixels announce."""
        dataset = self._dataset(path, stop_before_pixels=True)
        axes = (dataset.get("NumberOfFrames"), dataset.get("Rows"), dataset.get("Columns"))
        colours = dataset.get("SamplesPerPixel", 1)
        shape = (*(int(axis) for axis in axes if axis), *([colours] if colours > 1 else []))
        kind = "int" if dataset.get("PixelRepresentation") else "uint"
        image = {"shape": shape, "dtype": f"{kind}{dataset.BitsAllocated}"} if "BitsAllocated" in dataset else {}
        told = {word: str(dataset[word].repval).strip("'") for word in TOLD if word in dataset}
        return {"kind": "image" if image else "object", **image, "elements": len(dataset), "metadata": told}

    def _dataset(self, path: Path, **options: Any) -> pydicom.Dataset:
        import pydicom
        from pydicom.errors import InvalidDicomError

        with path.open("rb") as file, warnings.catch_warnings():
            _check_deflated(file)
            # pydicom gives what it has read so far where a file ends too early.
            warnings.filterwarnings("error", "End of file reached", UserWarning)
            source = _Whole(file)
            try:
                dataset = pydicom.dcmread(source, force=self.force, **options)
            except InvalidDicomError as error:
                raise UnreadableFileError(
                    str(path), self.name, "no DICM after the preamble", "force=True reads files without it"
                ) from error
            _check_sequences(dataset)
        if source.ended_early or not len(dataset):
            raise UnreadableFileError(str(path), self.name, "the file ends within an element or before the first one")
        if not {"stop_before_pixels", "specific_tags"} & options.keys():
            _check_pixels(dataset, path)
        return dataset


def _check_deflated(file: IO[bytes]) -> None:
    """The library would unpack all behind the meta data at once."""
    first = file.read(1024)
    if DEFLATED in first and first[128:138] == b"DICM\2\0\0\0UL":
        file.seek(144 + int.from_bytes(first[140:144], "little"))
        stream = counted(_Inflated(file))
        while stream.read(PIECE):
            pass
    file.seek(0)


class _Inflated:
    """What is compressed without a head of its own."""

    def __init__(self, file: IO[bytes]) -> None:
        self._unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        self._file = file

    def read(self, size: int) -> bytes:
        found = b""
        while not found and not self._unpacker.eof:
            data = self._unpacker.unconsumed_tail or self._file.read(PIECE)
            if not data:
                break
            found = self._unpacker.decompress(data, size)
        return found


class _Whole:
    """A file that knows whether what was read last was there only in part."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.name, self.tell, self.close = file.name, file.tell, file.close
        self.ended_early = False

    def read(self, size: int = -1, /) -> bytes:
        found = self._file.read(size)
        # Nothing at all is how a file ends that is whole.
        self.ended_early = self.ended_early or 0 < len(found) < size
        return found

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.ended_early = False  # it was a look ahead
        return self._file.seek(offset, whence)


def _check_sequences(dataset: pydicom.Dataset) -> None:
    """Read the items of sequences now, so that damage in them is found now."""
    for tag in list(dataset.keys()):
        if dataset.get_item(tag).VR in ("SQ", None) and dataset[tag].VR == "SQ":
            for item in dataset[tag].value:
                _check_sequences(item)


def _check_pixels(dataset: pydicom.Dataset, path: Path) -> None:
    """Is there as much of an image as the elements before it announce?"""
    from pydicom.pixels.utils import get_expected_length
    from pydicom.uid import UID

    told = getattr(dataset, "file_meta", {})
    syntax, stored = (UID(told.get(word, "")) for word in ("TransferSyntaxUID", "MediaStorageSOPClassUID"))
    if not any(word in dataset for word in PIXELS):
        if "BitsAllocated" in dataset or "Image Storage" in stored.name:
            advice = "stop_before_pixels=True reads the rest"
            raise UnreadableFileError(str(path), "dicom", "it ends before the pixels of its image", advice)
    elif "PixelData" in dataset and syntax and not syntax.is_encapsulated:
        try:
            needed = int(get_expected_length(dataset))
        except (AttributeError, TypeError, ValueError):  # what says how large it is cannot be read: nor can the pixels
            return
        if len(dataset.PixelData) < needed:
            found = f"the pixels are {len(dataset.PixelData)} of {needed} bytes"
            raise UnreadableFileError(str(path), "dicom", found)
