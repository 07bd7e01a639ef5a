from __future__ import annotations

import datetime
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from same import difference
from scitex_io import LossyWarning, UnreadableFileError, UnsupportedTypeError, load, save
from strategies.trees import settings


@given(settings)
def test_the_standard_library_reads_the_same_values_in_the_same_order(tree: dict[str, Any]) -> None:
    from scitex_io.formats.toml import _table

    assert difference(tomllib.loads("\n".join(_table(tree, ""))), tree) is None


def test_tables_have_headers_unless_a_value_follows_them(tmp_path: Path) -> None:
    tree = {"early": {"a": 1}, "name": "x y", "model": {"lr": 1e-3, "sub": {"n": 1}}, "runs": [{"id": 1}, {"id": 2}]}

    path = save(tree, tmp_path / "a.toml")

    assert path.read_text().split("\n") == [
        *("early = {a = 1}", 'name = "x y"', "", "[model]", "lr = 0.001", "", "[model.sub]", "n = 1"),
        *("", "[[runs]]", "id = 1", "", "[[runs]]", "id = 2", ""),
    ]


def test_dates_and_times_are_native(tmp_path: Path) -> None:
    zone = datetime.timezone(datetime.timedelta(hours=9))
    tree = {
        "at": datetime.datetime(2024, 1, 2, 3, 4, 5, 6),
        "there": datetime.datetime(2024, 1, 2, tzinfo=zone),
        "on": [datetime.date(2024, 1, 2)],
        "time": datetime.time(1, 2, 3),
    }

    assert difference(load(save(tree, tmp_path / "a.toml", on_loss="error")), tree) is None


def test_a_key_without_a_value_is_left_out_and_announced(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match=r"whose value is None are left out \(first at 'a\.b'\)"):
        path = save({"a": {"b": None, "c": 1}}, tmp_path / "a.toml")

    assert load(path) == {"a": {"c": 1}}


def test_none_in_a_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match=r"'a\[1\]'"):
        save({"a": [1, None]}, tmp_path / "a.toml")


@pytest.mark.parametrize("obj", [[1], "text", 1, {"a": "\ud800"}])
def test_what_toml_cannot_hold_is_refused(obj: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(obj, tmp_path / "a.toml")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["a = ", "a = 1\na = 2", "[a", "= 1", "a = " + "[" * 100_000, "a = \xff"])
def test_a_broken_file_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(content.encode("latin-1"))

    with pytest.raises(UnreadableFileError):
        load(path)
