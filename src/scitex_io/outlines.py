"""What a store holds as a tree to look at: for terminals, for notebooks, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape as as_html
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scitex_io.content.store_reading import Entry, StoreReader
from scitex_io.describe import short
from scitex_io.errors import ScitexIOError
from scitex_io.messages import as_size

if TYPE_CHECKING:
    from rich.tree import Tree

MOST = 2000
"""Groups and arrays of one outline; the rest is counted as one line."""
DEEPEST = 100
"""Groups within groups; what lies deeper is left to those who ask for it."""
ATTRIBUTES = 20  # of one node


@frozen
class Outline:
    """One group, array or link, with what lies in it."""

    name: str
    what: str
    facts: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    inside: tuple[Outline, ...] = ()

    def lines(self) -> Iterator[str]:
        """The tree as text, a line for each."""
        yield "  ".join(part for part in (self.name, self.what, self.facts) if part)
        below = [[f"@{name}: {value}"] for name, value in self.attributes] + [list(one.lines()) for one in self.inside]
        for at, lines in enumerate(below):
            last = at == len(below) - 1
            yield f"{'└── ' if last else '├── '}{lines[0]}"
            yield from (f"{'    ' if last else '│   '}{line}" for line in lines[1:])

    def rich(self, tree: Tree | None = None) -> Tree:
        """The tree in colours, below another one if that is given."""
        from rich.text import Text
        from rich.tree import Tree

        label = Text.assemble((self.name, "bold"), "  ", (self.what, "cyan"), "  ", (self.facts, "dim"))
        label.rstrip()
        made = Tree(label) if tree is None else tree.add(label)
        for name, value in self.attributes:
            made.add(Text.assemble((f"@{name}", "yellow"), f": {value}"))
        for one in self.inside:
            one.rich(made)
        return made

    def html(self, *, is_open: bool = True) -> str:
        """The tree as nested lists that fold."""
        told = f"<b>{as_html(self.name)}</b> <code>{as_html(self.what)}</code>"
        told += f" <small>{as_html(self.facts)}</small>" if self.facts else ""
        items = [f"<li><i>@{as_html(name)}</i>: {as_html(value)}</li>" for name, value in self.attributes]
        items += [f"<li>{one.html(is_open=len(self.inside) <= ATTRIBUTES)}</li>" for one in self.inside]
        if not items:
            return told
        opened = " open" if is_open else ""
        return f"<details{opened}><summary>{told}</summary><ul>{''.join(items)}</ul></details>"


def outlined(reader: StoreReader[Any], node: Any, name: str, depth: int | None) -> Outline:
    """What lies at a node, down to *depth*; what several links lead to is entered once."""
    seen, left = {node}, MOST

    def told(node: Any, entry: Entry, name: str, depth: int) -> Outline:
        nonlocal left
        left -= 1
        if node is None:
            return Outline(_plain(name), _plain(str(entry)))
        inside = []
        is_group = entry.kind == "group" and not entry.type
        for at, (inner, below) in enumerate(reader.entries(node) if is_group and depth != 0 else ()):
            if left <= 0:
                inside.append(Outline("...", f"more than {at}"))
                break
            new = below is not None and below not in seen
            if new:
                seen.add(below)
            if below is not None and not new and inner.kind == "group":
                inside.append(Outline(_plain(inner.key), _plain(str(inner)), "told above"))
            else:
                inside.append(told(below, inner, inner.key, depth - 1))
        facts, noted = _facts(reader, node, entry), _noted(reader, node)
        return Outline(_plain(name), _plain(str(entry)), facts, noted, tuple(inside))

    return told(node, reader.entry(node, ""), name, DEEPEST if depth is None else min(depth, DEEPEST))


def _facts(reader: StoreReader[Any], node: Any, entry: Entry) -> str:
    """How an array is stored: ``chunks (10, 4), zstd, 400 KiB in 35 KiB``."""
    if entry.kind != "array" or (entry.type and not entry.shape):
        return ""
    try:
        found = reader.details(node)
    except ScitexIOError as error:  # pickled, or links out of the store: that is told, and the rest shown
        return _plain(getattr(error, "found", "") or str(error))
    parts = [f"chunks {tuple(found['chunks'])}"] if found["chunks"] else []
    parts += [str(found["compression"])] if found["compression"] else []
    full, stored = as_size(found["nbytes"]), as_size(found["stored"])
    return _plain(", ".join([*parts, stored if full == stored else f"{full} in {stored}"]))


def _noted(reader: StoreReader[Any], node: Any) -> tuple[tuple[str, str], ...]:
    found: Mapping[str, Any] = reader.attributes(node)
    shown = [(_plain(str(name)), _plain(short(_item(value)))) for name, value in list(found.items())[:ATTRIBUTES]]
    return (*shown, *([("...", f"{len(found) - ATTRIBUTES} more")] if len(found) > ATTRIBUTES else []))


def _item(value: Any) -> Any:
    return value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value


def _plain(text: str) -> str:
    """The text without what would move the cursor or break the line: names are whatever their authors liked."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
