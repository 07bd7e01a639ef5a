"""NumPy's own single-array format (.npy)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from attrs import field, frozen

from scitex_io.content.arrays import LONGEST_HEADER as LONGEST
from scitex_io.content.arrays import as_array, check_length, one_of, read_header, refuse_objects, storable, write_array
from scitex_io.errors import UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, Fidelity, FormatHandler, load_option
from scitex_io.typeref import distance
from scitex_io.typing import Describer, Loader, Saver

if TYPE_CHECKING:
    from numpy.typing import NDArray

ARRAY = Accepts("numpy.ndarray", domain="no object dtype", where=lambda array: not array.dtype.hasobject)
OBJECTS = Accepts("numpy.ndarray", domain="object dtype, with allow_pickle=True")
"""Not listed in ``accepts``: what is pickled is only taken where the option says so."""
NUMBER = "a number or text becomes an array without dimensions"


@frozen(kw_only=True)
class Npy(FormatHandler, Saver[Any], Loader["NDArray[Any]"], Describer):
    """One array, exact: dtype, byte order, shape and memory order."""

    name = "npy"
    extensions = (".npy",)
    accepts = (
        ARRAY,
        Accepts("numpy.memmap", Fidelity.VALUE, loads_as="numpy.ndarray"),
        Accepts("numpy.recarray", Fidelity.VALUE, loads_as="numpy.ndarray", domain="no object dtype"),
        Accepts("numpy.matrix", Fidelity.VALUE, loads_as="numpy.ndarray", domain="no object dtype"),
        Accepts("numpy.ma.MaskedArray", Fidelity.LOSSY, loads_as="numpy.ndarray", loses="the mask"),
        Accepts("numpy.generic", Fidelity.LOSSY, loads_as="numpy.ndarray", loses=NUMBER),
        Accepts(bool, Fidelity.LOSSY, loads_as="numpy.ndarray", loses=NUMBER),
        Accepts(int, Fidelity.LOSSY, loads_as="numpy.ndarray", loses=NUMBER),
        Accepts(float, Fidelity.LOSSY, loads_as="numpy.ndarray", loses=NUMBER),
        Accepts(complex, Fidelity.LOSSY, loads_as="numpy.ndarray", loses=NUMBER),
        Accepts(list, Fidelity.LOSSY, loads_as="numpy.ndarray", domain="regular", loses="a list becomes an array"),
        Accepts(tuple, Fidelity.LOSSY, loads_as="numpy.ndarray", domain="regular", loses="a tuple becomes an array"),
    )
    yields = ("numpy.ndarray",)
    requires = ("numpy",)
    magic = (b"\x93NUMPY",)
    parallel = "threads"

    allow_pickle: bool = False
    mmap_mode: Literal["r", "r+", "c"] | None = field(
        default=None, validator=one_of(None, "r", "r+", "c"), metadata={"verb": "load"}
    )
    encoding: Literal["ASCII", "latin1", "bytes"] = load_option("ASCII")

    def match(self, obj: object, /) -> tuple[Accepts, int] | None:
        """Arrays of objects are matched too, so that `save` can say what to do about them."""
        steps = distance(type(obj), "numpy.ndarray")
        if steps is not None and getattr(obj, "dtype", None) is not None and obj.dtype.hasobject:  # type: ignore[attr-defined]  # an array
            return OBJECTS, steps
        return super().match(obj)

    def is_cacheable(self) -> bool:
        """A memory map stays one only if it is not copied."""
        return self.mmap_mode is None

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the array as it is: dtype, order and shape."""
        array = as_array(obj, self.name)
        if reason := storable(array, allow_pickle=self.allow_pickle):
            raise UnsupportedTypeError(self.name, type_name(type(obj)), tuple(map(str, self.accepts)), reason)
        with path.open("wb") as file:
            write_array(file, array, allow_pickle=self.allow_pickle)

    def load(self, path: Path, /) -> NDArray[Any]:
        """Read the array; with ``mmap_mode`` only what is touched."""
        import numpy as np

        with path.open("rb") as file:
            header = read_header(file, path, self.name)
            if not self.allow_pickle:
                refuse_objects(header, path)
            check_length(header, path.stat().st_size - header.starts, path, self.name)
            if self.mmap_mode is not None and not header.dtype.hasobject:
                return np.lib.format.open_memmap(path, self.mmap_mode, max_header_size=LONGEST)
            file.seek(0)
            array: NDArray[Any] = np.lib.format.read_array(
                file,
                allow_pickle=self.allow_pickle,
                pickle_kwargs={"encoding": self.encoding},
                max_header_size=LONGEST,
            )
            return array

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Shape and dtype, from the header alone."""
        with path.open("rb") as file:
            header = read_header(file, path, self.name)
        return {"kind": "array", "shape": header.shape, "dtype": str(header.dtype)}
