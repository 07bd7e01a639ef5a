"""What counts as a difference, and how it is told."""

from __future__ import annotations

import copy
import datetime
import math
import pickle
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass
from enum import Enum
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from optional import needs
from scitex_io import Difference, differences


@frozen
class Params:
    rate: float
    band: tuple[float, float] = (8.0, 13.0)


@dataclass
class Trial:
    number: int
    rt: float


class Colour(Enum):
    RED = 1
    BLUE = 2


class Model:
    """Without an ``==`` of its own."""

    def __init__(self, weights: Any) -> None:
        self.weights = weights


def told(one: Any, other: Any, **rules: Any) -> list[str]:
    return list(map(str, differences(one, other, **rules)))


FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": pd.Categorical(["u", "v"])})
NAN = float("nan")

EQUAL = [
    {"a": [1, 2.5, None, "x", b"y", True]},
    NAN, -0.0, 2**80, complex(NAN, 1), pd.NA, pd.NaT, math.inf,
    np.array([NAN, 1.0]), np.array(["2020", "NaT"], "M8[ns]"), np.array([1, "x", None], object),
    np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]), np.zeros((0, 3)), np.float32(1.5), np.longdouble("1.1"),
    np.ma.array([1.0, 2.0], mask=[True, False]),
    scipy.sparse.csr_array(np.eye(3)), scipy.sparse.coo_matrix(np.eye(3)),
    FRAME, FRAME["b"], FRAME.set_index(["a", "b"]), pd.Series([1, None], dtype="Int64"),
    pd.Series(pd.date_range("2020", periods=2, tz="Europe/Berlin")), pd.DataFrame(),
    pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.Index([1, 2], name="i"), pd.interval_range(0, 3),
    Image.new("RGB", (3, 2), (1, 2, 3)), Image.new("I;16", (2, 2), 70),
    Params(2.0), Trial(1, NAN), Model(np.arange(3)), {1, "a", frozenset([2])}, {1, NAN},
    deque([1], maxlen=3), defaultdict(list, a=[1]), Counter("aab"), OrderedDict(a=1), range(3), len, Params,
    datetime.date(2020, 1, 1), SimpleNamespace(a=[1]), np.random.default_rng(1),
]  # fmt: skip


@pytest.mark.parametrize("value", EQUAL, ids=[f"{at}-{type(value).__name__}" for at, value in enumerate(EQUAL)])
@pytest.mark.parametrize("strict", [True, False])
def test_a_copy_is_the_same(value: Any, strict: bool) -> None:
    assert told(value, copy.deepcopy(value), strict=strict) == []
    if value is not len and not isinstance(value, type):
        assert told([value], [pickle.loads(pickle.dumps(value))], strict=strict) == []


