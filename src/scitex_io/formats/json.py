"""JSON (.json), through orjson wherever the values come out as the standard library's json has them."""

from __future__ import annotations

import re
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NoReturn

from attrs import field, frozen

from scitex_io.content.parts import TreePart
from scitex_io.content.trees import DEPTH, Words, plain, rows, uncollected
from scitex_io.errors import UnreadableFileError
from scitex_io.handler import Accepts, FormatHandler
from scitex_io.losses import lose
from scitex_io.typing import Loader, Saver

WORDS = Words("json")
FEW = 200
"""Parts of a tree."""
SMALL = 1 << 14
"""Bytes."""
_EXPONENT = re.compile(r"\de[-+]?\d")

PLAIN: tuple[Accepts, ...] = tuple(
    Accepts(kind, domain=domain)
    for kind, domain in (
        (dict, "keys are text"),
        (list, ""),
        (str, ""),
        (int, ""),
        (float, ""),
        (bool, ""),
        (type(None), ""),
    )
)


def written(tree: Any, indent: int | None = None) -> bytes:
    """JSON text of a plain tree, NaN and Infinity written as JavaScript spells them."""
    if "orjson" not in sys.modules and (short := _short(tree, indent)) is not None:
        return short
    import orjson

    if indent in {None, 0, 2}:
        option = orjson.OPT_INDENT_2 if indent else 0
        try:
            data = orjson.dumps(tree, option=option)
            # orjson writes null for a NaN.
            return orjson.dumps(_with_nonfinite(tree), option=option) if b"null" in data else data
        except orjson.JSONEncodeError:  # an integer of more than 64 bits, a lone surrogate, deep nesting
            pass
    text = _spelt(tree, indent)
    try:
        return text.encode()
    except UnicodeEncodeError:
        if re.search("[\ud800-\udbff][\udc00-\udfff]", text):
            lose("two lone surrogates side by side become one character")
        return _spelt(tree, indent, only_ascii=True).encode()


def _spelt(tree: Any, indent: int | None, *, only_ascii: bool = False) -> str:
    import json

    separators = None if indent else (",", ":")
    return json.dumps(tree, ensure_ascii=only_ascii, indent=indent or None, separators=separators)


def _short(tree: Any, indent: int | None) -> bytes | None:
    """The same text of a small tree by the standard library: to import orjson would take longer than all else."""
    nodes = [tree]
    for node in nodes:
        parts = node.values() if type(node) is dict else node if type(node) is list else ()
        if len(nodes) + len(parts) > FEW:
            return None
        nodes.extend(parts)
    text = _spelt(tree, indent)
    if _EXPONENT.search(text):  # which they write differently
        return None
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None


def _with_nonfinite(node: Any) -> Any:
    """The tree with a fragment for each number that is not finite; parts without any are not copied."""
    kind = type(node)
    if kind is float:
        return node if node - node == 0 else _fragment(node)
    if kind is not list and kind is not dict:
        return node
    parts = node.values() if kind is dict else node
    below = set(map(type, parts))
    if float not in below and list not in below and dict not in below:
        return node
    made = [
        (part if part - part == 0 else _fragment(part))
        if type(part) is float
        else (_with_nonfinite(part) if type(part) in {list, dict} else part)
        for part in parts
    ]
    return made if kind is list else dict(zip(node, made, strict=True))


def _fragment(number: float) -> Any:
    import orjson

    return orjson.Fragment("NaN" if number != number else "Infinity" if number > 0 else "-Infinity")


# Digits as 0, the decimal point as itself, anything else as a blank: a long integer shows at the speed of C.
_SHAPES = bytes(48 if chr(byte).isdigit() and byte < 128 else 46 if byte == 46 else 32 for byte in range(256))
_LONG = b"0" * 19  # orjson makes floats of integers of more than 64 bits


def _has_long_integer(shapes: bytes) -> bool:
    return shapes.startswith(_LONG) or b" " + _LONG in shapes


def parsed(data: bytes) -> Any:
    """The value that JSON text spells, exactly as ``json.loads`` gives it.

    Raises
    ------
    ValueError, RecursionError
        It is not JSON, or nested too deeply.
    """
    import json

    if "orjson" not in sys.modules and len(data) < SMALL:
        return json.loads(data)
    import orjson

    if not _has_long_integer(data.translate(_SHAPES)):
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:  # NaN, lone surrogates, UTF-16, a mark at the beginning, or no JSON
            pass
    return json.loads(data)


@frozen(kw_only=True)
class Json(FormatHandler, TreePart, Saver[Any], Loader[Any]):
    """Dicts, lists, text and numbers."""

    name = "json"
    alone = True
    extensions = (".json",)
    accepts = (*PLAIN, *rows())
    yields = (object,)
    requires = ("orjson",)
    parallel = "threads"  # for what is compressed, or read from a slow disk

    indent: int | None = field(default=2, metadata={"verb": "save"})
    """Blanks for each level; 0 or None writes one line."""

    @indent.validator  # pyright: ignore[reportUntypedFunctionDecorator, reportAttributeAccessIssue]  # of attrs: the field's own
    def _check_indent(self, _: Any, value: object) -> None:
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 16):
            raise ValueError("a number from 0 to 16, or None")

    def save(self, obj: Any, path: Path, /) -> None:
        """Write UTF-8 text that ends in a newline."""
        data = written(plain(obj, WORDS), self.indent)
        with path.open("wb") as file:
            file.write(data)
            file.write(b"\n")

    def together(self) -> AbstractContextManager[None]:
        """Many files have many parts."""
        return uncollected()

    def load(self, path: Path, /) -> Any:
        """Read what Python's json reads: NaN, integers of any length, UTF-8, UTF-16 and UTF-32."""
        try:
            tree = parsed(path.read_bytes())
        except RecursionError:
            too_deep(path, self.name)
        return self.part_of(tree, path)


def too_deep(path: Path, format_name: str) -> NoReturn:
    """Refuse a file of brackets inside brackets."""
    raise UnreadableFileError(str(path), format_name, f"it is nested too deeply (more than {DEPTH} levels)") from None
