"""Every built-in format passes the checks that `scitex_io.testing` has for any format.

The values are drawn for the declared types (``VALUES`` of the modules in `strategies`), so a new row in
``accepts`` is tested without a new test.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from optional import needs_all_of, skipping_what_is_missing
from scitex_io.registry import Registry
from scitex_io.testing import Check, checks
from scitex_io.typeref import named
from scitex_io.typing import is_saver
from subjects import EFFORT, handlers, subject


def _promises() -> Iterator[Any]:
    for handler in handlers():
        for check in checks(subject(handler), EFFORT):
            yield pytest.param(check, id=f"{handler.name}-{check.name}")


@pytest.mark.parametrize("check", list(_promises()))
def test_a_format_keeps_its_promise(check: Check, tmp_path: Path) -> None:
    needs_all_of(check.subject.handler, check.row)

    with skipping_what_is_missing():
        check.run(tmp_path)


def test_no_two_builtin_formats_claim_the_same_type_under_one_extension() -> None:
    claimed: dict[tuple[str, str, str], str] = {}
    for extension, handler in Registry(plugins=False).handlers():
        if is_saver(handler):
            for row in handler.accepts:
                key = extension, named(row.type), row.domain
                assert claimed.setdefault(key, handler.name) == handler.name, f"{key} is claimed twice"
