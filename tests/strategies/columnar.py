"""Tables of Arrow and polars, and what else the table formats store: indexes, masked and labelled arrays."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scitex_io.content.arrow import from_arrow
from scitex_io.content.native import as_polars
from scitex_io.testing.values.tables import frames, indexes, text
from strategies.tables import read

WORD = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=5)
LATER = st.datetimes(datetime.datetime(1971, 1, 1), datetime.datetime(2200, 1, 1))
SIGNED = {bits: st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)}
UNSIGNED = {bits: st.integers(0, 2**bits - 1) for bits in (8, 16, 32, 64)}
FLOAT = st.floats(allow_nan=False, allow_subnormal=False)

PLAIN: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.int64(): SIGNED[64],
    pa.float64(): FLOAT,
    pa.bool_(): st.booleans(),
    pa.string(): WORD,
}
TYPES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    **PLAIN,
    pa.int8(): SIGNED[8],
    pa.uint32(): UNSIGNED[32],
    pa.uint64(): UNSIGNED[64],
    pa.float32(): st.floats(allow_nan=False, width=32),
    pa.large_string(): WORD,
    pa.string_view(): WORD,
    pa.binary(): st.binary(max_size=5),
    pa.binary(2): st.binary(min_size=2, max_size=2),
    pa.date32(): st.dates(),
    pa.timestamp("s"): LATER.map(lambda at: at.replace(microsecond=0)),
    pa.timestamp("us"): LATER,
    pa.timestamp("ns", "Asia/Tokyo"): LATER.map(lambda at: at.replace(tzinfo=datetime.UTC)),
    pa.time32("s"): st.times().map(lambda at: at.replace(microsecond=0)),
    pa.time64("us"): st.times(),
    pa.duration("us"): st.timedeltas(datetime.timedelta(-99), datetime.timedelta(99)),
    pa.decimal128(9, 2): st.integers(-(10**6), 10**6).map(lambda n: Decimal(n).scaleb(-2)),
    pa.list_(pa.int64()): st.lists(st.integers(-9, 9), max_size=3),
    pa.struct([("a", pa.int64()), ("b", pa.string())]): st.fixed_dictionaries({"a": SIGNED[64], "b": WORD}),
    pa.dictionary(pa.int8(), pa.string()): st.sampled_from("xyz"),
    pa.dictionary(pa.int16(), pa.int64()): st.sampled_from([5, 7]),
}
ORC = {kind: TYPES[kind] for kind in (*PLAIN, pa.int8(), pa.float32(), pa.binary(), pa.date32(), pa.decimal128(9, 2))}
GAPLESS = (pa.bool_(), pa.int8(), pa.uint32())  # a DataFrame has other types for these beside gaps


@st.composite
def arrow_tables(draw: st.DrawFn, types: Any = TYPES, min_rows: int = 0, gaps: bool = True) -> pa.Table:
    """A table of any types."""
    rows = draw(st.integers(min_rows, 4))
    names = draw(st.lists(st.sampled_from(["a", "b", "x y", "é"]), min_size=1, unique=True))
    columns = []
    for _ in names:
        kind = draw(st.sampled_from(list(types)))
        values = types[kind] if not gaps or kind in GAPLESS else types[kind] | st.none()
        columns.append(pa.array(draw(st.lists(values, min_size=rows, max_size=rows)), type=kind))
    return pa.table(columns, names=names)


@st.composite
def polars_frames(draw: st.DrawFn, plain: bool = False) -> Any:
    """A polars frame of any dtypes, or of those that text keeps."""
    import polars as pl

    kinds: list[tuple[Any, st.SearchStrategy[Any]]] = [
        (pl.Int64, SIGNED[64]),
        (pl.Float64, FLOAT),
        (pl.Boolean, st.booleans()),
        (pl.String, WORD.map(lambda word: f"w{word}") if plain else WORD),
    ]
    if plain:
        kinds += [(pl.String, st.none())]
    else:
        kinds += [
            (pl.Int8, SIGNED[8]),
            (pl.UInt64, UNSIGNED[64]),
            (pl.Float32, st.floats(width=32)),
            (pl.Date, st.dates()),
            (pl.Time, st.times()),
            (pl.Datetime("ms"), LATER.map(lambda at: at.replace(microsecond=0))),
            (pl.Datetime("us", "Asia/Tokyo"), LATER.map(lambda at: at.replace(tzinfo=datetime.UTC))),
            (pl.Duration("ns"), st.timedeltas(datetime.timedelta(-99), datetime.timedelta(99))),
            (pl.Decimal(9, 2), st.integers(-(10**6), 10**6).map(lambda n: Decimal(n).scaleb(-2))),
            (pl.Binary, st.binary(max_size=5)),
            (pl.Categorical, st.sampled_from("xyz")),
            (pl.Enum(["x", "y", "z"]), st.sampled_from("xz")),
            (pl.List(pl.Int16), st.lists(st.integers(-9, 9) | st.none(), max_size=3)),
            (pl.Array(pl.Int8, 2), st.lists(st.integers(-9, 9), min_size=2, max_size=2)),
            (pl.Struct({"a": pl.Int64, "b": pl.String}), st.fixed_dictionaries({"a": SIGNED[64], "b": WORD})),
            (pl.Null, st.none()),
        ]
    rows = draw(st.integers(1, 4))  # where there are no rows, not every format knows categories
    names = draw(st.lists(st.sampled_from(["a", "b", "x y", "é"]), min_size=1, unique=True))
    columns = []
    for name in names:
        kind, values = draw(st.sampled_from(kinds))
        gaps = st.none() | values if not plain or kind == pl.Float64 else values
        columns.append(pl.Series(name, draw(st.lists(gaps, min_size=rows, max_size=rows)), dtype=kind))
    return pl.DataFrame(columns)


def orc_frames() -> st.SearchStrategy[pd.DataFrame]:
    """Frames that ORC keeps, most of the time."""

    def column(rows: int) -> st.SearchStrategy[pd.Series]:
        kinds = st.sampled_from(["float64", "int64", "int8", "bool", "float32"])
        return kinds.flatmap(lambda dtype: hnp.arrays(dtype, rows)).map(pd.Series) | text(rows)

    labels = st.lists(st.sampled_from(["a", "b", "x y", "Unnamed: 0"]), min_size=1, unique=True)
    return frames(column, lambda rows: st.just(pd.RangeIndex(rows)), labels)


def masked(few: bool = False) -> st.SearchStrategy[Any]:
    """1-d and 2-d arrays with gaps; without any, and of few dtypes, where the format keeps no others."""
    shapes = hnp.array_shapes(min_dims=1, max_dims=2, max_side=3)
    kinds = ["bool", "int64", "float64"]
    dtypes = st.sampled_from(
        kinds if few else ["bool", "int16", "int64", ">i4", "uint64", "float32", "float64", "<U3", "datetime64[ns]"]
    )

    def of(array: Any) -> st.SearchStrategy[Any]:
        masks = st.just(False) if few else hnp.arrays(bool, array.shape) | st.just(False)
        return masks.map(lambda mask: np.ma.MaskedArray(array, mask))

    return st.tuples(dtypes, shapes).flatmap(lambda drawn: hnp.arrays(*drawn, elements=_elements(drawn[0]))).flatmap(of)


def _elements(dtype: str) -> st.SearchStrategy[Any] | None:
    return st.text("ab", max_size=2) if dtype == "<U3" else None


@st.composite
def labelled_arrays(draw: st.DrawFn) -> Any:
    """A small array of xarray."""
    import xarray as xr

    shape = draw(hnp.array_shapes(min_dims=1, max_dims=2, max_side=3))
    dims = ["x", "y"][: len(shape)]
    coords = {"x": [f"at {at}" for at in range(shape[0])]} if draw(st.booleans()) else {}
    values = draw(hnp.arrays(st.sampled_from(["int64", "float64"]), shape))
    return xr.DataArray(values, coords=coords, dims=dims, name=draw(st.none() | st.just("v")))


NATIVE = ("parquet", "feather", "arrow", "orc", "avro", "csv", "tsv")
OTHERS = ("pandas.Index", "numpy.ma.MaskedArray", "xarray.DataArray", "xarray.Dataset")
FORMATS = ("parquet", "feather", "arrow", "orc", "avro", "csv", "tsv", "excel", "sqlite")
SIMPLE = {"csv", "tsv", "orc", "excel", "sqlite"}
# What the formats without notes, which have fewer types, keep.
FEW = {"orc": arrow_tables(ORC), "csv": arrow_tables(PLAIN, 1, gaps=False), "tsv": arrow_tables(PLAIN, 1, gaps=False)}

PLAIN_INDEX = st.one_of(
    st.lists(SIGNED[32]).map(lambda found: pd.Index(found, dtype="int64", name="n")),
    st.lists(FLOAT).map(lambda found: pd.Index(found, dtype="float64")),
)
INDEX = st.integers(0, 4).flatmap(indexes)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "orc:pandas.DataFrame": orc_frames(),
    "orc:pandas.Series": orc_frames().map(lambda frame: frame.iloc[:, 0]),
}
for name in FORMATS:
    VALUES |= {
        f"{name}:pandas.Index": PLAIN_INDEX if name in SIMPLE else INDEX,
        f"{name}:numpy.ma.MaskedArray": masked(few=name in SIMPLE),
        f"{name}:xarray.DataArray": labelled_arrays(),
        f"{name}:xarray.Dataset": labelled_arrays().map(lambda array: array.to_dataset(name="v")),
    }
for name in NATIVE:
    arrows = FEW.get(name, arrow_tables())
    polar = polars_frames(plain=name in FEW)
    VALUES |= {
        f"{name}:pyarrow.Table": arrows,
        f"{name}:pyarrow.RecordBatch": arrows.map(
            lambda table: pa.RecordBatch.from_pylist(table.to_pylist(), table.schema)
        ),
        f"{name}:polars.DataFrame": polar,
        f"{name}:polars.LazyFrame": polar.map(lambda frame: frame.lazy()),
        f"{name}:polars.Series": polar.map(lambda frame: frame.to_series()),
    }


def loaded(obj: Any) -> pd.DataFrame:
    """The frame that a table of Arrow or polars loads as."""
    if isinstance(obj, pa.RecordBatch):
        return from_arrow(pa.Table.from_batches([obj]))
    return from_arrow(obj if isinstance(obj, pa.Table) else as_polars(obj).to_arrow())


EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {
    **{(name, kind): read for name in FORMATS for kind in OTHERS},
    **{("sqlite", kind): lambda obj: {"data": read(obj)} for kind in OTHERS},
    **{
        (name, kind): loaded
        for name in NATIVE
        for kind in ("pyarrow.Table", "pyarrow.RecordBatch", "polars.DataFrame", "polars.LazyFrame", "polars.Series")
    },
}

_RANDOM = np.random.default_rng(0)


def _sample() -> pd.DataFrame:
    return pd.DataFrame({"a": range(40), "b": _RANDOM.random(40), "c": [f"text {n}" for n in range(40)]})


SAMPLES: dict[str, Callable[[], Any]] = dict.fromkeys(("arrow", "orc", "avro"), _sample)
