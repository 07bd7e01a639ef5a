"""Row and column labels: which of them pandas' notes in an Arrow schema keep, and the others as plain data."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

from scitex_io.errors import UnsupportedTypeError

if TYPE_CHECKING:
    import pandas as pd


def labels_survive(labels: pd.Index[Any]) -> bool:
    """Do pandas' own notes give back such column labels?"""
    import pandas as pd

    plain = type(labels) is pd.Index and labels.is_unique and isinstance(labels.name, str | None)
    text = labels.dtype == pd.Index(["a"]).dtype and all(type(label) is str for label in labels)
    return plain and (text or labels.dtype == "int64")


def index_survives(frame: pd.DataFrame) -> bool:
    """Do pandas' own notes give back such an index?"""
    import pandas as pd

    index = frame.index
    names = list(index.names)
    if not all(isinstance(name, str | None) for name in names) or not frame.shape[1]:
        return False
    if isinstance(index, pd.RangeIndex):
        return True
    if any(str(name).startswith("__index_level_") for name in frame.columns):
        return False
    if len(set(names) - {None}) + names.count(None) != len(names) or set(names) & set(map(str, frame.columns)):
        return False
    dtypes = list(index.dtypes) if isinstance(index, pd.MultiIndex) else [index.dtype]
    text = pd.Index(["a"]).dtype
    seconds = ("datetime64[s", "category")
    return len(index) > 0 and all(
        (dtype == text and isinstance(dtype, pd.StringDtype))
        or (getattr(dtype, "kind", "") in "iufbmM" and not str(dtype).startswith(seconds) and _native(dtype))
        for dtype in dtypes
    )


def _native(dtype: Any) -> bool:
    """Is it a dtype of NumPy in the machine's byte order, or a date with a time zone?"""
    import numpy as np
    import pandas as pd

    return isinstance(dtype, pd.DatetimeTZDtype) or (isinstance(dtype, np.dtype) and dtype.isnative)


def distinct(labels: Iterable[Hashable]) -> list[str]:
    """Distinct names for the columns: text of the labels, ``a``, ``a.1`` where they repeat."""
    names: dict[str, None] = {}
    for label in map(str, labels):
        name, at = label, 0
        while name in names:
            at += 1
            name = f"{label}.{at}"
        names[name] = None
    return list(names)


def tagged(label: Any, format_name: str) -> Any:
    """The label as JSON can hold it: tuples get a mark.

    Raises
    ------
    UnsupportedTypeError
        It is something else than text, a number, None or a tuple of these.
    """
    if label is None or type(label) in {str, int, float, bool}:
        return label
    if type(label) is tuple:
        return {"tuple": [tagged(part, format_name) for part in label]}
    reason = f"the label {label!r} is neither text nor a number"
    raise UnsupportedTypeError(format_name, "pandas.DataFrame", reason=reason)


def untagged(label: Any) -> Any:
    """The label that `tagged` wrote down."""
    return tuple(map(untagged, label["tuple"])) if isinstance(label, dict) else label
