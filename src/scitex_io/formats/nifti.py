"""NIfTI images (.nii, and .nii.gz): an array with its place in space."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from scitex_io.errors import UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, Fidelity, FormatHandler
from scitex_io.losses import lose
from scitex_io.typing import Describer, Loader, Saver, TypedLoader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_AXIS = 32767
"""What an axis of NIfTI-1 can count; NIfTI-2 takes over above."""
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
class Nifti(FormatHandler, Saver[Any], Loader[Any], TypedLoader, Describer):
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
        image = _kind(content[:4], path).from_bytes(content)
        header = image.header
        ends = image.dataobj.offset + prod(header.get_data_shape()) * header.get_data_dtype().itemsize
        if ends > len(content):
            raise UnreadableFileError(str(path), self.name, f"the file ends after {len(content)} of {ends} bytes")
        if any(extension.get_code() == CIFTI for extension in header.extensions):
            return nib.Cifti2Image.from_bytes(content)
        return image

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The values: scaled where the file says so, else of the type they are stored as."""
        import numpy as np

        image = self.load(path)
        return np.asanyarray(image.dataobj) if wanted is np.ndarray else image

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

    def _image(self, obj: Any) -> Any:
        """The image to write."""
        import nibabel as nib
        import numpy as np
        from nibabel.spatialimages import HeaderDataError

        if isinstance(obj, nib.Cifti2Image):
            return obj
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
