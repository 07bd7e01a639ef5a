"""Python's own object format (.pkl, .pickle), plain or gzipped."""

from __future__ import annotations

import io
import pickle
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copyreg import dispatch_table
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, Literal

from attrs import field, frozen

from scitex_io.content.arrays import one_of
from scitex_io.content.pickles.reading import Opened, unpickled
from scitex_io.content.pickles.survey import LARGE, shows_data_alone
from scitex_io.errors import UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, FormatHandler, load_option
from scitex_io.policy import trusted
from scitex_io.typing import Describer, Loader, Saver

if TYPE_CHECKING:
    from gzip import GzipFile

    from numpy.typing import NDArray

PIECE = 1 << 20
NEWEST = 5
UNFOLDED = 1 << 24
"""Bytes of a stream that are unpacked in memory; more goes to a scratch file."""
SMALL = 1 << 28
"""Bytes; a file below this that asks for more memory than there is has a damaged length in it."""


@frozen(kw_only=True)
class Pickle(FormatHandler, Saver[object], Loader[Any], Describer):
    """Any Python object that can be pickled; what is more than data is loaded if the file is trusted."""

    name = "pickle"
    alone = True
    extensions: ClassVar[tuple[str, ...]] = (".pkl", ".pickle")
    accepts = (Accepts(object, domain="what pickle can hold"),)
    yields = (object,)
    executes_code = True

    protocol: int = field(default=NEWEST, validator=one_of(*range(NEWEST + 1)), metadata={"verb": "save"})
    encoding: str = load_option("ASCII")
    errors: Literal["strict", "replace", "ignore"] = load_option("strict")

    def save(self, obj: object, path: Path, /) -> None:
        """Write straight to the file; large arrays are not copied first."""
        with path.open("wb") as file:
            self._dump(obj, file)

    def load(self, path: Path, /) -> Any:
        """Read one object; ``encoding="latin1"`` or ``"bytes"`` for what Python 2 wrote."""
        return self._undump(lambda: self._stream(path), path)

    def needs_trust(self, path: Path, /) -> bool:
        """Not where it is seen at a glance to hold data alone, as a few large arrays."""
        size = path.stat().st_size
        if size < LARGE:
            return True
        with self._stream(path) as file:
            return not shows_data_alone(file, size, trusted())

    def describe(self, path: Path, /) -> dict[str, Any]:
        """The protocol; nothing is unpickled to tell what is inside."""
        with self._stream(path) as file:
            first = file.read(2)
        return {"kind": "object", "protocol": first[1] if first[:1] == pickle.PROTO and len(first) > 1 else 0}

    @contextmanager
    def _stream(self, path: Path) -> Iterator[IO[bytes]]:
        with path.open("rb") as file:
            yield file

    def _dump(self, obj: object, file: Any) -> None:
        pickler = pickle.Pickler(file, self.protocol)
        if "numpy" in sys.modules:
            way = reduced if self.protocol == NEWEST else reduced_in_band
            pickler.dispatch_table = dispatch_table | {_numpy().ndarray: way}
        try:
            pickler.dump(obj)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise UnsupportedTypeError(self.name, type_name(type(obj)), reason=str(error)) from error
        except RecursionError as error:
            raise UnsupportedTypeError(self.name, type_name(type(obj)), reason="nested too deeply") from error

    def _undump(self, opened: Opened, path: Path) -> Any:
        try:
            return unpickled(opened, path, encoding=self.encoding, errors=self.errors)
        except TypeError as error:  # a class that is no longer made of what the file holds, or a damaged file
            raise UnreadableFileError(str(path), self.name, f"{type(error).__name__}: {error}") from error
        except MemoryError as error:
            if path.stat().st_size >= SMALL:
                raise
            raise UnreadableFileError(str(path), self.name, "a length in it is beyond any memory") from error


