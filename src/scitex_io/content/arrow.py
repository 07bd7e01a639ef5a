"""A data frame as an Arrow table and back, exact: what parquet and feather have in common.

pandas' own notes in the schema restore most frames, for every reader. What they leave out (the order of
categories, labels that are no text, levels of an index ...) stands in a note of ours beside them, which other
readers skip.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Hashable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from scitex_io.content.labels import distinct, index_survives, labels_survive, tagged, untagged
from scitex_io.content.objects import object_note, refused
from scitex_io.losses import lose

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

NOTE = b"scitex_io"
LEVEL = "__index_level_{}__"


def to_arrow(frame: pd.DataFrame, format_name: str, *, index: bool | None = None) -> pa.Table:
    """The frame as a table from which `from_arrow` makes an equal frame.

    Raises
    ------
    UnsupportedTypeError
        Arrow cannot hold a column; the reason names it.
    """
    import pandas as pd
    import pyarrow as pa

    note: dict[str, Any] = {}
    body = frame.copy(deep=False)
    if body.attrs:
        note |= _attrs(body.attrs)
        body.attrs = {}
    # Levels of the index that are stored as columns have text for labels: numbers beside them become text too.
    numbers = frame.columns.dtype == "int64" and index is not False and not index_survives(frame)
    if numbers or not labels_survive(frame.columns):
        note["columns"] = encoded(frame.columns, format_name)
    if "range" not in note.get("columns", {"range": ()}) or not frame.columns.is_unique:
        body.columns = distinct(frame.columns)
    if index is False:
        body = body.reset_index(drop=True)
    elif not index_survives(frame):
        note["index"] = _index_note(frame.index, list(body.columns), format_name)
        body = body.reset_index(drop=True)
        for at, level in enumerate(note["index"].get("levels", ())):
            values = frame.index.get_level_values(at)
            body[level] = pd.Series(values, index=body.index, dtype=values.dtype)  # no guess at objects
    elif freq := getattr(frame.index, "freqstr", None):
        note["freq"] = freq
    dtypes: dict[str, Any] = {}
    for at, name in enumerate(map(str, body.columns)):
        changed, spec = _column(body.iloc[:, at], name, format_name)
        if spec:
            dtypes[name] = spec
        if changed is not None:
            body.isetitem(at, changed)
    try:
        table = pa.Table.from_pandas(body, preserve_index=False if "index" in note else None)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise refused(body, format_name, error) from error
    for at, name in enumerate(map(str, body.columns)):
        if pd.api.types.is_object_dtype(body.dtypes.iloc[at]) and (
            spec := object_note(body.iloc[:, at], table, name, format_name)
        ):
            dtypes[name] = spec
    if dtypes:
        note["dtypes"] = dtypes
    if "columns" in note:
        note["names"] = table.column_names[: frame.shape[1]]
    if note:
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), NOTE: json.dumps(note).encode()})
    return table


def from_arrow(table: pa.Table) -> pd.DataFrame:
    """The frame that a table holds, whoever wrote it."""
    note = json.loads((table.schema.metadata or {}).get(NOTE, b"{}"))
    pandas_note = table.schema.pandas_metadata or {}
    stored = [name for name in pandas_note.get("index_columns", ()) if isinstance(name, str)]
    names = [name for name in table.column_names if name not in stored]
    frame = _with_whole_numbers(table.to_pandas(), table, names)
    if not note:
        return frame
    for name, spec in note.get("dtypes", {}).items():
        if name in names:
            at = names.index(name)
            frame.isetitem(at, _restored(frame.iloc[:, at], table.column(name), spec))
    if "index" in note:
        levels = note["index"].get("levels", [])
        frame, names = _indexed(frame, names, note["index"]), [name for name in names if name not in levels]
    if "columns" in note:
        labels = decoded(note["columns"])
        kept = [note["names"].index(name) for name in names]
        frame.columns = labels if kept == list(range(len(labels))) else labels.take(kept)
    if "freq" in note and getattr(frame.index, "freq", "") is None:
        with suppress(ValueError):  # rows were left out: no regular steps any more
            frame.index.freq = note["freq"]  # type: ignore[attr-defined]  # only indexes of dates and spans have one
    frame.attrs = note.get("attrs", {})
    return frame


def _with_whole_numbers(frame: pd.DataFrame, table: pa.Table, names: list[str]) -> pd.DataFrame:
    """The frame, with integers beside gaps that floats cannot hold as integers."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    for at, name in enumerate(names):
        column = table.column(name) if table.column_names.count(name) == 1 else None
        if column is not None and _has_whole_numbers_inside(column.type):
            # A record beside a gap has its numbers made floats, too.
            frame.isetitem(at, pd.Series(column.to_pylist(), index=frame.index, dtype=object).array)
            continue
        if column is None or not column.null_count or column.type not in (pa.int64(), pa.uint64()):
            continue
        ends = pc.min_max(column).as_py()
        if frame.dtypes.iloc[at] == "float64" and max(-(ends["min"] or 0), ends["max"] or 0) > 2**53:
            dtype: Any = pd.Int64Dtype() if column.type == pa.int64() else pd.UInt64Dtype()
            frame.isetitem(at, dtype.__from_arrow__(column))
    return frame


