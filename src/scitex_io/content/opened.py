"""New files whose every write is checked, for libraries that do not check theirs."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path


class _WithoutDescriptor(io.BufferedRandom):
    """Pillow writes at the descriptor of a file if it has one, and takes a part that was written for the whole."""

    def fileno(self) -> int:
        """There is none to be had."""
        raise io.UnsupportedOperation("fileno")


def opened(path: Path) -> io.BufferedRandom:
    """A new file that can be written only through Python, which tells when the disk is full."""
    return _WithoutDescriptor(io.FileIO(path, "w+"))


def check_written(path: Path, size: int) -> None:
    """Refuse a file that is shorter than what was written.

    NumPy does not ask whether the last bytes of its own buffer reached the disk.

    Raises
    ------
    OSError
        The disk is full.
    """
    if path.stat().st_size < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
