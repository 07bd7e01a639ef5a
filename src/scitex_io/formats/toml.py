"""TOML (.toml)."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from attrs import frozen

from scitex_io.content.decoding import declared
from scitex_io.content.parts import TreePart
from scitex_io.content.trees import SCALARS, Words, plain, rows, uncollected
from scitex_io.errors import UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.forms import keeps_zone
from scitex_io.handler import Accepts, FormatHandler
from scitex_io.typing import Loader, Saver

_WIDTH = 80  # characters of an array on one line

WORDS = Words(
    "toml",
    scalars=SCALARS - {type(None)},
    natives={
        datetime.datetime: keeps_zone,
        datetime.date: lambda _: True,
        datetime.time: lambda value: value.tzinfo is None and not value.fold,
    },
    leaves_out_none=True,
)


@frozen(kw_only=True)
class Toml(FormatHandler, TreePart, Saver[Any], Loader[Any]):
    """A dict of settings, tables as dicts inside."""

    name = "toml"
    alone = True
    extensions = (".toml",)
    accepts = (Accepts(dict, domain="keys are text"), *rows(dict))
    yields = (dict,)
    parallel = "processes"

    def save(self, obj: Any, path: Path, /) -> None:
        """Write UTF-8 text, the keys in their order."""
        text = "\n".join(_table(plain(obj, WORDS), "")) + "\n"
        try:
            path.write_bytes(text.lstrip("\n").encode())
        except UnicodeEncodeError as error:
            reason = "a lone surrogate cannot be written in UTF-8"
            raise UnsupportedTypeError(self.name, type_name(type(obj)), reason=reason) from error

    def together(self) -> AbstractContextManager[None]:
        """Many files have many parts."""
        return uncollected()

    def load(self, path: Path, /) -> Any:
        """Read TOML 1.0, in UTF-8 or what a byte order mark declares."""
        import tomllib

        data = path.read_bytes()
        try:
            tree = tomllib.loads(data.decode(declared(data) or "utf-8"))
        except RecursionError:
            raise UnreadableFileError(str(path), self.name, "it is nested too deeply") from None
        return self.part_of(tree, path)


def _table(pairs: dict[str, Any], name: str) -> Iterator[str]:
    """The lines of a table: its values, then those tables inside that no value follows, under headers of their own."""
    keys = list(pairs)
    at = next((at for at in range(len(keys), 0, -1) if not _has_headers(pairs[keys[at - 1]])), 0)
    for key in keys[:at]:
        yield f"{_key(key)} = {_value(pairs[key])}"
    for key in keys[at:]:
        inner, path = pairs[key], f"{name}.{_key(key)}" if name else _key(key)
        for part in inner if isinstance(inner, list) else [inner]:
            yield f"\n[[{path}]]" if isinstance(inner, list) else f"\n[{path}]"
            yield from _table(part, path)


def _has_headers(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and value != [] and all(isinstance(part, dict) for part in value)
    )


def _key(key: str) -> str:
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else _text(key)


def _text(text: str) -> str:
    # JSON's escapes are TOML's, which wants one more.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case dict():
            return "{" + ", ".join(f"{_key(key)} = {_value(part)}" for key, part in value.items()) + "}"
        case list():
            parts = [_value(part) for part in value]
            return (
                f"[{', '.join(parts)}]"
                if sum(map(len, parts)) < _WIDTH
                else "[\n" + "".join(f"  {part},\n" for part in parts) + "]"
            )
        case datetime.date() | datetime.time():
            return value.isoformat()
    return repr(value)
