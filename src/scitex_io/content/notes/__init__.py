"""Metadata inside files: as JSON text, under a name, in the place that each format has for such a thing."""

from __future__ import annotations

import datetime as dt
import json
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scitex_io.typing import MetadataCarrier

METADATA = "scitex_metadata"
"""What the metadata are called in every file."""
FIGURE = "scitex_figure"
"""What the table of a figure is called in its picture."""
NAMESPACE = "http://scitex.io/metadata"
NOTES = frozenset({METADATA, FIGURE})
LARGEST = 1 << 28
"""Bytes that a compressed text of others may expand to."""


class NoteKeeper(MetadataCarrier):
    """A `MetadataCarrier` that keeps ASCII texts under the names of `NOTES`; metadata are one of them."""

    __slots__ = ()

    @abstractmethod
    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """Store the texts in the file, each replacing what was stored under its name; all else stays."""

    @abstractmethod
    def note(self, path: Path, name: str, /) -> str | None:
        """The text that is stored under a name, or None."""

    def embed_metadata(self, path: Path, metadata: Mapping[str, Any], /) -> None:
        """Store *metadata* in the file, replacing what was stored so before."""
        self.put_notes(path, {METADATA: text_of(metadata)})

    def read_metadata(self, path: Path, /) -> dict[str, Any] | None:
        """The stored metadata; a text that is none of ours as ``{"raw": text}``."""
        text = self.note(path, METADATA)
        if text is None:
            return None
        return found if (found := parsed(text)) is not None else {"raw": text}


def text_of(metadata: object) -> str:
    """The metadata as JSON in ASCII.

    Raises
    ------
    ValueError
        A value that is no text, number, date or list or dict of such; its path of keys is named.
    """
    if not isinstance(metadata, (Mapping, list, tuple)):
        raise ValueError(f"metadata are a dict, not {type(metadata).__name__}")  # noqa: TRY004  # what older scripts catch
    return json.dumps(_plain(metadata, ""), indent=2)


def parsed(text: str) -> Any:
    """The dict or list that a JSON text holds; None if it is something else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, (dict, list)) else None


def _plain(value: Any, where: str) -> Any:
    """The value in JSON's own types."""
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if isinstance(value, Mapping):
        made: dict[str, Any] = {}
        for key, part in value.items():
            name = str(key) if type(key) in (str, int) else ""
            if name in made or (not name and key != ""):
                raise ValueError(f"the key {key!r} of metadata{where} is {'there twice' if name else 'no text'}")
            made[name] = _plain(part, f"[{key!r}]" if not where else f"{where}[{key!r}]")
        return made
    if isinstance(value, (list, tuple)):
        return [_plain(part, f"{where}[{at}]") for at, part in enumerate(value)]
    if isinstance(value, (dt.date, dt.time)):  # a datetime is a date
        return value.isoformat()
    if hasattr(value, "dtype") and hasattr(value, "tolist"):  # of numpy, which need not be imported
        moments = value.dtype.kind == "M"
        return _plain((value.astype(str) if moments else value).tolist(), where)
    if isinstance(value, (int, float, str)):  # an enumeration, a text of numpy
        return _plain(next(base for base in (bool, int, float, str) if isinstance(value, base))(value), where)
    raise ValueError(f"metadata{where} is {kind.__module__}.{kind.__qualname__}, for which there is no word in JSON")
