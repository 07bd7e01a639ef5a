"""Texts that spreadsheet programs would run, made harmless."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scitex_io.losses import lose

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""What a cell begins with that is a formula, or that hides one (OWASP, "CSV Injection")."""
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*")


def escaped(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with an apostrophe before each text that would be run: in cells, in the index and in names."""
    made = frame.copy(deep=False)
    for at in range(made.shape[1]):
        column = made.iloc[:, at]
        better = _column(column)
        if better is not column:
            lose(f"texts that spreadsheet programs would run begin with an apostrophe (column {frame.columns[at]!r})")
            made.isetitem(at, better.array)
    made.index, made.columns = _labels(made.index, "index"), _labels(made.columns, "names of the columns")
    return made


def _column(column: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        words = column.cat.categories
        return column.cat.rename_categories(list(map(_text, words))) if any(map(_is_formula, words)) else column
    # Whatever is no number may be written as a text.
    if pd.api.types.is_numeric_dtype(column.dtype) or not any(map(_is_formula, column)):
        return column
    return column.map(_text)


def _labels(labels: pd.Index[Any], what: str) -> pd.Index[Any]:
    tuples = labels.nlevels > 1
    entries = [part for label in labels for part in label] if tuples else list(labels)
    if not any(map(_is_formula, [*entries, *labels.names])):
        return labels
    lose(f"texts that spreadsheet programs would run begin with an apostrophe ({what})")
    made = labels.map(lambda label: tuple(map(_text, label)) if tuples else _text(label))
    return made.set_names([_text(name) for name in labels.names])


def _is_formula(value: object) -> bool:
    return isinstance(value, str) and _FORMULA.match(value) is not None and not _NUMBER.fullmatch(value)


def _text(value: Any) -> Any:
    return f"'{value}" if _is_formula(value) else value
