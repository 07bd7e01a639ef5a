"""Metadata inside files: embedded, read, and whether there are any; and the data of a figure from its picture."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scitex_io import registry
from scitex_io.content.notes import FIGURE, METADATA, NoteKeeper, text_of
from scitex_io.disk import memo, routing
from scitex_io.disk.drafts import draft
from scitex_io.errors import InvalidPathError, UnreadableFileError, UnsupportedTypeError
from scitex_io.handler import FormatHandler
from scitex_io.loading import loader_for, locate
from scitex_io.messages import naming
from scitex_io.typing import StrPath, is_metadata_carrier

if TYPE_CHECKING:
    import pandas as pd


def embed_metadata(image_path: StrPath, metadata: Mapping[str, Any]) -> None:
    """Store metadata inside a file, in place of what was stored so before; all else in it stays.

    Pixels, drawings and data are not touched. The file is replaced at once, or not at all.

    Parameters
    ----------
    image_path
        A picture (PNG, JPEG, TIFF, WebP, SVG, PDF), or a file of any other format that has a place for metadata:
        HDF5, Zarr, npz, Parquet, Feather, NetCDF, FITS, NIfTI, WAV.
    metadata
        Text, numbers, booleans, None, and lists and dicts of them. Dates are stored as ISO 8601 text, values and arrays
        of NumPy as numbers and lists.

    Raises
    ------
    ValueError
        The format has no place for metadata, or a value cannot be stored; its key is named.
    FileNotFoundError
        There is no such file.
    """
    path, handler = _carrier(image_path)
    assert is_metadata_carrier(handler)
    # First: what is wrong with a value is said of the value, what goes wrong later of the file.
    notes = {METADATA: text_of(metadata)} if isinstance(handler, NoteKeeper) else None
    with draft(path, directory=handler.directory, update=True) as fresh, naming(handler, path, "load"):
        if notes is not None and isinstance(handler, NoteKeeper):
            handler.put_notes(fresh, notes)
        else:
            handler.embed_metadata(fresh, metadata)
    memo.forget(path)


def read_metadata(image_path: StrPath) -> dict[str, Any] | None:
    """The metadata inside a file, or None if there are none.

    Text that others have put into their place comes as ``{"raw": text}``; of a PDF the title, author, subject and creator.

    Raises
    ------
    ValueError
        The format has no place for metadata, or the file is damaged.
    FileNotFoundError
        There is no such file.
    """
    path, handler = _carrier(image_path)
    assert is_metadata_carrier(handler)
    with naming(handler, path, "load"):
        return handler.read_metadata(path)


def has_metadata(image_path: StrPath) -> bool:
    """Whether there are metadata inside a file; False where none can be read."""
    try:
        return read_metadata(image_path) is not None
    except Exception:  # noqa: BLE001  # whatever is wrong with the file, the answer is no
        return False


def load_figure_data(path: StrPath) -> pd.DataFrame:
    """The table of what a figure shows, from the picture itself: the values that were plotted, exactly.

    `save` puts it into every PNG, JPEG, TIFF, WebP, SVG and PDF of a figure, unless ``no_csv=True`` or the table has
    more than 600,000 cells. Its columns are those of the CSV file beside the picture: ``axes``, ``artist``, ``label``, ``x``, ``y``,
    and what else the artists have; one row for each point.

    Parameters
    ----------
    path
        The picture; a relative path is looked for as by `load`.

    Raises
    ------
    ValueError
        The file holds no such table.
    FileNotFoundError
        There is no such file.
    """
    from scitex_io.content.figures import unpacked

    found, handler = _carrier(path)
    with naming(handler, found, "load"):
        text = handler.note(found, FIGURE) if isinstance(handler, NoteKeeper) else None
        if text is None:
            reason = "it was saved without (no_csv=True), with too much of it, or by another program"
            raise UnreadableFileError(str(found), handler.name, "it holds no data of a figure", reason)
        return unpacked(text)


def _carrier(path: StrPath) -> tuple[Path, FormatHandler]:
    """The file, and the handler that knows where in it metadata are.

    Raises
    ------
    UnsupportedTypeError
        Its format has no place for them.
    """
    asked = routing.normalised(path)
    found = locate(asked, use_caller_path=False)
    if not isinstance(found, Path):
        raise InvalidPathError(os.fspath(path), "metadata belong to one file at a time")
    handler = loader_for(found, None, None, None)
    if not is_metadata_carrier(handler):
        raise no_place(handler)
    return found, handler


def embedding(
    handler: FormatHandler,
    metadata: Mapping[str, Any] | None,
    provenance: bool | None,
    companions: Mapping[str, object],
) -> Callable[[Path], None] | None:
    """What `save` does with a file that is written, before it is put in place: put all this into it.

    Raises
    ------
    UnsupportedTypeError
        Metadata or provenance are asked for, and the format has no place for them.
    """
    own = "provenance" in (metadata or ())
    if provenance and own:
        raise ValueError("metadata have a key 'provenance' already, which is where provenance=True puts it")
    if provenance is None and not own:
        asked = os.environ.get("SCITEX_IO_PROVENANCE", "").lower() in {"1", "true", "yes"}
        provenance = asked and is_metadata_carrier(handler)
    if not is_metadata_carrier(handler):
        if provenance or metadata is not None:
            raise no_place(handler)
        return None
    told = metadata
    if provenance:
        from scitex_io.provenance import KEY, gathered

        told = {**(metadata or {}), KEY: gathered()}
    if not isinstance(handler, NoteKeeper):
        return None if told is None else lambda path: handler.embed_metadata(path, told)
    notes = {} if told is None else {METADATA: text_of(told)}
    if (table := companions.get(".csv")) is not None:
        from scitex_io.content.figures import packed

        if (text := packed(table)) is not None:
            notes[FIGURE] = text
    return (lambda path: handler.put_notes(path, notes)) if notes else None


def no_place(handler: FormatHandler) -> UnsupportedTypeError:
    """The error that says which formats take metadata."""
    carriers = sorted({one.name for _, one in registry.REGISTRY.handlers() if is_metadata_carrier(one)})
    return UnsupportedTypeError(handler.name, "metadata", (), f"these can: {', '.join(carriers)}")
