"""``scitex-io``: what the library can do, told and shown in a terminal.

Answers go to standard output, everything else to standard error. The exit code is 0 when all went
well, 1 when something failed, 2 when the command was not understood.
"""

from __future__ import annotations

from pathlib import Path

import click

import scitex_io
from scitex_io.cli import converting, doctoring, files, project, provenance, serving, shell
from scitex_io.cli.telling import Told, as_json, json_flag


@click.group(cls=Told, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(scitex_io.__version__, "-V", "--version", prog_name="scitex-io")
def main() -> None:
    """Save and load every format a lab uses, with one call each.

    Start with: scitex-io demo
    """


@main.command()
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Put the files into this folder, which has to be empty or new, instead of a temporary one.",
)
@json_flag
def demo(keep: Path | None, json: bool) -> None:
    """Save real objects in many formats, load them again, and compare.

    Every line of the table is compared while you watch. Exit code 1 if anything did not come back.

    Example: scitex-io demo --keep files
    """
    from scitex_io.cli.demo import show

    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise click.UsageError(f"'{keep}' is not empty")
    if not show(keep, json=json):
        raise click.exceptions.Exit(1)


@main.command()
@click.argument("extensions", nargs=-1, metavar="[EXT]...")
@click.option("--fidelity", is_flag=True, help="For each type, the formats that store it, by what survives.")
@json_flag
def formats(extensions: tuple[str, ...], fidelity: bool, json: bool) -> None:
    """List what each format stores, what it loads as, and what it needs.

    With EXT (csv, .h5, ...) only the formats of these extensions, with every detail.

    Example: scitex-io formats csv parquet --fidelity
    """
    from scitex_io import registry
    from scitex_io.catalogue import catalogue, matrix
    from scitex_io.registry import normal

    found = catalogue(registry.REGISTRY)
    for wanted in map(normal, extensions):
        if not any(wanted in row.extensions for row in found):
            registry.REGISTRY.for_loading(f"x{wanted}")  # raises, naming what is close
    if extensions:
        found = [row for row in found if set(map(normal, extensions)) & set(row.extensions)]
    if json:
        click.echo(as_json(matrix(found) if fidelity else [row.as_dict() for row in found]))
        return
    from scitex_io.cli.tables import fidelity_table, formats_table, print_table

    print_table(fidelity_table(matrix(found)) if fidelity else formats_table(found, detailed=bool(extensions)))


for _command in (
    files.info,
    files.peek,
    files.tree,
    files.diff,
    converting.convert,
    project.configs,
    project.glob,
    project.typings,
    project.cache,
    doctoring.doctor,
    shell.completion,
    shell.print_completion,
    shell.install_completion,
    shell.apis,
    shell.about,
    shell.load_configs,
    provenance.trace,
    provenance.metadata,
    serving.mcp,
):
    main.add_command(_command)
