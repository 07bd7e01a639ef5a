"""HDF5 files (.h5, .hdf5) that hold xarray's objects, in the layout of netCDF-4."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from attrs import frozen

from scitex_io.content import labelled
from scitex_io.content.datasets import MARK
from scitex_io.errors import OptionError
from scitex_io.formats.hdf5 import Hdf5 as Trees
from scitex_io.formats.hdf5 import packing, reading
from scitex_io.formats.netcdf import NetCdf
from scitex_io.handler import Accepts


@frozen(kw_only=True)
class _Labelled(NetCdf):
    name = Trees.name  # in what is announced and refused
    marked = True


@frozen(kw_only=True)
class Hdf5(Trees):  # noqa: D101  # told as of the trees
    __doc__ = f"{Trees.__doc__}"

    accepts: ClassVar = (*Trees.accepts, *map(Accepts, labelled.TYPES))
    # dict again: what is loaded may be another type
    yields: ClassVar = (*Trees.yields, *labelled.TYPES, dict)  # type: ignore[assignment]  # longer, of the same kind
    also: ClassVar = {**Trees.also, "xarray": "netcdf", "h5netcdf": "netcdf"}

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the tree; a Dataset, DataArray or DataTree as a netCDF-4 file."""
        if type(obj).__module__.partition(".")[0] != "xarray":
            super().save(obj, path)
            return
        if self.key is not None:
            reason = f"{type(obj).__name__} is a file of its own"
            raise OptionError(self.name, "save", "key", self.options_for("save"), reason=reason)
        options: dict[str, Any] = {}
        if filters := packing.filters(self.compression, self.compression_opts, checksum=self.checksum):
            if type(obj).__name__ != "Dataset":
                reason = "of xarray's objects a Dataset takes them"
                raise OptionError(self.name, "save", "compression, checksum", self.options_for("save"), reason=reason)
            options["encoding"] = {name: filters for name, one in obj.variables.items() if one.dtype.kind in "biufc"}
        _Labelled(extra_options=options).save(obj, path)

    def load(self, path: Path, /) -> Any:
        """Read the tree or the object of xarray's that was saved; files by others are trees."""
        with reading.opened(path, swmr=self.swmr) as reader:
            if MARK not in reader.root.attrs:
                return reader.content(self.key, self)
        return self._labelled().load(path)

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """Read the one array or frame that the file holds, or any netCDF-4 file as xarray's types."""
        if wanted is dict or (wanted.__module__.partition(".")[0] != "xarray" and not _is_marked(path)):
            return super().load_as(path, wanted)
        return self._labelled().load_as(path, wanted)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """The tree, or the variables, with shapes and types; no data are read."""
        return self._labelled().describe(path) if _is_marked(path) else super().describe(path)

    def _labelled(self) -> NetCdf:
        if self.columns is not None:
            raise OptionError(self.name, "load", "columns", reason="key= names one variable of the dataset")
        return _Labelled(key=self.key, rows=self.rows)


def _is_marked(path: Path) -> bool:
    """Was an object of xarray's saved there, by us?"""
    with reading.opened(path) as reader:
        return MARK in reader.root.attrs
