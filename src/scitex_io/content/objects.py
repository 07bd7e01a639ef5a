"""Columns of Python objects in Arrow tables: what comes back as it was, a little changed, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scitex_io.errors import UnsupportedTypeError
from scitex_io.losses import lose

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def refused(frame: pd.DataFrame, format_name: str, error: Exception) -> UnsupportedTypeError:
    """The error that names the column which Arrow refuses."""
    import pyarrow as pa

    for at, name in enumerate(frame.columns):
        column = frame.iloc[:, at]
        try:
            pa.array(column, from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as cause:
            reason = f"column '{name}' of dtype {column.dtype}: {cause}"
            return UnsupportedTypeError(format_name, "pandas.DataFrame", reason=reason)
    return UnsupportedTypeError(format_name, "pandas.DataFrame", reason=str(error))


def object_note(column: pd.Series[Any], table: pa.Table, name: str, format_name: str) -> Any:
    """How the objects come back; announced where some change a little, refused where they change much."""
    import pandas as pd

    array = table.column(name)
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind == "string":
        if any(value is not None for value in column[column.isna()]):
            lose(f"missing values of column '{name}' become None")
        return {"object": True}
    values = list(column)
    as_pandas = array.to_pandas()
    if as_pandas.dtype == object and _alike(list(as_pandas), values, strict=True):
        return None
    if _alike(array.to_pylist(), values, strict=True):
        return {"object": True}
    if not _alike(array.to_pylist(), values, strict=False):
        reason = f"column '{name}' of dtype object: Arrow would give back other values than these ({kind})"
        raise UnsupportedTypeError(format_name, "pandas.DataFrame", reason=reason)
    lose(f"objects of column '{name}' come back as those of Arrow ({array.type})")
    return {"object": True}


def _alike(got: list[Any], want: list[Any], *, strict: bool) -> bool:
    """The same values; with *strict* also of the same types, else any sequence and any kind of missing value do."""
    import numpy as np
    import pandas as pd

    sequences = (list, tuple, np.ndarray)
    for one, other in zip(got, want, strict=True):
        if isinstance(one, sequences) and isinstance(other, sequences):
            if strict and (type(one) is not type(other) or getattr(one, "dtype", 0) != getattr(other, "dtype", 0)):
                return False
            if len(one) != len(other) or not _alike(list(one), list(other), strict=strict):
                return False
        elif isinstance(one, dict) and isinstance(other, dict):
            if list(one) != list(other) or not _alike(list(one.values()), list(other.values()), strict=strict):
                return False
        elif strict and type(one) is not type(other):
            return False
        elif one is other or (pd.api.types.is_scalar(other) and pd.isna(other) and pd.isna(one)):  # pyright: ignore[reportCallIssue, reportArgumentType]  # of anything
            continue
        elif type(other) in {set, frozenset} or not bool(one == other):
            return False
    return True
