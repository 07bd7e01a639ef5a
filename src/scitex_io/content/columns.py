"""Frames, series and indexes in the stores' tree model, column by column, so that other tools can read them.

A frame is a group: ``columns`` holds one array for each column under its own name, ``index`` the index, and
``labels`` the column labels where these are more than plain texts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scitex_io.content.column_arrays import (
    dtype_of,
    grown_array,
    grown_arrow,
    grown_categorical,
    grown_masked,
    grown_moments,
    grown_sparse,
    grown_str,
    lowered_array,
    plain,
)
from scitex_io.content.leaves import Branch, Leaf, Mark
from scitex_io.errors import type_name
from scitex_io.losses import lose

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
        return Branch([("at", plain(pd.Series([obj])))], {"type": "pandas.Timestamp"})
    kinds: list[tuple[type, Callable[[Any], Branch]]] = [
        (pd.DataFrame, _frame),
        (pd.Series, _series),
        (pd.Index, _index),
    ]
    for kind, lower in kinds:
        if isinstance(obj, kind):
            if type(obj) not in _KNOWN(pd):
                lose(f"{type_name(type(obj))} becomes {type_name(kind)} (at '{where}')")
            return lower(obj)
    if isinstance(obj, pd.api.extensions.ExtensionArray):
        return lowered_array(obj)
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
            return grown_str(value, mark)
    return grown_arrow(value, mark)


def gathered(children: dict[Any, Any], mark: Mark) -> Any:
    """The pandas object that a group stands for."""
    return _GATHER[mark["type"]](children, mark)


# ---------------------------------------------------------------- frames


def _frame(frame: pd.DataFrame) -> Branch:
    import pandas as pd

    labels = frame.columns
    names = [label if type(label) is str and label else None for label in labels]
    usual = all(names) and len(set(names)) == len(names)
    keys = names if usual else [str(at) for at in range(len(names))]
    children: list[tuple[str, Any]] = [
        ("columns", {key: plain(frame.iloc[:, at]) for at, key in enumerate(keys)}),
        ("index", frame.index),
    ]
    # The labels' own dtype says "str" or "object", which texts alone would not tell.
    if not usual or not _is_usual(labels, pd.Index(keys)):
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
        at: pd.Series(value, index=index, dtype=dtype_of(value), copy=False)
        for at, value in enumerate(columns.values())
    }
    frame = pd.DataFrame(values, index=index, copy=False)
    frame.columns = children["labels"] if "labels" in children else pd.Index(list(columns))
    frame.attrs.update(children.get("attrs", {}))
    return frame


def _series(series: pd.Series[Any]) -> Branch:
    children: list[tuple[str, Any]] = [("values", plain(series)), ("index", series.index), ("name", series.name)]
    if series.attrs:
        children.append(("attrs", dict(series.attrs)))
    return Branch(children, {"type": "pandas.Series"})


def _grown_series(children: dict[Any, Any], _: Mark) -> Any:
    import pandas as pd

    values = children["values"]
    series = pd.Series(values, index=children["index"], dtype=dtype_of(values), name=children["name"], copy=False)
    series.attrs.update(children.get("attrs", {}))
    return series


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
    return Branch([("values", plain(index)), *names], {"type": "pandas.Index", **({"freq": freq} if freq else {})})


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
    index: Any = pd.Index(values, dtype=dtype_of(values), tupleize_cols=False)
    if "freq" in mark:
        index = type(index)(index, freq=mark["freq"])
    index.names = children.get("names", [None])
    return index


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
    "pandas.array": grown_array,
    "pandas.str": lambda children, mark: grown_str(children["values"], mark, children["missing"]),
    "pandas.Categorical": grown_categorical,
    "pandas.moments": grown_moments,
    "pandas.masked": grown_masked,
    "pandas.Sparse": grown_sparse,
}
