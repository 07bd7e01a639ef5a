"""Files that match a pattern, in natural order, with the values of its placeholders."""

from __future__ import annotations

import os
from typing import Any, Literal, overload

from scitex_io.patterns.files import matches
from scitex_io.typing import StrPath


@overload
def glob(expression: StrPath, parse: Literal[False] = False, ensure_one: bool = False) -> list[str]: ...
@overload
def glob(
    expression: StrPath, parse: Literal[True], ensure_one: bool = False
) -> tuple[list[str], list[dict[str, Any]]]: ...
@overload
def glob(
    expression: StrPath, parse: bool, ensure_one: bool = False
) -> list[str] | tuple[list[str], list[dict[str, Any]]]: ...
def glob(
    expression: StrPath, parse: bool = False, ensure_one: bool = False
) -> list[str] | tuple[list[str], list[dict[str, Any]]]:
    """The paths that match, in natural order; with *parse* also the values of the placeholders, a dict for each.

    The grammar is that of `scitex_io.patterns`: ``glob("data/sub-{sub}/run-{run:d}.{csv,tsv}", parse=True)``. Paths are
    relative or absolute, as the pattern is; hidden files are matched by patterns that begin with a dot.

    Parameters
    ----------
    expression
        The pattern, below the current directory where it is relative; ``~`` is the home folder.
    parse
        Give the values of the placeholders, too.
    ensure_one
        Exactly one path has to match.

    Raises
    ------
    AssertionError
        *ensure_one*, and not exactly one path matches; the message lists what does.
    ValueError
        The pattern has braces that mean nothing, or stands for too many alternatives.
    """
    found = matches(os.path.expanduser(expression))
    if ensure_one and len(found) != 1:
        shown = "".join(f"\n  {path}" for path, _ in found[:10]) + ("\n  ..." if len(found) > 10 else "")
        raise AssertionError(
            f"exactly one path should match '{os.fspath(expression)}', {len(found) or 'none'} do{shown}"
        )
    paths = [path for path, _ in found]
    return (paths, [values for _, values in found]) if parse else paths


def parse_glob(expression: StrPath, ensure_one: bool = False) -> tuple[list[str], list[dict[str, Any]]]:
    """The paths that match, in natural order, and the values of the placeholders in each (see `glob`).

    Raises
    ------
    AssertionError, ValueError
        As by `glob`.
    """
    return glob(expression, parse=True, ensure_one=ensure_one)
