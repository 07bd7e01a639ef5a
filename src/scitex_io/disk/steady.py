"""A file or folder read while others replace it: what was read is of one state, or it is read again.

Libraries open a file more than once, and a folder is many files: what is replaced in between would be mixed, and of a
folder that was taken away missing parts look like empty ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

MOST = 100
"""Times that an error, or a folder, is read again: others have to be very busy to come between so often."""
FILE = 10
"""Times that a file is read again that could be read: nearly always it was opened once, and is of one state."""


def steadily(path: Path, read: Callable[[], T], *, folder: bool) -> T:
    """What *read* gives while nobody replaces what is at the path."""
    for number in range(1, MOST):
        before = _standing(path)
        try:
            found = read()
        except Exception:
            if not _is_other(before, _standing(path)):
                raise
        else:
            if not _is_other(before, _standing(path)) or (number >= FILE and not folder):
                return found
    return read()


def _standing(path: Path) -> os.stat_result | None:
    """What stands there; None while there is nothing."""
    try:
        return os.stat(path)
    except OSError:
        return None


def _is_other(before: os.stat_result | None, after: os.stat_result | None) -> bool:
    """Was it replaced? A file that has merely grown was not; one that replaced it may have its number, but not its time."""
    if before is None or after is None:
        return before is not after
    if (before.st_dev, before.st_ino) != (after.st_dev, after.st_ino):
        return True
    return before.st_ctime_ns != after.st_ctime_ns and before.st_size >= after.st_size
