"""HDF5 files (.h5, .hdf5): trees of arrays that other tools read too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from scitex_io.content.batches import ArrayBatches
from scitex_io.content.leaves import MARK, Mark
from scitex_io.content.notes import NoteKeeper
from scitex_io.content.parts import TablePart, key_option
from scitex_io.content.sinks import Sink
from scitex_io.content.stores import ACCEPTS, Writer, only
from scitex_io.formats.hdf5 import notes as attributes
from scitex_io.formats.hdf5 import packing, reading
from scitex_io.formats.hdf5.sink import writing
from scitex_io.handler import save_option
from scitex_io.typing import Describer, Loader, PartialLoader, Saver, Streamer, TypedLoader

if TYPE_CHECKING:
    import h5py
    import numpy as np


@frozen(kw_only=True)
class Hdf5(
    ArrayBatches,
    TablePart,
    Saver[Any],
    Loader[Any],
    TypedLoader,
    PartialLoader[Any],
    Streamer[Any],
    Describer,
    NoteKeeper,
):
    """A tree of anything: dicts as groups, arrays as datasets, the rest by marks in attributes.

    Parameters
    ----------
    key
        The part to save or load, ``"a/b"``. Saving it keeps the rest of the file.
    rows, columns
        Read only these of one array or table; the rest of it stays in the file.
    override
        Replace what is under the key; False makes it an error.
    compression, compression_opts
        A filter for the arrays and its level; none by default. ``"gzip"`` is the smallest that every reader has
        (packed by all cores), ``"lzf"`` a fast one of Python's readers; ``"bitshuffle"``, ``"blosc"``, ``"lz4"``
        and ``"zstd"`` are faster and smaller, and need the extra ``hdf5plugin`` to write and to read.
    checksum
        Add a checksum to each block of each array (Fletcher's, of 32 bits), which every reader of HDF5 compares.
    swmr
        Save: in the layout that can be read while it is written; load: while another process writes.
    max_retries
        Accepted for older scripts; an unreadable file is an error at once.
    """

    name = "hdf5"
    extensions = (".h5", ".hdf5")
    accepts = ACCEPTS
    yields = (dict, "numpy.ndarray", "pandas.DataFrame")
    requires = ("h5py",)
    also = {"sparse": "sparse", "hdf5plugin": "hdf5plugin"}
    in_place_options = frozenset({"key"})
    magic = (b"\x89HDF\r\n\x1a\n",)

    key: str | None = key_option()
    override: bool = save_option(True)
    compression: str | int | None = save_option(None)
    compression_opts: int | tuple[Any, ...] | None = save_option(None)
    checksum: bool = save_option(False)
    swmr: bool = False
    max_retries: int = 0

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the tree, or with *key* one part of it."""
        update = self.key is not None and path.exists()
        filters = packing.filters(self.compression, self.compression_opts, checksum=self.checksum)
        # latest: as SWMR needs it.
        with writing(path, update=update, oldest="latest" if self.swmr else "v108") as (store, sink):
            writer = _Writer(self.name, str(path), sink, filters)
            if self.key is None:
                writer.put_root(store, obj)
            else:
                writer.put_at(store, self.key, obj, override=self.override)

    def load(self, path: Path, /) -> Any:
        """Read the tree, with *key* one part of it, with *rows* or *columns* a part of that."""
        with reading.opened(path, swmr=self.swmr) as reader:
            return reader.content(self.key, self)

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """Read the one array or frame that the file holds."""
        return only(self.load(path), wanted)

    def load_part(self, path: Path, part: slice, /) -> Any:
        """Read the rows *part* of one array or table."""
        return evolve(self, rows=part).load(path)

    def stream(self, path: Path, /) -> Iterator[Any]:
        """Read one array in pieces along its first axis."""
        with reading.opened(path, swmr=self.swmr) as reader:
            yield from reader.stream(reader.wanted(self.key))

    def describe(self, path: Path, /) -> dict[str, Any]:
        """The tree with shapes and types; no data are read."""
        with reading.opened(path) as reader:
            return reader.facts()

    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """As attributes of the root."""
        attributes.put(path, notes)

    def note(self, path: Path, name: str, /) -> str | None:
        """The text of this name."""
        return attributes.get(path, name)


class _Writer(Writer["h5py.Group"]):
    awkward = reading.AWKWARD
    longest = reading.LONGEST

    def __init__(self, format: str, path: str, sink: Sink, filters: dict[str, Any]) -> None:  # noqa: A002  # as in Writer
        super().__init__(format, path)
        self._sink = sink
        self._filters = filters
        self._native: dict[Any, bool] = {}

    def native(self, dtype: np.dtype[Any], /) -> bool:
        if dtype.kind in "biufc":
            return True
        if dtype not in self._native:
            self._native[dtype] = self._same(dtype)
        return self._native[dtype]

    @staticmethod
    def _same(dtype: np.dtype[Any]) -> bool:
        """Does the type come back from the file's own types as it is?"""
        import h5py

        if dtype.kind not in "SV" or not dtype.itemsize or dtype.hasobject:
            return False
        try:
            found = h5py.h5t.py_create(dtype, logical=True).dtype
        except (TypeError, ValueError):
            return False
        return bool(found == dtype and found.names == dtype.names)

    def put_leaf(self, group: h5py.Group, name: str, value: Any, mark: Mark, /) -> None:
        import h5py
        import numpy as np

        dtype: Any = None
        if isinstance(value, str) or value.dtype.kind == "O":
            dtype = h5py.string_dtype()
        elif value.dtype.kind == "U":
            value = np.strings.encode(value.astype(value.dtype.newbyteorder("="), copy=False), "utf-8")
            dtype = h5py.string_dtype("utf-8", value.dtype.itemsize)
            value = value.view(dtype)
        if self._filters and not isinstance(value, str) and value.size and value.ndim:
            made = packing.put(group, name, value, dtype, self._filters)
        else:
            made = group.create_dataset(name, data=value, dtype=dtype)
        self._set(made, mark)
        self._sink.check()

    def put_group(self, group: h5py.Group, name: str, mark: Mark, names: list[str], /) -> h5py.Group:  # noqa: ARG002  # HDF5 keeps the order
        made = group.create_group(name, track_order=True)
        self._set(made, mark)
        self._sink.check()
        return made

    def _set(self, node: h5py.Group | h5py.Dataset, mark: Mark) -> None:
        if mark:
            node.attrs[MARK] = json.dumps(dict(mark))
        elif MARK in node.attrs:
            del node.attrs[MARK]

    def set_mark(self, group: h5py.Group, mark: Mark, names: list[str], /) -> None:  # noqa: ARG002  # HDF5 keeps the order
        self._set(group, mark)

    def mark(self, group: h5py.Group, name: str | None, /) -> Mark:
        return reading.mark_of(group if name is None else group[name])

    def subgroup(self, group: h5py.Group, name: str, /) -> h5py.Group | None:
        import h5py

        link = group.get(name, getlink=True)
        found = group[name] if isinstance(link, h5py.HardLink) else None
        return found if isinstance(found, h5py.Group) else None

    def has(self, group: h5py.Group, name: str, /) -> bool:

        # A link that leads nowhere is there as well.
        return group.get(name, default=None, getlink=True) is not None

    def remove(self, group: h5py.Group, name: str, /) -> None:
        del group[name]

    def append_name(self, group: h5py.Group, name: str, /) -> None:
        """HDF5 keeps the order by itself."""
