"""Zarr stores of formats 2 and 3 as trees, whoever wrote them: nothing outside the folder, and no pickles."""

from __future__ import annotations

import math
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scitex_io.content.leaves import MARK, Mark
from scitex_io.content.marks import gathered, grown
from scitex_io.content.notes import NOTES
from scitex_io.content.rows import forward
from scitex_io.content.store_reading import Entry, StoreReader
from scitex_io.content.stores import key_of, located
from scitex_io.errors import UnreadableFileError
from scitex_io.formats.zarr.folders import Folder
from scitex_io.limits import take

# ^(?=zarr\.json$)z: its first letter, so that the name differs from that of the metadata.
AWKWARD = re.compile(r'[/\\<>:"|?*\x00-\x1f\x7f\ud800-\udfff]|%(?=[0-9A-Fa-f]{2}|[_~])|^\.|^__|[. ]$|^(?=zarr\.json$)z')
LONGEST = 200


@contextmanager
def quiet() -> Iterator[None]:
    """Without zarr's remarks on what its specification leaves open: they are for the authors of stores."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="(?s).*(not have a Zarr V3 specification|Zarr format 3 specification).*"
        )
        yield


class Reader(StoreReader[Folder]):
    """An open store."""

    format = "zarr"

    def __init__(self, path: Path) -> None:
        super().__init__(Folder(path, path), path)
        self._above: set[str] = set()  # the folders that are being read

    # -- nodes

    def mark(self, node: Folder, /) -> Mark:
        """The mark of a node."""
        return node.mark

    def find(self, key: str, /) -> Folder | None:
        """The group or array under a key."""
        return located(self.root, key, Folder.child, AWKWARD, LONGEST)

    def members(self, group: Folder, /) -> Iterator[tuple[Any, Folder]]:
        """The groups and arrays in a group."""
        for node in group.children():
            yield key_of(node.path.name, node.mark), node

    def entries(self, group: Folder, /) -> Iterator[tuple[Entry, Folder]]:
        """What the group holds."""
        for key, node in self.members(group):
            yield self.entry(node, str(key)), node

    def entry(self, node: Folder, key: str, /) -> Entry:
        """Facts about a group or array."""
        kind = node.mark.get("type", "")
        if not node.is_array:
            return Entry(key, "group", kind)
        shape = tuple(node.metadata["shape"])
        return Entry(key, "array", kind, tuple(node.mark.get("shape", shape)), _type_of(node))

    def shape(self, node: Folder, /) -> tuple[int, ...] | None:
        """The shape of an array."""
        return tuple(node.metadata["shape"]) if node.is_array else None

    def array(self, node: Folder, /) -> Any:
        """The array of zarr's."""
        return self._opened(node)

    def attributes(self, node: Folder, /) -> dict[str, Any]:
        """The attributes of a group or array."""
        return {name: value for name, value in node.attributes.items() if name != MARK}

    def details(self, array: Folder, /) -> dict[str, Any]:
        """Sizes, chunks and codecs."""
        found = self._opened(array)
        packed = ", ".join(type(codec).__name__.removesuffix("Codec").lower() for codec in found.compressors)
        sizes = {"nbytes": found.nbytes, "stored": found.nbytes_stored()}
        return {**sizes, "chunks": found.chunks, "compression": packed or None}

    # -- values

    def read(self, node: Folder, /) -> Any:
        """What a group or array stands for."""
        if node.is_array:
            return grown(self._values(node), node.mark)
        real = os.path.realpath(node.path)
        if real in self._above:
            raise UnreadableFileError(str(self.path), "zarr", f"'{node.name}' contains itself")
        self._above.add(real)
        children = {key: self.read(child) for key, child in self.members(node)}
        self._above.remove(real)
        if not node.mark:
            # As scripts know it from earlier versions.
            children |= {f"_attr_{name}": value for name, value in node.attributes.items() if name not in NOTES}
        return children if node.mark.get("type") == "single" else gathered(children, node.mark)

    def read_rows(self, array: Folder, rows: slice, /) -> Any:
        """What some rows of an array stand for; only the chunks that hold them are read."""
        where, turned = forward(rows, array.metadata["shape"][0])
        value = self._values(array, where)
        mark = array.mark
        if "shape" in mark:
            mark = {**mark, "shape": [len(value), *mark["shape"][1:]]}
        return grown(value[::-1] if turned else value, mark)

    def _opened(self, node: Folder) -> Any:
        import zarr

        node.check()
        with self._damage(node):
            return zarr.open_array(str(node.path), mode="r", zarr_format=node.version)

    @contextmanager
    def _damage(self, node: Folder) -> Iterator[None]:
        try:
            yield
        except (MemoryError, OSError):
            raise
        except Exception as error:
            found = f"'{node.name}': {type(error).__name__}: {error}"
            raise UnreadableFileError(str(self.path), "zarr", found) from error

    def _values(self, node: Folder, rows: slice | None = None) -> Any:
        import numpy as np

        array = self._opened(node)
        shape = array.shape if rows is None else (len(range(array.shape[0])[rows]), *array.shape[1:])
        # One chunk is unpacked as a whole, whatever is asked for.
        chunk = math.prod(array.chunks) if array.size else 0
        take(max(math.prod(shape), chunk) * _width(array), lambda: f"'{node.name}', of shape {shape},")
        with self._damage(node):
            value: Any = array[...] if rows is None else array[rows]
        if isinstance(value, (str, bytes)):
            return str(value) if isinstance(value, str) else value
        value = np.asarray(value)
        if value.dtype.kind in "OTU" and value.ndim == 0:
            return value.item()
        if value.dtype.kind in "biufc" and value.dtype.isnative:
            return value.view(value.dtype.newbyteorder("="))  # zarr spells the order out: dtype('<f4')
        return value.astype(object) if value.dtype.kind == "T" else value


def _width(array: Any) -> int:
    return int(getattr(array.dtype, "itemsize", 8))


def _type_of(node: Folder) -> str:
    import numpy as np

    if "dtype" in node.mark:
        return str(node.mark["dtype"])
    told: Any = node.metadata.get("data_type") or node.metadata.get("dtype")
    if node.version == 2:  # as numpy writes a type in its files
        return str(np.lib.format.descr_to_dtype([tuple(field) for field in told] if isinstance(told, list) else told))
    return str(told.get("name", told) if isinstance(told, dict) else told)
