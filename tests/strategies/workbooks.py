"""Frames whose cells Excel holds, and workbooks of several."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scitex_io.content.tables import as_frame
from scitex_io.testing.values.tables import frames

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6) | st.sampled_from(
    [
        "007",
        "1.5",
        "1e5",
        "true",
        "FALSE",
        "inf",
        "=1+1",
        "=",
        "#VALUE!",
        "_x000D_",
        "_x0041_",
        "a\r\nb",
        "<r>x</r>",
        " x ",
    ]
)
WHOLE = st.integers(-(2**53), 2**53)
FRACTIONS = st.floats(allow_nan=False).map(lambda x: x + 0.5 if x.is_integer() else x) | st.sampled_from(
    [0.1 + 0.2, 1 / 3, 5e-324, 1e-7, 1.5e300]
)
INSTANTS = st.datetimes(datetime.datetime(1900, 1, 1)).map(
    lambda x: x.replace(microsecond=x.microsecond // 1000 * 1000)
)
SPANS = st.integers(0, 10**11).map(lambda x: datetime.timedelta(milliseconds=x))


def cells(rows: int) -> st.SearchStrategy[pd.Series]:
    """A column of one kind of cell."""
    kinds = [
        st.lists(kind, min_size=rows, max_size=rows).map(pd.Series)
        for kind in (WHOLE, FRACTIONS, FRACTIONS | st.just(float("nan")), TEXT, st.booleans(), INSTANTS, SPANS)
    ]
    return st.one_of(*kinds)


sheets = frames(
    column=cells,
    index=lambda rows: st.just(pd.RangeIndex(rows)),
    labels=st.lists(st.sampled_from("abcd") | TEXT | st.integers(-3, 3), min_size=1, unique=True),
    min_rows=1,
)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="[]:*?/\\'", exclude_categories=["Cc"]), min_size=1)
workbooks = st.dictionaries(
    NAMES.map(lambda name: name[:31]).filter(lambda name: name.casefold() != "history"), sheets, min_size=1, max_size=3
)
ROWS = st.integers(1, 4)
columns = st.dictionaries(
    st.sampled_from("abc"), st.just(2).flatmap(lambda n: st.lists(TEXT, min_size=n, max_size=n)), min_size=1
)


def first_sheet(obj: dict[str, Any]) -> pd.DataFrame:
    first = next(iter(obj.values()))
    return first if isinstance(first, pd.DataFrame) else as_frame(obj)


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "excel:pandas.DataFrame": sheets,
    "excel:pandas.Series": ROWS.flatmap(cells).map(lambda column: column.rename("x")),
    "excel:numpy.ndarray": hnp.arrays(np.int64, hnp.array_shapes(max_dims=2, max_side=4), elements=WHOLE)
    | hnp.arrays(np.float64, hnp.array_shapes(max_dims=2, max_side=4), elements=FRACTIONS),
    "excel:dict": columns | workbooks,
    "excel:list (scalars)": st.lists(TEXT, min_size=1) | st.lists(WHOLE, min_size=1),
    "excel:list (records)": st.lists(
        st.fixed_dictionaries({"a": TEXT, "b": WHOLE, "c": FRACTIONS}), min_size=1, max_size=4
    ),
}
EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {("excel", "dict"): first_sheet}
