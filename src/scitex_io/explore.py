"""Looking around in HDF5 files and Zarr stores without loading them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from fnmatch import fnmatchcase
from html import escape as as_html
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from scitex_io import loading
from scitex_io.content.parts import TablePart
from scitex_io.content.store_reading import StoreReader
from scitex_io.disk import routing
from scitex_io.errors import (
    InvalidPathError,
    MissingFileError,
    MissingKeyError,
    ScitexIOError,
    UnreadableFileError,
    UntrustedFileError,
)
from scitex_io.formats.hdf5 import Hdf5
from scitex_io.formats.hdf5.reading import opened as opened_h5
from scitex_io.formats.zarr import Zarr
from scitex_io.formats.zarr.reading import Reader as ZarrReader
from scitex_io.formats.zarr.reading import quiet
from scitex_io.handler import FormatHandler
from scitex_io.messages import naming, size
from scitex_io.outlines import Outline, outlined
from scitex_io.typing import StrPath

if TYPE_CHECKING:
    from rich.tree import Tree


class Explorer(ABC):
    """What a store holds: its keys, shapes, types and attributes; each part loaded on request.

    Nothing stays open between two calls, so the file can be replaced meanwhile. A relative path is looked for
    where `load` looks.

    Parameters
    ----------
    path
        The file or store.
    mode
        ``"r"``: explorers read. ``save(obj, path, key="a/b")`` changes a part.
    """

    handler: ClassVar[FormatHandler]

    def __init__(self, path: StrPath, mode: Literal["r"] = "r") -> None:
        if mode != "r":
            raise ValueError(f"mode={mode!r}: explorers only read; save(obj, path, key='a/b') changes a part")
        found = loading.locate(routing.normalised(path), use_caller_path=False)
        if not isinstance(found, Path):
            raise InvalidPathError(str(path), "one store at a time can be explored")
        self.path = found
        self._closed = False
        with self._reader():
            pass

    @abstractmethod
    def _open(self) -> AbstractContextManager[StoreReader[Any]]: ...

    @contextmanager
    def _reader(self) -> Iterator[StoreReader[Any]]:
        if self._closed:
            raise ValueError(f"the explorer of '{self.path}' is closed")
        with naming(self.handler, self.path, "load"), self._open() as reader:
            yield reader

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r}{', closed' if self._closed else ''})"

    # -- what there is

    def keys(self, path: str = "/") -> list[str]:
        """The names in a group, in their order."""
        with self._reader() as reader:
            return [entry.key for entry, _ in reader.entries(_node(reader, path))]

    def has_key(self, path: str) -> bool:
        """Is there something under this key?"""
        with self._reader() as reader:
            return reader.find(path) is not None

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self.has_key(path)

    def find(self, pattern: str) -> list[str]:
        """The keys that match a pattern (``*``, ``?``, ``[``) as a whole or in their last name, or contain a plain text."""
        with self._reader() as reader:
            keys = [entry.key for entry in reader.walk(reader.root)]
        if not any(letter in pattern for letter in "*?["):
            return [key for key in keys if pattern in key]
        return [key for key in keys if fnmatchcase(key, pattern) or fnmatchcase(key.rpartition("/")[2], pattern)]

    def tree(self, path: str = "/", max_depth: int | None = None) -> str:
        """What lies below a group as an indented text, objects of ours as one line each.

        Arrays with shape, type, chunks, codec, and their bytes in memory and on the disk; attributes behind ``@``.
        """
        return "\n".join(self._outline(path, max_depth).lines())

    def explore(self, path: str = "/", max_depth: int | None = None) -> None:
        """Print the tree."""
        from rich.cells import cell_len
        from rich.console import Console

        outline = self._outline(path, max_depth)
        # As wide as its lines, which rich would cut otherwise.
        width = max(Console().width, *map(cell_len, outline.lines()))
        Console(highlight=False, width=width).print(outline.rich())

    show = explore

    def _outline(self, path: str = "/", max_depth: int | None = None) -> Outline:
        with self._reader() as reader:
            node = _node(reader, path)
            name = f"{self.path.name} ({size(self.path)})" if node == reader.root else path.strip("/")
            return outlined(reader, node, name, max_depth)

    def __rich__(self) -> Tree | str:
        return repr(self) if self._closed else self._outline().rich()

    def _repr_html_(self) -> str:
        """The tree for notebooks; what is wrong with the store in place of an error, which would show nothing."""
        try:
            return as_html(repr(self)) if self._closed else self._outline().html()
        except (ScitexIOError, OSError) as error:
            return as_html(f"{self!r}: {error}")

    # -- one part

    def get_info(self, path: str = "/") -> dict[str, Any]:
        """Facts about a group (``keys``) or an array (``shape``, ``dtype``, ``nbytes``, ``chunks``, ...), and its ``attrs``."""
        with self._reader() as reader:
            node = _node(reader, path)
            entry = reader.entry(node, "")
            facts: dict[str, Any] = {"path": f"/{path.strip('/')}", "kind": entry.kind}
            if entry.type:
                facts["type"] = entry.type
            if entry.kind == "array":
                facts |= {"shape": entry.shape, "dtype": entry.dtype, **reader.details(node)}
            else:
                facts["keys"] = [inner.key for inner, _ in reader.entries(node)]
            return facts | {"attrs": reader.attributes(node)}

    def get_shape(self, path: str = "/") -> tuple[int, ...]:
        """The shape of an array."""
        return tuple(self._fact(path, "shape"))

    def get_dtype(self, path: str = "/") -> str:
        """The name of an array's data type."""
        return str(self._fact(path, "dtype"))

    def get_attrs(self, path: str = "/") -> dict[str, Any]:
        """The attributes of a group or array."""
        with self._reader() as reader:
            return reader.attributes(_node(reader, path))

    def _fact(self, path: str, name: str) -> Any:
        facts = self.get_info(path)
        if name not in facts:
            raise ValueError(f"'{path}' of '{self.path}' is a group and has no {name}")
        return facts[name]

    def load(self, path: str = "/", rows: slice | None = None, columns: Sequence[str] | None = None) -> Any:
        """What is stored under a key, or only some rows or columns of it."""
        asked = TablePart(rows=rows, columns=columns)
        with self._reader() as reader:
            return reader.content(path, asked)

    get = load

    def __getitem__(self, path: str) -> Any:
        return self.load(path)

    # -- as a context

    def close(self) -> None:
        """End the use of this explorer."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class H5Explorer(Explorer):
    """What an HDF5 file holds."""

    handler: ClassVar[FormatHandler] = Hdf5()

    def _open(self) -> AbstractContextManager[StoreReader[Any]]:
        return opened_h5(self.path)


class ZarrExplorer(Explorer):
    """What a Zarr store of format 2 or 3 holds."""

    handler: ClassVar[FormatHandler] = Zarr()

    @contextmanager
    def _open(self) -> Iterator[StoreReader[Any]]:
        with quiet():
            yield ZarrReader(self.path)


def explore_h5(path: StrPath, max_depth: int | None = None) -> None:
    """Print what an HDF5 file holds."""
    H5Explorer(path).explore(max_depth=max_depth)


def explore_zarr(path: StrPath, max_depth: int | None = None) -> None:
    """Print what a Zarr store holds."""
    ZarrExplorer(path).explore(max_depth=max_depth)


def has_h5_key(h5_path: StrPath, key: str, max_retries: int = 3, action_on_corrupted: str = "delete") -> bool:  # noqa: ARG001  # older scripts give them
    """Can ``load(h5_path, key=key)`` give something? Not if there is no such file, or it is damaged.

    Parameters
    ----------
    h5_path
        The file.
    key
        ``"a/b"``.
    max_retries, action_on_corrupted
        Accepted for older scripts: a damaged file is told at once, and no file is ever deleted.
    """
    return _has(H5Explorer, h5_path, key)


def has_zarr_key(zarr_path: StrPath, key: str) -> bool:
    """Can ``load(zarr_path, key=key)`` give something? Not if there is no such store, or it is damaged."""
    return _has(ZarrExplorer, zarr_path, key)


def _has(explorer: type[Explorer], path: StrPath, key: str) -> bool:
    try:
        return explorer(path).has_key(key)
    except (MissingFileError, UnreadableFileError, UntrustedFileError):
        return False


def _node(reader: StoreReader[Any], path: str) -> Any:
    node = reader.find(path)
    if node is None:
        raise MissingKeyError(str(reader.path), path, tuple(reader.listed()))
    return node
