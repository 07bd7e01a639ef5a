"""Workbooks: Excel's .xlsx and .xlsm both ways; .xls, .xlsb and OpenDocument's .ods to load."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from attrs import evolve, field, frozen

from scitex_io.content.parts import TablePart, load_key_option
from scitex_io.content.tables import TABLES, as_frame, as_wanted
from scitex_io.errors import MissingKeyError, UnreadableFileError
from scitex_io.formats.excel import extents
from scitex_io.formats.excel.sheets import announce, check_names, flat, header_of, inferred, rows_of, widths
from scitex_io.formats.excel.worksheets import Sheet, write
from scitex_io.handler import Accepts, Fidelity, FormatHandler, PassThrough, save_option
from scitex_io.typing import Describer, Loader, Saver, TypedLoader, Verb

if TYPE_CHECKING:
    import pandas as pd
    from python_calamine import CalamineWorkbook

END = b"\x0a\x00"  # the kind of the record that ends a stream
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOCKED = "EncryptedPackage".encode("utf-16-le")  # what such a container calls its content
BEGINNINGS = (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08")  # Excel 2 to 5 without a container
SAMPLE = 100  # rows looked at for the width of a column


def are_sheets(sheets: Mapping[Any, Any]) -> bool:
    """Is it frames by name?"""
    import pandas as pd

    return bool(sheets) and all(isinstance(frame, pd.DataFrame) for frame in sheets.values())


@frozen(kw_only=True)
class Workbook(FormatHandler, PassThrough, TablePart, Loader[Any], TypedLoader, Describer):
    """The sheets of a workbook: numbers, booleans, text and dates.

    Parameters
    ----------
    sheet_name
        The sheet, by name or place (0: the first), a list of them, or None: all, by name.
    key
        The sheet's name, in the word of every format.
    password
        Of an encrypted workbook.
    """

    name = "workbook"
    extensions: ClassVar[tuple[str, ...]] = (".xls", ".xlsb", ".ods")
    yields = ("pandas.DataFrame", "numpy.ndarray", list, dict)
    requires = ("pandas", "python_calamine")
    also = {"msoffcrypto": "passwords"}
    magic: ClassVar[tuple[bytes, ...]] = (OLE,)
    library: ClassVar = {"load": "pandas:read_excel"}
    parallel = "threads"

    sheet_name: str | int | Sequence[str | int] | None = 0
    key: str | None = load_key_option()
    password: str | None = field(default=None, repr=False, metadata={"verb": "load"})

    def __attrs_post_init__(self) -> None:
        if self.key is not None and self.sheet_name != 0:
            raise ValueError("key and sheet_name both name the sheet: one is enough")

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """What pandas takes beside the file and the sheet."""
        return frozenset(PassThrough.passes_on(self, verb)) - {"io", "engine", "engine_kwargs", "storage_options"}

    def load(self, path: Path, /) -> Any:
        """The first sheet as a frame, or the sheets asked for by name.

        Raises
        ------
        MissingKeyError
            There is no such sheet.
        """
        import pandas as pd

        with self._panics(path), self._opened(path) as book:
            names = _sheet_names(cast("CalamineWorkbook", book.book))  # the engine's own object
            wanted = self._wanted(names, path)
            frames = {}
            for asked, name in wanted.items():
                if "dtype" in self.extra_options or "converters" in self.extra_options:
                    frames[asked] = pd.read_excel(book, sheet_name=name, **self.extra_options)
                else:
                    raw = pd.read_excel(book, sheet_name=name, dtype=object, **self.extra_options)
                    frames[asked] = inferred(raw)
                frames[asked] = self.picked(frames[asked], path)
        return next(iter(frames.values())) if isinstance(self.sheet_name, str | int) else frames

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The frame as plain data, or the frames by name."""
        loaded = self.load(path)
        return loaded if isinstance(loaded, wanted) else as_wanted(loaded, wanted)

    def leaves_out(self, path: Path, /) -> str:
        """The sheets that were not asked for."""
        names = list(self.describe(path)["keys"])
        kept = names if self.sheet_name is None else list(self._wanted(names, path).values())
        if len(kept) == len(names):
            return ""
        return f"the file has the sheets {', '.join(names)}, and those not loaded would be lost; sheet_name=None gives all by name"

    def describe(self, path: Path, /) -> dict[str, Any]:
        """The sheets and how many rows and columns of cells each has."""
        import python_calamine as calamine

        source = self._source(path)
        with (
            self._panics(path),
            calamine.load_workbook(source if isinstance(source, io.BytesIO) else str(source)) as book,
        ):
            keys = {}
            for name in _sheet_names(book):
                last = book.get_sheet_by_name(name).end or (-1, -1)
                keys[name] = f"{last[0] + 1} x {last[1] + 1} cells"
        return {"kind": "tables", "keys": keys}

    def _wanted(self, names: list[str], path: Path) -> dict[str | int, str]:
        """The sheets to read, by what they are asked for as."""
        sheet = self.sheet_name if self.key is None else self.key
        asked = names if sheet is None else [sheet] if isinstance(sheet, str | int) else list(sheet)
        found: dict[str | int, str] = {}
        for name in asked:
            known = name in names if isinstance(name, str) else -len(names) <= name < len(names)
            if not known:
                raise MissingKeyError(str(path), str(name), tuple(names))
            found[name] = name if isinstance(name, str) else names[name]
        return found

    def _opened(self, path: Path) -> pd.ExcelFile:
        import pandas as pd
        import python_calamine as calamine

        try:
            return pd.ExcelFile(self._source(path), engine="calamine")
        except calamine.PasswordError as error:
            raise self._encrypted(path) from error

    @contextmanager
    def _panics(self, path: Path) -> Iterator[None]:
        """Let a panic of the reader, which is no `Exception`, be the error about the file that it is."""
        try:
            yield
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            raise UnreadableFileError(str(path), self.name, f"the reader gave up: {error}") from error

    def _encrypted(self, path: Path, advice: str = "password= opens those of Excel") -> UnreadableFileError:
        return UnreadableFileError(str(path), self.name, "the workbook is encrypted", advice)

    def _source(self, path: Path) -> Path | io.BytesIO:
        with path.open("rb") as file:
            first = file.read(8)
        source: Path | io.BytesIO = path
        if first == OLE:
            if self.password is not None:
                source = self._decrypted(path, self.password)
            elif LOCKED in path.read_bytes():
                raise self._encrypted(path)
        elif first[:2] in BEGINNINGS:
            if not _is_whole(path.read_bytes()):
                raise UnreadableFileError(str(path), self.name, "the file is truncated")
            return _modern(path)
        if first.startswith(ZIP) or (source is not path and zipfile.is_zipfile(source)):
            extents.check(source, path, self.name)  # the reader skips the checksums of the parts
        return source

    def _decrypted(self, path: Path, password: str) -> Path | io.BytesIO:
        """The workbook inside, in memory; the file itself if it is not encrypted."""
        import msoffcrypto

        with path.open("rb") as file:
            book = msoffcrypto.OfficeFile(file)
            if not book.is_encrypted():
                return path
            made = io.BytesIO()
            try:
                # The older format is always verified.
                book.load_key(password=password, **({"verify_password": True} if book.format == "ooxml" else {}))
                book.decrypt(made)
            except msoffcrypto.exceptions.InvalidKeyError as error:
                raise self._encrypted(path, "the password given does not open it") from error
        made.seek(0)
        return made


