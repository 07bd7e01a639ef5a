from __future__ import annotations

import copy
import json
import pickle
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scitex_io import DotDict, load, save

KEYS = st.text("abAB_", max_size=3) | st.integers(0, 3)
TREES = st.recursive(
    st.integers() | st.text(max_size=3) | st.none(),
    lambda below: st.dictionaries(KEYS, below, max_size=4),
    max_leaves=8,
)


def test_keys_are_attributes_at_every_depth_in_any_case() -> None:
    config = DotDict({"MODEL": {"Hidden_Dim": 256}, "seizure": "red"})

    assert config.model.hidden_dim == config["Model"]["HIDDEN_DIM"] == 256
    assert config["SEIZURE"] == config.seizure == "red"
    assert "Seizure" in config
    assert "other" not in config


def test_the_exact_spelling_comes_first_then_upper_case() -> None:
    both = DotDict({"a": 1, "A": 2, "bC": 3})

    assert (both["a"], both["A"], both["Bc"]) == (1, 2, 3)
    assert len(both) == 3


def test_other_keys_are_matched_exactly() -> None:
    assert DotDict({1: "one", (2, 3): "pair"})[1] == "one"
    with pytest.raises(KeyError, match="1"):
        DotDict({1: "one"})["1"]


def test_writing_changes_the_key_that_is_there_and_keeps_its_spelling() -> None:
    d = DotDict({"seizure": 1})

    d.SEIZURE = 2
    d["Seizure"] = d["SEIZURE"] + 1
    d.update({"SEIZURE": 4}, other=5)
    d.setdefault("OTHER", 6)

    assert d == {"seizure": 4, "other": 5}
    assert d.pop("SEIZURE") == 4
    del d["Other"]
    assert not d
    assert d.pop("x", None) is None


def test_a_missing_key_names_what_was_asked_and_what_is_close() -> None:
    d = DotDict({"learning_rate": 1})

    with pytest.raises(KeyError, match="learning_rat'"):
        d["learning_rat"]
    with pytest.raises(AttributeError, match="did you mean LEARNING_RATE"):
        _ = d.learning_rat
    with pytest.raises(KeyError):
        d.pop("x")


@pytest.mark.parametrize("name", ["items", "keys", "_data", "__class__", "get", "_private", "update", "__init__"])
def test_hostile_keys_are_plain_keys_and_change_no_method(name: str) -> None:
    d = DotDict({name: 1})

    assert d[name] == 1
    assert list(d.items()) == [(name, 1)]
    assert type(d) is DotDict
    with pytest.raises(AttributeError):
        setattr(d, name, 2)
    assert d[name] == 1


@given(TREES.filter(lambda tree: isinstance(tree, dict)))
def test_it_holds_what_the_dict_holds(tree: dict[Any, Any]) -> None:
    d = DotDict(tree)

    assert d == tree
    assert d.to_dict(include_private=True) == tree
    assert list(d) == list(tree)
    assert dict(**{str(k): v for k, v in d.items()}).keys() == {str(k) for k in tree}
    assert pickle.loads(pickle.dumps(d)) == copy.deepcopy(d) == copy.copy(d) == d


@given(st.lists(st.tuples(st.text("abAB", max_size=2), st.integers()), max_size=8))
def test_writes_in_any_case_are_writes_to_one_key(pairs: list[tuple[str, int]]) -> None:
    d, expected = DotDict(), {}
    for key, value in pairs:
        d[key] = value
        expected[key.casefold()] = value

    assert {key.casefold(): value for key, value in d.items()} == expected
    assert all(d[key.swapcase()] == expected[key.casefold()] for key, _ in pairs)


def test_it_is_a_mapping_but_no_dict() -> None:
    d = DotDict({"a": {"b": [{"c": 1}]}})

    assert isinstance(d, MutableMapping)
    assert not isinstance(d, dict)
    assert isinstance(d.a, DotDict)
    assert type(d.a.b[0]) is dict
    assert {**d} == dict(d)
    assert json.loads(str(d)) == {"a": {"b": [{"c": 1}]}}
    assert repr(d) == "DotDict({'a': {'b': [{'c': 1}]}})"
    assert "a" in dir(d)
    with pytest.raises(TypeError):
        hash(d)


@pytest.mark.parametrize("wrong", [[("a", 1)], 3, "text", {1}])
def test_only_a_mapping_makes_one(wrong: Any) -> None:
    with pytest.raises(TypeError, match="made of a dict"):
        DotDict(wrong)


def test_private_keys_are_left_out_of_the_plain_dict_unless_asked_for() -> None:
    d = DotDict({"_a": 1, "b": {"_c": 2}})

    assert d.to_dict() == {"b": {}}
    assert d.to_dict(include_private=True) == {"_a": 1, "b": {"_c": 2}}


def test_a_copy_is_shallow_and_a_deep_copy_is_not() -> None:
    d = DotDict({"a": {"b": 1}})
    shallow, deep = d.copy(), copy.deepcopy(d)

    d.a.b = 2
    d.c = 3

    assert shallow == {"a": {"b": 2}}
    assert deep == {"a": {"b": 1}}


@pytest.mark.parametrize("extension", ["json", "yaml", "toml"])
def test_it_is_saved_as_the_dict_that_it_holds(extension: str, tmp_path: Path) -> None:
    path = save(DotDict({"a": {"_b": 1}, "C": "text"}), tmp_path / f"x.{extension}", on_loss="error")

    assert load(path) == {"a": {"_b": 1}, "C": "text"}
