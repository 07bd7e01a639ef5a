"""Texts in SVG documents: elements behind the start of the root, everything else byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from xml.parsers.expat import ParserCreate

from attrs import define, field

from scitex_io.content.notes import NAMESPACE, NOTES


def put(content: bytes, notes: Mapping[str, str], encoding: str) -> bytes:
    """The document with these texts, in place of those of the same names."""
    found = _read(content)
    prefix, colon, _ = found.root.rpartition(":")
    tag = f"{prefix}{colon}metadata"
    fresh = "".join(
        f'<{tag} id="{name}"><scitex:data xmlns:scitex="{NAMESPACE}">{_escaped(text)}</scitex:data></{tag}>'
        for name, text in notes.items()
    )
    added = fresh.encode(encoding if encoding != "utf-16" else f"utf-16-{'le' if content[0] == 0xFF else 'be'}")
    cuts = sorted(span for name, spans in found.spans.items() if name in notes for span in spans)
    for start, end in reversed(cuts):
        content = content[:start] + content[end:]
    if found.empty:  # <svg/>: its end becomes a tag of its own
        return content[: found.inside - 2] + b">" + added + f"</{found.root}>".encode() + content[found.inside :]
    return content[: found.inside] + added + content[found.inside :]


def get(content: bytes, name: str) -> str | None:
    """The text of this name."""
    return _read(content).texts.get(name)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@define
class _Document:
    root: str = ""
    inside: int = -1  # where the content of the root begins
    empty: bool = False
    spans: dict[str, list[tuple[int, int]]] = field(factory=dict)  # of our elements, by their names
    texts: dict[str, str] = field(factory=dict)


def _read(content: bytes) -> _Document:
    """Where our elements lie, in bytes."""
    found = _Document()
    parser = ParserCreate()
    depth, within, began, ended = 0, "", 0, ""
    data = False

    def token() -> None:
        """Every token ends where the next one begins."""
        nonlocal ended
        at = parser.CurrentByteIndex
        if found.root and found.inside < 0:
            found.inside = at
        if ended:
            found.spans.setdefault(ended, []).append((began, at))
            ended = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, within, began, data
        token()
        depth += 1
        local = tag.rpartition(":")[2]
        if depth == 1:
            if local != "svg":
                raise ValueError(f"its root element is {tag!r}, not 'svg'")
            found.root = tag
        elif not within and local == "metadata" and attributes.get("id") in NOTES:
            within, began = f"{depth} {attributes['id']}", parser.CurrentByteIndex
        elif within and local == "data":
            data = True
            found.texts[within.partition(" ")[2]] = ""

    def end(tag: str) -> None:
        nonlocal depth, within, ended, data
        first = found.inside < 0
        token()
        if depth == 1 and first:
            found.empty = content[: found.inside].endswith(b"/>")
        if data and tag.rpartition(":")[2] == "data":
            data = False
        if within.startswith(f"{depth} "):
            ended, within = within.partition(" ")[2], ""
        depth -= 1

    def text(characters: str) -> None:
        token()
        if data:
            found.texts[within.partition(" ")[2]] += characters

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.DefaultHandler = lambda _: token()
    parser.Parse(content, True)
    if found.inside < 0:
        raise ValueError("it has no root element")
    return found
