"""Delimited text as it is found elsewhere: headers with gaps, parts of long files, other encodings."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from same import same
from scitex_io import LossyWarning, OptionError, UnreadableFileError, info, load, save
from scitex_io.formats.csv import Csv, Tsv, reading

# ---------------------------------------------------------------- headers


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (",a\n0,1\n", ["", "a"]),
        ('"",a\n0,1\n', ["", "a"]),
        ("a,,b,\n0,1,2,3\n", ["a", "", "b", ""]),
        ("Unnamed: 0,a\n0,1\n", ["Unnamed: 0", "a"]),
        ("a,,Unnamed: 1\n0,1,2\n", ["a", "", "Unnamed: 1"]),
        ("\ufeff,a\n0,1\n", ["", "a"]),
        ("# note\n,a\n0,1\n", ["", "a"]),
    ],
)
def test_a_column_without_a_name_has_none_and_is_saved_without_one(text: str, names: list[str], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    frame = load(path, comment="#" if text.startswith("#") else None)

    assert list(frame.columns) == names
    again = save(frame, tmp_path / "b.csv", verbose=False, on_loss="error")
    assert list(load(again).columns) == names
    assert again.read_text().splitlines()[0].split(",") == names


def test_a_name_that_pandas_makes_up_is_kept_with_options_that_choose_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",a\n0,1\n")

    assert load(path, index_col=0).to_dict("list") == {"a": [1]}
    assert list(load(path, usecols=["Unnamed: 0"])) == ["Unnamed: 0"]
    assert list(load(path, columns=[""])) == [""]
    assert list(load(path, columns=["a"], rows=slice(0, 1))) == ["a"]


def test_repeated_names_are_announced(tmp_path: Path) -> None:
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])

    with pytest.warns(LossyWarning, match="numbered"):
        path = save(frame, tmp_path / "a.csv", verbose=False)

    assert list(load(path)) == ["a", "a.1"]
    assert load(path, columns=["a.1"]).to_dict("list") == {"a.1": [2]}


# ---------------------------------------------------------------- parts


def test_rows_behind_the_part_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1,2\n" * 100_000 + "1,2,3\n" + "\0\n" * 200_000)

    assert load(path, rows=slice(10, 20)).shape == (10, 2)
    with pytest.raises(UnreadableFileError, match="zero bytes"):
        load(path, rows=slice(0, 300_000))
    with pytest.raises(UnreadableFileError, match="zero bytes"):
        load(path)


def test_a_part_is_read_as_if_it_were_all_there_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n2\nx\n")

    for rows in (slice(0, 2), slice(-3, -1)):
        assert same(load(path, rows=rows), pd.DataFrame({"a": [1, 2]}))
    assert load(path, rows=slice(1, 3))["a"].tolist() == ["2", "x"]


def test_rows_are_counted_as_records(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\n\n"x\ny",1\n\n"z",2\nw,3\n')

    assert same(load(path, rows=slice(1, 2)), pd.DataFrame({"a": ["z"], "b": [2]}, index=pd.RangeIndex(1, 2)))
    assert load(path, rows=slice(-1, None))["a"].tolist() == ["w"]
    assert load(path, rows=slice(5, 9)).shape == (0, 2)


def test_an_unnamed_index_in_the_rows_stays_one_with_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n10,1,2\n20,3,4\n")

    assert same(load(path, columns=["b"]), load(path)[["b"]])


def test_a_reader_in_chunks_has_no_parts(tmp_path: Path) -> None:
    path = save(pd.DataFrame({"a": [1, 2]}), tmp_path / "a.csv", verbose=False)

    with pytest.raises(OptionError, match="reader in chunks"):
        load(path, rows=slice(0, 1), chunksize=1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_parts_are_read_in_the_encoding_of_the_whole(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ROWS", 3)
    words = ["x"] * 20 + ["é\x81" if encoding == "latin-1" else "é"]
    path = tmp_path / "A.CSV"
    path.write_bytes(("s,n\n" + "".join(f"{word},1\n" for word in words)).encode(encoding))

    assert load(path)["s"].tolist() == words
    assert load(path, rows=slice(18, 21))["s"].tolist() == words[18:]
    assert load(path, rows=slice(-1, None), columns=["s"])["s"].tolist() == words[20:]
    assert pd.concat(list(Csv().stream(path)))["s"].tolist() == words
    assert info(path)["rows"] == 21


def test_a_stream_has_names_and_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("\tb\n1\t2\n3\t4\n")

    assert [list(frame) for frame in Tsv().stream(path)] == [["", "b"]]
    assert [list(frame) for frame in Tsv(columns=["b"]).stream(path)] == [["b"]]


# ---------------------------------------------------------------- large files


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """More than what is looked through before it is parsed."""
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1.5,word\n" * 600_000)
    assert path.stat().st_size > reading.LARGE
    return path


@pytest.mark.parametrize("end", [b"1,\0\n", b"\0", b"1,2,3,\0\n", b'"unfinished\0'])
def test_a_zero_byte_in_a_large_file_is_the_reason_whatever_the_parser_says(large: Path, end: bytes) -> None:
    with large.open("ab") as file:
        file.write(end)

    with pytest.raises(UnreadableFileError, match="zero bytes"):
        load(large)


def test_a_large_file_without_one_loads_or_tells_its_own_reason(large: Path) -> None:
    assert load(large).shape == (600_000, 2)

    with large.open("ab") as file:
        file.write(b"1,2,3\n")

    with pytest.raises(UnreadableFileError, match="Expected 2 fields in line 600002, saw 3"):
        load(large)


def test_a_late_letter_of_western_europe_decides_for_all_of_a_large_file(large: Path) -> None:
    with large.open("ab") as file:
        file.write("2,é€\n".encode("cp1252"))

    loaded = load(large)

    assert loaded["b"].iloc[-1] == "é€"
    assert loaded["a"].iloc[-1] == 2
