"""Tables as delimited text (.csv, .tsv)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from csv import QUOTE_NONNUMERIC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen
from attrs.validators import instance_of

from scitex_io.content import tables
from scitex_io.content.arrow import from_arrow
from scitex_io.content.batches import columns_of, counted, placed
from scitex_io.content.native import LAZY, NATIVE, YIELDS, as_table, given, is_frame, is_polars
from scitex_io.content.parts import TablePart
from scitex_io.errors import OptionError, UnsupportedTypeError, type_name
from scitex_io.formats.csv import batches, delimited, formulas, native, reading
from scitex_io.handler import Accepts, Fidelity, FormatHandler, PassThrough, save_option
from scitex_io.losses import lose
from scitex_io.typing import Appender, Describer, Loader, PartialLoader, Saver, Streamer, TypedLoader

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

HEAD = 1000  # rows that tell the dtypes of a description
READERS = {"chunksize", "iterator"}  # options that give a reader instead of a table


def _are_frames(items: list[Any]) -> bool:
    import sys

    pandas = sys.modules.get("pandas")
    return (
        pandas is not None
        and bool(items)
        and all(isinstance(item, pandas.DataFrame) for item in items)
        and all(item.columns.equals(items[0].columns) for item in items)
    )


@frozen(kw_only=True)
class Csv(
    FormatHandler,
    PassThrough,
    TablePart,
    Saver[Any],
    Loader["pd.DataFrame"],
    TypedLoader,
    Describer,
    PartialLoader["pd.DataFrame"],
    Streamer["pd.DataFrame"],
    Appender[Any],
):
    """A table whose cells are text; what its text cannot say is announced.

    Parameters
    ----------
    sep
        What divides the cells.
    index
        Whether the row labels are written. By default they are if they are more than a count.
    escape_formulas
        Put an apostrophe before texts that spreadsheet programs would run as formulas (``=cmd|...``): for tables whose
        texts come from others and that are opened in such a program.
    columns
        Read only these, in this order.
    rows
        Read only these, as if they were all there is: their dtypes are what they tell. Rows behind are not read.
    **options
        What `pandas.DataFrame.to_csv` and `pandas.read_csv` understand.
    """

    name = "csv"
    alone = True
    extensions = (".csv",)
    accepts = (
        Accepts("pandas.DataFrame"),
        *tables.TABLES,
        *NATIVE,
        Accepts(
            list,
            Fidelity.LOSSY,
            "pandas.DataFrame",
            domain="tables of the same columns",
            where=_are_frames,
            loses="the tables become one",
        ),
        Accepts(bool, Fidelity.VALUE, "pandas.DataFrame"),
        Accepts(int, Fidelity.VALUE, "pandas.DataFrame"),
        Accepts(float, Fidelity.VALUE, "pandas.DataFrame"),
    )
    yields = (*YIELDS, LAZY, "numpy.ndarray", list, dict)
    bound = (LAZY,)
    requires = ("pandas",)
    library = {"load": "pandas:read_csv", "save": "pandas:DataFrame.to_csv"}
    parallel = "both"  # pandas holds the lock while it makes columns, most of all those of text

    sep: str = field(default=",", validator=instance_of(str))
    index: bool | None = save_option(None)
    escape_formulas: bool = save_option(False)

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the table, in UTF-8; an index that is more than a count of the rows comes first, as columns."""
        options = dict(self.extra_options)
        if options.get("mode", "w")[:1] not in {"w", "x"}:
            raise OptionError(self.name, "save", "mode", reason="a save replaces the file")
        table = as_table(obj, self.name)
        if table is not None and is_frame(table):
            obj, table = from_arrow(table), None
        frame = self._table(obj) if table is None else self._of_arrow(obj, table)
        if self.escape_formulas:
            frame, table = formulas.escaped(frame), None
        index = self._index(frame)
        try:
            delimited.announce_changes(frame[options["columns"]] if options.get("columns") is not None else frame)
            if index:
                delimited.check_index(frame.index)
        except (TypeError, UnicodeEncodeError) as error:
            raise self._refused(obj, str(error)) from error
        try:
            if table is not None and not options:
                native.write(obj, table, path, self.sep)
            elif options or frame.columns.nlevels > 1:
                if delimited.needs_quotes(frame):
                    options.setdefault("quoting", QUOTE_NONNUMERIC)
                options.setdefault("encoding", "utf-8")
                frame.to_csv(path, sep=self.sep, index=index, **options)
            else:
                delimited.write(_with_index(frame) if index else frame, path, self.sep)
        except UnicodeEncodeError as error:
            raise self._refused(obj, str(error)) from error
        if "encoding" not in self.extra_options and reading.holds_nul(path):
            raise self._refused(obj, "a text holds a zero character")

    def likeness(self, batch: Any, /) -> Mapping[str, str]:
        """The columns and their dtypes."""
        return columns_of(self._batch(batch))

    def encode(self, batch: Any, /, *, first: bool) -> bytes:
        """Its lines, with the names of the columns in the first one."""
        return batches.lines(self, self._batch(batch), header=first)

    def compose(self, data: Path, ends: Sequence[int], path: Path, /) -> None:
        """The lines are the file."""
        placed(data, ends, path)

    def _batch(self, batch: Any) -> pd.DataFrame:
        table = as_table(batch, self.name)
        return counted(self._table(batch) if table is None else self._of_arrow(batch, table))

    def _refused(self, obj: object, reason: str) -> UnsupportedTypeError:
        return UnsupportedTypeError(self.name, type_name(type(obj)), tuple(map(str, self.accepts)), reason)

    def _table(self, obj: Any) -> pd.DataFrame:
        import pandas as pd

        if isinstance(obj, list) and _are_frames(obj):
            return pd.concat(obj, ignore_index=all(map(tables.has_default_index, obj)))
        frame = tables.as_frame(obj)
        if frame.shape[1] == 0:
            raise self._refused(obj, "a table without columns")
        return frame

    def _of_arrow(self, obj: Any, table: pa.Table) -> pd.DataFrame:
        """The frame that stands for a table of Arrow or polars, what it loads as."""
        import pyarrow as pa

        if not table.num_columns:
            raise self._refused(obj, "a table without columns")
        try:
            frame = from_arrow(table)
        except pa.ArrowException as error:  # nanoseconds in a time of day
            raise self._refused(obj, str(error)) from error
        native.announce_changes(table)
        return frame

    def _index(self, frame: pd.DataFrame) -> bool:
        """Is the index written?"""
        if self.index is not None:
            return self.index
        if tables.has_default_index(frame):
            return False
        levels = list(range(frame.index.nlevels))
        lose(f"the index loads as columns, unless index_col={levels if len(levels) > 1 else 0} is given")
        return True

    def load(self, path: Path, /) -> pd.DataFrame:
        """What `pandas.read_csv` gives, in the encoding that the file is in; a column without a name has the name ``""``."""
        frame: pd.DataFrame = self._frame(path, self._given())
        return frame

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The rows as an array, as records or by column; as a table of Arrow or polars, in which gaps are nulls.

        A lazy frame is read by polars itself, which has rules of its own for what a cell means.
        """
        if is_polars(wanted, "LazyFrame"):
            return native.scanned(self, path)
        if wanted.__name__ not in {"Table", "DataFrame"}:
            return tables.as_wanted(self.load(path), wanted)
        return given(
            native.as_arrow(lambda backend: self._frame(path, {**self._given(), "dtype_backend": backend})), wanted
        )

    def load_part(self, path: Path, part: slice, /) -> pd.DataFrame:
        """The rows *part*, read as if they were all there is."""
        return evolve(self, rows=part).load(path)

    def stream(self, path: Path, /) -> Iterator[pd.DataFrame]:
        """Frames of many rows, the dtypes of each as its rows tell."""
        if self.rows is not None:
            yield self.load(path)
            return
        options, labels, names = self._plan(path, self._given())
        for frame in reading.chunks(path, options, self.name):
            yield _chosen(frame, labels, names)

    @contextmanager
    def together(self) -> Iterator[None]:
        """The filter by which `_parsed` finds columns of several types."""
        import warnings

        import pandas as pd

        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.DtypeWarning)
            yield

    def is_cacheable(self) -> bool:
        """A reader in chunks gives its rows once."""
        return not READERS & self.extra_options.keys()

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Columns with their dtypes in the first rows, and the number of rows."""
        head = self._frame(path, {**self._given(), "nrows": HEAD})
        rows = len(head)
        if rows == HEAD:
            rows = reading.count(path, self._given(), self.name)
        return {"kind": "table", "rows": rows, "columns": {str(k): str(v) for k, v in head.dtypes.items()}}

    def _given(self) -> dict[str, Any]:
        return {"sep": self.sep, **self.extra_options}

    def _frame(self, path: Path, options: Mapping[str, Any]) -> Any:
        part = [name for name in ("rows", "columns") if getattr(self, name) is not None]
        if READERS & options.keys():
            if part:
                raise OptionError(self.name, "load", part[0], reason="a reader in chunks gives all rows and columns")
            return reading.read(path, options, self.name, lambda reader: reader)
        options, labels, names = self._plan(path, options)
        return _chosen(reading.table(path, options, self.name, self.rows), labels, names)

    def _plan(self, path: Path, options: Mapping[str, Any]) -> tuple[Mapping[str, Any], Any, list[Any] | None]:
        """The options that read only the columns asked for, what these are called, and their order."""
        if self.columns is None:
            return options, None, None
        head = reading.table(path, {**options, "nrows": 1}, self.name)
        names = self.wanted_columns(list(head.columns), path)
        if not tables.has_default_index(head) or reading.CHOOSING & options.keys():
            return options, None, names  # what is read are not the columns of the file by their places
        places = [at for at, name in enumerate(head.columns) if name in self.columns]
        return {**options, "usecols": places}, head.columns[places], names


def _chosen(frame: pd.DataFrame, labels: Any, names: list[Any] | None) -> pd.DataFrame:
    if labels is not None:
        frame.columns = labels
    return frame if names is None else frame[names]


@frozen(kw_only=True)
class Tsv(Csv):
    """A table as text, its cells divided by tabs; what its text cannot say is announced."""

    name = "tsv"
    extensions = (".tsv",)

    sep: str = "\t"


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its index as the first columns, named as pandas does in a file."""
    import pandas as pd

    levels = [frame.index.get_level_values(at) for at in range(frame.index.nlevels)]
    names = ["" if level.name is None else level.name for level in levels]
    parts = [pd.Series(level, index=pd.RangeIndex(len(frame))) for level in levels]
    body = frame.set_axis(pd.RangeIndex(len(frame)), axis=0)
    whole = pd.concat([*parts, body], axis=1)
    whole.columns = pd.Index([*names, *frame.columns], tupleize_cols=False, dtype=object)
    return whole