@frozen(kw_only=True)
class PickleGz(Pickle):
    """A pickle behind gzip; equal objects give equal files (no name and no time in the header)."""

    name = "pickle.gz"
    extensions = (".pkl.gz", ".pickle.gz")
    magic = (b"\x1f\x8b",)

    compresslevel: int = field(default=6, validator=one_of(*range(10)), metadata={"verb": "save"})

    def save(self, obj: object, path: Path, /) -> None:
        """Pickle into the compressor, with no file in between."""
        import gzip

        with (
            path.open("wb") as raw,
            gzip.GzipFile("", "wb", compresslevel=self.compresslevel, fileobj=raw, mtime=0) as file,
        ):
            self._dump(obj, Pieces(file))

    def load(self, path: Path, /) -> Any:
        """Read to the end of the stream, so that its checksum is verified, before anything is unpickled.

        What a damaged stream unfolds to can keep an unpickler busy for minutes.
        """
        import tempfile

        with self._stream(path) as file:
            first = file.read(UNFOLDED + 1)
            if len(first) <= UNFOLDED:
                return self._undump(partial(io.BytesIO, first), path)
            with tempfile.TemporaryFile() as plain:
                plain.write(first)
                del first
                shutil.copyfileobj(file, plain, PIECE)

                @contextmanager
                def opened() -> Iterator[IO[bytes]]:
                    plain.seek(0)
                    yield plain

                return self._undump(opened, path)

    def needs_trust(self, path: Path, /) -> bool:  # noqa: ARG002  # one signature for all
        """To unpack it again would cost more than its fingerprint."""
        return True

    @contextmanager
    def _stream(self, path: Path) -> Iterator[IO[bytes]]:
        import gzip

        with gzip.open(path, "rb") as file:
            yield file  # type: ignore[misc]  # a GzipFile reads like any binary file


@frozen(kw_only=True)
class Gz(FormatHandler, Loader[Any], Describer):
    """A gzipped pickle whose name does not say so; it is only loaded, as ``.gz`` may follow any extension."""

    name = "gz"
    extensions = (".gz",)
    yields = (object,)
    executes_code = True
    magic = (b"\x1f\x8b",)

    encoding: str = load_option("ASCII")
    errors: Literal["strict", "replace", "ignore"] = load_option("strict")

    def load(self, path: Path, /) -> Any:
        """Read one object."""
        return PickleGz(encoding=self.encoding, errors=self.errors).load(path)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """The protocol."""
        return PickleGz().describe(path)


class Pieces:
    """Hands large buffers on in pieces: the compressor would build the whole result of each in memory."""

    def __init__(self, file: GzipFile) -> None:
        self._file = file

    def write(self, data: Any) -> int:
        """Write all of *data*."""
        view = data.raw() if isinstance(data, pickle.PickleBuffer) else memoryview(data)
        for start in range(0, view.nbytes, PIECE):
            self._file.write(view[start : start + PIECE])
        return view.nbytes


def _numpy() -> Any:
    return sys.modules["numpy"]


def reduced(array: NDArray[Any]) -> Any:
    """How an array is pickled: NumPy's own way, but keeping a foreign byte order.

    NumPy rebuilds ``>i2`` as ``<i2`` (and dates of any unit), with the same values, wherever it cannot hand out the
    array's own memory: an array that is not contiguous, or of dates. Its other way keeps them.
    """
    numpy = _numpy()
    if not _is_foreign(array):
        return array.__reduce_ex__(NEWEST)
    if array.size == 0:
        return numpy.ndarray, (array.shape, array.dtype)
    rebuild = numpy.empty(1).__reduce_ex__(NEWEST)[0]
    flat, order = _flat(array)
    return rebuild, (pickle.PickleBuffer(flat), array.dtype, array.shape, order)


def reduced_in_band(array: NDArray[Any]) -> Any:
    """The same for the protocols that copy the memory of arrays."""
    if not _is_foreign(array):
        return array.__reduce__()
    flat, order = _flat(array)
    return _numpy().ndarray, (array.shape, array.dtype, bytearray(flat), 0, None, order)


def _is_foreign(array: NDArray[Any]) -> bool:
    return not (array.dtype.isnative or array.dtype.hasobject or array.dtype.itemsize == 0)


def _flat(array: NDArray[Any]) -> tuple[Any, str]:
    """The bytes of an array, and the order in which they run through it."""
    numpy = _numpy()
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    rows = numpy.ascontiguousarray(array.T if fortran else array)
    return rows.reshape(-1).view(numpy.uint8), "F" if fortran else "C"
