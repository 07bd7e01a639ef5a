"""The strict converter behind ``as_type=``: what a value may be read from, for each kind of type.

Imported on the first structuring only, because cattrs is.
"""

from __future__ import annotations

import datetime
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
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from attrs import NOTHING, field, has, make_class
from cattrs import BaseValidationError, Converter
from cattrs.cols import is_namedtuple
from typing_extensions import is_typeddict

from scitex_io.errors import type_name
from scitex_io.forms import nanoseconds
from scitex_io.structure.arrays import array, frame, is_class, is_numpy_scalar, numpy_scalar, series, wrong

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
    made.register_structure_hook_func(is_class("numpy.ndarray"), array)
    made.register_structure_hook_func(is_numpy_scalar, numpy_scalar)
    made.register_structure_hook_func(is_class("pandas.DataFrame"), frame)
    made.register_structure_hook_func(is_class("pandas.Series"), series)
    return made


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
        raise wrong(kind.__name__, value)

    return hook


# What most files have as text.


def _duration(text: str) -> datetime.timedelta:
    whole, rest = divmod(nanoseconds(text), 1000)
    if rest:
        raise ValueError("a timedelta has no nanoseconds")
    return datetime.timedelta(microseconds=whole)


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
            raise wrong(f"{kind.__name__} or its text", value)
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
                raise wrong(expected, value)
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
    # An attrs class of the same fields: all errors at once, and annotations that are text are resolved.
    hints = get_type_hints(wanted, include_extras=True)
    defaults = wanted._field_defaults
    twin = make_class(
        wanted.__name__,
        {name: field(type=hints.get(name, Any), default=defaults.get(name, NOTHING)) for name in wanted._fields},
    )

    def hook(value: Any, _: Any) -> Any:
        if isinstance(value, (list, tuple)):
            if len(value) > len(wanted._fields):
                raise ValueError(f"expected at most {len(wanted._fields)} values, found {len(value)}")
            value = dict(zip(wanted._fields, value, strict=False))
        elif not isinstance(value, Mapping):
            raise wrong("a list or a dict", value)
        found: Any = made.structure(value, twin)
        return wanted(*(getattr(found, name) for name in wanted._fields))

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
            raise wrong(" or ".join(map(type_name, members)), value)
        # int | float, str | Path: the one that needs no conversion.
        return next((found for found in fitting if type(found) is type(value)), fitting[0])

    return hook
