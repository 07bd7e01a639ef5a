"""Frames as the cells of a worksheet and back: what Excel can hold, and what its cells become again."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from scitex_io.content.changes import change, short
from scitex_io.errors import UnsupportedTypeError
from scitex_io.losses import lose

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
MAX_TEXT = 32_767
OLDEST = 1900
WIDEST = 60  # characters: a wider column hides its neighbours


def check_names(names: Iterable[object], format_name: str) -> None:
    """Refuse what Excel does not take as the name of a sheet."""
    seen: set[str] = set()
    for name in names:
        reason = ""
        if not isinstance(name, str) or not name:
            reason = "is no text"
        elif len(name) > 31:  # Excel's limit
            reason = f"has {len(name)} characters, and 31 fit"
        elif re.search(r"[\[\]:*?/\\\x00-\x1f]", name) or name.strip("'") != name:
            reason = "has one of the characters []:*?/\\, or begins or ends with '"
        elif name.casefold() == "history" or name.casefold() in seen:
            reason = "is used by Excel" if name.casefold() == "history" else "differs from another one only in case"
        if reason:
            raise UnsupportedTypeError(format_name, "this table", reason=f"the sheet name {name!r} {reason}")
        seen.add(str(name).casefold())


def flat(frame: pd.DataFrame, index: bool | None, format_name: str) -> pd.DataFrame:
    """The frame with its index, if that says anything, as leading columns."""
    from scitex_io.content.tables import has_default_index

    if frame.columns.nlevels > 1:
        reason = "a sheet has one row of column names, not several levels"
        raise UnsupportedTypeError(format_name, "pandas.DataFrame", reason=reason)
    if index or (index is None and not has_default_index(frame)):
        lose("the index becomes leading columns")
        frame = frame.reset_index(allow_duplicates=True)
    rows, columns = frame.shape
    if rows >= MAX_ROWS or columns > MAX_COLUMNS:
        reason = f"{rows} rows and {columns} columns, where {MAX_ROWS - 1} and {MAX_COLUMNS} fit"
        raise UnsupportedTypeError(format_name, "pandas.DataFrame", reason=reason)
    return frame


def rows_of(frame: pd.DataFrame, format_name: str) -> Iterator[tuple[Any, ...]]:
    """The cells row by row, in the types that a writer of sheets knows."""
    columns = [_cells(frame.iloc[:, at], format_name) for at in range(frame.shape[1])]
    return iter(zip(*columns, strict=True))


def header_of(frame: pd.DataFrame, format_name: str) -> list[Any]:
    """The cells of the first row."""
    columns: list[Any] = list(frame.columns)
    labels = [label.item() if hasattr(label, "item") else label for label in columns]
    for label in labels:
        if label is not None and not isinstance(label, str | int | float | datetime.date):
            reason = f"the column name {label!r} is neither text, number nor date"
            raise UnsupportedTypeError(format_name, "pandas.DataFrame", reason=reason)
    return _converted(labels, "column names", format_name)


def _cells(column: pd.Series[Any], format_name: str) -> list[Any]:
    dtype = column.dtype
    kind = getattr(dtype, "kind", "O")
    if kind in "biu" and str(dtype).islower() and not hasattr(dtype, "construct_array_type"):
        return column.tolist()
    if kind == "f" and not hasattr(dtype, "construct_array_type"):
        # repr of a float32 is shorter than that of the same float64, and means the same float32 only there.
        return [value if math.isfinite(value) else _odd(value) for value in column.tolist()]
    return _converted(column.astype(object).tolist(), f"column '{column.name}'", format_name, str(dtype))


def _odd(value: float) -> str | None:
    return None if math.isnan(value) else str(value)


def _converted(values: list[Any], where: str, format_name: str, dtype: str = "object") -> list[Any]:
    ready: dict[type, Callable[[Any], Any]] = {str: _text, float: _number}
    cells = []
    for value in values:
        kind = type(value)
        if kind is bool or kind is int or value is None:
            cells.append(value)
        elif kind in ready:
            cells.append(ready[kind](value))
        else:
            try:
                cells.append(_converted_one(value, where, format_name, dtype))
            except OverflowError as error:
                reason = f"{where} of dtype {dtype} holds what is beyond the dates and durations of a cell"
                raise UnsupportedTypeError(format_name, "pandas.DataFrame", reason=reason) from error
    return cells


def _number(value: float) -> Any:
    return value if math.isfinite(value) else _odd(value)


def _text(value: str) -> str:
    if len(value) > MAX_TEXT // 2 and len(value.encode("utf-16-le")) // 2 > MAX_TEXT:
        raise UnsupportedTypeError("excel", "str", reason=f"{len(value)} characters, where {MAX_TEXT} fit in a cell")
    return value


def _converted_one(value: Any, where: str, format_name: str, dtype: str) -> Any:
    import numpy as np
    import pandas as pd

    if value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, np.bool_ | np.integer | np.floating):
        return _converted([value.item()], where, format_name)[0]
    if isinstance(value, str):
        return _text(str(value))
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            lose(f"dates with a time zone become text ({where})")
            return value.isoformat()
        return _dated(value, where)
    if isinstance(value, datetime.date):
        return _dated(datetime.datetime(value.year, value.month, value.day), where)
    if isinstance(value, pd.Timedelta):
        if value.nanoseconds:
            lose(f"durations are rounded to microseconds ({where})")
        return value.to_pytimedelta()
    if isinstance(value, datetime.time | datetime.timedelta) and getattr(value, "tzinfo", None) is None:
        return value
    reason = f"{where} of dtype {dtype} holds {type(value).__name__}: a cell takes text, numbers, booleans and dates"
    raise UnsupportedTypeError(format_name, "pandas.DataFrame", reason=reason)


def _dated(value: datetime.datetime, where: str) -> Any:
    if value.year >= OLDEST:
        plain = getattr(value, "to_pydatetime", None)
        return plain(warn=False) if plain else value
    lose(f"dates before {OLDEST} become text ({where})")
    return value.isoformat()


def widths(header: list[Any], rows: list[tuple[Any, ...]]) -> list[float]:
    """How wide each column has to be, in characters, for its name and the first rows."""
    shown = [[len(str(name)) + 2] for name in header]
    for row in rows:
        for cells, value in zip(shown, row, strict=True):
            cells.append(min(len(f"{value:.15g}" if isinstance(value, float) else str(value)) + 1, WIDEST))
    return [max(cells) for cells in shown]


# ---------------------------------------------------------------- reading


def inferred(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame of raw cells in the dtypes of pandas; a column of text stays text, whatever it looks like."""
    for at in range(frame.shape[1]):
        frame.isetitem(at, _inferred(frame.iloc[:, at]))
    if frame.index.dtype == object and frame.index.nlevels == 1:
        frame.index = frame.index.infer_objects()
    return frame


