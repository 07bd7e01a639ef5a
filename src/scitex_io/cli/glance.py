"""The beginning of what a file holds, read and shown within bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from itertools import islice
from pathlib import Path
from typing import Any

from scitex_io.content.parts import at_key
from scitex_io.describe import described, short
from scitex_io.errors import MissingFileError, OptionError, UnreadableFileError
from scitex_io.handler import FormatHandler
from scitex_io.loading import loader_for, read
from scitex_io.messages import bytes_of

LARGEST = 256 << 20
"""Bytes of a file that is loaded as a whole to be looked at."""
WIDTH = 160  # of a line
ACROSS = 8  # columns of an array, and places along its other axes


def _found(file: Path, ext: str | None) -> tuple[Path, FormatHandler]:
    path = file.absolute()
    if not path.exists():
        raise MissingFileError((str(path),), str(file))
    return path, loader_for(path, ext, None, None)


def content(file: Path, ext: str | None, key: str | None, **options: Any) -> Any:
    """What the file holds, or the part under a key, whether its format reads parts or not."""
    path, handler = _found(file, ext)
    pushed = key is not None and "key" in handler.options_for("load")
    obj = read(handler.with_options(options | ({"key": key} if pushed else {}), "load"), path, None)
    return obj if key is None or pushed else at_key(obj, key, path)


def too_large(file: Path, handler: FormatHandler) -> UnreadableFileError:
    """The error for a file that is loaded whole or not at all, and would take long."""
    found = "it has to be loaded as a whole to be looked at, and it is large"
    return UnreadableFileError(str(file), handler.name, found, "scitex-io info tells of it")


def glance(file: Path, rows: int, key: str | None, ext: str | None, *, plain: bool) -> tuple[dict[str, Any], Any]:
    """Facts about what is there, and its beginning: as text, or as plain data."""
    path, handler = _found(file, ext)
    known = handler.options_for("load")
    part = "rows" in known and (key is None or "key" in known)
    obj = None
    if part:
        try:  # one row more than is shown, to know whether there are more
            obj = content(file, ext, key, rows=slice(0, rows + 1))
        except OptionError:  # a tree has no rows
            part = False
    if not part:
        if not (key is not None and "key" in known) and bytes_of(path) > LARGEST:
            raise too_large(file, handler)
        obj = content(file, ext, key)
    facts: dict[str, Any] = {"part": f"the first {rows}"} if part else described(obj)
    return facts, _data(obj, rows) if plain else _text(obj, rows, part=part)


def _head(obj: Any, rows: int) -> Any:
    """The first rows, items or elements, in the container that they are in."""
    if hasattr(obj, "head") and hasattr(obj, "columns"):
        return obj.head(rows)
    if hasattr(obj, "slice") and hasattr(obj, "column_names"):  # of Arrow
        return obj.slice(0, rows).to_pandas()
    if hasattr(obj, "iloc"):
        return obj.iloc[:rows]
    if hasattr(obj, "shape") and hasattr(obj, "dtype"):
        return obj[(slice(rows), *(slice(ACROSS) for _ in obj.shape[1:]))] if obj.shape else obj
    if isinstance(obj, str):
        return "\n".join(line[:WIDTH] for line in islice(obj.splitlines(), rows))
    if isinstance(obj, Mapping):
        return dict(islice(obj.items(), rows))
    if isinstance(obj, (list, tuple, AbstractSet)):
        return list(islice(obj, rows))
    return obj


def _text(obj: Any, rows: int, *, part: bool) -> str:
    head = _head(obj, rows)
    if isinstance(obj, str):
        return str(head)
    title = short(head if part else obj)
    if isinstance(obj, Mapping):
        lines = [f"{key}: {short(value)}" for key, value in head.items()]
    elif isinstance(obj, (list, tuple, AbstractSet)):
        lines = [str(item)[:WIDTH] for item in head]
    elif hasattr(head, "to_string"):
        lines = [head.to_string(max_cols=20, max_colwidth=40)] if hasattr(head, "columns") else [head.to_string()]
    elif hasattr(head, "shape") and hasattr(head, "dtype") and obj.shape:
        lines = [str(head)]
    else:
        return "\n".join(f"{name}: {value}" for name, value in described(obj).items())
    left = len(obj) - len(head) if hasattr(obj, "__len__") and hasattr(head, "__len__") else 0
    return "\n".join([title, *lines, *(["..." if part else f"... {left} more"] if left > 0 else [])])


def _data(obj: Any, rows: int) -> Any:
    """The same as JSON has it."""
    head = _head(obj, rows)
    if hasattr(head, "to_dict") and hasattr(head, "columns"):
        return _plain(head.to_dict("records") if hasattr(head, "iloc") else head.to_dicts())
    if isinstance(obj, Mapping):
        return {str(key): short(value) for key, value in head.items()}
    return _plain(head.tolist() if hasattr(head, "tolist") else head)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (str, int, type(None))) else short(value)
