"""What two values of different types have in common, where only the meaning counts."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from scitex_io.comparing.libraries import DEEP, frames_of, plain_tensor
from scitex_io.comparing.parts import LEAVES, Part
from scitex_io.content.tables import as_frame
from scitex_io.losses import collecting
from scitex_io.structure import fields_of, is_record
from scitex_io.typeref import TypeRef, distance

HEADER = frozenset({"__header__", "__version__", "__globals__"})
"""What every MATLAB file says of itself: no variables."""
SEQUENCES: tuple[TypeRef, ...] = (tuple, range, "collections.deque", "array.array")


def in_common(part: Part) -> Part:
    """The same part, with both values in a form in which they can be compared."""
    one, other = plain(part.one), plain(part.other)
    if type(one) is not type(other):
        one, other = _met(one, other)
        if type(one) is not type(other):
            other, one = _met(other, one)
    return Part(part.path, one, other)


def _is(value: object, *refs: TypeRef) -> bool:
    return any(distance(type(value), ref) is not None for ref in refs)


def plain(value: Any) -> Any:
    """A value in the simplest form of its meaning: dicts, lists, numbers, arrays, tables of pandas."""
    if type(value) in LEAVES:
        return None if value != value else value
    if _is(value, "pandas.api.typing.NAType", "pandas.api.typing.NaTType"):
        return None
    if _is(value, "numpy.generic"):
        return _scalar(value)
    if _is(value, "numpy.ma.MaskedArray", "torch.Tensor", "numpy.ndarray"):
        return _array(value)
    if _is(value, Mapping):
        return {key: part for key, part in value.items() if not (isinstance(key, str) and key in HEADER)}
    if is_record(value):
        return {name: getattr(value, name) for name in fields_of(type(value))[0]}
    if _is(value, *SEQUENCES):
        return list(value)
    if _is(value, AbstractSet):
        return set(value)
    if _is(value, bytearray, memoryview):
        return bytes(value)
    if _is(value, "polars.LazyFrame"):
        return value.collect().to_pandas()
    if _is(value, "polars.DataFrame", "pyarrow.Table", "pyarrow.RecordBatch"):
        return value.to_pandas()
    if _is(value, "polars.Series", "pyarrow.Array", "pyarrow.ChunkedArray"):
        return value.to_pandas()
    if isinstance(value, (datetime.datetime, datetime.timedelta)):
        return _moment(value)
    return value


def _scalar(value: Any) -> Any:
    if value.dtype.kind in "mM":
        return _moment(value)
    if value.dtype.names:
        return {name: value[name] for name in value.dtype.names}
    if value.dtype.char in "gG":  # more digits than Python's numbers have
        rounded = complex(value) if value.dtype.kind == "c" else float(value)
        return plain(rounded) if rounded == value or value != value else value
    return plain(value.item()) if value.dtype.kind in "biufcUS" else value


def _moment(value: Any) -> Any:
    """Dates and times of any library as those of pandas, which hold them all, if they are within its years."""
    import pandas as pd

    try:
        made: Any = pd.Timedelta(value) if _is(value, datetime.timedelta, "numpy.timedelta64") else pd.Timestamp(value)
    except (ValueError, OverflowError):
        return value
    return None if made is pd.NaT else made


def _array(value: Any) -> Any:
    import numpy as np

    if _is(value, "torch.Tensor"):
        value = plain_tensor(value)
    if isinstance(value, np.ma.MaskedArray) and value.mask.any():
        return value
    found = np.asarray(value)
    return _scalar(found[()]) if not found.ndim and found.dtype.kind != "O" else found


def _met(one: Any, other: Any) -> tuple[Any, Any]:
    """The second value in the form of the first, where it has one."""
    if _is(one, "pandas.DataFrame"):
        return one, _table(other, one)
    if _is(one, "pandas.Series", "pandas.Index") and not _is(other, "pandas.DataFrame"):
        return _met(one.to_numpy(), plain(_values(other)))
    if _is(one, "pandas.api.extensions.ExtensionArray"):
        return _met(one.to_numpy(dtype=object), other)
    if _is(one, "scipy.sparse.sparray", "scipy.sparse.spmatrix") and _is(other, "numpy.ndarray"):
        return one.toarray(), other
    if _is(one, "numpy.ndarray") and isinstance(other, list):
        found = _listed(other, one)
        return (list(one), other) if found is other else (one, found)
    if _is(one, "PIL.Image.Image"):
        return _pictures(one, other)
    if isinstance(one, Mapping) and isinstance(other, list):
        if list(one) == [str(at) for at in range(len(other))]:
            return list(one.values()), other
        return ([one], other) if len(other) == 1 else (one, other)
    if isinstance(one, str) and isinstance(other, list) and all(isinstance(line, str) for line in other):
        lines = [line.removesuffix("\n") for line in other]
        found = one.split("\n")
        # The last line may end as all others do, or with the text.
        return (found[:-1] if len(found) == len(lines) + 1 and not found[-1] else found), lines
    return one, other


def _values(value: Any) -> Any:
    return value.to_numpy() if hasattr(value, "to_numpy") else value


def _table(value: Any, frame: Any) -> Any:
    """Columns, records, arrays and single values as the table that a table format makes of them."""
    import pandas as pd

    if isinstance(value, pd.Index):
        value = value.to_series(index=pd.RangeIndex(len(value)))
    try:
        with collecting():
            found = as_frame(math.nan if value is None else value)
    except (TypeError, ValueError):
        return value
    fields = getattr(getattr(value, "dtype", None), "names", None)
    records = isinstance(value, list) and isinstance(value[0], dict)
    if isinstance(value, (pd.DataFrame, Mapping)) or records or fields or getattr(value, "name", None) is not None:
        return found
    # Without names: the columns are told by their places.
    return found.set_axis(frame.columns, axis=1) if found.shape[1] == frame.shape[1] else value


def _listed(items: list[Any], like: Any) -> Any:
    """Nested lists as an array of the shape that they should have, else as they are."""
    import numpy as np

    try:
        found = np.array(items)
    except ValueError:  # ragged
        return items
    exact = found.shape == like.shape and found.dtype.kind != "U"
    if exact or like.dtype.kind == "U" == found.dtype.kind:
        return found
    boxed = np.empty(len(items), object)
    boxed[:] = items
    return boxed if like.ndim == 1 else items


def _pictures(image: Any, other: Any) -> tuple[Any, Any]:
    """An image and its pixels, or its frames."""
    import numpy as np
    from PIL import Image

    if isinstance(other, list) and other and all(_is(part, "PIL.Image.Image") for part in other):
        return frames_of(image), [frame for part in other for frame in frames_of(part)]
    if not isinstance(other, np.ndarray):
        return image, other
    if image.mode != "P":
        pixels = np.asarray(image)
        if pixels.shape == other.shape and (image.mode in DEEP or pixels.dtype.kind == other.dtype.kind):
            return pixels, other
    try:
        return image, Image.fromarray(np.ascontiguousarray(other))
    except (TypeError, ValueError):
        return image, other
