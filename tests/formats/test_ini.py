from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scitex_io import LossyWarning, UnreadableFileError, UnsupportedTypeError, load, save

ANY = st.dictionaries(st.text(), st.dictionaries(st.text(), st.text(), max_size=2), max_size=2)


@given(tree=ANY)
def test_what_is_not_refused_comes_back(
    tree: dict[str, dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("ini") / "a.ini"
    try:
        save(tree, path, verbose=False)
    except UnsupportedTypeError:
        return

    assert load(path) == tree


def test_sections_keys_and_case_are_kept(tmp_path: Path) -> None:
    tree = {"DEFAULT": {"Path": "%(home)s/x"}, "Section One": {"Key": "a = b", "lines": "x\ny", "empty": ""}}

    path = save(tree, tmp_path / "a.cfg")

    assert load(path) == tree
    other = ConfigParser(interpolation=None)
    other.read(path)
    assert other["Section One"]["path"] == "%(home)s/x"


def test_numbers_become_text_and_are_announced(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match="int values become text"):
        path = save({"a": {"n": 1}}, tmp_path / "a.ini")

    assert load(path) == {"a": {"n": "1"}}


@pytest.mark.parametrize(
    "tree",
    [
        {"a": {";b": "1"}},
        {"a": {"#b": "1"}},
        {"a": {"[b": "1"}},
        {"a": {"b=c": "1"}},
        {"a": {"b:c": "1"}},
        {"a": {"b\nc": "1"}},
        {"a": {"": "1"}},
        {"a": {" b": "1"}},
        {"a": {"b": " 1"}},
        {"a": {"b": "x\n# y"}},
        {"a]": {"b": "1"}},
        {"a\nb": {}},
        {"": {}},
        {"a": "no section"},
        {"a": {"b": None}},
        {"a": {"b": [1]}},
        {"a": {"b": {"c": "1"}}},
    ],
    ids=range(17),
)
def test_what_would_not_come_back_is_refused(tree: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(tree, tmp_path / "a.ini")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["a = 1\n", "[a]\nb = 1\nb = 2\n", "[a]\n[a]\n", "[a]\nwords\n", "[a\nb = 1\n"])
def test_a_broken_file_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "a.ini"
    path.write_text(content)

    with pytest.raises(UnreadableFileError):
        load(path)
