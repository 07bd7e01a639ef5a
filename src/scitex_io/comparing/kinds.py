"""How values of each kind are compared: the plain ones here, others in the modules beside."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any

from scitex_io.comparing import arrays, libraries, tables
from scitex_io.comparing.parts import LEAVES, Compare, Difference, Part, Rules, differ
from scitex_io.describe import short
from scitex_io.structure import fields_of, is_record
from scitex_io.typeref import TypeRef, distance

AROUND = 12  # characters shown on both sides of the place where texts differ


def numbers(part: Part, rules: Rules) -> Iterator[Part | Difference]:
    """Numbers of Python, by value; parts of complex ones each."""
    one, other = part.one, part.other
    if isinstance(one, bool) or isinstance(other, bool):
        if one is not other:
            yield part.difference()
    elif isinstance(one, complex) or isinstance(other, complex):
        pairs = ((one.real, other.real), (one.imag, other.imag))
        if not all(_close(*pair, rules) for pair in pairs):
            yield part.difference()
    elif not _close(one, other, rules):
        yield part.difference()


def _close(one: float, other: float, rules: Rules) -> bool:
    if one == other:
        signs = rules.strict and one == 0 and not rules.tolerant
        return not signs or math.copysign(1, one) == math.copysign(1, other)
    if one != one or other != other:
        return one != one and other != other
    if not rules.tolerant or math.inf in (abs(one), abs(other)):
        return False
    try:
        return abs(one - other) <= rules.atol + rules.rtol * abs(other)
    except OverflowError:  # an integer that no float holds
        a, b, atol, rtol = map(Fraction, (one, other, rules.atol, rules.rtol))
        return abs(a - b) <= atol + rtol * abs(b)


def texts(part: Part, _: Rules) -> Iterator[Part | Difference]:
    """Text and bytes; of long ones the place where they begin to differ."""
    one, other = part.one, part.other
    if one == other:
        return
    if max(len(one), len(other)) <= 2 * AROUND:
        yield Difference(part.path, repr(one), repr(other))
        return
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    near = slice(max(0, at - AROUND), at + AROUND)
    if isinstance(one, str):
        unit, place = "characters", f"from character {at} on, line {one.count(chr(10), 0, at) + 1}"
    else:
        unit, place = "bytes", f"from byte {at} on"
    lengths = "" if len(one) == len(other) else f", {len(one)} and {len(other)} {unit}"
    yield Difference(part.path, repr(one[near]), repr(other[near]), place + lengths)


def mappings(part: Part, rules: Rules) -> Iterator[Part | Difference]:
    """The values under each key; the types and the order of keys count when strict."""
    one, other = part.one, part.other
    if rules.strict and getattr(one, "default_factory", None) != getattr(other, "default_factory", None):
        yield part.difference("another default factory")
    twins = {key: key for key in other}
    for key in one:
        if key not in twins:
            yield _only(part, key, one[key], ABSENT)
        elif rules.strict and type(twins[key]) is not type(key):
            yield part.difference(f"the key {key!r} is {twins[key]!r}")
        else:
            yield part.inside(key, one[key], other[key])
    for key in other:
        if key not in one:
            yield _only(part, key, ABSENT, other[key])
    if rules.strict and list(one) != list(other) and one.keys() == other.keys():
        yield part.difference("the keys come in another order")


ABSENT = object()


def _only(part: Part, key: object, one: Any, other: Any) -> Difference:
    said = ("nothing" if value is ABSENT else short(value) for value in (one, other))
    return Difference(part.inside(key, None, None).path, *said)


def sequences(part: Part, rules: Rules) -> Iterator[Part | Difference]:
    """The items, one by one."""
    one, other = part.one, part.other
    if len(one) != len(other):
        yield part.difference("" if short(one) != short(other) else f"{len(one)} and {len(other)} items")
    elif rules.strict and getattr(one, "maxlen", None) != getattr(other, "maxlen", None):
        yield part.difference("another greatest length")
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        # What is plainly equal is passed over here: a list may be long. Zeros have signs.
        if not (type(a) is type(b) and type(a) in LEAVES and a == b and (a or type(a) is int)):
            yield part.inside(at, a, b)


def sets(part: Part, rules: Rules) -> Iterator[Part | Difference]:
    """The items that only one of the two has."""

    def items(values: Any) -> dict[Any, Any]:
        return {("nan" if item != item else (rules.strict and type(item), item)): item for item in values}

    one, other = items(part.one), items(part.other)
    for key in one.keys() - other.keys():
        yield Difference(part.path, short(one[key]), "nothing", "an item of the set")
    for key in other.keys() - one.keys():
        yield Difference(part.path, "nothing", short(other[key]), "an item of the set")


def objects(part: Part, _: Rules) -> Iterator[Part | Difference]:
    """Records by their fields, what has an ``==`` by it, the rest by what a pickle would keep."""
    one, other = part.one, part.other
    if is_record(one):
        for names in fields_of(type(one)):
            for name in names:
                yield part.inside(name, getattr(one, name, ABSENT), getattr(other, name, ABSENT))
        return
    states = None
    if getattr(type(one), "__eq__", None) is object.__eq__ and not isinstance(one, (type, Enum)):
        try:
            states = [_state(value) for value in (one, other)]
        except Exception:  # noqa: BLE001  # what cannot be pickled can only be itself
            states = None
    if states is None:
        yield from differ(part)
    else:
        yield Part(part.path, *states)


def _state(value: Any) -> Any:
    """What pickle makes of an object, as plain data."""
    reduced = value.__reduce_ex__(4)
    if isinstance(reduced, str):
        return reduced
    parts: tuple[Any, ...] = (*reduced, None, None, None)
    _, arguments, state, items, pairs = parts[:5]
    if not items and not pairs and isinstance(state, dict):
        return state if len(arguments) <= 1 else {"__new__": arguments, **state}
    return {"__new__": arguments, "state": state, "items": items and list(items), "pairs": pairs and list(pairs)}


KINDS: tuple[tuple[TypeRef, Compare], ...] = (
    ("numpy.ma.MaskedArray", arrays.masked),
    ("numpy.ndarray", arrays.arrays),
    ("numpy.generic", arrays.scalars),
    (bool, numbers),
    (int, numbers),
    (float, numbers),
    (complex, numbers),
    (str, texts),
    (bytes, texts),
    (bytearray, texts),
    ("scipy.sparse.sparray", arrays.sparse),
    ("scipy.sparse.spmatrix", arrays.sparse),
    ("pandas.DataFrame", tables.frames),
    ("pandas.Series", tables.series),
    ("pandas.Index", tables.indexes),
    ("pandas.api.extensions.ExtensionArray", tables.columns),
    *libraries.KINDS,
    (Mapping, mappings),
    (list, sequences),
    (tuple, sequences),
    ("collections.deque", sequences),
    (set, sets),
    (frozenset, sets),
)


@cache
def comparer(kind: Any) -> Compare:
    """How values of a class are compared; the first entry that it is a kind of."""
    return next((compare for ref, compare in KINDS if distance(kind, ref) is not None), objects)
