"""What is a table besides frames, and frames for formats that keep few kinds of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scitex_io.content.tables import as_frame
from scitex_io.losses import collecting
from scitex_io.testing.values.tables import TEXT, WORDS, frames, series

SCALAR = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | TEXT


@st.composite
def column_dicts(draw: st.DrawFn) -> dict[str, Any]:
    """Columns of equal length by name: lists, tuples, arrays, Series."""
    rows = draw(st.integers(1, 4))
    column = st.one_of(
        *(
            st.lists(of, min_size=rows, max_size=rows)
            for of in (st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), TEXT)
        ),
        st.lists(st.floats(), min_size=rows, max_size=rows).map(tuple),
        hnp.arrays(st.sampled_from(["float64", "int64", "bool", "<U3"]), rows, elements=None),
        st.lists(st.floats(), min_size=rows, max_size=rows).map(lambda found: pd.Series(found, dtype="float64")),
    )
    return draw(st.dictionaries(st.sampled_from("abcdef"), column, min_size=1, max_size=4))


@st.composite
def records(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows by name, some with gaps."""
    names = draw(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3, unique=True))
    kinds = [draw(st.sampled_from([st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), TEXT])) for _ in names]
    rows = draw(st.lists(st.tuples(*kinds), min_size=1, max_size=4))
    found = [dict(zip(names, row, strict=True)) for row in rows]
    if len(found) > 1 and len(names) > 1 and draw(st.integers(0, 9)) == 0:
        found[-1].popitem()
    return found


def lists_of_scalars() -> st.SearchStrategy[list[Any]]:
    """Scalars of one kind."""
    kinds = (st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), TEXT)
    return st.one_of(*(st.lists(kind, min_size=1, max_size=5) for kind in kinds))


def lists_of_frames() -> st.SearchStrategy[list[pd.DataFrame]]:
    """Tables of the same columns."""
    return delimited_frames().flatmap(lambda frame: st.integers(1, 3).map(lambda times: [frame] * times))


@st.composite
def table_arrays(draw: st.DrawFn, few: bool = False) -> Any:
    """1-d and 2-d arrays, and 1-d ones with named fields; of few dtypes where the format keeps no others."""
    kinds = ["bool", "int64", "float64", ">f8"]
    plain = st.sampled_from(kinds if few else [*kinds, "int8", ">i4", "uint64", "float32", "<U4"])
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=4))
    if draw(st.integers(0, 3)) == 0:
        dtype: Any = [(name, draw(plain)) for name in "abc"[: draw(st.integers(1, 3))]]
        return draw(hnp.arrays(dtype, shape[:1]))
    array = draw(hnp.arrays(draw(plain), shape))
    return np.asfortranarray(array) if draw(st.booleans()) else array


def delimitable(rows: int) -> st.SearchStrategy[pd.Series]:
    """A column that delimited text keeps: most of the time."""
    kinds = st.sampled_from(["float64", "int64", "bool"]).flatmap(lambda dtype: hnp.arrays(dtype, rows)).map(pd.Series)
    words = st.lists(TEXT.map(lambda word: f"x{word}") | WORDS, min_size=rows, max_size=rows)
    return kinds | words.map(lambda found: pd.Series(["word", *found]).iloc[1:])


def delimited_frames() -> st.SearchStrategy[pd.DataFrame]:
    """Frames that delimited text keeps, most of the time."""
    labels = st.lists(st.sampled_from(["a", "b", "Unnamed: 0", "NA", "1"]) | TEXT.filter(bool), min_size=1, unique=True)
    return frames(delimitable, lambda rows: st.just(pd.RangeIndex(rows)), labels, min_rows=1)


FORMATS = ("csv", "tsv", "parquet", "feather", "arrow", "orc", "avro", "excel")
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "pandas.DataFrame": frames(),
    "pandas.Series": series,
    **{f"{name}:pandas.DataFrame": delimited_frames() for name in ("csv", "tsv")},
    **{f"{name}:pandas.Series": delimited_frames().map(lambda frame: frame.iloc[:, 0]) for name in ("csv", "tsv")},
    **{f"{name}:numpy.ndarray": table_arrays(few=name in {"csv", "tsv", "orc"}) for name in FORMATS},
    **{f"{name}:dict": column_dicts() for name in FORMATS},
    **{f"{name}:list (records)": records() for name in FORMATS},
    **{f"{name}:list (scalars)": lists_of_scalars() for name in FORMATS},
    **{f"{name}:list (tables of the same columns)": lists_of_frames() for name in ("csv", "tsv")},
    **{f"{name}:int": st.integers(-(2**63), 2**63 - 1) for name in FORMATS},
    **{f"{name}:float": st.floats() for name in FORMATS},
    **{f"{name}:bool": st.booleans() for name in FORMATS},
}


def read(obj: Any) -> pd.DataFrame:
    """The table that is expected; what changes on the way was announced by the save."""
    with collecting():
        return as_frame(obj)


KINDS = ("pandas.Series", "numpy.ndarray", "dict", "list", "int", "float", "bool")
EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {(name, kind): read for name in FORMATS for kind in KINDS}