DIFFERENT = [
    (1, 2, ["1 is not 2"]),
    (1, 1.0, ["1 is not 1.0 (int and float)"]),
    (True, 1, ["True is not 1 (bool and int)"]),
    (0.0, -0.0, ["0.0 is not -0.0"]),
    (np.array(0.0), np.array(-0.0), ["0.0 is not -0.0"]),
    (None, NAN, ["None is not nan (NoneType and float)"]),
    ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, ["a/b/1: 2 is not 3"]),
    ({"a": 1, "b": 2}, {"a": 1, "c": 2}, ["b: 2 is not nothing", "c: nothing is not 2"]),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, ["dict of 2 is not dict of 2 (the keys come in another order)"]),
    ({1: 2}, {True: 2}, ["dict of 1 is not dict of 1 (the key 1 is True)"]),
    ([1, 2], [1], ["list of 2 is not list of 1"]),
    ({1}, {2}, ["1 is not nothing (an item of the set)", "nothing is not 2 (an item of the set)"]),
    ({1}, {True}, ["1 is not nothing (an item of the set)", "nothing is not True (an item of the set)"]),
    (defaultdict(list), defaultdict(int), ["defaultdict of 0 is not defaultdict of 0 (another default factory)"]),
    (np.zeros(3), np.zeros(4), ["shape (3,) is not shape (4,)"]),
    (np.zeros(3), np.zeros(3, "f4"), ["dtype float64 is not dtype float32"]),
    (np.array([[1, 2], [3, 4]]), np.array([[1, 5], [3, 5]]), ["2 is not 5 (2 of 4 elements differ, the largest difference is 3 at [0, 1])"]),
    (np.array([0], "u1"), np.array([255], "u1"), ["0 is not 255 (1 of 1 elements differ, the largest difference is 255 at [0])"]),
    (np.array([NAN, 1]), np.array([1, NAN]), ["nan is not 1.0 (2 of 2 elements differ at [0])"]),
    (np.array(["a", "b"]), np.array(["a", "c"]), ["'b' is not 'c' (1 of 2 elements differ at [1])"]),
    (np.array([1, "x"], object), np.array([1, "y"], object), ["1: 'x' is not 'y'"]),
    (np.array([(1, 2)], "i4,i4"), np.array([(1, 3)], "i4,i4"), ["f1: 2 is not 3 (1 of 1 elements differ, the largest difference is 1 at [0])"]),
    (np.ma.array([1, 2], mask=[True, False]), np.ma.array([1, 2]), ["True is not False (1 of 2 places of the mask differ at [0])"]),
    (scipy.sparse.csr_array([[1, 0]]), scipy.sparse.csr_array([[0, 1]]), ["1 elements is not 1 elements (2 elements are stored in only one of them, the first at [0, 0])"]),
    (scipy.sparse.csr_array([[1]]), scipy.sparse.csr_array([[3]]), ["1 is not 3 (1 of 1 elements differ, the largest difference is 2 at [0])"]),
    (FRAME, FRAME.assign(a=[1, 9]), ["a: 2 is not 9 (1 of 2 elements differ, the largest difference is 7 at [1])"]),
    (FRAME, FRAME.drop(columns="a"), ["a: a column is not nothing"]),
    (FRAME, FRAME.iloc[:1], ["2 rows is not 1 rows"]),
    (FRAME[["a"]], FRAME[["a"]].set_axis([1, 2]), ["index: array int64 (2,) is not array int64 (2,) (pandas.RangeIndex and pandas.Index)"]),
    (pd.Series([1, None], dtype="Int64"), pd.Series([1, 2], dtype="Int64"), ["missing is not np.int64(2) (1 of 2 values are missing in only one, the first at [1])"]),
    (pd.Series(["a"], dtype="category"), pd.Series(pd.Categorical(["a"], ["b", "a"])), ["categories: 1 labels is not 2 labels"]),
    (pd.Series([1], name="x"), pd.Series([1], name="y"), ["name: 'x' is not 'y'"]),
    (Image.new("L", (2, 2)), Image.new("L", (2, 2), 3), ["0 is not 3 (4 of 4 elements differ, the largest difference is 3 at [0, 0])"]),
    (Image.new("L", (2, 2)), Image.new("RGB", (2, 2)), ["L (2, 2) is not RGB (2, 2)"]),
    (Params(1.0), Params(2.0), ["rate: 1.0 is not 2.0"]),
    (Model([1]), Model([2]), ["weights/0: 1 is not 2"]),
    (len, max, ["<built-in function len> is not <built-in function max>"]),
    ("a" * 30, "a" * 29 + "b\n", [f"{'a' * 12 + 'a'!r} is not {'a' * 12 + 'b' + chr(10)!r} (from character 29 on, line 1, 30 and 31 characters)"]),
    (b"a", b"b", ["b'a' is not b'b'"]),
    (np.array([b"a"]), np.array([b"b"]), ["b'a' is not b'b' (1 of 1 elements differ at [0])"]),
    (Colour.RED, Colour.BLUE, ["<Colour.RED: 1> is not <Colour.BLUE: 2>"]),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "words"), DIFFERENT, ids=range(len(DIFFERENT)))
def test_a_difference_is_told_with_its_place(one: Any, other: Any, words: list[str]) -> None:
    assert words == told(one, other)


