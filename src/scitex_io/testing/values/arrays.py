"""Arrays of every dtype, shape and order."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

scalar_dtypes: st.SearchStrategy[Any] = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.unsigned_integer_dtypes(endianness="?"),
    hnp.floating_dtypes(sizes=(16, 32, 64), endianness="?"),
    hnp.complex_number_dtypes(sizes=(64, 128), endianness="?"),
    hnp.datetime64_dtypes(endianness="?"),
    hnp.timedelta64_dtypes(endianness="?"),
    hnp.byte_string_dtypes(endianness="?", min_len=1, max_len=8),
    hnp.unicode_string_dtypes(endianness="?", min_len=1, max_len=8),
)
dtypes: st.SearchStrategy[Any] = st.one_of(scalar_dtypes, hnp.array_dtypes(scalar_dtypes, min_size=1, max_size=3))
shapes: st.SearchStrategy[tuple[int, ...]] = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    """One array: 0-d, empty, C or Fortran order, any dtype without objects."""
    array = draw(hnp.arrays(draw(dtypes), draw(shapes)))
    return np.asfortranarray(array) if draw(st.booleans()) else array
