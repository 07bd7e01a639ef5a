"""FITS files (.fits): arrays and tables with headers."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from scitex_io.content.notes import METADATA, NoteKeeper
from scitex_io.content.parts import TablePart, load_key_option
from scitex_io.errors import MissingKeyError, OptionError, UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.formats.fits import headers, parts, tables
from scitex_io.handler import Accepts, Fidelity, FormatHandler, load_option
from scitex_io.typing import Describer, Loader, Saver, TypedLoader

MARK = "SCITEXIO"
_ONE_AT_A_TIME = threading.Lock()  # astropy turns the bytes of an array around in its place while it is written
"""The keyword of the primary header that says what was saved: ``ndarray <f8``, ``Table``, ``QTable``, ``DataFrame``."""
DAMAGED = (
    r"(?s)File may have been truncated|(Checksum|Datasum) verification failed|Error validating header|"
    r".*null bytes|.*Missing padding|Unexpected bytes|The HDU will be treated as corrupted"
)
"""What astropy warns of and goes on, with a part of the file."""
LIST = "astropy.io.fits.HDUList"
HDUS = ("PrimaryHDU", "ImageHDU", "BinTableHDU", "TableHDU", "CompImageHDU")
KINDS = {"ndarray", "Table", "QTable", "DataFrame"}
"""What a unit can be given as."""


def _are_hdus(items: list[Any]) -> bool:
    return bool(items) and all(type(item).__name__ in HDUS for item in items)


@frozen(kw_only=True)
class Fits(FormatHandler, TablePart, Saver[Any], Loader[Any], TypedLoader, Describer, NoteKeeper):
    """Header and data units with checksums; an array, table or frame that was saved alone comes back as one.

    Parameters
    ----------
    key
        One unit, by its name (``"SCI"``, ``"SCI,2"`` for a version) or number.
    rows, columns
        Of an array or a table, asked for with ``as_type=`` or saved as one.
    checksum
        False reads a file whose checksums are wrong.
    """

    name = "fits"
    extensions = (".fits",)
    accepts = (
        Accepts(LIST),
        *(Accepts(f"astropy.io.fits.{name}", Fidelity.VALUE, LIST) for name in HDUS),
        Accepts(list, Fidelity.VALUE, LIST, domain="of HDUs", where=_are_hdus),
        Accepts(
            "numpy.ndarray",
            domain="bool, integers, float32, float64; at least one axis",
            where=lambda array: array.ndim > 0 and (array.dtype.kind in "biu" or array.dtype.str[1:] in {"f4", "f8"}),
        ),
        Accepts("astropy.table.Table"),
        Accepts("astropy.table.QTable"),
        Accepts("pandas.DataFrame", domain="bool, numbers and ASCII text"),
    )
    # The list again: what is loaded may be another type.
    yields = (LIST, "numpy.ndarray", "astropy.table.Table", "astropy.table.QTable", "pandas.DataFrame", LIST)
    requires = ("astropy",)
    extra = "fits"
    magic = (b"SIMPLE  =",)

    key: str | None = load_key_option()
    checksum: bool = load_option(True)

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the units, each with its checksums."""
        try:
            units, mark = self._units(obj)
        except (KeyError, TypeError, ValueError) as error:
            raise self._refused(obj, f"{type(error).__name__}: {error}") from error
        before = [set(unit.header) for unit in units]
        for unit in units:
            vars(unit)["_get_timestamp"] = str  # no date beside the checksums: equal content gives equal files
        if mark:
            units[0].header[MARK] = (mark, "what was saved")
        try:
            with _ONE_AT_A_TIME, path.open("wb") as file:
                units.writeto(file, checksum=True)
        finally:
            for unit, known in zip(units, before, strict=True):
                vars(unit).pop("_get_timestamp", None)
                for word in {"CHECKSUM", "DATASUM", MARK} - known:
                    unit.header.remove(word, ignore_missing=True)
        if mark and not mark.startswith("ndarray"):
            back = self.load(path)
            if reason := tables.changed_frame(obj, back) if mark == "DataFrame" else tables.changed(obj, back):
                raise self._refused(obj, reason)

    def load(self, path: Path, /) -> Any:
        """What was saved; of other files the units, read to the end."""
        kind, dtype = self._mark(path)
        if self.key is None and kind in KINDS:
            with self._opened(path, kind) as units:
                return self._as(kind, units, path, dtype)
        return self._plain(path)

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The one image as an array, or the one table; of several that of ``key=``."""
        if wanted.__name__ not in KINDS:
            return self._plain(path)
        kind, dtype = self._mark(path)
        with self._opened(path, wanted.__name__) as units:
            return self._as(wanted.__name__, units, path, dtype if kind == "ndarray" and self.key is None else "")

    def describe(self, path: Path, /) -> dict[str, Any]:
        """The units with shapes and types, from their headers."""
        kind, dtype = self._mark(path)
        with self._opened(path, "", whole=False) as units:
            told = {label: parts.told(unit) for label, unit in zip(parts.labels(units), units, strict=True)}
            if kind == "ndarray":
                return {"kind": "array", "shape": units[0].shape, "dtype": dtype}
            if kind in KINDS:
                columns = {column.name: str(column.dtype) for column in units[1].columns}
                return {"kind": "table", "rows": units[1].header["NAXIS2"], "columns": columns}
        return {
            "kind": "arrays" if all(not text.startswith("table") for text in told.values()) else "tree",
            "keys": told,
        }

    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """As a long text in the primary header."""
        with self._opened(path, "", whole=False):
            headers.put(path, notes[METADATA])

    def note(self, path: Path, name: str, /) -> str | None:
        """The text of this name."""
        return headers.get(path) if name == METADATA else None

    # -- saving

    def _units(self, obj: Any) -> tuple[Any, str]:
        """The units to write, and what is to be said of them."""
        import numpy as np
        from astropy.io import fits
        from astropy.table import Table

        if isinstance(obj, fits.HDUList):
            return obj, ""
        if isinstance(obj, list):
            return fits.HDUList(obj), ""
        if isinstance(obj, np.ndarray):
            stored = obj.astype(np.uint8) if obj.dtype.kind == "b" else obj
            return fits.HDUList([fits.PrimaryHDU(stored)]), f"ndarray {obj.dtype.str}"
        if isinstance(obj, Table):
            return fits.HDUList(tables.units(obj)), type(obj).__name__
        if type(obj).__name__ in HDUS:
            alone = isinstance(obj, fits.PrimaryHDU)
            return fits.HDUList([obj] if alone else [fits.PrimaryHDU(), obj]), ""
        return fits.HDUList(tables.units(tables.from_frame(obj))), "DataFrame"

    def _refused(self, obj: Any, reason: str) -> UnsupportedTypeError:
        return UnsupportedTypeError(self.name, type_name(type(obj)), reason=reason)

    # -- loading

    @contextmanager
    def _opened(self, path: Path, kind: str, *, whole: bool = True) -> Iterator[Any]:
        from astropy.io import fits

        part = not whole or self.rows is not None or self.columns is not None
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.filterwarnings("error", DAMAGED)
            options = {
                "lazy_load_hdus": False,
                "checksum": self.checksum and not part,
                # The rows of a table are read from where they lie; images have sections for that.
                "memmap": part and kind != "ndarray",
            }
            with fits.open(file, **options) as units:
                yield units

    def _mark(self, path: Path) -> tuple[str, str]:
        """What was saved, and the type of an array; nothing in the files of others."""
        from astropy.io import fits

        with path.open("rb") as file, warnings.catch_warnings():
            warnings.filterwarnings("error", DAMAGED)
            kind, _, dtype = str(fits.Header.fromfile(file).get(MARK, "")).partition(" ")
        return kind, dtype

    def _plain(self, path: Path) -> Any:
        """The units, or the one asked for, with all their data."""
        if self.rows is not None or self.columns is not None:
            option = "columns" if self.rows is None else "rows"
            reason = "say what of: as_type=astropy.table.Table or numpy.ndarray"
            raise OptionError(self.name, "load", option, self.options_for("load"), reason=reason)
        with self._opened(path, "") as units:
            chosen = units if self.key is None else [self._unit(units, path)]
            for unit in chosen:
                parts.read(unit)
                unit.header.remove(headers.NOTE, ignore_missing=True)
                unit.header.remove(MARK, ignore_missing=True)  # from here on it is what its owner makes of it
            return units if self.key is None else chosen[0]

    def _unit(self, units: Any, path: Path) -> Any:
        labels = parts.labels(units)
        wanted = str(self.key)
        if wanted.isdecimal() and int(wanted) < len(units):
            return units[int(wanted)]
        name, _, version = wanted.partition(",")
        try:
            return units[(name, int(version))] if version else units[name]
        except (KeyError, ValueError) as error:
            raise MissingKeyError(str(path), wanted, tuple(labels)) from error

    def _as(self, kind: str, units: Any, path: Path, dtype: str) -> Any:
        """The image or table in question, as *kind*."""
        if self.key is not None:
            unit = self._unit(units, path)
        else:
            found = [one for one in units if (parts.is_table(one) != (kind == "ndarray")) and one.header.get("NAXIS")]
            if len(found) != 1:
                what = f"it holds {len(found)} {'images' if kind == 'ndarray' else 'tables'}"
                raise UnreadableFileError(
                    str(path), self.name, what, f"choose with key= from {', '.join(parts.labels(units))}"
                )
            unit = found[0]
        if parts.is_table(unit) == (kind == "ndarray"):
            raise UnreadableFileError(
                str(path), self.name, f"'{self.key}' is no {'image' if kind == 'ndarray' else 'table'}"
            )
        if kind == "ndarray":
            if self.columns is not None:
                raise OptionError(
                    self.name, "load", "columns", self.options_for("load"), reason="an array has no columns"
                )
            return self._array(unit, dtype)
        return self._table(units, unit, kind, path)

    def _array(self, unit: Any, dtype: str) -> Any:
        import numpy as np

        if self.rows is None:
            array = unit.data
        else:
            places = range(unit.shape[0])[self.rows]
            start, stop = (min(places[0], places[-1]), max(places[0], places[-1]) + 1) if places else (0, 0)
            array = np.asarray(unit.section[start:stop])[:: places.step]
        stored = array.dtype.newbyteorder("=")
        saved = np.dtype(dtype) if dtype else stored
        # Whoever changed the file since may have changed the type.
        as_saved = saved.newbyteorder("=") == stored or (saved.kind == "b" and stored == np.uint8)
        return parts.native(array, saved if as_saved else stored)

    def _table(self, units: Any, unit: Any, kind: str, path: Path) -> Any:
        import numpy as np
        from astropy.table import QTable, Table

        made = QTable if kind == "QTable" else Table
        table = made.read(
            units,
            hdu=units.index(unit),
            format="fits",
            astropy_native=True,
            mask_invalid=False,
            character_as_bytes=False,
        )
        for word in ("CHECKSUM", "DATASUM"):  # of the file
            table.meta.pop(word, None)
        names = self.wanted_columns(table.colnames, path)
        table = table if names is None else table[names]
        table = table if self.rows is None else table[self.rows]
        for name in table.colnames:
            column = table[name]
            dtype = getattr(column, "dtype", None)
            if isinstance(column, np.ndarray) and dtype is not None and not dtype.isnative:
                table.replace_column(name, column.astype(dtype.newbyteorder("=")))
        return table.to_pandas() if kind == "DataFrame" else table.copy() if self.rows is not None else table
