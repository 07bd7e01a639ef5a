from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from same import difference, same
from scitex_io import (
    LossError,
    LossyWarning,
    MissingKeyError,
    OptionError,
    UnreadableFileError,
    UnsupportedTypeError,
    info,
    load,
    save,
)

BOTH = pytest.mark.parametrize("extension", [".parquet", ".feather"])


def objects(*values: Any) -> pd.Series:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return pd.Series(column, dtype=object)


COLUMNS: dict[str, Any] = {
    "big-endian": pd.Series(np.array([1, 2, 3], dtype=">i4")),
    "float16": pd.Series([1, 2, 3], dtype="float16"),
    "whole seconds": pd.Series(pd.to_datetime(["2020-01-01", "NaT", "2021-01-01"])).astype("datetime64[s]"),
    "whole seconds with a zone": pd.Series(pd.to_datetime(["2020", "NaT", "2021"]).tz_localize("UTC").as_unit("s")),
    "python strings": pd.Series(["a", None, "b"], dtype="string[python]"),
    "arrow dtype": pd.Series([1, None, 3], dtype="int64[pyarrow]"),
    "arrow strings": pd.Series(["a", None, "b"], dtype=pd.ArrowDtype(pa.string())),
    "sparse": pd.Series(pd.arrays.SparseArray([0, 0, 1])),
    "period": pd.Series(pd.period_range("2020", periods=3, freq="M")),
    "interval": pd.Series(pd.interval_range(0, 3)),
    "categories in order": pd.Series(pd.Categorical(["b", "a", None], ["b", "a", "unused"], ordered=True)),
    "integer categories": pd.Series(pd.Categorical([1, 2**60 + 1, None], [2**60 + 1, 1, 5])),
    "truth categories": pd.Series(pd.Categorical([True, False, None])),
    "cut": pd.Series(pd.cut([1, 2, 3], 2)),
    "zoned categories": pd.Series(pd.Categorical(pd.to_datetime(["2020", "2021", "2020"]).tz_localize("Asia/Tokyo"))),
    "mixed categories": pd.Series(pd.Categorical(objects("a", 1, None))),
    "no categories": pd.Series(pd.Categorical([None] * 3)),
    "text objects": objects("a", None, "b"),
    "integer objects": objects(1, None, 3),
    "float objects": objects(1.5, 2.5, 3.5),
    "truth objects": objects(True, None, False),
    "bytes": objects(b"a", None, b"\0"),
    "dates": objects(datetime.date(1, 1, 1), None, datetime.date(2020, 1, 1)),
    "lists": objects([1, 2], None, []),
    "arrays": objects(np.array([1, 2]), None, np.array([3])),
}
LABELS: dict[str, Any] = {
    "counted": pd.RangeIndex(2),
    "numbers": pd.Index([5, 7]),
    "objects": pd.Index(["a", "b"], dtype=object),
    "truths": pd.Index([True, False]),
    "mixed": pd.Index([0, "a"]),
    "gaps": pd.Index(["a", None]),
    "tuples": pd.Index([("a", 1), ("b", 2)], tupleize_cols=False),
    "levels": pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", None]),
    "dates": pd.to_datetime(["2020", "2021"]).tz_localize("Europe/Berlin"),
    "spans": pd.to_timedelta(["1s", "2s"]),
    "periods": pd.period_range("2020", periods=2, freq="M"),
    "intervals": pd.interval_range(0, 2),
    "categories": pd.CategoricalIndex(["b", "a"], categories=["b", "a", "c"], ordered=True),
    "twice": pd.Index(["a", "a"]),
    "nullable": pd.Index([1, 2], dtype="Int64"),
    "named by a tuple": pd.Index(["a", "b"], name=("q", 1)),
    "named by a number": pd.Index(["a", "b"], name=0),
}
MIXED = {"mixed", "tuples"}  # as labels of columns only: as an index they would be a mixed column


@BOTH
@pytest.mark.parametrize("kind", COLUMNS)
def test_a_column_comes_back_in_its_dtype(extension: str, kind: str, tmp_path: Path) -> None:
    frame = COLUMNS[kind].to_frame("x")
    assert kind.endswith("objects") <= (frame["x"].dtype == object)

    loaded = load(save(frame, tmp_path / f"a{extension}", on_loss="error"))

    assert difference(loaded, frame) is None
    if frame["x"].dtype == object:
        assert list(map(type, loaded["x"])) == list(map(type, frame["x"]))


@BOTH
@pytest.mark.parametrize("rows", [0, 1])
def test_categories_survive_without_any_row(extension: str, rows: int, tmp_path: Path) -> None:
    frame = COLUMNS["categories in order"].to_frame("x").iloc[:rows]

    assert same(load(save(frame, tmp_path / f"a{extension}")), frame)


@BOTH
@pytest.mark.parametrize("kind", LABELS)
def test_column_labels_of_any_kind_come_back(extension: str, kind: str, tmp_path: Path) -> None:
    frame = pd.DataFrame(np.arange(4.0).reshape(2, 2), columns=LABELS[kind])

    assert difference(load(save(frame, tmp_path / f"a{extension}", on_loss="error")), frame) is None


