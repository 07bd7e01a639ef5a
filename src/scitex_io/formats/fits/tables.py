"""Tables in FITS files: what astropy writes of them, and whether it comes back."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import TYPE_CHECKING, Any

from scitex_io.content.tables import has_default_index
from scitex_io.losses import lose

if TYPE_CHECKING:
    import pandas as pd


def units(table: Any) -> Any:
    """The units that hold a table, with its units, descriptions, masks, times and metadata."""
    from astropy.io import fits
    from astropy.utils.exceptions import AstropyUserWarning

    buffer = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyUserWarning)  # of what is looked for afterwards
        table.write(buffer, format="fits")  # what the table knows besides its values is kept by this writer alone
    buffer.seek(0)
    return fits.open(buffer, memmap=False, lazy_load_hdus=False)


def from_frame(frame: pd.DataFrame) -> Any:
    """The frame as a table of astropy's.

    Raises
    ------
    TypeError
        Labels that no table has.
    """
    from astropy.table import Table

    if not has_default_index(frame):
        lose("the index becomes columns")
        frame = frame.reset_index()
    if not frame.columns.is_unique or any(not isinstance(label, str) for label in frame.columns):
        raise TypeError("columns have to be named by different texts")
    # Texts as Python's: astropy knows no others of any length.
    texts = {name: object for name, dtype in frame.dtypes.items() if dtype == "str"}
    return Table.from_pandas(frame.astype(texts))


def changed_frame(frame: pd.DataFrame, back: pd.DataFrame) -> str:
    """What would not come back of a frame, in words."""
    from pandas.testing import assert_frame_equal

    try:
        assert_frame_equal(back, frame if has_default_index(frame) else frame.reset_index(), rtol=0, atol=0)
    except AssertionError as error:
        return " ".join(str(error).split("\n\n")[0].split())
    return ""


def changed(table: Any, back: Any) -> str:
    """Which column of a table would come back with other values; lesser changes are announced."""
    for name in table.colnames:
        one, other = table[name], back[name] if name in back.colnames else None
        if other is None or not _same_values(one, other):
            return f"the column '{name}' would not come back as it is"
        if not (_mask(one) == _mask(other)).all():
            lose(f"the mask of the column '{name}' is not kept")
        before, after = (f"{type(column).__name__} {getattr(column, 'dtype', '')}".rstrip() for column in (one, other))
        if before != after:
            lose(f"the column '{name}' is {after} instead of {before}")
        for fact in ("unit", "description", "format"):
            if getattr(one.info, fact) != getattr(other.info, fact):
                lose(f"the {fact} of the column '{name}' is not kept")
    if {word: str(value) for word, value in table.meta.items()} != {
        word: str(value) for word, value in back.meta.items()
    }:
        lose("the metadata of the table are not kept as they are")
    return ""


def _same_values(one: Any, other: Any) -> bool:
    """Are the values equal, where they are not masked?"""
    import numpy as np

    if one.shape != other.shape:
        return False
    if not isinstance(one, np.ndarray):  # times and coordinates
        return bool(np.all(one == other))
    places = ~_mask(one)
    before, after = np.asarray(one)[places], np.asarray(other)[places]
    if before.dtype.kind == "S":
        before = np.char.decode(before, "ascii")
    return bool(np.array_equal(before, after, equal_nan=before.dtype.kind in "fc"))


def _mask(column: Any) -> Any:
    import numpy as np

    return np.ma.getmaskarray(column) if isinstance(column, np.ma.MaskedArray) else np.zeros(column.shape, bool)
