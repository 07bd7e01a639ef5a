"""The folders that a server may touch: every path asked for is resolved and has to lie in one of them."""

from __future__ import annotations

import os
import stat
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from scitex_io.disk.rooms import ROOM
from scitex_io.disk.routing import PACKAGE, normalised
from scitex_io.disk.trust import ledger
from scitex_io.errors import InvalidPathError, MissingFileError
from scitex_io.patterns import alternatives, has_wildcards
from scitex_io.patterns.files import matches

SYSTEM = (
    "/dev/null",
    "/dev/urandom",
    "/etc/localtime",
    "/etc/mime.types",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
)
"""Files that tell of the machine, and of nobody's data; libraries read them."""
SCRATCH = "scitex-io-"
"""How the folders begin that we make for what lies inside of archives."""


class Roots:
    """Folders, and what lies in them.

    Parameters
    ----------
    folders
        Where relative paths are looked for, in this order; they are written in the first.

    Raises
    ------
    NotADirectoryError
        One of them is none.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self.folders: tuple[Path, ...] = tuple(dict.fromkeys(Path(os.path.realpath(folder)) for folder in folders))
        for folder in self.folders:
            if not folder.is_dir():
                raise NotADirectoryError(20, "a root has to be a folder", str(folder))

    def holds(self, path: str | Path) -> bool:
        """Does the path lie in one of the folders, wherever its links lead?"""
        real = Path(os.path.realpath(path))
        return any(real.is_relative_to(folder) for folder in self.folders)

    def existing(self, asked: str) -> Path:
        """The file or folder asked for.

        Raises
        ------
        InvalidPathError
            It lies outside, or holds links that lead outside, or is a device or a pipe.
        MissingFileError
            There is none.
        """
        places = [place for place in self._places(asked) if self.holds(place)]
        if not places:
            raise self._outside(asked)
        for place in places:
            try:
                mode = os.stat(place).st_mode
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:  # a link to itself, a name that is too long
                raise InvalidPathError(asked, error.strerror or str(error)) from error
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                raise InvalidPathError(asked, "it is neither a file nor a folder")
            found = _straight(place)
            if stat.S_ISDIR(mode) and (link := next(self._leaving(found), None)):
                raise InvalidPathError(asked, f"'{link}' in it leads outside of {self}")
            return found
        raise MissingFileError(tuple(map(str, map(_straight, places))), asked)

    def new(self, asked: str) -> Path:
        """Where to write what is asked for.

        Raises
        ------
        InvalidPathError
            That lies outside, or is one of the folders themselves.
        """
        place = self._places(asked)[0]
        if not self.holds(place) or Path(os.path.realpath(place)) in self.folders:
            raise self._outside(asked)
        # Drafts are written in a folder beside the file that the link leads to.
        if os.path.islink(os.path.join(os.path.dirname(os.path.realpath(place)), ROOM)):
            raise InvalidPathError(asked, f"the folder '{ROOM}' beside it is a link")
        return _straight(place)

    def matching(self, pattern: str) -> list[tuple[str, Mapping[str, Any]]]:
        """What matches, as absolute paths in natural order, with the values of the placeholders.

        Raises
        ------
        InvalidPathError
            It begins outside, or goes up.
        ValueError
            It is no pattern.
        """
        pattern = os.path.expanduser(pattern)
        found: dict[str, Mapping[str, Any]] = {}
        for one in alternatives(pattern):
            parts = one.split("/")
            fixed = next((at for at, part in enumerate(parts) if has_wildcards(part)), len(parts) - 1)
            if ".." in parts or "\0" in one or (one.startswith("/") and not self.holds("/".join(parts[:fixed]) or "/")):
                raise self._outside(pattern)
        for folder in [Path()] if pattern.startswith("/") else self.folders:
            within = "" if pattern.startswith("/") else f"{folder.as_posix().rstrip('/')}/"
            for path, values in matches(pattern, within, self.holds):
                if self.holds(within + path):
                    found.setdefault(within + path, values)
        return list(found.items())

    def __str__(self) -> str:
        return ", ".join(f"'{folder}'" for folder in self.folders)

    def _places(self, asked: str) -> list[str]:
        normalised(asked)  # an error for what can be no name
        text = os.path.expanduser(asked)
        # Not taken apart beforehand: what `..` means after a link only the file system knows.
        return [text] if os.path.isabs(text) else [os.path.join(folder, text) for folder in self.folders]

    def _leaving(self, folder: Path) -> Iterator[str]:
        """The links in a folder that lead outside."""
        for place, folders, files in os.walk(folder):
            for name in (*folders, *files):
                path = os.path.join(place, name)
                if os.path.islink(path) and not self.holds(path):
                    yield os.path.relpath(path, folder)

    def _outside(self, asked: str) -> InvalidPathError:
        return InvalidPathError(asked, f"it lies outside of {self}")

    # -- files that a file names

    @contextmanager
    def confining(self) -> Iterator[None]:
        """Inside, this thread opens no other files through Python than those in the folders, and what libraries need.

        For what `existing` cannot know: the header of a recording may call any file its data.
        """
        _install()
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def check_open(self, name: str, *, writing: bool) -> None:
        """Refuse to open a file outside.

        Raises
        ------
        PermissionError
            It is none of ours.
        """
        real = os.path.realpath(name)
        if self.holds(real) or _is_scratch(real) or real == os.path.realpath(ledger()):
            return
        compiled = f"{os.sep}__pycache__{os.sep}" in f"{real}{os.sep}"
        if (not writing or compiled) and any(_below(real, folder) for folder in _libraries()):
            return
        if any(_below(real, folder) for folder in _caches()):
            return
        if not writing and (name in SYSTEM or real.startswith("/usr/share/zoneinfo/")):
            return
        if real == os.devnull:
            return
        raise PermissionError(13, f"it lies outside of {self}", name)


def _straight(place: str) -> Path:
    """The path with its folders resolved, under the name that was asked for: it says the format."""
    folder, name = os.path.split(place.rstrip("/"))
    return Path(os.path.realpath(place)) if name in {"", ".", ".."} else Path(os.path.realpath(folder), name)


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _is_scratch(path: str) -> bool:
    folder = os.path.realpath(tempfile.gettempdir())
    return _below(path, folder) and path[len(folder) :].lstrip(os.sep).startswith(SCRATCH)


@cache
def _libraries() -> set[str]:
    """Where installed code lies, with the data that it brings."""
    paths = sysconfig.get_paths()
    known = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders = {*known, sys.prefix + "/share", sys.base_prefix + "/share", sys.prefix + "/etc", PACKAGE.rstrip(os.sep)}
    folders.add(os.path.expanduser("~/.mne"))
    return {os.path.realpath(folder) for folder in folders}


@cache
def _caches() -> set[str]:
    """What libraries keep for themselves between runs: fonts, compiled functions."""
    home = os.path.expanduser("~")
    folders = {os.environ.get(name, "") for name in ("MPLCONFIGDIR", "NUMBA_CACHE_DIR")} - {""}
    for place in (
        os.environ.get("XDG_CACHE_HOME") or f"{home}/.cache",
        os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config",
    ):
        folders |= {f"{place}/{name}" for name in ("matplotlib", "numba", "fontconfig")}
    return {os.path.realpath(folder) for folder in folders}


_current: ContextVar[Roots | None] = ContextVar("scitex_io_roots", default=None)
_installed = False


def _install() -> None:
    """Watch what this process opens; Python has no way to end that."""
    global _installed  # noqa: PLW0603  # as long as the process
    if not _installed:
        sys.addaudithook(_watch)
        _installed = True


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if event != "open":
        return
    roots = _current.get()
    if roots is None or not isinstance(args[0], str | bytes):
        return
    if args[1] is None and os.sep not in os.fsdecode(args[0]):
        return  # os.open, which may name what lies in a folder that is open: no file names another so
    token = _current.set(None)  # to ask where it lies may open files itself
    try:
        writing = bool(isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))
        roots.check_open(os.path.abspath(os.fsdecode(args[0])), writing=writing)
    finally:
        _current.reset(token)
