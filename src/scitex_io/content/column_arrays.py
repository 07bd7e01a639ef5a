"""The arrays behind columns and indexes in the stores' tree model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scitex_io.content.leaves import Branch, Leaf, Mark, is_clean
from scitex_io.losses import lose

if TYPE_CHECKING:
    import pandas as pd


def dtype_of(values: Any) -> Any:
    """The dtype to ask for: a bare array of objects would be guessed at, and texts become the str dtype."""
    import numpy as np

    return object if isinstance(values, np.ndarray) and values.dtype == object else None


def plain(values: Any) -> Any:
    """The values of a column or an index: an ndarray where they are one."""
    import numpy as np

    return values.to_numpy() if isinstance(values.dtype, np.dtype) else values.array


def lowered_array(array: Any) -> Branch | Leaf | None:
    """One column of pandas' own types: its values as an array, what else there is beside it."""
    import numpy as np
    import pandas as pd

    dtype = array.dtype
    if isinstance(dtype, np.dtype):
        return Branch([("values", array.to_numpy())], {"type": "pandas.array"})
    if isinstance(dtype, pd.StringDtype):
        missing = np.asarray(array.isna())
        texts = np.asarray(array, dtype=object)
        told = {"type": "pandas.str", "storage": dtype.storage, "missing": "NA" if dtype.na_value is pd.NA else "NaN"}
        if not missing.any() and all(map(is_clean, texts)):
            return Leaf(texts, told)
        return Branch([("values", np.where(missing, "", texts)), ("missing", missing)], told)
    if isinstance(dtype, pd.CategoricalDtype):
        children = [("codes", np.asarray(array.codes)), ("categories", array.categories)]
        return Branch(children, {"type": "pandas.Categorical", "ordered": bool(array.ordered)})
    if isinstance(dtype, pd.DatetimeTZDtype):
        return Branch([("values", array.tz_convert(None).to_numpy())], {"type": "pandas.moments", "zone": _zone(dtype)})
    if isinstance(dtype, pd.SparseDtype):
        return Branch([("values", np.asarray(array)), ("fill", dtype.fill_value)], {"type": "pandas.Sparse"})
    base = getattr(dtype, "numpy_dtype", None)
    if isinstance(base, np.dtype) and not isinstance(dtype, pd.ArrowDtype):
        values = array.to_numpy(dtype=base, na_value=base.type(0))
        return Branch(
            [("values", values), ("missing", np.asarray(array.isna()))], {"type": "pandas.masked", "of": str(dtype)}
        )
    return _arrow(array)


def _zone(dtype: pd.DatetimeTZDtype) -> str:
    import pandas as pd

    try:
        known = pd.api.types.pandas_dtype(str(dtype)) == dtype
    except TypeError:
        known = False
    if known:
        return str(dtype.tz)
    lose(f"the time zone {dtype.tz!r} becomes UTC")
    return "UTC"


def _arrow(array: Any) -> Leaf | None:
    """Periods, intervals and Arrow's own types, which only Arrow describes in full."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    if not hasattr(array, "__arrow_array__"):
        return None
    table = pa.table({"values": pa.array(array)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    told = {"of": str(array.dtype), "arrow": isinstance(array.dtype, pd.ArrowDtype)}
    return Leaf(np.frombuffer(sink.getvalue(), np.uint8), {"type": "pandas.arrow", **told})


def grown_arrow(value: Any, mark: Mark) -> Any:
    """What Arrow describes, as it was."""
    import pandas as pd
    import pyarrow as pa

    column = pa.ipc.open_stream(value.tobytes()).read_all().column("values")
    if mark["arrow"]:
        dtype: Any = pd.ArrowDtype(column.type)
    else:
        dtype = column.type.to_pandas_dtype()
    return dtype.__from_arrow__(column)


def grown_str(values: Any, mark: Mark, missing: Any = None) -> Any:
    """Texts, some of them missing."""
    import numpy as np
    import pandas as pd

    na: Any = pd.NA if mark["missing"] == "NA" else np.nan
    try:
        dtype = pd.StringDtype(mark["storage"], na_value=na)
    except TypeError:  # pandas 2 knows NA alone
        dtype = pd.StringDtype(mark["storage"])
    texts = np.asarray(values, dtype=object)
    if missing is not None:
        missing_value: Any = dtype.na_value
        texts = np.where(missing, missing_value, texts)
    return pd.array(texts, dtype=dtype)


def grown_moments(children: dict[Any, Any], mark: Mark) -> Any:
    """Moments in a time zone."""
    import pandas as pd

    return pd.DatetimeIndex(children["values"]).tz_localize("UTC").tz_convert(mark["zone"]).array


def grown_categorical(children: dict[Any, Any], mark: Mark) -> Any:
    """Categories."""
    import pandas as pd

    return pd.Categorical.from_codes(children["codes"], categories=children["categories"], ordered=mark["ordered"])


def grown_masked(children: dict[Any, Any], mark: Mark) -> Any:
    """Numbers, some of them missing."""
    import pandas as pd

    dtype: Any = pd.api.types.pandas_dtype(mark["of"])
    return dtype.construct_array_type()(children["values"], children["missing"])


def grown_sparse(children: dict[Any, Any], _: Mark) -> Any:
    """Numbers, most of them the same."""
    import pandas as pd

    return pd.arrays.SparseArray(children["values"], fill_value=children["fill"])


def grown_array(children: dict[Any, Any], _: Mark) -> Any:
    """NumPy's values as an array of pandas'."""
    import pandas as pd

    values = children["values"]
    return pd.Series(values, dtype=dtype_of(values)).array
