"""Feather tables: the Arrow file format, compressed (.feather)."""

from __future__ import annotations

from attrs import frozen

from scitex_io.formats.arrow import FILE, OLD, Arrow
from scitex_io.handler import save_option


@frozen(kw_only=True)
class Feather(Arrow):
    """A table, exact: every dtype, index and label that Arrow can hold. Reads the old version 1, too."""

    name = "feather"
    extensions = (".feather",)
    magic = (FILE, OLD)

    compression: str | None = save_option("lz4")
