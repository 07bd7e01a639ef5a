"""One tree model for the stores (HDF5, Zarr): groups, arrays and texts, and marks for what these have no word for.

A store knows arrays of numbers, arrays of texts, texts and groups. Anything else is lowered to these, with
a mark (a small JSON object in the attribute ``scitex_io``) that says what it was; what needs no mark gets
none, so a dict of arrays is written as anybody would write it, and files by others load as plain trees.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID

from scitex_io.content import composites
from scitex_io.content.leaves import Branch, Leaf, Mark, Native, decoded, is_clean, lowered_array, objects, text
from scitex_io.errors import type_name
from scitex_io.losses import lose


def lowered(obj: object, native: Native, where: str) -> Leaf | Branch | None:
    """The object in terms of the model; None if there is no way.

    Parameters
    ----------
    obj
        Anything.
    native
        Which data types the store keeps by itself.
    where
        The path of keys that leads to the object, for what is said about losses.
    """
    import numpy as np

    kind = type(obj)
    if (parts := composites.apart(obj)) is not None:
        # The mark says what these two do.
        children = ((name, part) for name, part in parts.items() if name not in {"format", "_is_array"})
        return Branch(children, {"type": composites.kind_of(parts)})
    if isinstance(obj, (np.ndarray, np.generic)):
        if isinstance(obj, np.ndarray) and kind not in {np.ndarray, np.memmap}:
            lose(f"{type_name(kind)} becomes numpy.ndarray (at '{where}')")
        return lowered_array(
            np.asarray(obj), native, {"type": "ndarray"} if isinstance(obj, np.ndarray) and obj.ndim == 0 else {}
        )
    if any(base.__module__.partition(".")[0] == "pandas" for base in kind.__mro__):
        from scitex_io.content import columns

        if (node := columns.lowered(obj, where)) is not None:
            return node
    for base in kind.__mro__:
        if (lower := _LOWER.get(base)) is not None:
            if base is not kind and not (base is Path and kind is type(Path())):
                lose(f"{type_name(kind)} becomes {type_name(base)} (at '{where}')")
            return lower(obj)
    if isinstance(obj, Mapping):
        lose(f"{type_name(kind)} becomes dict (at '{where}')")
        return Branch(obj.items())
    return None


def grown(value: Any, mark: Mark) -> Any:
    """The object that a leaf stands for."""
    import numpy as np

    kind = mark.get("type")
    if "dtype" in mark and kind != "objects":
        value = decoded(np.asarray(value), mark)
    if mark.get("coding") == "utf-8":
        value = value.tobytes().decode("utf-8", "surrogatepass")
    if kind is None:
        return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value
    if kind == "ndarray":
        return np.asarray(value)
    if kind.startswith("pandas."):
        from scitex_io.content import columns

        return columns.grown(value, mark)
    return _GROW[kind](value, mark)


def gathered(children: dict[Any, Any], mark: Mark) -> Any:
    """The object that a group stands for, made of the objects in it."""
    kind = mark.get("type", "dict")
    if kind == "dict":
        return children
    if kind in _ROWS:
        return _ROWS[kind](children[key] for key in sorted(children, key=int))
    if kind == "objects":
        return objects(children["items"], mark)
    if kind in composites.KINDS:
        return composites.together(kind, children)
    from scitex_io.content import columns

    return columns.gathered(children, mark)


# ---------------------------------------------------------------- Python's own types


def _scalar(dtype: str, kind: str) -> Callable[[Any], Leaf]:
    def lower(obj: Any) -> Leaf:
        import numpy as np

        return Leaf(np.array(obj, dtype), {"type": kind})

    return lower


def _int(obj: int) -> Leaf:
    import numpy as np

    if -(2**63) <= obj < 2**63:
        return Leaf(np.array(int(obj), np.int64), {"type": "int"})
    return Leaf(hex(obj), {"type": "int"})  # decimal digits are limited in number


def _bytes(obj: bytes | bytearray) -> Leaf:
    import numpy as np

    return Leaf(np.frombuffer(bytes(obj), np.uint8), {"type": "bytearray" if isinstance(obj, bytearray) else "bytes"})


def _rows(kind: str) -> Callable[[Any], Leaf | Branch]:
    def lower(obj: Any) -> Leaf | Branch:
        import numpy as np

        items, shape = list(obj), [len(obj)]
        # Lists of equally long lists are one array; its number of axes is limited.
        while kind == "list" and len(shape) < 32 and {*map(type, items)} == {list} and len({*map(len, items)}) == 1:
            shape.append(len(items[0]))
            items = list(chain.from_iterable(items))
        kinds = {*map(type, items)}
        array: Any = None
        if not items:
            array = np.empty(0)
        elif kinds == {int} and min(items) >= -(2**63) and max(items) < 2**63:
            array = np.array(items, np.int64)
        elif kinds <= {float} or kinds <= {bool} or kinds <= {complex}:
            array = np.array(items)
        elif kinds <= {str} and all(map(is_clean, items)):
            array = np.array(items, object)
        if array is not None:
            return Leaf(array.reshape(shape), {"type": kind})
        if kind == "list" and _is_json(obj):
            return Leaf(json.dumps(obj), {"type": "list", "coding": "json"})
        return Branch(((str(at), item) for at, item in enumerate(obj)), {"type": kind})

    return lower


def _is_json(obj: object) -> bool:
    if type(obj) is list:
        return all(map(_is_json, obj))
    if type(obj) is dict:
        return all(type(key) is str for key in obj) and all(map(_is_json, obj.values()))
    return type(obj) in {str, float, bool, type(None)} or (type(obj) is int and obj.bit_length() < 10_000)


def _moment(kind: str) -> Callable[[Any], Leaf]:
    def lower(obj: dt.datetime | dt.time) -> Leaf:
        mark: dict[str, Any] = {"type": kind, "fold": 1} if obj.fold else {"type": kind}
        if obj.tzinfo is not None and type(obj.tzinfo) is not dt.timezone:
            key = getattr(obj.tzinfo, "key", None)
            if key is None:
                lose(f"the time zone {obj.tzinfo!r} becomes a fixed offset")
            else:
                mark["zone"] = key
        return Leaf(obj.isoformat(), mark)

    return lower


def _moved(obj: Any, mark: Mark) -> Any:
    from zoneinfo import ZoneInfo

    zone = {"tzinfo": ZoneInfo(mark["zone"])} if "zone" in mark else {}
    return obj.replace(fold=mark.get("fold", 0), **zone)


def _span(obj: dt.timedelta) -> Leaf:
    import numpy as np

    return Leaf(np.array([obj.days, obj.seconds, obj.microseconds], np.int64), {"type": "timedelta"})


_LOWER: dict[type, Callable[[Any], Leaf | Branch]] = {
    type(None): lambda _: _scalar("?", "None")(False),  # the value beside the mark means nothing
    bool: _scalar("?", "bool"),
    int: _int,
    float: _scalar("f8", "float"),
    complex: _scalar("c16", "complex"),
    str: lambda obj: text(str(obj), {} if is_clean(obj) else {"type": "str"}),
    bytes: _bytes,
    bytearray: _bytes,
    dict: lambda obj: Branch(obj.items()),
    **{kind: _rows(kind.__name__) for kind in (list, tuple, set, frozenset)},
    dt.datetime: _moment("datetime"),
    dt.time: _moment("time"),
    dt.date: lambda obj: Leaf(obj.isoformat(), {"type": "date"}),
    dt.timedelta: _span,
    Decimal: lambda obj: Leaf(str(obj), {"type": "Decimal"}),
    UUID: lambda obj: Leaf(str(obj), {"type": "UUID"}),
    Path: lambda obj: text(str(obj), {"type": "Path"}),
}

_ROWS: dict[str, Callable[[Iterable[Any]], Any]] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}

_GROW: dict[str, Callable[[Any, Mark], Any]] = {
    "None": lambda _, __: None,
    "bool": lambda value, _: bool(value),
    "int": lambda value, _: int(value, 16) if isinstance(value, str) else int(value),
    "float": lambda value, _: float(value),
    "complex": lambda value, _: complex(value),
    "str": lambda value, _: str(value),
    "bytes": lambda value, _: value.tobytes(),
    "bytearray": lambda value, _: bytearray(value.tobytes()),
    **{
        kind: lambda value, mark, make=make: make(json.loads(value) if "coding" in mark else value.tolist())  # type: ignore[misc]  # the default binds the loop's value
        for kind, make in _ROWS.items()
    },
    "datetime": lambda value, mark: _moved(dt.datetime.fromisoformat(value), mark),
    "time": lambda value, mark: _moved(dt.time.fromisoformat(value), mark),
    "date": lambda value, _: dt.date.fromisoformat(value),
    "timedelta": lambda value, _: dt.timedelta(*value.tolist()),
    "Decimal": lambda value, _: Decimal(value),
    "UUID": lambda value, _: UUID(value),
    "Path": lambda value, _: Path(value),
}
