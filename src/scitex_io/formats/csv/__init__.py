"""Tables as delimited text (.csv, .tsv)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from csv import QUOTE_NONNUMERIC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen
from attrs.validators import instance_of

from scitex_io.content import tables
from scitex_io.content.decoding import declared
from scitex_io.errors import OptionError, UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.formats.csv import delimited
from scitex_io.handler import Accepts, Fidelity, FormatHandler, PassThrough, save_option
from scitex_io.losses import lose
from scitex_io.typing import Describer, Loader, Saver, TypedLoader

if TYPE_CHECKING:
    import pandas as pd

HEAD = 1000  # rows that tell the dtypes of a description
CHUNK = 100_000  # rows counted at a time
WIDE = {"utf-16", "utf-32"}  # encodings in which text holds zero bytes
CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a"))  # 26: the end of a file, long ago


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
class Csv(FormatHandler, PassThrough, Saver[Any], Loader["pd.DataFrame"], TypedLoader, Describer):
    """A table whose cells are text; what its text cannot say is announced."""

    name = "csv"
    extensions = (".csv",)
    accepts = (
        Accepts("pandas.DataFrame"),
        *tables.TABLES,
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
    yields = ("pandas.DataFrame", "numpy.ndarray", list, dict)
    requires = ("pandas",)
    library = {"load": "pandas:read_csv", "save": "pandas:DataFrame.to_csv"}
    parallel = "threads"

    sep: str = field(default=",", validator=instance_of(str))
    index: bool | None = save_option(None)

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the table, in UTF-8; an index that is more than a count of the rows comes first, as columns."""
        frame = self._table(obj)
        index = self._index(frame)
        options = dict(self.extra_options)
        if options.get("mode", "w")[:1] not in {"w", "x"}:
            raise OptionError(self.name, "save", "mode", reason="a save replaces the file")
        try:
            delimited.announce_changes(frame[options["columns"]] if options.get("columns") is not None else frame)
            if index:
                delimited.check_index(frame.index)
        except (TypeError, UnicodeEncodeError) as error:
            raise self._refused(obj, str(error)) from error
        try:
            if options or frame.columns.nlevels > 1:
                if delimited.needs_quotes(frame):
                    options.setdefault("quoting", QUOTE_NONNUMERIC)
                options.setdefault("encoding", "utf-8")
                frame.to_csv(path, sep=self.sep, index=index, **options)
            else:
                delimited.write(_with_index(frame) if index else frame, path, self.sep)
        except UnicodeEncodeError as error:
            raise self._refused(obj, str(error)) from error
        if "encoding" not in self.extra_options and delimited.holds_nul(path):
            raise self._refused(obj, "a text holds a zero character")

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
        """What `pandas.read_csv` gives, in the encoding that the file is in."""
        frame: pd.DataFrame = self._read(path, self.extra_options)
        return frame

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The rows as an array, as records or by column."""
        return tables.as_wanted(self.load(path), wanted)

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
        return not {"chunksize", "iterator"} & self.extra_options.keys()

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Columns with their dtypes in the first rows, and the number of rows."""
        head = self._read(path, {**self.extra_options, "nrows": HEAD})
        rows = len(head)
        if rows == HEAD:
            # The reader itself counts: lines are not rows where cells hold newlines. One column is kept of each chunk.
            only = {**self.extra_options, "usecols": [0], "chunksize": CHUNK, "dtype": object}
            with self._read(path, only) as chunks:
                rows = sum(map(len, chunks))
        return {"kind": "table", "rows": rows, "columns": {str(k): str(v) for k, v in head.dtypes.items()}}

    def _read(self, path: Path, options: Mapping[str, Any]) -> Any:
        """What pandas reads: in UTF-8, by its byte order mark, or else as Western European text."""
        if "encoding" in options:
            return self._parsed(path, options)
        with path.open("rb") as file:
            start = file.read(1 << 16)
        encoding = declared(start)
        if encoding in WIDE:
            return self._parsed(path, {**options, "encoding": encoding})
        if delimited.holds_nul(path):
            raise UnreadableFileError(str(path), self.name, "it is binary: it holds zero bytes")
        try:
            return self._parsed(path, options)
        except UnicodeDecodeError:
            if start != start.translate(None, CONTROLS):
                raise UnreadableFileError(str(path), self.name, "it is binary: neither text nor UTF-8") from None
        try:
            return self._parsed(path, {**options, "encoding": "cp1252"})
        except UnicodeDecodeError:
            return self._parsed(path, {**options, "encoding": "latin-1"})

    def _parsed(self, path: Path, options: Mapping[str, Any]) -> Any:
        import warnings

        import pandas as pd

        given = {"sep": self.sep, **options}
        if not {"float_precision", "engine"} & given.keys() and pd.__version__ < "3.1":
            # Before this version, the default rounds some numbers to a neighbour of the nearest.
            given["float_precision"] = "round_trip"
        if "low_memory" in given or given.get("engine", "c") != "c":
            return pd.read_csv(path, **given)
        with warnings.catch_warnings():
            # Parts of one column were read as different types: read it as one.
            warnings.simplefilter("error", pd.errors.DtypeWarning)
            try:
                return pd.read_csv(path, **given)
            except pd.errors.DtypeWarning:
                return pd.read_csv(path, **given, low_memory=False)


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