def _inferred(column: pd.Series[Any]) -> Any:
    import pandas as pd

    kind = pd.api.types.infer_dtype(column, skipna=True)
    if len(column) == 0 or kind == "string":
        return column.infer_objects()
    better = column.infer_objects()
    if better.dtype == object and kind not in {"boolean", "datetime", "date", "time", "timedelta"}:
        try:
            better = pd.to_numeric(column)
        except (TypeError, ValueError):
            return column  # text among the numbers: every cell as it is
        if better.dtype == object:
            better = column.astype("float64")  # pandas makes ints of 1e300; cells hold floats
    return better


def announce(written: pd.DataFrame, back: pd.DataFrame, sheet: str) -> None:
    """Say what differs between the frame and what the sheet gives back."""
    where = f" (sheet '{sheet}')" if sheet else ""
    if len(back) != len(written) or back.shape[1] != written.shape[1]:
        lose(f"{written.shape} rows and columns become {back.shape}{where}")
        return
    for label, other in zip(written.columns, back.columns, strict=True):
        if type(label) is not type(other) or label != other:
            lose(f"the column name {label!r} becomes {other!r}{where}")
    for at, label in enumerate(written.columns):
        if what := change(written.iloc[:, at].reset_index(drop=True), back.iloc[:, at].reset_index(drop=True)):
            lose(f"column {short(label)}: {what}{where}")
    if written.attrs:
        lose(f"attrs are dropped{where}")
