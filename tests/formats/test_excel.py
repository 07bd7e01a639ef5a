from __future__ import annotations

import contextlib
import datetime
import io
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optional import needs
from same import difference, same
from scitex_io import (
    LossError,
    LossyWarning,
    MissingDependencyError,
    MissingKeyError,
    OptionError,
    UnknownFormatError,
    UnreadableFileError,
    UnsupportedTypeError,
    info,
    load,
    save,
)
from scitex_io.formats.excel import LOCKED, OLE, Excel
from scitex_io.formats.excel.worksheets import Sheet, write
from scitex_io.testing.values.tables import frames
from strategies.workbooks import cells, sheets

FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})


def objects(*values: Any) -> pd.DataFrame:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return pd.DataFrame({"x": pd.Series(column, dtype=object)})


def made(*rows: list[Any]) -> io.BytesIO:
    file = io.BytesIO()
    write({"Sheet1": Sheet(rows[0], rows[1:], len(rows) - 1)}, file)
    return file


@pytest.mark.parametrize(
    "text",
    [
        *(
            "007",
            "1e5",
            "true",
            "=1+1",
            "=",
            "{=A1}",
            "+1",
            "@x",
            "#VALUE!",
            "_x000D_",
            "\x00\x01\x1f\r\n\t",
            "<r>x</r>",
        ),
        *("http://a.b", "  blanks  ", "\U0001f600", "&amp;", "x" * 32767, "2020-01-01"),
    ],
)
def test_text_stays_text(text: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [text, text], text[:20]: [1, 2]})

    assert same(load(save(frame, tmp_path / "a.xlsx", on_loss="error")), frame)


@pytest.mark.parametrize("number", [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, 1e300, 2**53, -(2**53), 1e-7])
def test_numbers_keep_all_their_digits(number: float, tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [number, number]})

    assert same(load(save(frame, tmp_path / "a.xlsx", on_loss="error")), frame)


def test_numbers_without_an_end_come_back(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [float("inf"), 1.5, float("-inf"), float("nan")]})

    assert same(load(save(frame, tmp_path / "a.xlsx", on_loss="error")), frame)


def test_equal_tables_are_equal_files_without_fields_that_excel_repairs(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})

    first = save(table, tmp_path / "a.xlsx").read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.localtime", lambda *_: (2031, 5, 6, 7, 8, 9, 1, 126, 0))
        second = save(table, tmp_path / "b.xlsx").read_bytes()

    assert first == second
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert {part.extract_version for part in archive.infolist()} == {20}  # 45 with the fields for large files


