"""What HDF5 files and Zarr stores have in common."""

from __future__ import annotations

import collections
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from same import same
from scitex_io import (
    KeyExistsError,
    LossyWarning,
    MissingKeyError,
    OptionError,
    ScitexIOError,
    UnexpectedTypeError,
    UnsupportedTypeError,
    load,
    save,
)
from scitex_io.api import info

pytestmark = pytest.mark.parametrize("ext", [".h5", ".zarr"])


@pytest.fixture
def path(tmp_path: Path, ext: str) -> Path:
    return tmp_path / f"x{ext}"


def test_keys_of_any_kind_come_back_in_order(path: Path) -> None:
    tree: dict[Any, Any] = dict.fromkeys(
        [
            "z",
            "a/b",
            ".",
            "..",
            "",
            "%2F",
            "100%",
            "ключ",
            "x\0y",
            "\ud800",
            "k" * 300,
            "__x",
            "zarr.json",
            " c ",
            "a\\b:?",
        ],
        1,
    )
    tree |= {5: "int", "5": "text", (1, "a"): "tuple", None: "none", 2.5: "float", b"b": "bytes", False: "no"}

    loaded = load(save(tree, path))

    assert same(loaded, tree)


def test_a_key_that_is_neither_text_nor_number_is_refused(path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="frozenset"):
        save({"a": {frozenset({1}): 2}}, path)

    assert list(path.parent.iterdir()) == []


def test_a_frame_is_stored_column_by_column(path: Path) -> None:
    frame = pd.DataFrame(
        {"a": [1.5, np.nan], "s": ["x", None], "t": pd.date_range("2020", periods=2, tz="Europe/Berlin")},
        index=pd.MultiIndex.from_tuples([("u", 1), ("v", 2)], names=["k", None]),
    )

    save(frame, path)

    assert same(load(path), frame)
    assert same(load(path, key="data/columns/a"), np.array([1.5, np.nan]))


def test_labels_of_any_kind_and_twice_the_same_come_back(path: Path) -> None:
    frames = {
        "twice": pd.DataFrame([[1, 2.5]], columns=["x", "x"]),
        "numbers": pd.DataFrame({1: [1], "a": [2]}),
        "levels": pd.DataFrame({("a", 1): [1], ("b", 2): ["t"]}),
        "empty": pd.DataFrame(),
        "dates": pd.DataFrame({"v": [1, 2]}, index=pd.date_range("2020", periods=2, freq="D", name="day")),
        "objects": pd.DataFrame({"o": pd.Series([[1], {"a": b"x"}, pd.NA], dtype=object)}),
        "sparse": pd.DataFrame({"s": pd.arrays.SparseArray([0.0, 0.0, 1.0])}),
        "intervals": pd.DataFrame({"i": pd.interval_range(0, 2)}),
    }

    assert same(load(save(frames, path)), frames)


def test_what_is_no_dict_comes_back_as_it_was(path: Path) -> None:
    for obj in (np.arange(3), np.array(1.5), np.float32(2), "text", None, [1, "a"], pd.Series([1], name="s")):
        assert same(load(save(obj, path)), obj)


def test_a_dict_with_the_key_data_stays_a_dict(path: Path) -> None:
    assert same(load(save({"data": np.arange(3)}, path)), {"data": np.arange(3)})


def test_a_key_is_added_and_the_rest_is_kept(path: Path) -> None:
    save({"z": 1, "b": {"c": 2}}, path)
    save(np.arange(3), path, key="b/a/new")
    save("first", path, key="y")

    assert same(load(path), {"z": 1, "b": {"c": 2, "a": {"new": np.arange(3)}}, "y": "first"})
    assert same(load(path, key="b/a"), {"new": np.arange(3)})
    assert load(path, key="/b/c") == 2


def test_a_key_is_replaced_whatever_was_there(path: Path) -> None:
    save({"a": {"b": np.zeros(3)}, "c": 1}, path)
    save([1, "x"], path, key="a")
    save({"q": None}, path, key="c")

    assert load(path) == {"a": [1, "x"], "c": {"q": None}}


def test_a_key_creates_the_file(path: Path) -> None:
    assert load(save(5, path, key="a/b")) == {"a": {"b": 5}}


def test_a_key_joins_the_one_object_of_a_file(path: Path) -> None:
    save(7, path)
    save(8, path, key="more")

    assert load(path) == {"data": 7, "more": 8}


def test_a_key_with_slashes_of_its_own_is_found(path: Path) -> None:
    save({"a/b": {"c": 1}}, path)
    save(2, path, key="a/b/d")

    assert load(path, key="a/b/c") == 1
    assert load(path) == {"a/b": {"c": 1, "d": 2}}


