"""Plain trees as YAML text that means the same to parsers of YAML 1.1 and 1.2; imported on first use."""

from __future__ import annotations

import re
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


def written(tree: Any) -> bytes:
    """YAML text of a plain tree."""
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
