"""Tables as delimited text."""

from __future__ import annotations

import decimal
import io
import re
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from same import difference
from scitex_io import LossError, LossyWarning, OptionError, UnreadableFileError, UnsupportedTypeError, load, save
from scitex_io.content.tables import as_frame
from scitex_io.facts import info
from scitex_io.formats.csv.delimited import MISSING, ROWS, reads_as_text
from scitex_io.testing.values.tables import frames
from strategies.tables import VALUES

FRAME = pd.DataFrame({"a": [1, 2], "b": [0.5, np.nan], "c": ["x", 'say "hi", you'], "d": [True, False]})


def kept(obj: Any, path: Path, **options: Any) -> Any:
    """What comes back, after a save that announced nothing."""
    save(obj, path, verbose=False, on_loss="error", **options)
    return load(path, cache=False)


def losses(obj: Any, path: Path, **options: Any) -> str:
    with pytest.raises(LossError) as caught:
        save(obj, path, verbose=False, on_loss="error", **options)
    assert not path.exists()
    return str(caught.value)


# ---------------------------------------------------------------- round trips


@pytest.mark.parametrize("extension", ["csv", "tsv"])
@given(frame=frames())
def test_any_frame_is_kept_or_its_losses_are_announced_or_it_is_refused(
    extension: str, frame: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / f"t.{extension}"
    try:
        save(frame, path, verbose=False, on_loss="error")
    except UnsupportedTypeError:
        return
    except LossError:
        save(frame, path, verbose=False, on_loss="allow")

        assert len(load(path, cache=False)) == len(frame)
        return

    assert difference(load(path, cache=False), frame) is None


@pytest.mark.parametrize("extension", ["csv", "tsv"])
def test_a_frame_comes_back_as_it_was(extension: str, tmp_path: Path) -> None:
    assert difference(kept(FRAME, tmp_path / f"t.{extension}"), FRAME) is None


@given(frame=VALUES["csv:pandas.DataFrame"])
def test_pandas_reads_from_our_text_what_it_reads_from_its_own(frame: pd.DataFrame, tmp_path: Path) -> None:
    save(frame, tmp_path / "t.csv", verbose=False, on_loss="allow")
    theirs = frame.to_csv(index=False, quoting=2)  # strings in quotes: a lone carriage return ends a row otherwise

    assert difference(pd.read_csv(tmp_path / "t.csv"), pd.read_csv(io.StringIO(theirs, newline=""))) is None


def test_numbers_of_every_size_come_back_to_the_last_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 2**64, (ROWS + 5, 3), dtype=np.uint64).view(np.float64)
    edges = [0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, 1.7976931348623157e308, 1e16, 1e-5, 0.1, 2.0**53]
    frame = pd.DataFrame(bits, columns=["a", "b", "c"])
    frame.loc[: len(edges) - 1, "a"] = edges

    assert difference(kept(frame, tmp_path / "t.csv"), frame) is None


def test_more_rows_than_are_written_at_a_time_come_back(tmp_path: Path) -> None:
    rows = 2 * ROWS + 1
    frame = pd.DataFrame(
        {"n": range(rows), "s": [f"s{at}" for at in range(rows - 1)] + ["a\nb"], "x": np.arange(rows) / 7}
    )

    assert difference(kept(frame, tmp_path / "t.csv"), frame) is None


def test_text_that_is_mostly_numbers_stays_text(tmp_path: Path) -> None:
    # pandas reads parts of a column as numbers, so that 001 would be lost.
    frame = pd.DataFrame({"a": ["001"] * 300_000 + ["x"]})

    assert difference(kept(frame, tmp_path / "t.csv"), frame) is None


def test_column_names_are_kept_even_unnamed_ones(tmp_path: Path) -> None:
    frame = pd.DataFrame({"Unnamed: 0": [1], "NA": [2], "1": [3], " x": [4], 'q"': [5], "n\n": [6]})

    assert difference(kept(frame, tmp_path / "t.csv"), frame) is None


