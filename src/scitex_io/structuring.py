"""The strict converter behind ``as_type=``: what a value may be read from, for each kind of type.

Imported on the first structuring only, because cattrs is.
"""

from __future__ import annotations

import datetime
import math
import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import is_dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cache
from pathlib import Path, PurePath
from types import UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin
from uuid import UUID

from attrs import has
from cattrs import BaseValidationError, Converter, ForbiddenExtraKeysError
from cattrs.cols import is_namedtuple, namedtuple_dict_structure_factory
from typing_extensions import is_typeddict

from scitex_io.errors import type_name
from scitex_io.typeref import resolve

Hook: TypeAlias = Callable[[Any, Any], Any]


@cache
def converter() -> Converter:
    """The converter; made once, as it writes code for every class it meets."""
    made = Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind, sources in _PLAIN.items():
        made.register_structure_hook(kind, _only(kind, sources))
    for kind, (sources, read) in _WRITTEN.items():
        made.register_structure_hook(kind, _read(kind, sources, read))
    made.register_structure_hook_func(_is_enum, _member)
    made.register_structure_hook_func(_is_literal, _literal)
    _guard(made, _is_items, (list, tuple, set, frozenset), "a list")
    _guard(made, _is_mapping, (Mapping,), "a dict", _with_keys_read)
    _guard(made, lambda t: has(t) or is_dataclass(t) or is_typeddict(t), (Mapping,), "a dict")
    made.register_structure_hook_factory(is_namedtuple, lambda t: _named_tuple(made, t))
    made.register_structure_hook_factory(_is_union, lambda t: _one_of(made, t))
    made.register_structure_hook_func(_is("numpy.ndarray"), _array)
    made.register_structure_hook_func(_is_numpy_scalar, _numpy_scalar)
    made.register_structure_hook_func(_is("pandas.DataFrame"), _frame)
    made.register_structure_hook_func(_is("pandas.Series"), _series)
    return made


def _wrong(expected: str, value: object) -> TypeError:
    return TypeError(f"expected {expected}, found {type(value).__name__} {value!r:.80}")


# What has the same type in a file and in Python.

_PLAIN: dict[type, tuple[type, ...]] = {str: (str,), int: (int,), float: (float, int), bool: (bool,)}


def _only(kind: type, sources: tuple[type, ...]) -> Hook:
    def hook(value: Any, _: Any) -> Any:
        # bool is a subclass of int, and a switch where a number stands is a mistake.
        if isinstance(value, sources) and (kind is bool or not isinstance(value, bool)):
            made = kind(value)
            if made == value or made != made:
                return made
            raise ValueError(f"{value!r} is no {kind.__name__} of the same value")
        if kind is float and isinstance(value, str) and re.fullmatch(r"[-+]?[\d.]+[eE][-+]?\d+", value):
            # YAML 1.1 has other rules for numbers than anyone expects.
            raise TypeError(f"expected float, found str {value!r} (YAML wants a point and a sign: 1.0e-3)")
        raise _wrong(kind.__name__, value)

    return hook


# What most files have as text.

_DURATION = re.compile(r"([-+]?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,9}))?S)?)?")


def _duration(text: str) -> datetime.timedelta:
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        raise ValueError(f"no length of time of days, hours, minutes and seconds: {text!r}")
    sign, days, hours, minutes, seconds, fraction = match.groups()
    nanoseconds = int((fraction or "0").ljust(9, "0"))
    if nanoseconds % 1000:
        raise ValueError(f"a timedelta has no nanoseconds: {text!r}")
    span = datetime.timedelta(
        int(days or 0), int(seconds or 0), nanoseconds // 1000, 0, int(minutes or 0), int(hours or 0)
    )
    return -span if sign == "-" else span


_WRITTEN: dict[type, tuple[tuple[type, ...], Callable[[Any], Any]]] = {
    datetime.datetime: ((str,), datetime.datetime.fromisoformat),
    datetime.date: ((str,), datetime.date.fromisoformat),
    datetime.time: ((str,), datetime.time.fromisoformat),
    datetime.timedelta: ((str,), _duration),
    Path: ((str,), Path),
    PurePath: ((str,), PurePath),
    UUID: ((str,), UUID),
    complex: ((str, int, float), complex),
    Decimal: ((str, int), Decimal),
    Fraction: ((str, int), Fraction),
    bytes: ((str,), lambda text: b64decode(text, validate=True)),
    bytearray: (
        (str, bytes),
        lambda value: bytearray(b64decode(value, validate=True) if isinstance(value, str) else value),
    ),
}


