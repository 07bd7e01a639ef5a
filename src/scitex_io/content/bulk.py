"""Many bytes between memory and a file: without a copy in between, on several cores where that is sure to pay."""

from __future__ import annotations

import os
from collections import deque
from threading import Thread
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGE = 1 << 26
"""Bytes; a second thread has begun its work before this much is read."""
RESERVED = 1 << 24
"""Bytes; NumPy's own bound."""
PIECE = 1 << 23
"""Bytes; whoever is free takes the next piece, so a thread that finds no free core costs nothing."""
MOST = 1 << 30
"""Bytes of one call; Linux takes no more than 2 GiB."""


def as_bytes(array: NDArray[Any]) -> memoryview:
    """The memory of an array that is contiguous, in either order."""
    import numpy as np

    if array.nbytes == 0:
        return memoryview(b"")
    rows = array if array.flags.c_contiguous else array.T
    flat: Any = rows.reshape(-1).view(np.uint8)  # a buffer, which its types do not say before Python 3.12
    return memoryview(flat)


def fill(array: NDArray[Any], file: IO[bytes], start: int) -> None:
    """Fill an array with what stands in an unbuffered file, from *start* on.

    Raises
    ------
    EOFError
        The file ends before.
    """
    target = as_bytes(array)
    if len(target) < LARGE or not hasattr(os, "preadv") or not _has_free_core():
        file.seek(start)
        _read(target, lambda part, _: file.readinto(part))  # type: ignore[attr-defined]  # a raw file has it
        return
    handle = file.fileno()
    left = deque(range(0, len(target), PIECE))
    failed: list[BaseException] = []

    def work() -> None:
        try:
            while left and not failed:
                try:
                    first = left.popleft()
                except IndexError:  # another took the last one
                    return
                _read(target[first : first + PIECE], lambda part, at: os.preadv(handle, [part], start + first + at))  # noqa: B023  # called at once
        except BaseException as error:  # noqa: BLE001  # raised where all wait for it
            failed.append(error)

    helper = Thread(target=work, daemon=True)
    helper.start()
    work()
    helper.join()
    if failed:
        raise failed[0]


def write(array: NDArray[Any], file: IO[bytes]) -> None:
    """Write a contiguous array to an unbuffered file, from where it stands."""
    source = as_bytes(array)
    if len(source) >= RESERVED:
        # NumPy has the room set apart first, and in one piece.
        array.T.tofile(file) if array.flags.fnc else array.tofile(file)
        return
    at = 0
    while at < len(source):
        at += file.write(source[at : at + MOST])


def _read(target: memoryview, read: Any) -> None:
    at = 0
    while at < len(target):
        found = read(target[at : at + MOST], at)
        if not found:
            raise EOFError("the file ends inside the data")
        at += found


def _has_free_core() -> bool:
    """Is there a second core, and were not all of them at work during the last minute?"""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores > 1 and hasattr(os, "getloadavg") and os.getloadavg()[0] < cores
