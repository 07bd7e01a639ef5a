"""HDF5 files being written, on a disk that may become full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scitex_io.content.sinks import Sink

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
