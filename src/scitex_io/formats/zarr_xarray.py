"""Zarr stores (.zarr) that hold xarray's objects, in the layout of xarray itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, ClassVar

from attrs import frozen

from scitex_io.content import labelled
from scitex_io.content.attributes import as_json
from scitex_io.content.datasets import MARK, grown, lowered, refusing
from scitex_io.errors import OptionError
from scitex_io.formats.zarr import Zarr as Trees
from scitex_io.formats.zarr import reading
from scitex_io.handler import Accepts


@frozen(kw_only=True)
class Zarr(Trees):  # noqa: D101  # told as of the trees
    __doc__ = f"{Trees.__doc__}"

    accepts: ClassVar = (*Trees.accepts, *map(Accepts, labelled.TYPES))
    # dict again: what is loaded may be another type
    yields: ClassVar = (*Trees.yields, *labelled.TYPES, dict)  # type: ignore[assignment]  # longer, of the same kind
    also: ClassVar = {**Trees.also, "xarray": "netcdf"}

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the tree; a Dataset, DataArray or DataTree as xarray does, with the checksums of this format."""
        if not _is_labelled(obj):
            super().save(obj, path)
            return
        if self.key is not None:
            reason = f"{type(obj).__name__} is a store of its own"
            raise OptionError(self.name, "save", "key", self.options_for("save"), reason=reason)
        import xarray as xr

        groups = lowered(obj, self.name, as_json, always=True)
        layout = self.layout(3)
        packing = {"compressors": layout["compressors"]}
        if isinstance(self.chunks, tuple):
            packing["chunks"] = self.chunks
        options: dict[str, Any] = {
            "mode": "w",
            "consolidated": self.consolidate_metadata,
            "zarr_format": 3,
            "write_empty_chunks": True,
        }
        encodings = {
            where: {name: packing | one.encoding for name, one in group.variables.items()}
            for where, group in groups.items()
        }
        with reading.quiet(), refusing(self.name, obj):
            if len(groups) == 1:
                groups["/"].to_zarr(str(path), encoding=encodings["/"], **options)
            else:
                xr.DataTree.from_dict(groups).to_zarr(str(path), encoding=encodings, **options)

    def load(self, path: Path, /) -> Any:
        """Read the tree or the object of xarray's that was saved; stores by others are trees."""
        if not _is_marked(path):
            return super().load(path)
        with self._opened(path) as obj:
            return labelled.read(obj)

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """Read the one array or frame that the store holds, or any store of xarray's as its own types."""
        if wanted is dict:
            return super().load(path)
        if wanted.__module__.partition(".")[0] != "xarray" and not _is_marked(path):
            return super().load_as(path, wanted)
        with self._opened(path) as obj:
            return labelled.viewed(obj, wanted)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """The tree, or the variables, with shapes and types; no data are read."""
        if not _is_marked(path):
            return super().describe(path)
        with self._opened(path) as obj:
            return labelled.described(obj)

    @contextmanager
    def _opened(self, path: Path) -> Iterator[Any]:
        import xarray as xr

        reading.Reader(path).facts()  # refuses what lies outside the store
        with ExitStack() as stack, reading.quiet():
            groups = xr.open_groups(str(path), engine="zarr", consolidated=False, decode_cf=False, chunks=None)
            for group in groups.values():
                stack.enter_context(group)
            obj = grown(groups, {})
            yield labelled.asked(obj, self, path)


def _is_labelled(obj: Any) -> bool:
    return type(obj).__module__.partition(".")[0] == "xarray"


def _is_marked(path: Path) -> bool:
    """Was an object of xarray's saved there, by us?"""
    try:
        attributes = json.loads((path / "zarr.json").read_bytes()).get("attributes", {})
    except (OSError, ValueError, AttributeError):
        return False
    return isinstance(attributes, dict) and MARK in attributes