def test_an_existing_key_can_be_kept(path: Path) -> None:
    save({"a": {"b": 1}}, path)

    with pytest.raises(KeyExistsError, match="already holds 'a/b'"):
        save(2, path, key="a/b", override=False)
    save(3, path, key="a/c", override=False)

    assert load(path) == {"a": {"b": 1, "c": 3}}


def test_a_key_does_not_lead_into_an_array_or_a_list(path: Path) -> None:
    save({"a": np.zeros(3), "l": [1, (2,)]}, path)

    for key in ("a/b", "l/0", "/"):
        with pytest.raises(OptionError, match="key"):
            save(1, path, key=key)

    assert same(load(path), {"a": np.zeros(3), "l": [1, (2,)]})


def test_a_missing_key_is_an_error_that_lists_what_there_is(path: Path) -> None:
    save({"a": {"b": 1}, "c": 2}, path)

    for key in ("q", "a/q", "a/b/q", "c/q"):
        with pytest.raises(MissingKeyError, match="it holds 'a', 'a/b', 'c'"):
            load(path, key=key)


def test_a_failed_update_leaves_the_file_as_it_was(path: Path) -> None:
    save({"a": 1}, path)

    with pytest.raises(UnsupportedTypeError, match="at 'a/x'"):
        save({"x": object()}, path, key="a")

    assert load(path) == {"a": 1}
    assert [part.name for part in path.parent.iterdir()] == [path.name]


def test_saving_without_a_key_replaces_everything(path: Path) -> None:
    save({"a": 1}, path)
    save({"b": 2}, path)

    assert load(path) == {"b": 2}


@pytest.mark.parametrize(
    "obj",
    [object(), {"a": [object()]}, np.ma.masked_array([1, 2], [True, False]), np.array([object()]), {"r": range(3)}],
    ids=["object", "nested", "masked", "objects", "range"],
)
def test_nothing_is_stringified_or_pickled(path: Path, obj: object) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(obj, path)

    assert list(path.parent.iterdir()) == []


def test_what_contains_itself_is_refused(path: Path) -> None:
    loop: dict[str, Any] = {}
    loop["a"] = loop
    ring: list[Any] = []
    ring.append(ring)

    for obj in (loop, ring, {"a": (ring,)}):
        with pytest.raises(UnsupportedTypeError, match="contains itself"):
            save(obj, path)

    assert list(path.parent.iterdir()) == []


def test_a_subclass_is_announced_as_what_it_becomes(path: Path) -> None:
    with pytest.warns(LossyWarning, match=r"OrderedDict becomes dict \(at 'a'\)"):
        save({"a": collections.OrderedDict(b=1)}, path)

    assert same(load(path), {"a": {"b": 1}})


def test_one_array_or_frame_is_given_as_such(path: Path) -> None:
    save({"x": np.arange(3)}, path)
    frame = pd.DataFrame({"a": [1]})

    assert same(load(path, as_type=np.ndarray), np.arange(3))
    assert same(load(path, as_type=dict), {"x": np.arange(3)})
    assert same(load(save(frame, path), as_type=pd.DataFrame), frame)
    with pytest.raises(UnexpectedTypeError):
        load(path, as_type=np.ndarray)


def test_a_description_reads_no_data(path: Path) -> None:
    save({"a": {"b": np.zeros((2, 3), "f4"), "t": np.array(["x"])}, "s": "text", "l": [1, 2]}, path)
    facts = info(path)

    assert facts["kind"] == "tree"
    assert facts["keys"]["a/b"] == "array float32 (2, 3)"
    assert facts["keys"]["l"] == "list"
    assert list(facts["keys"]) == ["a", "a/b", "a/t", "s", "l"]

    single = info(save(np.zeros((4, 2), "M8[s]"), path))

    assert (single["kind"], single["shape"], single["dtype"]) == ("array", (4, 2), "<M8[s]")


def test_a_wrong_option_is_refused(path: Path) -> None:
    with pytest.raises(OptionError):
        save(1, path, key=5)
    assert list(path.parent.iterdir()) == []


def test_an_update_of_something_else_is_an_error_and_changes_nothing(path: Path) -> None:
    if path.suffix == ".h5":
        path.write_bytes(b"no file of ours")
    else:
        path.mkdir()
        (path / "zarr.json").write_text("{")

    with pytest.raises((ScitexIOError, OSError)):
        save(1, path, key="a")

    assert path.is_dir() or path.read_bytes() == b"no file of ours"


def test_texts_in_fortran_order_keep_their_places(path: Path) -> None:
    texts = np.asfortranarray(np.array([["", "0", "a"], ["b", "", "c"]]))
    tree = {"u": texts, "o": texts.astype(object)[:, ::-1]}

    assert same(load(save(tree, path)), tree)
