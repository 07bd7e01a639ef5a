"""What is asked of xarray's objects: a part, another type, a description."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

from scitex_io.content.datasets import VARIABLE, as_array
from scitex_io.errors import MissingKeyError, OptionError
from scitex_io.handler import FormatHandler
from scitex_io.limits import take

TYPES = ("xarray.Dataset", "xarray.DataArray", "xarray.DataTree")


def asked(obj: Any, handler: FormatHandler, path: Path) -> Any:
    """What the handler's options ``key`` and ``rows`` ask for, without reading the rest.

    Raises
    ------
    MissingKeyError
        There is no such variable or group.
    OptionError
        Rows of what has no first axis, or columns.
    """
    import xarray as xr

    known: Any = handler
    if known.key is not None:
        obj = part(obj, known.key, path)
    for option in ("rows", "columns"):
        value = getattr(known, option, None)
        if value is not None and (option == "columns" or not isinstance(obj, xr.DataArray) or not obj.ndim):
            reason = "choose a variable with key=: " + (
                "it has no columns" if option == "columns" else "a Dataset has no first axis"
            )
            raise OptionError(handler.name, "load", option, handler.options_for("load"), reason=reason)
        if value is not None:
            obj = obj.isel({obj.dims[0]: value})
    return obj


def part(obj: Any, key: str, path: Path) -> Any:
    """The variable or group of this name."""
    import xarray as xr

    tree = obj if isinstance(obj, xr.DataTree) else xr.DataTree(as_dataset(obj))
    names = {f"{node.path}/{name}".lstrip("/"): (node, name) for node in tree.subtree for name in node.variables}
    wanted = key.strip("/")
    if wanted in names:
        node, name = names[wanted]
        return node.dataset[name]
    groups = {node.path.strip("/"): node for node in tree.subtree}
    if wanted not in groups:
        raise MissingKeyError(str(path), key, (*names, *filter(None, groups)))
    return groups[wanted] if groups[wanted].children else groups[wanted].to_dataset(inherit=False)


def as_dataset(obj: Any) -> Any:
    """The Dataset of an array, or of the root of a tree."""
    import xarray as xr

    if isinstance(obj, xr.DataArray):
        return obj.to_dataset(name=VARIABLE if obj.name is None or obj.name in obj.coords else obj.name)
    return obj.to_dataset() if isinstance(obj, xr.DataTree) else obj


def read(obj: Any) -> Any:
    """The object, brought into memory."""
    take(obj.nbytes, "what it holds")
    return obj.load()


def viewed(obj: Any, wanted: type) -> Any:
    """The object, read, as one of xarray's types, as a frame, or the values of its one variable."""
    import xarray as xr

    if issubclass(wanted, xr.DataTree):
        return read(obj) if isinstance(obj, xr.DataTree) else xr.DataTree(read(as_dataset(obj)))
    if issubclass(wanted, xr.Dataset):
        return read(as_dataset(obj))
    if wanted.__name__ == "DataFrame":
        dataset = as_dataset(obj)
        rows = prod(dataset.sizes.values())  # each variable is repeated along the dimensions that it has not
        take(8 * rows * max(len(dataset.variables), 1), f"a frame of {rows} rows")
        return dataset.to_dataframe()
    array = obj if isinstance(obj, xr.DataArray) else as_array(as_dataset(obj))
    return read(array) if issubclass(wanted, xr.DataArray) else read(array).to_numpy()


def described(obj: Any) -> dict[str, Any]:
    """Variables with dimensions and types, and the attributes; no data are read."""
    import xarray as xr

    if isinstance(obj, xr.DataArray):
        facts = {"dims": obj.dims, **obj.attrs}
        return {"kind": "array", "shape": obj.shape, "dtype": str(obj.dtype), "metadata": facts}
    tree = obj if isinstance(obj, xr.DataTree) else xr.DataTree(obj)
    keys = {
        f"{node.path}/{name}".lstrip("/"): f"{'coordinate' if name in node.coords else 'array'} {variable.dtype} "
        f"({', '.join(f'{axis}: {size}' for axis, size in variable.sizes.items())})"
        for node in tree.subtree
        for name, variable in node.variables.items()
    }
    return {"kind": "tree" if tree.children else "arrays", "keys": keys, "metadata": dict(obj.attrs)}
