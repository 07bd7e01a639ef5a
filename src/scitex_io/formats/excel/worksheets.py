"""Write cells as an Excel workbook (Office Open XML, ECMA-376), row by row.

The general libraries write numbers with 16 digits, which changes every third float, and take four times as long.
A workbook without formulas, pictures and links is a few small parts around one table of cells.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from attrs import frozen

BOLD, INSTANT, DAY, CLOCK, SPAN = 1, 2, 3, 4, 5  # positions in the styles below
EPOCH = datetime.datetime(1899, 12, 30)
MARCH_1900 = datetime.datetime(1900, 3, 1)  # Excel counts a 29th of February 1900 before it
MICROSECONDS = 86_400_000_000  # of a day
CHUNK = 1000  # rows joined before they are compressed

# What XML cannot say is written _xHHHH_, and so is a text that looks like that (ECMA-376, 22.9.2.19).
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_SPECIAL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff&<>_]")

LARGE = 4_000_000
"""Cells of a sheet that may need more than 2 GiB, for which the archive needs fields that Excel offers to repair."""


@frozen
class Sheet:
    """The cells of a sheet: None, bool, int, float, text, dates and spans of time."""

    header: Sequence[Any]
    rows: Iterable[Sequence[Any]]
    height: int  # how many rows
    widths: Sequence[float] = ()  # of the columns, in characters
    bold: bool = False  # the header


def write(sheets: Mapping[str, Sheet], target: Path | io.BytesIO, *, macros: bool = False) -> None:
    """Write the sheets as a workbook; with *macros* one that says what the extension .xlsm promises."""
    numbers = range(1, len(sheets) + 1)
    kind = (
        "vnd.ms-excel.sheet.macroEnabled.main"
        if macros
        else "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main"
    )
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = "".join(_TYPE.format(f"worksheets/sheet{at}", "worksheet") for at in numbers)
        _put(archive, "[Content_Types].xml", [_TYPES.format(kind, parts)])
        _put(archive, "_rels/.rels", [_ROOT])
        _put(archive, "xl/styles.xml", [_STYLES])
        links = "".join(_LINK.format(at, "worksheet", f"worksheets/sheet{at}.xml") for at in numbers)
        links += _LINK.format(len(sheets) + 1, "styles", "styles.xml")
        _put(archive, "xl/_rels/workbook.xml.rels", [_LINKS.format(links)])
        names = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{at}" r:id="rId{at}"/>'
            for at, name in zip(numbers, sheets, strict=True)
        )
        _put(archive, "xl/workbook.xml", [_BOOK.format(names)])
        for at, sheet in zip(numbers, sheets.values(), strict=True):
            large = sheet.height * len(sheet.header) > LARGE
            _put(archive, f"xl/worksheets/sheet{at}.xml", _sheet(sheet), large=large)


def _put(archive: zipfile.ZipFile, name: str, texts: Iterable[str], *, large: bool = False) -> None:
    entry = zipfile.ZipInfo(name)  # without the time of day: equal tables are equal files
    entry.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(entry, "w", force_zip64=large) as part:
        for text in texts:
            part.write(text.encode())


def _sheet(sheet: Sheet) -> Iterator[str]:
    columns = [_letters(at) for at in range(len(sheet.header))]
    yield _SHEET
    if columns:
        yield f'<dimension ref="A1:{columns[-1]}{sheet.height + 1}"/>'
    if sheet.widths:
        sizes = (f'<col min="{at}" max="{at}" width="{w:g}" customWidth="1"/>' for at, w in enumerate(sheet.widths, 1))
        yield f"<cols>{''.join(sizes)}</cols>"
    yield "<sheetData>"
    if columns:
        yield _row(columns, "1", sheet.header, " s='1'" if sheet.bold else "")
    waiting: list[str] = []
    for number, row in enumerate(sheet.rows, 2):
        if number > sheet.height and row and all(value is None for value in row):
            row = ("", *row[1:])  # readers cut off a last row without any cell
        waiting.append(_row(columns, str(number), row))
        if len(waiting) == CHUNK:
            yield "".join(waiting)
            waiting.clear()
    yield "".join(waiting)
    yield "</sheetData></worksheet>"


def _row(columns: Sequence[str], number: str, row: Sequence[Any], style: str = "") -> str:
    cells = [f'<row r="{number}">']
    for column, value in zip(columns, row, strict=True):
        kind = type(value)
        if kind is float or kind is int:
            cells.append(f'<c r="{column}{number}"{style}><v>{value!r}</v></c>')
        elif kind is str:
            text = _escaped(value) if _SPECIAL.search(value) else value
            space = ' xml:space="preserve"' if value != value.strip() else ""
            cells.append(f'<c r="{column}{number}"{style} t="inlineStr"><is><t{space}>{text}</t></is></c>')
        elif kind is bool:
            cells.append(f'<c r="{column}{number}"{style} t="b"><v>{value:d}</v></c>')
        elif value is not None:
            days, look = _serial(value)
            cells.append(f'<c r="{column}{number}" s="{look}"><v>{days!r}</v></c>')
    cells.append("</row>")
    return "".join(cells)


def _escaped(text: str) -> str:
    return escape(_CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", text))


def _serial(value: Any) -> tuple[float, int]:
    """A date or span of time as days, and how it is to look."""
    microsecond = datetime.timedelta(microseconds=1)
    if isinstance(value, datetime.timedelta):
        return value // microsecond / MICROSECONDS, SPAN
    if isinstance(value, datetime.time):
        since = datetime.timedelta(0, value.hour * 3600 + value.minute * 60 + value.second, value.microsecond)
        return since // microsecond / MICROSECONDS, CLOCK
    days = (value - EPOCH) // microsecond / MICROSECONDS - (value < MARCH_1900)
    return days, DAY if days == int(days) else INSTANT


def _letters(at: int) -> str:
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OPEN = "http://schemas.openxmlformats.org"
_MAIN = f"{_OPEN}/spreadsheetml/2006/main"
_RELATED = f"{_OPEN}/officeDocument/2006/relationships"
_OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_TYPES = (
    f'{_XML}<Types xmlns="{_OPEN}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/{}+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_OFFICE}.styles+xml"/>{{}}</Types>'
)
_TYPE = f'<Override PartName="/xl/{{}}.xml" ContentType="{_OFFICE}.{{}}+xml"/>'
_LINKS = f'{_XML}<Relationships xmlns="{_OPEN}/package/2006/relationships">{{}}</Relationships>'
_LINK = f'<Relationship Id="rId{{}}" Type="{_RELATED}/{{}}" Target="{{}}"/>'
_ROOT = _LINKS.format(_LINK.format(1, "officeDocument", "xl/workbook.xml"))
_BOOK = f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATED}"><sheets>{{}}</sheets></workbook>'
_SHEET = f'{_XML}<worksheet xmlns="{_MAIN}">'
_FONT = '<sz val="11"/><name val="Calibri"/><family val="2"/>'
_FORMATS = {164: "yyyy-mm-dd hh:mm:ss.000", 165: "yyyy-mm-dd", 166: "hh:mm:ss", 167: "[h]:mm:ss"}  # 164: the first free
_LOOKS = "".join(
    f'<xf numFmtId="{number}" fontId="{font}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
    for number, font in ((0, 0), (0, 1), *((number, 0) for number in _FORMATS))
)
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="{len(_FORMATS)}">'
    + "".join(f'<numFmt numFmtId="{number}" formatCode="{code}"/>' for number, code in _FORMATS.items())
    + f'</numFmts><fonts count="2"><font>{_FONT}</font><font><b/>{_FONT}</font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    f'<cellXfs count="{2 + len(_FORMATS)}">{_LOOKS}</cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
