from __future__ import annotations

import dataclasses
import datetime
import enum
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypedDict
from uuid import UUID

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from same import difference
from scitex_io import UnexpectedTypeError, load, save
from scitex_io.structure import StructureError, structured


class Colour(enum.Enum):
    RED = "r"
    BLUE = (1, 2)


class Point(NamedTuple):
    x: float
    y: int = 0


class Options(TypedDict, total=False):
    lr: float
    name: str


@attrs.frozen
class Layer:
    width: int
    name: str = ""
    rates: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True)
class Params:
    layers: list[Layer]
    lr: float
    on: bool
    label: str | None
    mode: Literal["fast", "slow", 3]
    colour: Colour
    where: Path
    at: datetime.datetime
    day: datetime.date
    time: datetime.time
    span: datetime.timedelta
    raw: bytes
    z: complex
    price: Decimal
    part: Fraction
    id: UUID
    point: Point
    names: frozenset[str]
    pair: tuple[int, str]
    weights: dict[int, float]
    flags: dict[str, bool | int | str]
    either: Layer | int
    limited: Annotated[int, "small"]


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
finite = st.floats(allow_nan=False)
zones = st.none() | st.integers(-600, 600).map(lambda m: datetime.timezone(datetime.timedelta(minutes=m)))
layers = st.builds(Layer, st.integers(), text, st.lists(finite, max_size=2).map(tuple))
params = st.builds(
    Params,
    layers=st.lists(layers, max_size=2),
    lr=finite,
    label=text,
    on=st.booleans(),
    mode=st.sampled_from(["fast", "slow", 3]),
    colour=st.sampled_from(Colour),
    where=text.filter(lambda part: "\0" not in part).map(Path),
    at=st.datetimes(timezones=zones),
    day=st.dates(),
    time=st.times(),
    span=st.timedeltas(),
    raw=st.binary(max_size=4),
    z=st.complex_numbers(allow_nan=False),
    price=st.decimals(allow_nan=False),
    part=st.fractions(),
    id=st.uuids(),
    point=st.builds(Point, finite, st.integers()),
    names=st.frozensets(text, max_size=3),
    pair=st.tuples(st.integers(), text),
    weights=st.dictionaries(st.integers(), finite, max_size=2),
    flags=st.dictionaries(text, st.booleans() | st.integers() | text, max_size=3),
    either=layers | st.integers(),
    limited=st.integers(),
)