def _has_whole_numbers_inside(kind: pa.DataType) -> bool:
    """Are there records with 64-bit integers, and nothing that only pandas makes what it is?"""
    text = str(kind)
    return "struct<" in text and "int64" in text and not any(word in text for word in ("time", "duration", "date"))


# ---------------------------------------------------------------- labels


def _index_note(index: pd.Index[Any], taken: list[Hashable], format_name: str) -> dict[str, Any]:
    import pandas as pd

    if isinstance(index, pd.RangeIndex):
        return encoded(index, format_name)
    names = {"names": [tagged(name, format_name) for name in index.names], "multi": index.nlevels > 1}
    levels = distinct([*taken, *(LEVEL.format(at) for at in range(index.nlevels))])[len(taken) :]
    return names | {"levels": levels, "freq": getattr(index, "freqstr", None)}


def _indexed(frame: pd.DataFrame, names: list[str], note: dict[str, Any]) -> pd.DataFrame:
    """The frame with its index, taken from the columns that the note names."""
    if "range" in note:
        index = decoded(note)
        return frame.set_axis(index) if frame.shape[1] == 0 or len(index) == len(frame) else frame
    at = [names.index(level) for level in note["levels"]]
    index = _index_of([frame.iloc[:, place] for place in at], note)
    return frame.iloc[:, [place for place in range(len(names)) if place not in at]].set_axis(index)


def _index_of(levels: list[pd.Series[Any]], note: dict[str, Any]) -> pd.Index[Any]:
    import pandas as pd

    names = [untagged(name) for name in note["names"]]
    if note["multi"]:
        return pd.MultiIndex.from_arrays([pd.Index(level, dtype=level.dtype) for level in levels], names=names)
    index: pd.Index[Any] = pd.Index(levels[0], dtype=levels[0].dtype).rename(names[0])
    if note.get("freq") and getattr(index, "freq", "") is None:
        with suppress(ValueError):  # rows were left out: no regular steps any more
            index.freq = note["freq"]  # type: ignore[attr-defined]  # only indexes of dates and spans have one
    return index


def encoded(index: pd.Index[Any], format_name: str) -> dict[str, Any]:
    """Labels of any kind as plain data."""
    import pandas as pd
    import pyarrow as pa

    names = {"names": [tagged(name, format_name) for name in index.names], "multi": isinstance(index, pd.MultiIndex)}
    if isinstance(index, pd.RangeIndex):
        return names | {"range": [index.start, index.stop, index.step]}
    if index.dtype == object and not names["multi"]:
        return names | {"labels": [tagged(label, format_name) for label in index]}
    values = [index.get_level_values(at) for at in range(index.nlevels)]
    levels = pd.DataFrame({str(at): pd.Series(level, dtype=level.dtype) for at, level in enumerate(values)})
    sink = pa.BufferOutputStream()
    table = to_arrow(levels, format_name)
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return names | {"arrow": base64.b64encode(sink.getvalue()).decode(), "freq": getattr(index, "freqstr", None)}