def _read(kind: type, sources: tuple[type, ...], read: Callable[[Any], Any]) -> Hook:
    def hook(value: Any, _: Any) -> Any:
        # A datetime is a date with a time, which a date would lose.
        if isinstance(value, kind) and not (kind is datetime.date and isinstance(value, datetime.datetime)):
            return value
        if not isinstance(value, sources) or isinstance(value, bool):
            raise _wrong(f"{kind.__name__} or its text", value)
        try:
            return read(value)
        except (ValueError, ArithmeticError) as error:
            raise ValueError(f"{value!r:.80} is no {kind.__name__}: {error}") from error

    return hook


def _is_enum(wanted: Any) -> bool:
    return isinstance(wanted, type) and issubclass(wanted, Enum)


def _member(value: Any, wanted: Any) -> Any:
    if isinstance(value, wanted):
        return value
    for member in wanted:
        held = list(member.value) if isinstance(member.value, tuple) else member.value
        if held == value and isinstance(held, bool) == isinstance(value, bool):
            return member
    raise ValueError(f"{value!r:.80} is none of {', '.join(repr(member.value) for member in wanted)}")


def _is_literal(wanted: Any) -> bool:
    origin: Any = get_origin(wanted)
    return origin is Literal


def _literal(value: Any, wanted: Any) -> Any:
    for choice in get_args(wanted):
        held = choice.value if isinstance(choice, Enum) else choice
        if held == value and type(held) is type(value):
            return choice
    raise ValueError(f"{value!r:.80} is none of {', '.join(map(repr, get_args(wanted)))}")


# Containers: the right kind of container only, as text is a sequence too.


def _class_of(wanted: Any) -> type:
    found = get_origin(wanted) or wanted
    return found if isinstance(found, type) else type(None)


def _is_items(wanted: Any) -> bool:
    kind = _class_of(wanted)
    return (
        issubclass(kind, (Sequence, AbstractSet))
        and not issubclass(kind, (str, bytes, bytearray))
        and not is_namedtuple(kind)
    )


def _is_mapping(wanted: Any) -> bool:
    return issubclass(_class_of(wanted), Mapping)


def _guard(
    made: Converter,
    applies: Callable[[Any], bool],
    sources: tuple[type, ...],
    expected: str,
    before: Hook = lambda value, _: value,
) -> None:
    """Admit only these sources, then let cattrs do what it would do."""
    asked: set[Any] = set()

    def factory(wanted: Any) -> Hook:
        asked.add(wanted)
        try:
            inner = made.get_structure_hook(wanted, cache_result=False)
        finally:
            asked.discard(wanted)

        def hook(value: Any, _: Any) -> Any:
            if not isinstance(value, sources):
                raise _wrong(expected, value)
            return inner(before(value, wanted), wanted)

        return hook

    made.register_structure_hook_factory(lambda wanted: wanted not in asked and applies(wanted), factory)


_FROM_KEY: dict[Any, Callable[[str], Any]] = {
    int: int,
    float: float,
    bool: {"true": True, "false": False}.__getitem__,
    type(None): {"null": None}.__getitem__,
}


def _with_keys_read(value: Mapping[Any, Any], wanted: Any) -> Mapping[Any, Any]:
    """Numbers as keys are text in most files."""
    read = _FROM_KEY.get(next(iter(get_args(wanted)), str))
    if read is None:
        return value
    try:
        return {read(key) if isinstance(key, str) else key: part for key, part in value.items()}
    except (KeyError, ValueError):
        return value  # the hook of the key's type says what is wrong, and where


def _named_tuple(made: Converter, wanted: Any) -> Hook:
    from cattrs.cols import namedtuple_structure_factory

    by_place = namedtuple_structure_factory(wanted, made)
    by_name = namedtuple_dict_structure_factory(wanted, made)

    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, (list, tuple, Mapping)):
            raise _wrong("a list or a dict", value)
        if isinstance(value, Mapping) and (unknown := value.keys() - set(wanted._fields)):
            raise ForbiddenExtraKeysError(None, wanted, unknown)
        return (by_name if isinstance(value, Mapping) else by_place)(value, wanted)

    return hook


