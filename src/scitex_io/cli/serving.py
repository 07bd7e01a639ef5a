"""Commands for assistants: a server that speaks the Model Context Protocol."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from scitex_io.cli.telling import Command, as_json, json_flag


def _served(command: Command) -> Command:
    """A command with the options of the server."""
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    for option in (
        click.option(
            "--trust",
            multiple=True,
            metavar="NAME",
            help="Let files import this ('package.Class', 'package.*'), or run whatever they say ('all'); repeatable.",
        ),
        click.option("--write", is_flag=True, help="Also offer tools that write, in these folders."),
        click.option(
            "--root",
            "roots",
            multiple=True,
            required=True,
            type=folder,
            metavar="DIR",
            help="A folder that may be looked into (repeatable).",
        ),
    ):
        command = option(command)
    return command


@click.group()
def mcp() -> None:
    """Offer the commands as tools to assistants that speak the Model Context Protocol."""


@mcp.command()
@_served
def start(roots: tuple[Path, ...], write: bool, trust: tuple[str, ...]) -> None:
    """Serve over standard input and output, until they are closed.

    Nothing outside of the folders is read or written, whatever paths, links, patterns and files say. Files run no
    code, whatever the environment says, unless --trust allows it.

    Example: scitex-io mcp start --root data --root results --write
    """
    from scitex_io.mcp.server import serve

    serve(roots, write=write, trust=trust)


@mcp.command("list-tools")
@click.option("--write", is_flag=True, help="With the tools that write.")
@json_flag
def list_tools(write: bool, json: bool) -> None:
    """List the tools with what they do."""
    import inspect

    from scitex_io.mcp.roots import Roots
    from scitex_io.mcp.server import tools

    found = {name: inspect.getdoc(tool) or "" for name, tool in tools(Roots(()), write=write).items()}
    if json:
        click.echo(as_json([{"name": name, "description": text} for name, text in found.items()]))
        return
    for name, text in found.items():
        click.echo(f"{name}: {text.partition(chr(10))[0]}")


@mcp.command()
@_served
def install(roots: tuple[Path, ...], write: bool, trust: tuple[str, ...]) -> None:
    """Print the entry that makes an assistant start the server: JSON for its "mcpServers".

    Example: scitex-io mcp install --root data
    """
    from scitex_io.mcp.server import required

    required()
    words = ["-m", "scitex_io", "mcp", "start"]
    for root in roots:
        words += ["--root", str(root.absolute())]
    words += ["--write"] * write
    for name in trust:
        words += ["--trust", name]
    entry: dict[str, Any] = {"scitex-io": {"command": sys.executable, "args": words}}
    click.echo(json.dumps({"mcpServers": entry}, indent=2, ensure_ascii=False))
