"""Zarr stores (.zarr): folders of chunked arrays."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scitex_io.errors import MissingKeyError, UnreadableFileError, UntrustedFileError
from scitex_io.handler import FormatHandler, save_option
from scitex_io.marks import MARK, Mark, gathered, grown
from scitex_io.stores import ACCEPTS, Writer, key_of, key_option, located, only
from scitex_io.typing import Describer, Loader, Saver, TypedLoader

if TYPE_CHECKING:
    import numpy as np
    import zarr

    Node = zarr.Group | zarr.Array[Any]

AWKWARD = re.compile(r'[/\\<>:"|?*\x00-\x1f\x7f\ud800-\udfff]|%(?=[0-9A-Fa-f]{2}|[_~])|^\.|^__|[. ]$|^(?=zarr\.json$)z')
LONGEST = 200
SHOWN = 1000
"""How many keys a description lists."""
TEXTS = frozenset({"vlen-utf8", "vlen-bytes", "json2", "msgpack2", "vlen-array"})
"""The codecs of format 2 that make objects of plain data; others could make anything."""


@frozen(kw_only=True)
class Zarr(FormatHandler, Saver[Any], Loader[Any], TypedLoader, Describer):
    """A tree of anything: dicts as groups, the rest as arrays, by marks in attributes.

    Parameters
    ----------
    key
        The part to save or load, ``"a/b"``. Saving it keeps the rest of the store.
    override
        Replace what is under the key; False makes it an error.
    compressor
        ``"zstd"`` (with checksums), ``"blosc"``, ``"gzip"``, a codec of zarr's, or None (checksums alone).
    chunks
        The shape of a chunk; True lets zarr choose.
    store_type
        Accepted for older scripts; a store is a folder.
    consolidate_metadata
        Also write what all arrays are like into the root, for stores that are read from afar.
    """

    name = "zarr"
    extensions = (".zarr",)
    accepts = ACCEPTS
    yields = (dict, "numpy.ndarray", "pandas.DataFrame")
    requires = ("zarr",)
    directory = True
    in_place_options = frozenset({"key"})

    key: str | None = key_option()
    override: bool = save_option(default=True)
    compressor: Any = save_option(default="zstd")
    chunks: bool | int | tuple[int, ...] = save_option(default=True)
    store_type: str = save_option(default="auto")
    consolidate_metadata: bool = save_option(default=False)

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the tree, or with *key* one part of it."""
        import zarr

        with _quiet():
            update = self.key is not None and path.exists()
            root = _opened(path, "r+") if update else zarr.create_group(str(path), zarr_format=3)
            if not isinstance(root, zarr.Group):
                raise UnreadableFileError(str(path), self.name, "it is one array, which has no keys")
            consolidated = root.metadata.consolidated_metadata is not None or (path / ".zmetadata").exists()
            writer = _Writer(self.name, str(path), self._layout(root.metadata.zarr_format))
            if self.key is None:
                writer.put_root(root, obj)
            else:
                writer.put_at(_opened(path, "r+"), self.key, obj, override=self.override)
            if self.consolidate_metadata or (update and _is_consolidated(path)) or consolidated:
                zarr.consolidate_metadata(str(path))

    def load(self, path: Path, /) -> Any:
        """Read the tree, or with *key* one part of it."""
        with _quiet():
            reader = _Reader(path)
            return reader.tree() if self.key is None else reader.part(self.key)

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """Read the one array or frame that the store holds."""
        return only(self.load(path), wanted)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """The tree with shapes and types; no data are read."""
        with _quiet():
            return _Reader(path).facts()

    def _layout(self, version: int) -> dict[str, Any]:
        """How zarr is to cut and pack arrays."""
        from zarr import codecs

        chunks = "auto" if self.chunks is True else self.chunks
        packed: Any = self.compressor
        if version == 2:  # format 2 has codecs of its own, and zarr's choice for it is Zstandard as well
            return {"chunks": chunks, "compressors": "auto" if isinstance(packed, str) else packed}
        if packed is None:
            packed = codecs.Crc32cCodec()
        elif packed == "zstd":
            packed = codecs.ZstdCodec(checksum=True)
        elif packed in ("blosc", "gzip"):
            packed = codecs.BloscCodec() if packed == "blosc" else codecs.GzipCodec()
        elif isinstance(packed, str):
            raise ValueError(f"no compressor '{packed}'; there are 'zstd', 'blosc', 'gzip' and None")
        return {"chunks": chunks, "compressors": packed}


@contextmanager
def _quiet() -> Iterator[None]:
    """Without zarr's remarks on what its specification leaves open; they are for authors of stores."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="zarr")
        warnings.filterwarnings("ignore", message=".*[Zz]arr (V3|format 3).*")
        yield
