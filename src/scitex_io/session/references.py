"""Values that refer to others, ``${PATHS.ROOT}/raw``, and to the environment, ``${env:HOME}``."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from attrs import define, field

from scitex_io.errors import ConfigLoadError

REFERENCE = re.compile(r"\$\{(env:)?([^{}$\s]+)\}")
ENVIRONMENT: ContextVar[Mapping[str, str]] = ContextVar(
    "scitex_io_environment", default=os.environ
)  # as it is at the time
"""What ``${env:...}`` refers to."""
MOST = 100_000
"""Values that references may lead to, in all: a few lines can stand for any number."""


def resolved(tree: dict[str, Any], files: dict[str, Path]) -> dict[str, Any]:
    """The tree with every reference replaced by what it refers to; itself where there is none.

    Raises
    ------
    ConfigLoadError
        A reference leads nowhere, or in a circle.
    """
    return _References(tree, files).tree(tree, (), ()) if _any(tree) else tree


def _any(node: Any) -> bool:
    if type(node) is str:
        return "${" in node
    parts = node.values() if type(node) is dict else node if type(node) is list else ()
    return any(map(_any, parts))


@define
class _References:
    root: dict[str, Any]
    files: dict[str, Path]
    left: int = field(default=MOST)

    def tree(self, node: Any, keys: tuple[str, ...], chain: tuple[str, ...]) -> Any:
        """The node at *keys* without references; *chain* are the values that led here."""
        if type(node) is str:
            return self.text(node, keys, chain) if "${" in node else node
        if chain:
            self.left -= 1
            if self.left < 0:
                raise self.error(keys, f"its references stand for more than {MOST} values")
        if type(node) is dict:
            return {key: self.tree(part, (*keys, str(key)), chain) for key, part in node.items()}
        if type(node) is list:
            return [self.tree(part, (*keys, str(at)), chain) for at, part in enumerate(node)]
        return node

    def text(self, text: str, keys: tuple[str, ...], chain: tuple[str, ...]) -> Any:
        """The text with its references replaced; the value itself where the reference is all of it."""
        here = ".".join(keys)
        if here in chain:
            raise self.error(keys, f"references in a circle: {' -> '.join((*chain[chain.index(here) :], here))}")
        chain = (*chain, here)
        if len(chain) > 100:
            raise self.error(keys, f"more than 100 references lead from one to the next: {' -> '.join(chain[:5])} ...")
        whole = REFERENCE.fullmatch(text)
        if whole is not None:
            return self.value(whole, keys, chain)

        def part(match: re.Match[str]) -> str:
            value = self.value(match, keys, chain)
            if isinstance(value, dict | list):
                raise self.error(keys, f"{match[0]} is a {type(value).__name__}, which cannot be a part of a text")
            return str(value)

        return REFERENCE.sub(part, text)

    def value(self, match: re.Match[str], keys: tuple[str, ...], chain: tuple[str, ...]) -> Any:
        """What one reference refers to; its own text if it begins with no file of ours."""
        name = match[2]
        if match[1]:
            if name not in ENVIRONMENT.get():
                raise self.error(keys, f"{match[0]}: the environment has no {name}")
            return ENVIRONMENT.get()[name]
        parts = name.upper().split(".")
        if parts[0] not in self.root:
            return match[0]
        node: Any = self.root
        for part in parts:
            known = (
                {str(key).upper(): key for key in (range(len(node)) if isinstance(node, list) else node)}
                if isinstance(node, dict | list)
                else {}
            )
            if part not in known:
                raise self.error(keys, f"{match[0]}: there is no {part}; there is {', '.join(known) or 'nothing'}")
            node = node[known[part]]
        return self.tree(node, tuple(parts), chain)

    def error(self, keys: tuple[str, ...], found: str) -> ConfigLoadError:
        return ConfigLoadError(str(self.files.get(keys[0], keys[0])), f"{'.'.join(keys)}: {found}")
