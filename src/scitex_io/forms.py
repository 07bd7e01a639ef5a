"""The obvious form, in dicts, lists, text and numbers, of the types that text formats have no word for."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scitex_io.losses import lose
from scitex_io.typeref import TypeRef

if TYPE_CHECKING:
    import datetime

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


def keeps_zone(moment: datetime.datetime) -> bool:
    """Is its time zone none, or an offset of whole minutes, which is all that a file can tell?"""
    zone = moment.tzinfo
    if zone is None:
        return not moment.fold
    offset = moment.utcoffset()
    # Other kinds of time zones have a name and rules.
    return (
        type(zone).__name__ == "timezone" and offset is not None and not offset.seconds % 60 and not offset.microseconds
    )


@frozen
class Rule:
    """The form of one type; parts of the form may need a form of their own."""

    kind: TypeRef
    becomes: type
    form: Callable[[Any], Any]
    says: str = ""  # what changes; empty: the values stay equal
    open: bool = False  # made to be subclassed: a subclass adds nothing to the value


def in_order(items: Iterable[Any]) -> list[Any]:
    """A set's items in an order that does not depend on how they were added, or on the run."""
    try:
        return sorted(items)
    except TypeError:
        return sorted(items, key=lambda item: (type(item).__name__, repr(item)))


def duration(nanoseconds: int) -> str:
    """A length of time as ISO 8601 writes it, in days and seconds: ``P2DT3600.5S``."""
    days, rest = divmod(abs(nanoseconds), 86_400 * 10**9)
    seconds, fraction = divmod(rest, 10**9)
    tail = f".{fraction:09}".rstrip("0") if fraction else ""
    return f"{'-' if nanoseconds < 0 else ''}P{days}DT{seconds}{tail}S"


_DURATION = re.compile(r"([-+]?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,9}))?S)?)?", re.ASCII)


def nanoseconds(text: str) -> int:
    """The length of time that `duration` wrote, or any of ISO 8601 in days, hours, minutes and seconds.

    Raises
    ------
    ValueError
        The text is no such length.
    """
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        raise ValueError("no length of time in days, hours, minutes and seconds, as in P1DT30S")
    sign, days, hours, minutes, seconds, fraction = match.groups(default="0")
    whole = ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds)
    total = whole * 10**9 + int(fraction.ljust(9, "0"))
    return -total if sign == "-" else total


def _timedelta(span: datetime.timedelta) -> str:
    whole = (span.days * 86_400 + span.seconds) * 10**9 + span.microseconds * 1000
    return duration(whole + getattr(span, "nanoseconds", 0))  # pandas counts finer


