"""How much may a file unfold to? The limit in force, told by readers what they are about to make.

Who reads sets it for one file (`limited`). A reader says before it makes something of a size that the file declares
(`take`), and reads what is compressed through `counted`. Little is never asked about: then nothing is looked up.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, TypeAlias

from attrs import define

from scitex_io.errors import ScitexIOError

VARIABLE = "SCITEX_IO_MAX_BYTES"
LITTLE = 64 << 20
"""Bytes that are made without a question."""
SHARE = 4
"""A file may take this part of the free memory, however small it is."""
RATIO = 100
"""And so many times its own size; hardly anything but repetition is compressed further."""

MaxBytes: TypeAlias = float | None
"""How many bytes a load may make: a number, False for any, None for what the file and the memory suggest."""


What: TypeAlias = str | Callable[[], str]
"""A few words, or what makes them, where that takes longer than the load of a small file may."""


@define(slots=False, repr=False)
class FileTooLargeError(ScitexIOError, ValueError):
    """A file unfolds to more than it may: *size* bytes, as far as is known, where *limit* are allowed."""

    path: str
    size: int
    limit: int
    what: str = ""

    def __str__(self) -> str:
        told = f"{self.what or 'what it holds'} takes {_shown(self.size)}" if self.size else self.what
        allowed = f", and {_shown(self.limit)} are allowed" if self.limit else ""
        return f"refused to load '{self.path}': {told}{allowed}; max_bytes= sets the limit, max_bytes=False lifts it"


def _shown(size: int) -> str:
    number = float(size)
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if number < 1000 or unit == "TB":
            break
        number /= 1000
    return f"{number:.3g} {unit}"


@define
class Limit:
    """What one file may unfold to, and what it has until now.

    Parameters
    ----------
    path
        How the user knows the file.
    asked
        None: what the size of the file and the free memory suggest, looked up when there is more than little.
    """

    path: Path
    asked: MaxBytes = None
    made: int = 0
    _free: int = -1
    _size: int = 0

    def memory(self) -> int:
        """The most that may be made in memory."""
        return int(self.asked) if self.asked else min(self._measured(), max(self._free // SHARE, RATIO * self._size))

    def disk(self) -> int:
        """The most that may be unfolded, be it in a scratch folder."""
        return int(self.asked) if self.asked else max(self._measured() // SHARE, RATIO * self._size)

    def _measured(self) -> int:
        if self._free < 0:
            self._free, self._size = free_memory(), _size(self.path)
        return self._free

    def check(self, size: int, most: Callable[[], int], what: What) -> None:
        """Refuse *size* bytes if they are more than *most* gives."""
        if (self.asked is None and size <= LITTLE) or self.asked is False:
            return
        limit = max(most(), LITTLE) if self.asked is None else most()
        if size > limit:
            raise FileTooLargeError(str(self.path), size, limit, what if isinstance(what, str) else what())


_current: ContextVar[Limit | None] = ContextVar("scitex_io_limit", default=None)


def take(size: int, what: What = "") -> None:
    """Tell that *size* bytes of memory are going to be made of the file; *what* is told in an error.

    Raises
    ------
    FileTooLargeError
        They are too many, with those before them.
    """
    limit = _current.get()
    if limit is not None:
        limit.made += size
        limit.check(limit.made, limit.memory, what)


def unfold(size: int, what: What = "") -> None:
    """Tell that *size* bytes are going to be unpacked, not necessarily into memory.

    Raises
    ------
    FileTooLargeError
        They are too many.
    """
    limit = _current.get()
    if limit is not None:
        limit.check(size, limit.disk, what)


def most() -> int | None:
    """What may still be made in memory; None where there is no limit."""
    limit = _current.get()
    return None if limit is None or limit.asked is False else max(limit.memory() - limit.made, 1)


def is_set() -> bool:
    """Has the user said how much a file may unfold to? Then even little is asked about."""
    limit = _current.get()
    return limit is not None and bool(limit.asked)


class Counted:
    """A stream of what is being unpacked, which ends in an error when it goes on for too long."""

    def __init__(self, source: Any, what: str = "what is compressed in it") -> None:
        self._source = source
        self._what = what
        self._found = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def readline(self, size: int = -1, /) -> bytes:
        """As the stream."""
        return self._taken(self._source.readline(size))

    def readinto(self, buffer: Any, /) -> int:
        """As the stream."""
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def read(self, size: int = -1, /) -> bytes:
        """As the stream; without a size the rest, in pieces."""
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(1 << 20), b""))
        return self._taken(self._source.read(size))

    def _taken(self, data: bytes) -> bytes:
        self._found += len(data)
        unfold(self._found, self._what)
        return data


def counted(source: Any, what: str = "what is compressed in it") -> IO[bytes]:
    """The stream *source*, held to the limit of what may be unpacked."""
    return Counted(source, what)  # type: ignore[return-value]  # it is only read


def checked(max_bytes: MaxBytes) -> MaxBytes:
    """What a call says, or else the environment.

    Raises
    ------
    TypeError, ValueError
        It is no number of bytes.
    """
    if max_bytes is None:
        said = os.environ.get(VARIABLE)
        if said is None:
            return None
        if said.strip().lower() in {"false", "none", ""}:
            return False if said.strip() else None
        max_bytes = float(said)
    if max_bytes is True or not isinstance(max_bytes, (int, float)):
        raise TypeError(f"max_bytes is a number of bytes, False for no limit, or None, not {max_bytes!r}")
    if max_bytes is not False and not max_bytes >= 1:
        raise ValueError(f"max_bytes is a number of bytes from 1 on, or False for no limit, not {max_bytes!r}")
    return False if max_bytes == float("inf") else max_bytes


@contextmanager
def limited(path: Path, max_bytes: MaxBytes = None) -> Iterator[None]:
    """Read what is inside under the limit for *path*."""
    token = _current.set(Limit(path, checked(max_bytes)))
    try:
        yield
    finally:
        _current.reset(token)


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(part.stat().st_size for part in path.rglob("*") if part.is_file())
    return path.stat().st_size if path.exists() else 0


# ---------------------------------------------------------------- what there is


def free_memory() -> int:
    """Bytes that this process can still use, as of this second; where the system does not tell, all that the machine has."""
    return _free_memory(int(time.monotonic()), _own_limit())


def _own_limit() -> int:
    """RLIMIT_AS; -1 for none."""
    if sys.platform == "win32":
        return -1
    import resource

    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    return -1 if most == resource.RLIM_INFINITY else most


@lru_cache(maxsize=1)
def _free_memory(_second: int, own: int) -> int:
    if sys.platform == "win32":
        return _free_on_windows()
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    with suppress(OSError, ValueError, KeyError):
        told = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        found = [sum(int(told[name].split()[0]) << 10 for name in ("MemAvailable", "SwapFree"))]
    with suppress(OSError, ValueError):  # a container
        group = Path("/sys/fs/cgroup")
        most, used = int((group / "memory.max").read_text()), int((group / "memory.current").read_text())
        cached = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        found.append(most - used + int(cached["inactive_file"]))
    with suppress(OSError, ValueError):
        if own >= 0:
            used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
            found.append(own - used)
    return max(min(found), 0)


def _free_on_windows() -> int:
    import ctypes

    # MEMORYSTATUSEX: two numbers of 32 bits, then seven of 64, of which the second is the free memory.
    told = (ctypes.c_ulonglong * 8)()
    ctypes.memset(told, 0, ctypes.sizeof(told))
    ctypes.cast(told, ctypes.POINTER(ctypes.c_ulong))[0] = ctypes.sizeof(told)
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(told))  # type: ignore[attr-defined]  # there alone
    return int(told[2])
