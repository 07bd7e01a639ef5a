"""A few facts about any object, for those formats that cannot tell them from the file alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scitex_io.errors import type_name


def described(obj: object) -> dict[str, Any]:
    """The standard facts (see `Describer`) about an object in memory."""
    if isinstance(obj, str):
        return {
            "kind": "text",
            "characters": len(obj),
            "lines": obj.count("\n") + (not obj.endswith("\n") and obj != ""),
        }
    if isinstance(obj, Mapping):
        return {"kind": "tree", "keys": {str(key): short(value) for key, value in obj.items()}}
    if isinstance(obj, (list, tuple)):
        return {"kind": "tree", "length": len(obj), "items": short(obj[0]) if obj else "nothing"}
    facts: dict[str, Any] = {"kind": "object", "type": type_name(type(obj))}
    dtypes = getattr(obj, "dtypes", None)
    if hasattr(obj, "columns") and hasattr(dtypes, "items"):
        return {"kind": "table", "rows": len(obj), "columns": {str(k): str(v) for k, v in dtypes.items()}}  # type: ignore[arg-type, union-attr]  # a frame, by its attributes
    if hasattr(obj, "shape") and hasattr(obj, "dtype"):
        return {"kind": "array", "shape": tuple(obj.shape), "dtype": str(obj.dtype)}
    if hasattr(obj, "mode") and hasattr(obj, "size"):
        facts = {"kind": "image", "size": obj.size, "mode": obj.mode, "frames": getattr(obj, "n_frames", 1)}
    return facts


def short(obj: object) -> str:
    """One value in a few words: ``array float64 (3, 4)``, ``list of 5``, ``'text'``."""
    facts = described(obj)
    match facts["kind"]:
        case "array":
            return f"array {facts['dtype']} {facts['shape']}"
        case "table":
            return f"table {facts['rows']} x {len(facts['columns'])}"
        case "tree":
            return f"{type(obj).__name__} of {len(obj)}"  # type: ignore[arg-type]  # a mapping or sequence
    text = repr(obj)
    return text if len(text) <= 40 else f"{text[:37]}..."  # what fits a table cell
