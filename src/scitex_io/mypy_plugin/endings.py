"""How the name of a file ends, as far as it is known."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from mypy.types import Instance, LiteralType, ProperType, UnionType, get_proper_type

MARK = "\0"
"""Stands in a text of a config for what only the run tells."""


class Untold(Exception):  # noqa: N818  # not an error: an answer
    """The text does not tell."""


@dataclass(frozen=True)
class Name:
    """The end of a text; *whole* if that is all of it from the last slash on."""

    tail: str
    whole: bool = True
    is_pattern: bool | None = False  # None: perhaps

    def then(self, other: Name) -> Name:
        """Both, one behind the other."""
        pattern = _either(self.is_pattern, other.is_pattern)
        if not other.whole:
            return replace(other, is_pattern=pattern)
        return Name(self.tail + other.tail, self.whole or "/" in other.tail, pattern)

    def below(self, other: Name) -> Name:
        """The second as a path below the first."""
        if other.tail == "" and other.whole:
            return self
        return replace(other, is_pattern=_either(self.is_pattern, other.is_pattern))


def _either(one: bool | None, other: bool | None) -> bool | None:
    return True if one or other else None if None in {one, other} else False


ANYTHING = Name("", whole=False)
"""A part of which nothing is known."""


def text(value: str) -> Name:
    """A text that is known; what a config leaves open is not."""
    head, mark, rest = value.rpartition(MARK)
    odd: bool | None = any(letter in head + rest for letter in "*?{")
    if not odd and "[" in head + rest:
        odd = None  # brackets are in names of files as well
    return Name(rest, not mark or "/" in rest, odd)


def literals(kind: ProperType, *, configured: bool = False) -> Iterator[str]:
    """The texts that a type stands for; none if there may be others."""
    match kind:
        case LiteralType(value=str() as value):
            yield value
        case Instance(last_known_value=LiteralType(value=str() as value)):
            yield value
        case Instance(type=info) if configured and info.fullname == "builtins.str" and kind.extra_attrs is not None:
            yield from kind.extra_attrs.attrs
        case UnionType(items=items):
            found = [list(literals(get_proper_type(item), configured=configured)) for item in items]
            if all(found):
                for each in found:
                    yield from each


def match_of(pattern: Name) -> Name:
    """The end of what matches a pattern."""
    _, _, name = pattern.tail.rpartition("/")
    rest = re.split(r"[*?\]}]", name)[-1]
    return Name(rest, pattern.whole and rest == name)


def suffixed(one: Name, end: Name) -> Name:
    """The end of ``path.with_suffix(end)``."""
    if not end.whole:
        raise Untold
    if one.whole and (name := PurePosixPath(one.tail)).name and one.is_pattern is False:
        return Name(os.fspath(name.with_suffix(end.tail)))
    return Name(end.tail, whole=False)