def decoded(note: dict[str, Any]) -> pd.Index[Any]:
    """The labels that `encoded` wrote down."""
    import pandas as pd
    import pyarrow as pa

    if "range" in note:
        start, stop, step = note["range"]
        return pd.RangeIndex(start, stop, step, name=untagged(note["names"][0]))
    if "labels" in note:
        labels = [untagged(label) for label in note["labels"]]
        return pd.Index(labels, dtype=object, name=untagged(note["names"][0]), tupleize_cols=False)
    table = pa.ipc.open_stream(base64.b64decode(note["arrow"])).read_all()
    table.validate(full=True)  # of a damaged file
    levels = from_arrow(table)
    return _index_of([levels.iloc[:, at] for at in range(levels.shape[1])], note)


def _attrs(attrs: dict[Any, Any]) -> dict[str, Any]:
    try:
        if repr(json.loads(json.dumps(attrs))) == repr(dict(attrs)):
            return {"attrs": dict(attrs)}
    except (TypeError, ValueError):
        pass  # said below
    lose("attrs that JSON cannot hold are dropped")
    return {}


# ---------------------------------------------------------------- columns


def _column(column: pd.Series[Any], name: str, format_name: str) -> tuple[Any, Any]:
    """What to store instead of the column (None: itself), and the note that undoes it (None: nothing to undo)."""
    import numpy as np
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _categorical(column, format_name)
    changed: Any = None
    note: Any = None
    if isinstance(dtype, pd.SparseDtype):
        if pd.api.types.pandas_dtype(str(dtype)) != dtype:
            lose(f"column '{name}' is stored densely")
        else:
            note = {"dtype": str(dtype)}
        changed = column.astype(dtype.subtype)
    elif isinstance(dtype, np.dtype) and not dtype.isnative:
        changed, note = column.astype(dtype.newbyteorder("=")), {"dtype": dtype.str}
    elif isinstance(dtype, pd.ArrowDtype):
        note = {"arrow": str(dtype.pyarrow_dtype)}
    elif isinstance(dtype, pd.StringDtype):
        note = {"storage": dtype.storage} if dtype.storage == "python" else None
    elif str(dtype).startswith("datetime64[s"):
        note = {"dtype": str(dtype)}  # parquet knows no whole seconds
    return changed, note


def _categorical(column: pd.Series[Any], format_name: str) -> tuple[Any, Any]:
    import pandas as pd

    categories = column.cat.categories
    note: dict[str, Any] = {"categories": encoded(categories, format_name), "ordered": bool(column.cat.ordered)}
    if isinstance(categories.dtype, pd.StringDtype) or categories.dtype.kind in "iufb":
        return None, note
    # Arrow has no dictionaries of these: their text stands for them, for every reader.
    note["texts"] = texts = distinct(categories)
    return column.cat.rename_categories(texts), note


def _restored(column: pd.Series[Any], array: Any, spec: dict[str, Any]) -> Any:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    if "object" in spec:
        if column.dtype == object and _is_text(array.type):
            return column
        values = np.empty(len(array), dtype=object)
        values[:] = array.to_numpy() if _is_text(array.type) else array.to_pylist()
        return pd.Series(values, index=column.index, dtype=object)  # an array would be taken for text
    if "arrow" in spec:
        stored = str(array.type) == spec["arrow"]
        return pd.arrays.ArrowExtensionArray(array if stored else array.cast(pa.type_for_alias(spec["arrow"])))
    if "storage" in spec:
        if getattr(column.dtype, "na_value", pd.NA) is pd.NA:
            return column.astype("string[python]")
        return column.astype(pd.StringDtype("python", na_value=np.nan))
    if "dtype" in spec:
        return column.astype(spec["dtype"])
    categories = decoded(spec["categories"])
    dtype = pd.CategoricalDtype(categories, spec["ordered"])
    known = pd.Index(spec["texts"]) if "texts" in spec else categories
    if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.categories.equals(known):
        return pd.Categorical.from_codes(column.cat.codes, dtype=dtype)
    # Where the file keeps no dictionary the values are looked up: exact for large integers, too.
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    codes = pc.index_in(array, value_set=pa.array(known, type=array.type, from_pandas=True))
    return pd.Categorical.from_codes(codes.fill_null(-1).to_numpy(), dtype=dtype)


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
