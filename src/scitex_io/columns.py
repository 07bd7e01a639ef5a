"""Frames, series and indexes in the stores' tree model, column by column, so that other tools can read them.

A frame is a group: ``columns`` holds one array for each column under its own name, ``index`` the index, and
``labels`` the column labels where these are more than plain texts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scitex_io.errors import type_name
from scitex_io.losses import lose
from scitex_io.marks import Branch, Leaf, Mark, is_clean

if TYPE_CHECKING:
    import pandas as pd


def lowered(obj: Any, where: str) -> Branch | Leaf | None:
    """The pandas object in terms of the model; None if it is none that is known here."""
    import numpy as np
    import pandas as pd

    if obj is pd.NaT or obj is pd.NA:
        return Leaf(
            np.array(False), {"type": "pandas.NaT" if obj is pd.NaT else "pandas.NA"}
        )  # the value beside the mark means nothing
    if isinstance(obj, (pd.Timestamp, pd.Timedelta)):
        return Branch([("at", _plain(pd.Series([obj])))], {"type": "pandas.Timestamp"})
    kinds: tuple[tuple[type, Callable[[Any], Branch]], ...] = (
        (pd.DataFrame, _frame),
        (pd.Series, _series),
        (pd.Index, _index),
    )
    for kind, lower in kinds:
        if isinstance(obj, kind):
            if type(obj) not in _KNOWN(pd):
                lose(f"{type_name(type(obj))} becomes {type_name(kind)} (at '{where}')")
            return lower(obj)
    if isinstance(obj, pd.api.extensions.ExtensionArray):
        return _array(obj)
    return None


def _KNOWN(pd: Any) -> set[type]:  # noqa: N802  # a constant that needs pandas
    return {
        pd.DataFrame,
        pd.Series,
        pd.Index,
        pd.RangeIndex,
        pd.MultiIndex,
        pd.DatetimeIndex,
        pd.TimedeltaIndex,
        pd.PeriodIndex,
        pd.IntervalIndex,
        pd.CategoricalIndex,
    }


def grown(value: Any, mark: Mark) -> Any:
    """The pandas object that a leaf stands for."""
    import pandas as pd

    match mark["type"]:
        case "pandas.NaT":
            return pd.NaT
        case "pandas.NA":
            return pd.NA
        case "pandas.str":
            return _grown_str(value, mark)
    return _grown_arrow(value, mark)


def gathered(children: dict[Any, Any], mark: Mark) -> Any:
    """The pandas object that a group stands for."""
    return _GATHER[mark["type"]](children, mark)


# ---------------------------------------------------------------- frames


def _frame(frame: pd.DataFrame) -> Branch:
    import pandas as pd

    labels = frame.columns
    names = [label if type(label) is str and label else None for label in labels]
    plain = all(names) and len(set(names)) == len(names)
    keys = names if plain else [str(at) for at in range(len(names))]
    children: list[tuple[str, Any]] = [
        ("columns", {key: _plain(frame.iloc[:, at]) for at, key in enumerate(keys)}),
        ("index", frame.index),
    ]
    # The labels' own dtype says "str" or "object", which texts alone would not tell.
    if not plain or not _is_usual(labels, pd.Index(keys)):
        children.append(("labels", labels))
    if frame.attrs:
        children.append(("attrs", dict(frame.attrs)))
    return Branch(children, {"type": "pandas.DataFrame"})


def _is_usual(index: pd.Index, usual: pd.Index) -> bool:
    return type(index) is type(usual) and index.dtype == usual.dtype and list(index.names) == [None]


def _grown_frame(children: dict[Any, Any], _: Mark) -> Any:
    import pandas as pd

    columns, index = children["columns"], children["index"]
    values = {
        at: pd.Series(value, index=index, dtype=_dtype(value), copy=False) for at, value in enumerate(columns.values())
    }
    frame = pd.DataFrame(values, index=index, copy=False)
    frame.columns = children["labels"] if "labels" in children else pd.Index(list(columns))
    frame.attrs.update(children.get("attrs", {}))
    return frame


def _series(series: pd.Series[Any]) -> Branch:
    children: list[tuple[str, Any]] = [("values", _plain(series)), ("index", series.index), ("name", series.name)]
    if series.attrs:
        children.append(("attrs", dict(series.attrs)))
    return Branch(children, {"type": "pandas.Series"})


def _grown_series(children: dict[Any, Any], _: Mark) -> Any:
    import pandas as pd

    values = children["values"]
    series = pd.Series(values, index=children["index"], dtype=_dtype(values), name=children["name"], copy=False)
    series.attrs.update(children.get("attrs", {}))
    return series


def _dtype(values: Any) -> Any:
    """The dtype to ask for: a bare array of objects would be guessed at, and texts become the str dtype."""
    import numpy as np

    return object if isinstance(values, np.ndarray) and values.dtype == object else None


# ---------------------------------------------------------------- indexes


def _index(index: pd.Index) -> Branch:
    import pandas as pd

    names: list[tuple[str, Any]] = [] if list(index.names) == [None] else [("names", list(index.names))]
    if isinstance(index, pd.RangeIndex):
        span = [("range", [index.start, index.stop, index.step])]
        return Branch([*span, *names], {"type": "pandas.RangeIndex"})
    if isinstance(index, pd.MultiIndex):
        levels = {str(at): level.rename(None) for at, level in enumerate(index.levels)}
        codes = {str(at): code for at, code in enumerate(index.codes)}
        return Branch(
            [("levels", levels), ("codes", codes), ("names", list(index.names))], {"type": "pandas.MultiIndex"}
        )
    freq = getattr(index, "freqstr", None) if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)) else None
    return Branch([("values", _plain(index)), *names], {"type": "pandas.Index", **({"freq": freq} if freq else {})})


def _grown_range(children: dict[Any, Any], _: Mark) -> Any:
    import pandas as pd

    index = pd.RangeIndex(*children["range"])
    index.names = children.get("names", [None])
    return index


def _grown_multi(children: dict[Any, Any], _: Mark) -> Any:
    import pandas as pd

    return pd.MultiIndex(
        levels=list(children["levels"].values()), codes=list(children["codes"].values()), names=children["names"]
    )


def _grown_index(children: dict[Any, Any], mark: Mark) -> Any:
    import pandas as pd

    values = children["values"]
    index = pd.Index(values, dtype=_dtype(values), tupleize_cols=False)
    if "freq" in mark:
        index = type(index)(index, freq=mark["freq"])
    index.names = children.get("names", [None])
    return index


# ---------------------------------------------------------------- arrays of columns


def _plain(values: Any) -> Any:
    """The values of a column or an index: an ndarray where they are one."""
    import numpy as np

    return values.to_numpy() if isinstance(values.dtype, np.dtype) else values.array


def _array(array: Any) -> Branch | Leaf | None:
    """One column of pandas' own types: its values as an array, what else there is beside it."""
    import numpy as np
    import pandas as pd

    dtype = array.dtype
    if isinstance(dtype, np.dtype):
        return Branch([("values", array.to_numpy())], {"type": "pandas.array"})
    if isinstance(dtype, pd.StringDtype):
        missing = np.asarray(array.isna())
        texts = np.asarray(array, dtype=object)
        told = {"type": "pandas.str", "storage": dtype.storage, "missing": "NA" if dtype.na_value is pd.NA else "NaN"}
        if not missing.any() and all(map(is_clean, texts)):
            return Leaf(texts, told)
        return Branch([("values", np.where(missing, "", texts)), ("missing", missing)], told)
    if isinstance(dtype, pd.CategoricalDtype):
        children = [("codes", np.asarray(array.codes)), ("categories", array.categories)]
        return Branch(children, {"type": "pandas.Categorical", "ordered": bool(array.ordered)})
    if isinstance(dtype, pd.DatetimeTZDtype):
        return Branch([("values", array.tz_convert(None).to_numpy())], {"type": "pandas.moments", "zone": _zone(dtype)})
    if isinstance(dtype, pd.SparseDtype):
        return Branch([("values", np.asarray(array)), ("fill", dtype.fill_value)], {"type": "pandas.Sparse"})
    base = getattr(dtype, "numpy_dtype", None)
    if isinstance(base, np.dtype) and not isinstance(dtype, pd.ArrowDtype):
        values = array.to_numpy(dtype=base, na_value=base.type(0))
        return Branch(
            [("values", values), ("missing", np.asarray(array.isna()))], {"type": "pandas.masked", "of": str(dtype)}
        )
    return _arrow(array)


