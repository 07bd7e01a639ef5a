"""Sparse and masked arrays, and labelled ones, for the array formats and the stores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scitex_io.testing.values.arrays import dtypes, scalar_dtypes

KEEPERS = ("npz", "hdf5", "zarr")
numbers = st.sampled_from(["?", "i1", "u2", "i4", "i8", "f4", "f8", "c8", "c16"]).map(np.dtype)
grids = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=4)


@st.composite
def masked(draw: st.DrawFn) -> Any:
    """A masked array with a mask for each value, one for none, or a fill value of its own."""
    # NumPy's own fill value for records of f2 overflows.
    dtype = draw(dtypes.filter(lambda dtype: "f2" not in str(dtype.descr)))
    data = draw(hnp.arrays(dtype, draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3))))
    array = np.ma.MaskedArray(data)
    if data.dtype.names is None and draw(st.booleans()):
        array = np.ma.MaskedArray(data, draw(hnp.arrays(bool, data.shape)))
    if data.dtype.kind in "iufc" and draw(st.booleans()):
        array.fill_value = 7
    return array


def sparse(layout: str) -> st.SearchStrategy[Any]:
    """A sparse array or matrix of SciPy, explicit zeros included."""

    def make(array: Any) -> Any:
        import scipy.sparse

        made = getattr(scipy.sparse, layout)(array)
        if made.format in {"csr", "csc", "coo", "bsr"} and made.data.size:
            made.data.ravel()[0] = 0
        return made

    return numbers.flatmap(lambda dtype: hnp.arrays(dtype, grids, elements=hnp.from_dtype(dtype, allow_nan=False))).map(
        make
    )


def pydata(name: str) -> st.SearchStrategy[Any]:
    """A sparse array of the library of that name, of any number of axes and any fill value."""

    def make(array: Any) -> Any:
        import sparse

        return getattr(sparse, name)(array if name != "GCXS" else sparse.COO(array))

    shapes = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3)
    return hnp.arrays(st.sampled_from(["i4", "f8", "?"]), shapes).map(make)


def cube(of: str) -> st.SearchStrategy[Any]:
    """A labelled array or data set of xarray."""

    def make(array: Any) -> Any:
        import xarray

        made = xarray.DataArray(array, dims=("a", "b"), coords={"a": np.arange(len(array)) / 2}, attrs={"unit": "V"})
        return made if of == "DataArray" else made.to_dataset(name="x")

    return hnp.arrays(float, grids).map(make)


columns = hnp.arrays(scalar_dtypes.filter(lambda dtype: dtype.kind in "biuf" and dtype.isnative), st.integers(0, 4))
indexes = st.one_of(
    columns.filter(lambda array: array.dtype != "f2").map(pd.Index),
    st.builds(pd.RangeIndex, st.integers(0, 3), st.integers(3, 9), name=st.none() | st.just("n")),
    st.lists(st.text(max_size=3), max_size=3).map(lambda texts: pd.Index(texts, dtype="str", name="t")),
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from("ab")), min_size=1, max_size=4).map(
        lambda rows: pd.MultiIndex.from_tuples(rows, names=["i", None])
    ),
    st.integers(1, 4).map(lambda count: pd.date_range("2020", periods=count, freq="D")),
    st.lists(st.sampled_from("ab"), max_size=3).map(lambda texts: pd.CategoricalIndex(texts, categories=["b", "a"])),
    st.integers(1, 4).map(lambda count: pd.interval_range(0, count)),
    st.integers(1, 4).map(lambda count: pd.period_range("2020", periods=count, freq="M")),
)
plain_indexes = columns.filter(lambda array: array.dtype != "f2").map(pd.Index)
plain_series = columns.map(pd.Series)

SCIPY = [f"{form}_{kind}" for form in ("csr", "csc", "coo", "bsr", "dia", "lil", "dok") for kind in ("array", "matrix")]
COO = ("sparse.GCXS", "sparse.DOK")
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **{f"{name}:numpy.ma.MaskedArray": masked() for name in KEEPERS},
    **{f"scipy.sparse.{layout}": sparse(layout) for layout in SCIPY},
    **{f"sparse.{name}": pydata(name) for name in ("COO", "GCXS", "DOK")},
    "xarray.DataArray": cube("DataArray"),
    "xarray.Dataset": cube("Dataset"),
    **{f"{name}:pandas.Index": indexes for name in ("hdf5", "zarr")},
    **{f"{name}:pandas.Index": plain_indexes for name in ("npy", "npz", "mat")},
    **{f"{name}:pandas.Series": plain_series for name in ("npy", "npz", "mat")},
}
EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {
    **{(name, f"scipy.sparse.lil_{kind}"): lambda m: m.tocsr() for name in KEEPERS for kind in ("array", "matrix")},
    **{(name, f"scipy.sparse.dok_{kind}"): lambda m: m.tocoo() for name in KEEPERS for kind in ("array", "matrix")},
    **{(name, kind): lambda array: array.asformat("coo") for name in KEEPERS for kind in COO},
}