@BOTH
@pytest.mark.parametrize("kind", sorted(LABELS.keys() - MIXED))
def test_an_index_of_any_kind_comes_back(extension: str, kind: str, tmp_path: Path) -> None:
    frame = pd.DataFrame(np.arange(4.0).reshape(2, 2), columns=["a", "b"], index=LABELS[kind])

    loaded = load(save(frame, tmp_path / f"a{extension}", on_loss="error"))

    assert difference(loaded, frame) is None
    assert getattr(loaded.index, "freq", None) == getattr(frame.index, "freq", None)


@BOTH
@pytest.mark.parametrize("index", [pd.RangeIndex(3), pd.RangeIndex(5, 1, -2, name="q"), pd.Index(["a", "b"], name="x")])
def test_a_frame_without_columns_keeps_its_index(extension: str, index: pd.Index[Any], tmp_path: Path) -> None:
    frame = pd.DataFrame(index=index)

    assert same(load(save(frame, tmp_path / f"a{extension}")), frame)


@BOTH
def test_the_index_named_like_a_column_stays_apart(extension: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "__index_level_0__": [3, 4]}, index=pd.Index([5, 6], name="a"))

    assert same(load(save(frame, tmp_path / f"a{extension}")), frame)


@BOTH
def test_index_false_drops_the_index(extension: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=["x", "y"])

    loaded = load(save(frame, tmp_path / f"a{extension}", index=False))

    assert same(loaded, frame.reset_index(drop=True))


@BOTH
def test_attrs_come_back_or_are_announced(extension: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1]})
    frame.attrs = {"unit": "V", "gain": [1, 2.5]}
    path = save(frame, tmp_path / f"a{extension}", on_loss="error")
    assert frame.attrs == load(path).attrs

    frame.attrs["table"] = np.eye(2)

    with pytest.warns(LossyWarning, match="attrs that JSON cannot hold"):
        save(frame, path)


@BOTH
@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (pd.Series([1j]), "column 'x' of dtype complex128"),
        (objects(1, "a"), "column 'x' of dtype object"),
        (objects({1}, {2}), "column 'x' of dtype object"),
        (objects({"a": 1}, {"b": 2}), "column 'x' of dtype object"),
        (objects(2**70), "column 'x' of dtype object"),
        (objects(object()), "column 'x' of dtype object"),
    ],
)
def test_what_arrow_cannot_hold_is_refused_by_column_and_dtype(
    extension: str, values: pd.Series[Any], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(UnsupportedTypeError, match=reason):
        save(pd.DataFrame({"fine": range(len(values)), "x": values}), tmp_path / f"a{extension}")

    assert list(tmp_path.iterdir()) == []


@BOTH
@pytest.mark.parametrize("values", [objects((1, 2), (3,)), objects(1, 2.5), objects("a", float("nan"))])
def test_objects_that_change_a_little_are_announced(extension: str, values: pd.Series[Any], tmp_path: Path) -> None:
    with pytest.raises(LossError, match="column 'x'"):
        save(values.to_frame("x"), tmp_path / f"a{extension}", on_loss="error")


@BOTH
def test_only_the_columns_asked_for_are_read(extension: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], 3: pd.Categorical(["x", "y"]), "c": [4, 5]}, index=pd.Index(["p", "q"]))
    path = save(frame, tmp_path / f"a{extension}")

    assert same(load(path, columns=[3, "a"])[["a", 3]], frame[["a", 3]])
    with pytest.raises(MissingKeyError, match="'nothing'"):
        load(path, columns=["nothing"])


@BOTH
def test_an_arrow_table_goes_in_and_out_as_it_is(extension: str, tmp_path: Path) -> None:
    table = pa.table({"a": [1, None], "b": ["x", "y"]})

    loaded = load(save(table, tmp_path / f"a{extension}"), as_type=pa.Table)

    assert isinstance(loaded, pa.Table)
    assert loaded.equals(table)


@BOTH
@pytest.mark.parametrize(("wanted", "expected"), [(list, [{"a": 1}, {"a": 2}]), (dict, {"a": [1, 2]})])
def test_a_table_is_given_as_plain_data(extension: str, wanted: type, expected: Any, tmp_path: Path) -> None:
    path = save(pd.DataFrame({"a": [1, 2]}), tmp_path / f"a{extension}")

    assert same(load(path, as_type=wanted), expected)
    assert same(load(path, as_type=np.ndarray), np.array([[1], [2]]))


@BOTH
def test_describe_tells_rows_and_dtypes(extension: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], 3: pd.Categorical(["x", "y"])})

    facts = info(save(frame, tmp_path / f"a{extension}"))

    assert facts["kind"] == "table"
    assert facts["rows"] == 2
    assert facts["columns"] == {"a": "int64", "b": str(frame["b"].dtype), "3": "category"}


