"""One component of a path against a pattern.

Matching takes time in proportion to the length of a name: each part is looked for once, from left to right (atomic
groups). Only where numbers or repetitions leave a choice are the others tried, within a bound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, SupportsIndex, TypeAlias

from attrs import frozen

PATIENCE = 100_000
"""Steps of looking for another choice in one name."""


@frozen
class Field:
    """A placeholder."""

    name: str
    width: int | None = None  # None: any text; else a whole number of at least so many digits

    def value(self, text: str) -> str | int:
        """What the text stands for."""
        return text if self.width is None else int(text)

    def fits(self, text: str) -> bool:
        """Can the placeholder stand for the text?"""
        if self.width is None:
            return text != ""
        return text.isascii() and text.isdigit() and len(text) >= self.width

    def text(self, value: object) -> str:
        """The value as it is written.

        Raises
        ------
        ValueError
            It cannot be written so that it is read back.
        """
        if self.width is None:
            text = str(value)
        elif isinstance(value, bool) or not isinstance(value, SupportsIndex) or int(value) < 0:
            raise ValueError(f"{{{self.name}}} takes a whole number from 0, not {value!r}")
        else:
            text = f"{int(value):0{self.width}d}"
        if not self.fits(text) or "/" in text or "\0" in text:
            raise ValueError(f"{{{self.name}}} cannot be {value!r}: no empty text, no slash")
        return text


STAR = Field("")  # like a placeholder without a name, but it may be empty
Piece: TypeAlias = "Field | str"  # a gap, or the regular expression of a text of fixed length

TOKEN = re.compile(
    r"(?P<star>\*+)|(?P<one>\?)|(?P<set>\[(?>!?).[^]]*\])|\{(?P<name>[^\W\d]\w*)(?::(?P<spec>0?\d*d))?\}|(?P<text>.)",
    re.DOTALL,
)


@frozen
class Part:
    """One component of a path, between slashes."""

    tokens: tuple[Piece, ...]
    regex: re.Pattern[str]
    fields: tuple[Field, ...]
    shows_hidden: bool

    def match(self, name: str, known: Mapping[str, str]) -> dict[str, str] | None:
        """The texts of the placeholders, those *known* included; None if the name does not match."""
        if name.startswith(".") and not self.shows_hidden:
            return None
        first = self.regex.match(name)
        if first is None:
            return None
        found = dict(known)
        for field, text in zip(self.fields, first.groups(), strict=True):
            if (field.width is not None and not field.fits(text)) or found.setdefault(field.name, text) != text:
                return self._search(name, known)
        return found

    def _search(self, name: str, known: Mapping[str, str]) -> dict[str, str] | None:
        """The first way to match, shortest texts first."""
        left = PATIENCE
        failed: set[Any] = set()
        repeated = {field.name for field in self.fields if self.fields.count(field) > 1}

        def search(at: int, place: int, bound: dict[str, str]) -> dict[str, str] | None:
            nonlocal left
            left -= 1
            if left < 0:
                raise ValueError(f"{name!r} can be matched in too many ways: use fewer placeholders side by side")
            if at == len(self.tokens):
                return bound if place == len(name) else None
            state = (at, place, *(bound.get(one) for one in repeated))
            if state in failed:
                return None
            token = self.tokens[at]
            if isinstance(token, str):
                step = re.compile(token, re.DOTALL).match(name, place)
                result = search(at + 1, step.end(), bound) if step else None
            else:
                ends = range(place + (token is not STAR), len(name) + 1)
                if token.name in bound:
                    text = bound[token.name]
                    ends = range(place + len(text), place + len(text) + 1) if name.startswith(text, place) else range(0)
                result = None
                for end in ends:
                    text = name[place:end]
                    if token is not STAR and not token.fits(text):
                        if token.width is not None and not text.isdigit():
                            break
                        continue
                    result = search(at + 1, end, bound if token is STAR else {**bound, token.name: text})
                    if result is not None:
                        break
            if result is None:
                failed.add(state)
            return result

        return search(0, 0, dict(known))


@lru_cache(maxsize=1024)
def part(text: str) -> Part:
    """One component, ready to match.

    Raises
    ------
    ValueError
        Braces that are no placeholder.
    """
    tokens: list[Piece] = []
    for match in TOKEN.finditer(text):
        kind = match.lastgroup
        if match["name"]:
            spec = match["spec"]
            tokens.append(Field(match["name"], None if spec is None else int(spec[1:-1] or 1) if spec[0] == "0" else 1))
            if spec and spec[0] != "0" and spec != "d":
                raise ValueError(f"{match[0]}: a number is {{n:d}}, or {{n:03d}} with zeros in front")
        elif kind == "star":
            tokens.append(STAR)
        elif kind == "text":
            if match[0] in "{}":
                raise ValueError(
                    f"{text!r}: what stands in braces is a name, {{name}}, {{name:d}} or {{name:03d}}, or alternatives, {{a,b}}"
                )
            tokens.append(re.escape(match[0]))
        else:
            tokens.append(r"[^/]" if kind == "one" else _set(match[0]))
    joined: list[Piece] = []
    for token in tokens:
        if isinstance(token, str) and joined and isinstance(joined[-1], str):
            joined[-1] += token
        elif not (token is STAR and joined and joined[-1] is STAR):
            joined.append(token)
    fields = tuple(token for token in joined if isinstance(token, Field) and token is not STAR)
    return Part(
        tuple(joined),
        re.compile(_regex(joined), re.DOTALL),
        fields,
        text.startswith("."),
    )


def _set(text: str) -> str:
    inner = text[1:-1]
    without = inner.startswith("!")
    letters = re.sub(r"([][\\^&~|])", r"\\\1", inner[without:])
    return f"[^/{letters}]" if without else f"[{letters}]"


def _regex(tokens: list[Piece]) -> str:
    """Gaps that end where what follows is first found; the last one reaches to the end."""
    last = max((at for at, token in enumerate(tokens) if not isinstance(token, str)), default=-1)
    text, at = "", 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if isinstance(token, str):
            text += token
            continue
        gap = ".*" if token is STAR else "(.+"
        closing = "" if token is STAR else ")"
        if at - 1 == last:
            text += gap + closing
            continue
        following = tokens[at] if at < len(tokens) and isinstance(tokens[at], str) else ""
        at += bool(following)
        text += f"(?>{gap}?{closing}{following})"
    return text + r"\Z"
