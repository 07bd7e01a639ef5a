"""Write beside, then replace: at any moment the path holds the old content or the new.

A draft is written under its final name in a room of its own, ``<folder>/.scitex-io/<name>``, and moved
onto the target when it is whole. Where only one file is written, and its name is all the same to who writes it,
it needs no room (see `beside`).
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from scitex_io.disk.beside import place_beside
from scitex_io.disk.rooms import PREVIOUS, ROOM, UPDATE, contents, flock, room
from scitex_io.errors import FolderError, InvalidPathError, MissingFileError

LARGE = 1 << 26
"""Bytes of a file."""


@contextmanager
def draft(
    path: Path,
    *,
    directory: bool = False,
    update: bool = False,
    makedirs: bool = True,
    durable: bool = False,
    may_be_empty: bool = False,
    alone: bool = False,
) -> Iterator[Path]:
    """A path to write at; what is there when the block ends well replaces *path*, else nothing changes.

    Parameters
    ----------
    path
        The target. A symbolic link is written through.
    directory
        The content is a folder.
    update
        The draft starts as a copy of the target, which no other update can touch meanwhile.
    makedirs
        Create missing parent folders.
    durable
        Return only when the content and the folder entry are on the disk.
    may_be_empty
        Writing nothing is no error; the target then stays as it is.
    alone
        One new file is written, whose name may begin in any way.
    """
    target = os.path.realpath(path) if os.path.islink(path) else os.fspath(path)
    folder, name = os.path.split(target)
    old = _look(target, directory=directory)
    made = [] if old is not None else _make_parents(folder, makedirs=makedirs)
    try:
        with _place(folder, name, update=update, alone=alone) as fresh:
            if update and (old := _look(target, directory=directory)) is not None:
                _copy_tree(target, fresh) if directory else _copy(target, fresh)
            yield Path(fresh)
            if may_be_empty and not os.path.lexists(fresh):
                return
            place = os.path.dirname(fresh)
            _publish(fresh, target, [fresh] if place == folder else contents(place), old, durable=durable)
        for parent in made if durable else ():
            _sync(os.path.dirname(parent))
    except BaseException:
        for parent in reversed(made):
            with suppress(OSError):
                os.rmdir(parent)
        raise


@contextmanager
def _place(folder: str, name: str, *, update: bool, alone: bool) -> Iterator[str]:
    """Where to write."""
    with place_beside(folder, name) if alone else nullcontext() as single:
        if single is not None:
            yield single
            return
    with room(folder) as place, _only_updater(place, name) if update else nullcontext():
        yield os.path.join(place, name)


def _look(target: str, *, directory: bool) -> os.stat_result | None:
    """What stands at the target now."""
    try:
        found = os.stat(target)
    except FileNotFoundError:
        return None
    except OSError as error:
        _refuse_long(target, error)
        raise
    if stat.S_ISDIR(found.st_mode) and not directory:
        raise FolderError(target)
    if directory and not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "a file stands where a folder store should be", target)
    return found


def _refuse_long(path: str, error: OSError) -> None:
    if error.errno == errno.ENAMETOOLONG:
        raise InvalidPathError(path, "the name is too long for the file system") from error


def _make_parents(folder: str, *, makedirs: bool) -> list[str]:
    """Create the folder; the folders that were missing, outermost first."""
    made: list[str] = []
    part = folder
    while not os.path.isdir(part):
        made.insert(0, part)
        part = os.path.dirname(part)
    if made and not makedirs:
        raise MissingFileError((folder,), folder, "makedirs=False and no folder")
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        _refuse_long(folder, error)
        raise
    return made


@contextmanager
def _only_updater(place: str, name: str) -> Iterator[None]:
    """Keep other updates of the same file waiting; the lock dies with the process."""
    outer = place if os.path.basename(place) == ROOM else os.path.dirname(place)
    desk = os.path.join(outer, UPDATE + name.encode().hex()[:64])
    while True:
        with suppress(FileExistsError):
            os.mkdir(desk)
        try:
            lock = os.open(desk, os.O_RDONLY)
        except FileNotFoundError:  # its owner has just finished
            continue
        flock(lock, shared=False)
        if os.fstat(lock).st_nlink:
            break
        os.close(lock)
    try:
        yield
    finally:
        os.rmdir(desk)
        os.close(lock)


def _publish(fresh: str, target: str, written: list[str], old: os.stat_result | None, *, durable: bool) -> None:
    """Move a draft onto its target; what else was *written* goes beside it, first."""
    folder, name = os.path.split(target)
    try:
        if old is not None and stat.S_ISREG(old.st_mode) and os.stat(fresh).st_mode != old.st_mode:
            os.chmod(fresh, stat.S_IMODE(old.st_mode))
        if durable:
            _sync_all(written)
        for companion in written:
            if companion != fresh:
                os.replace(companion, os.path.join(folder, os.path.basename(companion)))
        if old is not None and stat.S_ISDIR(old.st_mode):
            _swap(fresh, target)
        else:
            with _freed_aside(target, old):
                os.replace(fresh, target)
    except FileNotFoundError as error:
        raise MissingFileError((fresh,), name, "the handler wrote nothing for") from error
    if durable:
        _sync(folder)


@contextmanager
def _freed_aside(target: str, old: os.stat_result | None) -> Iterator[None]:
    """Let a thread give back the room of a large file that is replaced: that takes half as long as writing it."""
    if old is None or old.st_size < LARGE or sys.platform == "win32":  # where an open file cannot be replaced
        yield
        return
    try:
        last = os.open(target, os.O_RDONLY)
    except OSError:
        yield
        return
    from threading import Thread

    try:
        yield
    except BaseException:
        os.close(last)
        raise
    try:
        Thread(target=os.close, args=(last,)).start()
    except RuntimeError:  # the interpreter ends, or no thread is to be had
        os.close(last)


def _swap(fresh: str, target: str) -> None:
    """Exchange two folders: in one step where the system can, else in two that `rooms` can undo."""
    if sys.platform == "linux":
        import ctypes

        renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
        at_cwd, exchange = -100, 2
        if renameat2 is not None and renameat2(at_cwd, os.fsencode(fresh), at_cwd, os.fsencode(target), exchange) == 0:
            return
    os.rename(target, fresh + PREVIOUS)
    os.rename(fresh, target)


def _copy(source: str, target: str) -> None:
    """Copy a file with its mode, sharing blocks where the file system can."""
    import shutil

    with open(source, "rb") as old, open(target, "wb") as new:
        if sys.platform == "linux":
            import fcntl

            clone = 0x40049409  # FICLONE
            with suppress(OSError):
                fcntl.ioctl(new.fileno(), clone, old.fileno())
                shutil.copymode(source, target)
                return
        shutil.copyfileobj(old, new, 1 << 20)
    shutil.copymode(source, target)


def _copy_tree(source: str, target: str) -> None:
    import shutil

    shutil.copytree(source, target, copy_function=_copy, symlinks=True)


def _sync(path: str) -> None:
    """Wait until a file's content, or a folder's entries, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_all(paths: list[str]) -> None:
    for path in paths:
        for place, _, names in os.walk(path, topdown=False):
            for name in names:
                _sync(os.path.join(place, name))
        _sync(path)