NEEDS_MEANING = [
    ([1, 2.0], np.array([1.0, 2])), ((1, 2), [1, 2]), (range(3), [0, 1, 2]), (deque([1]), (1,)), ([[1, 2], [3, 4]], np.arange(1, 5).reshape(2, 2)),
    (["a", "b"], np.array(["a", "b"])), ([[1], [2, 3]], [np.array([1]), np.array([2, 3])]), ([1, None], np.array([1, NAN])),
    (1, np.int8(1)), (1.0, 1), (np.float32(0.5), 0.5), ("a", np.str_("a")), (None, NAN), (pd.NA, None), (0.0, -0.0), (np.array(2.0), 2),
    ({"a": 1, "b": 2}, OrderedDict(b=2, a=1)), ({1, 2}, frozenset([1, 2])), (b"a", bytearray(b"a")),
    (Params(1.0), {"rate": 1.0, "band": [8.0, 13.0]}),
    (FRAME, {"a": [1, 2], "b": ["x", None], "c": ["u", "v"]}), (FRAME, FRAME.to_dict("records")), (pd.DataFrame({"0": [1, 2]}), [1, 2]),
    (pd.DataFrame({"x": [1.0, NAN]}), pd.DataFrame({"x": pd.array([1, None], "Int64")})), (FRAME, FRAME[["c", "a", "b"]]),
    (pd.DataFrame({"x": [1, 2], "y": [3, 4]}), np.array([[1, 3], [2, 4]])), (pd.Series([1, 2]), np.array([1, 2])), (pd.Index([1, 2]), [1, 2]),
    (pd.Series([1, 2], name="x"), pd.DataFrame({"x": [1, 2]})),
    (datetime.datetime(2020, 1, 1), np.datetime64("2020-01-01")), (pd.Timedelta(1, "s"), datetime.timedelta(seconds=1)),
    (scipy.sparse.eye_array(2), np.eye(2)), (Image.new("L", (3, 2), 4), np.full((2, 3), 4, "u1")), (Image.new("L", (3, 2), 4), Image.new("RGB", (3, 2), (4, 4, 4))),
    ({"0": 1, "1": 2}, [1, 2]), ("a\nb\n", ["a", "b"]), ({"a": np.eye(2), "__header__": b"MATLAB"}, {"a": np.eye(2).tolist()}),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), NEEDS_MEANING, ids=range(len(NEEDS_MEANING)))
def test_what_means_the_same_is_equal_when_asked_for(one: Any, other: Any) -> None:
    assert told(one, other) != []
    assert told(one, other, strict=False) == []
    assert told(other, one, strict=False) == []


STILL_DIFFERENT = [
    (1, 2), (1, True), (2**53, 2.0**53 + 2), (np.array([2**53 + 1]), np.array([2.0**53])), ([1, 2], np.array([1, 3])), ([1], np.array([[1]])),
    ({"a": 1}, {"a": 1, "b": None}), (FRAME, {"a": [1, 2]}), (FRAME, FRAME.set_index("a")), ("a", ["b"]), ("1", 1), ({1: 2}, {"1": 2}),
    (Image.new("L", (3, 2)), np.ones((2, 3), "u1")), ([1, 2], {"0": 1, "1": 3}), (Image.new("P", (2, 2)), "text"), (np.array(["a"]), np.array([1])),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), STILL_DIFFERENT, ids=range(len(STILL_DIFFERENT)))
def test_what_means_something_else_is_not(one: Any, other: Any) -> None:
    assert told(one, other, strict=False) != []
    assert told(other, one, strict=False) != []


@pytest.mark.parametrize("strict", [True, False])
def test_tolerances_hold_for_numbers_wherever_they_are(strict: bool) -> None:
    one = {"x": 1.0, "a": np.array([1.0, 100.0]), "t": pd.DataFrame({"c": [1.0]}), "z": 1 + 1j, "n": np.array([5])}
    other = {
        "x": 1.01,
        "a": np.array([1.01, 101.0]),
        "t": pd.DataFrame({"c": [1.01]}),
        "z": 1.01 + 1j,
        "n": np.array([5]),
    }

    assert told(one, other, rtol=0.02, strict=strict) == []
    assert {found.path for found in differences(one, other, rtol=1e-3, strict=strict)} == {"x", "a", "t/c", "z"}
    assert told(one, other, atol=0.02, strict=strict) == [
        "a: 100.0 is not 101.0 (1 of 2 elements differ, the largest difference is 1 at [1])"
    ]
    assert told(10**400, 10**400 + 1, rtol=1e-9, strict=strict) == []
    assert len(told(10**400, 1.5 if not strict else 1, rtol=0.1, strict=strict)) == 1
    assert told(math.inf, 1.0, rtol=1, strict=strict) == ["inf is not 1.0"]
    assert len(told(np.array([math.inf]), np.array([1.0]), rtol=1, strict=strict)) == 1


