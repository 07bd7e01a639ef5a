"""Columns of a frame as SQLite holds them and back.

SQLite knows integers of 64 bits, floats, text, bytes and NULL, and lets every cell of a column hold any of them.
What a column means beyond that stands in the type that the schema declares for it, in the words of SQL:
``BOOLEAN``, ``DATE``, ``TIME``, ``TIMESTAMP(6)`` (the digits behind the seconds), ``TIMESTAMPTZ(6)`` (in UTC).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any

from scitex_io.content.changes import change, short
from scitex_io.errors import UnsupportedTypeError
from scitex_io.forms import duration
from scitex_io.limits import take
from scitex_io.losses import lose

if TYPE_CHECKING:
    import sqlite3

    import pandas as pd

DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
UNITS = {str(digits): unit for unit, digits in DIGITS.items()}
MOMENTS = {"TIMESTAMP", "DATETIME", "TIMESTAMPTZ"}
BOOLEANS = {"BOOLEAN", "BOOL"}
PIECE = 64  # rows that are computed at a time
CELL = 8
"""Bytes of a value's place in a row."""
SAFE = 2**53  # integers up to here are floats too


def lowered(column: pd.Series[Any], label: Hashable) -> tuple[str, list[Any]]:
    """The declared type of a column, and its cells.

    What will not come back is announced; what SQLite cannot hold is refused.
    """
    import numpy as np

    dtype = str(column.dtype)
    kind = getattr(column.dtype, "kind", "O")
    if dtype in _EXACT:
        if kind == "f" and ((column == 0) & np.signbit(column)).any():
            lose(f"column {short(label)}: -0.0 becomes 0.0")
        return _EXACT[dtype], _cells(column) if dtype == "str" else column.tolist()  # SQLite makes NULL of NaN
    if kind == "M":
        return _moments(column, label)
    if kind == "m":
        lose(f"column {short(label)}: durations become text")
        try:
            spans = column.astype("timedelta64[ns]").astype("int64")
        except ValueError as error:
            raise _refused(label, dtype, "it holds a duration of more than 292 years") from error
        gaps = column.isna()
        return "TEXT", [None if gap else duration(span) for span, gap in zip(spans, gaps, strict=True)]
    values = [_plain(value, label, dtype) for value in _cells(column)]
    kinds = {datetime.datetime if isinstance(value, datetime.datetime) else type(value) for value in values}
    kinds.discard(type(None))
    if kinds == {datetime.datetime}:
        import pandas as pd

        try:
            moments = pd.to_datetime(pd.Series(values, dtype=object))
        except ValueError as error:  # several time zones in one column
            raise _refused(label, dtype, str(error)) from error
        lose(f"column {short(label)}: {dtype} becomes {moments.dtype}")
        return _moments(moments, label)
    declared = _declared(column, kinds, label, dtype)
    if declared in {"DATE", "TIME"}:
        values = [None if value is None else value.isoformat() for value in values]
    elif bool in kinds and len(kinds) > 1:
        lose(f"column {short(label)}: truth values become numbers beside other values")
    back = grown(declared, [int(value) if type(value) is bool else value for value in values])
    if what := change(column.reset_index(drop=True), back):
        lose(f"column {short(label)}: {what}")
    return declared, values


def _cells(column: pd.Series[Any]) -> list[Any]:
    """The values as Python's own objects, gaps as None."""
    cells: list[Any] = column.astype(object).where(column.notna(), None).tolist()
    return cells


def _plain(value: Any, label: Hashable, dtype: str) -> Any:
    import numpy as np

    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | datetime.date) or type(value) in _FORMS:
        return value
    if isinstance(value, datetime.time) and value.tzinfo is None:
        return value
    for kind, form in _FORMS.items():
        if isinstance(value, kind):
            return form(value)
    raise _refused(label, dtype, f"it holds {type(value).__name__}")


