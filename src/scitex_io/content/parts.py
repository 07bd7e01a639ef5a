"""A part of a file, in the same words for every format: ``key=`` (which), ``rows=`` and ``columns=`` (what of it).

A format lists what it can honour (`RowPart`, `TablePart`, a field ``key``) and pushes it down to its library where
that can read less than everything; `picked` does the rest. Asked of any other format it is an `OptionError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen
from attrs.validators import instance_of, optional

from scitex_io.errors import MissingKeyError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def key_option() -> str | None:
    """The field ``key``, for both verbs: the part to save or load, ``"a/b"``."""
    option: str | None = field(default=None, validator=optional(instance_of(str)))
    return option


def load_key_option() -> str | None:
    """The field ``key``, for ``load`` alone."""
    option: str | None = field(default=None, validator=optional(instance_of(str)), metadata={"verb": "load"})
    return option


def _ends(rows: slice | None) -> tuple[Any, ...] | None:
    # Slices cannot be hashed before Python 3.12; what they consist of can.
    return None if rows is None else (rows.start, rows.stop, rows.step)


def _is_slice(_: object, __: object, rows: Any) -> None:
    if not isinstance(rows, slice):
        raise TypeError(f"rows={rows!r}: a slice is wanted, such as slice(0, 100)")
    if not all(part is None or (isinstance(part, int) and not isinstance(part, bool)) for part in _ends(rows) or ()):
        raise TypeError(f"rows={rows!r}: its parts have to be whole numbers")
    if rows.step == 0:
        raise ValueError("rows: the step of a slice cannot be zero")


def _are_names(_: object, __: object, columns: Any) -> None:
    if isinstance(columns, str) or not all(isinstance(name, str | int) for name in columns):
        raise TypeError(f"columns={columns!r}: a list of column names is wanted")


def _as_tuple(columns: Any) -> Any:
    return columns if columns is None or isinstance(columns, str) else tuple(columns)


# slots=False: Python combines no two bases that both have slots of their own.


@frozen(kw_only=True, slots=False)
class RowPart:
    """Mixin: ``rows=slice(start, stop, step)`` along the first axis, as Python counts: from 0, negative from the end."""

    rows: slice | None = field(default=None, validator=optional(_is_slice), eq=_ends, metadata={"verb": "load"})


@frozen(kw_only=True, slots=False)
class TablePart(RowPart):
    """Mixin: ``rows=`` and ``columns=``, a list of names; the columns come in the order asked for."""

    columns: Sequence[str | int] | None = field(
        default=None, converter=_as_tuple, validator=optional(_are_names), metadata={"verb": "load"}
    )

    def wanted_columns(self, known: Sequence[Any], path: Path) -> list[Any] | None:
        """The names asked for, or None for all.

        Raises
        ------
        MissingKeyError
            There is no such column.
        """
        if self.columns is None:
            return None
        for name in self.columns:
            if name not in known:
                raise MissingKeyError(str(path), str(name), tuple(map(str, known)))
        return list(self.columns)

    def picked(self, frame: pd.DataFrame, path: Path) -> pd.DataFrame:
        """The part of a whole frame: for formats whose library reads all or nothing."""
        names = self.wanted_columns(list(frame.columns), path)
        frame = frame if names is None else frame[names]
        return frame if self.rows is None else frame.iloc[self.rows]


def at_key(tree: Any, key: str, path: Path) -> Any:
    """The part of a tree at ``"a/b/0"``: keys of mappings, places in lists.

    Raises
    ------
    MissingKeyError
        Nothing lies there; the error lists what lies beside.
    """
    part = tree
    for name in key.strip("/").split("/"):
        places = range(len(part)) if isinstance(part, list) else part if isinstance(part, dict) else ()
        known = {str(place): place for place in places}
        if name not in known:
            raise MissingKeyError(str(path), key, tuple(known))
        part = part[known[name]]
    return part
