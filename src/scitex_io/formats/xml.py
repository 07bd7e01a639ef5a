"""Extensible Markup Language (.xml) as nested dicts."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.parsers.expat import ExpatError, ParserCreate

from attrs import define, field, frozen

from scitex_io.content.markup import parsed
from scitex_io.content.parts import at_key, load_key_option
from scitex_io.content.trees import Words, plain, rows
from scitex_io.errors import UnsupportedTypeError
from scitex_io.handler import Accepts, Fidelity, FormatHandler, save_option
from scitex_io.losses import lose
from scitex_io.typing import Describer, Loader, Saver

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

WORDS = Words("xml")
BLANK = " \t\r\n"
SPACE = {"preserve": True, "default": False}  # what the attribute xml:space says of the blanks inside
START = 1 << 16  # bytes: enough to tell what a file is about
KEYS, LEVELS = 200, 3  # of the elements told
_PLAIN, _QUOTED = re.compile("[&<>\r]"), re.compile('[&<>\r\n\t"]')
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@frozen(kw_only=True)
class Xml(FormatHandler, Saver[Any], Loader[Any], Describer):
    """One root element as ``{"name": content}``, nothing of it lost but comments, instructions and indentation.

    An element that is only text is a ``str``. Any other is a dict: attributes as ``"@name"``, the text before the
    first child as ``"#text"``, each child under its name, children of one name as a list. Text behind an element is
    its ``"#tail"``. Where children of different names alternate, ``"#order"`` lists the names as they follow each other.
    Names keep their prefixes, and ``"@xmlns:..."`` what those stand for. Every value is text.

    Parameters
    ----------
    indent
        Blanks for each level; None writes one line.
    key
        Load only what lies there: ``"root/item/0/@id"``.
    """

    name = "xml"
    extensions = (".xml",)
    accepts = (
        Accepts(dict, domain="one root; text, dicts and lists of them; '@name', '#text', '#tail', '#order'"),
        *(row for row in rows(dict) if row.fidelity is Fidelity.VALUE),
    )
    yields = (dict,)

    indent: int | None = save_option(2)
    key: str | None = load_key_option()

    def save(self, obj: Any, path: Path, /) -> None:
        """Write UTF-8; what cannot come back as it is becomes text and is announced, or is refused."""
        tree = plain(obj, WORDS)
        if len(tree) != 1 or isinstance(next(iter(tree.values())), list):
            raise _refusal("a document has one root: {'root': ...}")
        ((tag, value),) = tree.items()
        if isinstance(value, dict) and "#tail" in value:
            raise _refusal("no text may follow the root")
        writer = _Writer(self.indent)
        writer.element(tag, value, "\n" if self.indent is not None else "", preserve=False)
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n{"".join(writer.out)}\n'
        try:
            ParserCreate(namespace_separator=" ").Parse(text, True)
        except ExpatError as error:  # a prefix that stands for nothing
            raise _refusal(str(error)) from error
        path.write_bytes(text.encode())

    def load(self, path: Path, /) -> Any:
        """Read the root element and all below it."""
        root = parsed(path.read_bytes(), path, self.name)
        tree = {root.tag: _value(root, preserve=False)}
        return tree if self.key is None else at_key(tree, self.key, path)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """The names of the first elements and where they lie."""
        with path.open("rb") as file:
            beginning = file.read(START)
        keys: dict[str, str] = {}
        above: list[str] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            above.append(tag)
            if len(above) <= LEVELS and len(keys) < KEYS:
                keys.setdefault("/".join(above), " ".join(f"@{name}" for name in attributes))

        parser = ParserCreate()
        parser.StartElementHandler = start
        parser.EndElementHandler = lambda _: above.pop()
        # An encoding that this parser does not know: told from the whole, as every error is.
        with suppress(ExpatError, ValueError):
            parser.Parse(beginning, False)
        return {"kind": "tree", "keys": keys} if keys else {}


def _value(element: Element, *, preserve: bool) -> Any:
    """What an element holds, without its tail; blanks around elements count only where there is other text."""
    first = element.text or ""
    made: dict[str, Any] = {f"@{name}": text for name, text in element.items()}
    if not len(element):
        return (made | {"#text": first} if first else made) if made else first
    if "@xml:space" in made:
        preserve = SPACE.get(made["@xml:space"], preserve)
    kept = preserve or first.strip(BLANK) != "" or any(child.tail and child.tail.strip(BLANK) for child in element)
    if first and kept:
        made["#text"] = first
    parts: dict[str, list[Any]] = {}
    for child in element:
        # Most elements are text, for which a call would take longer than what it does.
        value = _value(child, preserve=preserve) if len(child) or child.keys() else child.text or ""
        if kept and child.tail:
            value = (value if isinstance(value, dict) else {"#text": value} if value else {}) | {"#tail": child.tail}
        parts.setdefault(child.tag, []).append(value)
    if len(parts) > 1 and len(element) > len(parts) and _alternate(order := [child.tag for child in element]):
        made["#order"] = order
    for tag, values in parts.items():
        made[tag] = values if len(values) > 1 else values[0]
    return made


def _alternate(order: list[str]) -> bool:
    """Do names come again after others?"""
    return len(list(groupby(order))) > len(set(order))


@define
class _Writer:
    indent: int | None
    out: list[str] = field(factory=list[str])

    def element(self, tag: str, value: Any, margin: str, *, preserve: bool) -> None:
        """Write one element; *margin* is the line break and the blanks before it, where it has a line of its own."""
        if isinstance(value, str):
            text = _escaped(_text(value, tag))
            self.out.append(f"<{_name(tag)}>{text}</{tag}>" if text else f"<{_name(tag)}/>")
            return
        node = value if isinstance(value, dict) else {"#text": value}
        if node is value and not node.keys() - {"#text", "#tail"} and "#tail" not in node:
            lose("a dict of nothing but '#text', or of nothing, becomes text")
        attributes = {key[1:]: _text(node[key], key) for key in node if key.startswith("@")}
        preserve = SPACE.get(attributes.get("xml:space", ""), preserve)
        children = self.children(node)
        # An element's own text and the tails of its children are the text it holds directly.
        text = _text(node.get("#text", ""), tag)
        texts = [text, *(_text(child.get("#tail", ""), name) for name, child in children if isinstance(child, dict))]
        if node is value and text == "" and "#text" in node:
            lose("an empty '#text' is left out")
        kept = preserve or not children or any(part.strip(BLANK) for part in texts)
        if not kept and any(texts):
            lose("blanks between elements are left out")
        pairs = "".join(f' {_name(name)}="{_escaped(part, quoted=True)}"' for name, part in attributes.items())
        if not children and not text:
            self.out.append(f"<{_name(tag)}{pairs}/>")
            return
        inside = margin + " " * (self.indent or 0) if margin and not any(texts) and not preserve else ""
        self.out.append(f"<{_name(tag)}{pairs}>{_escaped(text) if kept else ''}")
        for name, child in children:
            self.out.append(inside)
            self.element(name, child, inside, preserve=preserve)
            if kept and isinstance(child, dict):
                self.out.append(_escaped(_text(child.get("#tail", ""), name)))
        self.out.append(f"{margin if inside else ''}</{tag}>")

    def children(self, node: dict[str, Any]) -> list[tuple[str, Any]]:
        """The children by name, in the order they are to have."""
        parts: dict[str, list[Any]] = {}
        for key, value in node.items():
            if key.startswith("@") or key in {"#text", "#tail", "#order"}:
                continue
            parts[key] = value if isinstance(value, list) else [value]
            if isinstance(value, list) and len(value) < 2:
                lose("a list of one item becomes that item, and an empty one is left out")
            if any(isinstance(part, list) for part in parts[key]):
                raise _refusal(f"{key!r} is a list of lists")
            if any(isinstance(part, dict) and part.get("#tail") == "" for part in parts[key]):
                lose("an empty '#tail' is left out")
        order = [key for key, values in parts.items() for _ in values]
        if "#order" in node:
            asked = node["#order"]
            if not isinstance(asked, list) or Counter(map(str, asked)) != Counter(order):
                raise _refusal(f"'#order' names other children than {order}")
            if not _alternate(asked):
                lose("an '#order' in which no names alternate is left out")
            order = asked
        waiting = {key: iter(values) for key, values in parts.items()}
        return [(key, next(waiting[key])) for key in order]


def _text(value: Any, where: str) -> str:
    if isinstance(value, dict | list):
        raise _refusal(f"{where!r} has to be text")
    if isinstance(value, str):
        if found := _FORBIDDEN.search(value):
            raise _refusal(f"XML has no character {found[0]!a} ({where!r})")
        return value
    lose(f"{type(value).__name__} values become text")
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _escaped(text: str, *, quoted: bool = False) -> str:
    # Line breaks that a parser would make others are written by their number.
    return (_QUOTED if quoted else _PLAIN).sub(_entity, text)


def _entity(found: re.Match[str]) -> str:
    return {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}.get(found[0]) or f"&#{ord(found[0])};"


def _name(name: str) -> str:
    if not _is_name(name):
        raise _refusal(f"{name!r} cannot name an element or attribute")
    return name


@lru_cache(maxsize=4096)
def _is_name(name: str) -> bool:
    if not name or re.search(r"[\s<>&'\"/=]", name):
        return False
    try:
        ParserCreate().Parse(f"<{name}/>", True)
    except (ExpatError, UnicodeEncodeError):
        return False
    return True


def _refusal(reason: str) -> UnsupportedTypeError:
    return UnsupportedTypeError("xml", "dict", reason=reason)