def _zone(dtype: pd.DatetimeTZDtype) -> str:
    import pandas as pd

    try:
        known = pd.api.types.pandas_dtype(str(dtype)) == dtype
    except TypeError:
        known = False
    if known:
        return str(dtype.tz)
    lose(f"the time zone {dtype.tz!r} becomes UTC")
    return "UTC"


def _arrow(array: Any) -> Leaf | None:
    """Periods, intervals and Arrow's own types, which only Arrow describes in full."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    if not hasattr(array, "__arrow_array__"):
        return None
    table = pa.table({"values": pa.array(array)})
    sink = pa.BufferOutputStream()
    with pa.RecordBatchFileWriter(sink, table.schema) as writer:
        writer.write_table(table)
    told = {"of": str(array.dtype), "arrow": isinstance(array.dtype, pd.ArrowDtype)}
    return Leaf(np.frombuffer(sink.getvalue(), np.uint8), {"type": "pandas.arrow", **told})


def _grown_arrow(value: Any, mark: Mark) -> Any:
    import pandas as pd
    import pyarrow as pa

    column = pa.ipc.open_file(pa.BufferReader(value.tobytes())).read_all().column("values")
    if mark["arrow"]:
        dtype: Any = pd.ArrowDtype(column.type)
    else:
        dtype = column.type.to_pandas_dtype()
    return dtype.__from_arrow__(column)


def _grown_str(values: Any, mark: Mark, missing: Any = None) -> Any:
    import numpy as np
    import pandas as pd

    na: Any = pd.NA if mark["missing"] == "NA" else np.nan
    try:
        dtype = pd.StringDtype(mark["storage"], na_value=na)
    except TypeError:  # pandas 2 knows NA alone
        dtype = pd.StringDtype(mark["storage"])
    texts = np.asarray(values, dtype=object)
    if missing is not None:
        missing_value: Any = dtype.na_value
        texts = np.where(missing, missing_value, texts)
    return pd.array(texts, dtype=dtype)


def _grown_moments(children: dict[Any, Any], mark: Mark) -> Any:
    import pandas as pd

    return pd.DatetimeIndex(children["values"]).tz_localize("UTC").tz_convert(mark["zone"]).array


def _grown_categorical(children: dict[Any, Any], mark: Mark) -> Any:
    import pandas as pd

    return pd.Categorical.from_codes(children["codes"], categories=children["categories"], ordered=mark["ordered"])


def _grown_masked(children: dict[Any, Any], mark: Mark) -> Any:
    import pandas as pd

    dtype: Any = pd.api.types.pandas_dtype(mark["of"])
    return dtype.construct_array_type()(children["values"], children["missing"])


def _grown_sparse(children: dict[Any, Any], _: Mark) -> Any:
    import pandas as pd

    return pd.arrays.SparseArray(children["values"], fill_value=children["fill"])


def _grown_array(children: dict[Any, Any], _: Mark) -> Any:
    import pandas as pd

    values = children["values"]
    return pd.Series(values, dtype=_dtype(values)).array


def _grown_moment(children: dict[Any, Any], _: Mark) -> Any:
    import pandas as pd

    return pd.Series(children["at"]).iloc[0]


_GATHER: dict[str, Callable[[dict[Any, Any], Mark], Any]] = {
    "pandas.DataFrame": _grown_frame,
    "pandas.Series": _grown_series,
    "pandas.Index": _grown_index,
    "pandas.RangeIndex": _grown_range,
    "pandas.MultiIndex": _grown_multi,
    "pandas.Timestamp": _grown_moment,
    "pandas.array": _grown_array,
    "pandas.str": lambda children, mark: _grown_str(children["values"], mark, children["missing"]),
    "pandas.Categorical": _grown_categorical,
    "pandas.moments": _grown_moments,
    "pandas.masked": _grown_masked,
    "pandas.Sparse": _grown_sparse,
}
