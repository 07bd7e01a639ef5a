"""The body of a Word document as paragraphs and tables, in reading order.

Names are compared without their namespace: the strict and the transitional kind of Office Open XML
(ISO/IEC 29500) differ in nothing else that matters here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Table: TypeAlias = "list[list[str]]"
Block: TypeAlias = "str | list[list[str]]"

# What is not, or no longer, part of the text. An alternate has a choice and a fallback, which say the same.
SILENT = frozenset({"pPr", "rPr", "tblPr", "tcPr", "sectPr", "del", "moveFrom", "Fallback", "rt"})
SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011", "softHyphen": "\u00ad", "ptab": "\t"}


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def blocks(element: Element) -> list[Block]:
    """The paragraphs and tables below an element, whatever wraps them (content controls, insertions)."""
    return list(_blocks(element))


def _blocks(element: Element) -> Iterator[Block]:
    for child in element:
        name = local(child)
        if name == "p":
            aside: list[Element] = []
            yield "".join(_text(child, aside))
            for box in aside:
                yield from _blocks(box)
        elif name == "tbl":
            yield from _table(child)
        elif name not in SILENT:
            yield from _blocks(child)


def _text(element: Element, aside: list[Element]) -> Iterator[str]:
    """The text of a paragraph; text boxes that are anchored in it are put *aside*."""
    for child in element:
        name = local(child)
        if name == "t":
            yield child.text or ""
        elif name in SIGNS:
            yield SIGNS[name]
        elif name == "sym":
            code = next((value for key, value in child.attrib.items() if key.endswith("char")), "")
            yield chr(int(code, 16)) if code else ""
        elif name == "txbxContent":
            aside.append(child)
        elif name not in SILENT:
            yield from _text(child, aside)


def _table(table: Element) -> Iterator[Block]:
    """Its rows of cells, then the tables that lie in them."""
    rows: Table = []
    inside: list[Block] = []
    for row in _named(table, "tr"):
        cells = [""] * _skipped(row, "gridBefore")
        for cell in _named(row, "tc"):
            found = blocks(cell)
            cells.append("\n".join(block for block in found if isinstance(block, str)))
            cells += [""] * (_skipped(cell, "gridSpan") - 1)
            inside += [block for block in found if not isinstance(block, str)]
        rows.append(cells)
    yield rows
    yield from inside


def _named(element: Element, wanted: str) -> Iterator[Element]:
    """The nearest elements of one name below, whatever wraps them."""
    for child in element:
        if local(child) == wanted:
            yield child
        elif local(child) not in SILENT:
            yield from _named(child, wanted)


def _skipped(element: Element, name: str) -> int:
    """How many columns the properties of a row or cell say it skips or spans."""
    for child in element:
        if local(child) in {"trPr", "tcPr"}:
            for fact in child:
                if local(fact) == name:
                    count = next((int(value) for key, value in fact.attrib.items() if key.endswith("val")), 0)
                    return min(max(count, 0), 1024)
    return 0
