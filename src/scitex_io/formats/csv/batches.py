"""A table as lines that go behind those of another one."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from scitex_io.errors import OptionError, UnsupportedTypeError
from scitex_io.handler import PassThrough
from scitex_io.typing import Saver

if TYPE_CHECKING:
    import pandas as pd

ALONE = frozenset({"encoding", "compression", "mode"})
"""Options under which two files, one after the other, are not one."""


def lines(handler: Saver[Any], frame: pd.DataFrame, *, header: bool) -> bytes:
    """What *handler* writes of the frame; without *header* the lines of its rows alone."""
    assert isinstance(handler, PassThrough)
    options = handler.extra_options
    for name in ALONE & options.keys():
        raise OptionError("csv", "save", name, reason="not for a table that comes in batches")
    if frame.columns.nlevels > 1:
        raise UnsupportedTypeError("csv", "a batch", reason="its columns have several levels")
    with TemporaryDirectory(prefix="scitex-io-") as folder:
        path = Path(folder, "batch.csv")
        handler.save(frame, path)
        data = path.read_bytes()
    if header or options.get("header", True) is False:
        return data
    with io.StringIO(data.decode(), newline="") as text:
        rows = csv.reader(iter(text.readline, ""), delimiter=str(getattr(handler, "sep", ",")), strict=True)
        next(rows)
        return text.read().encode()
