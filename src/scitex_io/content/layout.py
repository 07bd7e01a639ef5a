"""The .npy layout, NumPy's own (NEP 1), read with suspicion.

A magic, a version, the length of a header, the header (the text of a Python dict), the data. A header is believed only
where the file is as long as it says.
"""

from __future__ import annotations

import io
import math
import re
import struct
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from attrs import frozen

from scitex_io.content.bulk import write
from scitex_io.errors import UnreadableFileError
from scitex_io.policy import trusted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 1 << 20
"""Bytes; a record of ten thousand fields has a header of 300 kB."""

COMMON = 1 << 10
"""Bytes; shorter headers are remembered."""

_TEXT = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
# What is left of a dict of tuples, lists, numbers and names when its texts are gone. Operators could be nested
# deeper than the interpreter's own parser survives; brackets it counts itself.
_PLAIN = re.compile(r"[\s\w\[\](){},:.]*")


@frozen
class Header:
    """What the first bytes of a .npy file say."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    starts: int  # where the data start
    length: int  # of the header text

    @property
    def nbytes(self) -> int:
        """How long the data have to be."""
        return math.prod(self.shape) * self.dtype.itemsize

    def empty(self) -> NDArray[Any]:
        """An array of that kind, to be filled."""
        import numpy as np

        return np.empty(self.shape, self.dtype, order="F" if self.fortran else "C")


def read_header(file: IO[bytes], path: Path, name: str) -> Header:
    """Read the first bytes of an array and leave the file behind them.

    Raises
    ------
    ValueError
        They are no header of a .npy file.
    UnreadableFileError
        They begin as one and go wrong.
    """
    start = file.read(len(MAGIC) + 2)
    if start[: len(MAGIC)] != MAGIC or len(start) < len(MAGIC) + 2:
        import numpy as np

        np.lib.format.read_magic(io.BytesIO(start))  # says what is wrong
    major = start[len(MAGIC)]
    if major not in (1, 2, 3):
        raise UnreadableFileError(str(path), name, f"its layout has the unknown version {major}")
    prefix = "<H" if major == 1 else "<I"
    counted = file.read(struct.calcsize(prefix))
    if len(counted) < struct.calcsize(prefix):
        raise UnreadableFileError(str(path), name, "the file ends inside its header")
    (length,) = struct.unpack(prefix, counted)
    if length > LONGEST_HEADER:
        raise UnreadableFileError(str(path), name, f"it claims a header of {length} bytes")
    written = file.read(length)
    if len(written) < length:
        raise UnreadableFileError(str(path), name, f"the file ends inside its header of {length} bytes")
    try:
        if major == 3:  # UTF-8; NumPy reads the others, and escapes mean the same in all of them
            written = written.decode().encode("ascii", "backslashreplace")
        shape, fortran, dtype = _understood(written) if length < COMMON else _read(written)
        if dtype.names is not None:  # names can be changed, and would be for all
            dtype = _read(written)[2]
    except UnicodeDecodeError as error:
        raise UnreadableFileError(str(path), name, f"its header is damaged ({error})") from error
    except _OddError as error:
        raise UnreadableFileError(str(path), name, str(error)) from error.__cause__
    return Header(shape, fortran, dtype, len(start) + len(counted) + length, length)


class _OddError(ValueError):
    """A header that does not say what an array is."""


def _read(written: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, order and dtype."""
    import numpy as np

    text = written.decode("latin1")
    if not _PLAIN.fullmatch(_TEXT.sub("", text)):
        raise _OddError(f"its header is not a plain dict: {text[:80]!r}")
    try:
        shape, fortran, dtype = np.lib.format.read_array_header_2_0(
            io.BytesIO(struct.pack("<I", len(written)) + written), max_header_size=LONGEST_HEADER
        )
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, OverflowError) as error:
        raise _OddError(f"its header is damaged ({error})") from error
    if any(side < 0 for side in shape):
        raise _OddError(f"its header is damaged (shape {shape})")
    return shape, fortran, dtype