def _refused(label: Hashable, dtype: str, why: str) -> UnsupportedTypeError:
    reason = f"column {short(label)} of dtype {dtype}: {why}; a cell takes numbers, text, bytes and dates"
    return UnsupportedTypeError("sqlite", "pandas.DataFrame", reason=reason)


_EXACT = {"int64": "INTEGER", "bool": "BOOLEAN", "str": "TEXT", "float64": "REAL"}
_FORMS: dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__float__,
    str: str.__str__,
    **dict.fromkeys((bytes, bytearray, memoryview), bytes),
}
_WORDS: dict[frozenset[type], str] = {
    frozenset(kinds): word
    for kinds, word in (
        ({bool}, "BOOLEAN"),
        ({int}, "INTEGER"),
        ({float}, "REAL"),
        ({str}, "TEXT"),
        ({bytes}, "BLOB"),
        ({datetime.date}, "DATE"),
        ({datetime.time}, "TIME"),
    )
}


def _declared(column: pd.Series[Any], kinds: set[type], label: Hashable, dtype: str) -> str:
    if not kinds:
        kind = getattr(column.dtype, "kind", "O")
        text = "TEXT" if dtype == "string" else ""
        return {"b": "BOOLEAN", "i": "INTEGER", "u": "INTEGER", "f": "REAL"}.get(kind, text)
    if word := _WORDS.get(frozenset(kinds)):
        return word
    if kinds & {datetime.date, datetime.time, datetime.datetime}:
        raise _refused(label, dtype, "dates stand beside other values")
    return ""  # without a type, every cell stays as it is


def _moments(column: pd.Series[Any], label: Hashable) -> tuple[str, list[Any]]:
    import numpy as np
    import pandas as pd

    zoned = isinstance(column.dtype, pd.DatetimeTZDtype)
    if zoned:
        if str(column.dt.tz) != "UTC":
            lose(f"column {short(label)}: the time zone {column.dt.tz} becomes UTC")
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    try:
        years = column.dt.year
    except ValueError as error:
        raise _refused(label, str(column.dtype), "it holds a date outside of the years 1 to 9999") from error
    if ((years < 1) | (years > 9999)).any():
        raise _refused(label, str(column.dtype), "it holds a date outside of the years 1 to 9999")
    end = "+00:00" if zoned else ""
    texts = [text.replace("T", " ") + end for text in np.datetime_as_string(column.to_numpy()).tolist()]
    cells = [None if gap else text for gap, text in zip(column.isna(), texts, strict=True)]
    unit, _ = np.datetime_data(column.dtype)  # type: ignore[arg-type]  # of NumPy, now that it has no zone
    return f"{'TIMESTAMPTZ' if zoned else 'TIMESTAMP'}({DIGITS[unit]})", cells


def labels_of(frame: pd.DataFrame) -> list[str]:
    """The names of the columns, as SQLite tells them apart; what else the labels say is announced."""
    if frame.columns.nlevels > 1 or not frame.shape[1]:
        reason = "a table has at least one column, and one name for each"
        raise UnsupportedTypeError("sqlite", "pandas.DataFrame", reason=reason)
    if not all(type(label) is str for label in frame.columns):
        lose("names of columns that are no text become text")
    if frame.columns.name is not None:
        lose("the name of the columns is dropped")
    if frame.attrs:
        lose("attrs are dropped")
    labels = [str(label) for label in frame.columns]
    check_names(labels, "column")
    return labels


def check_names(names: Iterable[Any], what: str) -> None:
    """Refuse names that SQLite does not take or does not tell apart."""
    seen: set[str] = set()
    for name in names:
        reason = ""
        if not isinstance(name, str) or "\0" in name or (what == "table" and not name):
            reason = "is no text"
        elif what == "table" and name.lower().startswith("sqlite_"):
            reason = "is SQLite's own"
        elif name.lower() in seen:
            reason = "stands twice, for SQLite takes capital letters for small ones"
        if reason:
            raise UnsupportedTypeError("sqlite", "this table", reason=f"the {what} name {name!r} {reason}")
        seen.add(str(name).lower())


