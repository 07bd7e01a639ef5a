"""Zarr stores of formats 2 and 3 as trees, whoever wrote them: nothing outside the folder, and no pickles."""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from scitex_io.content.leaves import MARK, Mark
from scitex_io.content.marks import gathered, grown
from scitex_io.content.stores import key_of, located
from scitex_io.errors import MissingKeyError, UnreadableFileError, UntrustedFileError

# ^(?=zarr\.json$)z: its first letter, so that the name differs from that of the metadata.
AWKWARD = re.compile(r'[/\\<>:"|?*\x00-\x1f\x7f\ud800-\udfff]|%(?=[0-9A-Fa-f]{2}|[_~])|^\.|^__|[. ]$|^(?=zarr\.json$)z')
LONGEST = 200
SHOWN = 1000
"""How many keys a description lists."""
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
        self.name = path.relative_to(store).as_posix()
        if not path.is_dir():
            raise UnreadableFileError(str(store), "zarr", "a Zarr store is a folder, this is a file")
        self._stay_inside(path)
        self.metadata: dict[str, Any]
        self.attributes: dict[str, Any]
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
        root = os.path.realpath(self.store)
        if path != self.store and path.is_symlink() and not _below(path, root):
            raise UntrustedFileError(str(self.store), f"'{self.name}' is a link to outside the store")

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
        for folder, folders, files in os.walk(self.path):
            for name in (*folders, *files):
                piece = Path(folder, name)
                if piece.is_symlink() and not _below(piece, root):
                    raise UntrustedFileError(
                        str(self.store), f"a piece of '{self.name}' is a link to outside the store"
                    )


def _below(path: Path, root: str) -> bool:
    return os.path.realpath(path).startswith(root + os.sep)


class Reader:
    """An open store."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._root = Folder(path, path)
        self._above: set[str] = set()  # the folders that are being read

    def tree(self) -> Any:
        """What the store holds."""
        tree = self._read(self._root)
        return tree["data"] if self._root.mark.get("type") == "single" else tree

    def part(self, key: str) -> Any:
        """What the store holds under a key.

        Raises
        ------
        MissingKeyError
            Nothing.
        """
        node = located(self._root, key, Folder.child, AWKWARD, LONGEST)
        if node is None:
            raise MissingKeyError(str(self._path), key, tuple(self._listed()))
        return self.tree() if node is self._root else self._read(node)

    def facts(self) -> dict[str, Any]:
        """The tree with shapes and types."""
        single = self._root.mark.get("type") == "single"
        node = self._root.child("data") if single else self._root
        if node is not None and node.is_array and node.mark.get("type", "ndarray") == "ndarray":
            return {
                "kind": "array",
                "shape": tuple(node.mark.get("shape", node.metadata["shape"])),
                "dtype": _type_of(node),
            }
        if single and node is not None:
            return {"kind": "object", "type": node.mark.get("type", "dict"), "keys": self._listed()}
        return {"kind": "tree", "keys": self._listed()}

    def _listed(self) -> dict[str, str]:
        found: dict[str, str] = {}
        self._list(self._root, "", found)
        return found

    def _list(self, group: Folder, prefix: str, found: dict[str, str]) -> None:
        for node in group.children():
            if len(found) >= SHOWN:
                return
            label = prefix + str(key_of(node.path.name, node.mark))
            if node.is_array:
                shape = tuple(node.mark.get("shape", node.metadata["shape"]))
                array = f"array {_type_of(node)} {shape}" if shape else _type_of(node)
                found[label] = node.mark.get("type") or array
                continue
            found[label] = node.mark.get("type", "group")
            if "type" not in node.mark:
                self._list(node, f"{label}/", found)

    def _read(self, node: Folder) -> Any:
        if node.is_array:
            return grown(self._array(node), node.mark)
        real = os.path.realpath(node.path)
        if real in self._above:
            raise UnreadableFileError(str(self._path), "zarr", f"'{node.name}' contains itself")
        self._above.add(real)
        children = {key_of(child.path.name, child.mark): self._read(child) for child in node.children()}
        self._above.remove(real)
        if not node.mark:
            # As scripts know it from earlier versions.
            children |= {f"_attr_{name}": value for name, value in node.attributes.items()}
        return children if node.mark.get("type") == "single" else gathered(children, node.mark)

    def _array(self, node: Folder) -> Any:
        import numpy as np
        import zarr

        node.check()
        try:
            array = zarr.open_array(str(node.path), mode="r", zarr_format=node.version)
            value: Any = array[...]
        except (MemoryError, OSError):
            raise
        except Exception as error:
            found = f"'{node.name}': {type(error).__name__}: {error}"
            raise UnreadableFileError(str(self._path), "zarr", found) from error
        if isinstance(value, (str, bytes)):
            return str(value) if isinstance(value, str) else value
        value = np.asarray(value)
        if value.dtype.kind in "OTU" and value.ndim == 0:
            return value.item()
        return value.astype(object) if value.dtype.kind == "T" else value


def _type_of(node: Folder) -> str:
    told = node.mark.get("dtype") or node.metadata.get("data_type") or node.metadata.get("dtype")
    return str(told.get("name", told) if isinstance(told, dict) else told)
