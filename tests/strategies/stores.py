"""Trees of anything, for the formats that keep anything: HDF5 and Zarr."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scitex_io.testing.values.arrays import arrays, scalar_dtypes
from strategies.arrays import VALUES as ARRAYS

zones = st.sampled_from([None, dt.UTC, dt.timezone(dt.timedelta(hours=-3)), ZoneInfo("Europe/Berlin")])
texts = st.text(st.characters(exclude_categories=()), max_size=6)  # with NULs and lone surrogates
integers = st.integers() | st.integers(-(2**70), 2**70)
moments = st.datetimes(timezones=zones, allow_imaginary=False)
plain = st.one_of(
    st.none(),
    st.booleans(),
    integers,
    st.floats(),
    st.complex_numbers(),
    texts,
    st.binary(max_size=6),
    moments,
    st.dates(),
    st.times(timezones=zones),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.uuids(),
)
scalars = scalar_dtypes.flatmap(lambda dtype: hnp.arrays(dtype, ())).map(lambda array: array[()])


def _columns(rows: int) -> st.SearchStrategy[Any]:
    def of(values: st.SearchStrategy[Any], dtype: Any) -> st.SearchStrategy[Any]:
        return st.lists(values, min_size=rows, max_size=rows).map(lambda drawn: pd.array(drawn, dtype=dtype))

    missing = st.none()
    days = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1))
    return st.one_of(
        of(st.floats(width=32), "float32"),
        of(st.integers(-128, 127), "int8"),
        of(st.booleans(), "bool"),
        of(st.integers(-(2**63), 2**63 - 1) | missing, "Int64"),
        of(st.booleans() | missing, "boolean"),
        of(st.text(max_size=4) | missing, "string"),
        of(st.text(max_size=4) | missing, "str"),
        of(st.sampled_from("ab") | missing, pd.CategoricalDtype(["b", "a"], ordered=True)),
        of(days | missing, "datetime64[us]"),
        of(days | missing, "datetime64[us, Europe/Berlin]"),
        of(st.timedeltas(dt.timedelta(-9), dt.timedelta(9)), "timedelta64[us]"),
        of(st.integers(-50, 50).map(lambda at: pd.Period(ordinal=at, freq="M")), "period[M]"),
        of(st.integers(-9, 9) | missing, "int64[pyarrow]"),
        st.lists(
            st.none() | st.text(max_size=3) | st.integers() | st.binary(max_size=2), min_size=rows, max_size=rows
        ).map(lambda drawn: pd.Series(drawn, dtype=object)),
    )


@st.composite
def frames(draw: st.DrawFn) -> Any:
    """A frame of columns of any dtype, with any labels and an index of its own."""
    rows = draw(st.integers(0, 4))
    labels = draw(st.lists(texts | st.integers(0, 9), max_size=4))
    frame = pd.DataFrame({at: draw(_columns(rows)) for at in range(len(labels))}, index=range(rows))
    frame.columns = pd.Index(labels, dtype=object) if labels else frame.columns
    if draw(st.booleans()) and rows:
        frame.index = pd.Index(draw(_columns(rows).filter(lambda array: array.dtype != "float16")), name=draw(texts))
    return frame


series = frames().filter(lambda frame: len(frame.columns) > 0).map(lambda frame: frame.iloc[:, 0])
hashable = st.recursive(plain.filter(lambda value: value == value), lambda inner: st.tuples(inner, inner), max_leaves=3)
keys = texts | st.integers() | st.none() | st.booleans() | st.tuples(st.integers(), texts)
leaves = plain | scalars | arrays() | series | frames()
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(texts, inner, max_size=3),
    ),
    max_leaves=6,
)
flat = st.one_of(
    st.lists(st.integers(), max_size=5),
    st.lists(st.floats(), max_size=5),
    st.lists(texts, max_size=5),
    st.lists(st.lists(st.booleans(), min_size=2, max_size=2), max_size=3),
    st.lists(st.none() | st.integers() | st.floats() | texts | st.lists(st.integers(), max_size=2), max_size=5),
)

_STORED: dict[str, st.SearchStrategy[Any]] = {
    "dict": st.dictionaries(keys, trees, max_size=4),
    "list": flat | st.lists(trees, max_size=3),
    "tuple": st.lists(trees, max_size=3).map(tuple),
    "set": st.sets(hashable, max_size=4),
    "frozenset": st.frozensets(hashable, max_size=4),
    "str": texts,
    "bytes": st.binary(max_size=9),
    "bytearray": st.binary(max_size=9).map(bytearray),
    "bool": st.booleans(),
    "int": integers | st.integers(2**5000, 2**5001),
    "float": st.floats(),
    "complex": st.complex_numbers(),
    "NoneType": st.none(),
    "datetime.datetime": moments,
    "datetime.date": st.dates(),
    "datetime.time": st.times(timezones=zones),
    "datetime.timedelta": st.timedeltas(),
    "decimal.Decimal": st.decimals(allow_nan=False),
    "uuid.UUID": st.uuids(),
    "numpy.ndarray": arrays(),
    "numpy.memmap": ARRAYS["numpy.memmap"],
    "pandas.DataFrame": frames(),
    "pandas.Series": series,
    "numpy.str_": hnp.arrays(hnp.unicode_string_dtypes(min_len=1, max_len=4), ()).map(lambda array: array[()]),
    "numpy.bytes_": hnp.arrays(hnp.byte_string_dtypes(min_len=1, max_len=4), ()).map(lambda array: array[()]),
    "numpy.datetime64": hnp.arrays(hnp.datetime64_dtypes(), ()).map(lambda array: array[()]),
    "numpy.timedelta64": hnp.arrays(hnp.timedelta64_dtypes(), ()).map(lambda array: array[()]),
    "numpy.void": hnp.arrays(np.dtype([("a", "<i4"), ("b", "U2"), ("c", ">f8")]), ()).map(lambda array: array[()])
    | st.binary(min_size=1, max_size=5).map(np.void),
    "numpy.longdouble": st.integers(-9, 9).map(lambda value: np.longdouble(value) / 3),
    "numpy.clongdouble": st.integers(-9, 9).map(lambda value: np.clongdouble(value) / 3),
    **{
        f"numpy.{name}": hnp.arrays(np.dtype(name), ()).map(lambda array: array[()])
        for name in (
            *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
            *("float16", "float32", "float64", "complex64", "complex128"),
        )
    },
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    f"{name}:{kind}": values for name in ("hdf5", "zarr") for kind, values in _STORED.items()
}
EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("hdf5", "numpy.memmap"): np.asarray,
    ("zarr", "numpy.memmap"): np.asarray,
}
