"""Write beside, then replace: at any moment the path holds the old content or the new.

A draft is written under its final name in a room of its own, ``<folder>/.scitex-io/<name>``, and moved
onto the target when it is whole. Everyone who writes a draft holds a shared lock on the folder, which
dies with the process. So whoever finds a room and gets the lock for himself knows that its owner was
killed, and sweeps it; whoever finds a room in use takes a nook inside it.
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
NOOK = ".nook-"  # a folder inside a room in use
UPDATE = ".update-"  # a folder whose lock belongs to who updates a file
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
    target = os.path.realpath(path) if os.path.islink(path) else os.fspath(path)
    folder, name = os.path.split(target)
    old = _look(target, directory=directory)
    made = [] if old is not None else _make_parents(folder, makedirs=makedirs)
    try:
        with room(folder) as place, _only_updater(place, name, active=update):
            fresh = os.path.join(place, name)
            if update and (old := _look(target, directory=directory)) is not None:
                _copy_tree(target, fresh) if directory else _copy(target, fresh)
            yield Path(fresh)
            if may_be_empty and not os.path.lexists(fresh):
                return
            _publish(place, folder, name, old, durable=durable)
        for parent in made if durable else ():
            _sync(os.path.dirname(parent))
    except BaseException:
        for parent in reversed(made):
            with suppress(OSError):
                os.rmdir(parent)
        raise


def _look(target: str, *, directory: bool) -> os.stat_result | None:
    """What stands at the target now."""
    try:
        found = os.stat(target)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _too_long(target, error) from error
    if stat.S_ISDIR(found.st_mode) and not directory:
        raise FolderError(target)
    if directory and not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "a file stands where a folder store should be", target)
    return found


def _too_long(path: str, error: OSError) -> Exception:
    if error.errno == errno.ENAMETOOLONG:
        return InvalidPathError(path, "the name is too long for the file system")
    return error


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
        raise _too_long(folder, error) from error
    return made


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
        _lock(lock, shared=True)
        try:
            os.mkdir(outer)
        except FileExistsError:
            if _lock(lock, shared=False, wait=False):
                _sweep(outer)
                continue
            _lock(lock, shared=True)
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
        for entry in _own(place):
            _remove(entry)
        with suppress(OSError):  # others have nooks in here
            os.rmdir(place)
    # The last one out takes the room away: everyone lets go first, then tries.
    if os.path.isdir(outer):
        _lock(lock, shared=None)
        if _lock(lock, shared=False, wait=False):
            _sweep(outer)


def _own(place: str) -> list[str]:
    """What lies in a room and belongs to who holds it."""
    try:
        return [os.path.join(place, name) for name in os.listdir(place) if not name.startswith((NOOK, UPDATE))]
    except FileNotFoundError:
        return []


def _sweep(outer: str) -> None:
    """Remove a room that nobody uses."""
    for place in (outer, *(entry.path for entry in os.scandir(outer) if entry.name.startswith(NOOK))):
        _bring_back(Path(place), Path(outer).parent)
    _remove(outer)


def _lock(handle: int, *, shared: bool | None, wait: bool = True) -> bool:
    """Lock for all drafts, for one alone, or (None) let go; False if others have it or there are no locks here."""
    if fcntl is None:
        return False
    kind = fcntl.LOCK_UN if shared is None else fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(handle, kind if wait else kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _bring_back(place: Path, folder: Path) -> None:
    """Undo a two-step swap that was cut in the middle."""
    for store in place.glob(f"*{PREVIOUS}"):
        home = folder / store.name.removesuffix(PREVIOUS)
        if not os.path.lexists(home):
            os.rename(store, home)


@contextmanager
def _only_updater(place: str, name: str, *, active: bool) -> Iterator[None]:
    """Keep other updates of the same file waiting; the lock dies with the process."""
    if not active:
        yield
        return
    outer = place if os.path.basename(place) == ROOM else os.path.dirname(place)
    desk = os.path.join(outer, UPDATE + name.encode().hex()[:64])
    while True:
        with suppress(FileExistsError):
            os.mkdir(desk)
        try:
            lock = os.open(desk, os.O_RDONLY)
        except FileNotFoundError:  # its owner has just finished
            continue
        _lock(lock, shared=False)
        if os.fstat(lock).st_nlink:
            break
        os.close(lock)
    try:
        yield
    finally:
        os.rmdir(desk)
        os.close(lock)


def _publish(place: str, folder: str, name: str, old: os.stat_result | None, *, durable: bool) -> None:
    """Move what lies in *place* to *folder*: companions first, the file itself last."""
    fresh, target = os.path.join(place, name), os.path.join(folder, name)
    try:
        if old is not None and not stat.S_ISDIR(old.st_mode):
            os.chmod(fresh, stat.S_IMODE(old.st_mode))
        if durable:
            _sync_all(_own(place))
        for companion in _own(place):
            if companion != fresh:
                os.replace(companion, os.path.join(folder, os.path.basename(companion)))
        if old is not None and stat.S_ISDIR(old.st_mode):
            _swap(fresh, target)
        else:
            os.replace(fresh, target)
    except FileNotFoundError as error:
        raise MissingFileError((fresh,), name, "the handler wrote nothing for") from error
    if durable:
        _sync(folder)


def _swap(fresh: str, target: str) -> None:
    """Exchange two folders: in one step where the system can, else in two that `_bring_back` can undo."""
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
        if fcntl is not None and sys.platform == "linux":
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


def _remove(path: str) -> None:
    """Remove a file or a folder with all that is in it, as far as possible."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError:
        import shutil  # with its compression modules: not for every save

        shutil.rmtree(path, ignore_errors=True)


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
