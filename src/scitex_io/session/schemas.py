"""A tree of configs as classes, its keys matched with their fields in any case."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from attrs import has

from scitex_io.errors import ConfigLoadError
from scitex_io.session.origins import Origin
from scitex_io.structure import StructureError, fields_of, structured

T = TypeVar("T")


def fitted(tree: dict[str, Any], schema: type[T], why: Callable[[str], Origin], folder: Path) -> T:
    """The tree as *schema*.

    Raises
    ------
    ConfigLoadError
        It does not fit: every reason, each with the file and line of its value.
    """
    try:
        made: T = structured(_renamed(tree, schema), schema)
    except StructureError as error:
        lines = "".join(f"\n  {_placed(line, why)}" for line in error.errors)
        raise ConfigLoadError(str(folder), f"the configs are no {schema.__qualname__}:{lines}") from error
    return made


def _renamed(node: Any, wanted: Any) -> Any:
    """The node with the keys of its mappings spelt as the fields they stand for."""
    if isinstance(wanted, type) and (has(wanted) or is_dataclass(wanted)) and isinstance(node, Mapping):
        hints = get_type_hints(wanted)
        names = {name.casefold(): name for name in fields_of(wanted)[0]}
        made = {}
        for key, value in node.items():
            name = names.get(str(key).casefold())
            if name is not None:
                made[name] = _renamed(value, hints.get(name))
            elif not str(key).startswith(("DEBUG_", "IS_DEBUG")):
                made[key] = value
        return made
    kinds = get_args(wanted)
    if get_origin(wanted) is list and isinstance(node, list):
        return [_renamed(part, kinds[0]) for part in node]
    if get_origin(wanted) is dict and isinstance(node, Mapping):
        return {key: _renamed(part, kinds[1]) for key, part in node.items()}
    for kind in kinds:  # a union
        if (renamed := _renamed(node, kind)) != node:
            return renamed
    return node


def _placed(line: str, why: Callable[[str], Origin]) -> str:
    """The error with the place of the value that it is about."""
    path = re.search(r"@ \$\.?(\S*)", line)
    keys = re.sub(r"\[['\"]?([^]'\"]*)['\"]?\]", r".\1", path[1]).strip(".") if path else ""
    while keys:
        try:
            origin = why(keys)
        except KeyError:  # what is missing has no place: its mapping has one
            keys = keys.rpartition(".")[0]
            continue
        return f"{line} ({origin.file}:{origin.line})" if origin.line else line
    return line