def test_a_single_column_keeps_its_gaps_and_blanks(tmp_path: Path) -> None:
    words = pd.DataFrame({"a": ["x", " ", "\t", "\r", "\ry"]})
    gaps = pd.DataFrame({" ": [1.0, np.nan, np.nan]})

    assert difference(kept(words, tmp_path / "w.csv"), words) is None
    assert difference(kept(gaps, tmp_path / "g.csv"), gaps) is None
    assert len(kept(words, tmp_path / "o.csv", na_rep="-")) == 5


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (np.arange(6.0).reshape(2, 3), {"0": [0.0, 3.0], "1": [1.0, 4.0], "2": [2.0, 5.0]}),
        (np.array([1, 2]), {"0": [1, 2]}),
        (np.array([(1, 2.5)], dtype=[("a", "i8"), ("b", "f8")]), {"a": [1], "b": [2.5]}),
        (pd.Series([1, 2], name="s"), {"s": [1, 2]}),
        ({"a": [1, 2], "b": ("x", "y")}, {"a": [1, 2], "b": ["x", "y"]}),
        ([{"a": 1, "b": "x"}, {"b": "y", "a": 2}], {"a": [1, 2], "b": ["x", "y"]}),
        ([1.5, 2.5], {"0": [1.5, 2.5]}),
        (3, {"0": [3]}),
        (0.5, {"0": [0.5]}),
        (True, {"0": [True]}),
    ],
)
def test_what_is_a_table_loads_as_one(obj: Any, expected: dict[str, Any], tmp_path: Path) -> None:
    assert difference(kept(obj, tmp_path / "t.csv"), pd.DataFrame(expected)) is None


# ---------------------------------------------------------------- losses


@pytest.mark.parametrize(
    ("obj", "words"),
    [
        (pd.DataFrame({"a": ["001", "002"]}), "looks like numbers"),
        (pd.DataFrame({"a": ["True", "false"]}), "looks like numbers or booleans"),
        (pd.DataFrame({"a": ["x", "NA"]}), "'NA' loads as a missing value"),
        (pd.DataFrame({"a": ["x", ""]}), "'' loads as a missing value"),
        (pd.DataFrame({"a": np.array([1], dtype="int8")}), "int8 loads"),
        (pd.DataFrame({"a": np.array([1], dtype="uint64")}), "uint64 loads as int64"),
        (pd.DataFrame({"a": np.array([0.1], dtype="float32")}), "float32 loads"),
        (pd.DataFrame({"a": np.array([1j])}), "complex"),
        (pd.DataFrame({"a": pd.to_datetime(["2020-01-01"])}), "parse_dates"),
        (pd.DataFrame({"a": pd.to_timedelta(["1s"])}), "durations"),
        (pd.DataFrame({"a": pd.Categorical(["x", "y"])}), "categories"),
        (pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}), "Int64"),
        (pd.DataFrame({"a": pd.period_range("2020", periods=2, freq="D")}), "period"),
        (pd.DataFrame({"a": pd.Series([1, "x"], dtype=object)}), "objects"),
        (pd.DataFrame({"a": pd.Series([decimal.Decimal("0.1")], dtype=object)}), "objects"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "repeated column names"),
        (pd.DataFrame([[1, 2]]), "column names become text"),
        (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), r"header=[0, 1]"),
        (pd.DataFrame({"a": [1]}).rename_axis("k", axis=1), "name of the columns"),
        (pd.DataFrame({"a": np.zeros(0)}), "empty table"),
        ([1, None], "integers become floats"),
        ([{"a": 1, "b": 1}, {"a": 2}], "some records lack"),
        ([FRAME, FRAME], "the tables become one"),
    ],
)
def test_what_the_text_cannot_say_is_announced(obj: Any, words: str, tmp_path: Path) -> None:
    assert words in losses(obj, tmp_path / "t.csv")


def test_a_uint64_that_needs_it_is_kept(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": np.array([1, 2**64 - 1], dtype="uint64")})

    assert difference(kept(frame, tmp_path / "t.csv"), frame) is None


@pytest.mark.parametrize(
    "value", [[1], {"k": 1}, (1,), {1}, b"x", Path("x"), object(), np.zeros(2), pd.DataFrame({"a": [1]})], ids=type
)
def test_nothing_is_turned_into_text_because_no_other_way_was_known(value: Any, tmp_path: Path) -> None:
    column = pd.Series([value if at == 0 else "x" for at in range(2)], dtype=object)

    with pytest.raises(UnsupportedTypeError, match="column 'a' holds"):
        save(pd.DataFrame({"a": column}), tmp_path / "t.csv")
    with pytest.raises(UnsupportedTypeError):
        save([value, object()], tmp_path / "t.csv")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "obj",
    [
        pd.DataFrame(),
        pd.DataFrame(index=range(3)),
        {},
        [],
        np.zeros((2, 2, 2)),
        np.zeros((3, 0)),
        {"a": [1], "b": [1, 2]},
        {"a": 1},
        {"a": "xyz"},
        pd.DataFrame({"a": ["x\0y"]}),
        pd.DataFrame({"a": pd.Series(["\ud800"], dtype=object)}),
        pd.DataFrame({"a": [1]}, index=pd.Index([frozenset()], dtype=object)),
        "text",
        None,
    ],
    ids=repr,
)
def test_what_is_no_table_of_text_is_refused(obj: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(obj, tmp_path / "t.csv", on_loss="allow")

    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- the index


def test_an_index_is_written_first_and_announced(tmp_path: Path) -> None:
    frame = pd.DataFrame({"v": [1, 2]}, index=pd.Index(["x", "y"], name="k"))

    with pytest.warns(LossyWarning, match="index_col=0"):
        save(frame, tmp_path / "t.csv", verbose=False)

    assert (tmp_path / "t.csv").read_text() == "k,v\nx,1\ny,2\n"
    assert difference(load(tmp_path / "t.csv", index_col=0), frame) is None


def test_the_levels_of_an_index_are_columns(tmp_path: Path) -> None:
    index = pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["k", None])

    with pytest.warns(LossyWarning, match=r"index_col=\[0, 1\]"):
        save(pd.DataFrame({"v": [1, 2]}, index=index), tmp_path / "t.csv", verbose=False)

    assert (tmp_path / "t.csv").read_text() == "k,,v\nx,1,1\ny,2,2\n"


