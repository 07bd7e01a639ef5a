"""A few facts about any object, for those formats that cannot tell them from the file alone."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from scitex_io.errors import type_name

DEPTH = 3  # of the keys listed: enough to find one's way in a tree
KEYS = 200  # listed; the rest is counted
WIDTH = 40  # of a value's text: what fits a table cell


def described(obj: object) -> dict[str, Any]:
    """The standard facts (see `Describer`) about an object in memory."""
    if isinstance(obj, str):
        lines = obj.count("\n") + (not obj.endswith("\n") and obj != "")
        return {"kind": "text", "characters": len(obj), "lines": lines}
    if isinstance(obj, (bytes, bytearray, memoryview)):
        return {"kind": "object", "type": type_name(type(obj)), "length": len(obj)}
    if isinstance(obj, Mapping):
        return {"kind": _kind_of_parts(obj), "length": len(obj), "keys": _keys(obj)}
    if isinstance(obj, (list, tuple, AbstractSet)):
        return {"kind": "tree", "length": len(obj), "items": _alike(obj)}
    return _by_attributes(obj) or {"kind": "object", "type": type_name(type(obj)), "value": _text(obj)}


def short(obj: object) -> str:
    """One value in a few words: ``array float64 (3, 4)``, ``list of 5``, ``'text'``."""
    if isinstance(obj, (Mapping, list, tuple, AbstractSet)):
        return f"{type(obj).__name__} of {len(obj)}"
    if isinstance(obj, (bytes, bytearray, memoryview)):
        return f"{len(obj)} bytes"
    facts = {} if isinstance(obj, str) else _by_attributes(obj)
    match facts.get("kind"):
        case "array":
            return f"array {facts['dtype']} {facts['shape']}" if facts["shape"] else f"{facts['dtype']} {_text(obj)}"
        case "table":
            return f"table {facts['rows']} x {len(facts['columns'])}"
        case "image":
            return f"image {facts['mode']} {facts['size'][0]} x {facts['size'][1]}"
    return _text(obj)


def _by_attributes(obj: Any) -> dict[str, Any]:
    """Facts about what looks like a table, an array or an image, whichever library made it; empty for the rest."""
    columns, dtypes = getattr(obj, "columns", None), getattr(obj, "dtypes", None)
    if columns is not None and dtypes is not None and hasattr(obj, "__len__"):
        kinds = dtypes.values() if isinstance(dtypes, Mapping) else dtypes
        return {
            "kind": "table",
            "rows": len(obj),
            "columns": {str(name): str(kind) for name, kind in zip(columns, kinds, strict=False)},
        }
    if hasattr(obj, "shape") and hasattr(obj, "dtype"):
        return {"kind": "array", "shape": tuple(obj.shape), "dtype": str(obj.dtype)}
    if hasattr(obj, "mode") and hasattr(obj, "size") and hasattr(obj, "getbands"):
        return {"kind": "image", "size": obj.size, "mode": obj.mode, "frames": getattr(obj, "n_frames", 1)}
    return {}


def _kind_of_parts(mapping: Mapping[Any, Any]) -> str:
    """``arrays`` or ``tables`` where every part is one, else ``tree``."""
    kinds = {_by_attributes(part).get("kind") for part in mapping.values()}
    return {"array": "arrays", "table": "tables"}.get(str(kinds.pop()), "tree") if len(kinds) == 1 else "tree"


def _keys(mapping: Mapping[Any, Any]) -> dict[str, str]:
    """Path of keys: value in short, down to a few levels."""
    found: dict[str, str] = {}

    def walk(part: Mapping[Any, Any], above: str, depth: int) -> None:
        for key, value in part.items():
            if len(found) == KEYS:
                found["..."] = f"more than {KEYS} keys"
            if len(found) > KEYS:
                return
            path = f"{above}{key}"
            found[path] = short(value)
            if isinstance(value, Mapping) and depth > 1:
                walk(value, f"{path}/", depth - 1)

    walk(mapping, "", DEPTH)
    return found


def _alike(items: Any) -> str:
    """The type of the items, or the types: ``dict``, ``int or str``, ``nothing``."""
    names = sorted({type_name(type(item)) for item in items})
    return " or ".join(names[:5]) or "nothing"


def _text(obj: object) -> str:
    # A long text is cut before `repr` makes a second copy of all of it.
    text = repr(obj[: WIDTH + 1] if isinstance(obj, str) else obj)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3]}..."
