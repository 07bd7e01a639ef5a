"""Batches kept as they come: a folder ``<file>.unfinished`` that outlives its process.

``data`` holds the batches, one after the other. ``ends`` has one record for each: where it ends, and its checksum. A
batch whose record is there and right is whole; whatever lies behind was cut. ``about`` says what the file is to become.
The owner holds a lock on the folder, which dies with the process.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Self

from scitex_io.conflicts import BeingWrittenError, UnfinishedError
from scitex_io.disk.rooms import flock, room

SUFFIX = ".unfinished"
RECORD = struct.Struct("<QII")  # where the batch ends, its checksum, and that of these two
PIECE = 1 << 20


class Batches(NamedTuple):
    """What a journal holds."""

    folder: str
    data: Path
    ends: tuple[int, ...]  # of the whole batches
    damaged: int  # batches behind the first one that is not as it was written


class Journal:
    """A journal that its one writer adds to.

    Parameters
    ----------
    target
        The file that it is to become.
    about
        What is needed to recover it.
    durable
        Each batch is on the disk before `add` returns.
    """

    def __init__(self, target: str, about: bytes, *, durable: bool = False) -> None:
        self.folder: str = target + SUFFIX
        self.durable = durable
        self.ends: list[int] = []
        self._lock = _claimed(self.folder, target)
        try:
            with open(os.path.join(self.folder, "about"), "wb") as file:
                file.write(about)
                self._sync(file.fileno())
            self._data = self._opened("data")
            self._records = self._opened("ends")
            if durable:
                self._sync(self._lock)
                _sync_folder(os.path.dirname(self.folder))
        except BaseException:
            os.close(self._lock)
            raise

    def _opened(self, name: str) -> int:
        return os.open(os.path.join(self.folder, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)

    def _sync(self, handle: int) -> None:
        if self.durable:
            os.fsync(handle)

    def add(self, batch: bytes) -> None:
        """Keep a batch; if that fails nothing of it is there, and others may follow."""
        start = self.ends[-1] if self.ends else 0
        end = start + len(batch)
        fields = (end, zlib.crc32(batch))
        record = RECORD.pack(*fields, zlib.crc32(struct.pack("<QI", *fields)))
        at = len(self.ends) * RECORD.size
        try:
            _write(self._data, batch, start)
            self._sync(self._data)
            _write(self._records, record, at)
            self._sync(self._records)
        except BaseException:
            # Room for the next one: what a full disk did not take.
            with suppress(OSError):
                os.ftruncate(self._records, at)
                os.ftruncate(self._data, start)
            raise
        self.ends.append(end)

    def batches(self) -> Batches:
        """What was added."""
        return Batches(self.folder, Path(self.folder, "data"), tuple(self.ends), 0)

    def close(self, *, remove: bool) -> None:
        """Let go; the folder stays unless it is to be removed."""
        os.close(self._data)
        os.close(self._records)
        try:
            if remove:
                discard(self.folder)
        finally:
            os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close(remove=not self.ends)


def _write(handle: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        done = os.pwrite(handle, view, at)
        view, at = view[done:], at + done


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _claimed(folder: str, target: str) -> int:
    """The lock of a new folder; one without a whole batch is taken over."""
    while True:
        with suppress(FileExistsError):
            os.mkdir(folder)
        try:
            lock = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:  # its owner has just finished
            continue
        try:
            if not flock(lock, shared=False, wait=False):
                raise BeingWrittenError(target, folder)
            if not _is_there(lock, folder):
                os.close(lock)
                continue
            if (found := _read(folder)).ends or found.damaged:
                raise UnfinishedError(target, len(found.ends), folder)
        except BaseException:
            os.close(lock)
            raise
        return lock


def _is_there(lock: int, folder: str) -> bool:
    """Is the folder that was opened still the one of this name?"""
    try:
        found = os.stat(folder)
    except FileNotFoundError:
        return False
    held = os.fstat(lock)
    return (held.st_dev, held.st_ino) == (found.st_dev, found.st_ino)


@contextmanager
def left(target: str) -> Iterator[Batches]:
    """What a killed writer left for *target*, to oneself.

    Raises
    ------
    FileNotFoundError
        Nothing.
    BeingWrittenError
        The writer is alive.
    """
    folder = target + SUFFIX
    lock = os.open(folder, os.O_RDONLY)
    try:
        if not flock(lock, shared=False, wait=False):
            raise BeingWrittenError(target, folder)
        yield _read(folder)
    finally:
        os.close(lock)


def about(folder: str) -> bytes:
    """What the writer said of it."""
    with open(os.path.join(folder, "about"), "rb") as file:
        return file.read()


def is_left(folder: str) -> bool:
    """Is it what a writer left that is no longer there?"""
    if not folder.endswith(SUFFIX) or not os.path.isfile(os.path.join(folder, "about")):
        return False
    lock = os.open(folder, os.O_RDONLY)
    try:
        return flock(lock, shared=False, wait=False)
    finally:
        os.close(lock)


def discard(folder: str) -> None:
    """Remove a journal at once: whoever is killed here leaves it whole, or to the next save to sweep."""
    with room(os.path.dirname(folder)) as place:
        os.rename(folder, os.path.join(place, os.path.basename(folder)))


def _read(folder: str) -> Batches:
    """The batches from the first one to the last that is as it was written."""
    data = Path(folder, "data")
    ends: list[int] = []
    try:
        records = Path(folder, "ends").read_bytes()
        file = data.open("rb")
    except FileNotFoundError:  # killed while it began
        return Batches(folder, data, (), 0)
    count = len(records) // RECORD.size
    with file:
        for number in range(count):
            end, expected, own = RECORD.unpack_from(records, number * RECORD.size)
            start = ends[-1] if ends else 0
            if own != zlib.crc32(struct.pack("<QI", end, expected)) or end < start:
                break
            found, rest = 0, end - start
            while rest and (piece := file.read(min(rest, PIECE))):
                found, rest = zlib.crc32(piece, found), rest - len(piece)
            if rest or found != expected:
                break
            ends.append(end)
    return Batches(folder, data, tuple(ends), count - len(ends))
