"""May this file run code? What the user says, and what this user wrote.

Every save that trust could be asked for leaves the fingerprint of its file in a ledger, a text file of this user alone.
A file whose fingerprint is there is what it was when it was written here, wherever it lies now.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import cache
from pathlib import Path

from scitex_io.disk.rooms import flock
from scitex_io.disk.routing import state_dir
from scitex_io.policy import Policy

MOST = 100_000
"""Lines of the ledger; the older half is forgotten beyond it."""
LINE = 66  # bytes: a line that was cut by a full disk is ended by the next one's first byte
VARIABLE = "SCITEX_IO_TRUST"


def ledger() -> Path:
    """Where the fingerprints are."""
    return state_dir() / "io" / "trusted.sha256"


def policy_for(path: Path, trust: bool | Collection[str | type]) -> Policy:
    """What *path* may do: by what the caller says, the environment, and the ledger.

    Raises
    ------
    TypeError
        *trust* is neither True or False nor names.
    """
    everything, names = allowed(trust)
    return Policy(everything=everything, names=names, written_here=cache(lambda: _is_known(path)), path=str(path))


def allowed(trust: bool | Collection[str | type]) -> tuple[bool, tuple[str, ...]]:
    """Whether any file may do everything, and the names that it may import, by what the caller and the environment say."""
    said = os.environ.get(VARIABLE)
    if not said and isinstance(trust, bool):
        return trust, ()
    names = tuple((said or "").replace(",", " ").split())
    return trust is True or "all" in names, names if isinstance(trust, bool) else names + _names(trust)


def _names(trust: Collection[str | type]) -> tuple[str, ...]:
    wrong = f"trust is True, False, or a list of names ('package.Class', 'package.*') and classes, not {trust!r}"
    if isinstance(trust, (str, bytes)) or not isinstance(trust, Collection):
        raise TypeError(wrong)
    found = tuple(f"{entry.__module__}.{entry.__qualname__}" if isinstance(entry, type) else entry for entry in trust)
    if not all(isinstance(name, str) and name.removesuffix(".*").replace(".", "_").isidentifier() for name in found):
        raise TypeError(wrong)
    return found


def note(path: Path) -> Callable[[], None]:
    """Take the fingerprint of what was just written; what is returned enters it, once it is in its place."""
    try:
        found = _fingerprint(path)
    except OSError:
        found = ""
    return lambda: _enter(found)


def _fingerprint(path: Path) -> str:
    """The SHA-256 of a file; nothing for a folder."""
    import hashlib

    if path.is_dir():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_known(path: Path) -> bool:
    try:
        with ledger().open("rb") as file:
            lines = file.read().split() if _is_mine(os.fstat(file.fileno())) else []
        return bool(lines) and _fingerprint(path).encode() in set(lines)
    except OSError:
        return False


def _is_mine(found: os.stat_result) -> bool:
    """Could nobody else have written there?"""
    return sys.platform == "win32" or (found.st_uid == os.getuid() and not found.st_mode & 0o022)


def _enter(fingerprint: str) -> None:
    """Add a line; whole lines of one write do not mix with those of other processes."""
    if not fingerprint:
        return
    place = ledger()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            flock(handle, shared=True)
            os.write(handle, f"\n{fingerprint}\n".encode())
            size = os.fstat(handle).st_size
        finally:
            os.close(handle)
        if size > MOST * LINE:
            _shorten(place)
    except OSError as error:
        warnings.warn(f"what is saved cannot be noted as trusted in '{place}' ({error})", RuntimeWarning, stacklevel=2)


def _shorten(place: Path) -> None:
    """Keep the newer half, while nobody adds to it."""
    with place.open("r+b") as file:
        if not flock(file.fileno(), shared=False, wait=False):
            return  # another process does, or the next save
        lines = file.read().split(b"\n")[-MOST // 2 :]
        with suppress(OSError):
            file.seek(0)
            file.write(b"\n".join(lines))
            file.truncate()
