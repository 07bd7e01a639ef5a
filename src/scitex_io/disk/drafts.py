"""Write beside, then replace: at any moment the path holds the old content or the new.

A draft is written under its final name in a nook of its own, ``<folder>/.scitex-io/<nook>/<name>``, and
moved onto the target when it is whole. A nook is locked by the process that uses it, and the lock dies
with the process, so the next save into the folder can tell what a killed one left behind and sweeps it.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scitex_io.errors import FolderError, InvalidPathError, MissingFileError

if sys.platform == "win32":
    fcntl = None  # no locks: what killed processes left is not swept
else:
    import fcntl

ROOM = ".scitex-io"
PREVIOUS = ".previous"  # marks the old store while a folder is swapped in two steps


@contextmanager
def draft(
    path: Path,
    *,
    directory: bool = False,
    update: bool = False,
    makedirs: bool = True,
    durable: bool = False,
    may_be_empty: bool = False,
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
    """
    target = Path(os.path.realpath(path))
    old = _look(target, directory=directory)
    made = _make_parents(target.parent, makedirs=makedirs)
    try:
        with _only_updater(target.parent, active=update), nook(target.parent) as room:
            fresh = room / target.name
            if update and (old := _look(target, directory=directory)) is not None:
                _copy_tree(target, fresh) if directory else _copy(target, fresh)
            yield fresh
            if not os.path.lexists(fresh):
                if may_be_empty:
                    return
                raise MissingFileError((str(fresh),), target.name, "the handler wrote nothing for")
            _publish(room, target, old, durable=durable)
            for folder in made if durable else ():
                _sync(folder.parent)
    except BaseException:
        for folder in reversed(made):
            with suppress(OSError):
                folder.rmdir()
        raise


def _look(target: Path, *, directory: bool) -> os.stat_result | None:
    """What stands at the target now."""
    try:
        found = os.stat(target)
    except FileNotFoundError:
        return None
    except NotADirectoryError as error:
        error.add_note(f"a part of the folder of '{target}' is a file")
        raise
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise InvalidPathError(str(target), "the name is too long for the file system") from error
        raise
    if stat.S_ISDIR(found.st_mode) and not directory:
        raise FolderError(str(target))
    if directory and not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "a file stands where a folder store should be", str(target))
    return found


def _make_parents(folder: Path, *, makedirs: bool) -> list[Path]:
    """Create the folder; the folders that were missing, outermost first."""
    if folder.is_dir():
        return []
    if not makedirs:
        raise MissingFileError((str(folder),), str(folder), "makedirs=False and no folder")
    missing = [folder, *folder.parents]
    made = [part for part in reversed(missing) if not part.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise InvalidPathError(str(folder), "the name is too long for the file system") from error
        raise
    return made


@contextmanager
def nook(folder: Path) -> Iterator[Path]:
    """A fresh, locked folder inside *folder*, gone afterwards; leftovers of killed processes go first."""
    room = folder / ROOM
    place, lock = _move_in(room)
    try:
        yield place
    finally:
        try:
            os.rmdir(place)
        except OSError:
            _remove(place)
        os.close(lock)
        with suppress(OSError):  # another process works in there
            os.rmdir(room)


def _move_in(room: Path) -> tuple[Path, int]:
    place = room / os.urandom(6).hex()
    while True:
        try:
            os.mkdir(room)
        except FileExistsError:
            _sweep(room)
        try:
            os.mkdir(place)
            lock = os.open(place, os.O_RDONLY)
        except FileNotFoundError:  # the last one out took the room away in between
            continue
        if fcntl is not None:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock).st_nlink:  # else: swept between mkdir and flock
            return place, lock
        os.close(lock)


def _sweep(room: Path) -> None:
    """Remove the nooks whose process is gone."""
    if fcntl is None:
        return
    with suppress(OSError), os.scandir(room) as entries:
        for entry in entries:
            try:
                lock = os.open(entry.path, os.O_RDONLY)
            except OSError:
                continue
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _bring_back(Path(entry.path), room.parent)
                _remove(entry.path)
            except OSError:  # in use
                continue
            finally:
                os.close(lock)


def _bring_back(place: Path, folder: Path) -> None:
    """Undo a two-step swap that was cut in the middle."""
    for store in place.glob(f"*{PREVIOUS}"):
        home = folder / store.name.removesuffix(PREVIOUS)
        if not os.path.lexists(home):
            os.rename(store, home)


@contextmanager
def _only_updater(folder: Path, *, active: bool) -> Iterator[None]:
    """Keep other updates in *folder* waiting; the lock dies with the process."""
    if not active or fcntl is None:
        yield
        return
    lock = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _publish(room: Path, target: Path, old: os.stat_result | None, *, durable: bool) -> None:
    """Move what lies in *room* to its place: companions first, the file itself last."""
    fresh = room / target.name
    if old is not None and not stat.S_ISDIR(old.st_mode):
        os.chmod(fresh, stat.S_IMODE(old.st_mode))
    if durable:
        _sync_all(room)
    for name in os.listdir(room):
        if name != target.name:
            os.replace(room / name, target.parent / name)
    if old is not None and stat.S_ISDIR(old.st_mode):
        _swap(fresh, target)
    else:
        os.replace(fresh, target)
    if durable:
        _sync(target.parent)


def _swap(fresh: Path, target: Path) -> None:
    """Exchange two folders: in one step where the system can, else in two that `_bring_back` can undo."""
    if sys.platform == "linux":
        import ctypes

        renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
        at_cwd, exchange = -100, 2
        if renameat2 is not None and renameat2(at_cwd, os.fsencode(fresh), at_cwd, os.fsencode(target), exchange) == 0:
            return
    os.rename(target, fresh.with_name(fresh.name + PREVIOUS))
    os.rename(fresh, target)


def _copy(source: str | Path, target: str | Path) -> None:
    """Copy a file with its mode, sharing blocks where the file system can."""
    import shutil

    with open(source, "rb") as old, open(target, "wb") as new:
        if fcntl is not None and sys.platform == "linux":
            clone = 0x40049409  # FICLONE
            with suppress(OSError):
                fcntl.ioctl(new.fileno(), clone, old.fileno())
                shutil.copymode(source, target)
                return
        shutil.copyfileobj(old, new, 1 << 20)
    shutil.copymode(source, target)


def _copy_tree(source: Path, target: Path) -> None:
    import shutil

    shutil.copytree(source, target, copy_function=_copy, symlinks=True)


def _remove(folder: str | Path) -> None:
    import shutil  # with its compression modules: not for every save

    shutil.rmtree(folder, ignore_errors=True)


def _sync(path: Path) -> None:
    """Wait until a file's content, or a folder's entries, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_all(folder: Path) -> None:
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            _sync(Path(place, name))
        _sync(Path(place))
