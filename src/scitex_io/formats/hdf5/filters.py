"""How the pieces of an HDF5 dataset are packed: filters that have to be there, and how far their pieces unfold."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scitex_io.content.unfolding import ask, may_ask
from scitex_io.errors import UnreadableFileError

if TYPE_CHECKING:
    import h5py


def check(dataset: h5py.Dataset, path: Path, format_name: str) -> None:
    """Hold the filters of a dataset to what is installed, and its pieces to the limit.

    Raises
    ------
    UnreadableFileError
        A filter is not there.
    FileTooLargeError
        A piece unfolds too far.
    """
    import h5py

    created = dataset.id.get_create_plist()
    for at in range(created.get_nfilters()):
        code, _, _, name = created.get_filter(at)
        if not h5py.h5z.filter_avail(code):
            with suppress(ImportError):
                import_module("hdf5plugin")  # registers its filters
        if not h5py.h5z.filter_avail(code):
            called = name.decode("utf-8", "replace") or "without a name"
            found = f"'{dataset.name}' is compressed with the filter {called} (number {code}), which is not installed"
            raise UnreadableFileError(str(path), format_name, found, 'try pip install "scitex-io[hdf5plugin]"')
        if code == h5py.h5z.FILTER_DEFLATE and may_ask("zlib", dataset.id.get_storage_size()):
            _ask(dataset)


def _ask(dataset: h5py.Dataset) -> None:
    """The library makes room for whatever a piece unfolds to."""
    found: list[tuple[int, ...]] = []

    def look(chunk: Any) -> None:
        if may_ask("zlib", chunk.size) and not chunk.filter_mask:
            found.append(chunk.chunk_offset)

    dataset.id.chunk_iter(look)
    for place in found:
        ask("zlib", dataset.id.read_direct_chunk(place)[1], f"a chunk of '{dataset.name}'")
