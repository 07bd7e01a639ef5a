"""Frames of every dtype, index and kind of column name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6)
WORDS = st.sampled_from(["", "NA", "nan", "None", "null", "True", "001", "1.5", "1e5", "inf", " ", "a,b", 'q"', "x\ny"])
NUMPY_DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float32", "float64", "datetime64[s]", "datetime64[ms]", "datetime64[us]", "datetime64[ns]"),
    *("timedelta64[s]", "timedelta64[ms]", "timedelta64[us]", "timedelta64[ns]"),
)
INSTANTS = st.datetimes(
    min_value=pd.Timestamp(1700, 1, 1).to_pydatetime(), max_value=pd.Timestamp(2200, 1, 1).to_pydatetime()
)


def numeric(rows: int) -> st.SearchStrategy[pd.Series]:
    """A column of a NumPy dtype."""

    def within(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        # Parquet keeps seconds as milliseconds and refuses what has no room there.
        return (array.view("i8") // 2000).view(array.dtype) if array.dtype.str.endswith("[s]") else array

    return st.sampled_from(NUMPY_DTYPES).flatmap(lambda dtype: hnp.arrays(dtype, rows)).map(within).map(pd.Series)


def nullable(rows: int) -> st.SearchStrategy[pd.Series]:
    """A column of one of pandas' own dtypes with gaps."""

    def of(dtype: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[pd.Series]:
        gaps = st.lists(st.none() | values, min_size=rows, max_size=rows)
        return gaps.map(lambda found: pd.Series(found, dtype=dtype))

    return st.one_of(
        of("Int64", st.integers(-(2**63), 2**63 - 1)),
        of("UInt8", st.integers(0, 255)),
        of("Float64", st.floats(allow_nan=False)),
        of("boolean", st.booleans()),
        of("string", TEXT | WORDS),
    )


def text(rows: int) -> st.SearchStrategy[pd.Series]:
    """A column of text: of dtype ``str`` where pandas has it, or of objects with None."""

    def series(found: list[Any]) -> pd.Series:
        return pd.Series(found, dtype=None if found and any(isinstance(x, str) for x in found) else "object")

    plain = st.lists(TEXT | WORDS, min_size=rows, max_size=rows)
    gaps = st.lists(TEXT | WORDS | st.none(), min_size=rows, max_size=rows)
    return plain.map(series) | gaps.map(lambda found: pd.Series(found, dtype="object"))


def categorical(rows: int) -> st.SearchStrategy[pd.Series]:
    """A column of categories, ordered or not."""
    categories = st.lists(TEXT, min_size=1, max_size=4, unique=True) | st.lists(
        st.integers(-5, 5), min_size=1, max_size=4, unique=True
    )

    def drawn(found: list[Any]) -> st.SearchStrategy[pd.Series]:
        codes = st.lists(st.integers(-1, len(found) - 1), min_size=rows, max_size=rows)
        return st.builds(
            lambda chosen, ordered: pd.Series(pd.Categorical.from_codes(chosen, pd.Index(found), ordered=ordered)),
            codes,
            st.booleans(),
        )

    return categories.flatmap(drawn)


def zoned(rows: int) -> st.SearchStrategy[pd.Series]:
    """A column of instants with a time zone."""
    zones = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Tokyo", "+05:30"])
    return st.builds(
        lambda found, zone: pd.Series(
            pd.DatetimeIndex(found, dtype="datetime64[ns]").tz_localize("UTC").tz_convert(zone)
        ),
        st.lists(INSTANTS, min_size=rows, max_size=rows),
        zones,
    )


def columns(rows: int) -> st.SearchStrategy[pd.Series]:
    """A column of any storable dtype."""
    return st.one_of(numeric(rows), nullable(rows), text(rows), categorical(rows), zoned(rows))


def indexes(rows: int) -> st.SearchStrategy[pd.Index]:
    """Every kind of index; the plain count most often."""
    names = st.none() | TEXT
    plain = st.just(pd.RangeIndex(rows))

    def of(values: st.SearchStrategy[Any], dtype: str) -> st.SearchStrategy[pd.Index]:
        return st.builds(
            lambda found, name: pd.Index(found, dtype=dtype, name=name),
            st.lists(values, min_size=rows, max_size=rows),
            names,
        )

    words = of(TEXT, "object" if pd.__version__ < "3" else "str")
    whole = of(st.integers(-(2**63), 2**63 - 1), "int64")
    return st.one_of(
        plain,
        plain,
        plain,
        st.builds(
            lambda start, step, name: pd.RangeIndex(start, start + rows * step, step, name=name),
            st.integers(-9, 9),
            st.sampled_from([1, 2, -3]),
            names,
        ),
        words,
        whole,
        of(st.floats(allow_nan=False), "float64"),
        of(INSTANTS, "datetime64[ns]"),
        st.builds(
            lambda one, other: pd.MultiIndex.from_arrays([one, other], names=[one.name, other.name]), words, whole
        ),
    )


LABELS = st.lists(st.sampled_from(["a", "b", "Unnamed: 0", "index", "x y"]) | TEXT, unique=True)
ODD_LABELS = st.lists(st.integers(-3, 3) | TEXT | st.none() | st.sampled_from([1.5, True, ("a", 1)]))


@st.composite
def frames(
    draw: st.DrawFn,
    column: Callable[[int], st.SearchStrategy[pd.Series]] = columns,
    index: Callable[[int], st.SearchStrategy[pd.Index]] = indexes,
    labels: st.SearchStrategy[list[Any]] = LABELS | ODD_LABELS,
    min_rows: int = 0,
) -> pd.DataFrame:
    """A frame: any dtype in each column, any index, column names that repeat or are no text."""
    rows = draw(st.integers(min_rows, 5))
    names = draw(labels)[:4]
    parts = [draw(column(rows)).array for _ in names]
    frame = pd.DataFrame(dict(enumerate(parts)), index=pd.RangeIndex(rows))
    frame.columns = pd.Index(names, tupleize_cols=False) if names else pd.Index([], dtype="object")
    frame.index = draw(index(rows))
    return frame


series: st.SearchStrategy[pd.Series] = st.builds(
    lambda frame, name: frame.iloc[:, 0].rename(name),
    frames(labels=st.just(["a"])),
    st.none() | st.sampled_from(["a", "value"]) | TEXT,
)
