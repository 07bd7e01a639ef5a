"""NumPy's own single-array format (.npy)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from attrs import evolve, field, frozen

from scitex_io.content.arrays import as_array, one_of
from scitex_io.content.batches import ArrayBatches
from scitex_io.content.bulk import fill
from scitex_io.content.layout import LONGEST_HEADER as LONGEST
from scitex_io.content.layout import check_length, read_array, read_header, storable, write_array
from scitex_io.content.opened import check_written
from scitex_io.content.parts import RowPart
from scitex_io.content.rows import no_rows, pieces, sliced
from scitex_io.errors import UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, Fidelity, load_option
from scitex_io.typeref import distance
from scitex_io.typing import Describer, Loader, PartialLoader, Saver, Streamer

if TYPE_CHECKING:
    from numpy.typing import NDArray

ARRAY = Accepts("numpy.ndarray", domain="no object dtype", where=lambda array: not array.dtype.hasobject)
OBJECTS = Accepts("numpy.ndarray", domain="object dtype, with allow_pickle=True")
"""Not listed in ``accepts``: what is pickled is only taken where the option says so."""
MASKED = Accepts("numpy.ma.MaskedArray", domain="its mask has no place")
"""Not listed either, and never taken: the file would give back what is masked as if it were not."""
NUMBER = "a number or text becomes an array without dimensions"


@frozen(kw_only=True)
class Npy(
    ArrayBatches,
    RowPart,
    Saver[Any],
    Loader["NDArray[Any]"],
    PartialLoader["NDArray[Any]"],
    Streamer["NDArray[Any]"],
    Describer,
):
    """One array, exact: dtype, byte order, shape and memory order.

    Parameters
    ----------
    allow_pickle
        Store and load Python objects as a pickle, which can run code; ``trust=`` allows loading as well.
    rows
        Read only these along the first axis.
    mmap_mode
        Give a view of the file (``"r"``, ``"r+"`` to change it, ``"c"`` to change a copy) instead of an array.
    encoding
        The texts of Python 2 in a pickle.
    """

    name = "npy"
    alone = True
    extensions = (".npy",)
    accepts = (
        ARRAY,
        Accepts("numpy.memmap", Fidelity.VALUE, loads_as="numpy.ndarray"),
        Accepts("numpy.recarray", Fidelity.VALUE, loads_as="numpy.ndarray", domain="no object dtype"),
        Accepts("numpy.matrix", Fidelity.VALUE, loads_as="numpy.ndarray", domain="no object dtype"),
        Accepts("numpy.generic", Fidelity.LOSSY, loads_as="numpy.ndarray", loses=NUMBER),
        Accepts(bool, Fidelity.LOSSY, loads_as="numpy.ndarray", loses=NUMBER),
        Accepts(int, Fidelity.LOSSY, loads_as="numpy.ndarray", loses=NUMBER),
        Accepts(float, Fidelity.LOSSY, loads_as="numpy.ndarray", loses=NUMBER),
        Accepts(complex, Fidelity.LOSSY, loads_as="numpy.ndarray", loses=NUMBER),
        Accepts(list, Fidelity.LOSSY, loads_as="numpy.ndarray", domain="regular", loses="a list becomes an array"),
        Accepts(tuple, Fidelity.LOSSY, loads_as="numpy.ndarray", domain="regular", loses="a tuple becomes an array"),
        Accepts("pandas.Series", Fidelity.LOSSY, loads_as="numpy.ndarray", loses="the index and the name"),
        Accepts("pandas.Index", Fidelity.LOSSY, loads_as="numpy.ndarray", loses="it becomes an array", subclasses=True),
        Accepts(
            "xarray.DataArray",
            Fidelity.LOSSY,
            loads_as="numpy.ndarray",
            loses="all but the values (.nc keeps the rest)",
        ),
    )
    yields = ("numpy.ndarray",)
    requires = ("numpy",)
    magic = (b"\x93NUMPY",)
    parallel = "threads"
    named = False

    allow_pickle: bool = False
    mmap_mode: Literal["r", "r+", "c"] | None = field(
        default=None, validator=one_of(None, "r", "r+", "c"), metadata={"verb": "load"}
    )
    encoding: Literal["ASCII", "latin1", "bytes"] = load_option("ASCII")

    def match(self, obj: object, /) -> tuple[Accepts, int] | None:
        """Arrays of objects and masked ones are matched too, so that `save` can say what to do about them."""
        steps = distance(type(obj), "numpy.ndarray")
        if steps is not None and distance(type(obj), "numpy.ma.MaskedArray") is not None:
            return MASKED, steps
        if steps is not None and getattr(obj, "dtype", None) is not None and obj.dtype.hasobject:  # type: ignore[attr-defined]  # an array
            return OBJECTS, steps
        return super().match(obj)

    def is_cacheable(self) -> bool:
        """A memory map stays one only if it is not copied."""
        return self.mmap_mode is None

    def needs_trust(self, path: Path, /) -> bool:  # noqa: ARG002  # the option tells
        """Where objects may have been pickled."""
        return self.allow_pickle

    def whole(self) -> Self:
        """Without a memory map."""
        return evolve(self, mmap_mode=None)

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the array as it is: dtype, order and shape."""
        if distance(type(obj), "numpy.ma.MaskedArray") is not None:
            reason = "its mask would be lost: .npz, .h5 and .zarr keep it, and obj.filled() is an array without one"
            raise UnsupportedTypeError(self.name, type_name(type(obj)), reason=reason)
        array = as_array(obj.to_numpy() if hasattr(obj, "to_numpy") else obj, self.name)
        if reason := storable(array, allow_pickle=self.allow_pickle):
            raise UnsupportedTypeError(self.name, type_name(type(obj)), tuple(map(str, self.accepts)), reason)
        with open(path, "wb", buffering=0) as file:
            write_array(file, array, allow_pickle=self.allow_pickle)
            end = file.tell()
        check_written(path, end)

    def load(self, path: Path, /) -> NDArray[Any]:
        """Read the array, or its *rows*; with ``mmap_mode`` only what is touched."""
        import numpy as np

        with open(path, "rb", buffering=0) as file:
            header = read_header(file, path, self.name)
            check_length(header, os.fstat(file.fileno()).st_size - header.starts, path, self.name)
            if self.rows is not None and not header.shape:
                raise no_rows(self.name, "the array has no dimensions")
            if (self.mmap_mode or self.rows) is not None and not header.dtype.hasobject and header.nbytes:
                mapped = np.lib.format.open_memmap(path, self.mmap_mode or "r", max_header_size=LONGEST)
                part = mapped if self.rows is None else mapped[self.rows]
                return part if self.mmap_mode is not None else np.array(part, order="K", subok=False)
            if header.dtype.hasobject:
                file.seek(0)
                array = read_array(file, header, path, allow_pickle=self.allow_pickle, encoding=self.encoding)
            else:
                array = header.empty()
                fill(array, file, header.starts)
        return array if self.rows is None else sliced(array, self.rows, self.name)

    def load_part(self, path: Path, part: slice, /) -> NDArray[Any]:
        """Read the rows *part* alone."""
        return evolve(self, rows=part).load(path)

    def stream(self, path: Path, /) -> Iterator[NDArray[Any]]:
        """Read the array in pieces along its first axis."""
        with path.open("rb") as file:
            header = read_header(file, path, self.name)
        if not header.shape:
            raise no_rows(self.name, "the array has no dimensions")
        for part in pieces(header.shape, header.dtype):
            yield self.load_part(path, part)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Shape and dtype, from the header alone."""
        with path.open("rb") as file:
            header = read_header(file, path, self.name)
        return {"kind": "array", "shape": header.shape, "dtype": str(header.dtype)}
