from __future__ import annotations

import collections
import dataclasses
import datetime
import enum
import pathlib
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from same import difference
from scitex_io import MissingKeyError, OptionError, UnsupportedTypeError, info, load, save
from scitex_io.content.trees import DEPTH, Words, kinds, plain
from scitex_io.forms import duration, nanoseconds
from scitex_io.losses import collecting
from strategies.trees import trees

WORDS = Words("json")


def changed(obj: Any) -> tuple[Any, list[str]]:
    with collecting() as losses:
        tree = plain(obj, WORDS)
    return tree, list(losses)


@given(trees)
def test_a_plain_tree_is_passed_on_as_it_is(tree: Any) -> None:
    assert plain(tree, WORDS) is tree
    assert kinds(tree, WORDS) is not None


class Colour(enum.Enum):
    RED = 1


class Name(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "another"


@attrs.frozen
class Inner:
    size: float
    where: pathlib.Path = pathlib.Path("x")


@dataclasses.dataclass
class Outer:
    inner: Inner
    made: int = dataclasses.field(init=False, default=7)


Pair = collections.namedtuple("Pair", "a b")  # noqa: PYI024  # as found in the wild

FORMS: list[tuple[Any, Any, list[str]]] = [
    ((1, 2), [1, 2], ["tuples become lists (first at 'k')"]),
    ({3, 1, 2}, [1, 2, 3], ["sets become sorted lists (first at 'k')"]),
    (frozenset({"b", 1}), [1, "b"], ["sets become sorted lists (first at 'k')"]),
    (collections.deque([1]), [1], ["deques become lists (first at 'k')"]),
    (range(3), [0, 1, 2], ["ranges become lists (first at 'k')"]),
    (collections.OrderedDict(a=1), {"a": 1}, []),
    (collections.Counter("aab"), {"a": 2, "b": 1}, []),
    (collections.ChainMap({"a": 1}), {"a": 1}, []),
    (
        {2: "a", 2.5: "b", None: "c"},
        {"2": "a", "2.5": "b", "null": "c"},
        ["keys that are no text become text (first at 'k.2')"],
    ),
    (
        {np.str_("s"): 1, pathlib.Path("p"): 2, Colour.RED: 3},
        {"s": 1, "p": 2, "1": 3},
        ["keys that are no text become text (first at 'k.p')"],
    ),
    (np.arange(4).reshape(2, 2), [[0, 1], [2, 3]], ["arrays become lists (first at 'k')"]),
    (
        np.array([1 + 2j]),
        ["(1+2j)"],
        ["arrays become lists (first at 'k')", "complex numbers become text (first at 'k[0]')"],
    ),
    (
        np.array(["2024-01-01", "NaT"], "M8[D]"),
        ["2024-01-01", None],
        ["NaT becomes null", "arrays become lists (first at 'k')"],
    ),
    (np.array([(1, 2.5)], "i4,f8"), [{"f0": 1, "f1": 2.5}], ["arrays become lists (first at 'k')"]),
    (np.float64(0.1), 0.1, []),
    (np.float32(0.1), 0.10000000149011612, []),
    (np.uint64(2**64 - 1), 2**64 - 1, []),
    (np.bool(True), True, []),
    (np.str_("x"), "x", []),
    (np.longdouble(1) / 3, 1 / 3, ["numbers of more than 64 bits are rounded"]),
    (
        pd.DataFrame({"a": [1, 2], 3: ["x", "y"]}),
        {"a": [1, 2], "3": ["x", "y"]},
        ["tables become dicts of columns (first at 'k')", "keys that are no text become text (first at 'k.3')"],
    ),
    (pd.Series([1, 2], index=["x", "y"]), [1, 2], ["an index is left out", "series become lists (first at 'k')"]),
    (
        pd.Series([1, pd.NA], dtype="Int64"),
        [1, None],
        ["series become lists (first at 'k')", "missing values (NA, NaT) become null (first at 'k[1]')"],
    ),
    (datetime.datetime(2024, 1, 2, 3), "2024-01-02T03:00:00", ["dates and times become text (first at 'k')"]),
    (datetime.timedelta(days=-1, microseconds=1), "-P0DT86399.999999S", ["durations become text (first at 'k')"]),
    (b"\xff", "/w==", ["bytes become base64 text (first at 'k')"]),
    (pathlib.PurePosixPath("a/b"), "a/b", ["paths become text (first at 'k')"]),
    (Colour.RED, 1, ["members of an enumeration become their values (first at 'k')"]),
    (Name("own"), "own", [f"{__name__}.Name is stored as str, without what it adds to it (first at 'k')"]),
    (
        Pair(1, 2),
        [1, 2],
        [
            "tuples become lists (first at 'k')",
            f"{__name__}.Pair is stored as tuple, without what it adds to it (first at 'k')",
        ],
    ),
    (
        Outer(Inner(1.5)),
        {"inner": {"size": 1.5, "where": "x"}},
        [
            f"{__name__}.Outer becomes a dict (first at 'k')",
            f"what {__name__}.Outer() does not take is left out: made (first at 'k')",
            f"{__name__}.Inner becomes a dict (first at 'k.inner')",
            "paths become text (first at 'k.inner.where')",
        ],
    ),
]


@pytest.mark.parametrize(("obj", "expected", "said"), FORMS, ids=lambda value: type(value).__name__)
def test_the_obvious_form_of(obj: Any, expected: Any, said: list[str]) -> None:
    tree, losses = changed({"k": obj})

    assert difference(tree, {"k": expected}) is None
    assert losses == said


def test_only_the_first_of_many_is_named() -> None:
    _, losses = changed([1, {"a": [(1,), (2,)]}, (3,)])

    assert losses == ["tuples become lists (first at '[1].a[0]')"]


def held() -> list[Any]:
    holder: list[Any] = []
    holder.append({"again": (holder,)})
    return holder


def doubled() -> list[Any]:
    holder: list[Any] = []
    holder.extend([holder] * 50)
    return holder


def deep() -> list[Any]:
    tree: list[Any] = []
    for _ in range(100_000):
        tree = [tree]
    return tree


@pytest.mark.parametrize(
    ("obj", "says"),
    [
        (held(), r"'\[0\]\.again\[0\]' \(it contains itself"),
        (doubled(), "it contains itself"),
        (deep(), f"more than {DEPTH} levels"),
        ({"a": object()}, "object at 'a'"),
        ({"a": print}, "at 'a'"),
        ({"a": int}, "at 'a'"),
        ({"a": (i for i in [1])}, "generator at 'a'"),
        ({1: "a", "1": "b"}, "two of its keys become the same text '1'"),
        ({(1, 2): "a"}, "a key that has no obvious text"),
        ({"a": pd.DataFrame([[1, 2]], columns=["x", "x"])}, "two of its columns"),
        ({"a": np.array([1], "m8[Y]")}, "no fixed length"),
        ({"a": np.array([b"x"], "V1")}, "no obvious form"),
        ({"a": pd.Period("2024-01")}, "Period at 'a'"),
    ],
    ids=range(13),
)
def test_what_has_no_obvious_form_is_refused_with_its_place(obj: Any, says: str) -> None:
    with pytest.raises(UnsupportedTypeError, match=says):
        changed(obj)


def test_what_stands_twice_is_no_cycle() -> None:
    shared = (1, 2)

    assert changed({"a": shared, "b": [shared, shared]})[0] == {"a": [1, 2], "b": [[1, 2], [1, 2]]}


@given(st.integers(-(2**80), 2**80))
def test_a_duration_is_read_back_to_the_nanosecond(count: int) -> None:
    assert nanoseconds(duration(count)) == count


@pytest.mark.parametrize(("text", "seconds"), [("PT1H30M", 5400), ("P1D", 86_400), ("-PT0.5S", -0.5)])
def test_durations_of_others_are_read(text: str, seconds: float) -> None:
    assert nanoseconds(text) == seconds * 10**9


@pytest.mark.parametrize("text", ["", "P", "PT", "P1Y", "1 day", "P1DT"])
def test_other_text_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="no length of time"):
        nanoseconds(text)


