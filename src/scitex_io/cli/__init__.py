"""``scitex-io``: what the library can do, told and shown in a terminal.

Answers go to standard output, everything else to standard error. The exit code is 0 when all went
well, 1 when something failed, 2 when the command was not understood.
"""

from __future__ import annotations

import errno
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

import scitex_io
from scitex_io.cli import project, provenance
from scitex_io.errors import LossyWarning, PluginWarning, ScitexIOError


class Told(click.Group):
    """A group whose commands tell errors and warnings in plain words."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; one of our errors ends it with exit code 1."""
        with _plain_warnings():
            try:
                return super().invoke(ctx)
            except click.exceptions.Exit:
                raise
            except Exception as error:  # noqa: BLE001  # told, or raised again
                _tell(error)
                ctx.exit(1)


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
def demo(keep: Path | None) -> None:
    """Save real objects in many formats, load them again, and compare.

    Every line of the table is compared while you watch. Exit code 1 if anything did not come back.
    """
    from scitex_io.cli.demo import show

    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise click.UsageError(f"'{keep}' is not empty")
    if not show(keep):
        raise click.exceptions.Exit(1)


@main.command()
@click.argument("extensions", nargs=-1, metavar="[EXT]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def formats(extensions: tuple[str, ...], as_json: bool) -> None:
    """List what each format stores, what it loads as, and what it needs.

    With EXT (csv, .h5, ...) only the formats of these extensions, with every detail.
    """
    from scitex_io import registry
    from scitex_io.catalogue import catalogue
    from scitex_io.registry import normal

    found = catalogue(registry.REGISTRY)
    for wanted in map(normal, extensions):
        if not any(wanted in row.extensions for row in found):
            registry.REGISTRY.for_loading(f"x{wanted}")  # raises, naming what is close
    if extensions:
        found = [row for row in found if set(map(normal, extensions)) & set(row.extensions)]
    if as_json:
        click.echo(_as_json([row.as_dict() for row in found]))
        return
    from scitex_io.cli.tables import formats_table, print_table

    print_table(formats_table(found, detailed=bool(extensions)))


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--ext", help="Read the files as this format, whatever their names say.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list with one object for each file.")
def info(files: tuple[Path, ...], ext: str | None, as_json: bool) -> None:
    """Tell what files hold: format, size, shape, columns or keys.

    A file that cannot be read is an error on standard error; the others are told all the same.
    """
    from scitex_io.api import info as facts_of

    told: list[dict[str, Any]] = []
    failed = False
    for file in files:
        try:
            facts = facts_of(file.absolute(), ext)
        except Exception as error:  # noqa: BLE001  # told, or raised again
            _tell(error)
            failed = True
            continue
        told.append(facts)
        if not as_json:
            from scitex_io.cli.tables import facts_text

            click.echo(("\n" if len(told) > 1 else "") + facts_text(file, facts))
    if as_json:
        click.echo(_as_json(told))
    if failed:
        raise click.exceptions.Exit(1)


@main.command()
@click.argument("src", type=click.Path(path_type=Path))
@click.argument("dst", type=click.Path(path_type=Path))
@click.option("--ext", help="Read SRC as this format, whatever its name says.")
@click.option("-f", "--force", is_flag=True, help="Replace DST if it exists.")
@click.option(
    "--on-loss",
    type=click.Choice(["warn", "error", "allow"]),
    default="warn",
    show_default=True,
    help="What to do if DST cannot hold all of SRC.",
)
@click.option("--load", "for_load", multiple=True, metavar="NAME=VALUE", help="Option for reading SRC (repeatable).")
@click.option("--save", "for_save", multiple=True, metavar="NAME=VALUE", help="Option for writing DST (repeatable).")
@click.option("-q", "--quiet", is_flag=True, help="Do not report what was written.")
def convert(
    src: Path,
    dst: Path,
    ext: str | None,
    force: bool,
    on_loss: Any,
    for_load: tuple[str, ...],
    for_save: tuple[str, ...],
    quiet: bool,
) -> None:
    """Load SRC and save it as DST, in the format that DST's name says.

    What DST cannot hold is told on standard error. Option values are JSON where they can be, else text.
    """
    from scitex_io.api import load, save

    reading, writing = _options(for_load, "--load"), _options(for_save, "--save")
    target = dst.absolute()
    if target.exists() and not force:
        raise FileExistsError(errno.EEXIST, "exists; --force replaces it", str(dst))
    # Absolute: a relative path would be looked up beside a calling script as well, and here is none.
    obj = load(src.absolute(), ext=ext, cache=False, **reading)
    save(obj, target, verbose=not quiet, on_loss=on_loss, **writing)


for command in (project.configs, project.glob, project.cache):
    main.add_command(command)
provenance.join(main)


def _options(pairs: tuple[str, ...], flag: str) -> dict[str, Any]:
    """``("sep=;", "rows=3")`` as ``{"sep": ";", "rows": 3}``."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.isidentifier():
            raise click.BadParameter(f"'{pair}' is not NAME=VALUE", param_hint=flag)
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found


def _tell(error: Exception) -> None:
    """Print an error of ours, or one that a library raised about a file, without a traceback.

    Raises
    ------
    Exception
        *error* itself if it is neither: a defect, whose traceback is needed.
    """
    notes = getattr(error, "__notes__", [])
    passes = isinstance(error, (click.ClickException, click.Abort, BrokenPipeError))  # click knows what to do
    if passes or not (isinstance(error, (ScitexIOError, OSError)) or notes):
        raise error
    text = str(error)
    if isinstance(error, OSError) and not isinstance(error, ScitexIOError) and error.strerror:
        text = f"'{error.filename}': {error.strerror}" if error.filename else error.strerror
    elif not isinstance(error, ScitexIOError):
        text = f"{type(error).__name__}: {text}"
    click.echo("\n".join([f"Error: {text}", *(f"  {note}" for note in notes)]), err=True)


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Show each warning of ours as one line of text."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        click.echo(f"Warning: {message}", err=True)

    with warnings.catch_warnings():
        for category in (LossyWarning, PluginWarning):
            warnings.simplefilter("always", category)
        warnings.showwarning = show
        yield


def _as_json(value: object) -> str:
    # default: dates and numbers of libraries, as their text
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
