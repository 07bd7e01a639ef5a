"""Write paragraphs and tables as a Word document; the same content gives the same bytes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from scitex_io.errors import UnsupportedTypeError

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SIGNS = re.compile("([\t\n])")


def check(text: str, format_name: str) -> None:
    """Refuse text with characters that a document cannot hold."""
    if found := _FORBIDDEN.search(text):
        raise UnsupportedTypeError(format_name, "str", reason=f"a document has no character {found[0]!a}")


def write(blocks: Sequence[str | list[list[str]]], path: Path) -> None:
    """Write text as paragraphs, lists of rows as tables with a header."""
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _LINKS.format(
            f'<Relationship Id="rId1" Type="{_RELATED}/officeDocument" Target="word/document.xml"/>'
        ),
        "word/_rels/document.xml.rels": _LINKS.format(
            f'<Relationship Id="rId1" Type="{_RELATED}/styles" Target="styles.xml"/>'
        ),
        "word/styles.xml": _STYLES,
        "word/document.xml": f"{_DOCUMENT}{''.join(_body(blocks))}{_PAGE}</w:body></w:document>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name)  # without the time of day
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)


def _body(blocks: Sequence[str | list[list[str]]]) -> Iterator[str]:
    before: object = None
    for block in blocks:
        if isinstance(block, str):
            yield _paragraph(block)
        else:
            if isinstance(before, list):
                yield "<w:p/>"  # two tables side by side would be one
            yield _table(block)
        before = block


def _paragraph(text: str, style: str = "") -> str:
    runs = []
    for part in _SIGNS.split(text):
        if part in {"\t", "\n"}:
            runs.append("<w:tab/>" if part == "\t" else "<w:br/>")
        elif part:
            runs.append(f'<w:t xml:space="preserve">{escape(part)}</w:t>')
    inside = f"<w:r>{style}{''.join(runs)}</w:r>" if runs else ""
    return f"<w:p>{inside}</w:p>"


def _table(rows: list[list[str]]) -> str:
    width = len(rows[0])
    grid = "<w:gridCol/>" * width
    made = [f"<w:tbl>{_LOOK}<w:tblGrid>{grid}</w:tblGrid>"]
    for at, row in enumerate(rows):
        head = "<w:trPr><w:tblHeader/></w:trPr>" if at == 0 else ""
        style = "<w:rPr><w:b/></w:rPr>" if at == 0 else ""
        cells = "".join(f"<w:tc>{_paragraph(cell, style)}</w:tc>" for cell in row)
        made.append(f"<w:tr>{head}{cells}</w:tr>")
    return f"{''.join(made)}</w:tbl>"


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OPEN = "http://schemas.openxmlformats.org"
_RELATED = f"{_OPEN}/officeDocument/2006/relationships"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_SPACE = f'xmlns:w="{_OPEN}/wordprocessingml/2006/main"'
_TYPES = (
    f'{_XML}<Types xmlns="{_OPEN}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_WORD}.document.main+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{_WORD}.styles+xml"/></Types>'
)
_LINKS = f'{_XML}<Relationships xmlns="{_OPEN}/package/2006/relationships">{{}}</Relationships>'
_DOCUMENT = f"{_XML}<w:document {_SPACE}><w:body>"
_PAGE = (  # A4 with margins of an inch
    '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440" w:header="720" w:footer="720" w:gutter="0"/></w:sectPr>'
)
_SIDES = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)
_LOOK = f'<w:tblPr><w:tblW w:w="0" w:type="auto"/><w:tblBorders>{_SIDES}</w:tblBorders></w:tblPr>'
_STYLES = (
    f"{_XML}<w:styles {_SPACE}><w:docDefaults><w:rPrDefault><w:rPr>"
    '<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:cs="Calibri"/><w:sz w:val="22"/></w:rPr></w:rPrDefault></w:docDefaults>'
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style></w:styles>'
)
