from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optional import needs
from scitex_io import OptionError, UnreadableFileError, UnsupportedTypeError, info, load, save

needs("lxml", "plotly")

FRAME = pd.DataFrame(
    {"name": ["a<b", "x & y", "two\nlines"], "value": [0.1 + 0.2, 1e-7, np.nan], "n": [1, 20, 300], "ok": [True] * 3}
)


def test_a_frame_becomes_a_table_that_loads_with_all_its_digits(tmp_path: Path) -> None:
    path = save(FRAME, tmp_path / "x.html", on_loss="error")

    back = load(path, as_type=pd.DataFrame)

    assert load(path).startswith("<!DOCTYPE html>")
    assert list(back["name"]) == ["a<b", "x & y", "two lines"]
    pd.testing.assert_frame_equal(back.drop(columns="name"), FRAME.drop(columns="name"))


def test_long_text_and_many_rows_are_not_cut(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["x" * 500] * 300})

    back = load(save(frame, tmp_path / "x.html"), as_type=pd.DataFrame)

    assert list(back["a"]) == ["x" * 500] * 300


def test_an_index_that_says_something_is_shown(tmp_path: Path) -> None:
    frame = FRAME.set_index("n")

    shown = load(save(frame, tmp_path / "x.html"), as_type=pd.DataFrame)
    hidden = load(save(frame, tmp_path / "y.html", index=False), as_type=pd.DataFrame)

    assert list(shown.columns) == ["n", "name", "value", "ok"]
    assert list(hidden.columns) == ["name", "value", "ok"]


def test_numbers_can_be_rounded(tmp_path: Path) -> None:
    path = save(FRAME, tmp_path / "x.html", float_format="%.2f")

    assert ">0.30<" in load(path)
    with pytest.raises(OptionError, match="such as"):
        save(FRAME, tmp_path / "x.html", float_format="plain")


def test_all_tables_or_those_that_match(tmp_path: Path) -> None:
    page = "".join(f"<table><tr><th>{name}</th></tr><tr><td>007</td></tr></table>" for name in "ab")
    path = save(page, tmp_path / "x.html")

    tables = load(path, as_type=list[pd.DataFrame])

    assert [list(table.columns) for table in tables] == [["a"], ["b"]]
    assert list(load(path, as_type=pd.DataFrame, match="b").columns) == ["b"]
    assert load(path, as_type=pd.DataFrame, converters={"a": str})["a"].tolist() == ["007"]


def test_a_page_without_tables_says_so(tmp_path: Path) -> None:
    path = save("<p>text</p>", tmp_path / "x.html")

    with pytest.raises(UnreadableFileError, match="no table"):
        load(path, as_type=pd.DataFrame)
    with pytest.raises(OptionError, match="option for tables"):
        load(path, match="x")


def test_a_plotly_figure_is_a_page_that_needs_nothing_else(tmp_path: Path) -> None:
    go = import_module("plotly.graph_objects")
    figure = go.Figure(go.Scatter(x=[1, 2], y=[3, 4], name="paws"))

    one, two = (save(figure, tmp_path / f"{n}.html").read_bytes() for n in "ab")
    light = save(figure, tmp_path / "c.html", include_plotlyjs="cdn").read_text()

    assert one == two
    assert len(one) > 1_000_000
    assert '<script src="http' not in one.decode()
    assert "paws" in light
    assert '<script charset="utf-8" src="http' in light
    with pytest.raises(OptionError, match="plotly's figures"):
        save("text", tmp_path / "d.html", full_html=False)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<meta charset='iso-8859-1'>caf\xe9 \x93", "<meta charset='iso-8859-1'>caf\xe9 \u201c"),
        (b"<meta http-equiv=x content='text/html; charset=shift_jis'>\x93\xfa", None),
        ("<p>é".encode(), "<p>é"),
        ("<p>é".encode("utf-16"), "<p>é"),
        (b"<?xml version='1.0' encoding='iso-8859-15'?>\xa4", "<?xml version='1.0' encoding='iso-8859-15'?>€"),
        ("<meta charset=utf-16>é".encode(), "<meta charset=utf-16>é"),
    ],
)
def test_the_declared_encoding_is_the_one_read(content: bytes, expected: str | None, tmp_path: Path) -> None:
    path = tmp_path / "x.html"
    path.write_bytes(content)

    text = load(path)

    assert text.endswith("日") if expected is None else text == expected
    assert save(text, tmp_path / "y.html").read_bytes() == content or content.startswith(b"\xff\xfe")


def test_text_that_its_own_encoding_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="cannot write"):
        save("<meta charset='latin1'>日本", tmp_path / "x.html")

    assert load(save("<meta charset='latin1'>日本", tmp_path / "x.html", encoding="utf-8"), encoding="utf-8")


def test_wrong_bytes_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.html"
    path.write_bytes(b"<meta charset='utf-8'>caf\xe9")

    with pytest.raises(UnreadableFileError, match="not utf-8"):
        load(path)


def test_objects_in_cells_are_refused(tmp_path: Path) -> None:
    for name in ("x.html", "x.md", "x.tex"):
        with pytest.raises(UnsupportedTypeError, match="no text, number or date"):
            save(pd.DataFrame({"a": [[1, 2]]}), tmp_path / name)
        with pytest.raises(UnsupportedTypeError, match="no columns"):
            save(pd.DataFrame(), tmp_path / name)

    assert list(tmp_path.iterdir()) == []


def test_the_title_is_told(tmp_path: Path) -> None:
    path = save("<html><title>\n A &amp; B </title>", tmp_path / "x.htm")

    assert info(path)["metadata"] == {"title": "A & B"}


def test_no_cell_name_or_label_becomes_markup(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>"
    frame = pd.DataFrame({hostile: [f"{hostile}<br>\n\"'&", "</td>"]}, index=pd.Index([hostile, "<b>"], name=hostile))

    text = save(frame, tmp_path / "a.html").read_text()

    assert "<script" not in text
    assert "<b>" not in text
    assert "&lt;script&gt;" in text
