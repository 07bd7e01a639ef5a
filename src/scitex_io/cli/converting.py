"""The command that turns files of one format into another, one or many."""

from __future__ import annotations

import errno
import json as json_module
import os
from pathlib import Path
from typing import Any

import click

from scitex_io.cli.telling import as_json, json_flag


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
@click.option("--verify", is_flag=True, help="Load what was written and compare it before anything is replaced.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes, for many files.")
@click.option("--resume", is_flag=True, help="Of many files, skip those whose DST is newer and loads.")
@click.option("-q", "--quiet", is_flag=True, help="Do not report what was written.")
@json_flag
def convert(
    src: Path,
    dst: Path,
    ext: str | None,
    force: bool,
    on_loss: Any,
    for_load: tuple[str, ...],
    for_save: tuple[str, ...],
    verify: bool,
    workers: int,
    resume: bool,
    quiet: bool,
    json: bool,
) -> None:
    """Load SRC and save it as DST, in the format that DST's name says.

    What DST cannot hold is told on standard error. Option values are JSON where they can be, else text.

    SRC may be a pattern; DST then has placeholders: those of the pattern, and {dir}, {stem}, {name} and {ext} of each
    file. What failed does not end the others; every loss and failure is told at the end. Exit code 1 if any failed.

    Example: scitex-io convert signal.mat signal.h5

    Example: scitex-io convert 'raw/**/*.mat' '{dir}/{stem}.h5' --workers 2 --verify --resume
    """
    from scitex_io.cli import batch
    from scitex_io.patterns import has_wildcards

    reading, writing = options(for_load, "--load"), options(for_save, "--save")
    if has_wildcards(str(src)) and not os.path.lexists(src):
        try:
            pairs = batch.planned(str(src), str(dst))
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        if not pairs:
            raise click.ClickException(f"no files match '{src}'")
        how = (ext, force, resume, verify, on_loss, reading, writing)
        jobs = [batch.Job(source, target, *how) for source, target in pairs]
        order = {target: at for at, (_, target) in enumerate(pairs)}
        outcomes = batch.watched(batch.convert_all(jobs, workers), len(jobs))
        outcomes.sort(key=lambda outcome: order[outcome.target])
    else:
        job = batch.Job(str(src), str(dst), ext, force, resume, verify, on_loss, reading, writing)
        if not json:
            _one(job, quiet=quiet)
            return
        outcomes = [batch.converted(job)]
    _report(outcomes, quiet=quiet, json=json)


def _one(job: Any, *, quiet: bool) -> None:
    from scitex_io.api import load, save

    target = Path(job.target).absolute()
    if target.exists() and not job.force:
        raise FileExistsError(errno.EEXIST, "exists; --force replaces it", job.target)
    # Absolute: a relative path would be looked up beside a calling script as well, and here is none.
    obj = load(Path(job.source).absolute(), ext=job.ext, cache=False, **job.reading)
    save(obj, target, verbose=not quiet, on_loss=job.on_loss, verify=job.verify, **job.writing)


def _report(outcomes: list[Any], *, quiet: bool, json: bool) -> None:
    from attrs import asdict

    outcomes.sort(key=lambda outcome: outcome.status == "failed")  # what needs attention stands last
    count = {status: sum(done.status == status for done in outcomes) for status in ("converted", "skipped", "failed")}
    if json:
        click.echo(as_json({"files": list(map(asdict, outcomes)), **count}))
    elif not quiet or count["failed"]:
        from scitex_io.cli.tables import outcomes_table, print_table

        notable = [done for done in outcomes if done.losses or done.error]
        if notable:
            print_table(outcomes_table(notable))
        click.echo(", ".join(f"{number} {status}" for status, number in count.items() if number))
    if count["failed"]:
        raise click.exceptions.Exit(1)


def options(pairs: tuple[str, ...], flag: str) -> dict[str, Any]:
    """``("sep=;", "rows=3")`` as ``{"sep": ";", "rows": 3}``."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.isidentifier():
            raise click.BadParameter(f"'{pair}' is not NAME=VALUE", param_hint=flag)
        try:
            found[name] = json_module.loads(text)
        except ValueError:
            found[name] = text
    return found