def test_what_contains_itself_ends() -> None:
    one: list[Any] = [1]
    one.append(one)
    other: list[Any] = [1]
    other.append(other)

    assert told(one, other) == []
    other[0] = 2
    assert told(one, other) == ["0: 1 is not 2"]


def test_depth_is_no_limit() -> None:
    one: Any = 1
    other: Any = 2
    for _ in range(50_000):
        one, other = [one], [other]

    assert [found.one for found in differences(one, other)] == ["1"]


def test_only_as_many_as_asked_for() -> None:
    assert len(told(list(range(100)), list(range(1, 101)), limit=3)) == 3


def test_an_object_whose_equality_fails_is_told() -> None:
    class Odd:
        __hash__ = None  # type: ignore[assignment]  # as such classes are

        def __eq__(self, other: object) -> bool:
            raise ValueError("ambiguous")

    assert [found.detail for found in differences(Odd(), Odd())] == ["they cannot be compared: ambiguous"]


def test_a_difference_is_data() -> None:
    assert next(differences({"a": 1}, {"a": 2})) == Difference("a", "1", "2")


@pytest.mark.parametrize("library", ["polars", "pyarrow", "xarray", "torch", "nibabel", "mne"])
def test_objects_of_libraries_are_compared_as_theirs(library: str) -> None:
    needs(library)
    one, same, other, means = getattr(Libraries, library)()

    assert told(one, same) == []
    assert told(one, other) != []
    if means is not None:
        assert told(one, means, strict=False) == []
        assert told(other, means, strict=False) != []


class Libraries:
    """(a value, an equal one, another one, what means the same)."""

    @staticmethod
    def polars() -> tuple[Any, ...]:
        import polars as pl

        return *(pl.DataFrame({"a": [1, n], "b": ["x", None]}) for n in (2, 2, 3)), {"a": [1, 2], "b": ["x", None]}

    @staticmethod
    def pyarrow() -> tuple[Any, ...]:
        import pyarrow as pa

        return *(pa.table({"a": [1, n]}) for n in (2, 2, 3)), pd.DataFrame({"a": [1, 2]})

    @staticmethod
    def xarray() -> tuple[Any, ...]:
        import xarray as xr

        return *(
            xr.DataArray(np.arange(n, n + 2), dims="t", coords={"t": [0, 1]}, attrs={"u": "V"}) for n in (2, 2, 3)
        ), None

    @staticmethod
    def torch() -> tuple[Any, ...]:
        import torch

        return *(torch.tensor([1.0, n]) for n in (2, 2, 3)), [1.0, 2.0]

    @staticmethod
    def nibabel() -> tuple[Any, ...]:
        import nibabel as nib

        image: Any = nib.Nifti1Image
        return *(image(np.full((2, 2, 2), n, "f4"), np.eye(4)) for n in (2, 2, 3)), None

    @staticmethod
    def mne() -> tuple[Any, ...]:
        import mne

        info = mne.create_info(["Cz", "Pz"], 100.0, "eeg")
        return *(mne.io.RawArray(np.full((2, 10), n), info, verbose="error") for n in (2.0, 2.0, 3.0)), None


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=8,
)


@given(one=trees, other=trees)
def test_strict_equality_is_that_of_what_is_shown(one: Any, other: Any) -> None:
    assert (repr(one) == repr(other)) is (told(one, other) == [])


@given(tree=trees)
def test_a_value_means_what_it_is(tree: Any) -> None:
    assert told(tree, copy.deepcopy(tree), strict=False) == []
