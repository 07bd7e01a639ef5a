"""Stores made anew: HDF5 files compressed, and HDF5 files as Zarr stores, in little memory."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scitex_io import loading
from scitex_io.content.rows import blocks
from scitex_io.disk import memo, routing
from scitex_io.disk.drafts import draft
from scitex_io.errors import InvalidPathError, UnreadableFileError
from scitex_io.formats.hdf5 import Hdf5
from scitex_io.formats.hdf5.reading import Reader, mark_of, opened
from scitex_io.formats.zarr import Zarr, ZarrWriter
from scitex_io.formats.zarr.reading import quiet
from scitex_io.losses import collecting, lose
from scitex_io.messages import naming, shown, warn
from scitex_io.notices import LossyWarning
from scitex_io.typing import StrPath

if TYPE_CHECKING:
    import zarr


def compress_hdf5(input_path: StrPath, output_path: StrPath | None = None, level: int = 4) -> Path:
    """Write a copy of an HDF5 file whose arrays are packed with gzip; everything else in it stays as it is.

    Parameters
    ----------
    input_path
        The file.
    output_path
        The new file; ``<name>.compressed.h5`` beside the old one by default. It may be the old one.
    level
        Of gzip, from 0 (fast) to 9 (small).

    Returns
    -------
    The path written.

    Raises
    ------
    UnreadableFileError
        The file is damaged, or packed with a filter that is not installed. Nothing is written.
    """
    from scitex_io.formats.hdf5.copying import Copy, is_ordered
    from scitex_io.formats.hdf5.sink import writing

    if level not in range(10):
        raise ValueError(f"level={level!r}: gzip has the levels 0 to 9")
    source = _located(input_path)
    target = _placed(output_path) if output_path is not None else _beside(source, f".compressed{source.suffix}")
    with naming(Hdf5(), source, "load"), opened(source) as reader, draft(target) as fresh:
        old: Any = reader.root
        block = old.userblock_size
        with writing(fresh, track_order=is_ordered(old), userblock_size=block) as (new, sink):
            Copy(reader, new, sink, level).all()
        if block:  # what stands before the HDF5 part: the header of a MATLAB file
            with source.open("rb") as before, fresh.open("r+b") as after:
                after.write(before.read(block))
    memo.forget(target)
    return target


def migrate_h5_to_zarr(
    h5_path: StrPath, zarr_path: StrPath | None = None, *, overwrite: bool = False, **options: Any
) -> Path:
    """Write what an HDF5 file holds as a Zarr store: groups, arrays, attributes, and all that `save` made of objects.

    Arrays are copied block by block. Soft links become what they lead to.

    Parameters
    ----------
    h5_path
        The file.
    zarr_path
        The store; ``<name>.zarr`` beside the file by default.
    overwrite
        Replace a store that is there.
    **options
        Of saving a Zarr store: ``compressor``, ``chunks``, ``consolidate_metadata``.

    Returns
    -------
    The path written.

    Raises
    ------
    FileExistsError
        There is something at *zarr_path*, and *overwrite* is False.
    """
    source = _located(h5_path)
    target = _placed(zarr_path) if zarr_path is not None else _beside(source, ".zarr")
    if not overwrite and os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, "overwrite=True replaces what is there", str(target))
    handler = Zarr().with_options(options, "save")
    layout = handler.layout(3)
    with (
        collecting() as losses,
        naming(Hdf5(), source, "load"),
        quiet(),
        opened(source) as reader,
        draft(target, directory=True) as fresh,
    ):
        _Migration(reader, ZarrWriter(handler.name, str(target), layout)).all(fresh, handler)
    memo.forget(target)
    if losses:
        warn(f"'{shown(target)}' ({handler.name}): {'; '.join(losses)}", LossyWarning)
    return target


def migrate_h5_to_zarr_batch(
    h5_paths: StrPath | Iterable[StrPath], zarr_dir: StrPath | None = None, *, overwrite: bool = False, **options: Any
) -> list[Path]:
    """Do the same for many files, given one by one or as a pattern.

    Parameters
    ----------
    h5_paths
        The files, or a pattern such as ``"runs/*.h5"``.
    zarr_dir
        The folder for the stores; beside their files by default.
    overwrite, **options
        As for one file.

    Returns
    -------
    The paths written, in the order of the files. What was written before an error stays.
    """
    if isinstance(h5_paths, (str, os.PathLike)):
        found = loading.locate(routing.normalised(h5_paths), use_caller_path=False)
        h5_paths = [found] if isinstance(found, Path) else [match.path for match in found]
    sources = [_located(path) for path in h5_paths]
    folder = None if zarr_dir is None else _placed(zarr_dir)
    targets = [_beside(source if folder is None else folder / source.name, ".zarr") for source in sources]
    return [
        migrate_h5_to_zarr(source, target, overwrite=overwrite, **options)
        for source, target in zip(sources, targets, strict=True)
    ]


def _located(path: StrPath) -> Path:
    found = loading.locate(routing.normalised(path), use_caller_path=False)
    if not isinstance(found, Path):
        raise InvalidPathError(str(path), "it matches several files")
    return found


def _placed(path: StrPath) -> Path:
    return routing.normalised(Path.cwd() / routing.normalised(path))


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.stem + ending)


@frozen
class _Migration:
    reader: Reader
    writer: ZarrWriter

    def all(self, path: Path, handler: Zarr) -> None:
        """Write the store."""
        import zarr

        root = zarr.create_group(str(path), zarr_format=3)
        old = self.reader.root
        names = [self.writer.named(key, str(key))[0] for key, _ in self.reader.members(old)]
        self.writer.set_mark(root, _rest(mark_of(old)), names)
        self._attributes(old, root, "")
        self._group(old, root, "", [old])
        if handler.consolidate_metadata:
            zarr.consolidate_metadata(str(path))

    def _group(self, old: Any, new: zarr.Group, where: str, above: list[Any]) -> None:
        for key, node in self.reader.members(old):
            place = f"{where}/{key}"
            if node in above:
                raise UnreadableFileError(str(self.reader.path), "hdf5", f"'{place}' contains itself")
            made = self._array(node, new, key, place) if self.reader.shape(node) is not None else None
            if made is None:
                name, told = self.writer.named(key, place)
                inside = [self.writer.named(part, place)[0] for part, _ in self.reader.members(node)]
                group = self.writer.put_group(new, name, {**_rest(mark_of(node)), **told}, inside)
                self._attributes(node, group, place)
                self._group(node, group, place, [*above, node])
            else:
                self._attributes(node, made, place)

    def _array(self, old: Any, group: zarr.Group, key: Any, where: str) -> Any:
        name, told = self.writer.named(key, where)
        if not old.size or not old.shape or _rest(mark_of(old)) or not self.writer.native(old.dtype):
            # By a reader of its own: one keeps all that it has read, for links that lead to the same object.
            self.writer.put(group, key, Reader(old.file, self.reader.path).read(old), where)
            return group[name]
        self.reader.check(old)
        made: Any = self.writer.put_array(group, name, old.shape, old.dtype, told)
        for block in blocks(old.shape, old.dtype.itemsize, made.chunks):
            made[block.where] = old[block.where]
        return made

    def _attributes(self, old: Any, new: Any, where: str) -> None:
        found = self.reader.attributes(old)
        told = {name: _as_json(value, f"{where}@{name}") for name, value in found.items()}
        if told:
            new.attrs.update(told)


def _rest(mark: Mapping[str, Any]) -> dict[str, Any]:
    """A mark without what it says about the name, which differs between stores."""
    return {name: value for name, value in mark.items() if name not in {"key", "literal"}}


def _as_json(value: Any, where: str) -> Any:
    """An attribute as JSON has it: arrays as lists; what it has no word for as text, which is announced."""
    plain = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(plain, (list, tuple)):
        return [_as_json(part, where) for part in plain]
    if isinstance(plain, bytes):
        return plain.decode("utf-8", "surrogateescape")
    if plain is None or isinstance(plain, (bool, int, float, str)):
        return plain
    lose(f"{type(plain).__name__} becomes text (at '{where}')")
    return str(plain)