# ---------------------------------------------------------------- reading


def fetched(cursor: sqlite3.Cursor) -> list[Any]:
    """All rows, held to the limit: what is computed may be more than the file."""
    rows: list[Any] = []
    while piece := cursor.fetchmany(PIECE):
        texts = sum(len(value) for row in piece for value in row if isinstance(value, (str, bytes)))
        take(texts + CELL * len(piece) * len(piece[0]), f"a result of more than {len(rows)} rows")
        rows += piece
    return rows


def frame_of(rows: list[Any], labels: list[str], declared: list[str]) -> pd.DataFrame:
    """The rows of a table or of a query's result."""
    import pandas as pd

    columns = [list(cells) for cells in zip(*rows, strict=True)] if rows else [[] for _ in labels]
    series = {at: grown(kind, cells) for at, (kind, cells) in enumerate(zip(declared, columns, strict=True))}
    frame = pd.DataFrame(series, index=pd.RangeIndex(len(rows)), copy=False)
    frame.columns = pd.Index(labels)
    return frame


def grown(declared: str, values: list[Any]) -> pd.Series[Any]:
    """The cells as a column: what the declared type means, if they all agree with it, else what they are."""
    import numpy as np
    import pandas as pd

    word = (re.match(r"\w*", declared.upper()) or [""])[0]
    kinds = set(map(type, values))
    gaps = type(None) in kinds
    kinds.discard(type(None))
    if kinds <= {str} and (found := _dated(word, declared, values)) is not None:
        return found
    if word in BOOLEANS and kinds <= {int} and not {*values} - {0, 1, None}:
        return pd.Series(values, dtype="boolean" if gaps else "bool")
    if not kinds:
        empty: pd.Series[Any] = pd.Series(values, dtype=_affinity(declared.upper(), gaps=gaps))
        return empty
    if kinds == {int}:
        return pd.Series(pd.array(values, dtype="Int64") if gaps else np.array(values, dtype="int64"))
    if kinds == {float} or (kinds == {int, float} and all(abs(v) <= SAFE for v in values if type(v) is int)):
        return pd.Series(np.array(values, dtype="float64"))  # None becomes NaN
    return pd.Series(values) if kinds == {str} else pd.Series(values, dtype=object)


def _affinity(declared: str, *, gaps: bool) -> Any:
    """The dtype of a column without any value, by SQLite's own rules."""
    import pandas as pd

    if "INT" in declared:
        return "Int64" if gaps else "int64"
    if any(part in declared for part in ("CHAR", "CLOB", "TEXT")):
        return pd.Series(["a"]).dtype
    return "float64" if any(part in declared for part in ("REAL", "FLOA", "DOUB")) else "object"


def _dated(word: str, declared: str, values: list[Any]) -> pd.Series[Any] | None:
    """Dates, times or moments, if the declared type says so and every text is one."""
    import pandas as pd

    try:
        if word in {"DATE", "TIME"}:
            kind = datetime.date if word == "DATE" else datetime.time
            return pd.Series([None if v is None else kind.fromisoformat(v) for v in values], dtype=object)
        if word not in MOMENTS:
            return None
        moments = pd.to_datetime(pd.Series(values, dtype=object), format="ISO8601")
        if moments.dtype.kind != "M":
            return None
        if not any(values) and word == "TIMESTAMPTZ":
            moments = moments.dt.tz_localize("UTC")
        digits = re.search(r"\((\d)\)", declared)
        unit = UNITS.get(digits[1] if digits else "6", "us")
        exact = moments.dt.as_unit(unit)  # type: ignore[arg-type]  # one of DIGITS
        return exact if ((exact == moments) | moments.isna()).all() else moments
    except ValueError:
        return None
