"""What the array formats share: the .npy layout read with suspicion, and plain values as arrays.

The layout is NumPy's own (NEP 1): a magic, a version, the length of a header, the header (the text of a
Python dict), the data. A header is believed only where the file is as long as it says.
"""

from __future__ import annotations

import io
import math
import re
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from attrs import frozen

from scitex_io.errors import UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.losses import lose
from scitex_io.policy import trusted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_HEADER = 1 << 20
"""Bytes; a record of ten thousand fields has a header of 300 kB."""

_TEXT = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
# What is left of a dict of tuples, lists, numbers and names when its texts are gone. Operators could be nested
# deeper than the interpreter's own parser survives; brackets it counts itself.
_PLAIN = re.compile(r"[\s\w\[\](){},:.]*")


@frozen
class Header:
    """What the first bytes of a .npy file say."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    starts: int  # where the data start
    length: int  # of the header text

    @property
    def nbytes(self) -> int:
        """How long the data have to be."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: IO[bytes], path: Path, name: str) -> Header:
    """Read the first bytes of an array and leave the file behind them.

    Raises
    ------
    ValueError
        They are no header of a .npy file.
    UnreadableFileError
        They begin as one and go wrong.
    """
    import numpy as np

    major, _ = np.lib.format.read_magic(file)
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
    text = written.decode("latin1")
    if not _PLAIN.fullmatch(_TEXT.sub("", text)):
        raise UnreadableFileError(str(path), name, f"its header is not a plain dict: {text[:80]!r}")
    try:
        shape, _, dtype = np.lib.format.read_array_header_2_0(
            io.BytesIO(struct.pack("<I", length) + written), max_header_size=LONGEST_HEADER
        )
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, OverflowError) as error:
        raise UnreadableFileError(str(path), name, f"its header is damaged ({error})") from error
    if any(side < 0 for side in shape):
        raise UnreadableFileError(str(path), name, f"its header is damaged (shape {shape})")
    return Header(shape, dtype, file.tell(), length)


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

    header = repr(np.lib.format.header_data_from_array_1_0(array))
    if not header.isascii() and any(ord(letter) > 255 for letter in header):  # latin-1 ends there
        version = (3, 0)
    else:
        version = (1, 0) if len(header) < 65000 else (2, 0)  # two bytes of length, and room for the padding
    np.lib.format.write_array(file, array, version=version, allow_pickle=allow_pickle)


def storable(array: NDArray[Any], *, allow_pickle: bool) -> str:
    """Why the layout cannot hold an array; nothing if it can."""
    import numpy as np

    if array.dtype.kind == "T":
        return "strings of variable length: use array.astype(str)"
    if array.dtype.hasobject and not allow_pickle:
        return "no object dtype; allow_pickle=True stores objects as a pickle"
    try:
        np.lib.format.header_data_from_array_1_0(array)
    except ValueError as error:
        return str(error)
    return ""


def as_array(value: object, name: str, key: str | None = None) -> NDArray[Any]:
    """A value as an array; below a *key*, what that changes is announced.

    Raises
    ------
    UnsupportedTypeError
        It is no array, number or text, nor a regular list of one kind of them.
    """
    import numpy as np

    at = "" if key is None else f" (at '{key}')"

    def announce(what: str) -> None:
        if at:  # a value of its own is declared by a row of `accepts`
            lose(f"{what}{at}")

    if isinstance(value, np.ma.MaskedArray):
        announce("masked arrays lose their mask")
        return np.asarray(value.data)
    if isinstance(value, np.ndarray):
        return np.asarray(value)
    if isinstance(value, (bool, int, float, complex, str, bytes, np.generic)):
        array = np.asarray(value)
        same = array.item() == value or value != value
        if array.dtype.hasobject or (isinstance(value, (str, bytes)) and not same):
            raise _refused(value, name, f"no array holds this value{at}")
        announce("numbers and texts become arrays without dimensions")
        return array
    if isinstance(value, (list, tuple)):
        array = _regular(value, name, at)
        announce(f"{type(value).__name__}s become arrays")
        return array
    if hasattr(value, "to_numpy") and hasattr(value, "index"):
        array = np.asarray(value.to_numpy())  # pyright: ignore[reportAttributeAccessIssue]  # asked for above
        announce(f"{type_name(type(value))} becomes an array without its labels")
        return array
    raise _refused(value, name, f"only arrays, numbers, texts and regular lists of them{at}")


def _regular(value: list[Any] | tuple[Any, ...], name: str, at: str) -> NDArray[Any]:
    import numpy as np

    found = set(kinds(value))
    if len(found) > 1:
        raise _refused(value, name, f"a list of {' and '.join(sorted(found))} is no array of one dtype{at}")
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError) as error:
        raise _refused(value, name, f"{error}{at}") from error
    if array.dtype.hasobject:
        raise _refused(value, name, f"it holds what no dtype but object can{at}")
    if array.dtype.kind in "US" and any(part[-1:] in ("\0", b"\0") for part in _leaves(value)):
        raise _refused(value, name, f"texts that end in NUL{at}")
    return array


def _leaves(value: object) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def kinds(value: object) -> Iterator[str]:
    """What the innermost parts of nested lists are: ``numbers``, ``booleans``, ``texts``, ``bytes``, or another type."""
    import numpy as np

    for leaf in _leaves(value):
        if isinstance(leaf, (np.ndarray, np.generic)):
            yield {"U": "texts", "S": "bytes", "b": "booleans"}.get(
                leaf.dtype.kind, "numbers" if leaf.dtype.kind in "iufc" else str(leaf.dtype)
            )
        elif isinstance(leaf, bool):
            yield "booleans"
        elif isinstance(leaf, (int, float, complex)):
            yield "numbers"
        else:
            yield "texts" if type(leaf) is str else "bytes" if type(leaf) is bytes else type_name(type(leaf))


def _refused(value: object, name: str, reason: str) -> UnsupportedTypeError:
    return UnsupportedTypeError(name, type_name(type(value)), reason=reason)


def short(header: Header) -> str:
    """An array in a few words: ``array float64 (3, 4)``."""
    return f"array {header.dtype} {header.shape}"


def one_of(*values: object) -> Any:
    """A validator for an option that has to be one of *values*."""

    def check(_: object, __: object, value: object) -> None:
        if value not in values:
            raise ValueError(f"{value!r} is not one of {', '.join(map(repr, values))}")

    return check


def text_keys(obj: object) -> bool:
    """Is it a mapping whose keys are all strings?"""
    return isinstance(obj, Mapping) and all(type(key) is str for key in obj)
