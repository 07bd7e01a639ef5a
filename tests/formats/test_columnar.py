"""What the table formats have in common: tables of polars and Arrow, rows and columns of a file, streams."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optional import needs
from same import difference, same
from scitex_io import (
    LossError,
    LossyWarning,
    MissingKeyError,
    OptionError,
    UnexpectedTypeError,
    UnsupportedTypeError,
    load,
    save,
)
from scitex_io.disk.memo import get_cache_info
from scitex_io.formats.arrow import Arrow
from scitex_io.formats.avro import Avro
from scitex_io.formats.csv import Csv
from scitex_io.formats.orc import Orc
from scitex_io.formats.parquet import Parquet
from scitex_io.testing.values.tables import frames
from strategies.columnar import VALUES, orc_frames, polars_frames

needs("polars", "fastavro")
import polars as pl  # noqa: E402  # after the skip

EXACT = [".parquet", ".feather", ".arrow", ".avro"]
COLUMNAR = [*EXACT, ".orc"]
ALL = [*COLUMNAR, ".csv", ".tsv"]
WORDS = pd.DataFrame({"n": range(9), "x": np.arange(9) / 7, "s": [f"w{at}" for at in range(9)]})
SLICES = st.builds(slice, *[st.none() | st.integers(-7, 7)] * 2, st.none() | st.sampled_from([1, 2, 3, -1, -2]))


def small_pieces(path: Path, frame: pd.DataFrame) -> Path:
    """The frame in a file of several row groups, batches or stripes of two rows."""
    options: dict[str, Any] = {".parquet": {"row_group_size": 2}, ".csv": {}, ".tsv": {}, ".avro": {}, ".orc": {}}
    return save(frame, path, verbose=False, on_loss="allow", **options.get(path.suffix, {"chunksize": 2}))


# ---------------------------------------------------------------- as it was


@pytest.mark.parametrize("kind", ["polars.DataFrame", "pyarrow.Table"])
@pytest.mark.parametrize("extension", ALL)
@given(data=st.data())
def test_a_table_comes_back_as_it_was_when_asked_for_as_its_type(
    extension: str, kind: str, data: st.DataObject, tmp_path: Path
) -> None:
    obj = data.draw(VALUES[f"{extension[1:]}:{kind}"])
    path = tmp_path / f"a{extension}"
    try:
        save(obj, path, verbose=False, on_loss="error")
    except LossError:
        assume(False)  # announced
    loaded = load(path, as_type=type(obj), cache=False)

    if isinstance(obj, pa.Table):
        obj, loaded = plain(obj), plain(loaded)
    assert difference(loaded, obj) is None


def plain(table: pa.Table) -> pa.Table:
    """Without the widths of offsets, which ORC and text do not know."""
    names = {pa.large_string(): pa.string(), pa.string_view(): pa.string()}
    return table.cast(pa.schema([part.with_type(names.get(part.type, part.type)) for part in table.schema]))


@pytest.mark.parametrize("extension", ALL)
def test_lazy_frames_series_and_batches_are_tables(extension: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    path = tmp_path / f"a{extension}"

    for obj in (frame.lazy(), frame.to_arrow().to_batches()[0]):
        save(obj, path, verbose=False, on_loss="error")
        assert same(load(path, as_type=pl.DataFrame, cache=False), frame)
    save(frame["b"], path, verbose=False, on_loss="error")
    assert same(load(path, as_type=pl.DataFrame, cache=False), frame.select("b"))
    save(pl.Series([1.5]), path, verbose=False, on_loss="error")
    assert same(load(path, cache=False), pd.DataFrame({"0": [1.5]}))


@pytest.mark.parametrize("extension", COLUMNAR)
@pytest.mark.parametrize("dtype", [pl.Object, pl.Int128])
def test_what_arrow_has_no_type_for_is_refused(extension: str, dtype: Any, tmp_path: Path) -> None:
    frame = pl.DataFrame({"fine": [1], "x": pl.Series([2**100], dtype=dtype)})

    with pytest.raises(UnsupportedTypeError, match="x"):
        save(frame, tmp_path / f"a{extension}", on_loss="allow")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("extension", EXACT)
def test_times_too_fine_for_python_are_announced(extension: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"at": pl.Series([1001], dtype=pl.Time)})

    with pytest.warns(LossyWarning, match="nanoseconds of column 'at'"):
        path = save(frame, tmp_path / f"a{extension}", verbose=False)

    assert same(load(path, as_type=pl.DataFrame), frame)


@pytest.mark.parametrize("extension", EXACT)
@pytest.mark.parametrize(("dtype", "number"), [("Int64", -(2**53) - 1), ("UInt64", 2**64 - 1)])
def test_integers_beside_gaps_are_not_rounded(extension: str, dtype: Any, number: int, tmp_path: Path) -> None:
    table = pa.table({"a": pa.array([number, None], pa.int64() if dtype == "Int64" else pa.uint64()), "b": [1, None]})

    loaded = load(save(table, tmp_path / f"a{extension}", verbose=False))

    assert same(loaded, pd.DataFrame({"a": pd.array([number, None], dtype), "b": [1.0, np.nan]}))


@pytest.mark.parametrize("extension", EXACT)
def test_the_index_of_a_frame_is_columns_of_other_tables(extension: str, tmp_path: Path) -> None:
    path = save(pd.DataFrame({"a": [1]}, index=pd.Index(["x"], name="k")), tmp_path / f"a{extension}", verbose=False)

    assert load(path, as_type=pl.DataFrame).to_dict(as_series=False) == {"a": [1], "k": ["x"]}
    assert load(path, as_type=pa.Table).to_pydict() == {"a": [1], "k": ["x"]}


@pytest.mark.parametrize("extension", [".orc", ".csv", ".tsv"])
def test_a_table_made_of_a_frame_is_that_frame_where_notes_are_not_kept(extension: str, tmp_path: Path) -> None:
    table = pa.Table.from_pandas(pd.DataFrame({"a": [1]}, index=pd.Index(["x"], name="k")))

    with pytest.warns(LossyWarning, match="the index loads as columns"):
        path = save(table, tmp_path / f"a{extension}", verbose=False)
    assert same(load(path), pd.DataFrame({"k": ["x"], "a": [1]}))

    noted = pa.table({"a": [1], "b": [2]}).replace_schema_metadata({"unit": "V"})
    with pytest.raises(LossError, match="metadata of the schema"):
        save(noted, path, on_loss="error")


@pytest.mark.parametrize("extension", ALL)
def test_repeated_names_of_a_table_are_kept_or_announced(extension: str, tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], schema=pa.schema([("a", pa.int64())] * 2))
    path = tmp_path / f"a{extension}"

    if extension in {".csv", ".tsv"}:
        with pytest.raises(LossError, match="repeated column names"):
            save(table, path, verbose=False, on_loss="error")
    else:
        save(table, path, verbose=False, on_loss="error")
        assert load(path, as_type=pa.Table).equals(table)
        assert load(path).to_numpy().tolist() == [[1, 2]]


@pytest.mark.parametrize("extension", [*EXACT, ".csv"])
def test_a_geometry_is_never_dropped_silently(extension: str, tmp_path: Path) -> None:
    geopandas = pytest.importorskip("geopandas")
    places = geopandas.GeoDataFrame({"a": [1]}, geometry=geopandas.points_from_xy([1], [2]))

    with pytest.raises(UnsupportedTypeError, match="geometry"):
        save(places, tmp_path / f"a{extension}", on_loss="allow")


# ---------------------------------------------------------------- a part of a file


@pytest.mark.parametrize("extension", COLUMNAR)
@given(data=st.data(), rows=SLICES)
def test_a_part_is_what_it_is_of_the_whole(extension: str, data: st.DataObject, rows: slice, tmp_path: Path) -> None:
    names = st.lists(st.sampled_from(["a", "b", "x y", "Unnamed: 0"]), min_size=1, unique=True)
    frame = data.draw(orc_frames() if extension == ".orc" else frames(labels=names))
    path = small_pieces(tmp_path / f"a{extension}", frame)
    whole = load(path, cache=False)
    columns = data.draw(st.none() | st.lists(st.sampled_from(list(whole.columns)), unique=True))

    part = load(path, rows=rows, columns=columns, cache=False)

    expected = (whole if columns is None else whole[columns]).iloc[rows]
    if part.shape[1]:
        assert difference(part, expected) is None
    else:
        assert list(part.index) == list(expected.index)


@pytest.mark.parametrize("extension", [".csv", ".tsv"])
@given(rows=SLICES, columns=st.none() | st.lists(st.sampled_from(["n", "x", "s"]), min_size=1, unique=True))
def test_a_part_of_text_is_what_it_is_of_the_whole(
    extension: str, rows: slice, columns: list[str] | None, tmp_path: Path
) -> None:
    path = save(WORDS, tmp_path / f"a{extension}", verbose=False)

    part = load(path, rows=rows, columns=columns, cache=False)

    expected = (WORDS if columns is None else WORDS[columns]).iloc[rows]
    # Without a row there are no dtypes in text.
    assert difference(part, expected) is None if len(expected) else part.shape == expected.shape


@pytest.mark.parametrize("wanted", [pl.DataFrame, pl.LazyFrame, pa.Table])
@pytest.mark.parametrize("extension", ALL)
@given(rows=SLICES)
def test_a_part_is_the_same_as_any_type(extension: str, wanted: Any, rows: slice, tmp_path: Path) -> None:
    if wanted is pl.LazyFrame and extension in {".orc", ".avro"}:
        pytest.skip("not lazy")
    path = small_pieces(tmp_path / f"a{extension}", WORDS)
    part = load(path, rows=rows, columns=["s", "n"], as_type=wanted, cache=False)

    expected = WORDS[["s", "n"]].iloc[rows].to_dict("list")
    if wanted is pa.Table:
        assert part.to_pydict() == expected
    else:
        assert part.lazy().collect().to_dict(as_series=False) == expected


@pytest.mark.parametrize("extension", ALL)
def test_a_column_that_is_not_there_is_an_error_that_lists_them(extension: str, tmp_path: Path) -> None:
    path = save(WORDS, tmp_path / f"a{extension}", verbose=False)

    for wanted in (pd.DataFrame, pl.DataFrame, pa.Table):
        with pytest.raises(MissingKeyError, match="'nothing'; it holds 'n', 'x', 's'"):
            load(path, columns=["n", "nothing"], as_type=wanted)
    with pytest.raises(OptionError, match="a slice is wanted"):
        load(path, rows=3)


def test_only_the_row_groups_asked_for_are_read(tmp_path: Path) -> None:
    path = save(WORDS, tmp_path / "a.parquet", verbose=False, row_group_size=3)
    content = bytearray(path.read_bytes())
    content[4 : 4 + 60] = bytes(60)  # the first row group
    path.write_bytes(content)

    assert same(load(path, rows=slice(3, 9)), WORDS.iloc[3:9])
    with pytest.raises(ValueError, match=r"a\.parquet"):
        load(path, rows=slice(0, 1))


@pytest.mark.parametrize("handler", [Parquet(), Arrow(), Orc(), Avro(), Csv()], ids=lambda handler: handler.name)
def test_a_stream_gives_the_table_in_pieces(handler: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scitex_io.formats.csv.reading.ROWS", 2)
    path = small_pieces(tmp_path / f"a{handler.extensions[0]}", WORDS)

    pieces = list(handler.stream(path))

    assert same(pd.concat([piece for piece in pieces if len(piece)]), WORDS)
    assert len(pieces) > 3 or handler.name in {"orc", "avro"}
    assert same(handler.load_part(path, slice(2, 5)), WORDS.iloc[2:5])
    chosen = handler.with_options({"columns": ["s"], "rows": slice(1, 4)}, "load")
    assert same(pd.concat([piece for piece in chosen.stream(path) if len(piece)]), WORDS[["s"]].iloc[1:4])


# ---------------------------------------------------------------- lazy frames


@pytest.mark.parametrize("extension", [".parquet", ".feather", ".arrow", ".csv", ".tsv"])
def test_a_lazy_frame_reads_the_file_and_is_never_cached(extension: str, tmp_path: Path) -> None:
    path = save(pl.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]}), tmp_path / f"a{extension}", verbose=False)
    kept = get_cache_info()["metadata_size"]

    lazy = load(path, as_type=pl.LazyFrame)

    assert lazy.filter(pl.col("a") > 1).select("b").collect().to_series().to_list() == ["y", "z"]
    assert get_cache_info()["metadata_size"] == kept
    # It may be changed and saved over the file that it reads.
    save(lazy.with_columns(pl.col("a") * 2), path, verbose=False)
    assert load(path)["a"].tolist() == [2, 4, 6]


@pytest.mark.parametrize("extension", [".parquet", ".arrow", ".csv"])
def test_a_compressed_file_gives_no_lazy_frame(extension: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [1, 2]})
    path = save(frame, tmp_path / f"a{extension}.gz", verbose=False)

    with pytest.raises(UnexpectedTypeError, match="has to be plain"):
        load(path, as_type=pl.LazyFrame)

    assert same(load(path, as_type=pl.DataFrame), frame)
    assert same(load(path, as_type=pl.DataFrame, rows=slice(1, None)), frame[1:])


def test_a_format_that_cannot_be_lazy_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnexpectedTypeError, match="LazyFrame"):
        load(save(WORDS, tmp_path / "a.orc", verbose=False), as_type=pl.LazyFrame)


def test_options_of_pandas_do_not_go_with_a_lazy_frame(tmp_path: Path) -> None:
    path = save(WORDS, tmp_path / "a.csv", verbose=False)

    with pytest.raises(OptionError, match="option of pandas"):
        load(path, as_type=pl.LazyFrame, dtype=str)

    assert load(path, as_type=pl.DataFrame, dtype=str)["n"].to_list()[:2] == ["0", "1"]


# ---------------------------------------------------------------- other tables


def datasets() -> Iterator[Any]:
    xr = pytest.importorskip("xarray")
    array = xr.DataArray([[1, 2], [3, 4]], dims=["x", "y"], coords={"x": ["p", "q"]}, name="v")
    yield array
    yield array.to_dataset()


@pytest.mark.parametrize("extension", [*ALL, ".xlsx"])
def test_labelled_arrays_are_saved_in_long_form(extension: str, tmp_path: Path) -> None:
    long = pd.DataFrame({"x": ["p", "p", "q", "q"], "y": [0, 1, 0, 1], "v": [1, 2, 3, 4]})

    for obj in datasets():
        assert same(load(save(obj, tmp_path / f"a{extension}", verbose=False, on_loss="error"), cache=False), long)
        obj.attrs["unit"] = "V"
        with pytest.raises(LossError, match="attrs of xarray"):
            save(obj, tmp_path / f"b{extension}", on_loss="error")


@pytest.mark.parametrize("extension", EXACT)
def test_indexes_and_masked_arrays_are_columns(extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{extension}"
    levels = pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["k", None])
    masked = np.ma.MaskedArray([[1, 2], [3, 4]], np.array([[False, True], [False, False]]))

    assert same(load(save(levels, path, verbose=False, on_loss="error")), pd.DataFrame({"k": ["x", "y"], "1": [1, 2]}))
    expected = pd.DataFrame({"0": [1, 3], "1": pd.array([None, 4], "Int64")})
    assert same(load(save(masked, path, verbose=False, on_loss="error")), expected)


def test_a_sparse_matrix_is_no_table(tmp_path: Path) -> None:
    import scipy.sparse

    with pytest.raises(UnsupportedTypeError, match=r"it stores pandas\.DataFrame"):
        save(scipy.sparse.eye(3), tmp_path / "a.parquet")


@given(frame=polars_frames(plain=True))
def test_pandas_reads_from_text_of_polars_what_we_read(frame: Any, tmp_path: Path) -> None:
    path = save(frame, tmp_path / "a.csv", verbose=False, on_loss="allow")

    assert difference(load(path, cache=False), pd.read_csv(path)) is None


@pytest.mark.parametrize("word", ["a\rb", "a\nb", 'a"b', "a,b", " ", "\ufeffa", "é"])
def test_words_that_need_quotes_come_back_from_text(word: str, tmp_path: Path) -> None:
    for frame in (pl.DataFrame({"s": [word, "x"], "n": [1, 2]}), pl.DataFrame({"s": [word, "x"]})):
        path = save(frame, tmp_path / "a.csv", verbose=False, on_loss="error")
        assert same(load(path, as_type=pl.DataFrame, cache=False), frame)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pl.DataFrame({"a": ["x", ""]}), "'' loads as a missing value"),
        (pl.DataFrame({"a": [1.5, float("nan")]}), "NaN loads as a missing value"),
        (pl.DataFrame({"a": [1], "b": [None]}), "without any value"),
        (pl.DataFrame({"a": [1], "b": pl.Series([None], dtype=pl.Float64)}), "without any value"),
        (pl.DataFrame({"a": ["1", "2"]}), "looks like numbers"),
        (pl.DataFrame({"a": [datetime.datetime(2020, 1, 1)]}), "dates load as text"),
        (pl.DataFrame({"a": [True, None]}), "objects load as"),
    ],
)
def test_what_text_cannot_say_of_a_table_is_announced(frame: Any, words: str, tmp_path: Path) -> None:
    for obj in (frame, frame.to_arrow()):
        with pytest.raises(LossError, match=words):
            save(obj, tmp_path / "a.csv", on_loss="error")


@pytest.mark.parametrize("values", [[[1]], [{"a": 1}], [b"x"]])
def test_text_refuses_what_is_no_cell(values: list[Any], tmp_path: Path) -> None:
    for obj in (pl.DataFrame({"a": values, "b": [1]}), pa.table({"a": values, "b": [1]})):
        with pytest.raises(UnsupportedTypeError):
            save(obj, tmp_path / "a.csv", on_loss="allow")

    assert list(tmp_path.iterdir()) == []


def test_a_table_that_is_read_whole_cannot_be_lazy(tmp_path: Path) -> None:
    needs("fastavro")
    path = save(pd.DataFrame({"a": [1]}), tmp_path / "a.avro", verbose=False)

    for ask in (lambda: load(path, as_type=pl.LazyFrame), lambda: Avro().load_as(path, pl.LazyFrame)):
        with pytest.raises(UnexpectedTypeError, match=r"a\.avro.*polars\.LazyFrame"):
            ask()
