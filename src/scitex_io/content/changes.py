"""What a table format changed in a column, for the warning that says so."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def change(one: pd.Series[Any], other: pd.Series[Any]) -> str:
    """What differs between a column and what is loaded of it, in a few words; empty if nothing does."""
    import numpy as np

    if one.dtype != other.dtype:
        return f"{one.dtype} becomes {other.dtype}"
    if one.equals(other):
        if one.dtype == object:
            return "" if list(map(type, one)) == list(map(type, other)) else "other types of objects"
        signs = isinstance(one.dtype, np.dtype) and one.dtype.kind == "f"
        if signs and not np.array_equal(np.signbit(one), np.signbit(other)) and (one == 0).any():
            return "-0.0 becomes 0.0"
        return ""
    for before, after in zip(one, other, strict=True):
        if type(before) is not type(after) or (before != after and before == before):  # not NaN
            return f"{short(before)} becomes {short(after)}"
    return "other values"


def short(value: Hashable) -> str:
    """The value as a message shows it."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."  # what fits a message
