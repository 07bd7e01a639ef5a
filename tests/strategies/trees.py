"""Nested values as text formats hold them, and the types that have an obvious form in them."""

from __future__ import annotations

import array
import collections
import datetime
import enum
import fractions
import pathlib
import types
import zoneinfo
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scitex_io import DotDict
from scitex_io.forms import keeps_zone

texts = st.one_of(
    st.text(),
    st.sampled_from(
        ["on", "No", "y", "null", "~", "1e3", "0o7", "012", "12:30:45", "2024-01-01", "=", "<<", " a", "a ", "-"]
    )
    | st.sampled_from(
        ["a\nb\n", "\n", "a: b", "a #b", "\x85", "\u2028x", "\ufeff", "1_000", "0b1", ".5", "+.inf", "%", "---"]
    ),
)
integers = st.integers() | st.integers(-(2**70), 2**70)
numbers = st.floats()
leaves = st.one_of(st.none(), st.booleans(), integers, numbers, texts)
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
lists = st.lists(trees, max_size=4)
dicts = st.dictionaries(texts, trees, max_size=4)
pairs = st.dictionaries(texts, leaves, max_size=4)
full = st.recursive(
    leaves.filter(lambda leaf: leaf is not None),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
settings = st.dictionaries(texts, full, max_size=4)  # TOML has no null
whole_minutes = st.integers(-1439, 1439).map(lambda m: datetime.timezone(datetime.timedelta(minutes=m)))
moments = st.datetimes(timezones=st.none() | whole_minutes).filter(keeps_zone)

Colour = enum.Enum("Colour", {"RED": "r", "GREEN": 2, "BLUE": (1, 2)})
short_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)
words = st.text("abcXYZ09_-é", min_size=1, max_size=6)
sections = st.dictionaries(
    words | st.just("DEFAULT"), st.dictionaries(words, words | st.just(""), max_size=3), max_size=3
)

plain_dtypes = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.unsigned_integer_dtypes(endianness="?"),
    hnp.floating_dtypes(endianness="?"),
    hnp.complex_number_dtypes(sizes=(64, 128), endianness="?"),
    hnp.datetime64_dtypes(min_period="ns", max_period="s"),
    hnp.timedelta64_dtypes(min_period="ns", max_period="s"),
    hnp.unicode_string_dtypes(min_len=1, max_len=4),
)
arrays = hnp.arrays(plain_dtypes, hnp.array_shapes(max_dims=2, max_side=3))
vectors = hnp.arrays(plain_dtypes, hnp.array_shapes(max_dims=2, max_side=3))
frames = st.builds(
    pd.DataFrame,
    st.fixed_dictionaries(
        {"a": st.lists(integers, min_size=2, max_size=2), "b": st.lists(numbers, min_size=2, max_size=2)}
    ),
)


def scalars(dtype: str) -> st.SearchStrategy[Any]:
    return hnp.from_dtype(np.dtype(dtype))


