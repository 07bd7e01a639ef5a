"""Variables as MATLAB knows them, and others that change on the way."""

from __future__ import annotations

import string
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pandas as pd
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scitex_io.formats.mat import HEADER

letters = string.ascii_letters + string.digits + "_"
names = st.builds(str.__add__, st.sampled_from(string.ascii_letters), st.text(letters, max_size=62))
dtypes = st.one_of(
    hnp.integer_dtypes(endianness="="),
    hnp.unsigned_integer_dtypes(endianness="="),
    hnp.floating_dtypes(sizes=(32, 64), endianness="="),
    hnp.complex_number_dtypes(sizes=(64, 128), endianness="="),
)
arrays = hnp.arrays(dtypes, hnp.array_shapes(min_dims=2, max_dims=4, min_side=0, max_side=3))
changing = st.one_of(st.floats(), st.text(string.printable, max_size=4), st.lists(st.integers(-9, 9), max_size=3))
variables = st.dictionaries(names, arrays, max_size=4)
mixed = st.dictionaries(names, st.one_of(arrays, changing), max_size=4)


def loaded(given: Any) -> dict[str, Any]:
    """The variables behind the three entries that every loaded file has."""
    return {"__header__": HEADER.strip(), "__version__": "1.0", "__globals__": []} | dict(given)


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "mat:dict": st.one_of(variables, variables, mixed),
    "mat:collections.abc.Mapping": variables.map(MappingProxyType),
    "mat:pandas.DataFrame": st.dictionaries(
        names, st.lists(st.floats(), min_size=2, max_size=2), min_size=1, max_size=3
    ).map(pd.DataFrame),
}
EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("mat", "dict"): loaded,
    ("mat", "collections.abc.Mapping"): loaded,
}
