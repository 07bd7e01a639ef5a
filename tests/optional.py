"""Libraries that some formats need and not every user has."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scitex_io import MissingDependencyError
from scitex_io.handler import Accepts, FormatHandler
from scitex_io.typeref import named

CI = os.environ.get("SCITEX_IO_TEST_PROFILE") == "ci"


def needs(*modules: str) -> None:
    """Skip where a library is absent; in CI, which has them all, that is an error."""
    for module in modules:
        if CI:
            importlib.import_module(module)
        else:
            pytest.importorskip(module)


def needs_all_of(handler: FormatHandler, row: Accepts | None = None) -> None:
    """Skip where the format, or objects of one row of it, cannot be had."""
    needs(*handler.requires)
    if row is not None and "." in named(row.type):
        needs(named(row.type).partition(".")[0])


@contextmanager
def skipping_what_is_missing() -> Iterator[None]:
    """Skip where a library is absent that only some objects or options of a format need."""
    try:
        yield
    except MissingDependencyError as error:
        if CI:
            raise
        pytest.skip(str(error))
