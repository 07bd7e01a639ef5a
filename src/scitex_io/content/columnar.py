"""What the formats that are made of Arrow tables share."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import evolve, frozen

from scitex_io.content.arrow import NOTE, decoded, from_arrow, to_arrow
from scitex_io.content.native import (
    NATIVE,
    YIELDS,
    announce_times,
    as_table,
    ends,
    given,
    is_frame,
    is_polars,
    lazy_part,
)
from scitex_io.content.notes.feather import bare
from scitex_io.content.parts import TablePart
from scitex_io.content.tables import TABLES, as_frame, as_wanted
from scitex_io.errors import MissingKeyError, UnexpectedTypeError, UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, FormatHandler, PassThrough, save_option
from scitex_io.typeref import TypeRef
from scitex_io.typing import Describer, Loader, PartialLoader, Saver, Streamer, TypedLoader

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def names_of(columns: Sequence[str | int] | None, schema: pa.Schema, path: Path) -> list[str] | None:
    """The names in the file of the columns asked for, then those of its index; None for all.

    Raises
    ------
    MissingKeyError
        There is no such column; the libraries would leave it out silently.
    """
    if columns is None:
        return None
    wanted = [str(name) for name in columns]
    for name in wanted:
        if name not in schema.names:
            raise MissingKeyError(str(path), name, tuple(schema.names))
    return wanted + [name for name in stored_levels(schema) if name not in wanted]


def stored_levels(schema: pa.Schema) -> list[str]:
    """The columns that are levels of the index."""
    levels = json.loads((schema.metadata or {}).get(NOTE, b"{}")).get("index", {}).get("levels", [])
    return [*levels, *(name for name in _index_notes(schema) if isinstance(name, str))]


def _index_notes(schema: pa.Schema) -> list[Any]:
    notes: list[Any] = (schema.pandas_metadata or {}).get("index_columns", [])
    return notes


def counted_labels(schema: pa.Schema, rows: int) -> pd.RangeIndex | None:
    """The labels of all rows where they are a count, of which only the ends are noted; None where they are stored."""
    import pandas as pd

    note = json.loads((schema.metadata or {}).get(NOTE, b"{}")).get("index", {})
    ranges = [found for found in _index_notes(schema) if isinstance(found, dict)]
    labels: Any = pd.RangeIndex(rows)
    if "range" in note:
        labels = decoded(note)
    elif stored_levels(schema):
        return None
    elif ranges:
        start, stop, step = (ranges[0][end] for end in ("start", "stop", "step"))
        labels = pd.RangeIndex(start, stop, step, name=ranges[0]["name"])
    return labels if len(labels) == rows else pd.RangeIndex(rows)


@frozen(kw_only=True)
class Columnar(
    FormatHandler,
    PassThrough,
    TablePart,
    Saver[Any],
    Loader["pd.DataFrame"],
    TypedLoader,
    Describer,
    PartialLoader["pd.DataFrame"],
    Streamer["pd.DataFrame"],
):
    """A format that is made of Arrow tables.

    Parameters
    ----------
    index
        Whether the row labels of a DataFrame are stored. By default they are; a plain count costs nothing.
    columns
        Read only these, in this order.
    rows
        Read only these: what ``.iloc[rows]`` of the whole table is.
    """

    accepts = (Accepts("pandas.DataFrame"), *TABLES, *NATIVE)
    yields: ClassVar[tuple[TypeRef, ...]] = (*YIELDS, "numpy.ndarray", list, dict)
    requires: ClassVar[tuple[str, ...]] = ("pyarrow", "pandas")

    notes: ClassVar[bool] = True  # are the notes in a schema kept, which tell what a frame was?

    index: bool | None = save_option(None)

    # ---------------------------------------------------------------- what a format brings

    @abstractmethod
    def write(self, table: pa.Table, path: Path, /) -> None:
        """Write the table."""

    @abstractmethod
    def outline(self, path: Path, /) -> tuple[int, pa.Schema]:
        """The number of rows and the schema, with as little reading as the format allows."""

    def schema(self, path: Path, /) -> pa.Schema:
        """The schema alone, where that takes less reading."""
        return self.outline(path)[1]

    @abstractmethod
    def read_table(self, path: Path, names: list[str] | None, /) -> pa.Table:
        """All rows of these columns."""

    @abstractmethod
    def pieces(self, path: Path, names: list[str] | None, first: int, last: int, /) -> Iterator[pa.Table]:
        """The rows from *first* to before *last*, as the file divides them; at least one piece."""

    # ---------------------------------------------------------------- what is made of it

    def to_table(self, frame: pd.DataFrame, /) -> pa.Table:
        """The DataFrame as the table that is stored."""
        return to_arrow(frame, self.name, index=self.index)

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the table."""
        import pyarrow as pa

        try:
            table = as_table(obj, self.name)
            if table is not None and not self.notes and is_frame(table):
                obj, table = from_arrow(table), None
            if table is None:
                table = self.to_table(as_frame(obj))
            else:
                announce_times(table)
            self.write(table, path)
        except (pa.ArrowException, OverflowError) as error:  # a value or a type that the format has no room for
            raise UnsupportedTypeError(self.name, type_name(type(obj)), reason=str(error)) from error

    def load(self, path: Path, /) -> pd.DataFrame:
        """The frame that was saved; a table by others as pandas reads it."""
        table, labels = self._part(path)
        return self._frame(table, labels, path)

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The Arrow table itself, as a polars frame without a copy, or as plain data; an index is columns."""
        if is_polars(wanted, "LazyFrame"):
            return self.lazy(path)
        native = given(self._part(path)[0], wanted)
        return native if native is not None else as_wanted(self.load(path), wanted)

    def lazy(self, path: Path, /) -> Any:
        """A lazy polars frame of the part asked for, of formats that can be read so."""
        frame = self.scan(path)
        if self.columns is not None:
            frame = frame.select(names_of(self.columns, self.schema(path), path))
        return frame if self.rows is None else lazy_part(frame, range(self.outline(path)[0])[self.rows])

    def scan(self, path: Path, /) -> Any:
        """A lazy polars frame of the file."""
        raise UnexpectedTypeError(str(path), f"a table that {self.name} reads whole", "polars.LazyFrame")

    def load_part(self, path: Path, part: slice, /) -> pd.DataFrame:
        """The rows *part*."""
        return evolve(self, rows=part).load(path)

    def stream(self, path: Path, /) -> Iterator[pd.DataFrame]:
        """Frames of as many rows as the file holds together."""
        rows, schema = self.outline(path)
        names, labels = names_of(self.columns, schema, path), counted_labels(schema, rows)
        part = range(rows)[self.rows or slice(None)]
        if part.step != 1:
            yield self.load(path)
            return
        at, last = ends(part)
        for piece in self.pieces(path, names, at, last):
            yield self._frame(piece, None if labels is None else labels[at : at + piece.num_rows], path)
            at += piece.num_rows

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Rows and columns, from the metadata of the file."""
        rows, schema = self.outline(path)
        dtypes = self._frame(schema.empty_table(), None, path).dtypes
        return {"kind": "table", "rows": rows, "columns": {str(name): str(dtype) for name, dtype in dtypes.items()}}

    def _frame(self, table: pa.Table, labels: Any, path: Path) -> pd.DataFrame:
        try:
            frame = from_arrow(table)
        except TypeError as error:  # the name of a dtype
            raise UnreadableFileError(str(path), self.name, f"its notes are damaged: {error}") from error
        if labels is None:
            return frame
        return frame.set_axis(labels) if frame.shape[1] else frame.reindex(labels)

    def _part(self, path: Path) -> tuple[pa.Table, Any]:
        """The table of the part asked for, and the labels of its rows where they are a mere count."""
        import numpy as np
        import pyarrow as pa

        if self.rows is None:
            names = None if self.columns is None else names_of(self.columns, self.schema(path), path)
            return _ordered(self.read_table(path, names), names), None
        rows, schema = self.outline(path)
        names, labels = names_of(self.columns, schema, path), counted_labels(schema, rows)
        part = range(rows)[self.rows]
        first, last = ends(part)
        table = _ordered(pa.concat_tables(self.pieces(path, names, first, last)), names)
        if part.step != 1:
            table = table.take(pa.array(np.arange(part.start, part.stop, part.step) - first))
        return table, None if labels is None else labels[self.rows]


def _ordered(table: pa.Table, names: list[str] | None) -> pa.Table:
    table = bare(table)
    return table if names is None or names == table.column_names else table.select(names)