_understood = lru_cache(maxsize=256)(_read)
"""Many files have the same header, and reading one takes longer than reading a small array."""


def read_array(file: IO[bytes], header: Header, path: Path, *, allow_pickle: bool, encoding: str) -> NDArray[Any]:
    """The array that begins where *file* stands; Python objects are a pickle, which is read if it is trusted.

    Raises
    ------
    UntrustedFileError
        The array holds objects, and nobody allowed to unpickle them.
    """
    import numpy as np

    if header.dtype.hasobject:
        file = io.BytesIO(file.read())  # first to the end, where a checksum is compared
    if header.dtype.hasobject and not allow_pickle and not trusted().everything:
        from scitex_io.content.pickles.careful import Careful, UnknownNameError
        from scitex_io.content.pickles.survey import survey

        policy = trusted()
        if policy.names:
            file.seek(header.starts)
            with suppress(UnknownNameError):
                objects: NDArray[Any] = Careful(file, policy, encoding=encoding).load()
                return objects.reshape(header.shape)
        if not policy.written_here():
            file.seek(header.starts)
            found = "it holds an array of Python objects, stored as a pickle"
            raise policy.refusal(path, survey(file, policy).names, found, "allow_pickle=True")
        file.seek(0)
    array: NDArray[Any] = np.lib.format.read_array(
        file, allow_pickle=True, pickle_kwargs={"encoding": encoding}, max_header_size=LONGEST_HEADER
    )
    return array


def check_length(header: Header, found: int, path: Path, name: str) -> None:
    """Hold a header against the number of bytes that follow it.

    Raises
    ------
    UnreadableFileError
        There are fewer or more.
    """
    if not header.dtype.hasobject and header.nbytes != found:
        shape, dtype = header.shape, header.dtype
        claim = f"the header says shape {shape} of {dtype}, {header.nbytes} bytes, and {found} follow"
        raise UnreadableFileError(str(path), name, claim, "it is damaged, or holds more than one array")


def write_array(file: IO[bytes], array: NDArray[Any], *, allow_pickle: bool) -> None:
    """Write the oldest layout that holds the array, quietly.

    Raises
    ------
    ValueError
        The dtype has no description: overlapping fields.
    """
    import numpy as np

    if isinstance(file, io.FileIO) and array.flags.forc and array.dtype.isbuiltin == 1 and not array.dtype.hasobject:
        file.write(_usual(array.dtype, array.shape, array.flags.fnc))
        write(array, file)
        return
    header = repr(np.lib.format.header_data_from_array_1_0(array))
    if not header.isascii() and any(ord(letter) > 255 for letter in header):  # latin-1 ends there
        version = (3, 0)
    else:
        version = (1, 0) if len(header) < 65000 else (2, 0)  # two bytes of length, and room for the padding
    np.lib.format.write_array(file, array, version=version, allow_pickle=allow_pickle)


@lru_cache(maxsize=256)
def _usual(dtype: np.dtype[Any], shape: tuple[int, ...], fortran: bool) -> bytes:  # a key of the cache
    """What NumPy writes before the data of such an array."""
    import numpy as np

    buffer = io.BytesIO()
    described = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": fortran, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, described)
    return buffer.getvalue()


def storable(array: NDArray[Any], *, allow_pickle: bool) -> str:
    """Why the layout cannot hold an array; nothing if it can."""
    import numpy as np

    if array.dtype.kind == "T":
        return "strings of variable length: use array.astype(str)"
    if array.dtype.hasobject and not allow_pickle:
        return "no object dtype; allow_pickle=True stores objects as a pickle"
    if array.dtype.isbuiltin == 1:
        return ""
    try:
        np.lib.format.header_data_from_array_1_0(array)
    except ValueError as error:
        return str(error)
    return ""


def short(header: Header) -> str:
    """An array in a few words: ``array float64 (3, 4)``."""
    return f"array {header.dtype} {header.shape}"