TEXTS = {
    "json": '{"a": "é€", "b": [1, 2]}',
    "jsonl": '{"a": "é€", "b": [1, 2]}\n',
    "yaml": "a: é€\nb: [1, 2]\n",
    "toml": 'a = "é€"\r\nb = [1, 2]\r\n',
    "ini": "[b]\na = é€\n",
    "txt": "é€\r\n",
}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("extension", TEXTS)
def test_a_byte_order_mark_tells_the_encoding(extension: str, encoding: str, tmp_path: Path) -> None:
    path, marked = tmp_path / f"a.{extension}", tmp_path / f"b.{extension}"
    path.write_bytes(TEXTS[extension].encode())
    mark = "" if encoding == "utf-8-sig" else "\ufeff"
    marked.write_bytes((mark + TEXTS[extension]).encode(encoding))

    assert load(marked) == load(path)
    assert "é€" in str(load(path))


@pytest.mark.parametrize("extension", ["json", "yaml", "toml"])
def test_a_part_of_a_tree_is_loaded_by_its_key(extension: str, tmp_path: Path) -> None:
    path = save({"a": {"b": [10, {"c": "x"}]}}, tmp_path / f"a.{extension}")

    assert load(path, key="a/b/0") == 10
    assert load(path, key="/a/b/1/") == {"c": "x"}
    assert load(path, key="a", as_type=dict[str, list[Any]]) == {"b": [10, {"c": "x"}]}
    for missing, there in (("a/b/2", "'0', '1'"), ("a/x", "'b'"), ("a/b/0/y", "nothing")):
        with pytest.raises(MissingKeyError, match=there):
            load(path, key=missing)
    with pytest.raises(OptionError, match="for save: it is an option of load"):
        save({}, path, key="a")
    assert info(path)["keys"]["a/b"] == "list of 2"


def test_a_part_of_an_ini_file_is_a_section_or_a_value(tmp_path: Path) -> None:
    path = save({"s": {"k": "v"}}, tmp_path / "a.ini")

    assert load(path, key="s") == {"k": "v"}
    assert load(path, key="s/k") == "v"


def test_a_part_of_yaml_can_be_reached_by_keys_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("1: {true: x}\n---\n- y\n")

    assert load(path, key="0/1/True") == "x"
    assert load(path, key="1/0") == "y"
