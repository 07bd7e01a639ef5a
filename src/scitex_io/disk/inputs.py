"""The files that this process has loaded, each as it was then."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple


class Seen(NamedTuple):
    """A file when it was loaded; of a folder only that it was there."""

    is_folder: bool
    size: int
    modified: int  # ns


_seen: dict[str, Seen] = {}


def note(path: Path) -> None:
    """Remember that this file is being loaded; its content is not looked at."""
    found = os.stat(path)
    _seen[os.fspath(path)] = Seen(stat.S_ISDIR(found.st_mode), found.st_size, found.st_mtime_ns)


def loaded() -> list[tuple[Path, Seen]]:
    """The files, in the order in which they were first loaded."""
    return [(Path(os.path.abspath(name)), seen) for name, seen in _seen.items()]


def has_changed(path: Path, seen: Seen) -> bool:
    """Is a file no longer as it was seen? Of a folder this cannot be told."""
    try:
        found = os.stat(path)
    except OSError:
        return True
    return not seen.is_folder and (found.st_size, found.st_mtime_ns) != (seen.size, seen.modified)


def digest(path: Path) -> str:
    """The SHA-256 sum of a file, or of the names and contents of all files in a folder."""
    from hashlib import file_digest, sha256

    if path.is_file():
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    state = sha256()
    for part in sorted(part for part in path.rglob("*") if part.is_file()):
        state.update(f"{part.relative_to(path).as_posix()}\0{digest(part)}\n".encode())
    return state.hexdigest()
