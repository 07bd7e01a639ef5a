"""Where two values differ, whatever they are: type by type, all the way down, in words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from scitex_io.comparing.kinds import comparer, objects
from scitex_io.comparing.libraries import images
from scitex_io.comparing.meaning import in_common
from scitex_io.comparing.parts import LEAVES, Difference, Part, Rules
from scitex_io.errors import type_name

__all__ = ["Difference", "differences"]


def differences(
    one: Any, other: Any, *, rtol: float = 0.0, atol: float = 0.0, strict: bool = True, limit: int | None = None
) -> Iterator[Difference]:
    """Each place where the second value differs from the first; nothing if they are the same.

    NaN equals itself. Objects of classes that are not known here are compared by ``==``.

    Parameters
    ----------
    rtol, atol
        Numbers are equal if they are at most ``atol + rtol * |other|`` apart.
    strict
        The same types, dtypes and order of keys; -0.0 is not 0.0. With False what means the same is equal: a list, a
        tuple and an array of equal items, a table of any library and its columns or records, 1 and 1.0, None and NaN
        (both missing), an attrs class and its fields, an image and its pixels.
    limit
        The most differences to look for.

    Examples
    --------
    >>> for found in differences({"a": [1, 2]}, {"a": [1, 3]}):
    ...     print(found)
    a/1: 2 is not 3
    """
    return islice(_walk(one, other, Rules(rtol, atol, strict)), limit)


def _walk(one: Any, other: Any, rules: Rules) -> Iterator[Difference]:
    # A stack of our own: data may be nested more deeply than calls, and may contain itself.
    seen: dict[tuple[int, int], Part] = {}
    stack: list[Iterator[Part | Difference]] = [iter([Part("", one, other)])]
    while stack:
        found = next(stack[-1], None)
        if found is None:
            stack.pop()
        elif isinstance(found, Difference):
            yield found
        elif found.one is not found.other:
            if type(found.one) not in LEAVES:
                both = id(found.one), id(found.other)
                if both in seen:
                    continue
                seen[both] = found  # which keeps the two alive, or another object could get the same id
            stack.append(_compared(found, rules))


def _compared(part: Part, rules: Rules) -> Iterator[Part | Difference]:
    if not rules.strict:
        part = in_common(part)
    # Any: classes are hashable, whatever a checker reads from the hash of their instances.
    kind: Any = type(part.one)
    twin: Any = type(part.other)
    compare = comparer(kind)
    # The class of an image tells which file it was read from.
    kindred = compare is images or (not rules.strict and compare is not objects)
    if kind is twin or (kindred and compare is comparer(twin)):
        return compare(part, rules)
    names = type_name(kind), type_name(twin)
    return iter([part.difference(f"{names[0]} and {names[1]}")])
