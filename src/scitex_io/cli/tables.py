"""How the answers of the command line look."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scitex_io.catalogue import MEANING, Format
from scitex_io.formats import CODECS
from scitex_io.messages import size

if TYPE_CHECKING:
    from rich.table import Table
    from rich.tree import Tree

    from scitex_io.cli.batch import Outcome

SHOWN = 8  # types of one fidelity in the overview
KIB = 1024
PIPED = 160  # columns where no terminal says how wide it is

_COLOURS = {"exact": "green", "value": "green", "lossy": "yellow", "rendered": "cyan"}


def print_table(table: Table | Tree) -> None:
    """The table on standard output, as wide as the terminal."""
    from rich.console import Console

    unknown = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    Console(width=PIPED if unknown else None, highlight=False).print(table)


def formats_table(formats: Iterable[Format], *, detailed: bool = False) -> Table:
    """One row for each format; with *detailed* one line for each type that it stores."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(
        title="Formats",
        title_justify="left",
        caption="scitex-io formats EXT tells all of one format. "
        f"Every format that is one file can also be compressed: name it x.csv{', x.csv'.join(CODECS)}",
        caption_justify="left",
        show_lines=True,
    )
    table.add_column("Extensions", ratio=3)
    table.add_column("save() stores", ratio=7)
    table.add_column("load() gives", ratio=3)
    table.add_column("Library", ratio=3)
    for row in formats:
        stores = (_each if detailed else _grouped)(row)
        libraries = ", ".join(row.requires) or "none"
        if not row.installed:
            libraries += f"\n[yellow]not installed:[/]\n{escape(row.install)}"
        if detailed and row.also:
            libraries += "".join(f"\n[dim]with {module}, more:[/]\n{escape(line)}" for module, line in row.also.items())
        table.add_row(" ".join(row.extensions), stores or "-", escape("\n".join(row.loads)) or "-", libraries)
    return table


def fidelity_table(types: Mapping[str, Mapping[str, Iterable[str]]]) -> Table:
    """One row for each type, one column for each mark."""
    from rich.markup import escape
    from rich.table import Table

    caption = "; ".join(f"{mark.value}: {meaning.replace('`', '')}" for mark, meaning in MEANING.items())
    table = Table(title="What survives", title_justify="left", caption=caption, caption_justify="left", show_lines=True)
    table.add_column("save() of", ratio=3)
    for mark, colour in _COLOURS.items():
        table.add_column(f"[{colour}]{mark}[/]", ratio=3)
    for name, marks in types.items():
        table.add_row(escape(name), *(escape(" ".join(marks[mark])) for mark in _COLOURS))
    return table


def _each(row: Format) -> str:
    from rich.markup import escape

    return "\n".join(f"[{_COLOURS[kind.fidelity]}]{escape(str(kind))}[/]" for kind in row.stores)


def _grouped(row: Format) -> str:
    """The first types of each fidelity, by their last names: ``exact: DataFrame, Series``."""
    groups: dict[str, dict[str, None]] = {}
    for kind in row.stores:
        groups.setdefault(kind.fidelity, {})[kind.type.rpartition(".")[2]] = None
    lines = []
    for mark in (mark for mark in _COLOURS if mark in groups):
        names = list(groups[mark])
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        lines.append(f"[{_COLOURS[mark]}]{mark}[/]: {', '.join(names[:SHOWN])}{more}")
    return "\n".join(lines)


def tree_of(file: Path, facts: Mapping[str, Any], keys: Mapping[str, str]) -> Tree:
    """Paths of keys as branches, each with what is there."""
    from rich.markup import escape
    from rich.tree import Tree

    told = ", ".join(f"{name} {_plain(value)}" for name, value in facts.items())
    root = Tree(f"[bold]{escape(str(file))}[/]  {escape(told)}")
    branches = {"": root}
    for path, text in keys.items():
        above = path
        while above not in branches or above == path:  # a name may hold slashes itself
            above = above.rpartition("/")[0]
        label = escape(path.removeprefix(f"{above}/") if above else path)
        branches[path] = branches[above].add(f"{label}  [dim]{escape(str(text))}[/]")
    return root


def outcomes_table(outcomes: Iterable[Outcome]) -> Table:
    """What was lost or failed, file by file."""
    from rich.markup import escape
    from rich.table import Table

    table = Table("File", "Becomes", "What happened", title="Losses and failures", title_justify="left")
    for done in outcomes:
        colour, text = ("red", f"failed: {done.error}") if done.error else ("yellow", f"lost: {'; '.join(done.losses)}")
        table.add_row(escape(done.source), escape(done.target), f"[{colour}]{escape(text)}[/]")
    return table


def facts_text(file: Path, facts: Mapping[str, Any]) -> str:
    """The facts about one file, a line each; mappings one line for each key."""
    shown = {key: value for key, value in facts.items() if key != "path"}
    if shown["bytes"] >= KIB:
        shown["bytes"] = f"{shown['bytes']} ({size(Path(facts['path']))})"
    margin = max(map(len, shown), default=0) + 4
    lines = [str(file)]
    for key, value in shown.items():
        parts = [f"{name}: {part}" for name, part in value.items()] if isinstance(value, Mapping) else [_plain(value)]
        for at, part in enumerate(parts or ["none"]):
            lines.append(f"{'  ' + key if at == 0 else '':<{margin}}{part}")
    return "\n".join(lines)


def _plain(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return " x ".join(map(str, value)) if all(isinstance(part, int) for part in value) and value else str(value)
    return str(value)
