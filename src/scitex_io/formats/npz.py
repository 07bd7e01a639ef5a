"""NumPy's archive of named arrays (.npz): a zip file of .npy members."""

from __future__ import annotations

import errno
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from scitex_io.content.arrays import as_array, text_keys
from scitex_io.content.composites import COMPOSITES, announce, apart, kind_of, together
from scitex_io.content.layout import check_length, read_array, read_header, short, storable, write_array
from scitex_io.content.notes import NOTES, NoteKeeper
from scitex_io.content.parts import RowPart, load_key_option
from scitex_io.content.rows import no_rows, sliced
from scitex_io.errors import MissingKeyError, UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, Fidelity, FormatHandler, load_option, save_option
from scitex_io.typeref import distance
from scitex_io.typing import Describer, Loader, Saver

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Deflate shrinks at most by this factor (zlib's own documentation); a larger claim is a lie.
DEFLATE_AT_BEST = 1040
LONGEST_END = 0x10000 + 22 + 20 + 56
"""Bytes; the end records of a zip file and its comment."""
LONGEST = 1 << 12
"""Bytes; a member that is read for a description."""
MANY = 0xFFFF
ARRAY = b"\x93NUMPY"
HIDDEN = {f"{name}.json": name for name in NOTES}
"""Members that are no data."""
XARRAY = "it becomes arrays by name, without dimensions and attributes (.nc keeps them)"


def _is_arrays(obj: Any) -> bool:
    return all(isinstance(part, _ndarray()) for part in obj)


def _ndarray() -> type:
    import numpy as np

    return np.ndarray


@frozen(kw_only=True)
class Npz(FormatHandler, RowPart, Saver[Any], Loader[Any], Describer, NoteKeeper):
    """Named arrays, each exact; loaded at once, so no handle stays open.

    Parameters
    ----------
    compressed
        Pack the arrays; they take less room and more time.
    allow_pickle
        Store and load Python objects as a pickle, which can run code; ``trust=`` allows loading as well.
    key
        Read only the array of this name.
    rows
        Read only these along the first axis of the one array.
    encoding
        The texts of Python 2 in a pickle.
    """

    name = "npz"
    alone = True
    extensions = (".npz",)
    accepts = (
        Accepts(dict, domain="str keys, array values", where=text_keys),
        Accepts(Mapping, Fidelity.VALUE, loads_as=dict, domain="str keys, array values", where=text_keys),
        Accepts(list, Fidelity.VALUE, loads_as=dict, domain="arrays, loaded under '0', '1', ...", where=_is_arrays),
        Accepts(tuple, Fidelity.VALUE, loads_as=dict, domain="arrays, loaded under '0', '1', ...", where=_is_arrays),
        *COMPOSITES,
        Accepts("pandas.Series", Fidelity.LOSSY, loads_as=dict, loses="it becomes the arrays 'values' and 'index'"),
        Accepts("pandas.Index", Fidelity.LOSSY, loads_as=dict, loses="it becomes the array 'values'", subclasses=True),
        Accepts("xarray.Dataset", Fidelity.LOSSY, loads_as=dict, loses=XARRAY),
        Accepts("xarray.DataArray", Fidelity.LOSSY, loads_as=dict, loses=XARRAY),
    )
    yields = (dict,)
    requires = ("numpy",)
    also = {"sparse": "sparse"}
    magic = (b"PK\x03\x04", b"PK\x05\x06")
    parallel = "threads"

    compressed: bool = save_option(False)
    allow_pickle: bool = False
    key: str | None = load_key_option()
    encoding: Literal["ASCII", "latin1", "bytes"] = load_option("ASCII")

    # ------------------------------------------------------------ saving

    def save(self, obj: Any, path: Path, /) -> None:
        """Write one member for each array, under its key as it is."""
        named = {key: self._array(value, key) for key, value in _named(obj).items()}
        if type(obj) is dict:
            announce(named)
        arrays = {self._member(key): array for key, array in named.items()}
        method = zipfile.ZIP_DEFLATED if self.compressed else zipfile.ZIP_STORED
        with zipfile.ZipFile(path, "w") as archive:
            for member, array in arrays.items():
                # A time of its own would make equal arrays give different files.
                entry = zipfile.ZipInfo(member, date_time=(1980, 1, 1, 0, 0, 0))
                entry.compress_type = method
                with archive.open(entry, "w", force_zip64=True) as file:
                    write_array(file, array, allow_pickle=self.allow_pickle)

    def _member(self, key: str) -> str:
        member = f"{key}.npy"
        try:
            size = len(member.encode())
        except UnicodeEncodeError as error:
            raise self._refused(key, str(error)) from error
        if "\0" in key or size > 0xFFFF:  # two bytes of length
            raise self._refused(key, "a name in a zip file has no NUL and at most 65535 bytes")
        return member

    def _refused(self, key: str, reason: str) -> UnsupportedTypeError:
        return UnsupportedTypeError(self.name, f"the key {key[:40]!r}", reason=reason)

    def _array(self, value: object, key: str) -> NDArray[Any]:
        array = as_array(value, self.name, key)
        if reason := storable(array, allow_pickle=self.allow_pickle):
            raise UnsupportedTypeError(self.name, type_name(type(value)), reason=f"{reason} (at '{key}')")
        return array

    def needs_trust(self, path: Path, /) -> bool:  # noqa: ARG002  # the option tells
        """Where objects may have been pickled."""
        return self.allow_pickle

    # ------------------------------------------------------------ loading

    def load(self, path: Path, /) -> dict[str, Any] | Any:
        """Read all arrays, the sparse or masked array that they make, or the one that ``key`` names."""
        with self._opened(path) as archive:
            members = self._members(archive, path)
            if self.key is None:
                arrays = {key: self._read(archive, entry, path) for key, entry in members.items()}
                kind = kind_of(arrays)
                if not kind and self.rows is not None:
                    raise no_rows(self.name, f"name one array with key=: {', '.join(map(repr, arrays))}")
                found = together(kind, arrays) if kind else arrays
            elif self.key not in members:
                raise MissingKeyError(str(path), self.key, tuple(members))
            else:
                found = self._read(archive, members[self.key], path)
        return found if self.rows is None else sliced(found, self.rows, self.name)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """The keys, each with dtype and shape, from the headers alone."""
        with self._opened(path) as archive:
            members = self._members(archive, path)
            keys = {key: self._told(archive, entry, path) for key, entry in members.items()}
            # The short ones tell whether the others are parts of something.
            short_ones = {"format", "_is_array"} & {key for key, entry in members.items() if entry.file_size < LONGEST}
            kind = kind_of(dict.fromkeys(keys) | {key: self._read(archive, members[key], path) for key in short_ones})
        return {"kind": "arrays", **({"type": kind} if kind else {}), "keys": keys}

    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """As members that are not loaded."""
        with self._opened(path) as archive:
            self._members(archive, path)
        with zipfile.ZipFile(path, "a") as archive:
            for name, text in notes.items():
                _drop(archive, f"{name}.json")
                archive.writestr(zipfile.ZipInfo(f"{name}.json", date_time=(1980, 1, 1, 0, 0, 0)), text)

    def note(self, path: Path, name: str, /) -> str | None:
        """The text of this name."""
        with self._opened(path) as archive:
            found = f"{name}.json" in archive.NameToInfo
            return archive.read(f"{name}.json").decode() if found else None

    @contextmanager
    def _opened(self, path: Path) -> Iterator[zipfile.ZipFile]:
        try:
            with zipfile.ZipFile(path) as archive:
                yield archive
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, struct.error, OverflowError, OSError) as error:
            if isinstance(error, OSError) and error.errno != errno.EINVAL:  # a place before the file begins
                raise
            with path.open("rb") as file:
                if file.read(2) != b"PK":  # the caller finds out what it is instead
                    raise
            raise UnreadableFileError(str(path), self.name, f"a damaged zip file ({error})") from error

    def _members(self, archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
        if len(archive.infolist()) != self._counted(path):
            raise UnreadableFileError(str(path), self.name, "a damaged zip file (its directory is not whole)")
        members: dict[str, zipfile.ZipInfo] = {}
        for entry in archive.infolist():
            if entry.filename in HIDDEN:
                continue
            key = entry.filename.removesuffix(".npy")
            if key in members:
                raise UnreadableFileError(str(path), self.name, f"two of its members are called '{key}'")
            members[key] = entry
        return members

    @staticmethod
    def _counted(path: Path) -> int:
        """The number of members that the end of the file tells; zipfile does not compare it."""
        with path.open("rb") as file:
            file.seek(-min(path.stat().st_size, LONGEST_END), 2)
            end = file.read()
        at = end.rfind(b"PK\x05\x06")
        (number,) = struct.unpack_from("<H", end, at + 10)
        if number == MANY:  # the 64-bit record before it holds the number
            (number,) = struct.unpack_from("<Q", end, end.rfind(b"PK\x06\x06", 0, at) + 32)
        return int(number)

    def _read(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> Any:
        with archive.open(entry) as file:
            if file.read(len(ARRAY)) != ARRAY:  # another program's own member, given as it is, as numpy does
                return archive.read(entry)
        # Opened again rather than rewound: a seek switches the checksum off in some versions of zipfile.
        with archive.open(entry) as file:
            header = read_header(file, path, self.name)
        length = entry.file_size - header.starts
        if entry.compress_type == zipfile.ZIP_DEFLATED:
            length = min(length, entry.compress_size * DEFLATE_AT_BEST)
        check_length(header, length, path, self.name)
        with archive.open(entry) as file:
            array = read_array(file, header, path, allow_pickle=self.allow_pickle, encoding=self.encoding)
            file.read()  # the checksum is compared at the end of the member
            return array

    def _told(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> str:
        with archive.open(entry) as file:
            if file.read(len(ARRAY)) != ARRAY:
                return f"{entry.file_size} bytes"
        with archive.open(entry) as file:
            return short(read_header(file, path, self.name))


def _drop(archive: zipfile.ZipFile, member: str) -> None:
    """Take a member out of the directory, and its bytes out of the file where it is the last."""
    entry = archive.NameToInfo.pop(member, None)
    if entry is None:
        return
    archive.filelist.remove(entry)
    if all(other.header_offset < entry.header_offset for other in archive.filelist):
        archive.start_dir = entry.header_offset


def _named(obj: Any) -> Mapping[str, Any]:
    """The arrays of an object, each with its key."""
    if (parts := apart(obj)) is not None:  # first: some of these are dicts as well
        return parts
    if distance(type(obj), "xarray.DataArray") is not None:
        obj = obj.to_dataset(name="data" if obj.name is None else obj.name)
    if distance(type(obj), "xarray.Dataset") is not None:
        return {str(name): variable.to_numpy() for name, variable in obj.variables.items()}
    if isinstance(obj, Mapping):
        return obj
    if isinstance(obj, (list, tuple)):
        return {str(at): part for at, part in enumerate(obj)}
    # Of pandas.
    return {"values": obj.to_numpy()} | ({"index": obj.index.to_numpy()} if hasattr(obj, "index") else {})
