"""Apache Parquet tables (.parquet)."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from scitex_io.content.columnar import Columnar
from scitex_io.content.native import LAZY, is_frame
from scitex_io.content.notes import NoteKeeper, parquet
from scitex_io.errors import OptionError
from scitex_io.handler import PassThrough, save_option
from scitex_io.typing import Verb

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = b"ARROW:schema"
ENCODING = {"use_dictionary", "use_byte_stream_split", "column_encoding", "version"}
MANY = 10_000
"""Rows; a smaller table is written as the library does by default."""
SAMPLE = 5000
"""Values that tell whether a column has many different ones."""


@frozen(kw_only=True)
class Parquet(Columnar, NoteKeeper):
    """A table, exact: every dtype, index and label that Arrow can hold.

    Parameters
    ----------
    compression
        ``"zstd"``, ``"snappy"``, ``"gzip"``, ``"brotli"``, ``"lz4"`` or None; a mapping by column.
    """

    name = "parquet"
    extensions = (".parquet",)
    yields = (*Columnar.yields, LAZY)
    bound = (LAZY,)
    magic = (b"PAR1",)
    parallel = "threads"
    library: ClassVar = {"save": "pyarrow.parquet:write_table", "load": "pyarrow.parquet:read_table"}

    compression: str | Mapping[str, str] | None = save_option("zstd")

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """What the library takes beside the table and the place."""
        taken = {"table", "where", "source", "filesystem", "partitioning", "use_pandas_metadata", "schema"}
        return frozenset(PassThrough.passes_on(self, verb)) - taken

    def write(self, table: pa.Table, path: Path, /) -> None:
        """Write the table with a checksum for each page, so that damage is noticed."""
        import pyarrow.parquet as pq

        encodings = {} if ENCODING & self.extra_options.keys() else _encodings(table)
        options = {"write_page_checksum": True, **encodings, **self.extra_options}
        pq.write_table(table, path, compression=self.compression or "none", **options)

    def outline(self, path: Path, /) -> tuple[int, pa.Schema]:
        """From the footer of the file."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as file:
            return file.metadata.num_rows, file.schema_arrow

    def read_table(self, path: Path, names: list[str] | None, /) -> pa.Table:
        """All row groups; every checksum is verified."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        options = {"page_checksum_verification": True, **self.extra_options}
        # partitioning: a folder called "day=3" would become a column.
        try:
            table = pq.read_table(path, columns=names, partitioning=None, **options)
        except pa.ArrowInvalid:
            rows, schema = self.outline(path)
            if len(set(schema.names)) == len(schema.names):
                raise
            return pa.concat_tables(self.pieces(path, names, 0, rows))  # repeated names: only so
        if is_frame(table):  # its notes tell its types
            return table
        return _as_written(table, pq.read_metadata(path).metadata or {})

    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """As entries of the footer."""
        parquet.put(path, notes)

    def note(self, path: Path, name: str, /) -> str | None:
        """The text of this name."""
        return parquet.get(path, name)

    def pieces(self, path: Path, names: list[str] | None, first: int, last: int, /) -> Iterator[pa.Table]:
        """Only the row groups that hold a row of the part."""
        import pyarrow.parquet as pq

        options = {"page_checksum_verification": True, **self.extra_options}
        if "filters" in options:
            raise OptionError(self.name, "load", "filters", reason="it chooses rows by itself: not beside rows")
        threads = options.pop("use_threads", True)
        with pq.ParquetFile(path, **options) as file:
            sizes = [file.metadata.row_group(at).num_rows for at in range(file.metadata.num_row_groups)]
            starts = [sum(sizes[:at]) for at in range(len(sizes))]
            groups = [at for at, size in enumerate(sizes) if starts[at] < last and starts[at] + size > first]
            for group in groups or [-1]:
                table = file.read_row_groups([group] if groups else [], names, use_threads=threads)
                before = starts[group] if groups else 0
                table = table.slice(max(first - before, 0), last - max(first, before))
                yield _as_written(table, file.metadata.metadata or {})

    def scan(self, path: Path, /) -> Any:
        """Read by polars itself, which verifies no checksums."""
        import polars as pl

        return pl.scan_parquet(path, glob=False, hive_partitioning=False)


def _encodings(table: pa.Table) -> dict[str, Any]:
    """How the columns are written: where nearly all values differ, a dictionary of them takes time and room."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    types = pa.types
    repeated = len(set(table.column_names)) < table.num_columns
    if table.num_rows < MANY or repeated or any(types.is_nested(field.type) for field in table.schema):
        return {}  # of nested columns each part has a name of its own
    some = pa.array(np.linspace(0, table.num_rows - 1, SAMPLE).astype(np.int64))
    with_dictionary: list[str] = []
    encodings: dict[str, str] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        plain = types.is_primitive(kind) and kind.bit_width in {32, 64}
        texts = types.is_string(kind) or types.is_large_string(kind)
        if not plain and not texts:
            with_dictionary.append(name)
            continue
        sample = column.take(some)
        if pc.count_distinct(sample).as_py() < 0.95 * SAMPLE:
            with_dictionary.append(name)
        elif types.is_floating(kind):
            encodings[name] = "BYTE_STREAM_SPLIT"  # the first bytes of all numbers, then the second ...
        elif plain:
            encodings[name] = "DELTA_BINARY_PACKED"
    return {"use_dictionary": with_dictionary, "column_encoding": encodings or None}


def _as_written(table: pa.Table, metadata: Mapping[bytes, bytes]) -> pa.Table:
    """The table in the Arrow types it was written in, where Parquet has only similar ones: seconds, dictionaries."""
    import pyarrow as pa

    if SCHEMA not in metadata:
        return table
    written = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(metadata[SCHEMA])))
    for at, name in enumerate(table.column_names):
        kind = written.field(name).type if written.names.count(name) == 1 else table.schema.field(at).type
        column = table.column(at)
        if column.type == kind:
            continue
        if pa.types.is_dictionary(kind) and not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        try:
            table = table.set_column(at, table.schema.field(at).with_type(kind), column.cast(kind))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # a file whose note does not fit its columns
            continue
    return table
