from __future__ import annotations

import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from same import difference
from scitex_io import UnexpectedTypeError, UnreadableFileError, UnsupportedTypeError, load, save
from scitex_io.formats.yaml.words import documents
from scitex_io.formats.yaml.writing import emitted, quickly, written
from strategies.trees import texts, trees


@given(trees)
def test_parsers_of_yaml_1_1_and_1_2_read_the_same_values(tree: Any) -> None:
    data = written(tree)

    assert difference(yaml.safe_load(data), tree) is None
    assert difference(YAML(typ="safe", pure=True).load(data), tree) is None
    assert difference(documents(data), [tree]) is None


@given(st.lists(texts, min_size=1))
def test_text_stays_text_in_every_parser(tree: list[str]) -> None:
    data = written({text: text for text in tree})

    assert {text: text for text in tree} == yaml.safe_load(data) == YAML(typ="safe", pure=True).load(data)


WORDS = [
    "on",
    "off",
    "yes",
    "no",
    "y",
    "N",
    "null",
    "~",
    "True",
    "1e3",
    "0o7",
    "012",
    "08",
    "12:30:45",
    "2024-01-01",
    "=",
]


@pytest.mark.parametrize(
    "word", [*WORDS, "<<", " a", "a ", "1_000", "0x1F", "+.inf", ".nan", "-", "? a", "a\x07", "---"]
)
def test_words_that_some_parser_misreads_are_quoted(word: str, tmp_path: Path) -> None:
    path = save({word: [word]}, tmp_path / "a.yaml")

    assert path.read_text()[0] in "\"'"
    assert load(path) == {word: [word]}


def test_what_stands_twice_is_written_twice(tmp_path: Path) -> None:
    shared = [1, {"a": 2}]

    path = save({"x": shared, "y": shared}, tmp_path / "a.yaml")

    assert "&" not in path.read_text()
    assert load(path) == {"x": shared, "y": shared}


def test_keys_keep_their_order_and_type(tmp_path: Path) -> None:
    tree = {"b": 1, "a": 2, 3: "x", None: {True: 1.5}}

    assert difference(load(save(tree, tmp_path / "a.yaml")), tree) is None