@frozen(kw_only=True)
class Excel(Workbook, Saver[Any]):
    """One sheet or several: numbers, booleans, text and dates."""

    name = "excel"
    extensions = (".xlsx", ".xlsm")
    accepts = (
        Accepts("pandas.DataFrame", domain="what is no number, truth value, text or date is refused or announced"),
        *TABLES,
        Accepts(
            dict, Fidelity.VALUE, "pandas.DataFrame", "frames by sheet name; sheet_name=None loads all", are_sheets
        ),
    )
    requires = ("pandas", "python_calamine")
    magic = ()

    index: bool | None = save_option(None)  # None: if it is not merely a count
    style: bool = save_option(True)  # bold names, columns as wide as their content
    sheet_name: str | int | Sequence[str | int] | None = 0

    def save(self, obj: Any, path: Path, /) -> None:
        """Write each frame as a sheet, read it again, and announce what comes back otherwise."""
        if isinstance(obj, dict) and are_sheets(obj):
            frames = obj
        else:
            frames = {self.sheet_name if isinstance(self.sheet_name, str) else "Sheet1": as_frame(obj)}
        check_names(frames, self.name)
        frames = {name: flat(frame, self.index, self.name) for name, frame in frames.items()}
        write({name: self._sheet(frame) for name, frame in frames.items()}, path, macros=path.suffix.lower() == ".xlsm")
        back = Excel(sheet_name=None).load(path)
        for name, frame in frames.items():
            announce(frame, back[name], name if len(frames) > 1 else "")

    def reading_back(self, obj: object, /) -> Self:
        """Every sheet, where several were saved by name."""
        reading = super().reading_back(obj)
        return evolve(reading, sheet_name=None) if isinstance(obj, dict) and are_sheets(obj) else reading

    def _sheet(self, frame: pd.DataFrame) -> Sheet:
        header, rows = header_of(frame, self.name), rows_of(frame, self.name)
        if not self.style:
            return Sheet(header, rows, len(frame))
        first = list(islice(rows, SAMPLE))
        return Sheet(header, chain(first, rows), len(frame), widths(header, first), bold=True)


def _sheet_names(book: CalamineWorkbook) -> list[str]:
    """The sheets that hold cells: charts and macros are none."""
    from python_calamine import SheetTypeEnum

    return [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]


def _is_whole(content: bytes) -> bool:
    """Does a bare stream of Excel's records come to its end? The library takes what there is."""
    depth, at = 0, 0
    while at + 4 <= len(content):  # a record: kind, size, content
        kind, size = content[at : at + 2], int.from_bytes(content[at + 2 : at + 4], "little")
        at += 4 + size
        depth += (kind in BEGINNINGS) - (kind == END)
        if kind == END and depth <= 0 and content[at : at + 2] not in BEGINNINGS:
            return at <= len(content)
    return False


def _modern(path: Path) -> io.BytesIO:
    """A workbook of Excel 2 to 5 as today's, for the one reader of all others."""
    import xlrd

    old = xlrd.open_workbook(str(path), logfile=io.StringIO())

    def value(cell: xlrd.sheet.Cell) -> Any:
        if cell.ctype == xlrd.XL_CELL_DATE:
            return xlrd.xldate_as_datetime(float(cell.value), old.datemode)
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return bool(cell.value)
        return cell.value if cell.ctype in {xlrd.XL_CELL_TEXT, xlrd.XL_CELL_NUMBER} else None

    sheets = {}
    for page in old.sheets():
        rows = [[value(cell) for cell in page.row(at)] for at in range(page.nrows)]
        sheets[page.name] = Sheet(rows[0] if rows else [], rows[1:], max(page.nrows - 1, 0))
    made = io.BytesIO()
    write(sheets, made)
    made.seek(0)
    return made
