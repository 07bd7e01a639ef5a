"""``python -m scitex_io.testing package.module:VALUE``: what a handler keeps, as a table."""

from __future__ import annotations

import sys

import click

from scitex_io.testing.checks import Outcome, outcomes
from scitex_io.testing.finding import found
from scitex_io.testing.subject import Effort

MARKS = {"passed": "[green]✓ passed[/]", "failed": "[red]✗ FAILED[/]", "not applicable": "[dim]- not applicable[/]"}


@click.command()
@click.argument("reference", metavar="PKG:VALUE")
@click.option(
    "--examples", type=click.IntRange(1), help="Values for each type (default: as hypothesis's profile says)."
)
@click.option("--json", is_flag=True, help="Print JSON.")
def main(reference: str, examples: int | None, *, json: bool) -> None:
    """Check that the handler PKG:VALUE keeps what it declares, and print a table.

    VALUE is a handler, its class, or a scitex_io.testing.Subject that also says which values to draw.
    Exit code 1 if it breaks a promise.
    """
    try:
        subject = found(reference)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    seen = list(outcomes(subject, Effort(examples=examples)))
    if json:
        from scitex_io.cli.telling import as_json

        click.echo(as_json([{"check": o.check, "status": o.status, "detail": o.detail} for o in seen]))
    else:
        _print(subject.handler.name, seen)
    sys.exit(any(outcome.status == "failed" for outcome in seen))


def _print(name: str, seen: list[Outcome]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from scitex_io.cli.tables import print_table

    counted = {status: sum(outcome.status == status for outcome in seen) for status in MARKS}
    table = Table(
        title=f"{name}: " + ", ".join(f"{count} {status}" for status, count in counted.items() if count),
        title_justify="left",
    )
    for heading in ("Check", "", "Seen"):
        table.add_column(heading)
    for outcome in seen:
        table.add_row(escape(outcome.check), MARKS[outcome.status], escape(outcome.detail))
    print_table(table)


if __name__ == "__main__":
    main(prog_name="python -m scitex_io.testing")
