"""Places to write drafts in, and their sweeping.

A room is a folder ``.scitex-io`` inside the folder it serves. Everyone who writes there holds a shared
lock on the folder, which dies with the process. So whoever finds a room and gets the lock for himself
knows that its owner was killed, and sweeps it; whoever finds a room in use takes a nook inside it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    fcntl = None  # no locks: what killed processes left is not swept
else:
    import fcntl

ROOM = ".scitex-io"
NOOK = ".nook-"  # a folder inside a room in use
UPDATE = ".update-"  # a folder whose lock belongs to who updates a file
PREVIOUS = ".previous"  # marks the old store while a folder is swapped in two steps


@contextmanager
def room(folder: str) -> Iterator[str]:
    """A place inside *folder* to write in, gone afterwards; what killed processes left there goes first."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        place = _move_in(lock, os.path.join(folder, ROOM))
        try:
            yield place
        finally:
            _move_out(lock, os.path.join(folder, ROOM), place)
    finally:
        os.close(lock)


def _move_in(lock: int, outer: str) -> str:
    """Make the room itself if it is free, else a nook in it."""
    while True:
        flock(lock, shared=True)
        try:
            os.mkdir(outer)
        except FileExistsError:
            if flock(lock, shared=False, wait=False):
                _sweep(outer)
                if not os.path.lexists(outer):
                    continue
                # Something in it cannot be removed: a nook will do.
            flock(lock, shared=True)
        else:
            return outer
        with suppress(FileNotFoundError):  # its owner has just taken the room away: try again
            nook = os.path.join(outer, NOOK + os.urandom(6).hex())
            os.mkdir(nook)
            return nook


def _move_out(lock: int, outer: str, place: str) -> None:
    try:
        os.rmdir(place)
    except OSError:
        _bring_back(place)
        for entry in contents(place):
            _remove(entry)
        with suppress(OSError):  # others have nooks in here
            os.rmdir(place)
    # The last one out takes the room away: everyone lets go first, then tries.
    if os.path.isdir(outer):
        flock(lock, shared=None)
        if flock(lock, shared=False, wait=False):
            _sweep(outer)


def contents(place: str) -> list[str]:
    """The paths of what lies in a room and belongs to who holds it."""
    try:
        return [os.path.join(place, name) for name in os.listdir(place) if not name.startswith((NOOK, UPDATE))]
    except FileNotFoundError:
        return []


def _sweep(outer: str) -> None:
    """Remove a room that nobody uses."""
    try:
        nooks = [entry.path for entry in os.scandir(outer) if entry.name.startswith(NOOK)]
    except FileNotFoundError:  # another one that had no use for it was quicker
        return
    for place in (outer, *nooks):
        _bring_back(place)
    _remove(outer)


def is_abandoned(folder: str, *, sweep: bool = False) -> bool:
    """Did a killed process leave a room in *folder*? With *sweep* it is removed, and what it displaced brought back."""
    outer = os.path.join(folder, ROOM)
    if not os.path.isdir(outer):
        return False
    lock = os.open(folder, os.O_RDONLY)
    try:
        if not flock(lock, shared=False, wait=False):
            return False
        if sweep:
            _sweep(outer)
        return True
    finally:
        os.close(lock)


def flock(handle: int, *, shared: bool | None, wait: bool = True) -> bool:
    """Lock for all drafts, for one alone, or (None) let go; False if others have it or there are no locks here."""
    if fcntl is None:
        return False
    kind = fcntl.LOCK_UN if shared is None else fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(handle, kind if wait else kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _bring_back(place: str) -> None:
    """Undo a two-step swap that was cut in the middle: an old store without a new one goes back home."""
    folder = Path(place[: place.rindex(ROOM)])
    for store in Path(place).glob(f"*{PREVIOUS}"):
        home = folder / store.name.removesuffix(PREVIOUS)
        if not os.path.lexists(home):
            os.rename(store, home)


def _remove(path: str) -> None:
    """Remove a file or a folder with all that is in it, as far as possible."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError:
        import shutil  # with its compression modules: not for every save

        shutil.rmtree(path, ignore_errors=True)
