"""What became of an object on its way through a file, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def change(before: Any, after: Any, where: str = "it") -> str | None:
    """The first difference between two values; None if types and values are the same (NaN equals itself)."""
    import numpy as np
    import pandas as pd

    if type(before) is not type(after):
        return f"{where} is {type(after).__name__} instead of {type(before).__name__}"
    if isinstance(before, np.ndarray):
        if (before.dtype, before.shape) != (after.dtype, after.shape):
            return f"{where} is {after.dtype} {after.shape} instead of {before.dtype} {before.shape}"
        equal = np.array_equal(before, after, equal_nan=before.dtype.kind in "fcmM")
        return None if equal else f"{where} has other values"
    if isinstance(before, (pd.DataFrame, pd.Series)):
        check: Any = (
            pd.testing.assert_frame_equal if isinstance(before, pd.DataFrame) else pd.testing.assert_series_equal
        )
        try:
            check(after, before, check_exact=True)
        except AssertionError as error:
            return f"{where}: {' '.join(str(error).split())}"
        return None
    if isinstance(before, Mapping):
        if list(before) != list(after):
            return f"{where} has the keys {list(after)} instead of {list(before)}"
        parts = ((before[key], after[key], f"{where}[{key!r}]") for key in before)
        return next((found for part in parts if (found := change(*part))), None)
    if isinstance(before, (list, tuple)) and len(before) == len(after):
        parts = ((one, other, f"{where}[{at}]") for at, (one, other) in enumerate(zip(before, after, strict=True)))
        return next((found for part in parts if (found := change(*part))), None)
    alike = before == after or (before != before and after != after)  # NaN
    return None if alike else f"{where} is {after!r} instead of {before!r}"
