"""A table as text to look at: header rows and body rows, every cell a ``str``."""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import numbers
import pathlib
import uuid
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from scitex_io.content.tables import has_default_index
from scitex_io.errors import UnsupportedTypeError, type_name

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

SHOWN = (
    *(str, numbers.Number, datetime.date, datetime.time, datetime.timedelta),
    *(decimal.Decimal, fractions.Fraction, uuid.UUID, pathlib.PurePath, enum.Enum),
)


def _is_float_format(_: object, __: object, value: str | None) -> None:
    if value is not None and (not isinstance(value, str) or "%" not in value or not value % 0.5):
        raise ValueError("a format such as '%.3f' is wanted")


@frozen(kw_only=True, slots=False)  # slots of two mixins would not go together
class CellOptions:
    """Mixin: how a frame becomes text.

    ``index``: None shows the labels of the rows if they are more than a count. ``float_format``: such as ``"%.3f"``;
    None shows as many digits as the number has.
    """

    index: bool | None = field(default=None, metadata={"verb": "save"})
    float_format: str | None = field(default=None, validator=_is_float_format, metadata={"verb": "save"})


@frozen
class Cells:
    """The text of a frame."""

    header: list[list[str]]  # one row for each level of the column names
    body: list[list[str]]
    labels: int  # how many leading columns are labels of the rows
    numeric: list[bool]  # for each column: are its cells numbers?


def cells_of(frame: pd.DataFrame, format_name: str, options: CellOptions) -> Cells:
    """The text of every cell, nothing cut off.

    Raises
    ------
    UnsupportedTypeError
        There are no columns, or a cell holds what is no text, number or date.
    """
    import pandas as pd

    if not frame.shape[1]:
        raise UnsupportedTypeError(format_name, "pandas.DataFrame", reason="it has no columns")

    def shown(value: Any) -> str:
        return text_of(value, format_name, options.float_format)

    indexed = options.index if options.index is not None else not has_default_index(frame)
    index, names = frame.index, frame.columns
    labels = index.nlevels if indexed else 0
    columns: list[list[str]] = [[shown(label) for label in index.get_level_values(at)] for at in range(labels)]
    numeric = [False] * labels
    for at in range(frame.shape[1]):
        column = frame.iloc[:, at]
        columns.append([shown(value) for value in column.tolist()])
        numeric.append(pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype))
    titles = [shown(name) if name is not None else "" for name in index.names[:labels]]
    above = [[""] * labels for _ in range(names.nlevels - 1)]
    header = [
        [*left, *(shown(label) for label in names.get_level_values(level))]
        for level, left in enumerate((*above, titles))
    ]
    return Cells(header, [list(row) for row in zip(*columns, strict=True)], labels, numeric)


def text_of(value: Hashable | None, format_name: str, float_format: str | None = None) -> str:
    """One value as text; what is missing is empty."""
    import numpy as np
    import pandas as pd

    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, float):
        if value != value:
            return ""
        return float_format % value if float_format is not None else repr(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, datetime.datetime):
        whole = not (value.hour or value.minute or value.second or value.microsecond or getattr(value, "nanosecond", 0))
        return value.isoformat(" ") if value.tzinfo is not None or not whole else value.date().isoformat()
    if isinstance(value, (*SHOWN, pd.Interval, pd.Period)):
        return str(value.value if isinstance(value, enum.Enum) else value)
    reason = f"a cell holds {type_name(type(value))}, which is no text, number or date"
    raise UnsupportedTypeError(format_name, "pandas.DataFrame", reason=reason)
