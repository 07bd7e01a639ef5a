"""Zarr stores of formats 2 and 3 as trees, whoever wrote them: nothing outside the folder, and no pickles."""

from __future__ import annotations

import json
import math
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from scitex_io.content.leaves import MARK, Mark
from scitex_io.content.marks import gathered, grown
from scitex_io.content.notes import NOTES
from scitex_io.content.rows import forward
from scitex_io.content.store_reading import Entry, StoreReader
from scitex_io.content.stores import key_of, located
from scitex_io.content.unfolding import AT_MOST, ask, may_ask
from scitex_io.errors import UnreadableFileError, UntrustedFileError
from scitex_io.limits import take
from scitex_io.policy import trusted

# ^(?=zarr\.json$)z: its first letter, so that the name differs from that of the metadata.
AWKWARD = re.compile(r'[/\\<>:"|?*\x00-\x1f\x7f\ud800-\udfff]|%(?=[0-9A-Fa-f]{2}|[_~])|^\.|^__|[. ]$|^(?=zarr\.json$)z')
LONGEST = 200
_DATA_CODECS = frozenset({"vlen-utf8", "vlen-bytes", "vlen-array", "json2", "msgpack2"})
"""The codecs of format 2 that make objects of plain data; others could make anything."""


@contextmanager
def quiet() -> Iterator[None]:
    """Without zarr's remarks on what its specification leaves open: they are for the authors of stores."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="(?s).*(not have a Zarr V3 specification|Zarr format 3 specification).*"
        )
        yield


class Folder:
    """A node of a store: a folder with metadata.

    Raises
    ------
    UnreadableFileError
        It has none, or they make no sense.
    UntrustedFileError
        It is a link to somewhere outside the store.
    """

    def __init__(self, path: Path, store: Path) -> None:
        self.path = path
        self.store = store
        self.name: str = path.relative_to(store).as_posix()
        if not path.is_dir():
            raise UnreadableFileError(str(store), "zarr", "a Zarr store is a folder, this is a file")
        self._stay_inside(path)
        self.metadata: dict[str, Any]
        self.attributes: dict[str, Any]
        self.is_array: bool
        if (path / "zarr.json").exists():
            self.version: Literal[2, 3] = 3
            self.metadata = self._json("zarr.json")
            self.is_array = self.metadata.get("node_type") == "array"
            self.attributes = self.metadata.get("attributes", {})
        else:
            self.version = 2
            self.is_array = (path / ".zarray").exists()
            self.metadata = self._json(".zarray" if self.is_array else ".zgroup")
            self.attributes = self._json(".zattrs") if (path / ".zattrs").exists() else {}
        mark = self.attributes.get(MARK, {}) if isinstance(self.attributes, dict) else None
        if not isinstance(mark, dict):
            raise UnreadableFileError(
                str(store), "zarr", f"the attributes of '{self.name}' are not what they should be"
            )
        self.mark: Mark = mark

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Folder) and os.path.realpath(self.path) == os.path.realpath(other.path)

    def __hash__(self) -> int:
        return hash(os.path.realpath(self.path))

    @property
    def is_consolidated(self) -> bool:
        """Does it hold the metadata of all nodes below?"""
        return bool(self.metadata.get("consolidated_metadata")) or (self.path / ".zmetadata").exists()

    def child(self, name: str) -> Folder | None:
        """The node of this name, if there is one."""
        path = self.path / name
        known = ("zarr.json",) if self.version == 3 else (".zarray", ".zgroup")
        if self.is_array or not any((path / file).exists() for file in known):
            return None
        return Folder(path, self.store)

    def children(self) -> list[Folder]:
        """The nodes below, in their order where it is known, else by name."""
        names = sorted(entry.name for entry in os.scandir(self.path) if entry.is_dir())
        order = {name: at for at, name in enumerate(self.mark.get("order", ()))}
        found = (self.child(name) for name in sorted(names, key=lambda name: order.get(name, len(order))))
        return [node for node in found if node is not None]

    def _json(self, name: str) -> dict[str, Any]:
        where = f"'{self.name}/{name}'" if self.name != "." else f"'{name}'"
        self._stay_inside(self.path / name)
        try:
            found = json.loads((self.path / name).read_bytes())
        except FileNotFoundError as error:
            raise UnreadableFileError(str(self.store), "zarr", "the folder holds no Zarr metadata") from error
        except ValueError as error:
            raise UnreadableFileError(str(self.store), "zarr", f"{where} is damaged: {error}") from error
        if not isinstance(found, dict):
            raise UnreadableFileError(str(self.store), "zarr", f"{where} is damaged: it is no JSON object")
        return found

    def _stay_inside(self, path: Path) -> None:
        if path == self.store or not path.is_symlink() or trusted().everything:
            return
        if not _below(path, os.path.realpath(self.store)):
            found = f"'{path.relative_to(self.store)}' is a link to outside the store"
            raise UntrustedFileError(str(self.store), found, "trust=True follows it")

    def check(self) -> None:
        """Refuse what could run code or read other files.

        Raises
        ------
        UntrustedFileError
            The array is pickled, or a piece of it is a link to outside the store.
        """
        codecs = [self.metadata.get("compressor"), *(self.metadata.get("filters") or ())]
        codecs += self.metadata.get("codecs") or ()
        called = {str(codec.get("id") or codec.get("name")) for codec in codecs if isinstance(codec, dict)}
        made_of_objects = (
            self.version == 2 and "|O" in json.dumps(self.metadata.get("dtype")) and not called & _DATA_CODECS
        )
        pickled = self.attributes.get("_type") == "pickled" or any("pickle" in name for name in called)
        if pickled or made_of_objects:
            raise UntrustedFileError(
                str(self.store),
                f"'{self.name}' holds pickled objects, which can run code",
                "load the other keys with key=",
            )
        root = os.path.realpath(self.store)
        packed = next((word for one in called if (word := one.removeprefix("numcodecs.")) in AT_MOST), "")
        for folder, folders, files in os.walk(self.path):
            for name in (*folders, *files):
                piece = Path(folder, name)
                if packed and piece.is_file() and may_ask(packed, piece.stat().st_size):
                    ask(packed, piece.read_bytes(), f"'{piece.relative_to(self.store)}'")
                if piece.is_symlink() and not _below(piece, root) and not trusted().everything:
                    raise UntrustedFileError(
                        str(self.store),
                        f"a piece of '{self.name}' is a link to outside the store",
                        "trust=True follows it",
                    )


def _below(path: Path, root: str) -> bool:
    return os.path.realpath(path).startswith(root + os.sep)


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