@pytest.mark.parametrize(
    "values",
    [
        [datetime.datetime(1900, 1, 1), datetime.datetime(1900, 2, 28, 23, 59), datetime.datetime(1900, 3, 1)],
        [datetime.datetime(2020, 1, 1, 12, 30, 15, 123000), None],
        [datetime.datetime(9999, 12, 31, 23, 59, 59, 999000)],
        [datetime.timedelta(days=40, milliseconds=1), datetime.timedelta(0), None, datetime.timedelta(days=-1)],
    ],
)
def test_dates_and_spans_come_back_to_the_millisecond(values: list[Any], tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": pd.Series(values)})

    loaded = load(save(frame, tmp_path / "a.xlsx", on_loss="error" if pd.__version__ >= "3" else "allow"))

    assert list(loaded["x"]) == list(frame["x"]) or loaded["x"].equals(frame["x"])


def test_times_of_day_come_back(tmp_path: Path) -> None:
    frame = objects(datetime.time(1, 2, 3, 4000), datetime.time(23, 59))

    assert same(load(save(frame, tmp_path / "a.xlsx", on_loss="error")), frame)


@pytest.mark.parametrize("values", [[1.5, None], [None, None], ["x", None, None]])
def test_last_rows_without_a_value_are_kept(values: list[Any], tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": pd.Series(values)})

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LossyWarning)
        assert len(load(save(frame, tmp_path / "a.xlsx"))) == len(values)


@pytest.mark.parametrize(
    ("frame", "loss"),
    [
        (pd.DataFrame({"x": np.array([1, 2], dtype="int8")}), "column 'x': int8 becomes int64"),
        (pd.DataFrame({"x": [1.0, 2.0]}), "column 'x': float64 becomes int64"),
        (pd.DataFrame({"x": pd.Categorical(["a"])}), "column 'x': category becomes"),
        (pd.DataFrame({"x": [2**53 + 1]}), "column 'x': 9007199254740993 becomes 9007199254740992"),
        (pd.DataFrame({"x": ["", "a"]}), "column 'x': '' becomes nan"),
        (pd.DataFrame({"x": ["NA", "a"]}), "column 'x': 'NA' becomes nan"),
        (pd.DataFrame({"x": [-0.0, 0.5]}), "-0.0 becomes 0.0"),
        (pd.DataFrame({"x": pd.to_datetime(["2020"]).tz_localize("UTC")}), "dates with a time zone become text"),
        (pd.DataFrame({"x": pd.to_datetime(["1800-05-06"])}), "dates before 1900 become text"),
        (pd.DataFrame({"x": pd.to_datetime(["2020-01-01T00:00:00.000001"])}), "column 'x'"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "the column name 'a' becomes 'a.1'"),
        (pd.DataFrame({"x": ["\ufffe"]}), "becomes '_xFFFE_'"),
        (pd.DataFrame({"": [1]}), "the column name '' becomes 'Unnamed: 0'"),
        (pd.DataFrame({"x": [1]}, index=["i"]), "the index becomes leading columns"),
        (pd.DataFrame({"x": [1]}).iloc[:0], "column 'x': int64 becomes object"),
    ],
)
def test_what_a_sheet_cannot_give_back_is_announced(frame: pd.DataFrame, loss: str, tmp_path: Path) -> None:
    with pytest.raises(LossError, match=loss):
        save(frame, tmp_path / "a.xlsx", on_loss="error")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (pd.DataFrame({"x": [1j]}), "column 'x' of dtype complex128 holds complex"),
        (objects([1, 2]), "column 'x' of dtype object holds list"),
        (objects(b"x"), "holds bytes"),
        (objects("x" * 32768), "32768 characters"),
        (objects("\U0001f600" * 16384), "16384 characters"),
        (pd.DataFrame({"x": pd.period_range("2020", periods=1, freq="M")}), "holds Period"),
        (pd.DataFrame({("a", 1): [1], ("b", 2): [2]}), "several levels"),
        (pd.DataFrame({"x": np.zeros(1_048_576, dtype=bool)}), "1048576 rows"),
        (pd.DataFrame(np.zeros((1, 16_385))), "16385 columns"),
    ],
)
def test_what_no_cell_holds_is_refused(frame: pd.DataFrame, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match=reason):
        save(frame, tmp_path / "a.xlsx")

    assert list(tmp_path.iterdir()) == []


def test_several_frames_become_sheets(tmp_path: Path) -> None:
    other = pd.DataFrame({"z": [0.5]})

    path = save({"one": FRAME, "zwei & drei": other}, tmp_path / "a.xlsx", on_loss="error")

    assert same(load(path), FRAME)
    assert same(load(path, sheet_name=None), {"one": FRAME, "zwei & drei": other})
    assert same(load(path, sheet_name="zwei & drei"), other)
    assert same(load(path, sheet_name=["one", 1]), {"one": FRAME, 1: other})
    assert info(path)["keys"] == {"one": "3 x 2 cells", "zwei & drei": "2 x 1 cells"}
    for missing in ("three", 2, [0, "three"]):
        with pytest.raises(MissingKeyError, match=r"it holds 'one', 'zwei & drei'"):
            load(path, sheet_name=missing)


