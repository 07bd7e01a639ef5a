"""Commands for the shell itself: completion, and the names that earlier versions had."""

from __future__ import annotations

import copy
import inspect
import os
from pathlib import Path
from typing import Any

import click

import scitex_io
from scitex_io.cli import project
from scitex_io.cli.telling import as_json, json_flag

PROGRAM = "scitex-io"
SHELLS = click.Choice(["bash", "zsh", "fish"])
HOMES = {
    "bash": ("XDG_DATA_HOME", ".local/share", "bash-completion/completions/scitex-io"),
    "fish": ("XDG_CONFIG_HOME", ".config", "fish/completions/scitex-io.fish"),
}
"""Where shells look for completions of single programs: variable, default below the home folder, file."""


def script(shell: str) -> str:
    """What a shell has to read to complete our commands."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    root = click.get_current_context().find_root().command
    # source_template: `source()` of bash starts one to ask for its version, which may not be there.
    complete = kind(root, {}, PROGRAM, "_SCITEX_IO_COMPLETE")
    return complete.source_template % complete.source_vars()


def _this_shell() -> str:
    name = Path(os.environ.get("SHELL", "")).name
    if name not in SHELLS.choices:
        raise click.UsageError(f"name the shell: {', '.join(map(str, SHELLS.choices))}")
    return name


@click.command()
@click.argument("shell", type=SHELLS)
def completion(shell: str) -> None:
    """Print what makes a shell complete commands and options.

    Example: eval "$(scitex-io completion bash)"
    """
    click.echo(script(shell))


@click.command("print-shell-completion", hidden=True)
@click.option("--shell", type=SHELLS, help="Without it: the one of $SHELL.")
def print_completion(shell: str | None) -> None:
    """Print what makes a shell complete commands and options (see completion)."""
    click.echo(script(shell or _this_shell()))


@click.command("install-shell-completion", hidden=True)
@click.option("--shell", type=SHELLS, help="Without it: the one of $SHELL.")
def install_completion(shell: str | None) -> None:
    """Put the completion where bash and fish look for it."""
    shell = shell or _this_shell()
    if shell not in HOMES:
        raise click.UsageError(
            f'{shell} has no place for it; add to ~/.{shell}rc: eval "$({PROGRAM} completion {shell})"'
        )
    variable, default, file = HOMES[shell]
    target = Path(os.environ.get(variable) or Path.home() / default, file)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(script(shell), encoding="utf-8")
    click.echo(str(target))


@click.command("list-python-apis", hidden=True)
@click.option("-v", "--verbose", count=True, help="Also the first line of what each says of itself.")
@json_flag
def apis(verbose: int, json: bool) -> None:
    """List the public names with their signatures."""
    found = [_told(name) for name in scitex_io.__all__ if name != "__version__"]
    if json:
        click.echo(as_json(found))
        return
    for entry in found:
        click.echo(f"{entry['name']}{entry['signature']}" + (f"\n    {entry['summary']}" if verbose else ""))


def _told(name: str) -> dict[str, str]:
    value = getattr(scitex_io, name)
    try:
        signature = str(inspect.signature(value))
    except (TypeError, ValueError):  # no callable, or of a kind that has none
        signature = ""
    return {"name": name, "signature": signature, "summary": (inspect.getdoc(value) or "").partition("\n")[0]}


@click.command("show-info", hidden=True)
@click.option("-v", "--verbose", count=True, help="Also every format.")
@json_flag
def about(verbose: int, json: bool) -> None:
    """Tell the version, how many formats there are, and what is not installed."""
    from scitex_io import registry
    from scitex_io.catalogue import catalogue

    formats = catalogue(registry.REGISTRY)
    absent = {row.name: row.install for row in formats if not row.installed}
    facts: dict[str, Any] = {"version": scitex_io.__version__, "formats": len(formats), "not_installed": absent}
    if json:
        click.echo(as_json(facts | {"extensions": {row.name: row.extensions for row in formats}}))
        return
    click.echo(f"{PROGRAM} {facts['version']}, {len(formats)} formats")
    for name, install in absent.items():
        click.echo(f"not installed: {name}: {install}")
    for row in formats if verbose else ():
        click.echo(f"{row.name}: {' '.join(row.extensions)}")


def _alias(command: click.Command, name: str) -> click.Command:
    """The same command under another name, with the option ``-v`` that it had."""
    other = copy.copy(command)
    other.name, other.hidden = name, True
    other.params = [*command.params, click.Option(["-v", "--verbose"], count=True, expose_value=False, hidden=True)]
    return other


load_configs: click.Command = _alias(project.configs, "load-configs")
