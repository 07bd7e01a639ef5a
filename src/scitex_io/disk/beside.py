"""A draft next to its target, for formats that write one file whatever its name: no room has to be made for it.

Its name is that of the target behind ``.scitex-io.``, and whoever writes it holds a lock on it, which dies with the
process. So whoever finds such a file and gets the lock knows that its owner was killed, and removes it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from scitex_io.disk import rooms
from scitex_io.disk.rooms import ROOM, flock

if sys.platform == "win32":
    fcntl = None  # no locks: drafts take rooms
else:
    import fcntl

PREFIX = f"{ROOM}."


@contextmanager
def place_beside(folder: str, name: str) -> Iterator[str | None]:
    """An empty file to write in; None where there can be none, or another save of this target has it."""
    rooms.is_abandoned(folder, sweep=True)  # what others left in the folder
    path = os.path.join(folder, PREFIX + name)
    held = _taken(path)
    if held is None:
        yield None
        return
    try:
        yield path
    except BaseException:
        # The lock is still ours, so the file is; unless it has been moved onto the target.
        with suppress(FileNotFoundError):
            os.unlink(path)
        raise
    finally:
        os.close(held)


def _taken(path: str) -> int | None:
    """The file, made and locked."""
    if fcntl is None:
        return None
    try:
        try:
            held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        except FileExistsError:
            if not is_abandoned(path, sweep=True):
                return None
            held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except OSError:  # the name is too long, the folder closed: what is wrong is said where a room is made
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(held, path):
            return held
    except BlockingIOError:  # someone takes it for abandoned, and removes it
        pass
    except OSError:  # no locks here, so nobody removes it but we
        os.unlink(path)
    os.close(held)
    return None


def is_abandoned(path: str, *, sweep: bool = False) -> bool:
    """Did a killed process leave this draft? With *sweep* it is removed."""
    try:
        held = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if not (flock(held, shared=False, wait=False) and _is_at(held, path)):
            return False
        if sweep:
            os.unlink(path)
        return True
    finally:
        os.close(held)


def _is_at(held: int, path: str) -> bool:
    """Is the open file still the one of that name?"""
    try:
        there = os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    ours = os.fstat(held)
    return (there.st_ino, there.st_dev) == (ours.st_ino, ours.st_dev)
