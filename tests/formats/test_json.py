from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from same import difference
from scitex_io import LossyWarning, OptionError, UnreadableFileError, UnsupportedTypeError, load, save
from scitex_io.formats.json import _short, parsed, written
from strategies.trees import trees

MARKS = [
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    '"',
    '"a"',
    "1",
    "-",
    "0",
    ".",
    "e",
    "+",
    "NaN",
    "-Infinity",
    "true",
    "null",
    " ",
    "\n",
]
ODDITIES = ["\\ud800", "\\udc00", "9" * 19, "9" * 30, "1e400", "\ufeff", "é", "\x00", "\x7f", "/*", "'", "1.0", "-0"]
SNIPPETS = st.sampled_from(MARKS + ODDITIES)
JSON_TEXTS = st.one_of(
    st.builds(
        lambda tree, ascii_only, indent: json.dumps(tree, ensure_ascii=ascii_only, indent=indent),
        trees,
        st.booleans(),
        st.sampled_from([None, 1]),
    ),
    st.lists(SNIPPETS, max_size=8).map("".join),
    st.builds("[{}]".format, st.integers(-(2**66), 2**66)),
    st.builds("[{}{}{}]".format, st.integers(), st.sampled_from([".", "e", ".0e"]), st.integers(0, 400)),
)


@given(JSON_TEXTS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le"]))
@example("18446744073709551616", "utf-8")
@example("-9223372036854775809", "utf-8")
@example('{"a":1,"b":2,"a":3}', "utf-8")
@example('"\\ud800"', "utf-8")
def test_a_text_is_read_exactly_as_the_standard_library_reads_it(text: str, encoding: str) -> None:
    data = text.encode(encoding, "surrogatepass")
    try:
        expected = json.loads(data)
    except ValueError:
        with pytest.raises(ValueError):
            parsed(data)
        return

    assert difference(parsed(data), expected) is None


@pytest.mark.parametrize("indent", [None, 0, 1, 2, 4])
def test_the_standard_library_reads_the_same_values(indent: int | None, tmp_path: Path) -> None:
    tree = {"a": [1.5, math.nan, math.inf, -math.inf, None, "null"], "b": 2**70, "c": "é\ud800", "d": {"e": [[], {}]}}

    path = save(tree, tmp_path / "a.json", indent=indent)

    assert difference(json.loads(path.read_bytes()), tree) is None


def test_a_file_is_indented_utf_8_that_ends_in_a_newline(tmp_path: Path) -> None:
    path = save({"a": ["é"]}, tmp_path / "a.json")

    assert path.read_text("utf-8") == '{\n  "a": [\n    "é"\n  ]\n}\n'


def test_indent_is_checked(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="a number from 0 to 16"):
        save([], tmp_path / "a.json", indent="x")


def test_a_hundred_thousand_brackets_are_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[" * 100_000)

    with pytest.raises(UnreadableFileError, match="nested too deeply"):
        load(path)


@pytest.mark.parametrize("content", ['{"a": [1, 2', '{"a": 1,}', "{'a': 1}", '{"a": 1} x', "\x00", "PK\x03\x04"])
def test_a_broken_file_is_an_error_that_names_it(content: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)

    with pytest.raises(UnreadableFileError, match=r"a\.json"):
        load(path)


def test_two_lone_surrogates_that_would_merge_are_announced(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match="become one character"):
        save(["\ud834\udd1e"], tmp_path / "a.json")


def test_a_record_comes_back_as_its_class(tmp_path: Path) -> None:
    @attrs.frozen
    class Point:
        x: float
        name: str | None = None

    path = save([Point(1.5), Point(2.0, "b")], tmp_path / "a.json", on_loss="allow")

    assert load(path, as_type=list[Point]) == [Point(1.5), Point(2.0, "b")]


def test_an_array_comes_back_as_an_array(tmp_path: Path) -> None:
    array = np.array([[1.0, math.nan], [3.0, -0.0]])

    path = save(array, tmp_path / "a.json", on_loss="allow")

    assert difference(load(path, as_type=np.ndarray), array) is None


def test_a_refused_object_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match=r"'a\.b\[1\]'"):
        save({"a": {"b": [1, object()]}}, tmp_path / "a.json")

    assert list(tmp_path.iterdir()) == []


def test_a_first_save_imports_nothing_heavy(tmp_path: Path) -> None:
    code = f"""
import sys
import scitex_io
scitex_io.save({{"a": [1, 2.5, None]}}, {str(tmp_path / "a.json")!r}, verbose=False)
heavy = {{"numpy", "pandas", "h5py", "yaml", "ruamel", "cattrs", "importlib.metadata"}} & set(sys.modules)
assert not heavy, heavy
"""
    source = str(Path(__file__).resolve().parents[2] / "src")

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": source}, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("y_object_duplicated_key.json", {"a": "c"}),
        ("y_string_surrogates_U+1D11E_MUSICAL_SYMBOL_G_CLEF.json", ["\U0001d11e"]),
        ("i_string_UTF-16LE_with_BOM.json", ["é"]),
    ],
)
def test_real_files_are_read(name: str, expected: Any, corpus: Path) -> None:
    assert load(corpus / "json" / name) == expected


@pytest.mark.parametrize("name", ["n_array_extra_comma.json", "n_structure_100000_opening_arrays.json"])
def test_real_broken_files_are_refused(name: str, corpus: Path) -> None:
    with pytest.raises(UnreadableFileError):
        load(corpus / "json" / name)


@given(trees, st.sampled_from([None, 0, 1, 2, 4]))
@example({"a": [[], {}, 1e16, 1e-7, 2.5, '\x7f\x1f\b"\\/é\u2028']}, 2)
@example([float("nan"), -0.0, 2**70], 0)
def test_small_trees_have_one_text_whichever_library_writes_them(tree: Any, indent: int | None) -> None:
    import orjson  # imported: the other way is for processes that have not done so

    assert orjson is not None
    assert _short(tree, indent) in {None, written(tree, indent)}


def test_a_first_save_and_load_of_a_small_tree_need_no_library(tmp_path: Path) -> None:
    code = (
        "import sys; from scitex_io import load, save; tree = {'a': [1, 2.5, None, 'é']}\n"
        "assert load(save(tree, sys.argv[1], verbose=False)) == tree\n"
        "assert not {'orjson', 'hashlib'} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code, tmp_path / "a.json"], check=True)
    first = (tmp_path / "a.json").read_bytes()

    assert save({"a": [1, 2.5, None, "é"]}, tmp_path / "b.json").read_bytes() == first
