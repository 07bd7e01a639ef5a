"""Files being written by libraries that cannot bear it, or do not tell, when a disk becomes full."""

from __future__ import annotations

import io
import os
from typing import Any


class Sink(io.RawIOBase):
    """The file that a library writes to, which never fails before the library is done with it.

    HDF5 and ORC crash the process when a write fails while they close a file, and libsndfile does not notice. So the
    first error, or Ctrl-C, is kept for afterwards, and what comes behind it is thrown away with the draft.
    """

    def __init__(self, file: io.FileIO) -> None:
        self.error: BaseException | None = None
        self._handle = file.fileno()
        self._at = 0
        self._end = os.fstat(self._handle).st_size

    def readable(self) -> bool:
        """It can be read."""
        return True

    def writable(self) -> bool:
        """It can be written."""
        return True

    def seekable(self) -> bool:
        """It has places."""
        return True

    def tell(self) -> int:
        """The place."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._end}[whence]
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer, behind the end of the file with zeros."""
        view = memoryview(buffer).cast("B")
        done = 0
        try:
            os.lseek(self._handle, self._at, os.SEEK_SET)
            while done < len(view):
                piece = os.read(self._handle, len(view) - done)
                if not piece:
                    break
                view[done : done + len(piece)] = piece
                done += len(piece)
        except BaseException as error:  # noqa: BLE001  # raised by check
            self.error = self.error or error
        view[done:] = bytes(len(view) - done)
        self._at += len(view)
        return len(view)

    def write(self, data: Any, /) -> int:
        """Write all, or remember why not."""
        view = memoryview(data).cast("B")
        if self.error is None:
            done = 0
            try:
                os.lseek(self._handle, self._at, os.SEEK_SET)
                while done < len(view):
                    done += os.write(self._handle, view[done:])
            except BaseException as error:  # noqa: BLE001  # raised by check
                self.error = error
        self._at += len(view)
        self._end = max(self._end, self._at)
        return len(view)

    def truncate(self, size: int | None = None, /) -> int:
        """Cut the file."""
        self._end = self._at if size is None else size
        if self.error is None:
            try:
                os.ftruncate(self._handle, self._end)
            except BaseException as error:  # noqa: BLE001  # raised by check
                self.error = error
        return self._end

    def check(self) -> None:
        """Raise the first error there was, between two calls of the library."""
        if self.error is not None:
            raise self.error
