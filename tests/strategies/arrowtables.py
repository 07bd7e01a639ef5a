"""Arrow tables of the types that a frame holds as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

TYPES: dict[Any, st.SearchStrategy[Any]] = {
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.int8(): st.integers(-128, 127),
    pa.float64(): st.floats(allow_nan=False),
    pa.bool_(): st.booleans(),
    pa.string(): st.none() | st.text(st.characters(codec="utf-8"), max_size=5),
    pa.binary(): st.none() | st.binary(max_size=5),
    pa.date32(): st.none() | st.dates(),
    pa.timestamp("us"): st.none() | st.datetimes(),
    pa.list_(pa.int64()): st.none() | st.lists(st.integers(-9, 9), max_size=3),
}


@st.composite
def arrow_tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(0, 4))
    names = draw(st.lists(st.sampled_from("abcd"), min_size=1, unique=True))
    columns = []
    for _ in names:
        kind = draw(st.sampled_from(list(TYPES)))
        columns.append(pa.array(draw(st.lists(TYPES[kind], min_size=rows, max_size=rows)), type=kind))
    return pa.table(columns, names=names)


VALUES: dict[str, st.SearchStrategy[Any]] = {"pyarrow.Table": arrow_tables()}
EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {
    (name, "pyarrow.Table"): lambda table: table.to_pandas() for name in ("parquet", "feather")
}
