"""Compressed datasets: which filter, in which chunks, and by how many threads."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

from scitex_io.errors import MissingDependencyError, OptionError

if TYPE_CHECKING:
    import h5py
    import numpy as np

CHUNK = 1 << 20
"""Bytes of a chunk, all of which HDF5 keeps at hand while it reads rows out of it."""
SAMPLE = 1 << 16
MANY = 4
"""Chunks from which on threads are worth their start."""
OWN = ("gzip", "lzf", "szip")
PLUGINS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "bitshuffle": ("Bitshuffle", {"cname": "lz4"}),
    "blosc": ("Blosc", {}),
    "lz4": ("LZ4", {}),
    "zstd": ("Zstd", {}),
}
"""Names of filters that come with hdf5plugin: its class, and what it is to be made with."""


def filters(compression: str | int | None, level: Any, *, checksum: bool = False) -> dict[str, Any]:
    """The options of `h5py.Group.create_dataset` for a filter.

    Raises
    ------
    MissingDependencyError
        It comes with a library that is not installed.
    OptionError
        There is no such filter.
    """
    if checksum:
        return {**filters(compression, level), "fletcher32": True}
    if compression is None:
        return {}
    if compression not in PLUGINS:
        if isinstance(compression, str) and compression not in OWN:
            raise OptionError(
                "hdf5", "save", "compression", reason=f"there are {', '.join((*OWN, *PLUGINS))} and numbers"
            )
        return {"compression": compression, "compression_opts": level}
    try:
        import hdf5plugin
    except ImportError as error:
        raise MissingDependencyError("hdf5", "hdf5plugin", 'pip install "scitex-io[hdf5plugin]"') from error
    kind, options = PLUGINS[str(compression)]
    if level is not None:
        options = {**options, {"zstd": "clevel", "blosc": "clevel", "lz4": "nbytes"}.get(kind.lower(), "nelems"): level}
    return dict(getattr(hdf5plugin, kind)(**options))


def put(
    group: h5py.Group, name: str, value: np.ndarray[Any, Any], dtype: Any, chosen: Mapping[str, Any]
) -> h5py.Dataset:
    """Write an array through a filter, in chunks of at most a megabyte."""
    if value.dtype.kind not in "biufc":
        # Texts only through HDF5's own filters: that of Blosc ends the process.
        foreign = chosen.get("compression") not in {None, *OWN}
        own = {option: chosen[option] for option in chosen if option == "fletcher32" or not foreign}
        return group.create_dataset(name, data=value, dtype=dtype, **own)
    chunks = chunked(value.shape, value.itemsize)
    if chosen.get("compression") != "gzip":
        return group.create_dataset(name, data=value, chunks=chunks, **chosen)
    level = 4 if chosen["compression_opts"] is None else chosen["compression_opts"]
    shuffle = value.itemsize > 1 and _is_smaller_shuffled(value, level)
    # Checksums are behind the compressed bytes: HDF5 makes them.
    if (
        "fletcher32" in chosen
        or math.prod(-(-axis // chunk) for axis, chunk in zip(value.shape, chunks, strict=True)) < MANY
    ):
        return group.create_dataset(name, data=value, chunks=chunks, shuffle=shuffle, **chosen)
    made = group.create_dataset(name, value.shape, value.dtype, chunks=chunks, shuffle=shuffle, **chosen)
    _fill(made, value, chunks, shuffle=shuffle, level=level)
    return made


def chunked(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """The shape of a chunk of at most a megabyte, by halving the longest axis."""
    chunk = list(shape)
    while math.prod(chunk) * itemsize > CHUNK:
        longest = chunk.index(max(chunk))
        chunk[longest] = -(-chunk[longest] // 2)
    return tuple(chunk)


def _is_smaller_shuffled(value: np.ndarray[Any, Any], level: int) -> bool:
    at = value.size // 2
    piece = value.flat[at : at + SAMPLE // value.itemsize]
    plain = len(zlib.compress(piece.tobytes(), level))
    return len(zlib.compress(_shuffled(piece), level)) < 0.98 * plain


def _shuffled(piece: np.ndarray[Any, Any]) -> bytes:
    """The first bytes of all values, then the second ones: what the filter of this name gives."""
    import numpy as np

    return piece.reshape(-1).view(np.uint8).reshape(-1, piece.itemsize).T.tobytes()


def _fill(
    made: h5py.Dataset, value: np.ndarray[Any, Any], chunks: tuple[int, ...], *, shuffle: bool, level: int
) -> None:
    """Compress in several threads, which HDF5 does in one."""
    import os
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np

    def packed(start: tuple[int, ...]) -> bytes:
        piece = value[tuple(slice(at, at + side) for at, side in zip(start, chunks, strict=True))]
        if piece.shape != chunks:
            whole = np.zeros(chunks, value.dtype)
            whole[tuple(map(slice, piece.shape))] = piece
            piece = whole
        piece = np.ascontiguousarray(piece)
        return zlib.compress(_shuffled(piece) if shuffle else piece.data, level)

    starts = list(product(*(range(0, axis, side) for axis, side in zip(value.shape, chunks, strict=True))))
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        # A few at a time: what is packed waits in memory until it is written.
        for first in range(0, len(starts), 4 * workers):
            some = starts[first : first + 4 * workers]
            for start, data in zip(some, pool.map(packed, some), strict=True):
                made.id.write_direct_chunk(start, data)
