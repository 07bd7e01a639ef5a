"""xarray's objects as files keep them: what is written of them, and what is marked so that it comes back."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from scitex_io.content.attributes import LEFT_OUT, Attribute
from scitex_io.content.notes import NOTES
from scitex_io.errors import UnsupportedTypeError, type_name
from scitex_io.losses import lose

if TYPE_CHECKING:
    import xarray as xr

MARK = "scitex_io_xarray"
"""The attribute of the root that says what was saved."""
NAME = "__xarray_dataarray_name__"
VARIABLE = "__xarray_dataarray_variable__"
"""What xarray itself calls a DataArray that has no name, or that of a coordinate."""
INSTRUCTIONS = frozenset(
    ("_FillValue", "missing_value", "scale_factor", "add_offset", "_Unsigned", "_Encoding", "dtype", "coordinates")
)
"""Attributes that change what is loaded."""
UNITS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
RESERVED = frozenset(
    ("_NCProperties", "CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "_Netcdf4Dimid", "_Netcdf4Coordinates", MARK)
)

Groups = dict[str, "xr.Dataset"]


def lowered(obj: Any, format: str, attribute: Attribute, *, always: bool = False) -> Groups:  # noqa: A002  # the word for it
    """The datasets to write, by the path of their group; what they would not say of themselves is in a mark.

    Parameters
    ----------
    obj
        A Dataset, DataArray or DataTree.
    format
        The name of the format, for errors.
    attribute
        The form that the value of an attribute takes in the file (see `attributes`).
    always
        Mark a Dataset that would come back without a mark as well.

    Raises
    ------
    UnsupportedTypeError
        Something that would not come back, and that nothing stands for.
    """
    import xarray as xr

    mark: dict[str, Any] = {"type": "Dataset"} if always else {}
    if isinstance(obj, xr.DataTree):
        mark = {"type": "DataTree", "name": obj.name}
        groups = {node.path: node.to_dataset(inherit=False) for node in obj.subtree}
    elif isinstance(obj, xr.DataArray):
        mark = {"type": "DataArray"}
        hidden = obj.name is None or obj.name in obj.coords or obj.name in obj.dims
        dataset = obj.to_dataset(name=VARIABLE if hidden else obj.name)
        groups = {"/": dataset.assign_attrs({NAME: obj.name}) if hidden and obj.name is not None else dataset}
    else:
        groups = {"/": obj}
    dtypes: dict[str, str] = {}
    found = type_name(type(obj))
    made = {
        path: _Lowering(format, found, path.strip("/"), attribute, dtypes).dataset(dataset)
        for path, dataset in groups.items()
    }
    if dtypes:
        mark["dtypes"] = dtypes
    if mark:
        made["/"].attrs[MARK] = json.dumps(mark)
    return made


@contextmanager
def refusing(format: str, obj: object, *, strict: bool = True) -> Iterator[None]:  # noqa: A002  # the word for it
    """Let what xarray refuses to write, or with *strict* warns of, be what the format refuses."""
    import xarray as xr

    try:
        with warnings.catch_warnings():
            if strict:
                warnings.simplefilter("error", xr.SerializationWarning)
            yield
    except (AttributeError, NotImplementedError, TypeError, ValueError, xr.SerializationWarning) as error:
        raise UnsupportedTypeError(format, type_name(type(obj)), reason=str(error)) from error


def grown(groups: Groups, decoding: Mapping[str, Any]) -> Any:
    """What was saved, from the undecoded datasets of a file; of others a Dataset, or a DataTree where there are groups."""
    import xarray as xr

    mark = mark_of(groups["/"])
    dtypes = mark.get("dtypes", {})
    made = {path: _decoded(dataset, path.strip("/"), dtypes, decoding) for path, dataset in groups.items()}
    if mark.get("type") == "DataTree" or len(made) > 1:
        return xr.DataTree.from_dict(made, name=mark.get("name"))
    return as_array(made["/"]) if mark.get("type") == "DataArray" else made["/"]


def mark_of(dataset: xr.Dataset) -> dict[str, Any]:
    """The mark of the root; empty in the files of others."""
    told = dataset.attrs.get(MARK)
    return {**json.loads(told)} if told is not None else {}


def as_array(dataset: xr.Dataset) -> xr.DataArray:
    """The one variable of a dataset, under the name that it had.

    Raises
    ------
    ValueError
        There are several, or none.
    """
    if len(dataset.data_vars) != 1:
        raise ValueError(
            f"it holds {len(dataset.data_vars)} variables: choose with key= from {list(dataset.data_vars)}"
        )
    (name,) = dataset.data_vars
    array = dataset[name]
    return array.rename(dataset.attrs.get(NAME)) if name == VARIABLE else array


def _decoded(dataset: xr.Dataset, above: str, dtypes: Mapping[str, str], decoding: Mapping[str, Any]) -> xr.Dataset:
    import numpy as np
    import xarray as xr
    from xarray.coders import CFDatetimeCoder, CFTimedeltaCoder

    known = {name: np.dtype(dtypes[_at(above, name)]) for name in dataset.variables if _at(above, name) in dtypes}
    units: dict[Any, Any] = {name: np.datetime_data(dtype)[0] for name, dtype in known.items() if dtype.kind == "M"}
    # Numbers with the unit "days" are numbers; durations say so by their type.
    options: dict[str, Any] = {"decode_timedelta": CFTimedeltaCoder(decode_via_units=False), **decoding}
    if units and "decode_times" not in decoding:
        options["decode_times"] = {
            name: CFDatetimeCoder(time_unit=units[name]) if name in units else True for name in dataset.variables
        }
    made = xr.decode_cf(dataset, **options)
    for ours in (MARK, *NOTES):
        made.attrs.pop(ours, None)
    for name, dtype in known.items():
        if not made[name].ndim:
            made[name].load()  # only then is the type of a single text known
        if made[name].dtype != dtype and (made[name].dtype.kind in {dtype.kind, *"OUT"} or made[name].size == 0):
            made[name] = made[name].astype(dtype)
    return made


def _at(above: str, name: Any) -> str:
    return f"{above}/{name}".lstrip("/")


class _Lowering:
    """One dataset on its way into a file."""

    def __init__(self, format: str, found: str, above: str, attribute: Attribute, dtypes: dict[str, str]) -> None:  # noqa: A002  # the word for it
        self._format = format
        self._found = found
        self._attribute = attribute
        self._above = above
        self._dtypes = dtypes

    def dataset(self, dataset: xr.Dataset) -> xr.Dataset:
        made = dataset.drop_encoding()  # of the file it came from: to pack values again would change them
        for name in (*made.variables, *made.sizes):
            if not isinstance(name, str) or name in {"", ".", "..", "zarr.json"} or {"/", "\0"} & set(name):
                raise self._refused(f"{name!r} cannot name a variable or dimension")
        made.attrs = self._attributes(made.attrs, "the dataset", ())
        for name in made.variables:
            variable = made[name].variable
            variable.attrs = self._attributes(variable.attrs, f"'{name}'", INSTRUCTIONS)
            self._check(str(name), variable)
        return made

    def _check(self, name: str, variable: Any) -> None:
        """Refuse what has no word in the file, and note the types that would not come back by themselves."""
        import numpy as np

        dtype = variable.dtype
        if not isinstance(dtype, np.dtype) or dtype.kind in "VT":
            raise self._refused(f"'{name}' is of the type {dtype}: try astype(str) or another type of NumPy")
        if dtype.kind == "O":
            kinds = {type(item) for item in variable.values.flat}
            if kinds and all(kind.__module__.startswith("cftime") for kind in kinds):
                if variable.values.flat[0].calendar in {"standard", "gregorian", "proleptic_gregorian"}:
                    lose(f"the dates of '{name}' become datetime64: their calendar is the usual one")
                return
            if kinds - {str}:
                found = sorted(kind.__name__ for kind in kinds - {str})
                advice = ": reset_index() takes a MultiIndex apart" if found == ["tuple"] else ""
                raise self._refused(
                    f"'{name}' is an array of objects that are not all text ({', '.join(found)}){advice}"
                )
        if dtype.kind in "mM":
            unit, step = np.datetime_data(dtype)
            if unit not in UNITS or step != 1:
                raise self._refused(f"'{name}' is of the type {dtype}: try astype('{dtype.kind}8[s]')")
            variable.encoding = {"dtype": "int64", "units": UNITS[unit]}
            if dtype.kind == "M":
                years = variable.values.astype("M8[Y]").astype(int)[~np.isnat(variable.values)] + 1970
                if years.size and not 1 <= years.min() <= years.max() <= 9999:
                    raise self._refused(f"'{name}' has dates outside the years 1 to 9999")
                variable.encoding |= {"units": f"{UNITS[unit]} since 1970-01-01", "calendar": "proleptic_gregorian"}
        elif dtype.kind in "biufc" and " since " in str(variable.attrs.get("units", "")):
            lose(f"the numbers of '{name}' are dates when they are loaded, as their units say")
        if dtype.kind in "MOUS" or not dtype.isnative:
            self._dtypes[_at(self._above, name)] = dtype.str

    def _attributes(self, attributes: Mapping[Any, Any], of: str, instructions: Any) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, value in attributes.items():
            if not isinstance(name, str) or name in {"", *RESERVED} or "\0" in name:
                raise self._refused(f"{of} has the attribute {name!r}, which no file can have")
            if name in instructions:
                lose(f"the attribute '{name}' of {of} is an instruction for who loads it")
            what = f"the attribute '{name}' of {of}"
            try:
                made[name] = self._attribute(value, what)
            except ValueError as error:
                raise self._refused(f"{what} is {error}") from error
        return {name: value for name, value in made.items() if value is not LEFT_OUT}

    def _refused(self, reason: str) -> UnsupportedTypeError:
        return UnsupportedTypeError(self._format, self._found, reason=reason)