def test_an_explicit_index_is_consent(tmp_path: Path) -> None:
    frame = pd.DataFrame({"v": [1, 2]}, index=["x", "y"])

    assert difference(kept(frame, tmp_path / "t.csv", index=False), frame.reset_index(drop=True)) is None
    assert list(kept(frame, tmp_path / "t.csv", index=True)) == ["", "v"]


# ---------------------------------------------------------------- reading

CELLS = st.sampled_from(
    (
        *(
            "",
            "1",
            "01",
            "-0",
            "1.5",
            "1e5",
            "1e400",
            "inf",
            "-inf",
            "nan",
            "NaN",
            "NA",
            "None",
            "null",
            "True",
            "false",
        ),
        *(str(2**53 + 1), str(2**63), str(2**64), "-1", "2020-01-01", "0x1f", "1_0", " 1", "x ", " ", "#c", "+1", ".5"),
        *('"q,r"', '"a\nb"', '"a""b"', '""', "é", "a'b", "1,2", '"', "\ufeff"),
    )
)
TEXTS = st.builds(
    lambda head, rows, end: "\n".join([head, *map(",".join, rows)]) + end,
    st.sampled_from(["a,b", "a,a", "a", ",b", "\ufeffa,b", '"a","b,c"', "a,b,", " a,b "]),
    st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=5),
    st.sampled_from(["", "\n", "\n\n", "\r\n"]),
)


@given(text=TEXTS)
def test_a_file_loads_as_pandas_reads_it(text: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.ParserWarning)
            expected = pd.read_csv(path).rename(columns=lambda name: re.sub("^Unnamed: .*", "", name))
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        with pytest.raises(UnreadableFileError):
            load(path, cache=False)
        return

    assert difference(load(path, cache=False), expected) is None


@given(words=st.lists(CELLS | st.text("0123456789+-.eEinfaTrue_ x", max_size=5), min_size=1, max_size=4))
def test_a_column_reads_as_text_exactly_if_pandas_says_so(words: list[str]) -> None:
    words = [word for word in words if word not in MISSING]
    if words:
        text = "x\n" + "".join('"' + word.replace('"', '""') + '"\n' for word in words)
        column = pd.read_csv(io.StringIO(text))["x"]

        assert reads_as_text(pd.Series(words, dtype="str")) == all(isinstance(value, str) for value in column)


def test_our_words_for_missing_values_are_those_of_pandas() -> None:
    assert import_module("pandas._libs.parsers").STR_NA_VALUES == MISSING


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "a,b\né,1\n"),
        ("utf-8-sig", "a,b\né,1\n"),
        ("utf-16", "a,b\né,1\n"),
        ("utf-32", "a,b\né,1\n"),
        ("cp1252", "a,b\né€,1\n"),
        ("latin-1", "a,b\né\x81,1\n"),
    ],
)
def test_the_encoding_is_found(encoding: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))

    assert difference(load(path), pd.DataFrame({"a": [text[4:-3]], "b": [1]})) is None


