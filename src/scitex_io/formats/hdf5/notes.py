"""Texts in HDF5 files: attributes of the root."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from scitex_io.formats.hdf5.sink import writing


def put(path: Path, notes: Mapping[str, str]) -> None:
    """Store the texts, in place of those of the same names."""
    import h5py

    with h5py.File(path, "r"):  # which looks at the length of the file; the sink would go on where it is cut
        pass
    with writing(path, update=True) as (store, _):
        for name, text in notes.items():
            store.attrs[name] = text


def get(path: Path, name: str) -> str | None:
    """The text of this name."""
    import h5py

    with h5py.File(path, "r") as file:
        found = file.attrs.get(name)
        return found.decode() if isinstance(found, bytes) else None if found is None else str(found)
