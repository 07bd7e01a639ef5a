"""The command that examines a folder: what killed processes left, and files that do not load."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from scitex_io.cli.telling import as_json, json_flag


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR")
@click.option("--quick", is_flag=True, help="Look at first bytes and headers only, instead of loading everything.")
@click.option("--fix", is_flag=True, help="Remove what killed processes left. Files are never changed.")
@json_flag
def doctor(folder: Path, quick: bool, fix: bool, json: bool) -> None:
    """Find leftovers of killed processes and files that are truncated, mislabelled or do not load.

    Every file below DIR whose extension is known is loaded; hidden folders are left out. Exit code 1 if anything was
    found.

    Example: scitex-io doctor results --quick
    """
    from attrs import asdict

    from scitex_io.cli.examining import examined

    files, leftovers = _below(folder)
    found = _watched(examined(files, leftovers, quick=quick, fix=fix), len(files) + len(leftovers))
    findings = [finding for finding in found if finding is not None]
    problems = [finding for finding in findings if finding.problem != "not examined"]
    if json:
        click.echo(as_json({"files": len(files), "findings": list(map(asdict, findings))}))
    else:
        for finding in problems:
            click.echo(str(finding))
        for finding in findings:
            if finding.problem == "not examined":
                click.echo(str(finding), err=True)
        click.echo(f"{len(files)} files, {len(problems)} problems")
    if problems:
        raise click.exceptions.Exit(1)


def _below(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files and stores that a format may know, and what killed processes left."""
    from natsort import natsorted

    from scitex_io.disk import beside, rooms
    from scitex_io.registry import REGISTRY

    stores = {extension for extension, handler in REGISTRY.handlers() if handler.directory}
    files: list[Path] = []
    leftovers: list[Path] = []
    for place, folders, names in os.walk(folder):
        if rooms.is_abandoned(place):
            leftovers.append(Path(place, rooms.ROOM))
        drafts = [Path(place, name) for name in names if name.startswith(beside.PREFIX)]
        leftovers += [draft for draft in drafts if beside.is_abandoned(str(draft))]
        inside = [name for name in folders if os.path.splitext(name)[1].lower() in stores]
        folders[:] = [name for name in folders if name not in inside and not name.startswith(".")]
        files += [Path(place, name) for name in (*inside, *names) if not name.startswith(".")]
    return natsorted(files), leftovers


def _watched(steps: Iterator[Any], count: int) -> list[Any]:
    import sys

    from rich.console import Console
    from rich.progress import track

    silent = not sys.stderr.isatty()
    return list(track(steps, "Examining", total=count, console=Console(stderr=True), transient=True, disable=silent))
