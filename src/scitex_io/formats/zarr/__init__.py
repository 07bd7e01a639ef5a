"""Zarr stores (.zarr): folders of chunked arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from scitex_io.content.batches import ArrayBatches
from scitex_io.content.leaves import MARK, Mark
from scitex_io.content.notes import NoteKeeper
from scitex_io.content.parts import TablePart, key_option
from scitex_io.content.stores import ACCEPTS, Writer, only
from scitex_io.errors import OptionError
from scitex_io.formats.zarr import reading
from scitex_io.formats.zarr.folders import Folder
from scitex_io.handler import save_option
from scitex_io.typing import Describer, Loader, PartialLoader, Saver, Streamer, TypedLoader

if TYPE_CHECKING:
    import numpy as np
    import zarr


@frozen(kw_only=True)
class Zarr(
    ArrayBatches,
    TablePart,
    Saver[Any],
    Loader[Any],
    TypedLoader,
    PartialLoader[Any],
    Streamer[Any],
    Describer,
    NoteKeeper,
):
    """A tree of anything: dicts as groups, the rest as arrays, by marks in attributes.

    Parameters
    ----------
    key
        The part to save or load, ``"a/b"``. Saving it keeps the rest of the store.
    rows, columns
        Read only these of one array or table; the rest of it stays in the store.
    override
        Replace what is under the key; False makes it an error.
    compressor
        ``"auto"``: Zstandard, behind bit shuffling where that is smaller, with checksums. Or ``"zstd"`` (with
        checksums), ``"blosc"``, ``"gzip"``, a codec of zarr's, or None (checksums alone).
    chunks
        The shape of a chunk; True: at most 4 MB, by halving the longest axis.
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
    also = {"sparse": "sparse"}
    directory = True
    in_place_options = frozenset({"key"})

    key: str | None = key_option()
    override: bool = save_option(True)
    compressor: object = save_option("auto")
    chunks: bool | int | tuple[int, ...] = save_option(True)
    store_type: str = save_option("auto")
    consolidate_metadata: bool = save_option(False)

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the tree, or with *key* one part of it."""
        import zarr

        update = self.key is not None and path.exists()
        old = Folder(path, path) if update else None
        if old is not None and old.is_array:
            raise OptionError(self.name, "save", "key", reason="the store is one array and has no keys")
        with reading.quiet():
            root = (
                zarr.create_group(str(path), zarr_format=3)
                if old is None
                else zarr.open_group(str(path), mode="r+", zarr_format=old.version, use_consolidated=False)
            )
            version = root.metadata.zarr_format
            may_shuffle = self.compressor == "auto" and version == 3
            writer = ZarrWriter(self.name, str(path), self.layout(version), may_shuffle=may_shuffle)
            if self.key is None:
                writer.put_root(root, obj)
            else:
                writer.put_at(root, self.key, obj, override=self.override)
            # What is consolidated stays so, and up to date.
            if self.consolidate_metadata or (old is not None and old.is_consolidated):
                zarr.consolidate_metadata(str(path))

    def load(self, path: Path, /) -> Any:
        """Read the tree, with *key* one part of it, with *rows* or *columns* a part of that."""
        with reading.quiet():
            return reading.Reader(path).content(self.key, self)

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """Read the one array or frame that the store holds."""
        return only(self.load(path), wanted)

    def load_part(self, path: Path, part: slice, /) -> Any:
        """Read the rows *part* of one array or table."""
        return evolve(self, rows=part).load(path)

    def stream(self, path: Path, /) -> Iterator[Any]:
        """Read one array in pieces along its first axis."""
        reader = reading.Reader(path)
        yield from reader.stream(reader.wanted(self.key))

    def describe(self, path: Path, /) -> dict[str, Any]:
        """The tree with shapes and types; no data are read."""
        return reading.Reader(path).facts()

    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """As attributes of the root."""
        import zarr

        root = Folder(path, path)
        with reading.quiet():
            opened = zarr.open(str(path), mode="r+", zarr_format=root.version, use_consolidated=False)
            opened.attrs.update(notes)
            if root.is_consolidated:
                zarr.consolidate_metadata(str(path))

    def note(self, path: Path, name: str, /) -> str | None:
        """The text of this name."""
        found = Folder(path, path).attributes.get(name)
        return None if found is None else str(found)

    def layout(self, version: int) -> dict[str, Any]:
        """How zarr is to cut and pack arrays."""
        from zarr import codecs

        packed: Any = self.compressor
        if version == 2:  # format 2 has codecs of its own, and zarr's choice for it is Zstandard as well
            return {"chunks": self.chunks, "compressors": "auto" if isinstance(packed, str) else packed}
        if packed is None:
            packed = codecs.Crc32cCodec()
        elif packed in ("auto", "zstd"):
            packed = codecs.ZstdCodec(checksum=True)
        elif packed in ("blosc", "gzip"):
            packed = codecs.BloscCodec() if packed == "blosc" else codecs.GzipCodec()
        elif isinstance(packed, str):
            raise ValueError(f"no compressor '{packed}'; there are 'auto', 'zstd', 'blosc', 'gzip' and None")
        return {"chunks": self.chunks, "compressors": packed}


class ZarrWriter(Writer["zarr.Group"]):
    """An open store of zarr's that takes objects."""

    awkward = reading.AWKWARD
    longest = reading.LONGEST

    def __init__(self, format: str, path: str, layout: dict[str, Any], *, may_shuffle: bool = False) -> None:  # noqa: A002  # as in Writer
        super().__init__(format, path)
        self._layout = layout
        self._may_shuffle = may_shuffle

    def native(self, dtype: np.dtype[Any], /) -> bool:
        """Does the codec for numbers keep them?"""
        return dtype.isnative and (dtype.kind in "biu" or dtype.str[1:] in {"f2", "f4", "f8", "c8", "c16"})

    def put_leaf(self, group: zarr.Group, name: str, value: Any, mark: Mark, /) -> None:
        """Write an array, or a text as one of a single text."""
        import numpy as np

        array = np.array(value, object) if isinstance(value, str) else value
        dtype: Any = array.dtype
        if dtype.kind in "OU":
            array, dtype = array.astype(object, order="C"), str  # the codec for texts takes them as they lie in memory
        packed = _shuffled(array) if self._may_shuffle and self.native(array.dtype) else None
        made = self.put_array(group, name, array.shape, dtype, mark, packed)
        if array.size:
            made[...] = array if array.ndim else array[()]

    def put_array(
        self,
        group: zarr.Group,
        name: str,
        shape: tuple[int, ...],
        dtype: Any,
        mark: Mark,
        packed: list[Any] | None = None,
        /,
    ) -> zarr.Array[Any]:
        """Make an array that is still to be filled; *packed* are other codecs than those of the store."""
        itemsize = getattr(dtype, "itemsize", 8)
        layout = self._layout | {"chunks": _chunks(self._layout["chunks"], shape, itemsize)}
        if packed:
            layout["compressors"] = packed
        attributes: Any = {MARK: dict(mark)} if mark else None
        # Chunks of zeros are written too: those left out would lose the sign of -0.0, and a missing file would pass.
        config: Any = {"write_empty_chunks": True}
        return group.create_array(name, shape=shape, dtype=dtype, attributes=attributes, config=config, **layout)

    def put_group(self, group: zarr.Group, name: str, mark: Mark, names: list[str], /) -> zarr.Group:
        """Make a group whose mark knows the order of its members."""
        told = _ordered(mark, names)
        return group.create_group(name, attributes={MARK: told} if told else None)

    def set_mark(self, group: zarr.Group, mark: Mark, names: list[str], /) -> None:
        """Mark the root."""
        told = _ordered(mark, names)
        if told:
            group.attrs[MARK] = told
        elif MARK in group.attrs:
            del group.attrs[MARK]

    def mark(self, group: zarr.Group, name: str | None, /) -> Mark:
        """The mark of a child, or of the group itself."""
        found: Any = (group if name is None else group[name]).attrs.get(MARK, {})
        return dict(found)

    def subgroup(self, group: zarr.Group, name: str, /) -> zarr.Group | None:
        """The group of this name."""
        import zarr

        found = group[name]
        return found if isinstance(found, zarr.Group) else None

    def has(self, group: zarr.Group, name: str, /) -> bool:
        """Is there something of this name?"""
        return name in group

    def remove(self, group: zarr.Group, name: str, /) -> None:
        """Delete its folder."""
        del group[name]

    def append_name(self, group: zarr.Group, name: str, /) -> None:
        """Put the name at the end of the order."""
        mark = dict(self.mark(group, None))
        order = mark.get("order", sorted(group.keys()))
        group.attrs[MARK] = mark | {"order": [*(other for other in order if other != name), name]}


