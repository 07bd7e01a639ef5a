"""The load cache: what a file held, for as long as the file stays the same.

An entry is a pickle of the object, its buffers kept out of band, so that every hit is a fresh object:
nothing done to an earlier result shows in a later one. What cannot be pickled is not kept.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections import OrderedDict
from collections.abc import Hashable
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

from scitex_io.typing import StrPath

RACY = 50_000_000  # ns: a file this young can change again without its time stamp changing
FEW = 1 << 14  # bytes: as quickly compared as hashed, and without another module
SMALL = 1 << 20  # bytes: always worth keeping
COPY = 4e-9  # seconds a byte: a load must have been slower than this for its result to be worth a copy
FILES = 256  # a folder store of more files is not kept: looking at each would cost more than it saves


class Identity(NamedTuple):
    """What makes a file this file in this state."""

    files: tuple[tuple[Hashable, ...], ...]
    size: int
    newest: int  # ns


class _Snapshot(NamedTuple):
    identity: Identity
    data: bytes
    buffers: tuple[bytes, ...]
    size: int
    content: bytes | None  # the file's own, or a digest of it, if it was racy when it was kept


class _Settings:
    """Plain, because it is imported with every first save."""

    def __init__(self) -> None:
        self.enabled = True
        self.max_size = 32
        self.verbose = False
        self.max_bytes = 256 << 20


_settings = _Settings()
_stats = {"hits": 0, "misses": 0, "evictions": 0}
_entries: OrderedDict[tuple[str, Hashable], _Snapshot] = OrderedDict()
_lock = RLock()

MISS = object()


def identity(path: Path) -> Identity | None:
    """The file as it is now; None if that cannot be told cheaply."""
    found = os.stat(path)
    if not stat.S_ISDIR(found.st_mode):
        return Identity(((found.st_dev, found.st_ino, found.st_mtime_ns),), found.st_size, found.st_mtime_ns)
    files, size, newest = [], 0, 0
    for place, _, names in os.walk(path):
        for name in names:
            part = os.stat(os.path.join(place, name))
            files.append((place, name, part.st_dev, part.st_ino, part.st_size, part.st_mtime_ns))
            size, newest = size + part.st_size, max(newest, part.st_mtime_ns)
            if len(files) > FILES:
                return None
    return Identity(tuple(files), size, newest)


def recall(path: Path, key: Hashable) -> Any:
    """A fresh copy of what was kept for this file and *key*, or `MISS`."""
    if not _settings.enabled:
        return MISS
    slot = (os.fspath(path), key)
    entry = _entries.get(slot)
    # Outside the lock: others may look at their files meanwhile.
    if (
        entry is None
        or entry.identity != identity(path)
        or (entry.content is not None and entry.content != _content(path, entry.identity.size))
    ):
        with _lock:
            _stats["misses"] += 1
        return MISS
    with _lock:
        if slot in _entries:
            _entries.move_to_end(slot)
        _stats["hits"] += 1
    import pickle

    value = pickle.loads(entry.data, buffers=map(bytearray, entry.buffers))  # noqa: S301  # our own bytes, never left this process
    _report("hit", path)
    return value


def keep(path: Path, key: Hashable, before: Identity | None, value: object, seconds: float) -> None:
    """Keep *value* for this file, if it is still as it was *before* and that pays.

    It pays for what is small, and for what took *seconds* to load that are many times those of a copy: a large
    array is read as fast as it is copied, so keeping it would cost memory and bring nothing.
    """
    limit = _settings.max_bytes // 8
    if not _settings.enabled or before is None or before != identity(path) or before.size > limit:
        return
    if before.size > SMALL and seconds < before.size * COPY:
        return
    import pickle

    buffers: list[pickle.PickleBuffer] = []
    try:
        data = pickle.dumps(value, 5, buffer_callback=buffers.append)
        kept = tuple(bytes(buffer.raw()) for buffer in buffers)
    except Exception:  # noqa: BLE001  # whatever an object raises when pickled: it is not kept
        return
    size = len(data) + sum(map(len, kept))
    if size > limit:
        return
    racy = time.time_ns() - before.newest < RACY
    entry = _Snapshot(before, data, kept, size, _content(path, before.size) if racy else None)
    with _lock:
        _entries[(os.fspath(path), key)] = entry
        _entries.move_to_end((os.fspath(path), key))
        _shrink()
    _report("stored", path)


def has_room(number: int) -> bool:
    """Would so many objects all be there at the end? If not, each would drive out another before its turn comes."""
    return number <= _settings.max_size


def forget(path: StrPath) -> None:
    """Drop what is kept for this file."""
    if not _entries:
        return
    # By the path as given: an entry made under another name of the file no longer fits its identity.
    name = os.fspath(path)
    with _lock:
        for slot in [slot for slot in _entries if slot[0] == name]:
            del _entries[slot]


def clear_load_cache() -> None:
    """Drop everything kept, and the counts."""
    with _lock:
        _entries.clear()
        _stats.update(dict.fromkeys(_stats, 0))


def configure_cache(
    enabled: bool | None = None,
    max_size: int | None = None,
    verbose: bool | None = None,
    max_bytes: int | None = None,
) -> None:
    """Change the settings that are given.

    Parameters
    ----------
    enabled
        Whether loads are kept and recalled.
    max_size
        How many objects are kept.
    verbose
        Report stores and hits on standard error.
    max_bytes
        How many bytes are kept in all; a single object is kept up to an eighth of it.
    """
    given = {"enabled": enabled, "max_size": max_size, "verbose": verbose, "max_bytes": max_bytes}
    for name in ("max_size", "max_bytes"):
        value = given[name]
        if value is not None and value < 0:
            raise ValueError(f"{name} has to be 0 or more, not {value}")
    with _lock:
        for name, value in given.items():
            if value is not None:
                setattr(_settings, name, value)
        _shrink()


def get_cache_info() -> dict[str, Any]:
    """Counts, settings and sizes of the load cache.

    Returns
    -------
    ``stats`` (``hits``, ``misses``, ``evictions``), ``config`` (what `configure_cache` sets), ``metadata_size`` (how many objects
    are kept) and ``data_size`` (in bytes).
    """
    with _lock:
        return {
            "stats": dict(_stats),
            "config": {name: getattr(_settings, name) for name in ("enabled", "max_size", "verbose", "max_bytes")},
            "metadata_size": len(_entries),
            "data_size": sum(entry.size for entry in _entries.values()),
        }


def _shrink() -> None:
    total = sum(entry.size for entry in _entries.values())
    while _entries and (len(_entries) > _settings.max_size or total > _settings.max_bytes):
        _, dropped = _entries.popitem(last=False)
        total -= dropped.size
        _stats["evictions"] += 1


def _content(path: Path, size: int) -> bytes:
    """What a file holds, or a digest where that is much."""
    if size < FEW and path.is_file():
        return path.read_bytes()
    from hashlib import blake2b

    state = blake2b(digest_size=16)
    names = [path] if path.is_file() else sorted(part for part in path.rglob("*") if part.is_file())
    for name in names:
        state.update(name.read_bytes())
    return state.digest()


def _report(what: str, path: Path) -> None:
    if _settings.verbose:
        sys.stderr.write(f"[cache {what}] {path}\n")
