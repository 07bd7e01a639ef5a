"""A copy of an HDF5 file with its datasets compressed: same types, attributes, links and references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scitex_io.content.rows import blocks
from scitex_io.content.sinks import Sink

if TYPE_CHECKING:
    import h5py
    import numpy as np

    from scitex_io.formats.hdf5.reading import Reader

CHUNK = 1 << 20
"""Bytes; a chunk of what lay in one piece."""


class Copy:
    """Copies all of one file into another.

    Parameters
    ----------
    reader
        The open file.
    target
        The new one.
    sink
        What it is written to.
    level
        Of gzip, 0 to 9.
    """

    def __init__(self, reader: Reader, target: h5py.File, sink: Sink, level: int) -> None:
        self._reader = reader
        self._source: Any = reader.root
        self._target = target
        self._sink = sink
        self._level = level
        self._made: dict[int, str] = {}  # by address: several links may lead to one object
        self._waiting: list[tuple[Any, Any, bool]] = []  # references lead to objects that may not be there yet

    def all(self) -> None:
        """Copy groups, datasets and links, then what refers to them."""
        import h5py

        self._made[h5py.h5o.get_info(self._source.id).addr] = "/"
        self._attributes(self._source, self._target)
        self._group(self._source, self._target)
        for old, new, is_attribute in self._waiting:
            if is_attribute:
                self._attribute(old, new)
            else:
                new[()] = self._moved(old[()], old.dtype)
            self._sink.check()

    def _group(self, old: h5py.Group, new: h5py.Group) -> None:
        import h5py

        for name in old:
            link = old.get(name, getlink=True)
            if isinstance(link, h5py.SoftLink):
                new[name] = h5py.SoftLink(link.path)
            elif isinstance(link, h5py.ExternalLink):
                new[name] = h5py.ExternalLink(link.filename, link.path)
            else:
                self._object(old[name], new, name)
            self._sink.check()

    def _object(self, old: Any, parent: h5py.Group, name: str) -> None:
        import h5py

        address = h5py.h5o.get_info(old.id).addr
        if address in self._made:
            parent[name] = self._target[self._made[address]]
            return
        self._made[address] = f"{parent.name.rstrip('/')}/{name}"
        if isinstance(old, h5py.Group):
            new: Any = parent.create_group(name, track_order=is_ordered(old))
        elif isinstance(old, h5py.Dataset) and _is_plain(old) and old.size:
            new = self._packed(old, parent, name)
        else:
            # Scalars, texts and what else gzip cannot shorten, as they are.
            how = h5py.h5p.create(h5py.h5p.OBJECT_COPY)
            how.set_copy_object(h5py.h5o.COPY_WITHOUT_ATTR_FLAG)
            h5py.h5o.copy(old.id, b".", parent.id, parent._e(name), how)  # noqa: SLF001  # names as h5py encodes them
            new = parent[name]
            if isinstance(old, h5py.Dataset) and _refers(_dtype(old)) and old.size:
                self._waiting.append((old, new, False))
        self._attributes(old, new)
        if isinstance(old, h5py.Group):
            self._group(old, new)

    def _packed(self, old: h5py.Dataset, parent: h5py.Group, name: str) -> h5py.Dataset:
        """The same dataset behind gzip, copied block by block, in the types of the file."""
        import h5py
        import numpy as np

        self._reader.check(old)
        kind = old.id.get_type()
        size = kind.get_size()
        created = old.id.get_create_plist()
        checked = any(created.get_filter(at)[0] == h5py.h5z.FILTER_FLETCHER32 for at in range(created.get_nfilters()))
        chunks = old.chunks or next(blocks(old.shape, size, (1,) * old.ndim, CHUNK)).shape
        created.remove_filter(getattr(h5py.h5z, "FILTER_ALL", 0))
        created.set_chunk(chunks)
        created.set_shuffle()
        created.set_deflate(self._level)
        if checked:
            created.set_fletcher32()
        identifier = h5py.h5d.create(parent.id, parent._e(name), kind.copy(), old.id.get_space(), created)  # noqa: SLF001  # as above
        there = old.id.get_space()
        for block in blocks(old.shape, size, chunks):
            values: np.ndarray[Any, Any] = np.empty(block.shape, f"V{size}")
            there.select_hyperslab(block.start, block.shape)
            here = h5py.h5s.create_simple(block.shape)
            old.id.read(here, there, values, kind)
            identifier.write(here, there, values, kind)
            self._sink.check()
        return h5py.Dataset(identifier)

    # -- attributes

    def _attributes(self, old: Any, new: Any) -> None:
        for name in old.attrs:
            attribute = old.attrs.get_id(name)
            if _refers(_dtype(attribute)):
                self._waiting.append((attribute, new, True))
            else:
                self._attribute(attribute, new)

    def _attribute(self, old: Any, new: Any) -> None:
        import h5py
        import numpy as np

        kind = old.get_type().copy()
        made = h5py.h5a.create(
            new.id, old.name if isinstance(old.name, bytes) else old.name.encode(), kind, old.get_space()
        )
        if old.get_space().get_simple_extent_type() == h5py.h5s.NULL:
            return
        dtype = _dtype(old)
        if dtype is None or not dtype.hasobject:
            values = np.empty(old.shape, f"V{kind.get_size()}")
            old.read(values, mtype=kind)
            made.write(values, mtype=kind)
            return
        base, inner = dtype.subdtype if dtype.subdtype is not None else (dtype, ())
        values = np.empty(old.shape + inner, base)
        old.read(values, mtype=h5py.h5t.py_create(dtype))
        made.write(self._moved(values, base) if _refers(dtype) else values, mtype=h5py.h5t.py_create(dtype))

    # -- references

    def _moved(self, value: Any, dtype: np.dtype[Any]) -> Any:
        """The value with its references leading to the same objects of the new file."""
        import h5py
        import numpy as np

        if isinstance(value, (h5py.Reference, h5py.RegionReference)):
            name = h5py.h5r.get_name(value, self._source.id) if value else None
            if name is None:
                return type(value)()
            if isinstance(value, h5py.RegionReference):
                region = h5py.h5r.get_region(value, self._source.id)
                return h5py.h5r.create(self._target.id, name, h5py.h5r.DATASET_REGION, region)
            return h5py.h5r.create(self._target.id, name, h5py.h5r.OBJECT)
        if dtype.names is not None:
            moved = np.array(value, dtype)
            for field in dtype.names:
                if _refers(dtype[field]):
                    moved[field] = self._moved(value[field], dtype[field])
            return moved
        if isinstance(value, np.ndarray):
            inner = h5py.check_vlen_dtype(dtype) or dtype
            moved = np.empty(value.shape, dtype.base)
            for at in np.ndindex(value.shape):
                moved[at] = self._moved(value[at], inner)
            return moved
        return value


def is_ordered(group: h5py.Group) -> bool:
    """Does the group know the order in which its members were made?"""
    import h5py

    # The root has to be asked as a group: the properties of a file say nothing about it.
    return bool(group[group.name].id.get_create_plist().get_link_creation_order() & h5py.h5p.CRT_ORDER_TRACKED)


def _dtype(node: Any) -> Any:
    """The type as NumPy knows it; None where it has no word."""
    try:
        return node.dtype
    except TypeError:
        return None


def _is_plain(dataset: h5py.Dataset) -> bool:
    """Does its data lie in this file, in values of a fixed size?"""
    import h5py

    dtype = _dtype(dataset)
    created = dataset.id.get_create_plist()
    inside = created.get_layout() != h5py.h5d.VIRTUAL and not dataset.external
    return bool(dataset.shape) and inside and dtype is not None and not dtype.hasobject


def _refers(dtype: np.dtype[Any] | None) -> bool:
    """Does the type hold references?"""
    import h5py

    if dtype is None or not dtype.hasobject:
        return False
    if dtype.names is not None:
        return any(_refers(dtype[name]) for name in dtype.names)
    inner = h5py.check_vlen_dtype(dtype.base)
    if inner is not None:
        return not isinstance(inner, type) and _refers(inner)
    return h5py.check_ref_dtype(dtype.base) is not None
