"""Commands that look into files: what they hold, a glance at it, how two of them differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scitex_io.cli.telling import Command, as_json, json_flag, tell

path_argument: click.Path[Path] = click.Path(path_type=Path)


def ext_option(command: Command) -> Command:
    """A command with ``--ext``."""
    return click.option("--ext", help="Read the file as this format, whatever its name says.")(command)


@click.command()
@click.argument("files", nargs=-1, required=True, type=path_argument, metavar="FILE...")
@click.option("--ext", help="Read the files as this format, whatever their names say.")
@click.option("--json", is_flag=True, help="Print a JSON list with one object for each file.")
def info(files: tuple[Path, ...], ext: str | None, json: bool) -> None:
    """Tell what files hold: format, size, shape, columns or keys.

    A file that cannot be read is an error on standard error; the others are told all the same.

    Example: scitex-io info results.h5 trials.csv --json
    """
    from scitex_io.facts import info as facts_of

    told: list[dict[str, Any]] = []
    failed = False
    for file in files:
        try:
            facts = facts_of(file.absolute(), ext)
        except Exception as error:  # noqa: BLE001  # told, or raised again
            tell(error)
            failed = True
            continue
        told.append(facts)
        if not json:
            from scitex_io.cli.tables import facts_text

            click.echo(("\n" if len(told) > 1 else "") + facts_text(file, facts))
    if json:
        click.echo(as_json(told))
    if failed:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("file", type=path_argument)
@click.option("-n", "--rows", type=click.IntRange(1), default=5, show_default=True, help="Rows, items or lines shown.")
@click.option("-k", "--key", metavar="KEY", help="Look at this part: 'a/b'.")
@ext_option
@json_flag
def peek(file: Path, rows: int, key: str | None, ext: str | None, json: bool) -> None:
    """Show the beginning of what FILE holds: first rows, a corner of an array, first keys.

    No more is read than is shown where the format can do that.

    Example: scitex-io peek results.h5 --key trials --rows 3
    """
    from scitex_io.cli.glance import glance

    facts, lines = glance(file, rows, key, ext, plain=json)
    click.echo(as_json(facts | {"head": lines}) if json else lines)


@click.command()
@click.argument("file", type=path_argument)
@ext_option
@json_flag
def tree(file: Path, ext: str | None, json: bool) -> None:
    """Show the keys of FILE as a tree, with the type, shape and dtype of what each holds.

    Example: scitex-io tree session.zarr
    """
    from scitex_io.facts import info as facts_of

    facts = facts_of(file.absolute(), ext)
    inside: dict[str, Any] = facts.get("keys") or facts.get("columns") or {}
    if json:
        click.echo(as_json({"path": facts["path"], "format": facts["format"], "keys": inside}))
        return
    from scitex_io.cli.tables import print_table, tree_of

    told = {key: value for key, value in facts.items() if key in {"kind", "shape", "dtype", "rows", "length"}}
    print_table(tree_of(file, {"format": facts["format"]} | told, inside))


@click.command()
@click.argument("one", type=path_argument, metavar="A")
@click.argument("other", type=path_argument, metavar="B")
@click.option("--rtol", type=click.FloatRange(0), default=0.0, help="Relative tolerance for numbers.")
@click.option("--atol", type=click.FloatRange(0), default=0.0, help="Absolute tolerance for numbers.")
@click.option("-k", "--key", metavar="KEY", help="Compare only this part of both: 'a/b'.")
@click.option("--strict", is_flag=True, help="Also types, dtypes and the order of keys have to be the same.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="The most differences told.")
@json_flag
def diff(
    one: Path, other: Path, rtol: float, atol: float, key: str | None, strict: bool, limit: int, json: bool
) -> None:
    """Tell where the values of two files differ, each place with its path of keys.

    The files may be of different formats: a list and an array, a table and its columns, 1 and 1.0 are equal if they
    hold the same values. Exit code 1 if anything differs.

    Example: scitex-io diff before.csv after.parquet --rtol 1e-6
    """
    from attrs import asdict

    from scitex_io.cli.glance import content
    from scitex_io.comparing import differences

    values = [content(file, None, key) for file in (one, other)]
    found = list(differences(*values, rtol=rtol, atol=atol, strict=strict, limit=limit + 1))
    if json:
        shown = list(map(asdict, found[:limit]))
        click.echo(as_json({"equal": not found, "differences": shown, "more": len(found) > limit}))
    else:
        for difference in found[:limit]:
            click.echo(str(difference))
        if len(found) > limit:
            click.echo(f"there are more than {limit} differences (--limit)", err=True)
    if found:
        raise click.exceptions.Exit(1)