def _is_union(wanted: Any) -> bool:
    return get_origin(wanted) in {Union, UnionType}


def _one_of(made: Converter, wanted: Any) -> Hook:
    members = [member for member in get_args(wanted) if member is not type(None)]

    def hook(value: Any, _: Any) -> Any:
        if value is None and len(members) < len(get_args(wanted)):
            return None
        if len(members) == 1:
            return made.structure(value, members[0])
        fitting = []
        for member in members:
            try:
                fitting.append(made.structure(value, member))
            except (BaseValidationError, TypeError, ValueError, KeyError):
                continue
        if not fitting:
            raise _wrong(" or ".join(map(type_name, members)), value)
        # int | float, str | Path: the one that needs no conversion.
        return next((found for found in fitting if type(found) is type(value)), fitting[0])

    return hook


# NumPy and pandas, which are imported already where their types are asked for.


def _is(name: str) -> Callable[[Any], bool]:
    return lambda wanted: _class_of(wanted) is resolve(name)


def _is_numpy_scalar(wanted: Any) -> bool:
    generic = resolve("numpy.generic")
    return generic is not None and issubclass(_class_of(wanted), generic)


def _array(value: Any, wanted: Any) -> Any:
    import numpy as np

    if isinstance(value, np.ndarray):
        found: Any = value
    elif not isinstance(value, list):
        raise _wrong("a list", value)
    else:
        found = np.array(value)
    dtype = next((np.dtype(get_args(part)[0]) for part in get_args(wanted) if _is_concrete(part)), None)
    if found.dtype.kind == "U" and not all(isinstance(part, str) for part in np.array(value, dtype=object).flat):
        raise TypeError("expected one kind of values, found text and numbers")
    if found.dtype.kind == "O":
        raise TypeError("the values are of no dtype of NumPy")
    if dtype is None or found.dtype == dtype:
        return found
    if found.size == 0:
        return found.astype(dtype)
    if found.dtype.kind == "U" and dtype.kind in "cmM":
        return (
            np.array([complex(text) for text in found.flat]).reshape(found.shape).astype(dtype)
            if dtype.kind == "c"
            else found.astype(dtype)
        )
    if (found.dtype.kind == "U") != (dtype.kind == "U") or (found.dtype.kind == "b") != (dtype.kind == "b"):
        raise _wrong(f"values of dtype {dtype}", value)
    with np.errstate(all="ignore"):
        cast = found.astype(dtype)
    if not np.array_equal(cast, found, equal_nan=dtype.kind in "fc"):
        raise ValueError(f"the values are not the same as {dtype}")
    return cast


def _is_concrete(part: Any) -> bool:
    """Is it a dtype of a definite kind, not Any and not a family such as ``numpy.floating``?"""
    inner = next(iter(get_args(part)), None)
    generic = resolve("numpy.generic")
    if get_origin(part) is not resolve("numpy.dtype") or not isinstance(inner, type) or generic is None:
        return False
    return issubclass(inner, generic) and not inner.__subclasses__()


def _numpy_scalar(value: Any, wanted: Any) -> Any:
    if isinstance(value, wanted):
        return value
    if isinstance(value, (str, list, dict)) != (wanted.__name__ in {"str_", "datetime64"}):
        raise _wrong(type_name(wanted), value)
    made = wanted(value)
    if isinstance(value, (int, float)) and not (made == value or math.isnan(value)):
        raise ValueError(f"{value!r} is no {type_name(wanted)} of the same value")
    return made


def _frame(value: Any, wanted: Any) -> Any:
    if isinstance(value, wanted):
        return value
    columns = isinstance(value, dict) and all(isinstance(part, list) for part in value.values())
    if not columns and not (isinstance(value, list) and all(isinstance(part, dict) for part in value)):
        raise _wrong("a dict of columns or a list of records", value)
    return wanted(value)


def _series(value: Any, wanted: Any) -> Any:
    if not isinstance(value, (list, wanted)):
        raise _wrong("a list", value)
    return wanted(value)