@pytest.mark.parametrize("extension", [".json", ".yaml", ".toml"])
@given(record=params)
def test_what_is_saved_comes_back_as_its_class(
    extension: str, record: Params, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("records") / f"p{extension}"

    save(record, path, verbose=False, on_loss="allow")

    assert load(path, as_type=Params, cache=False) == record


@pytest.mark.parametrize("extension", [".json", ".yaml", ".toml"])
def test_a_plain_record_loses_nothing(extension: str, tmp_path: Path) -> None:
    @attrs.frozen
    class Run:
        layers: list[int]
        name: str

    record = Run([3], "a")

    path = save(record, tmp_path / f"p{extension}", on_loss="error")

    assert load(path, as_type=Run) == record


def test_every_error_is_listed_with_its_path_of_keys(tmp_path: Path) -> None:
    @attrs.frozen
    class Model:
        layers: list[Layer]
        rates: dict[str, float]
        name: str

    tree = {"layers": [{"width": 1}, {"width": 1.5, "depth": 2}], "rates": {"a": "b", "c": True}}
    path = save(tree, tmp_path / "m.json")

    with pytest.raises(UnexpectedTypeError) as caught:
        load(path, as_type=Model)

    assert sorted(caught.value.errors) == [
        "expected float, found bool True @ $.rates['c']",
        "expected float, found str 'b' @ $.rates['a']",
        "expected int, found float 1.5 @ $.layers[1].width",
        "required field 'name' is missing @ $.name",
        "unknown fields 'depth' @ $.layers[1]",
    ]


GOOD: list[tuple[Any, Any, Any]] = [
    (list[int], [1], [1]),
    (set[int], [2, 1], {1, 2}),
    (tuple[int, ...], [1, 2], (1, 2)),
    (tuple, [1, "a"], (1, "a")),
    (float, 3, 3.0),
    (dict[str, float], {"a": 1}, {"a": 1.0}),
    (dict[int, str], {"1": "a"}, {1: "a"}),
    (dict[bool, int], {"true": 1}, {True: 1}),
    (Layer | None, None, None),
    (Layer | None, {"width": 1}, Layer(1)),
    (int | float, 1, 1),
    (str | Path, "a", "a"),
    (Path, "a/b", Path("a/b")),
    (Point, [1.5, 2], Point(1.5, 2)),
    (Point, {"x": 1.5}, Point(1.5)),
    (Options, {"lr": 0.5}, {"lr": 0.5}),
    (Colour, [1, 2], Colour.BLUE),
    (Literal[1, "a"], "a", "a"),
    (Annotated[int, "n"], 1, 1),
    (complex, "1+2j", 1 + 2j),
    (complex, 2, 2 + 0j),
    (bytes, "/w==", b"\xff"),
    (bytearray, b"a", bytearray(b"a")),
    (datetime.date, datetime.date(2024, 1, 1), datetime.date(2024, 1, 1)),
    (datetime.timedelta, "PT1H", datetime.timedelta(hours=1)),
    (NDArray[np.float64], [1, 2], np.array([1.0, 2.0])),
    (NDArray[np.float32], [0.5, math.inf], np.array([0.5, math.inf], "f4")),
    (NDArray[np.uint8], [[1], [2]], np.array([[1], [2]], "u1")),
    (NDArray[np.complex128], ["1+2j"], np.array([1 + 2j])),
    (NDArray[np.datetime64], ["2024-01-01"], np.array(["2024-01-01"], "M8[D]")),
    (NDArray[np.timedelta64], ["P0DT1S"], np.array([10**9], "m8[ns]")),
    (NDArray[np.bool_], [True], np.array([True])),
    (NDArray[Any], [1.5], np.array([1.5])),
    (np.ndarray, ["a"], np.array(["a"])),
    (np.float32, 0.5, np.float32(0.5)),
    (pd.DataFrame, {"a": [1], "b": ["x"]}, pd.DataFrame({"a": [1], "b": ["x"]})),
    (pd.DataFrame, [{"a": 1}], pd.DataFrame({"a": [1]})),
    (pd.Series, [1.5], pd.Series([1.5])),
]


@pytest.mark.parametrize(("wanted", "tree", "expected"), GOOD, ids=lambda value: str(value)[:30])
def test_a_tree_is_given_as(wanted: Any, tree: Any, expected: Any) -> None:
    assert difference(structured(tree, wanted), expected) is None


BAD: list[tuple[Any, Any]] = [
    (int, 1.0),
    (int, "1"),
    (int, True),
    (bool, 1),
    (str, 1),
    (float, "1.5"),
    (float, 2**53 + 1),
    (list[str], "abc"),
    (list[int], {"a": 1}),
    (list[int], [1, True]),
    (tuple[int, int], [1, 2, 3]),
    (dict[str, int], [["a", 1]]),
    (dict[int, str], {"x": "a"}),
    (Layer, [1]),
    (Layer, {}),
    (Layer, {"width": 1, "depth": 2}),
    (Layer | int, "a"),
    (Point, [1.5, 2, 3]),
    (Point, {"x": 1.5, "z": 2}),
    (Options, {"lr": 0.5, "other": 1}),
    (Colour, "g"),
    (Literal[1], True),
    (bytes, "not base64!"),
    (complex, "i"),
    (Decimal, 1.5),
    (datetime.date, datetime.datetime(2024, 1, 1, 2)),
    (datetime.datetime, "yesterday"),
    (datetime.timedelta, "1 hour"),
    (UUID, "x"),
    (NDArray[np.int64], [1.5]),
    (NDArray[np.uint8], [300]),
    (NDArray[np.float64], ["a"]),
    (NDArray[np.float64], [True]),
    (NDArray[np.float32], [0.1]),
    (np.ndarray, [1, "a"]),
    (np.ndarray, [1, None]),
    (np.ndarray, [[1], [1, 2]]),
    (np.int8, 300),
    (pd.DataFrame, {"a": 1}),
    (pd.DataFrame, {"a": [1], "b": [1, 2]}),
    (print, 1),
]


@pytest.mark.parametrize(("wanted", "tree"), BAD, ids=str)
def test_nothing_is_coerced_that_would_change_a_value(wanted: Any, tree: Any) -> None:
    with pytest.raises(StructureError):
        structured(tree, wanted)
