"""Apache ORC tables (.orc)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from scitex_io.content.arrow import NOTE, from_arrow
from scitex_io.content.columnar import Columnar, width
from scitex_io.content.native import is_frame
from scitex_io.content.sinks import Sink
from scitex_io.content.tables import has_default_index
from scitex_io.errors import UnreadableFileError, UnsupportedTypeError
from scitex_io.formats.orc import process
from scitex_io.formats.orc.reading import ROWS
from scitex_io.handler import PassThrough, save_option
from scitex_io.limits import take
from scitex_io.losses import lose
from scitex_io.typing import Verb

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@frozen(kw_only=True)
class Orc(Columnar):
    """A table of plain columns: ORC has no place for notes, so what it has no type for is announced.

    Parameters
    ----------
    compression
        ``"zlib"``, ``"zstd"``, ``"snappy"``, ``"lz4"`` or None.
    """

    name = "orc"
    extensions = (".orc",)
    magic = (b"ORC",)
    notes = False
    library: ClassVar = {"save": "pyarrow.orc:write_table"}

    compression: str | None = save_option("zlib")

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """What the library takes beside the table and the place."""
        return frozenset(PassThrough.passes_on(self, verb)) - {"table", "where"}

    def to_table(self, frame: pd.DataFrame, /) -> pa.Table:
        """The frame; an index that is more than a count of the rows comes first, as columns."""
        if self.index or (self.index is None and not has_default_index(frame)):
            lose("the index loads as columns")
            frame = frame.reset_index(names=_level_names(frame), allow_duplicates=True)
        elif self.index is False:
            frame = frame.reset_index(drop=True)
        if frame.attrs:
            lose("attrs are not stored")
            frame = frame.copy(deep=False)
            frame.attrs = {}
        table = super().to_table(frame)
        plain = from_arrow(_lowered(table))
        if not plain.columns.identical(frame.columns):
            lose("column names become distinct texts")
        objects = json.loads((table.schema.metadata or {}).get(NOTE, b"{}")).get("dtypes", {})
        for at, (name, dtype) in enumerate(zip(table.column_names, frame.dtypes, strict=True)):
            if plain.dtypes.iloc[at] != dtype or (dtype.name == "object" and name in objects):
                lose(f"{dtype} loads as {plain.dtypes.iloc[at]} (column {name!r})")
        return table

    def write(self, table: pa.Table, path: Path, /) -> None:
        """Write the table in the types that ORC has."""
        from pyarrow import orc

        if not table.num_columns:
            raise UnsupportedTypeError(self.name, "pandas.DataFrame", reason="a table without columns")
        lowered = _lowered(table)
        if not is_frame(table):
            if table.schema.metadata:
                lose("the metadata of the schema is not stored")
            for name, kind, other in zip(table.column_names, table.schema.types, lowered.schema.types, strict=True):
                if _alike(kind) != other:
                    lose(f"{kind} loads as {other} (column {name!r})")
        with path.open("w+b", buffering=0) as file:
            sink = Sink(file)
            orc.write_table(lowered, sink, compression=self.compression or "uncompressed", **self.extra_options)
            sink.check()

    def outline(self, path: Path, /) -> tuple[int, pa.Schema]:
        """From the footer of the file."""
        (table,) = self._read(path, None, 0, 0)
        schema = table.schema
        return int((schema.metadata or {})[ROWS]), schema.remove_metadata()

    def read_table(self, path: Path, names: list[str] | None, /) -> pa.Table:
        """All stripes."""
        import pyarrow as pa

        return pa.concat_tables(self._read(path, names, 0, None)).replace_schema_metadata(None)

    def pieces(self, path: Path, names: list[str] | None, first: int, last: int, /) -> Iterator[pa.Table]:
        """Only the stripes that hold a row of the part."""
        for at, table in enumerate(self._read(path, names, first, last)):
            if at or last == first:
                yield table.replace_schema_metadata(None)

    def _read(self, path: Path, names: list[str] | None, first: int, last: int | None) -> Iterator[pa.Table]:
        """An empty table, then one for each stripe."""
        columns = None
        if names is not None:
            schema = self.outline(path)[1]
            columns = [schema.get_field_index(name) for name in names]
        try:
            for at, table in enumerate(
                process.read({"path": str(path), "columns": columns, "first": first, "last": last})
            ):
                if at == 0 and last is None:
                    rows = int((table.schema.metadata or {})[ROWS])
                    take(rows * width(table.schema), f"a table of {rows} rows")
                yield table
        except process.ReadError as error:
            raise UnreadableFileError(str(path), self.name, str(error)) from error


def _level_names(frame: pd.DataFrame) -> list[Any]:
    names = list(frame.index.names)
    return [(f"level_{at}" if len(names) > 1 else "index") if name is None else name for at, name in enumerate(names)]


def _lowered(table: pa.Table) -> pa.Table:
    """The table in the types that ORC has, without notes.

    Raises
    ------
    pyarrow.ArrowInvalid
        A value has no room in them.
    """
    import pyarrow as pa

    fields = [field.with_type(_lower(field.type)).remove_metadata() for field in table.schema]
    return table.replace_schema_metadata(None).cast(pa.schema(fields))


def _lower(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _lower(kind.value_type)
    if pa.types.is_timestamp(kind):
        return pa.timestamp("ns", "UTC" if kind.tz else None)
    wider = {
        pa.uint8(): pa.int16(),
        pa.uint16(): pa.int32(),
        pa.uint32(): pa.int64(),
        pa.uint64(): pa.int64(),
        pa.float16(): pa.float32(),
        pa.date64(): pa.date32(),
        pa.null(): pa.string(),
    }
    if pa.types.is_fixed_size_binary(kind):
        return pa.binary()
    return wider.get(kind, _alike(kind))


def _alike(kind: pa.DataType) -> pa.DataType:
    """The type of the same values whose layout ORC gives back."""
    import pyarrow as pa

    if pa.types.is_large_list(kind):
        return pa.list_(_alike(kind.value_type))
    texts = {pa.large_string(): pa.string(), pa.string_view(): pa.string()}
    return {**texts, pa.large_binary(): pa.binary(), pa.binary_view(): pa.binary()}.get(kind, kind)