def test_a_given_encoding_is_used(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["é", "ü"]})
    save(frame, tmp_path / "t.csv", verbose=False, encoding="utf-16-le")

    assert (tmp_path / "t.csv").read_bytes() == "a\né\nü\n".encode("utf-16-le")
    assert difference(load(tmp_path / "t.csv", encoding="utf-16-le"), frame) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"a,b\n1,\x00\n", "binary"),
        (b"a,b\n" + b"1,2\n" * 40_000 + b"\x00" * 4096, "binary"),
        (b"\x89\x01\x02a,b\n", "binary"),
        (b'a,b\n1,"unfinished', "EOF inside string"),
        (b"a,b\n1,2\n1,2,3\n", "Expected 2 fields in line 3, saw 3"),
        ("a,b\n1,2\n".encode("utf-16")[:-1], "truncated"),
    ],
)
def test_a_broken_file_is_a_clear_error(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(content)

    with pytest.raises(UnreadableFileError, match=words):
        load(tmp_path / "t.csv")


def test_a_header_alone_is_an_empty_table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n")

    loaded = load(tmp_path / "t.csv")

    assert loaded.shape == (0, 2)
    assert list(loaded) == ["a", "b"]


def test_another_type_is_given_on_request(tmp_path: Path) -> None:
    path = save({"a": [1, 2], "b": [3, 4]}, tmp_path / "t.csv", verbose=False)

    assert difference(load(path, as_type=np.ndarray), np.array([[1, 3], [2, 4]])) is None
    assert load(path, as_type=list) == [{"a": 1, "b": 3}, {"a": 2, "b": 4}]
    assert load(path, as_type=dict) == {"a": [1, 2], "b": [3, 4]}


def test_the_options_of_pandas_work(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    save(
        pd.DataFrame({"a": [0.125, 2.5], "b": [1, 2]}),
        path,
        verbose=False,
        float_format="%.1f",
        columns=["a"],
        sep=";",
        header=["x"],
    )

    assert path.read_text() == "x\n0.1\n2.5\n"
    assert load(path, sep=";", usecols=["x"], nrows=1, dtype=str)["x"].tolist() == ["0.1"]
    assert load(path, engine="python")["x"].tolist() == [0.1, 2.5]
    assert [len(part) for part in load(path, chunksize=1)] == [1, 1]


def test_a_save_cannot_append(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="replaces"):
        save(FRAME, tmp_path / "t.csv", mode="a")


def test_the_rows_of_a_long_file_are_counted_without_keeping_them(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + '"x\ny",1\n\n' * 2500)

    facts = info(path)

    assert facts["rows"] == 2500
    assert facts["columns"] == {"a": str(pd.DataFrame({"a": ["x"]})["a"].dtype), "b": "int64"}
    assert info(save(FRAME, tmp_path / "s.tsv", verbose=False))["rows"] == 2


def test_the_real_files_load(corpus: Path) -> None:
    spectrum = load(corpus / "csv" / "quotes_and_newlines.csv")
    versions = load(corpus / "csv" / "newer-versions.csv")
    people = load(corpus / "tsv" / "participants.tsv")

    assert spectrum.to_dict("list") == {"a": [1, 3], "b": ['ha \n"ha" \nha', "4"]}
    assert list(versions)[:2] == ["Python", "3.15"]
    assert people.shape == (17, 4)
    with pytest.raises(UnreadableFileError, match="empty"):
        load(corpus / "csv" / "empty.csv")


def test_what_is_no_table_is_an_error() -> None:
    with pytest.raises(TypeError, match="set is no table"):
        as_frame({1, 2})


HOSTILE = ["=cmd|' /C calc'!A0", "+1+cmd", "-2+3+cmd", "@SUM(A1)", "\t=1+1", "\r=1+1", "  =1+1", "\uff1dcmd"]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize("make", [lambda frame: frame, lambda frame: frame.astype("category"), pa.Table.from_pandas])
def test_texts_that_a_spreadsheet_would_run_are_escaped_on_request(name: str, make: Any, tmp_path: Path) -> None:
    frame = pd.DataFrame({"=1+1": HOSTILE, "n": ["-1.5", "+2", "a=b", "x", "-1e3", "", "'", "\u00b5"]})

    with pytest.warns(LossyWarning, match="begin with an apostrophe"):
        path = save(make(frame), tmp_path / name, escape_formulas=True)
    back = load(path, dtype=str, keep_default_na=False)

    assert list(back.columns) == ["'=1+1", "n"]
    assert [f"'{text}" for text in HOSTILE] == back["'=1+1"].tolist()
    assert frame["n"].tolist() == back["n"].tolist()


def test_an_index_is_escaped_like_the_cells(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.5]}, index=pd.Index(["=1"], name="@x"))

    with pytest.warns(LossyWarning, match="index"):
        path = save(frame, tmp_path / "a.csv", escape_formulas=True)

    assert path.read_text() == "'@x,a\n'=1,1.5\n"


def test_nothing_is_escaped_unasked_or_without_need(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["=1", "b"], "n": [-1, 2]})

    assert save(frame, tmp_path / "a.csv").read_text() == "a,n\n=1,-1\nb,2\n"
    assert save(frame[["n"]], tmp_path / "b.csv", escape_formulas=True).read_text() == "n\n-1\n2\n"