@pytest.mark.parametrize("name", ["", "x" * 32, "a/b", "a:b", "[a]", "what?", "'a'", "History", 3])
def test_a_name_that_excel_does_not_take_is_refused(name: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="the sheet name"):
        save({name: FRAME}, tmp_path / "a.xlsx")


def test_names_that_differ_only_in_case_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="only in case"):
        save({"a": FRAME, "A": FRAME}, tmp_path / "a.xlsx")


def test_the_sheet_can_be_named(tmp_path: Path) -> None:
    assert list(load(save(FRAME, tmp_path / "a.xlsx", sheet_name="data"), sheet_name=None)) == ["data"]


@pytest.mark.parametrize("style", [True, False])
def test_style_changes_no_value(style: bool, tmp_path: Path) -> None:
    import openpyxl

    path = save(FRAME, tmp_path / "a.xlsx", style=style)

    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    assert bool(sheet["A1"].font.bold) is style
    assert [[cell.value for cell in row] for row in sheet.rows] == [["a", "b"], [1, "x"], [2, "y"]]
    assert same(load(path), FRAME)


def test_the_index_is_written_if_asked_for(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1]}, index=pd.Index(["x"], name="who"))

    with pytest.warns(LossyWarning, match="leading columns"):
        path = save(frame, tmp_path / "a.xlsx")

    assert same(load(path), frame.reset_index())
    assert same(load(save(frame, path, index=False)), frame.reset_index(drop=True))
    assert same(load(path, index_col=None, usecols=["a"]), frame.reset_index(drop=True))


def test_a_macro_workbook_says_what_it_is(tmp_path: Path) -> None:
    path = save(FRAME, tmp_path / "A.XLSM")

    assert b"macroEnabled" in zipfile.ZipFile(path).read("[Content_Types].xml")
    assert same(load(path), FRAME)


@given(frame=sheets)
def test_another_reader_sees_the_same_cells(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> None:
    import openpyxl

    path = save(frame, tmp_path_factory.mktemp("x") / "a.xlsx", verbose=False, on_loss="allow")

    rows = list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))
    assert len(rows) == len(frame) + 1
    for at, name in enumerate(frame.columns):
        if frame[name].dtype.kind in "bi":
            assert [row[at] for row in rows[1:]] == frame[name].tolist()
        elif frame[name].dtype.kind == "f":
            finite = np.isfinite(frame[name].to_numpy())
            assert [row[at] for row, is_number in zip(rows[1:], finite, strict=True) if is_number] == list(
                frame[name][finite]
            )


def no_text(rows: int) -> st.SearchStrategy[pd.Series]:
    return cells(rows).filter(lambda column: column.dtype.kind in "biufMm")


