"""Tables of Arrow and polars as delimited text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scitex_io.content.native import as_polars, lazy_part
from scitex_io.errors import OptionError
from scitex_io.formats.csv import delimited, reading
from scitex_io.losses import lose

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FIRST = 10_000  # rows that tell a lazy frame's dtypes


def announce_changes(table: pa.Table) -> None:
    """Tell by `lose` what the text cannot say of a table, beside what it cannot say of a DataFrame."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if table.schema.metadata:
        lose("the metadata of the schema is not stored")
    for name, column in zip(table.column_names, table.columns, strict=True):
        if len(column) and column.null_count == len(column):
            lose(f"a column without any value loads without its type (column {name!r})")
        if pa.types.is_floating(column.type) and pc.any(pc.is_nan(column)).as_py():
            lose(f"NaN loads as a missing value (column {name!r})")


def write(obj: Any, table: pa.Table, path: Path, sep: str) -> None:
    """Write the table; a polars frame by polars itself."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    frame = as_polars(obj)
    if frame is None or table.num_columns == 1:  # polars writes a lone gap as an empty line, which readers skip
        gaps = {pa.int64(): pd.Int64Dtype(), pa.uint64(): pd.UInt64Dtype(), pa.bool_(): pd.BooleanDtype()}
        delimited.write(table.to_pandas(types_mapper=gaps.get, ignore_metadata=True), path, sep)
        return
    texts = [column for column in table.columns if pa.types.is_large_string(column.type)]
    # It does not quote what ends a row for other readers.
    returns = any(pc.any(pc.match_substring(column, "\r")).as_py() for column in texts) or "\r" in "".join(
        frame.columns
    )
    frame.write_csv(path, separator=sep, quote_style="non_numeric" if returns else "necessary")


def as_arrow(read: Callable[[str], pd.DataFrame]) -> pa.Table:
    """The table that *read* gives in a dtype backend: integers beside gaps stay integers."""
    import pyarrow as pa

    try:
        frame = read("pyarrow")
    except (OverflowError, pa.ArrowException):  # integers of more than 64 bits
        frame = read("numpy_nullable")
    frame = frame.reset_index(drop=frame.index.names == [None])
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def scanned(handler: Any, path: Path) -> Any:
    """A lazy polars frame of the rows and columns that the handler asks for."""
    import polars as pl

    for option in handler.extra_options:
        raise OptionError(
            handler.name, "load", option, reason="it is an option of pandas, and polars reads lazy frames"
        )
    frame = pl.scan_csv(
        path,
        separator=handler.sep,
        null_values=sorted(delimited.MISSING),
        infer_schema_length=FIRST,
        glob=False,
    )
    if handler.columns is not None:
        frame = frame.select(handler.wanted_columns(frame.collect_schema().names(), path))
    if handler.rows is None:
        return frame
    return lazy_part(frame, reading.part_of(handler.rows, path, {"sep": handler.sep}, handler.name))
