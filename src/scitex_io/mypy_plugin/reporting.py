"""Errors that stay, wherever in an expression the call is."""

from __future__ import annotations

from mypy.checker import TypeChecker
from mypy.errorcodes import ErrorCode
from mypy.nodes import Context


def report(checker: TypeChecker, text: str, node: Context, code: ErrorCode) -> None:
    """Report an error.

    While mypy tries the overloads of a function it takes any error for a sign that this one does not fit, and drops
    it. What is wrong with a file name is wrong in all of them, so nobody watches while it is reported.
    """
    errors = checker.msg.errors
    watchers = errors._watchers  # noqa: SLF001  # there is no public way past the trial
    errors._watchers = []  # noqa: SLF001
    try:
        checker.fail(text, node, code=code)
    finally:
        errors._watchers = watchers  # noqa: SLF001
