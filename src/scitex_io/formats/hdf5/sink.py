"""HDF5 files being written, on a disk that may become full."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import h5py


@contextmanager
def writing(
    path: Path, *, update: bool = False, oldest: Literal["v108", "latest"] = "v108", **options: Any
) -> Iterator[tuple[h5py.File, Sink]]:
    """The open file, new or to be updated, and the sink behind it; an error of the disk comes at the end.

    Parameters
    ----------
    path
        The file.
    update
        Keep what is there.
    oldest
        The oldest layout to use; with that of 1.8 there are checksums for all that is not data, and attributes of
        any size.
    **options
        More for `h5py.File`.
    """
    import h5py

    options = {} if update else {"track_order": True, **options}
    with open(path, "r+b" if update else "w+b", buffering=0) as file:
        sink = Sink(file)
        with h5py.File(sink, "r+" if update else "w", libver=(oldest, "latest"), **options) as store:
            try:
                yield store, sink
            except Exception:
                if sink.error is None:  # else: what HDF5 says about it is a consequence
                    raise
        sink.check()


class Sink(io.RawIOBase):
    """The file that HDF5 writes to, which never fails before HDF5 is done with it.

    HDF5 crashes the process when a write fails while it closes a file. So the first error is kept
    for afterwards, and what comes behind it is thrown away with the draft.
    """

    def __init__(self, file: io.FileIO) -> None:
        self.error: OSError | None = None
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
        except OSError as error:
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
            except OSError as error:
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
            except OSError as error:
                self.error = error
        return self._end

    def check(self) -> None:
        """Raise the first error there was, between two calls of HDF5."""
        if self.error is not None:
            raise self.error
