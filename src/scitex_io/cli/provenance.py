"""Commands for what files tell of themselves: their metadata, and how they came about."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.tree import Tree

FILE = click.Path(path_type=Path)
GONE = ("changed", "missing")
STYLES = {"unchanged": "green", "changed": "red", "missing": "red", "unknown": "yellow"}
PACKAGES = 8
"""Versions that are shown of so many packages; --json has all."""


@click.command()
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def trace(file: Path, as_json: bool) -> None:
    """Tell how FILE came about, and which of the files that it was made of have changed since.

    FILE was saved with provenance=True, or with SCITEX_IO_PROVENANCE=1. Inputs that know where they come from are
    followed in turn. Exit code 1 if an input is missing or is no longer what it was.

    Example: scitex-io trace figure.png
    """
    node = traced(file.absolute())
    if node["provenance"] is None:
        raise click.ClickException(f"'{file}' does not tell how it came about (save it with provenance=True)")
    if as_json:
        click.echo(json.dumps(node, indent=2, ensure_ascii=False))
    else:
        from rich.console import Console

        # Paths are not broken where a program reads them.
        Console(highlight=False, width=None if sys.stdout.isatty() else 1 << 14).print(_tree(node))
    if any(one["status"] in GONE for one in _all(node)):
        raise click.exceptions.Exit(1)


def traced(
    path: Path, above: tuple[Path, ...] = (), *, may_look: Callable[[Path], bool] = lambda _: True
) -> dict[str, Any]:
    """The provenance of a file, and of what it was made of, as far as that may be looked at."""
    from scitex_io.metadata import has_metadata, read_metadata
    from scitex_io.provenance import KEY

    # Of what was loaded much is in formats that hold no metadata; only of the file asked for that is an error.
    told = (read_metadata(path) or {}) if not above or has_metadata(path) else {}
    found = told.get(KEY) if isinstance(told, dict) else None
    inputs = []
    if isinstance(found, dict):
        for one in found.get("inputs", ()):
            place = Path(one["path"])
            status = _status(place, one.get("sha256")) if may_look(place) else "not looked at"
            known = status not in {"missing", "not looked at"} and place not in above and place != path
            below: dict[str, Any] = {"provenance": None, "inputs": []}
            if known:
                below = traced(place, (*above, path), may_look=may_look)
            inputs.append({**one, **below, "path": one["path"], "status": status})
        found = {name: value for name, value in found.items() if name != "inputs"}
    return {"path": str(path), "status": None, "provenance": found, "inputs": inputs}


def _status(path: Path, digest: str | None) -> str:
    from scitex_io.disk import inputs

    if not path.exists():
        return "missing"
    if digest is None:
        return "unknown"
    return "unchanged" if inputs.digest(path) == digest else "changed"


def _all(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for one in node["inputs"]:
        yield from _all(one)


def _tree(node: Mapping[str, Any]) -> Tree:
    from rich.markup import escape
    from rich.tree import Tree

    status = node["status"]
    told = {"unknown": "changed before this was saved", None: ""}.get(status, status)
    mark = f" [{STYLES[status]}]{told}[/]" if told else ""
    tree = Tree(f"[bold]{escape(node['path'])}[/]{mark}", highlight=False)
    found = node["provenance"]
    if found is not None:
        git = found.get("git")
        packages = list(found.get("packages", {}).items())
        more = f" and {len(packages) - PACKAGES} more" if len(packages) > PACKAGES else ""
        for name, text in (
            ("script", found.get("script")),
            ("command", " ".join(found.get("command", ()))),
            ("time", found.get("time")),
            ("git", f"{git['commit']}{' with changes' if git.get('dirty') else ''}" if git else None),
            ("python", found.get("python")),
            ("packages", ", ".join(f"{name} {version}" for name, version in packages[:PACKAGES]) + more),
        ):
            if text:
                tree.add(f"[dim]{name}[/] {escape(str(text))}")
    for one in node["inputs"]:
        tree.children.append(_tree(one))
    return tree


@click.group()
def metadata() -> None:
    """Show or embed what a file tells of itself."""


@metadata.command()
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list with the metadata of each file, or null.")
def show(files: tuple[Path, ...], as_json: bool) -> None:
    """Show the metadata inside files.

    Exit code 1 if one of them has none.

    Example: scitex-io metadata show figure.png --json
    """
    from scitex_io.metadata import read_metadata

    found = [read_metadata(file.absolute()) for file in files]
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        for file, told in zip(files, found, strict=True):
            heading = f"{file}\n" if len(files) > 1 else ""
            text = "no metadata" if told is None else json.dumps(told, indent=2, ensure_ascii=False)
            click.echo(heading + text, err=told is None)
    if None in found:
        raise click.exceptions.Exit(1)


@metadata.command()
@click.argument("file", type=FILE)
@click.argument("pairs", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--from", "source", type=FILE, help="Embed what this file holds (.json, .yaml, .toml, ...).")
@click.option("--add", is_flag=True, help="Keep what is there under other names; it is replaced otherwise.")
@click.option("--json", "as_json", is_flag=True, help="Print the metadata that FILE then holds.")
def embed(file: Path, pairs: tuple[str, ...], source: Path | None, add: bool, as_json: bool) -> None:
    """Embed metadata in FILE.

    Values are JSON where they can be, else text.

    Example: scitex-io metadata embed figure.png subject=7 note=pilot --add
    """
    from scitex_io.api import load
    from scitex_io.cli.converting import options
    from scitex_io.metadata import embed_metadata, read_metadata

    if not pairs and source is None:
        raise click.UsageError("nothing to embed: give NAME=VALUE or --from")
    path = file.absolute()
    told = dict((read_metadata(path) or {}) if add else {})
    told |= load(source.absolute(), as_type=dict) if source is not None else {}
    embed_metadata(path, told | options(pairs, "NAME=VALUE"))
    if as_json:
        click.echo(json.dumps(read_metadata(path), indent=2, ensure_ascii=False))
