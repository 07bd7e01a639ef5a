"""Equality of labelled arrays, images and astronomical units and tables, for `same`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from same import difference


def _labelled(got: Any, want: Any, where: str) -> str | None:
    import xarray as xr

    if isinstance(want, xr.DataTree):
        paths = [[node.path for node in tree.subtree] for tree in (got, want)]
        if paths[0] != paths[1] or got.name != want.name:
            return f"{where}: {paths[0]} of {got.name!r} instead of {paths[1]} of {want.name!r}"
        trees: list[Any] = [got, want]
        nodes = (([tree[path].to_dataset(inherit=False) for tree in trees], path) for path in paths[1])
        return next((bad for (one, other), path in nodes if (bad := _labelled(one, other, f"{where}{path}"))), None)
    if isinstance(want, xr.DataArray):
        if got.name != want.name or got.dims != want.dims:
            return f"{where}: {got.name!r} {got.dims} instead of {want.name!r} {want.dims}"
        return _labelled(got.to_dataset(name="its values"), want.to_dataset(name="its values"), where)
    if set(got.variables) != set(want.variables) or set(got.coords) != set(want.coords) or got.sizes != want.sizes:
        return f"{where}: {got} instead of {want}"
    for name in want.variables:
        one, other = got.variables[name], want.variables[name]
        bad = f"dims {one.dims} instead of {other.dims}" if one.dims != other.dims else None
        bad = bad or difference(one.values, other.values, f"{where}[{name!r}]") or _attributes(one, other)
        if bad:
            return f"{where}[{name!r}]: {bad}"
    return _attributes(got, want)


def _attributes(got: Any, want: Any) -> str | None:
    # Numbers are those of NumPy when they come from a file.
    equal = got.attrs.keys() == want.attrs.keys() and all(
        np.array_equal(got.attrs[a], want.attrs[a]) for a in want.attrs
    )
    return None if equal else f"attributes {got.attrs} instead of {want.attrs}"


def _images(got: Any, want: Any, where: str) -> str | None:
    bad = difference(np.asanyarray(got.dataobj), np.asanyarray(want.dataobj), where)
    if bad is not None:
        return bad
    if not hasattr(want, "affine"):  # CIFTI
        axes = [[image.header.get_axis(at) for at in range(image.ndim)] for image in (got, want)]
        return None if axes[0] == axes[1] else f"{where}: axes {axes[0]} instead of {axes[1]}"
    if not np.array_equal(got.affine, want.affine):
        return f"{where}: affine {got.affine} instead of {want.affine}"
    headers = [image.header.copy() for image in (got, want)]
    for header in headers:  # where the values begin, and whether their scale is spelt out, is the file's matter
        header["vox_offset"], header["scl_slope"], header["scl_inter"], header["magic"] = 0, np.nan, np.nan, b""
    if headers[0] != headers[1]:
        return f"{where}: header {headers[0]} instead of {headers[1]}"
    # The file fills extensions up with zeros.
    extensions = [[(e.get_code(), e.content.rstrip(b"\0")) for e in header.extensions] for header in headers]
    return None if extensions[0] == extensions[1] else f"{where}: extensions {extensions[0]} instead of {extensions[1]}"


def _astropy(got: Any, want: Any, where: str) -> str | None:
    from astropy.io import fits

    if isinstance(want, fits.HDUList):
        if list(map(type, got)) != list(map(type, want)):
            return f"{where}: {list(got)} instead of {list(want)}"
        return next((bad for at, unit in enumerate(want) if (bad := _unit(got[at], unit, f"{where}[{at}]"))), None)
    if got.colnames != want.colnames or got.meta != want.meta:
        return f"{where}: {got.colnames} {got.meta} instead of {want.colnames} {want.meta}"
    for name in want.colnames:
        one, other = got[name], want[name]
        bad = difference(np.asarray(one), np.asarray(other), f"{where}[{name!r}]")
        if bad is None and type(one) is not type(other):
            bad = f"{where}[{name!r}]: {type(one).__name__} instead of {type(other).__name__}"
        if bad is None and (one.info.unit, one.info.description) != (other.info.unit, other.info.description):
            bad = f"{where}[{name!r}]: {one.info} instead of {other.info}"
        if bad is not None:
            return bad
    return None


def _unit(got: Any, want: Any, where: str) -> str | None:
    # Whether units follow, and sums over them, are the file's matter.
    cards = [
        {word: header[word] for word in header if word not in {"CHECKSUM", "DATASUM", "EXTEND"}}
        for header in (got.header, want.header)
    ]
    if cards[0] != cards[1]:
        return f"{where}: header {cards[0]} instead of {cards[1]}"
    if want.data is None or want.data.dtype.names is None:
        return difference(got.data is None, want.data is None, where) or _numbers(got.data, want.data, where)
    names = want.data.dtype.names
    return next((bad for name in names if (bad := _numbers(got.data[name], want.data[name], f"{where}.{name}"))), None)


def _numbers(got: Any, want: Any, where: str) -> str | None:
    """Their order of bytes is the file's matter."""
    if got is None:
        return None
    one, other = (np.asarray(part).astype(part.dtype.newbyteorder("=")) for part in (got, want))
    if other.dtype.kind in "SU":  # and so are spaces at the end of a text
        one, other = np.strings.rstrip(one), np.strings.rstrip(other)
    return difference(one, other, where)


DIFFERENCES: Mapping[str, Callable[[Any, Any, str], str | None]] = {
    "xarray": _labelled,
    "nibabel": _images,
    "astropy": _astropy,
}
