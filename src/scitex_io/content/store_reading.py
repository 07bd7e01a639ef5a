"""What the readers of stores have in common: facts, parts of arrays and tables, entries for those who look around."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, TypeVar

from attrs import evolve, frozen

from scitex_io.content.leaves import Mark
from scitex_io.content.marks import gathered
from scitex_io.content.parts import TablePart
from scitex_io.content.rows import no_rows, pieces, sliced
from scitex_io.errors import MissingKeyError

N = TypeVar("N")

SHOWN = 1000
"""How many keys a description lists."""
FRAME = "pandas.DataFrame"
ALONG: dict[str, tuple[str, ...]] = {
    "pandas.Series": ("values", "index"),
    "pandas.Index": ("values",),
    "pandas.MultiIndex": ("codes",),
    "pandas.array": ("values",),
    "pandas.str": ("values", "missing"),
    "pandas.Categorical": ("codes",),
    "pandas.moments": ("values",),
    "pandas.masked": ("values", "missing"),
    "pandas.Sparse": ("values",),
    "numpy.ma.MaskedArray": ("data", "mask"),
}
"""The members of a group of this type that have as many rows as the whole; the others belong to all rows."""


@frozen
class Entry:
    """A group, array or link of a store, without its data."""

    key: str
    kind: Literal["group", "array", "link"]
    type: str = ""  # what it stands for, if we wrote it and it is more than a group or an array
    shape: tuple[int, ...] = ()
    dtype: str = ""
    target: str = ""  # of a link

    def __str__(self) -> str:
        if self.kind == "link":
            return f"link to {self.target}"
        if self.kind == "group" or self.type:
            return self.type or "group"
        return f"array {self.dtype} {self.shape}" if self.shape else self.dtype


class StoreReader(ABC, Generic[N]):
    """An open store.

    Parameters
    ----------
    root
        Its outermost group or array.
    path
        Its path, for errors.
    """

    format: ClassVar[str]

    def __init__(self, root: N, path: Path) -> None:
        self.root = root
        self.path = path

    @abstractmethod
    def mark(self, node: N, /) -> Mark:
        """The mark of a node."""

    @abstractmethod
    def find(self, key: str, /) -> N | None:
        """The node under a key, if there is one."""

    @abstractmethod
    def members(self, group: N, /) -> Iterator[tuple[Any, N]]:
        """The nodes in a group, by the keys they stand for."""

    @abstractmethod
    def entries(self, group: N, /) -> Iterator[tuple[Entry, N | None]]:
        """The nodes in a group, with facts; links are not followed."""

    @abstractmethod
    def entry(self, node: N, key: str, /) -> Entry:
        """Facts about a node."""

    @abstractmethod
    def read(self, node: N, /) -> Any:
        """What a node stands for."""

    @abstractmethod
    def read_rows(self, array: N, rows: slice, /) -> Any:
        """What some rows of an array stand for."""

    @abstractmethod
    def shape(self, node: N, /) -> tuple[int, ...] | None:
        """The shape of an array as it is stored; None for a group."""

    @abstractmethod
    def array(self, node: N, /) -> Any:
        """The library's own array, with shape, dtype and chunks."""

    @abstractmethod
    def attributes(self, node: N, /) -> dict[str, Any]:
        """The attributes of a node, without our mark."""

    @abstractmethod
    def details(self, array: N, /) -> dict[str, Any]:
        """The bytes of an array in memory (``nbytes``) and in the store (``stored``), its ``chunks`` and ``compression``."""

    # -- what the store holds

    def _content(self, node: N) -> N:
        """The node itself, or the one object of a store that holds just that."""
        if node == self.root and self.mark(node).get("type") == "single":
            (node,) = (child for key, child in self.members(node) if key == "data")
        return node

    def content(self, key: str | None, asked: TablePart) -> Any:
        """What the store holds, or a part of it."""
        node = self.wanted(key)
        return self.read(node) if asked.rows is None and asked.columns is None else self.part(node, asked)

    def wanted(self, key: str | None) -> N:
        """The node under *key*, or that of the whole.

        Raises
        ------
        MissingKeyError
            There is none.
        """
        node = self.root if key is None else self.find(key)
        if node is None:
            raise MissingKeyError(str(self.path), str(key), tuple(self.listed()))
        return self._content(node)

    def facts(self) -> dict[str, Any]:
        """The tree with shapes and types."""
        content = self._content(self.root)
        found = self.entry(content, "")
        if found.kind == "array" and found.type in {"", "ndarray"}:
            return {"kind": "array", "shape": found.shape, "dtype": found.dtype}
        if content != self.root:
            return {"kind": "object", "type": found.type or "dict", "keys": self.listed()}
        return {"kind": "tree", "keys": self.listed()}

    def listed(self) -> dict[str, str]:
        """The keys and what they hold in short, down to what stands for something of its own."""
        found: dict[str, str] = {}
        for entry in self.walk(self.root):
            found[entry.key] = str(entry)
            if len(found) >= SHOWN:
                break
        return found

    def walk(self, group: N, prefix: str = "", seen: set[N] | None = None) -> Iterator[Entry]:
        """All entries below a group, those of a group right behind it; what several links lead to is entered once.

        Objects of ours are not entered.
        """
        seen = {group} if seen is None else seen
        for entry, node in self.entries(group):
            told = evolve(entry, key=prefix + entry.key)
            yield told
            if node is not None and entry.kind == "group" and not entry.type and node not in seen:
                seen.add(node)
                yield from self.walk(node, f"{told.key}/", seen)

    # -- parts

    def part(self, node: N, asked: TablePart) -> Any:
        """The rows and columns that are asked for.

        Raises
        ------
        OptionError
            It has none.
        """
        kind = self.mark(node).get("type")
        if kind == FRAME:
            return self._frame(node, asked)
        if asked.columns is not None:
            raise no_rows(self.format, f"it is for tables, and this is {self.entry(node, '')}", "columns")
        assert asked.rows is not None
        if self.shape(node) is None and kind in {None, "dict"}:
            keys = ", ".join(map(repr, list(self.listed())[:10]))
            raise no_rows(self.format, f"name one array or table with key=: {keys}")
        return self._rows(node, asked.rows)

    def stream(self, node: N) -> Iterator[Any]:
        """The rows of an array in pieces of whole chunks.

        Raises
        ------
        OptionError
            It is no array.
        """
        if not self.shape(node) or "type" in self.mark(node):
            raise no_rows(self.format, f"only an array has rows to stream, and this is {self.entry(node, '')}", "key")
        array = self.array(node)
        for rows in pieces(array.shape, array.dtype, (array.chunks or (1,))[0]):
            yield self.read_rows(node, rows)

    def _frame(self, node: N, asked: TablePart) -> Any:
        import pandas as pd

        rows = slice(None) if asked.rows is None else asked.rows
        members = dict(self.members(node))
        columns = list(self.members(members["columns"]))
        labels: Any = self.read(members["labels"]) if "labels" in members else pd.Index([key for key, _ in columns])
        names = asked.wanted_columns(list(labels), self.path)
        places = [at for name in names or () for at, label in enumerate(labels) if label == name]
        places = list(range(len(columns))) if names is None else places
        children = {key: self.read(child) for key, child in members.items() if key == "attrs"}
        children["columns"] = {str(at): self._rows(columns[place][1], rows) for at, place in enumerate(places)}
        children |= {"index": self._rows(members["index"], rows), "labels": labels.take(places)}
        return gathered(children, self.mark(node))

    def _rows(self, node: N, rows: slice) -> Any:
        mark = self.mark(node)
        kind = mark.get("type")
        if self.shape(node) and kind in {None, "pandas.str"}:
            return self.read_rows(node, rows)
        along = ALONG.get(str(kind), ())
        members = dict(self.members(node)) if along else {}
        if not along or "freq" in mark or self.shape(members[along[0]]) == ():
            return sliced(self.read(node), rows, self.format)
        return gathered(
            {key: self._along(child, rows) if key in along else self.read(child) for key, child in members.items()},
            mark,
        )

    def _along(self, node: N, rows: slice) -> Any:
        if self.shape(node) is None and not self.mark(node).get("type"):  # the codes of several levels
            return {key: self._rows(child, rows) for key, child in self.members(node)}
        return self.read(node) if self.shape(node) == () else self._rows(node, rows)
