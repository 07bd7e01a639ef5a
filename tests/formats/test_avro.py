"""What is special about Avro; the rest is tested with the other columnar formats."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from optional import needs
from same import difference, same
from scitex_io import OptionError, UnreadableFileError, UnsupportedTypeError, info, load, save

needs("fastavro")
import fastavro  # noqa: E402  # after the skip

FRAME = pd.DataFrame({"a": range(40), "s": [f"text {at}" for at in range(40)], "x": np.arange(40) / 3})


def write(path: Path, schema: Any, records: list[Any], **options: Any) -> Path:
    """A file as the library writes it."""
    with path.open("wb") as file:
        fastavro.writer(file, schema, records, **options)
    return path


def record(**types: Any) -> dict[str, Any]:
    return {"type": "record", "name": "r", "fields": [{"name": name, "type": kind} for name, kind in types.items()]}


def test_every_reader_sees_plain_records(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "n": [1, 2],
            "small": np.array([1, 2], dtype="uint8"),
            "x y": [0.5, None],
            "1st": ["a", None],
            "when": pd.to_datetime(["2020-01-01 01:02:03", "NaT"]).astype("datetime64[us]"),
            "kind": pd.Categorical(["p", "q"]),
        },
        index=pd.Index(["k", "l"], name="key"),
    )
    path = save(frame, tmp_path / "X.AVRO", verbose=False, on_loss="error")

    with path.open("rb") as file:
        records = list(fastavro.reader(file))

    when = datetime.datetime(2020, 1, 1, 1, 2, 3)
    assert records[0] == {
        "n": 1,
        "small": 1,
        "x_y": 0.5,
        "_1st": "a",
        "when": when,
        "kind": "p",
        "key": "k",
    }
    assert same(load(path), frame)


def test_files_of_others_load(tmp_path: Path) -> None:
    schema = record(
        n=["null", "long"],
        d={"type": "int", "logicalType": "date"},
        m={"type": "bytes", "logicalType": "decimal", "precision": 5, "scale": 1},
        e={"type": "enum", "name": "e", "symbols": ["A", "B"]},
        f={"type": "fixed", "name": "f", "size": 2},
        k={"type": "map", "values": "int"},
        v={"type": "array", "items": ["null", "double"]},
        t={"type": "record", "name": "t", "fields": [{"name": "u", "type": "string"}]},
    )
    day = datetime.date(2020, 1, 2)
    rows = [
        {"n": 1, "d": day, "m": Decimal("2.5"), "e": "A", "f": b"xy", "k": {"p": 1}, "v": [0.5, None], "t": {"u": "w"}},
        {"n": None, "d": day, "m": Decimal("0.1"), "e": "B", "f": b"zz", "k": {}, "v": [], "t": {"u": ""}},
    ]
    path = write(tmp_path / "a.avro", schema, rows, codec="bzip2")

    table = load(path, as_type=pa.Table)

    assert table.to_pylist(maps_as_pydicts="strict") == rows
    assert load(path, as_type=list) == rows
    assert load(path)["n"].tolist()[0] == 1
    assert info(path)["rows"] == 2


@pytest.mark.parametrize(
    ("schema", "rows", "why"),
    [
        (record(x=["int", "string"]), [{"x": 1}, {"x": "a"}], "several types"),
        ("long", [1, 2], "no records"),
        (record(x="int", next=["null", "r"]), [{"x": 1, "next": {"x": 2, "next": None}}], "refers to"),
    ],
)
def test_what_is_no_table_is_an_error_and_given_as_records(
    schema: Any, rows: list[Any], why: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.avro", schema, rows)

    with pytest.raises(UnreadableFileError, match=f"{why}.*as_type=list"):
        load(path)

    assert load(path, as_type=list) == rows


@pytest.mark.parametrize(
    "column",
    [
        np.array([-(2**62), 2**62], dtype="datetime64[us]"),
        np.array([0, 2**60], dtype="datetime64[ns]"),
        pd.to_timedelta([1, 2], unit="ns"),
        np.array([0, 2**64 - 1], dtype="uint64"),
        pd.Categorical(["b", "a"], categories=["c", "b", "a"], ordered=True),
        pd.Series([datetime.date(1, 1, 1), datetime.date(9999, 12, 31)]),
        pd.Series([{"a": 1}, {"a": 2}]),
    ],
)
def test_values_that_avro_has_no_word_for_come_back(column: Any, tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": column})

    loaded = load(save(frame, tmp_path / "a.avro", verbose=False, on_loss="error"))

    assert difference(loaded, frame) is None


@pytest.mark.parametrize("kind", [pa.month_day_nano_interval(), pa.struct([("x y", pa.int8())])])
def test_what_avro_has_no_type_for_is_refused(kind: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="Avro has no type for"):
        save(pa.table({"x": pa.array([None], kind)}), tmp_path / "a.avro")

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_ends_between_two_blocks_is_an_error(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [f"{at:06}" * 4 for at in range(5000)]})
    path = save(frame, tmp_path / "a.avro", verbose=False, compression="null")
    with path.open("rb") as file:
        ends = [block.offset for block in fastavro.block_reader(file)]
    assert len(ends) > 3
    path.write_bytes(path.read_bytes()[: ends[-1]])

    with pytest.raises(UnreadableFileError, match="of 5000 rows"):
        load(path)


def test_the_same_table_gives_the_same_file(tmp_path: Path) -> None:
    one, other = (save(FRAME, tmp_path / f"{name}.avro", verbose=False) for name in "ab")

    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("compression", ["deflate", "null", "bzip2", "xz"])
def test_the_codec_is_chosen(compression: str, tmp_path: Path) -> None:
    path = save(FRAME, tmp_path / "a.avro", verbose=False, compression=compression)

    assert f"avro.codec{chr(2 * len(compression))}{compression}".encode() in path.read_bytes()
    assert same(load(path), FRAME)
    with pytest.raises(OptionError, match="'lzo' is not one of"):
        save(FRAME, path, compression="lzo")
