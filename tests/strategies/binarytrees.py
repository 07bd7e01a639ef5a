"""Trees of the binary formats, whose keys need not be text, and of the formats that are JSON under another name."""

from __future__ import annotations

import collections
import datetime
import decimal
import types
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from scitex_io import DotDict
from strategies.trees import EXPECTED as TREES
from strategies.trees import KINDS, dicts, moments, texts

long_integers = st.integers(-(2**63), 2**64 - 1)
keys = texts | st.none() | st.binary(max_size=4) | st.floats(allow_nan=False) | st.integers(-(2**63), 2**63 - 1)


def nested(leaves: st.SearchStrategy[Any]) -> tuple[st.SearchStrategy[Any], ...]:
    """Trees, lists and dicts of these leaves."""
    trees = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=12,
    )
    return trees, st.lists(trees, max_size=4), st.dictionaries(keys, trees, max_size=4)


in_utc = st.datetimes(timezones=st.just(datetime.UTC))
zoned = moments.filter(lambda moment: moment.tzinfo is not None)
finite = st.decimals(allow_nan=False, allow_infinity=False).filter(lambda number: number or not number.is_signed())
plain = st.none() | st.booleans() | st.floats() | texts | st.binary(max_size=8)
_, packed_lists, packed_dicts = nested(plain | long_integers | in_utc)
_, tagged_lists, tagged_dicts = nested(
    plain | st.integers(-(2**70), 2**70) | zoned | st.dates() | finite | st.fractions() | st.uuids()
)


def _kinds(name: str, lists: Any, pairs: Any, **others: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    containers = {
        "list": lists,
        "dict": pairs,
        "tuple": lists.map(tuple),
        "collections.deque": lists.map(collections.deque),
        "collections.OrderedDict": pairs.map(collections.OrderedDict),
        "collections.defaultdict": pairs.map(lambda tree: collections.defaultdict(list, tree)),
        "collections.abc.Mapping": pairs.map(types.MappingProxyType),
        "scitex_io.dotdict.DotDict": pairs.map(DotDict),
    }
    return {f"{name}:{kind}": drawn for kind, drawn in (KINDS | containers | others).items()}


def points(count: int) -> Any:
    """A table of points."""
    import geopandas
    import shapely

    return geopandas.GeoDataFrame({"a": list(range(count))}, geometry=[shapely.Point(at, 1) for at in range(count)])


features = st.fixed_dictionaries(
    {
        "type": st.just("Feature"),
        "geometry": st.none() | st.just({"type": "Point", "coordinates": [0.5, 1]}),
        "properties": dicts,
    }
)
collections_ = st.fixed_dictionaries({"type": st.just("FeatureCollection"), "features": st.lists(features, max_size=3)})

VALUES: dict[str, st.SearchStrategy[Any]] = {
    **_kinds("msgpack", packed_lists, packed_dicts, **{"int": long_integers, "datetime.datetime": in_utc | moments}),
    "msgpack:set": st.sets(texts | long_integers, max_size=4),
    "msgpack:frozenset": st.frozensets(texts | long_integers, max_size=4),
    "msgpack:pandas.DataFrame": KINDS["pandas.DataFrame"].map(lambda frame: frame[["b"]]),
    **_kinds("cbor", tagged_lists, tagged_dicts),
    "cbor:decimal.Decimal (finite)": finite,
    "cbor:decimal.Decimal": st.sampled_from([decimal.Decimal(text) for text in ("Infinity", "NaN", "-NaN12", "-0.0")]),
    "geojson:dict": features | collections_,
    "geojson:geopandas.GeoDataFrame": st.integers(0, 3).map(points),
    "geojson:geopandas.GeoSeries": st.integers(0, 3).map(lambda count: points(count).geometry),
    "ipynb:dict": dicts.map(lambda tree: {**tree, "nbformat": 4, "cells": []}),
}
EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {
    (name, kind): make for (other, kind), make in TREES.items() if other == "json" for name in ("msgpack", "cbor")
}
_TREE = {"a": {"b": list(range(50)), "c": "text"}, "d": {"e": [0.5, -1.25], "f": True}}
SAMPLES: dict[str, Callable[[], Any]] = {
    "msgpack": lambda: _TREE,
    "cbor": lambda: _TREE,
    "geojson": lambda: {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": _TREE},
    "ipynb": lambda: {"cells": [{"cell_type": "code", "source": ["a\n"]}] * 3, "metadata": {}, "nbformat": 4},
}
PARTS_ARE_WHOLE: set[str] = {"geojson", "ipynb"}
