"""Units of a FITS file, one by one."""

from __future__ import annotations

from typing import Any

from scitex_io.limits import take

_DTYPES = {8: "uint8", 16: "int16", 32: "int32", 64: "int64", -32: "float32", -64: "float64"}


def read(unit: Any) -> None:
    """Bring all data of a unit into memory."""
    take(_declared(unit), f"unit '{unit.name}'")
    data = unit.data
    if is_table(unit) and data is not None:
        for name in unit.columns.names:
            data.field(name)


def _declared(unit: Any) -> int:
    """The bytes of a unit: of a compressed image those that it unfolds to."""
    import math

    depth = abs(unit.header.get("BITPIX", 8)) // 8
    return int(math.prod(unit.shape or (0,)) * depth) if not is_table(unit) else int(unit.size)


def native(array: Any, dtype: Any) -> Any:
    """The array as *dtype*, in place where only the order of bytes differs."""
    import numpy as np

    if array.dtype != dtype and array.dtype.newbyteorder() == dtype and array.flags.writeable:
        return array.byteswap(inplace=True).view(dtype)
    return np.asarray(array).astype(dtype, copy=False)


def is_table(unit: Any) -> bool:
    """Is it a table, not an image?"""
    return type(unit).__name__ in {"BinTableHDU", "TableHDU"}


def labels(units: Any) -> list[str]:
    """The names of the units, with versions where names repeat; the number where there is no name."""
    names = [unit.name for unit in units]
    return [
        str(at) if not unit.name else f"{unit.name},{unit.ver}" if names.count(unit.name) > 1 else unit.name
        for at, unit in enumerate(units)
    ]


def told(unit: Any) -> str:
    """What it holds, in a few words, from its header."""
    if is_table(unit):
        return f"table {unit.header['NAXIS2']} x {len(unit.columns)}"
    return f"array {_DTYPES.get(unit.header['BITPIX'], '')} {unit.shape}" if unit.header.get("NAXIS") else "header"