DOTDICT = "scitex_io.dotdict.DotDict"
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "dict": dicts,
    "list": lists,
    "str": texts,
    "int": integers,
    "float": numbers,
    "bool": st.booleans(),
    "NoneType": st.none(),
    "bytes": st.binary(),
    "bytearray": st.binary().map(bytearray),
    "memoryview": st.binary().map(memoryview),
    "complex": st.complex_numbers(),
    "tuple": st.tuples(trees, trees),
    "set": st.sets(texts | integers, max_size=4),
    "frozenset": st.frozensets(texts | integers, max_size=4),
    "range": st.integers(0, 5).map(range),
    "collections.deque": lists.map(collections.deque),
    "collections.OrderedDict": dicts.map(collections.OrderedDict),
    "collections.defaultdict": dicts.map(lambda tree: collections.defaultdict(list, tree)),
    "collections.Counter": st.lists(texts, max_size=4).map(collections.Counter),
    DOTDICT: dicts.map(DotDict),
    "collections.abc.Mapping": dicts.map(types.MappingProxyType),
    "array.array": st.lists(st.floats(), max_size=4).map(lambda items: array.array("d", items)),
    "datetime.datetime": moments,
    "datetime.date": st.dates(),
    "datetime.time": st.times(),
    "datetime.timedelta": st.timedeltas(),
    "decimal.Decimal": st.decimals().filter(lambda number: not number.is_snan()),
    "fractions.Fraction": st.fractions().filter(lambda number: isinstance(number, fractions.Fraction)),
    "uuid.UUID": st.uuids(),
    "pathlib.PurePath": words.map(pathlib.PureWindowsPath),
    f"pathlib.{type(pathlib.Path()).__name__}": words.map(pathlib.Path),
    "enum.Enum": st.sampled_from(Colour),
    "numpy.ndarray": arrays,
    "numpy.bool": st.booleans().map(np.bool),
    **{
        f"numpy.{name}": scalars(name)
        for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
    },
    "numpy.longlong": st.integers(-9, 9).map(np.longlong),
    "numpy.ulonglong": st.integers(0, 9).map(np.ulonglong),
    **{f"numpy.{name}": scalars(name) for name in ("float16", "float32", "float64", "complex64", "complex128")},
    "numpy.longdouble": st.floats().map(np.longdouble),
    "numpy.clongdouble": st.complex_numbers().map(np.clongdouble),
    "numpy.str_": short_text.map(np.str_),
    "numpy.bytes_": st.binary(min_size=1).map(np.bytes_),
    "numpy.void": st.tuples(st.integers(0, 9), st.floats()).map(lambda row: np.array(row, "i4,f8")[()]),
    "numpy.datetime64": scalars("M8[ns]"),
    "numpy.timedelta64": scalars("m8[ns]"),
    "pandas.DataFrame": frames,
    "pandas.Series": frames.map(lambda frame: frame["b"]),
    "pandas.Index": frames.map(lambda frame: pd.Index(frame["b"])),
    "pandas.Timestamp": st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)).map(pd.Timestamp),
    "pandas.Timedelta": st.integers(-(2**60), 2**60).map(lambda count: pd.Timedelta(count, "ns")),
    "pandas.api.typing.NAType": st.just(pd.NA),
    "pandas.api.typing.NaTType": st.just(pd.NaT),
}

_commented = {
    "ruamel.yaml.comments.CommentedMap": dicts,
    "ruamel.yaml.comments.CommentedSeq": lists,
}


def _as_commented(tree: Any) -> Any:
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    return CommentedMap(tree) if isinstance(tree, dict) else CommentedSeq(tree)


named_zones = st.datetimes(timezones=st.just(zoneinfo.ZoneInfo("UTC")))
zoned = {"datetime.datetime": moments | named_zones}


def _for(name: str, **others: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return {f"{name}:{kind}": drawn for kind, drawn in (KINDS | others).items()}


def _mappings(drawn: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return {
        "dict": drawn,
        "collections.OrderedDict": drawn.map(collections.OrderedDict),
        "collections.defaultdict": drawn.map(lambda tree: collections.defaultdict(dict, tree)),
        DOTDICT: drawn.map(DotDict),
        "collections.abc.Mapping": drawn.map(types.MappingProxyType),
    }


VALUES: dict[str, st.SearchStrategy[Any]] = {
    **_for("json"),
    **_for("yaml", **{kind: drawn.map(_as_commented) for kind, drawn in _commented.items()}, **zoned),
    **_for("jsonl", **{"numpy.ndarray": vectors}),
    **_for("toml", **_mappings(settings)),
    **{f"ini:{kind}": drawn for kind, drawn in _mappings(sections).items()},
    "ini:collections.Counter": st.just(collections.Counter()),
    "text:str": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.just("\ufeffa\r\nb\rc"),
    "text:numpy.str_": short_text.filter(lambda text: "\0" not in text).map(np.str_),
    "text:list": st.lists(st.text(st.characters(exclude_characters="\0\r\n", exclude_categories=["Cs"]))),
}


def _itself(value: Any) -> Any:
    return value.item()


_EXPECTED: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(
        ("collections.OrderedDict", "collections.defaultdict", "collections.Counter", "collections.abc.Mapping"), dict
    ),
    DOTDICT: lambda tree: tree.to_dict(include_private=True),
    **{
        kind: _itself
        for kind in KINDS
        if kind.startswith("numpy.") and kind not in {"numpy.ndarray", "numpy.longdouble"}
    },
    "numpy.longdouble": float,
    "numpy.str_": str.__str__,  # item() and str() drop NULs at the end
    "ruamel.yaml.comments.CommentedMap": dict,
    "ruamel.yaml.comments.CommentedSeq": list,
}
EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {
    **{(name, kind): make for name in ("json", "jsonl", "yaml", "toml", "ini") for kind, make in _EXPECTED.items()},
    ("text", "list"): lambda lines: "".join(f"{line}\n" for line in lines),
    ("text", "numpy.str_"): str,
}
