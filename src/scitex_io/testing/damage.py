"""Damaged files: cut, with flipped bits, of another format. Never a hang, a crash, or content of nobody's making."""

from __future__ import annotations

import random
import signal
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from scitex_io.errors import ScitexIOError
from scitex_io.testing.subject import Effort, Subject, fail, quiet
from scitex_io.typeref import type_name
from scitex_io.typing import is_loader, is_saver

TRAILER = 12
"""Bytes at the end of a file that may carry nothing: padding, a mark of the end."""


class TookTooLongError(BaseException):
    """Not an Exception: libraries catch those."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Interrupt what hangs, where the system can; else tell afterwards."""
    began = time.monotonic()
    main = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")

    def stop(_: int, __: FrameType | None) -> None:
        raise TookTooLongError

    before = signal.signal(signal.SIGALRM, stop) if main else None
    try:
        if main:
            signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    except TookTooLongError:
        fail(f"loading a damaged file takes longer than {seconds:g} s")
    finally:
        if main:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    if time.monotonic() - began > seconds:
        fail(f"loading a damaged file takes longer than {seconds:g} s")


def attempt(subject: Subject, path: Path, effort: Effort) -> Any:
    """The content, or the error that tells of the file; any other error ends the check."""
    try:
        with quiet(), within(effort.seconds):
            return subject.load(path)
    except ScitexIOError as error:
        if path.name not in str(error):
            fail(f"the error does not name the file: {error}")
        return error
    except ImportError:
        raise
    except Exception as error:
        fail(f"a damaged file raises {type_name(type(error))}, which is none of our errors: {error}")
        raise


def cut(subject: Subject, folder: Path, effort: Effort) -> str:
    """A file that ends too early is an error."""
    path, whole = subject.saved(folder)
    data = path.read_bytes()
    places = _places(len(data), effort.cuts)
    loaded = 0
    for size in places:
        path.write_bytes(data[:size])
        got = attempt(subject, path, effort)
        if isinstance(got, ScitexIOError):
            continue
        loaded += 1
        if subject.parts_are_whole:
            continue
        if size < len(data) - TRAILER:
            fail(
                f"{size} of {len(data)} bytes load as {type_name(type(got))}: raise UnreadableFileError, "
                "or say parts_are_whole=True if a part of a file is a file"
            )
        if changed := subject.changed(got, whole):
            fail(f"{size} of {len(data)} bytes load as something else: {changed}")
    every = "every byte" if len(places) == len(data) else f"{len(places)} places"
    return f"{len(data)} bytes, cut at {every}" + (f", {loaded} parts load" if loaded else "")


def _places(size: int, limit: int) -> list[int]:
    if size <= limit:
        return list(range(size))
    near = {0, 1, 2, 4, 8, size - 1}
    return sorted(near | {size * part // (limit - len(near)) for part in range(1, limit - len(near))})


def flipped(subject: Subject, folder: Path, effort: Effort) -> str:
    """A flipped bit is an error, or content; with a checksum never other content."""
    path, whole = subject.saved(folder)
    data = path.read_bytes()
    chance = random.Random(subject.handler.name)  # noqa: S311  # the same bits each time
    told = {"noticed": 0, "without effect": 0, "silent": 0}
    for _ in range(effort.flips):
        at, bit = chance.randrange(len(data)), chance.randrange(8)
        damaged = bytearray(data)
        damaged[at] ^= 1 << bit
        path.write_bytes(damaged)
        got = attempt(subject, path, effort)
        if isinstance(got, ScitexIOError):
            told["noticed"] += 1
            continue
        changed = _difference(subject, got, whole)
        told["silent" if changed else "without effect"] += 1
        if changed and subject.checksummed:
            fail(f"bit {bit} of byte {at} changes the content unnoticed: {changed}")
    return f"{effort.flips} flips: " + ", ".join(f"{count} {what}" for what, count in told.items() if count)


def _difference(subject: Subject, got: Any, whole: Any) -> str | None:
    try:
        with quiet():
            return subject.changed(got, whole)
    except Exception as error:  # noqa: BLE001  # damaged content may be beyond what can be compared
        return str(error)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


_HEADER = b"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }"
FOREIGN = {
    "empty": b"",
    "zeros": bytes(64),
    "every byte": bytes(range(256)) * 8,
    "a png of nothing": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00",
    "png": b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00\x01\x02\x00\x03\x04"))
    + _chunk(b"IEND", b""),
    "npy": b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + _HEADER.ljust(117) + b"\n" + struct.pack("<3d", 1, 2, 3),
    "hdf5": b"\x89HDF\r\n\x1a\n" + bytes(88),
    "sqlite": b"SQLite format 3\x00" + bytes(84),
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    "zip": b"PK\x05\x06" + bytes(18),
}
"""What other programs write; only an empty file can be a file of text."""


def foreign(subject: Subject, folder: Path, effort: Effort) -> str:
    """What another format wrote is an error."""
    path = subject.path(folder, "mislabelled")
    names = {extension.rpartition(".")[2] for extension in subject.handler.extensions}
    for kind, content in FOREIGN.items():
        if kind in names or kind == subject.handler.name or kind in subject.kindred:
            continue
        path.write_bytes(content)
        got = attempt(subject, path, effort)
        empty = not content and (got is None or (hasattr(got, "__len__") and len(got) == 0))
        if not isinstance(got, ScitexIOError) and not empty:
            fail(f"{kind} loads as {type_name(type(got))}: {got!r:.200}")
    return f"{len(FOREIGN)} kinds of other content"


def folder_in_place(subject: Subject, folder: Path, effort: Effort) -> str:
    """A folder at the path is an error both ways, and stays empty."""
    path = subject.path(folder)
    path.mkdir()
    if is_loader(subject.handler) and not isinstance(attempt(subject, path, effort), IsADirectoryError):
        fail("loading a folder is no IsADirectoryError")
    if is_saver(subject.handler):
        obj, options = subject.made()
        try:
            subject.save(obj, path, **options)
        except IsADirectoryError:
            pass
        else:
            fail("saving replaced a folder")
    if list(path.iterdir()):
        fail("something was left in the folder")
    return ""
