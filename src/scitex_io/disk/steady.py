"""A folder read while others replace it: what was read is of one state, or it is read again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

TRIES = 100
"""Others have to be very busy to come between so often."""


def steadily(path: Path, read: Callable[[], T]) -> T:
    """What *read* gives of a folder that nobody has replaced meanwhile: parts that were taken away look like empty ones."""
    for _ in range(TRIES):
        before = _standing(path)
        try:
            found = read()
        except Exception:
            if before is None or before == _standing(path):
                raise
        else:
            if before == _standing(path):
                return found
    return read()


def _standing(path: Path) -> tuple[int, ...] | None:
    """Which folder stands there; None while there is none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, found.st_ctime_ns
