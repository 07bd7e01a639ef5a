"""How commands speak: errors and warnings in plain words on standard error, answers as text or JSON."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from scitex_io.errors import ScitexIOError
from scitex_io.notices import LossyWarning, PluginWarning

Command = TypeVar("Command", bound="Callable[..., Any] | click.Command")


def json_flag(command: Command) -> Command:
    """A command with ``--json``."""
    return click.option("--json", is_flag=True, help="Print JSON.")(command)


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
                tell(error)
                ctx.exit(1)


def tell(error: Exception) -> None:
    """Print an error of ours, or one that a library raised about a file, without a traceback.

    Raises
    ------
    Exception
        *error* itself if it is neither: a defect, whose traceback is needed.
    """
    click.echo(f"Error: {words(error)}", err=True)


def words(error: Exception) -> str:
    """What an error says, with its notes.

    Raises
    ------
    Exception
        *error* itself if it is neither ours nor about a file.
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
    return "\n".join([text, *(f"  {note}" for note in notes)])


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


def as_json(value: object) -> str:
    """The value as JSON for programs."""
    # default: dates and numbers of libraries, as their text
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