_UNITS = {"W": 604_800 * 10**9, "D": 86_400 * 10**9, "h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9}
_NANOSECONDS = _UNITS | {"ms": 10**6, "us": 1000, "ns": 1}


def array(values: NDArray[Any]) -> Any:
    """The values as nested lists of Python's own numbers, text and dates."""
    import numpy as np

    if values.dtype.names:
        if values.ndim:
            return [array(row) for row in values]
        return {name: array(values[name]) for name in values.dtype.names}
    kind = values.dtype.kind
    if kind == "M":
        return _but_nat(np.datetime_as_string(values).astype(object), values)
    if kind == "m":
        unit, step = np.datetime_data(values.dtype)
        if unit not in _NANOSECONDS:
            raise TypeError(f"a timedelta64 of unit {unit!r} has no fixed length")
        counts = values.astype("i8").astype(object) * (_NANOSECONDS[unit] * step)
        return _but_nat(np.frompyfunc(duration, 1, 1)(counts), values)
    if kind == "V":
        raise TypeError("raw bytes of a void dtype have no obvious form")
    if values.dtype.char in "gG":
        rounded = values.astype("c16" if kind == "c" else "f8")
        if not np.array_equal(rounded, values, equal_nan=True):
            lose("numbers of more than 64 bits are rounded")
        values = rounded
    return values.tolist()


def _but_nat(texts: Any, values: NDArray[Any]) -> Any:
    import numpy as np

    gaps = np.isnat(values)
    if not gaps.any():
        return texts if isinstance(texts, str) else texts.tolist()
    lose("NaT becomes null")
    return np.where(gaps, np.array(None), texts).tolist()


def scalar(value: np.generic) -> Any:
    """Python's own value equal to NumPy's."""
    import numpy as np

    return array(np.asarray(value))


def frame(table: pd.DataFrame) -> dict[Any, Any]:
    """The columns as lists, by name."""
    if not table.columns.is_unique:
        raise ValueError("two of its columns have the same name")
    _without_index(table)
    return {name: column.tolist() for name, column in table.items()}


def series(values: pd.Series[Any]) -> list[Any]:
    """The values as a list."""
    _without_index(values)
    return values.tolist()


def _without_index(labelled: pd.DataFrame | pd.Series[Any]) -> None:
    import pandas as pd

    index = labelled.index
    if not (isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1 and index.name is None):
        lose("an index is left out")


_DATES = "dates and times become text"
_PATHS = "paths become text"
_MISSING = "missing values (NA, NaT) become null"

RULES: tuple[Rule, ...] = (
    Rule(str, str, str.__str__),
    Rule(int, int, int.__int__),
    Rule(float, float, float.__float__),
    Rule(list, list, list),
    Rule(dict, dict, dict),
    Rule("collections.OrderedDict", dict, dict),
    Rule("collections.defaultdict", dict, dict),
    Rule("collections.Counter", dict, dict),
    Rule("scitex_io.dotdict.DotDict", dict, dict, open=True),
    Rule(tuple, list, list, "tuples become lists"),
    Rule(set, list, in_order, "sets become sorted lists"),
    Rule(frozenset, list, in_order, "sets become sorted lists"),
    Rule("collections.deque", list, list, "deques become lists"),
    Rule(range, list, list, "ranges become lists"),
    Rule("array.array", list, list, "arrays become lists"),
    Rule("numpy.ndarray", list, array, "arrays become lists"),
    Rule("pandas.DataFrame", dict, frame, "tables become dicts of columns"),
    Rule("pandas.Series", list, series, "series become lists"),
    Rule("pandas.Index", list, list, "indexes become lists", open=True),
    Rule("datetime.datetime", str, lambda value: value.isoformat(), _DATES),
    Rule("datetime.date", str, lambda value: value.isoformat(), _DATES),
    Rule("datetime.time", str, lambda value: value.isoformat(), _DATES),
    Rule("pandas.Timestamp", str, lambda value: value.isoformat(), _DATES),
    Rule("numpy.datetime64", str, scalar, _DATES),
    Rule("datetime.timedelta", str, _timedelta, "durations become text"),
    Rule("pandas.Timedelta", str, _timedelta, "durations become text"),
    Rule("numpy.timedelta64", str, scalar, "durations become text"),
    Rule("pandas.api.typing.NAType", type(None), lambda _: None, _MISSING),
    Rule("pandas.api.typing.NaTType", type(None), lambda _: None, _MISSING),
    Rule(bytes, str, lambda value: b64encode(value).decode(), "bytes become base64 text"),
    Rule(bytearray, bytes, bytes, "bytearrays become bytes"),
    Rule(memoryview, bytes, bytes, "memory views become bytes"),
    Rule(complex, str, str, "complex numbers become text"),
    Rule("decimal.Decimal", str, str, "decimals become text"),
    Rule("fractions.Fraction", str, str, "fractions become text"),
    Rule("uuid.UUID", str, str, "UUIDs become text"),
    Rule("pathlib.PurePath", str, str, _PATHS, open=True),
    Rule(f"pathlib.{type(Path()).__name__}", str, str, _PATHS),
    Rule("enum.Enum", object, lambda member: member.value, "members of an enumeration become their values", open=True),
    Rule("numpy.bool", bool, bool),
    *(Rule(f"numpy.{name}{bits}", int, int) for name in ("int", "uint") for bits in (8, 16, 32, 64)),
    Rule("numpy.longlong", int, int),
    Rule("numpy.ulonglong", int, int),
    *(Rule(f"numpy.float{bits}", float, float) for bits in (16, 32, 64)),
    Rule("numpy.longdouble", float, scalar),
    Rule("numpy.complex64", str, scalar, "complex numbers become text"),
    Rule("numpy.complex128", str, scalar, "complex numbers become text"),
    Rule("numpy.clongdouble", str, scalar, "complex numbers become text"),
    Rule("numpy.str_", str, str.__str__),
    Rule("numpy.bytes_", bytes, bytes, "NumPy's bytes become bytes"),
    Rule("numpy.void", dict, scalar, "records become dicts"),
)