@BOTH
def test_options_of_the_library_pass_through_and_others_do_not(extension: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": np.zeros(10_000)})

    plain = save(frame, tmp_path / f"plain{extension}", compression=None)
    packed = save(frame, tmp_path / f"packed{extension}", compression="zstd", compression_level=5)

    assert same(load(packed, use_threads=False), load(plain))
    assert extension == ".parquet" or packed.stat().st_size < plain.stat().st_size
    with pytest.raises(OptionError, match="no option 'where'"):
        save(frame, plain, where="elsewhere")


@BOTH
def test_any_truncation_is_noticed(extension: str, tmp_path: Path) -> None:
    path = save(pd.DataFrame({"a": np.arange(100), "b": [f"s{i}" for i in range(100)]}), tmp_path / f"a{extension}")
    content = path.read_bytes()

    for size in range(0, len(content), max(1, len(content) // 60)):
        path.write_bytes(content[:size])
        with pytest.raises(UnreadableFileError):
            load(path, cache=False)


@BOTH
def test_content_of_another_format_is_named(extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{extension}"
    path.write_bytes(b"\x93NUMPY\x01\x00" + bytes(200))

    with pytest.raises(UnreadableFileError, match="looks like npy"):
        load(path)


def test_a_flipped_bit_in_the_data_of_a_parquet_file_is_noticed(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": np.random.default_rng(0).normal(size=5000)})
    path = save(frame, tmp_path / "a.parquet")
    content = bytearray(path.read_bytes())

    for place in range(2000, 30_000, 4000):
        content[place] ^= 1
        path.write_bytes(content)
        with pytest.raises(UnreadableFileError):
            load(path, cache=False)
        content[place] ^= 1


def test_a_folder_named_like_a_partition_adds_no_column(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1]})

    assert same(load(save(frame, tmp_path / "day=3" / "a.parquet")), frame)


def test_other_readers_see_plain_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "when": pd.to_datetime(["2020", "2021"])}, index=pd.Index(["x", "y"], name="i"))

    path = save(frame, tmp_path / "a.parquet")

    assert same(pd.read_parquet(path), frame)
    assert pq.read_schema(path).names == ["a", "when", "i"]


@pytest.mark.parametrize(
    ("name", "shape"),
    [("alltypes_plain.snappy", (2, 11)), ("nested_maps.snappy", (6, 3)), ("delta_byte_array", (1000, 9))],
)
def test_real_parquet_files_load(corpus: Path, name: str, shape: tuple[int, int]) -> None:
    path = corpus / "parquet" / f"{name}.parquet"

    assert load(path).shape == shape
    assert info(path)["rows"] == shape[0]


def test_a_damaged_real_file_is_refused(corpus: Path) -> None:
    with pytest.raises(UnreadableFileError, match="parquet"):
        load(corpus / "parquet" / "PARQUET-1481.parquet")


def test_a_date_beyond_what_parquet_can_hold_is_refused(tmp_path: Path) -> None:
    far = pd.DataFrame({"at": np.array([2**62], dtype="datetime64[s]")})

    with pytest.raises(UnsupportedTypeError, match="Integer overflow"):
        save(far, tmp_path / "a.parquet")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("extension", ["parquet", "feather"])
def test_labels_that_are_numbers_stay_numbers_beside_an_index_of_no_rows(extension: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({0: pd.Series([], dtype=float)}, index=pd.Index([], dtype="int64"))
    frame.columns = pd.Index([0], dtype="int64")

    loaded = load(save(frame, tmp_path / f"a.{extension}", verbose=False))

    assert difference(loaded, frame) is None


def test_many_rows_are_the_same_to_every_reader_however_their_columns_are_written(tmp_path: Path) -> None:
    rng, count = np.random.default_rng(0), 10_000
    table = pd.DataFrame(
        {
            "float": rng.standard_normal(count),
            "odd": np.where(rng.random(count) > 0.5, rng.standard_normal(count), [np.nan, np.inf] * (count // 2)),
            "short": rng.random(count).astype("f4"),
            "rounded": rng.random(count).round(2),
            "int": rng.integers(-(2**62), 2**62, count),
            "unsigned": np.arange(count, dtype="u8") + 2**63,
            "gaps": pd.array([None, *range(1, count)], dtype="Int64"),
            "time": pd.date_range("2020", periods=count, freq="s"),
            "text": [f"word {at}" for at in range(count)],
            "word": [f"word {at % 7}" for at in range(count)],
        }
    )
    path = save(table, tmp_path / "a.parquet", verbose=False)
    table.to_parquet(tmp_path / "b.parquet")

    pd.testing.assert_frame_equal(load(path), table)
    pd.testing.assert_frame_equal(pd.read_parquet(path), pd.read_parquet(tmp_path / "b.parquet"))
    columns = pq.read_metadata(path).row_group(0)
    encodings = {columns.column(at).path_in_schema: columns.column(at).encodings for at in range(columns.num_columns)}
    assert "BYTE_STREAM_SPLIT" in encodings["float"]
    assert "DELTA_BINARY_PACKED" in encodings["int"]
    assert any("DICTIONARY" in encoding for encoding in encodings["rounded"])