def _ordered(mark: Mark, names: list[str]) -> dict[str, Any]:
    """The mark of a group; folders have no order of their own, so it goes there."""
    counted = [str(at) for at in range(len(names))]
    return dict(mark) if names == counted or len(names) < 2 else {**mark, "order": names}


CHUNK = 4 << 20
"""Bytes of a chunk: larger ones are not read faster, smaller ones make many files."""
SAMPLE = 1 << 18


def _shuffled(array: np.ndarray[Any, Any]) -> list[Any] | None:
    """The codecs that bring equal bits together before packing, if a piece of the array says that it helps."""
    if array.nbytes < 4 * SAMPLE or array.dtype.itemsize == 1:
        return None
    from numcodecs import Blosc, Zstd
    from zarr.codecs import BloscCodec, Crc32cCodec

    at = array.size // 2
    piece = array.flat[at : at + SAMPLE // array.dtype.itemsize]
    shuffled = len(Blosc("zstd", 1, Blosc.BITSHUFFLE).encode(piece))
    if shuffled > 0.9 * len(Zstd().encode(piece)):
        return None
    return [BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle"), Crc32cCodec()]


def _chunks(asked: Any, shape: tuple[int, ...], itemsize: int) -> Any:
    if asked is True:
        asked = tuple(axis or 1 for axis in shape)
        while math.prod(asked) * itemsize > CHUNK:
            longest = max(asked)
            asked = tuple(-(-axis // 2) if axis == longest else axis for axis in asked)
        return asked
    if isinstance(asked, tuple):
        return (
            tuple(min(one, axis) or 1 for one, axis in zip(asked, shape, strict=True))
            if len(asked) == len(shape)
            else "auto"
        )
    if asked is False:
        return tuple(axis or 1 for axis in shape)
    return tuple(min(asked, axis) or 1 for axis in shape)
