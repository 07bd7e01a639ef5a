"""The command that turns files of one format into another, one or many."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import click


@click.command()
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
