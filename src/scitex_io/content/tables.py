"""What a table format stores, as a DataFrame: one reading of arrays, columns and records for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from scitex_io.handler import Accepts, Fidelity
from scitex_io.losses import lose

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

SCALARS = (bool, int, float, complex, str, type(None))


def as_frame(obj: Any) -> pd.DataFrame:
    """The table that *obj* is: a frame as it is, a Series or an Index as columns, arrays, columns and records by name.

    Columns without a name are called ``"0"``, ``"1"``, ... What changes on the way (integers that become
    floats beside a gap) is announced by `lose`.

    Raises
    ------
    TypeError
        It is no table, see `TABLES`.
    """
    import numpy as np
    import pandas as pd

    if isinstance(obj, pd.DataFrame):
        return obj
    if isinstance(obj, pd.Series):
        return obj.to_frame("0" if obj.name is None else obj.name)
    if isinstance(obj, pd.Index):
        names: Any = [str(at) if name is None else name for at, name in enumerate(obj.names)]
        if obj.nlevels == 1:
            return obj.to_frame(index=False, name=names[0])
        return cast("pd.MultiIndex", obj).to_frame(index=False, name=names, allow_duplicates=True)
    if isinstance(obj, np.ma.MaskedArray) and is_maskable(obj):
        return _from_masked(obj)
    if isinstance(obj, np.ndarray) and is_tabular(obj):
        return _from_array(obj)
    if type(obj).__module__.startswith("xarray."):
        return _from_labelled(obj)
    if isinstance(obj, Mapping) and are_columns(obj):
        return _from_columns(dict(obj))
    if isinstance(obj, list) and are_records(obj):
        return _from_records(obj)
    if isinstance(obj, list) and are_scalars(obj):
        return _from_columns({"0": obj})
    if isinstance(obj, (bool, int, float, np.generic)):
        return _from_columns({"0": [obj]})
    raise TypeError(f"{type(obj).__qualname__} is no table")


def as_wanted(frame: pd.DataFrame, wanted: type) -> Any:
    """The frame as another container: a 2-d ndarray, a list of records, a dict of columns (lists).

    An index that is not a plain count comes first, as columns.

    Raises
    ------
    ValueError
        Columns of the same name, which records and dicts cannot hold; or *wanted* is none of the three.
    """
    if not has_default_index(frame):
        frame = frame.reset_index()
    if wanted.__name__ == "ndarray":
        return frame.to_numpy()
    if not frame.columns.is_unique:
        raise ValueError(f"several columns have the same name: a {wanted.__name__} cannot hold them")
    names = list(frame.columns)
    columns = [frame.iloc[:, at].tolist() for at in range(len(names))]
    if wanted is list:
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    if wanted is dict:
        return dict(zip(names, columns, strict=True))
    raise ValueError(f"a table cannot be given as {wanted.__qualname__}")


def has_default_index(frame: pd.DataFrame) -> bool:
    """Are the rows merely counted from 0, without a name?"""
    import pandas as pd

    index = frame.index
    return type(index) is pd.RangeIndex and index.name is None and index.equals(pd.RangeIndex(len(frame)))


def is_tabular(array: np.ndarray[Any, Any]) -> bool:
    """Is it rows of plain columns: 1-d, 2-d, or 1-d with named fields?"""
    if array.dtype.names is not None:
        fields = (array.dtype[name] for name in array.dtype.names)
        return array.ndim == 1 and all(part.kind in "biufcmMUS" for part in fields)
    named = array.ndim == 1 or (array.ndim == 2 and array.shape[1] > 0)  # 2: rows and columns
    return named and array.dtype.kind in "biufcmMUS"


def is_maskable(array: np.ma.MaskedArray[Any, Any]) -> bool:
    """Is it rows of columns that can have gaps?"""
    kind = array.dtype.kind
    gaps = kind in "biumMU" or (kind == "f" and array.dtype.itemsize in {4, 8})  # pandas has gaps in floats of these
    return array.dtype.names is None and gaps and is_tabular(array)


def has_dimensions(array: Any) -> bool:
    """Is it more than a single value?"""
    return bool(array.dims)


def are_columns(columns: Mapping[Any, Any]) -> bool:
    """Is it at least one column, and are all of them of equal length?"""
    lengths = {_length(column) for column in columns.values()}
    return len(lengths) == 1 and None not in lengths


def _length(column: object) -> int | None:
    kind = type(column)
    if kind in {list, tuple, range}:
        return len(column)  # type: ignore[arg-type]  # one of the three
    root = kind.__module__.partition(".")[0]
    if root == "numpy":
        one_d = getattr(column, "ndim", 0) == 1 and getattr(getattr(column, "dtype", None), "names", None) is None
        return len(column) if one_d else None  # type: ignore[arg-type]  # an array
    if root == "pandas" and kind.__name__ in {"Series", "Categorical", "Index", "RangeIndex", "DatetimeIndex"}:
        return len(column)  # type: ignore[arg-type]  # one column of pandas
    return None


def are_records(items: list[Any]) -> bool:
    """Is it at least one dict, and nothing else, with something in them?"""
    return bool(items) and all(isinstance(item, dict) for item in items) and any(items)


def are_scalars(items: list[Any]) -> bool:
    """Is it at least one number, text or None, and nothing else?"""
    return bool(items) and all(
        type(item) in SCALARS or (type(item).__module__ == "numpy" and getattr(item, "shape", None) == ())
        for item in items
    )


def _from_array(array: np.ndarray[Any, Any]) -> pd.DataFrame:
    import pandas as pd

    if array.dtype.names is not None:
        return pd.DataFrame({name: _native(array[name]) for name in array.dtype.names})
    table = _native(array[:, None] if array.ndim == 1 else array)
    return pd.DataFrame(table, columns=pd.Index([str(at) for at in range(table.shape[1])]), copy=False)


def _from_masked(array: np.ma.MaskedArray[Any, Any]) -> pd.DataFrame:
    """Columns in which what is masked is missing: those with gaps are of the dtypes that have gaps."""
    import numpy as np
    import pandas as pd

    table = array[:, None] if array.ndim == 1 else array
    values, gaps = _native(np.asarray(table)), np.ma.getmaskarray(table)
    kinds = {"b": pd.arrays.BooleanArray, "f": pd.arrays.FloatingArray}
    columns: dict[str, Any] = {}
    for at in range(table.shape[1]):
        column, gap = values[:, at].copy(), gaps[:, at].copy()
        if not gap.any():
            columns[str(at)] = column
        elif column.dtype.kind in "biuf":
            columns[str(at)] = kinds.get(column.dtype.kind, pd.arrays.IntegerArray)(column, gap)
        else:
            columns[str(at)] = pd.Series(column).mask(gap).array
    return pd.DataFrame(columns)


def _from_labelled(obj: Any) -> pd.DataFrame:
    """An array or a dataset of xarray in long form: first where, then what."""
    if obj.attrs or any(part.attrs for part in obj.coords.values()):
        lose("attrs of xarray are not stored")
    names = {} if hasattr(obj, "data_vars") else {"name": "0" if obj.name is None else obj.name}
    frame: pd.DataFrame = obj.to_dataframe(**names).reset_index()
    return frame


def _native(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """In the byte order of this machine, which pandas requires; the same array where it is already."""
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _from_columns(columns: dict[Any, Any]) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    made: dict[Any, Any] = {}
    for name, column in columns.items():
        if isinstance(column, (list, tuple)):
            made[name] = _column(name, list(column))
        elif isinstance(column, np.ndarray):
            made[name] = _native(column)
        elif isinstance(column, range):
            made[name] = np.asarray(column, dtype=np.int64)
        else:
            # By position: the labels of a column are not those of the table.
            if isinstance(column, pd.Series) and not column.index.equals(pd.RangeIndex(len(column))):
                lose(f"the index of the column {name!r} is not kept")
            made[name] = column.array if isinstance(column, pd.Series) else column
    frame = pd.DataFrame(dict(enumerate(made.values())))
    frame.columns = pd.Index(list(made), tupleize_cols=False)
    return frame


def _from_records(records: list[dict[Any, Any]]) -> pd.DataFrame:
    names = list(dict.fromkeys(name for record in records for name in record))
    if any(len(record) != len(names) for record in records):
        lose("what some records lack becomes a missing value")
    return _from_columns({name: [record.get(name) for record in records] for name in names})


def _column(name: Any, values: list[Any]) -> Any:
    """The values as pandas infers them; what it changes is announced."""
    import pandas as pd

    column = pd.Series(values)
    kinds = set(map(type, values))
    if column.dtype != object and type(None) in kinds:
        lose(f"None becomes a missing value (column {name!r})")
    if column.dtype.kind == "f" and int in kinds:
        lose(f"integers become floats (column {name!r})")
    if column.dtype.kind == "c" and kinds - {complex}:
        lose(f"numbers become complex (column {name!r})")
    return column.array


ARRAYS = (
    Accepts("numpy.ndarray", Fidelity.VALUE, "pandas.DataFrame", domain="1-d, 2-d or named fields", where=is_tabular),
)
COLUMNS = (Accepts(dict, Fidelity.VALUE, "pandas.DataFrame", domain="columns of equal length", where=are_columns),)
LISTS = (
    Accepts(list, Fidelity.VALUE, "pandas.DataFrame", domain="records", where=are_records),
    Accepts(list, Fidelity.VALUE, "pandas.DataFrame", domain="scalars", where=are_scalars),
)
TABLES: tuple[Accepts, ...] = (
    Accepts("pandas.Series", Fidelity.VALUE, "pandas.DataFrame"),
    Accepts("pandas.Index", Fidelity.VALUE, "pandas.DataFrame", subclasses=True),
    Accepts("numpy.ma.MaskedArray", Fidelity.VALUE, "pandas.DataFrame", domain="1-d or 2-d", where=is_maskable),
    *(
        Accepts(kind, Fidelity.VALUE, "pandas.DataFrame", domain="with dimensions", where=has_dimensions)
        for kind in ("xarray.DataArray", "xarray.Dataset")
    ),
    *ARRAYS,
    *COLUMNS,
    *LISTS,
)
"""What `as_frame` reads besides a DataFrame, each loading as one."""
