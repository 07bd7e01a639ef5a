"""HDF5 files as trees, whoever wrote them: nothing outside the file is read, and no link is followed in circles."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scitex_io.content.leaves import MARK, Mark
from scitex_io.content.marks import gathered, grown
from scitex_io.content.rows import forward
from scitex_io.content.store_reading import Entry, StoreReader
from scitex_io.content.stores import key_of, located
from scitex_io.errors import UnreadableFileError, UntrustedFileError
from scitex_io.formats.hdf5 import filters
from scitex_io.limits import take
from scitex_io.policy import trusted

if TYPE_CHECKING:
    import h5py
    import numpy as np
    from numpy.typing import NDArray

AWKWARD = re.compile(r"[/\x00\ud800-\udfff]|%(?=[0-9A-Fa-f]{2}|[_~])|^\.")
LONGEST = 4000
ELSEWHERE = "load that file itself, or give trust=True"
LINKS = 40
"""How many soft links may follow one another."""


def mark_of(node: h5py.Group | h5py.Dataset) -> Mark:
    """The mark of a node; empty if it has none of ours."""
    if MARK not in node.attrs:
        return {}
    told = node.attrs[MARK]
    mark: Mark = {**json.loads(told)}  # an error for anything but an object
    return mark


@contextmanager
def opened(path: Path, *, swmr: bool = False) -> Iterator[Reader]:
    """A reader of the file, which is closed afterwards."""
    import h5py

    try:
        file = h5py.File(path, "r", swmr=swmr)
    except OSError as error:
        path.open("rb").close()  # the system's own word comes first: no permission, no such file
        raise UnreadableFileError(str(path), "hdf5", str(error)) from error
    with file:
        yield Reader(file, path)


class Reader(StoreReader["h5py.Group | h5py.Dataset"]):
    """An open file."""

    format = "hdf5"

    def __init__(self, file: h5py.File, path: Path) -> None:
        super().__init__(file, path)
        self._file = file
        self._path = str(path)
        self._known: dict[int, Any] = {}  # by address: what two links lead to is one object
        self._above: set[int] = set()  # the groups that are being read

    # -- nodes

    def mark(self, node: Any, /) -> Mark:
        """The mark of a node."""
        return mark_of(node)

    def find(self, key: str, /) -> Any:
        """The group or dataset under a key."""
        return located(self._file, key, self._child, AWKWARD, LONGEST)

    def members(self, group: Any, /) -> Iterator[tuple[Any, Any]]:
        """The groups and datasets in a group, links followed."""
        import h5py

        for name in group:
            node = self._open(group, name)
            if not isinstance(node, h5py.Datatype):  # a type with a name is no data
                yield key_of(name, mark_of(node)), node

    def entries(self, group: Any, /) -> Iterator[tuple[Entry, Any]]:
        """What the group holds."""
        import h5py

        for name in group:
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                file = f"{link.filename}:" if isinstance(link, h5py.ExternalLink) else ""
                yield Entry(name, "link", target=f"{file}{link.path}"), None
                continue
            node = group[name]
            if not isinstance(node, h5py.Datatype):
                yield self.entry(node, str(key_of(name, mark_of(node)))), node

    def entry(self, node: Any, key: str, /) -> Entry:
        """Facts about a group or dataset."""
        import h5py

        mark = mark_of(node)
        kind = mark.get("type", "")
        if isinstance(node, h5py.Group):
            return Entry(key, "group", kind)
        dtype = mark.get("dtype") or ("text" if h5py.check_string_dtype(node.dtype) else str(node.dtype))
        return Entry(key, "array", kind, tuple(mark.get("shape", node.shape or ())), dtype)

    def shape(self, node: Any, /) -> tuple[int, ...] | None:
        """The shape of a dataset."""
        import h5py

        return tuple(node.shape or ()) if isinstance(node, h5py.Dataset) else None

    def array(self, node: Any, /) -> Any:
        """The dataset."""
        return node

    def attributes(self, node: Any, /) -> dict[str, Any]:
        """The attributes of a group or dataset: texts, numbers, arrays; paths for references."""
        import h5py
        import numpy as np

        found = {name: node.attrs[name] for name in node.attrs if name != MARK}
        for name, value in found.items():
            if isinstance(value, (np.ndarray, np.void)) and value.dtype.hasobject:
                found[name] = self._plain(value, value.dtype)
            elif isinstance(value, h5py.Empty):
                found[name] = None
            elif isinstance(value, (bytes, h5py.Reference, h5py.RegionReference)):
                found[name] = self._plain(value, node.attrs.get_id(name).dtype)
        return found

    def details(self, array: Any, /) -> dict[str, Any]:
        """Sizes, chunks and filter."""
        stored = array.id.get_storage_size()
        return {"nbytes": array.nbytes, "stored": stored, "chunks": array.chunks, "compression": array.compression}

    def _child(self, group: Any, name: str) -> Any:
        import h5py

        if not isinstance(group, h5py.Group) or group.get(name, getlink=True, default=None) is None:
            return None
        return self._open(group, name)

    def _open(self, group: h5py.Group, name: str, links: int = 0) -> Any:
        """The node behind a link, if it lies in this file."""
        import h5py

        link = group.get(name, getlink=True)
        where = f"{group.name.rstrip('/')}/{name}"
        if isinstance(link, h5py.HardLink):
            return group[name]
        if isinstance(link, h5py.ExternalLink):
            if trusted().everything:
                return group[name]
            raise UntrustedFileError(self._path, f"'{where}' is a link into another file, '{link.filename}'", ELSEWHERE)
        if links >= LINKS:
            raise self._unreadable(f"the link '{where}' leads in a circle")
        node: Any = self._file if link.path.startswith("/") else group
        for part in link.path.split("/"):
            if part in {"", "."}:
                continue
            if not isinstance(node, h5py.Group) or node.get(part, getlink=True, default=None) is None:
                raise self._unreadable(f"the link '{where}' leads to '{link.path}', which does not exist")
            node = self._open(node, part, links + 1)
        return node

    def read(self, node: Any, /) -> Any:
        """What a group or dataset stands for."""
        import h5py

        address = h5py.h5o.get_info(node.id).addr
        if address in self._above:
            raise self._unreadable(f"'{node.name}' contains itself")
        if address not in self._known:
            self._above.add(address)
            try:
                self._known[address] = self._group(node) if isinstance(node, h5py.Group) else self._dataset(node)
            finally:
                self._above.remove(address)
        return self._known[address]

    def _group(self, group: h5py.Group) -> Any:
        children = {key: self.read(node) for key, node in self.members(group)}
        mark = mark_of(group)
        return children if mark.get("type") == "single" else gathered(children, mark)

    def read_rows(self, array: Any, rows: slice, /) -> Any:
        """What some rows of a dataset stand for, without reading the others."""
        where, turned = forward(rows, array.shape[0])
        return self._dataset(array, where, turned=turned)

    def _dataset(self, dataset: h5py.Dataset, rows: slice | None = None, *, turned: bool = False) -> Any:
        import h5py
        import numpy as np

        self.check(dataset)
        if dataset.shape is None:
            return None  # a null dataspace
        mark = mark_of(dataset)
        shape = dataset.shape if rows is None else (len(range(dataset.shape[0])[rows]), *dataset.shape[1:])
        take(math.prod(shape) * dataset.dtype.itemsize, lambda: f"'{dataset.name}', of shape {shape},")
        told = h5py.check_string_dtype(dataset.dtype)
        if told is not None and (told.length is None or (dataset.ndim == 0 and not mark)):
            # Texts that are not in the encoding they claim keep their bytes as lone surrogates.
            texts = dataset.asstr(errors="surrogateescape")[() if rows is None else rows]
            return grown(texts[::-1] if turned else texts, mark)
        if rows is None:
            value = dataset[...] if mark else dataset[()]  # a lone number forgets its byte order
        else:
            value = dataset[rows][::-1] if turned else dataset[rows]
            if "shape" in mark:
                mark = {**mark, "shape": [len(value), *mark["shape"][1:]]}
        if isinstance(value, np.void) and not mark and value.dtype.names is None and value.tobytes()[:1] == b"\x80":
            raise UntrustedFileError(
                self._path, f"'{dataset.name}' is a pickled object, which can run code", "load the other keys with key="
            )
        if dataset.dtype.hasobject:
            value = self._plain(value, dataset.dtype)
        return grown(value, mark)

    def _plain(self, value: Any, dtype: np.dtype[Any]) -> Any:
        """The value with texts for encoded texts, and paths for references."""
        import h5py
        import numpy as np

        if dtype.names is not None:
            array = np.array(value)
            for name in dtype.names:
                if array.dtype[name].hasobject:
                    array[name] = self._plain(array[name], dtype[name])
            return array[()] if array.ndim == 0 else array
        if isinstance(value, np.ndarray):
            plain: NDArray[Any] = np.empty(value.shape, object)
            for at in np.ndindex(value.shape):
                plain[at] = self._plain(value[at], dtype.base)
            return plain
        if isinstance(value, bytes):
            return value.decode("utf-8", "surrogateescape")
        if isinstance(value, (h5py.Reference, h5py.RegionReference)):
            target = h5py.h5r.get_name(value, self._file.id) if value else None
            return None if target is None else target.decode("utf-8", "surrogateescape")
        return value

    # -- what is refused

    def check(self, dataset: h5py.Dataset) -> None:
        """Refuse data that lie elsewhere, and those behind a filter that is not there."""
        import h5py

        created = dataset.id.get_create_plist()
        if trusted().everything:
            pass
        elif created.get_layout() == h5py.h5d.CONTIGUOUS and created.get_external_count():
            name = created.get_external(0)[0]
            raise UntrustedFileError(
                self._path, f"'{dataset.name}' keeps its data in another file, {name!r}", ELSEWHERE
            )
        elif created.get_layout() == h5py.h5d.VIRTUAL:
            self._check_sources(dataset)
        filters.check(dataset, self.path, self.format)

    def _check_sources(self, dataset: h5py.Dataset) -> None:
        """A virtual dataset may be put together from ordinary ones of this file."""
        import h5py

        for source in dataset.virtual_sources():
            if source.file_name != ".":
                raise UntrustedFileError(
                    self._path, f"'{dataset.name}' is put together from another file, '{source.file_name}'", ELSEWHERE
                )
            node = located(self._file, source.dset_name, self._child, AWKWARD, LONGEST)
            if not isinstance(node, h5py.Dataset) or node.is_virtual or "%" in source.dset_name:
                raise UntrustedFileError(
                    self._path,
                    f"'{dataset.name}' is put together from '{source.dset_name}', which is no dataset of its own",
                )
            self.check(node)

    def _unreadable(self, found: str) -> UnreadableFileError:
        return UnreadableFileError(self._path, "hdf5", found, "other parts can be loaded with key=")
