"""What many files hold as one object."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from scitex_io.errors import CombineError, type_name
from scitex_io.loading import Match

if TYPE_CHECKING:
    import pandas as pd

Found: TypeAlias = "tuple[Match, Any]"
Failed: TypeAlias = "tuple[Match, Exception]"

WHOLE = 2**53  # integers up to here are whole numbers as floats as well


def combined(found: Sequence[Found], how: str, failed: list[Failed] | None) -> Any:
    """The objects as *how* says.

    Raises
    ------
    CombineError
        One does not go with the first; with a list of *failed*, it is left out and noted there instead.
    """
    if how == "dict":
        return _by_key(found, failed)
    if not found:
        raise ValueError(f"there is nothing to {how}: no files were given")
    join = _joiner(*found[0], how)
    fitting = [found[0]]
    for match, obj in found[1:]:
        if reason := join.misfit(found[0], (match, obj)):
            _refuse(match, reason, failed)
        else:
            fitting.append((match, obj))
    return join.joined(fitting)


def _refuse(match: Match, reason: str, failed: list[Failed] | None) -> None:
    error = CombineError(str(match.path), reason)
    if failed is None:
        raise error
    failed.append((match, error))


def _by_key(found: Sequence[Found], failed: list[Failed] | None) -> dict[Any, Any]:
    named = len({tuple(match.values) for match, _ in found}) == 1 and bool(found[0][0].values)
    made: dict[Any, Any] = {}
    first: dict[Any, Match] = {}
    for match, obj in found:
        values = tuple(match.values.values())
        key = match.name if not named else values[0] if len(values) == 1 else values
        if key in made:
            _refuse(match, f"'{first[key].path}' has the key {key!r} as well", failed)
        else:
            made[key], first[key] = obj, match
    return made


class _Join(ABC):
    """Joins objects of one kind."""

    def __init__(self, how: str) -> None:
        self.how = how

    @abstractmethod
    def misfit(self, first: Found, other: Found) -> str:
        """Why *other* does not go with *first*; empty if it does."""

    @abstractmethod
    def joined(self, found: Sequence[Found]) -> Any:
        """One object of all, which fit."""


def _joiner(match: Match, obj: Any, how: str) -> _Join:
    """Who joins objects like this one.

    Raises
    ------
    CombineError
        Nobody does.
    """
    pandas, polars, numpy = (sys.modules.get(name) for name in ("pandas", "polars", "numpy"))
    if numpy is not None and isinstance(obj, numpy.ndarray) and (obj.ndim or how == "stack"):
        return _Arrays(how)
    if isinstance(obj, dict) and obj:
        return _Dicts(how, {key: _joiner(match, value, how) for key, value in obj.items()})
    if how == "concat" and pandas is not None and isinstance(obj, pandas.DataFrame):
        return _Frames(how)
    if how == "concat" and polars is not None and isinstance(obj, polars.DataFrame):
        return _PolarsFrames(how)
    joins = "tables, arrays and dicts of arrays" if how == "concat" else "arrays and dicts of arrays"
    reason = f"'{how}' joins {joins}, not {type_name(type(obj))} (as_type= may give one of them)"
    raise CombineError(str(match.path), reason)


def _of_another_type(first: Any, other: Any) -> str:
    if type(first) is type(other):
        return ""
    return f"it holds {type_name(type(other))}, the first one {type_name(type(first))}"


class _Arrays(_Join):
    def misfit(self, first: Found, other: Found) -> str:
        one, two = first[1], other[1]
        if reason := _of_another_type(one, two):
            return reason
        if one.dtype != two.dtype:
            return f"its dtype is {two.dtype}, that of the first one {one.dtype}"
        skip = int(self.how == "concat")
        if one.ndim != two.ndim or one.shape[skip:] != two.shape[skip:]:
            return f"its shape is {two.shape}, that of the first one {one.shape}"
        return ""

    def joined(self, found: Sequence[Found]) -> Any:
        import numpy as np

        arrays = [obj for _, obj in found]
        module: Any = np.ma if isinstance(arrays[0], np.ma.MaskedArray) else np
        return module.concatenate(arrays) if self.how == "concat" else module.stack(arrays)


class _Dicts(_Join):
    def __init__(self, how: str, parts: dict[Any, _Join]) -> None:
        super().__init__(how)
        self.parts = parts

    def misfit(self, first: Found, other: Found) -> str:
        if reason := _of_another_type(first[1], other[1]) or _difference("key", [*first[1]], [*other[1]]):
            return reason
        for key, join in self.parts.items():
            if reason := join.misfit((first[0], first[1][key]), (other[0], other[1][key])):
                return f"under {key!r}, {reason}"
        return ""

    def joined(self, found: Sequence[Found]) -> Any:
        return {key: join.joined([(match, obj[key]) for match, obj in found]) for key, join in self.parts.items()}


def _difference(what: str, first: list[Any], other: list[Any]) -> str:
    """Which names are in one alone; their order does not matter."""
    missing = [repr(name) for name in first if name not in other]
    more = [repr(name) for name in other if name not in first]
    told = [f"the {what} {', '.join(missing)} is not there"] * bool(missing)
    told += [f"the first one has no {what} {', '.join(more)}"] * bool(more)
    if not told and len(first) != len(other):
        told = [f"its {what}s {other} repeat"]
    return "; ".join(told)


class _Frames(_Join):
    """Frames of pandas, the values of the placeholders before their columns."""

    def misfit(self, first: Found, other: Found) -> str:
        one, two = first[1], other[1]
        if reason := _of_another_type(one, two) or _difference("column", [*one.columns], [*two.columns]):
            return reason
        if not one.columns.equals(two.columns) and not one.columns.is_unique:
            return f"its columns are {[*two.columns]}, those of the first one {[*one.columns]}"
        if [*one.index.names] != [*two.index.names] or _is_counted(one) != _is_counted(two):
            return "its index is of another kind than that of the first one"
        ordered = two if one.columns.equals(two.columns) else two[one.columns]
        for at, name in enumerate(one.columns):
            kinds = [_kind(frame.iloc[:, at]) for frame in (one, ordered)]
            if kinds[0] != kinds[1] and "" not in kinds:
                return f"its column {name!r} holds {kinds[1]}, that of the first one {kinds[0]}"
        return ""

    def joined(self, found: Sequence[Found]) -> Any:
        import pandas as pd

        first = found[0][1]
        frames = [obj if obj.columns.equals(first.columns) else obj[first.columns] for _, obj in found]
        whole = pd.concat([_typed_like(frame, frames) for frame in frames], ignore_index=_is_counted(first))
        for at in range(first.shape[1]):
            if whole.dtypes.iloc[at].kind == "f":
                for (match, _), frame in zip(found, frames, strict=True):
                    part = frame.iloc[:, at].dropna()
                    if part.dtype.kind in "iu" and len(part) and max(-int(part.min()), int(part.max())) > WHOLE:
                        reason = f"its column {first.columns[at]!r} holds integers that are none as floats, as it is elsewhere"
                        raise CombineError(str(match.path), reason)
        lengths = [len(frame) for frame in frames]
        for at, name in enumerate(found[0][0].values):
            if name in first.columns:
                raise CombineError(str(found[0][0].path), f"it has a column {name!r}, as the pattern has a placeholder")
            whole.insert(at, name, pd.Index([match.values[name] for match, _ in found]).repeat(lengths))
        return whole


def _is_counted(frame: pd.DataFrame) -> bool:
    """Is the index nothing but the numbers of the rows?"""
    import pandas as pd

    index = frame.index
    return isinstance(index, pd.RangeIndex) and (index.start, index.step, index.name) == (0, 1, None)


def _kind(column: pd.Series[Any]) -> str:
    """What a column holds, as far as columns under one another have to agree; empty if nothing."""
    from pandas.api import types

    dtype = column.dtype
    tests: dict[str, Callable[[Any], bool]] = {
        "booleans": types.is_bool_dtype,
        "numbers": types.is_numeric_dtype,
        "durations": types.is_timedelta64_dtype,
    }
    if not column.notna().any():
        return ""
    if types.is_datetime64_any_dtype(dtype):
        return f"dates ({getattr(dtype, 'tz', None) or 'no time zone'})"
    if types.is_string_dtype(dtype) or types.is_object_dtype(dtype) or dtype == "category":
        return "text or objects"
    return next((name for name, test in tests.items() if test(dtype)), str(dtype))


def _typed_like(frame: pd.DataFrame, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The frame; a column without values has the dtype of one with values, if that has a missing value of its own."""
    changes = {}
    for at in range(frame.shape[1]):
        column = frame.iloc[:, at]
        if column.notna().any():
            continue
        other = next((one.iloc[:, at] for one in frames if one.iloc[:, at].notna().any()), column)
        if other.dtype != column.dtype and (other.dtype.kind not in "biu" or column.empty):
            changes[at] = column.astype(other.dtype).array
    if changes:
        frame = frame.copy()
        for at, values in changes.items():
            frame.isetitem(at, values)
    return frame


class _PolarsFrames(_Join):
    """Frames of polars, the values of the placeholders before their columns."""

    def misfit(self, first: Found, other: Found) -> str:
        one, two = first[1], other[1]
        if reason := _of_another_type(one, two) or _difference("column", one.columns, two.columns):
            return reason
        for name, dtype in one.schema.items():
            if two.schema[name] != dtype:
                return f"its column {name!r} is {two.schema[name]}, that of the first one {dtype}"
        return ""

    def joined(self, found: Sequence[Found]) -> Any:
        import polars as pl

        frames = []
        for match, obj in found:
            if taken := [name for name in match.values if name in obj.columns]:
                raise CombineError(str(match.path), f"it has a column {taken[0]!r}, as the pattern has a placeholder")
            known = [pl.repeat(value, obj.height, eager=True).alias(name) for name, value in match.values.items()]
            frames.append(pl.DataFrame([*known, *obj.select(found[0][1].columns)]))
        return pl.concat(frames)
