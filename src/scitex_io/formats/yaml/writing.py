"""Plain trees as YAML text that means the same to parsers of YAML 1.1 and 1.2; imported on first use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml
from yaml.nodes import ScalarNode

if TYPE_CHECKING:
    from yaml import CSafeDumper as FastDumper
else:
    try:
        from yaml import CSafeDumper as FastDumper
    except ImportError:  # PyYAML was built without libyaml
        from yaml import SafeDumper as FastDumper

_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"})
_NUMBER_LIKE = re.compile(r"[-+.]?[.\d]|[-+]\.|[~=<]|\.(?:inf|nan)", re.IGNORECASE)


def is_ambiguous(text: str) -> bool:
    """Would some parser take the text, unquoted, for something else?"""
    return text.lower() in _WORDS or _NUMBER_LIKE.match(text) is not None or text.startswith(("---", "..."))


class _Dumper(FastDumper):
    """Writes block style, every text so that any parser reads it as text."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # called by PyYAML
        """Always: what stands twice is written twice."""
        return True

    def represent_text(self, text: str) -> ScalarNode:
        """Plain where that is safe, as a block where it has lines, else quoted."""
        style = None
        if "\n" in text:
            style = "|" if _is_block(text) else '"'
        elif not text.isprintable():
            style = '"'
        elif is_ambiguous(text):
            style = "'"
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)


def _is_block(text: str) -> bool:
    lines = text.split("\n")
    return (
        lines[0] != ""
        and not lines[0][0].isspace()
        and all(line.isprintable() and line == line.rstrip() for line in lines)
    )


_SIMPLE = re.compile(r"[A-Za-z_/](?:[\w./()+-]| (?=[\w./()+-]))*", re.ASCII)
WIDE = 100
"""Characters; longer texts may be folded or need another style as keys."""
DEEP = 50


class _OddError(ValueError):
    """Something that the emitter has to see."""


@lru_cache(maxsize=4096)
def _is_simple(text: str) -> bool:
    """Is it written as it is, whoever writes it? Keys occur again and again."""
    return _SIMPLE.fullmatch(text) is not None and not is_ambiguous(text)


def _scalar(value: Any) -> str:
    kind = type(value)
    if kind is str:
        if len(value) < WIDE and _is_simple(value):
            return str(value)
    elif kind is int:
        return repr(value)
    elif kind is float and value - value == 0:
        text = repr(value)
        return text.replace("e", ".0e", 1) if "e" in text and "." not in text else text
    elif kind is bool:
        return "true" if value else "false"
    elif value is None:
        return "null"
    raise _OddError


def _lines(node: Any, pad: str, first: str) -> Iterator[str]:
    """A container in block style, its first line behind *first*, the others behind *pad*."""
    if len(pad) > 2 * DEEP:
        raise _OddError
    start = first
    if type(node) is dict:
        for key, value in node.items():
            name = f"{start}{_scalar(key)}:"
            start = pad
            if type(value) not in {dict, list}:
                yield f"{name} {_scalar(value)}"
            elif not value:
                yield f"{name} {'{}' if type(value) is dict else '[]'}"
            else:
                yield name
                below = f"{pad}  " if type(value) is dict else pad
                yield from _lines(value, below, below)
        return
    for value in node:
        if type(value) not in {dict, list}:
            yield f"{start}- {_scalar(value)}"
        elif not value:
            yield f"{start}- {'{}' if type(value) is dict else '[]'}"
        else:
            yield from _lines(value, f"{pad}  ", f"{start}- ")
        start = pad


def quickly(tree: Any) -> bytes | None:
    """What the emitter would write, of trees of words and numbers; None for others."""
    if type(tree) not in {dict, list} or not tree:
        return None
    try:
        return ("\n".join(_lines(tree, "", "")) + "\n").encode()
    except _OddError:
        return None


def written(tree: Any) -> bytes:
    """YAML text of a plain tree."""
    return quickly(tree) or emitted(tree)


def emitted(tree: Any) -> bytes:
    """The same by the emitter."""
    data: bytes = yaml.dump(
        tree,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=1000,
        encoding="utf-8",
    )
    return data
