"""The types of a tree of configs, as a stub file that editors and type checkers read."""

from __future__ import annotations

import datetime
import keyword
from collections.abc import Mapping
from typing import Any

HEAD = '''"""The configs of this project, as `load_configs` gives them."""

import datetime
from typing import Any

class _Mapping:
    def __getitem__(self, key: Any, /) -> Any: ...
    def __contains__(self, key: object, /) -> bool: ...
    def get(self, key: Any, default: Any = ..., /) -> Any: ...
    def to_dict(self, include_private: bool = ...) -> dict[Any, Any]: ...
    def why(self, key: str) -> Any: ...
'''
WORDS: dict[type, str] = {
    bool: "bool", int: "int", float: "float", str: "str", bytes: "bytes", type(None): "None",
    datetime.date: "datetime.date", datetime.datetime: "datetime.datetime",
}  # fmt: skip


def stub(tree: Mapping[Any, Any], name: str = "CONFIG") -> str:
    """The text of a stub that declares *name* with every key of the tree as an attribute.

    A key that is no identifier is left to ``CONFIG["..."]``.
    """
    classes: list[str] = []
    kind = _class(tree, "_" + name, classes)
    return "\n".join([HEAD, *classes, f"{name}: {kind}", ""])


def _class(tree: Mapping[Any, Any], name: str, classes: list[str]) -> str:
    lines = [
        f"    {key}: {_type(value, f'{name}_{key}', classes)}"
        for key, value in tree.items()
        if isinstance(key, str) and key.isidentifier() and not keyword.iskeyword(key)
    ]
    classes.append("\n".join([f"class {name}(_Mapping):", *(lines or ["    ..."]), ""]))
    return name


def _type(value: Any, name: str, classes: list[str]) -> str:
    if isinstance(value, Mapping):
        # Mappings inside lists are plain dicts.
        return "dict[Any, Any]" if type(value) is dict else _class(value, name, classes)
    if isinstance(value, list):
        kinds = dict.fromkeys(_type(part, name, classes) for part in value)
        return f"list[{' | '.join(kinds) or 'Any'}]"
    return WORDS.get(type(value), "Any")
