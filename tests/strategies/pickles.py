"""Objects for the formats that hold any: trees of plain values, arrays, tables and dates."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from scitex_io.testing.values.arrays import arrays
from strategies.arrays import strided

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.binary(max_size=70),
    st.binary(max_size=70).map(bytearray),
    st.datetimes(timezones=st.just(datetime.UTC)),
    st.decimals(allow_nan=False).map(decimal.Decimal),
    st.frozensets(st.integers(), max_size=3),
    arrays(),
    arrays().map(strided),
    st.lists(st.integers(0, 9), min_size=3, max_size=3).map(
        lambda values: pd.DataFrame({"a": values, "b": list("xyz")})
    ),
    st.lists(st.floats(width=32), max_size=3).map(lambda values: pd.Series(values, dtype=np.float32, name="s")),
)
objects = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers()), inner, max_size=3),
    ),
    max_leaves=6,
)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "pickle:object": objects,
    "pickle.gz:object": objects,
    "joblib:object": objects,
}
