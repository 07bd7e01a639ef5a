"""Tables of polars and Arrow as they are, without a detour through pandas."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from scitex_io.errors import UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, Fidelity
from scitex_io.losses import lose

if TYPE_CHECKING:
    import pyarrow as pa

KINDS = ("pyarrow.Table", "pyarrow.RecordBatch", "polars.DataFrame", "polars.LazyFrame", "polars.Series")
NATIVE = tuple(Accepts(kind, Fidelity.VALUE, "pandas.DataFrame") for kind in KINDS)
"""What `as_table` takes; each loads as a DataFrame, and with ``as_type=`` as it was."""
YIELDS = ("pandas.DataFrame", "pyarrow.Table", "polars.DataFrame")
LAZY = "polars.LazyFrame"


def as_table(obj: Any, format_name: str) -> pa.Table | None:
    """The Arrow table that an object of Arrow or polars is; None for any other.

    Raises
    ------
    UnsupportedTypeError
        Arrow has no type for a column: Python objects, integers of 128 bits.
    """
    import pyarrow as pa

    if isinstance(obj, pa.RecordBatch):
        return pa.Table.from_batches([obj])
    if isinstance(obj, pa.Table):
        return obj
    if (frame := as_polars(obj)) is None:
        return None
    import polars as pl

    for name, dtype in frame.schema.items():
        if dtype == pl.Object:  # Arrow would be given addresses
            raise UnsupportedTypeError(format_name, type_name(type(obj)), reason=f"column '{name}' holds objects")
    try:
        table: pa.Table = frame.to_arrow()
    except pa.ArrowException as error:
        odd = ", ".join(f"'{name}' ({dtype})" for name, dtype in frame.schema.items() if dtype.is_integer())
        reason = f"Arrow has no type for a column, one of {odd}: {error}"
        raise UnsupportedTypeError(format_name, type_name(type(obj)), reason=reason) from error
    return table


def is_frame(table: pa.Table) -> bool:
    """Does it tell of a DataFrame that it was made of, whose index is among its columns?"""
    return b"pandas" in (table.schema.metadata or {})


def as_polars(obj: Any) -> Any:
    """The polars frame that an object of polars is: a lazy one collected, a series as a column; None for any other."""
    pl = sys.modules.get("polars")
    if pl is None or not isinstance(obj, (pl.DataFrame, pl.LazyFrame, pl.Series)):
        return None
    if isinstance(obj, pl.LazyFrame):
        return obj.collect()
    return obj.to_frame(obj.name or "0") if isinstance(obj, pl.Series) else obj


def given(table: pa.Table, wanted: type) -> Any:
    """The table as `pyarrow.Table` or `polars.DataFrame`; None if *wanted* is neither."""
    import pyarrow as pa

    if wanted is pa.Table:
        return table
    if is_polars(wanted):
        import polars as pl

        return pl.from_arrow(table)
    return None


def is_polars(wanted: type, name: str = "DataFrame") -> bool:
    """Is it this class of polars?"""
    return wanted is getattr(sys.modules.get("polars"), name, None)


def announce_times(table: pa.Table) -> None:
    """Tell of the times of day that are too fine for Python's, and so for a DataFrame."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name, column in zip(table.column_names, table.columns, strict=True):
        if column.type == pa.time64("ns"):
            whole = column.cast(pa.time64("us"), safe=False).cast(pa.time64("ns"))
            if not pc.all(pc.equal(column, whole)).as_py():
                lose(f"nanoseconds of column '{name}' are only given as_type=pyarrow.Table or polars.DataFrame")


def ends(part: range) -> tuple[int, int]:
    """Where the rows of a part begin and end in the file, whichever way they run."""
    return (min(part[0], part[-1]), max(part[0], part[-1]) + 1) if part else (0, 0)


def lazy_part(frame: Any, part: range) -> Any:
    """Those rows of a lazy frame."""
    first, last = ends(part)
    frame = frame.slice(first, last - first)
    frame = frame.reverse() if part.step < 0 else frame
    return frame if abs(part.step) == 1 else frame.gather_every(abs(part.step))
