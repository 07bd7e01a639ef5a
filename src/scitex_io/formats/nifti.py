"""NIfTI images (.nii, and .nii.gz): an array with its place in space."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from io import SEEK_END, BytesIO
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from attrs import field, frozen

from scitex_io.content.notes import NOTES, NoteKeeper
from scitex_io.errors import UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, Fidelity, FormatHandler
from scitex_io.losses import lose
from scitex_io.typing import Describer, Loader, Saver, TypedLoader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_AXIS = 32767
"""What an axis of NIfTI-1 can count; NIfTI-2 takes over above."""
COMMENT = 6
"""The code of a header extension that is text."""
CIFTI = 32
"""The code of the header extension that makes a NIfTI-2 file a CIFTI-2 file."""


def _is_pair(pair: Any) -> bool:
    return (
        len(pair) == 2
        and hasattr(pair[0], "dtype")
        and hasattr(pair[0], "ndim")
        and getattr(pair[1], "shape", None) == (4, 4)
    )


@frozen(kw_only=True)
class Nifti(FormatHandler, Saver[Any], Loader[Any], TypedLoader, Describer, NoteKeeper):
    """An image: its values, affine, header and header extensions.

    Parameters
    ----------
    dtype
        The type of the values in the file; what it has no room for is scaled and rounded. By default the type that
        the header names where it holds the values exactly, else that of the array.
    """

    name = "nifti"
    extensions = (".nii",)
    accepts = (
        Accepts("nibabel.Nifti1Image"),
        Accepts("nibabel.Nifti2Image"),
        Accepts("nibabel.Cifti2Image"),
        Accepts("nibabel.spatialimages.SpatialImage", Fidelity.VALUE, "nibabel.Nifti1Image", subclasses=True),
        Accepts(tuple, Fidelity.VALUE, "nibabel.Nifti1Image", domain="(array, 4 x 4 affine)", where=_is_pair),
        Accepts(
            "numpy.ndarray", Fidelity.LOSSY, "nibabel.Nifti1Image", loses="an array without affine gets the identity"
        ),
    )
    yields = ("nibabel.Nifti1Image", "nibabel.Nifti2Image", "nibabel.Cifti2Image", "numpy.ndarray")
    requires = ("nibabel",)
    extra = "nifti"

    dtype: Any = field(default=None, metadata={"verb": "save"})

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the image; raw values and their scale stay as they are in the file they come from."""
        import nibabel as nib
        import numpy as np
        from nibabel.spatialimages import HeaderDataError

        try:
            image = self._image(obj)
        except HeaderDataError as error:
            raise UnsupportedTypeError(self.name, type_name(type(obj)), reason=str(error)) from error
        with path.open("w+b") as file:
            # nibabel chooses the scale for a type that was asked for.
            image.to_stream(file, **({} if self.dtype is None else {"dtype": np.dtype(self.dtype)}))
            file.seek(0)
            back = type(image).from_stream(file)
            if isinstance(image, nib.Nifti1Image) and not _equal(image.affine, back.affine):
                lose(
                    "the affine is rounded to what the header holds"
                    if image.affine is not None
                    else "an affine is made"
                )

    def load(self, path: Path, /) -> Any:
        """Read the image into memory; values are scaled when they are asked for, as nibabel does."""
        import nibabel as nib

        content = path.read_bytes()
        image = self._opened(BytesIO(content), path)
        header = image.header
        ours = [extension for extension in header.extensions if _is_note(extension.get_code(), _content(extension))]
        for extension in ours:  # which belong to the file
            header.extensions.remove(extension)
        if any(extension.get_code() == CIFTI for extension in header.extensions):
            return nib.Cifti2Image.from_bytes(content)
        return image

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The values: scaled where the file says so, else of the type they are stored as."""
        import numpy as np

        if wanted is not np.ndarray:
            return self.load(path)
        with path.open("rb") as file:
            return np.asanyarray(self._opened(file, path).dataobj)

    def _opened(self, file: BinaryIO, path: Path) -> Any:
        """The image whose values are still in the file, all of them."""
        kind = _kind(file.read(4), path)
        image = kind.from_file_map(kind.make_file_map({"image": _rewound(file)}), mmap=False)
        ends = image.dataobj.offset + prod(image.header.get_data_shape()) * image.header.get_data_dtype().itemsize
        size = file.seek(0, SEEK_END)
        if ends > size:
            raise UnreadableFileError(str(path), self.name, f"the file ends after {size} of {ends} bytes")
        return image

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Shape, type, voxel sizes and units, from the header alone."""
        with path.open("rb") as file:
            header = _kind(file.read(4), path).header_class.from_fileobj(_rewound(file))
        space, time = header.get_xyzt_units()
        return {
            "kind": "array",
            "shape": tuple(header.get_data_shape()),
            "dtype": str(header.get_data_dtype()),
            "metadata": {
                "zooms": tuple(map(float, header.get_zooms())),
                "units": (space, time),
                "description": header["descrip"].item().decode("latin-1"),
                "affine": header.get_best_affine().tolist(),
            },
        }

    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """As header extensions of their own; the values move, and stay as they are."""
        content = path.read_bytes()
        head, starts, order = _layout(content, path)
        kept = [
            part for code, text, part in _extensions(content, head, starts, order) if not _is_note(code, text, *notes)
        ]
        for name, text in notes.items():
            data = f"{name}\0{text}".encode()
            size = -(-(len(data) + 8) // 16) * 16
            kept.append(struct.pack(f"{order}ii", size, COMMENT) + data.ljust(size - 8, b"\0"))
        made = bytearray(content[:head]) + b"\1\0\0\0" + b"".join(kept)
        # Values begin at a multiple of 16 where they did before.
        made += bytes(-(len(made) - starts) % 16)
        struct.pack_into(f"{order}{'f' if head == 348 else 'q'}", made, 108 if head == 348 else 168, len(made))
        path.write_bytes(made + content[starts:])

    def note(self, path: Path, name: str, /) -> str | None:
        """The text of this name."""
        content = path.read_bytes()
        for code, text, _ in _extensions(content, *_layout(content, path)):
            if _is_note(code, text, name):
                return text.partition(b"\0")[2].rstrip(b"\0").decode()
        return None

    def _image(self, obj: Any) -> Any:
        """The image to write."""
        import nibabel as nib
        import numpy as np
        from nibabel.spatialimages import HeaderDataError

        if isinstance(obj, nib.Cifti2Image):
            return obj
        array: Any
        if isinstance(obj, (tuple, np.ndarray)):
            array, affine = obj if isinstance(obj, tuple) else (obj, np.eye(4))
            if array.dtype == bool:
                array = array.astype(np.uint8)
                lose("booleans become 0 and 1 (uint8)")
            kind = nib.Nifti1Image if max(array.shape, default=0) <= LONGEST_AXIS else nib.Nifti2Image
            header, scale = kind.header_class(), (None, None)
            header.set_data_dtype(array.dtype)
        else:
            image = obj if type(obj) in (nib.Nifti1Image, nib.Nifti2Image) else nib.Nifti1Image.from_image(obj)
            kind, affine, header, scale = type(image), image.affine, image.header, image.header.get_slope_inter()
            array = image.dataobj
            raw = nib.is_proxy(array) and hasattr(
                array, "inter"
            )  # values as they lie in a file, with one scale for all
            if raw and self.dtype is None and header.get_data_dtype() == array.dtype:
                array, scale = array.get_unscaled(), (array.slope, array.inter)
            elif scale != (None, None):
                lose("the scale that the header states is applied to the values")
        array = np.asanyarray(array)
        if not array.ndim or not array.size:
            raise HeaderDataError(f"an image of shape {array.shape} has no values")
        if self.dtype is not None and not _holds(np.dtype(self.dtype), array):
            lose(f"the values are scaled and rounded to {np.dtype(self.dtype)}")
        elif self.dtype is None and header.get_data_dtype() != array.dtype:
            header = header.copy()
            if _holds(header.get_data_dtype(), array):
                array = array.astype(header.get_data_dtype())
            else:
                header.set_data_dtype(array.dtype)
        made = kind(array, affine, header)
        made.header.set_slope_inter(*scale)
        return made


def _is_note(code: int, text: bytes, *names: str) -> bool:
    """Is this extension a text of ours, under one of the names?"""
    return code == COMMENT and text.startswith(tuple(f"{name}\0".encode() for name in names or NOTES))


def _content(extension: Any) -> bytes:
    """What an extension holds, if that is text."""
    found = extension.get_content()
    return found.encode("utf-8", "replace") if isinstance(found, str) else found if isinstance(found, bytes) else b""


def _layout(content: bytes, path: Path) -> tuple[int, int, str]:
    """The length of the header, where the values begin, and the order of bytes."""
    _kind(content[:4], path)
    order = "<" if content[:2] in (b"\x5c\1", b"\x1c\2") else ">"
    (head,) = struct.unpack(f"{order}i", content[:4])
    (starts,) = struct.unpack_from(*((f"{order}f", content, 108) if head == 348 else (f"{order}q", content, 168)))
    if not head + 4 <= starts <= len(content):
        raise UnreadableFileError(str(path), "nifti", "its values are in another file, or it is damaged")
    return head, int(starts), order


def _extensions(content: bytes, head: int, starts: int, order: str) -> Iterator[tuple[int, bytes, bytes]]:
    """Code, content and all bytes of each header extension."""
    at = head + 4
    while content[head : head + 1] != b"\0" and at + 16 <= starts:
        size, code = struct.unpack_from(f"{order}ii", content, at)
        if size < 16 or at + size > starts:
            return
        yield code, content[at + 8 : at + size], content[at : at + size]
        at += size


def _holds(dtype: np.dtype[Any], array: NDArray[Any]) -> bool:
    """Does the type hold the values of the array exactly?"""
    import numpy as np

    if dtype == array.dtype:
        return True
    if array.dtype.kind == "c" and dtype.kind != "c":
        return False
    with np.errstate(all="ignore"):
        return bool(np.array_equal(array.astype(dtype), array, equal_nan=array.dtype.kind in "fc"))


def _equal(one: Any, other: Any) -> bool:
    import numpy as np

    return one is not None and np.array_equal(one, other)


def _rewound(file: Any) -> Any:
    file.seek(0)
    return file


def _kind(first: bytes, path: Path) -> Any:
    """NIfTI-1 or NIfTI-2, by the size that the header begins with."""
    import nibabel as nib

    for size, kind in ((348, nib.Nifti1Image), (540, nib.Nifti2Image)):
        if first in (size.to_bytes(4, "little"), size.to_bytes(4, "big")):
            return kind
    raise UnreadableFileError(str(path), "nifti", "it does not begin with a NIfTI header")
