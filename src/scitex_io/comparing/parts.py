"""What a comparison works on and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from attrs import frozen

from scitex_io.describe import short

LEAVES = frozenset({bool, int, float, complex, str, bytes, type(None)})


@frozen
class Difference:
    """One place where two values differ."""

    path: str
    """The keys that lead there, as ``key=`` takes them: ``"eeg/0"``; empty for the whole."""
    one: str
    """What is there in the first value, in a few words."""
    other: str
    """The same of the second value."""
    detail: str = ""
    """How they differ, where that is not obvious."""

    def __str__(self) -> str:
        text = f"{self.path}: " if self.path else ""
        return f"{text}{self.one} is not {self.other}" + (f" ({self.detail})" if self.detail else "")


class Rules(NamedTuple):
    """What counts as equal."""

    rtol: float
    atol: float
    strict: bool

    @property
    def tolerant(self) -> bool:
        """Need numbers not be exactly equal?"""
        return self.rtol > 0 or self.atol > 0


class Part(NamedTuple):
    """Two values to compare, and the keys that lead to them."""

    path: str
    one: Any
    other: Any

    def inside(self, key: object, one: Any, other: Any) -> Part:
        """What lies below, under one key."""
        return Part(f"{self.path}/{key}" if self.path else str(key), one, other)

    def difference(self, detail: str = "") -> Difference:
        """The finding that these two differ."""
        return Difference(self.path, short(self.one), short(self.other), detail)


Compare: TypeAlias = Callable[[Part, Rules], Iterator["Part | Difference"]]


def differ(part: Part) -> Iterator[Difference]:
    """By ``==``: for objects of any other class."""
    try:
        equal = bool(part.one == part.other)
    except Exception as error:  # noqa: BLE001  # what `==` of a foreign class does is its own affair
        yield part.difference(f"they cannot be compared: {error}")
        return
    # Unlike itself: not a number.
    if not equal and not (part.one != part.one and part.other != part.other):
        yield part.difference()