@given(frame=frames(column=no_text, index=lambda rows: st.just(pd.RangeIndex(rows)), min_rows=1))
def test_the_dtypes_are_those_of_pandas(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("x") / "a.xlsx"
    path.write_bytes(
        made(list(map(str, frame.columns)), *frame.astype(object).where(frame.notna(), None).values.tolist()).getvalue()
    )

    expected = pd.read_excel(path, engine="calamine")
    loaded = load(path)

    for at in range(loaded.shape[1]):
        if not (loaded.iloc[:, at].abs() > 2**63).any() if loaded.iloc[:, at].dtype.kind == "f" else True:
            assert difference(loaded.iloc[:, [at]], expected.iloc[:, [at]]) is None


@pytest.mark.parametrize(
    ("values", "dtype"),
    [([1, 2.0], "int64"), ([1, None, 2], "float64"), ([True, False], "bool"), ([1, "x"], "object")],
)
def test_a_column_gets_the_dtype_of_its_cells(values: list[Any], dtype: str, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(made(["x"], *([value] for value in values)).getvalue())

    assert load(path)["x"].dtype == dtype


def test_options_of_pandas_pass_through_and_others_do_not(tmp_path: Path) -> None:
    path = save(FRAME, tmp_path / "a.xlsx")

    assert list(load(path, skiprows=1, header=None, names=["p", "q"])["p"]) == [1, 2]
    assert load(path, dtype={"a": "float32"})["a"].dtype == "float32"
    assert same(load(path, as_type=dict), {"a": [1, 2], "b": ["x", "y"]})
    assert same(load(path, as_type=list), [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}])
    assert list(load(path, as_type=dict, sheet_name=None)) == ["Sheet1"]
    with pytest.raises(OptionError, match="no option 'engine'"):
        load(path, engine="openpyxl")


@pytest.mark.parametrize("extension", [".xls", ".xlsb", ".ods"])
def test_what_cannot_be_saved_says_so(extension: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownFormatError):
        save(FRAME, tmp_path / f"a{extension}")


def test_any_damage_is_noticed(tmp_path: Path) -> None:
    path = save(pd.DataFrame({"a": np.random.default_rng(0).normal(size=200)}), tmp_path / "a.xlsx")
    expected = load(path)
    content = path.read_bytes()

    for size in range(0, len(content), len(content) // 40):
        path.write_bytes(content[:size])
        with pytest.raises(UnreadableFileError):
            load(path, cache=False)
    for place in range(7, len(content), len(content) // 60):
        path.write_bytes(content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :])
        with contextlib.suppress(UnreadableFileError):  # some bits hold no content
            assert same(load(path, cache=False), expected)


def test_the_real_workbooks_load(corpus: Path) -> None:
    folder = corpus / "excel"

    assert load(folder / "any_sheets.xlsb", header=None).iloc[:3].values.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert list(load(folder / "any_sheets.xlsb", sheet_name=None)) == ["Visible", "Hidden", "VeryHidden"]
    assert list(info(folder / "any_sheets.xlsb")["keys"]) == ["Visible", "Hidden", "VeryHidden"]
    for name in ("date.xls", "date_1904.xlsx"):
        assert load(folder / name, header=None).iloc[0, 0] == datetime.datetime(2021, 1, 1)
    old = load(folder / "biff4_no_format_no_window2.xls")
    assert list(old.columns) == ["ID", "TOTAL", "MAIN", "SUB"]
    assert old.shape == (26, 4)


def test_an_encrypted_workbook_says_so(corpus: Path) -> None:
    with pytest.raises(UnreadableFileError, match="encrypted; password= opens"):
        load(corpus / "excel" / "pass_protected.xlsx")
    with pytest.raises(UnreadableFileError, match="workbook"):
        load(corpus / "excel" / "too_small.xls")


def test_an_encrypted_workbook_loads_with_its_password(tmp_path: Path) -> None:
    needs("msoffcrypto")
    from msoffcrypto.format.ooxml import OOXMLFile

    frame = pd.DataFrame({"a": np.random.default_rng(0).normal(size=2000)})  # the library writes small ones damaged
    path, locked = save(frame, tmp_path / "a.xlsx"), tmp_path / "b.xlsx"
    with path.open("rb") as file, locked.open("wb") as target:
        OOXMLFile(file).encrypt("sécret", target)

    assert same(load(locked, password="sécret"), frame)
    assert same(load(path, password="not needed"), frame)
    with pytest.raises(UnreadableFileError, match="the password given does not open it"):
        load(locked, password="secret")
    with pytest.raises(UnreadableFileError, match="encrypted"):
        info(locked)
    assert "sécret" not in repr(Excel(password="sécret"))


def test_a_real_encrypted_workbook_opens(corpus: Path) -> None:
    needs("msoffcrypto")

    assert load(corpus / "excel" / "pass_protected.xlsx", password="123").shape == (0, 0)


def test_a_library_that_only_passwords_need_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(OLE + b"\0" * 500 + LOCKED)
    monkeypatch.setitem(sys.modules, "msoffcrypto", None)
    monkeypatch.setattr("scitex_io.messages.find_spec", lambda _: None)

    with pytest.raises(MissingDependencyError, match=r'pip install "scitex-io\[passwords\]"'):
        load(path, password="x")


def test_a_part_in_the_words_of_every_format(tmp_path: Path) -> None:
    other = pd.DataFrame({"z": [0.5, 1.5, 2.5], "b": list("xyz")})
    path = save({"one": FRAME, "two": other}, tmp_path / "a.xlsx")

    assert same(load(path, key="two"), other)
    assert same(load(path, columns=["b"], rows=slice(1, None)), FRAME.iloc[1:][["b"]])
    assert same(load(path, key="two", columns=["b", "z"], rows=slice(None, None, -2)), other.iloc[::-2][["b", "z"]])
    assert list(load(path, sheet_name=None, rows=slice(1))["two"]["z"]) == [0.5]
    assert same(load(path, key="two", columns=["z"], as_type=list), [{"z": 0.5}, {"z": 1.5}, {"z": 2.5}])
    with pytest.raises(MissingKeyError, match="'one', 'two'"):
        load(path, key="three")
    with pytest.raises(MissingKeyError, match="'a', 'b'"):
        load(path, columns=["c"])
    with pytest.raises(OptionError, match="one is enough"):
        load(path, key="one", sheet_name="two")
    with pytest.raises(OptionError, match="an option of load"):
        save(FRAME, path, key="one")


STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": b"http://purl.oclc.org/ooxml/officeDocument/relationships",
}


@pytest.mark.parametrize("writer", ["ours", "openpyxl"])
def test_a_strict_workbook_loads_as_any_other(writer: str, tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"a": [1.5, 2.0], "b": ["x", "y"], "when": pd.to_datetime(["2020-01-01 00:00:00", "2021-02-03 04:05:06"])}
    )
    path, strict = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    if writer == "ours":
        save(frame, path)
    else:
        frame.to_excel(path, index=False, engine="openpyxl")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(strict, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            for usual, other in STRICT.items():
                data = data.replace(usual, other)
            new.writestr(name, data)

    assert same(load(strict), load(path))
    assert list(load(strict)["when"]) == list(frame["when"])
    assert info(strict)["keys"] == info(path)["keys"]


def test_escaped_characters_come_back_as_characters(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["text_x000D_"])
    book.active.append(["a_x000D_\nb_x0041_"])  # in the strings that cells share
    book.save(tmp_path / "a.xlsx")

    loaded = load(tmp_path / "a.xlsx")

    assert list(loaded.columns) == ["text\r"]
    assert loaded.iloc[0, 0] == "a\r\nbA"


def test_columns_without_a_name_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(made(["a", None, "c", None], [1, 2, 3, 4], [5, 6, 7, 8]).getvalue())

    loaded = load(path)

    assert list(loaded.columns) == ["a", "Unnamed: 1", "c", "Unnamed: 3"]
    assert loaded.iloc[1].tolist() == [5, 6, 7, 8]
    assert load(path, columns=["Unnamed: 3"]).iloc[:, 0].tolist() == [4, 8]


@pytest.mark.parametrize("name", ["date.xls", "any_sheets.xlsb", "date_1904.xlsx"])
def test_a_name_in_capitals_is_read_alike(name: str, corpus: Path, tmp_path: Path) -> None:
    path = tmp_path / name.upper()
    path.write_bytes((corpus / "excel" / name).read_bytes())

    assert same(load(path, header=None), load(corpus / "excel" / name, header=None))
    assert info(path)["keys"] == info(corpus / "excel" / name)["keys"]


def test_text_is_never_a_formula(tmp_path: Path) -> None:
    texts = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1"]

    path = save(pd.DataFrame({"=x": texts}), tmp_path / "a.xlsx")

    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    assert texts == load(path)["=x"].tolist()
