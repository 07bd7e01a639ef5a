"""Patterns of paths, one grammar for reading and writing: ``sub-{sub:03d}/run-{run:d}_*.{csv,tsv}``.

``{name}`` is a placeholder, one character or more up to a slash; ``{n:d}`` a whole number, ``{n:03d}`` one of at least
three digits. ``{a,b}`` are alternatives. ``*``, ``?`` and ``[...]`` are those of the shell, ``**`` any folders. A
placeholder ends where what follows it is first found; where it occurs again, it has the same value.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from scitex_io.patterns.matching import TOKEN, Field, part

MOST = 1000
"""Patterns that alternatives may stand for."""


def alternatives(pattern: str) -> list[str]:
    """The patterns without alternatives that one with ``{a,b}`` stands for.

    Raises
    ------
    ValueError
        They are too many.
    """
    found, done = [pattern], 0
    while done < len(found):
        braces = _first_choice(found[done])
        if braces is None:
            done += 1
            continue
        start, end, choices = braces
        head, tail = found[done][:start], found[done][end:]
        found[done : done + 1] = [head + choice + tail for choice in choices]
        if len(found) > MOST:
            raise ValueError(f"the pattern {pattern!r} stands for more than {MOST} alternatives")
    return list(dict.fromkeys(found))


def _first_choice(pattern: str) -> tuple[int, int, list[str]] | None:
    """Where the first outermost braces with a comma begin and end, and what lies between the commas."""
    starts: list[int] = []
    commas: list[list[int]] = []
    found = None
    for at, letter in enumerate(pattern):
        if letter == "{":
            starts.append(at)
            commas.append([])
        elif letter == "," and starts:
            commas[-1].append(at)
        elif letter == "}" and starts:
            start, splits = starts.pop(), commas.pop()
            if splits and (found is None or start < found[0]):
                edges = [start, *splits, at]
                found = start, at + 1, [pattern[a + 1 : b] for a, b in itertools.pairwise(edges)]
    return found


def has_wildcards(pattern: str) -> bool:
    """Does the pattern stand for more than one name?"""
    return any(letter in pattern for letter in "*?[{")


def names_of(pattern: str) -> list[str]:
    """The names of the placeholders, in order, each once."""
    return list(dict.fromkeys(match["name"] for match in TOKEN.finditer(pattern) if match["name"]))


def fields_of(pattern: str) -> Iterator[Field]:
    """Every placeholder, in order."""
    for text in pattern.split("/"):
        yield from part(text).fields


def parsed(pattern: str, path: str) -> dict[str, Any] | None:
    """The values of the placeholders in *path*; None if it does not match."""
    parts, names = pattern.split("/"), path.split("/")
    if len(parts) != len(names):
        return None
    found: dict[str, str] = {}
    for text, name in zip(parts, names, strict=True):
        texts = part(text).match(name, found)
        if texts is None:
            return None
        found = texts
    return {field.name: field.value(found[field.name]) for field in fields_of(pattern)}


def filled(path: str, options: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The path with its placeholders filled from *options*, and the other options; itself where none is meant."""
    given = {name: options[name] for name in names_of(path) if name in options}
    if not given:
        return path, dict(options)
    return format_path(path, **given), {name: value for name, value in options.items() if name not in given}


def format_path(pattern: str, /, **values: object) -> str:
    """The path that a pattern and values for its placeholders make, the inverse of `parse_glob`.

    >>> format_path("sub-{sub:03d}/run-{run:d}.csv", sub=1, run=2)
    'sub-001/run-2.csv'

    Raises
    ------
    ValueError
        A value is missing or too many, the pattern has wildcards or alternatives, or the path would be read back
        with other values (``{a}_{b}`` with an underscore in *a*).
    """
    if len(alternatives(pattern)) > 1 or any(letter in pattern for letter in "*?["):
        raise ValueError(f"{pattern!r} stands for several paths: *, ?, [...] and {{a,b}} cannot be filled")
    fields = list(fields_of(pattern))
    names = {field.name for field in fields}
    if names != values.keys():
        missing, more = sorted(names - values.keys()), sorted(values.keys() - names)
        told = [f"no value for {', '.join(missing)}"] * bool(missing) + [
            f"no placeholder for {', '.join(more)}"
        ] * bool(more)
        raise ValueError(f"{pattern!r}: {'; '.join(told)}")
    texts = iter([field.text(values[field.name]) for field in fields])
    path = TOKEN.sub(lambda match: next(texts) if match["name"] else match[0], pattern)
    expected = {field.name: field.value(field.text(values[field.name])) for field in fields}
    if (back := parsed(pattern, path)) != expected:
        raise ValueError(f"{path!r} would be read back from {pattern!r} as {back}, not as {expected}")
    return path
