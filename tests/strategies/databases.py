"""Frames whose columns SQLite holds, and databases of several tables."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scitex_io.testing.values.tables import INSTANTS, TEXT, WORDS, frames
from strategies.tables import column_dicts, lists_of_scalars, read, records

MOMENTS = st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31))
WHOLE = st.integers(-(2**63), 2**63 - 1)


def columns(rows: int) -> st.SearchStrategy[pd.Series]:
    """A column that comes back as it is, but for some that are announced."""

    def of(values: st.SearchStrategy[Any], dtype: Any = None, *, gaps: bool = False) -> st.SearchStrategy[pd.Series]:
        kind = st.lists(values | st.none() if gaps else values, min_size=rows, max_size=rows)
        return kind.map(lambda found: pd.Series(found, dtype=dtype))

    text = pd.Series(["a"]).dtype
    return st.one_of(
        of(WHOLE, "int64"),
        of(st.floats(), "float64"),
        of(st.booleans(), "bool"),
        of(TEXT | WORDS | st.just("a\0b"), text),
        of(TEXT, text, gaps=True),
        of(WHOLE, "Int64", gaps=True),
        of(st.booleans(), "boolean", gaps=True),
        of(st.binary(max_size=4), object, gaps=True),
        of(st.dates(), object, gaps=True),
        of(st.times(), object, gaps=True),
        of(WHOLE | TEXT | st.binary(max_size=4), object, gaps=True),
        of(st.integers(-128, 127), "int8"),
        *(of(MOMENTS.map(lambda x: x.replace(microsecond=0)), f"datetime64[{unit}]") for unit in ("s", "ms")),
        of(MOMENTS, "datetime64[us]", gaps=True),
        of(INSTANTS, "datetime64[ns]"),
        of(MOMENTS, "datetime64[us]").map(lambda column: column.dt.tz_localize("UTC")),
    )


labels = st.lists(
    st.sampled_from(["a", "b", "x y", 'q"', "Unnamed: 0", "select"]) | TEXT,
    min_size=1,
    max_size=3,
    unique_by=str.lower,
)
tables = frames(columns, lambda rows: st.just(pd.RangeIndex(rows)), labels)
names = TEXT.filter(lambda name: name and not name.lower().startswith("sqlite_"))
databases = st.lists(st.tuples(names, tables), min_size=1, max_size=2, unique_by=lambda part: part[0].lower()).map(dict)
plain = st.sampled_from(["bool", "int8", "int64", ">i4", "uint32", "float32", "float64", ">f8", "<U4"])
arrays = plain.flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=4))
) | plain.flatmap(lambda dtype: hnp.arrays([("a", dtype), ("b", "i8")], 3))

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "sqlite:dict (frames by the name of their table)": databases,
    "sqlite:dict (columns of equal length)": column_dicts(),
    "sqlite:pandas.DataFrame": tables,
    "sqlite:pandas.Series": tables.map(lambda frame: frame.iloc[:, 0]),
    "sqlite:numpy.ndarray": arrays,
    "sqlite:list (records)": records(),
    "sqlite:list (scalars)": lists_of_scalars(),
}


def one_table(obj: Any) -> dict[str, pd.DataFrame]:
    return {"data": read(obj)}


EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("sqlite", kind): one_table for kind in ("dict", "pandas.DataFrame", "pandas.Series", "numpy.ndarray", "list")
}
SAMPLES: dict[str, Callable[[], Any]] = {
    "sqlite": lambda: {
        "a": pd.DataFrame({"x": range(400), "y": np.random.default_rng(0).random(400), "z": ["text"] * 400}),
        "b": pd.DataFrame({"x": [1, 2]}),
    }
}