def test_a_time_zone_with_a_name_is_announced(tmp_path: Path) -> None:
    from zoneinfo import ZoneInfo

    moment = datetime.datetime(2024, 1, 1, tzinfo=ZoneInfo("UTC"))

    with pytest.warns(UserWarning, match="dates and times become text"):
        save({"t": moment}, tmp_path / "a.yaml")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", "'a' stands twice"),
        ("{1: a, 1: b}", "1 stands twice"),
        ("&a [1, *a]", "inside what it refers to"),
        ("a: &a {x: *a}", "inside what it refers to"),
        ("a: [1, 2", "expected"),
        ("a: b: c", "mapping values"),
        ("!!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("!own {a: 1}", "could not determine a constructor"),
        ("[" * 100_000, "nested too deeply"),
        ("{a: " * 100_000, "nested too deeply"),
        ("- " * 100_000, "nested too deeply"),
        ("".join(f"{' ' * at}a:\n" for at in range(600)), "nested too deeply"),
        ("%YAML 1.2\n", "expected"),
        ("a: \x00", "not allowed"),
    ],
    ids=range(14),
)
def test_a_broken_or_dangerous_file_is_refused(content: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(content)

    with pytest.raises(UnreadableFileError, match=says):
        load(path)


def test_a_few_lines_cannot_stand_for_millions_of_values(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    names = "abcdefghij"
    lines = [f"a: &a [{'x, ' * 10}]"]
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]" for old, new in pairwise(names)]
    path.write_text("\n".join(lines))

    with pytest.raises(UnreadableFileError, match="its aliases stand for more than"):
        load(path)


def test_aliases_and_merges_of_an_honest_file_are_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("base: &base {x: 1, y: 2}\nown: {<<: *base, x: 3}\nlist: [*base, *base]\n")

    assert load(path) == {"base": {"x": 1, "y": 2}, "own": {"x": 3, "y": 2}, "list": [{"x": 1, "y": 2}] * 2}


@pytest.mark.parametrize(
    ("content", "expected"), [("", None), ("# only words\n", None), ("a", "a"), ("---\n1\n---\n2\n", [1, 2])]
)
def test_a_file_holds_no_one_or_several_documents(content: str, expected: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(content)

    assert load(path) == expected


def test_comments_order_and_layout_survive_a_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("# what for\nb: 1   # one\na:\n- x  # ex\n- 'y'\n")

    tree = load(path, round_trip=True)
    tree["b"] = 2
    tree["new"] = "on"
    save(tree, path)

    assert path.read_text() == "# what for\nb: 2   # one\na:\n- x  # ex\n- 'y'\nnew: 'on'\n"
    assert load(path) == {"b": 2, "a": ["x", "y"], "new": "on"}


def test_a_commented_tree_with_a_foreign_object_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\n")
    tree = load(path, round_trip=True)
    tree["a"] = object()

    with pytest.raises(UnsupportedTypeError, match="no YAML"):
        save(tree, path)


def test_keys_can_be_lowered(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("A: [{Bc: X}]\n1: D\n")

    assert load(path, lower=True) == {"a": [{"bc": "X"}], 1: "D"}


def test_keys_that_are_the_same_in_lower_case_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("A: 1\na: 2\n")

    with pytest.raises(UnreadableFileError, match="in lower case"):
        load(path, lower=True)


def test_a_number_that_yaml_takes_for_text_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("lr: 1e-3\n")

    with pytest.raises(UnexpectedTypeError, match=r"1\.0e-3"):
        load(path, as_type=dict[str, float])


def test_utf_16_is_read_by_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("a: é\n".encode("utf-16"))

    assert load(path) == {"a": "é"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "229Q.yaml",
            [{"name": "Mark McGwire", "hr": 65, "avg": 0.278}, {"name": "Sammy Sosa", "hr": 63, "avg": 0.288}],
        ),
        ("2SXE.yaml", {"key": "value", "foo": "key"}),
        ("JHB9.yaml", [["Mark McGwire", "Sammy Sosa", "Ken Griffey"], ["Chicago Cubs", "St Louis Cardinals"]]),
    ],
)
def test_real_files_are_read(name: str, expected: Any, corpus: Path) -> None:
    assert load(corpus / "yaml" / name) == expected


@pytest.mark.parametrize("name", ["4HVU.yaml", "9MMA.yaml"])
def test_real_broken_files_are_refused(name: str, corpus: Path) -> None:
    with pytest.raises(UnreadableFileError):
        load(corpus / "yaml" / name)


@pytest.mark.parametrize("number", [1e-05, 1e20, -3e-300, 1.5e-7, 0.1, float("inf")])
def test_a_float_added_to_a_commented_tree_stays_a_float(number: float, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("a: 1  # one\n")
    tree = load(path, round_trip=True)
    tree["b"] = number

    save(tree, path, verbose=False)

    assert path.read_text().startswith("a: 1  # one\n")
    assert load(path) == {"a": 1, "b": number}


PLAIN = [
    "a",
    "on",
    "~",
    "012",
    "0x1F",
    "1_000",
    "1:30",
    "-0",
    "-0.0",
    "1.",
    "1e3",
    "1.5e+3",
    ".5",
    ".inf",
    "2020-01-02",
    "=",
]
EXPLICIT = [
    "!!float 3",
    "!!str 5",
    "!!bool yes",
    "!!int 7",
    "!!binary aGk=",
    "!!set {a, b}",
    "!!omap [a: 1]",
    "!!bool 3",
    "!!null 5",
]
PIECES = st.recursive(
    st.sampled_from([*PLAIN, *EXPLICIT, "'1'", '"\\n"', "<<", "-"]) | st.integers().map(str) | st.floats().map(str),
    lambda parts: (
        st.lists(parts, max_size=4).map(lambda found: f"[{', '.join(found)}]")
        | st.lists(st.tuples(parts, parts), max_size=4).map(
            lambda found: "{" + ", ".join(f"? {key} : {value}" for key, value in found) + "}"
        )
    ),
)


@given(PIECES)
def test_what_is_read_is_what_the_safe_loader_reads(text: str) -> None:
    data = text.encode()
    try:
        expected = yaml.load(data, yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, AttributeError, KeyError, TypeError) as error:
        with pytest.raises((type(error), yaml.YAMLError)):
            documents(data)
        return
    try:
        (found,) = documents(data) or [None]
    except yaml.YAMLError as error:
        assert "stands twice" in str(error)
        return

    assert repr(found) == repr(expected)


WORDS = [
    "a",
    "word two",
    "a  b",
    "on",
    "NULL",
    "x:y",
    "x: y",
    "a #b",
    "-",
    "1e5",
    "/a/b",
    "é",
    "",
    "a ",
    "_a",
    "e5",
    "x" * 150,
]
LEAVES = st.sampled_from(WORDS) | st.integers() | st.floats() | st.booleans() | st.none() | st.text(max_size=5)
SIMPLE_TREES = st.recursive(
    LEAVES,
    lambda parts: (
        st.lists(parts, max_size=4) | st.dictionaries(LEAVES.filter(lambda key: key == key), parts, max_size=4)
    ),
)


@given(SIMPLE_TREES)
def test_the_quick_way_writes_what_the_emitter_writes(tree: Any) -> None:
    assert quickly(tree) in {None, emitted(tree)}


def test_trees_of_words_and_numbers_take_the_quick_way() -> None:
    tree = {"records": [{"id": 1, "name": "n1", "values": [0.1, -2e-9], 3: {}, "gap": None}, [[], [True]]]}

    assert quickly(tree) == emitted(tree)
