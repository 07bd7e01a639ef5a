"""The folders of a Zarr store: nothing outside it is followed, and nothing that could run code is read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

from scitex_io.content.leaves import MARK, Mark
from scitex_io.content.unfolding import AT_MOST, ask_of_file
from scitex_io.errors import UnreadableFileError, UntrustedFileError
from scitex_io.policy import trusted

_DATA_CODECS = frozenset({"vlen-utf8", "vlen-bytes", "vlen-array", "json2", "msgpack2"})
"""The codecs of format 2 that make objects of plain data; others could make anything."""


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
                if packed and piece.is_file():
                    ask_of_file(packed, piece, f"'{piece.relative_to(self.store)}'")
                if piece.is_symlink() and not _below(piece, root) and not trusted().everything:
                    raise UntrustedFileError(
                        str(self.store),
                        f"a piece of '{self.name}' is a link to outside the store",
                        "trust=True follows it",
                    )


def _below(path: Path, root: str) -> bool:
    return os.path.realpath(path).startswith(root + os.sep)
