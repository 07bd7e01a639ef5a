"""Delimited text of a table: what a reader will make of it, and a writer that is quick with numbers.

The text of a cell has no type. What a file gives back is therefore decided by the reader's rules, and
`announce_changes` tells beforehand, column by column, what those rules will change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scitex_io.losses import lose

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MISSING = frozenset(
    (
        *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"),
        *("<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
    )
)
"""The cells that pandas reads as missing values."""

PLAIN = frozenset(
    ("bool", "float32", "float64", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)))
)
ROWS = 16_384  # written at a time: a few MB of text
SAMPLE = 100  # words that nearly always hold one that is text
BLANK = " \t"  # a line of nothing else is skipped by readers


def announce_changes(frame: pd.DataFrame) -> None:
    """Tell by `lose` what will be different in the table read from the text of *frame*.

    Raises
    ------
    TypeError
        A column holds objects for which text has no accepted form.
    """
    _announce_names(frame)
    if frame.attrs:
        lose("attrs are not stored")
    if len(frame) == 0:
        if any(dtype.name != "object" for dtype in frame.dtypes):
            lose("an empty table keeps no dtypes")
        return
    changes: dict[str, list[Any]] = {}
    for at, (name, dtype) in enumerate(zip(frame.columns, frame.dtypes, strict=True)):
        if dtype.name not in {"float64", "int64", "bool"}:
            for change in _changes(name, frame.iloc[:, at]):
                changes.setdefault(change, []).append(name)
    for change, names in changes.items():
        shown = ", ".join(map(repr, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        lose(f"{change} (column{'s' if len(names) > 1 else ''} {shown})")


def _announce_names(frame: pd.DataFrame) -> None:
    import pandas as pd

    columns = frame.columns
    if isinstance(columns, pd.MultiIndex):
        lose(f"{columns.nlevels} header rows load as data unless header={list(range(columns.nlevels))} is given")
        return
    names = list(columns)
    if columns.name is not None:
        lose(f"the name of the columns, {columns.name!r}, is not stored")
    if not all(type(name) is str for name in names):
        lose("column names become text")
    elif columns.dtype != pd.Index(names).dtype:
        lose("column names of another dtype become text")
    shown = [str(name) for name in names if str(name)]
    if len(set(shown)) < len(shown):
        lose("repeated column names are numbered when loaded ('a', 'a.1')")
    if names and str(names[0]).startswith("\ufeff"):
        lose("a byte order mark before the first column name is dropped")


def _changes(name: Any, column: pd.Series[Any]) -> Iterator[str]:
    """What will be different in the column that is read from the text of this one."""
    import numpy as np
    import pandas as pd

    dtype = column.dtype
    if dtype.name == "object":
        kinds = check_objects(name, column)
        # Before version 3, pandas gives text as objects.
        if pd.__version__ < "3" and kinds <= {str, float}:
            yield from _changed_words(column)
        else:
            yield "objects load as what their text looks like"
    elif isinstance(dtype, pd.StringDtype):
        if dtype.name != "str":
            yield f"{dtype} loads as str"
        yield from _changed_words(column)
    elif isinstance(dtype, pd.CategoricalDtype):
        check_objects(name, dtype.categories)
        yield "categories load as plain values"
    elif dtype.kind == "M":
        yield "dates load as text, unless parse_dates= names them"
    elif dtype.kind == "m":
        yield "durations load as text"
    elif dtype.kind == "c":
        yield "complex numbers load as text"
    elif dtype.name == "uint64":
        if column.max() < 2**63:  # else nothing smaller holds it
            yield "uint64 loads as int64"
    elif isinstance(dtype, (pd.PeriodDtype, pd.IntervalDtype)):
        yield f"{dtype} loads as text"
    elif dtype.kind in "fiub" or (isinstance(dtype, pd.ArrowDtype) and dtype.kind == "U"):
        plain = isinstance(dtype, np.dtype) and {"i": "int64", "u": "int64", "f": "float64"}.get(dtype.kind)
        yield f"{dtype} loads as {plain or 'what its text looks like'}"
    else:
        raise TypeError(f"column {name!r} holds {dtype}")


def _changed_words(column: pd.Series[Any]) -> Iterator[str]:
    words = column.dropna()
    gaps = words.isin(MISSING)
    if gaps.any():
        yield f"{words[gaps].iloc[0]!r} loads as a missing value"
        words = words[~gaps]
    if not reads_as_text(words):
        yield "text that looks like numbers or booleans loads as such"


def reads_as_text(words: pd.Series[Any]) -> bool:
    """Does pandas read the column as text, because one word at least is nothing else?"""
    import io

    import pandas as pd

    for size in sorted({min(SAMPLE, len(words)), len(words)}):
        sample = words.iloc[:size].tolist()
        if sample and sample[0][:1].isalpha() and sample[0][:1] not in "iInNtTfF":  # no infinity, nan, true, false
            return True
        text = "x\n" + "".join(f"{quoted(word)}\n" for word in sample)
        read = pd.read_csv(io.StringIO(text), low_memory=False, encoding_errors="surrogatepass")["x"]
        if any(type(value) is str for value in read.iloc[:1]):
            return True
    return False


def check_objects(name: Any, values: Iterable[Any]) -> set[type]:
    """The types of the values of a column.

    Raises
    ------
    TypeError
        Not only text, numbers, booleans, dates and gaps.
    """
    kinds = set(map(type, values))
    for kind in kinds:
        if not _has_text_form(kind):
            raise TypeError(f"column {name!r} holds {kind.__qualname__}")
    return kinds


def check_index(index: pd.Index[Any]) -> None:
    """The same for the labels of the rows, before they are written as columns."""
    for at in range(index.nlevels):
        level = index.levels[at] if index.nlevels > 1 else index  # type: ignore[attr-defined]  # a MultiIndex
        values = getattr(level, "categories", level)
        if values.dtype.name == "object":
            check_objects("index", values)


def _has_text_form(kind: type) -> bool:
    import datetime
    import decimal

    import numpy as np
    import pandas as pd

    plain = {str, int, float, bool, complex, type(None), decimal.Decimal, np.str_, type(pd.NA), type(pd.NaT)}
    dates = {datetime.date, datetime.datetime, datetime.time, datetime.timedelta, pd.Timestamp, pd.Timedelta}
    return kind in plain | dates | {pd.Period, pd.Interval} or issubclass(
        kind, (np.number, np.bool_, np.datetime64, np.timedelta64)
    )


def quoted(word: str) -> str:
    """The cell of a word that a reader could take for more than one cell, or none."""
    return '"' + word.replace('"', '""') + '"'


def needs_quotes(frame: pd.DataFrame) -> bool:
    """Would `pandas.DataFrame.to_csv` write text that its own reader takes for the end of a row, or for no row?"""
    import pandas as pd

    names = (name for level in range(frame.columns.nlevels) for name in frame.columns.get_level_values(level))
    words = [word for word in names if isinstance(word, str)]
    for at, dtype in enumerate(frame.dtypes):
        if dtype.name == "object" or isinstance(dtype, (pd.StringDtype, pd.CategoricalDtype)):
            words += [word for word in pd.unique(frame.iloc[:, at]) if isinstance(word, str)]
    alone = frame.shape[1] == 1
    return any("\r" in word or (alone and not word.strip(BLANK)) for word in words)


def write(frame: pd.DataFrame, path: Path, sep: str) -> None:
    """Write a table as `pandas.DataFrame.to_csv` does, without the index, with quotes wherever a reader needs them.

    Numbers have the shortest text that reads as the same number.
    """
    alone = frame.shape[1] == 1
    names = ["" if name is None or name != name else str(name) for name in frame.columns]  # NaN as pandas does
    with path.open("wb") as file:
        for rows in _rows(frame, _cells(names, sep), sep, alone=alone):
            file.write(rows.encode())


def _rows(frame: pd.DataFrame, names: list[str], sep: str, *, alone: bool) -> Iterator[str]:
    yield sep.join(names if not alone or names[0] else ['""']) + "\n"
    columns = [_prepared(frame.iloc[:, at]) for at in range(frame.shape[1])]
    for start in range(0, len(frame), ROWS):
        cells = [_texts(column[start : start + ROWS], sep) for column in columns]
        if alone:
            # An empty line is skipped by readers.
            cells = [[cell or '""' for cell in cells[0]]]
        yield "\n".join(map(sep.join, zip(*cells, strict=True))) + "\n"


def _prepared(column: pd.Series[Any]) -> np.ndarray[Any, Any] | pd.Series[Any] | list[str]:
    """What `_texts` can cut into pieces: numbers, words, or the texts of the column."""
    import csv

    import pandas as pd

    dtype = column.dtype
    if dtype.name in PLAIN:
        return column.to_numpy()
    if isinstance(dtype, pd.StringDtype):
        return column.reset_index(drop=True)
    if dtype.name == "object" or dtype.kind == "U":
        gaps = column.isna().tolist()
        return ["" if gap else str(value) for value, gap in zip(column.tolist(), gaps, strict=True)]
    if isinstance(dtype, pd.CategoricalDtype):
        known = [*map(str, dtype.categories.tolist()), ""]  # the code -1 is a gap
        return [known[code] for code in column.cat.codes.tolist()]
    # How precise dates are written depends on all of them: pandas tells.
    text = column.to_csv(index=False, header=False, quoting=csv.QUOTE_ALL, lineterminator="\n")
    return text[1:-2].split('"\n"') if text else []


def _texts(part: np.ndarray[Any, Any] | pd.Series[Any] | list[str], sep: str) -> list[str]:
    import numpy as np

    if isinstance(part, list):
        return _cells(part, sep)
    if not isinstance(part, np.ndarray):
        return _cells(part.fillna("").tolist(), sep)
    if part.dtype.kind == "b":
        texts: list[str] = np.where(part, "True", "False").tolist()
        return texts
    return _numbers(part)


def _numbers(values: np.ndarray[Any, Any]) -> list[str]:
    import numpy as np
    import orjson

    text = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)
    if values.dtype.kind != "f" or b"null" not in text:
        return text[1:-1].decode().split(",")
    texts = text[1:-1].replace(b"null", b"").decode().split(",")
    for at in np.flatnonzero(np.isinf(values)).tolist():
        texts[at] = "inf" if values[at] > 0 else "-inf"
    return texts


def _cells(words: list[str], sep: str) -> list[str]:
    # Looked for in all words at once: few columns need quotes at all.
    everything = "\0" + "\0".join(words)
    special = [mark for mark in ('"', "\n", "\r", sep) if mark in everything]
    blank = any(f"\0{mark}" in everything for mark in BLANK)
    if not special and not blank:
        return words
    return [
        quoted(word) if any(mark in word for mark in special) or (word and not word.strip(BLANK)) else word
        for word in words
    ]
