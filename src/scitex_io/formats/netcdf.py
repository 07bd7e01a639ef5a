"""netCDF files (.nc): labelled arrays with their coordinates."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from attrs import frozen

from scitex_io.content import labelled
from scitex_io.content.attributes import as_netcdf
from scitex_io.content.datasets import Groups, grown, lowered, refusing
from scitex_io.content.notes import NoteKeeper
from scitex_io.content.parts import RowPart, load_key_option
from scitex_io.errors import UnreadableFileError, UntrustedFileError
from scitex_io.formats.hdf5 import notes as root
from scitex_io.formats.hdf5.sink import Sink
from scitex_io.handler import Accepts, FormatHandler, PassThrough
from scitex_io.losses import lose
from scitex_io.typing import Describer, Loader, Saver, TypedLoader, Verb

CLASSIC = (b"CDF\x01", b"CDF\x02")
CLASSIC_5 = b"CDF\x05"


@frozen(kw_only=True)
class NetCdf(FormatHandler, PassThrough, RowPart, Saver[Any], Loader[Any], TypedLoader, Describer, NoteKeeper):
    """A Dataset, DataArray or DataTree, as it was: types, coordinates, attributes; written as netCDF-4.

    Options of ``xarray.decode_cf`` and ``Dataset.to_netcdf`` are passed on.

    Parameters
    ----------
    key
        One variable as a DataArray, or one group: ``"temperature"``, ``"group/temperature"``.
    rows
        Of one variable, along its first dimension; nothing else is read.
    """

    name = "netcdf"
    extensions = (".nc", ".nc4")
    accepts = tuple(map(Accepts, labelled.TYPES))
    # A Dataset again: what is loaded may be another type.
    yields = (*labelled.TYPES, "numpy.ndarray", "pandas.DataFrame", "xarray.Dataset")
    requires = ("xarray", "h5netcdf")
    extra = "netcdf"
    also: ClassVar = {"cftime": "netcdf"}  # calendars other than ours
    library: ClassVar = {"load": "xarray:decode_cf", "save": "xarray:Dataset.to_netcdf"}

    marked: ClassVar[bool] = False  # also where the file alone tells what was saved

    key: str | None = load_key_option()

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """What the library takes beside the object, the place and the kind of file."""
        ours = {"obj", "path", "mode", "engine", "format", "group", "compute", "auto_complex", "invalid_netcdf"}
        return frozenset(PassThrough.passes_on(self, verb)) - ours

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the object without packing or compressing it, unless ``encoding=`` asks for that."""
        import xarray as xr

        groups = lowered(obj, self.name, as_netcdf, always=self.marked)
        options = {**self.extra_options}
        if packed := options.get("encoding"):
            if any({"dtype", "scale_factor", "add_offset"} & {*one} for one in packed.values()):
                lose("values are packed as encoding= says")
            known = groups["/"].variables
            options["encoding"] = {name: {**known[name].encoding, **one} for name, one in packed.items()}
        with path.open("w+b", buffering=0) as file:
            sink = Sink(file)  # a full disk is an error only when HDF5 is done
            content = groups["/"] if len(groups) == 1 else xr.DataTree.from_dict(groups)
            try:
                with refusing(self.name, obj, strict=not packed):
                    content.to_netcdf(sink, engine="h5netcdf", **options)
            except Exception:
                if sink.error is None:  # else: what is said about it is a consequence
                    raise
            sink.check()

    def load(self, path: Path, /) -> Any:
        """Read everything into memory: what was saved; of other files a Dataset, a DataTree where there are groups."""
        with self._opened(path) as obj:
            return obj.load()

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The same as another of xarray's types, as a frame, or the values of the one variable."""
        with self._opened(path) as obj:
            return labelled.viewed(obj, wanted)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Variables with dimensions and types, and the attributes; no data are read."""
        with self._opened(path) as obj:
            return labelled.described(obj)

    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """As attributes of the whole."""
        with path.open("rb") as file:
            if file.read(4) in (*CLASSIC, CLASSIC_5):
                raise ValueError("in a file of the classic kind there is no room; nccopy -k nc4 converts it")
        root.put(path, notes)

    def note(self, path: Path, name: str, /) -> str | None:
        """The text of this name."""
        with path.open("rb") as file:
            classic = file.read(4) in (*CLASSIC, CLASSIC_5)
        return None if classic else root.get(path, name)

    # -- reading

    @contextmanager
    def _opened(self, path: Path) -> Iterator[Any]:
        """The object or the part asked for; its values are read when they are asked for."""
        with ExitStack() as stack:
            yield labelled.asked(grown(_groups(path, stack), self.extra_options), self, path)


def _groups(path: Path, stack: ExitStack) -> Groups:
    """The datasets of all groups, undecoded and open as long as the stack is."""
    import xarray as xr

    with path.open("rb") as file:
        first = file.read(4)
    if first == CLASSIC_5:
        advice = "nccopy -k nc4 converts it"
        raise UnreadableFileError(str(path), "netcdf", "it is of the classic kind with 64-bit data (CDF-5)", advice)
    if first in CLASSIC:
        return {"/": stack.enter_context(xr.open_dataset(path, engine="scipy", decode_cf=False))}
    open_group = partial(xr.open_dataset, path, engine="h5netcdf", decode_cf=False, phony_dims="sort")
    return {name: stack.enter_context(open_group(group=name)) for name in _names(path)}


def _names(path: Path) -> list[str]:
    """The groups of the file, the root first.

    Raises
    ------
    UntrustedFileError
        Some of the data lie in another file.
    """
    import h5py

    found: list[str] = []
    seen: set[int] = set()

    def walk(group: h5py.Group, above: str) -> None:
        address = h5py.h5o.get_info(group.id).addr
        if address in seen:
            raise UnreadableFileError(str(path), "netcdf", f"the group '{above}' is there twice")
        seen.add(address)
        found.append(above or "/")
        for name in group:
            where = f"{above}/{name}"
            if isinstance(group.get(name, getlink=True), h5py.ExternalLink):
                raise UntrustedFileError(str(path), f"'{where}' is a link into another file", "load that file itself")
            node = group.get(name)
            if isinstance(node, h5py.Group):
                walk(node, where)
            elif isinstance(node, h5py.Dataset):
                if node.is_virtual or node.external:
                    raise UntrustedFileError(str(path), f"'{where}' keeps its data in another file")
                check_filters(node)

    def check_filters(node: h5py.Dataset) -> None:
        created = node.id.get_create_plist()
        for at in range(created.get_nfilters()):
            code, _, _, called = created.get_filter(at)
            if not h5py.h5z.filter_avail(code):
                with suppress(ImportError):
                    import_module("hdf5plugin")  # registers its filters
            if not h5py.h5z.filter_avail(code):
                what = (
                    f"'{node.name}' is compressed with the filter {called.decode('utf-8', 'replace')} (number {code})"
                )
                advice = 'try pip install "scitex-io[hdf5plugin]"'
                raise UnreadableFileError(str(path), "netcdf", f"{what}, which is not installed", advice)

    try:
        file = h5py.File(path, "r")
    except OSError as error:
        path.open("rb").close()  # the system's own word comes first: no permission, no such file
        raise UnreadableFileError(str(path), "netcdf", str(error)) from error
    with file:
        walk(file, "")
    return found
