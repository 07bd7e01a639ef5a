from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from optional import needs
from scitex_io import LossyWarning, UnreadableFileError, UnsupportedTypeError, info, load, save

FRAME = pd.DataFrame({"name": ["a", "b\nc"], "value": [0.1, 2.5]})
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"


def document(body: str, folder: Path, namespace: str = WORD, kind: str = TYPE, root: str = "document") -> Path:
    """A document of just this body."""
    path = folder / "made.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="x"><Relationship Id="1" Type="{kind}" Target="/word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/document.xml", f'<w:{root} xmlns:w="{namespace}" xmlns:mc="m"><w:body>{body}</w:body></w:{root}>'
        )
    return path


def p(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def row(*cells: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc>{cell}</w:tc>" for cell in cells) + "</w:tr>"


INNER = f"<w:tbl>{row(p('in'))}</w:tbl>"


def test_paragraphs_and_tables_come_back_in_reading_order(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match="cells of tables become text"):
        path = save(["first", FRAME, "", FRAME, "last\tword"], tmp_path / "x.docx")

    assert load(path) == "first\nname\tvalue\na\t0.1\nb c\t2.5\n\nname\tvalue\na\t0.1\nb c\t2.5\nlast\tword"
    blocks = load(path, mode="blocks")
    assert [block if isinstance(block, str) else None for block in blocks] == ["first", None, "", None, "last\tword"]
    pd.testing.assert_frame_equal(blocks[1], FRAME.astype({"value": str}), check_column_type=False)


def test_it_loads_as_paragraphs_or_tables(tmp_path: Path) -> None:
    path = save(["one\ntwo", FRAME, "three"], tmp_path / "x.docx", on_loss="allow")

    assert load(path, as_type=list[str]) == ["one\ntwo", "name\tvalue", "a\t0.1", "b c\t2.5", "three"]
    assert load(path, as_type=pd.DataFrame)["value"].tolist() == ["0.1", "2.5"]
    assert [table.shape for table in load(path, as_type=list[pd.DataFrame], mode="tables")] == [(2, 2)]
    assert load(path, as_type=str) == load(path)
    with pytest.raises(UnreadableFileError, match="no table"):
        load(save("text", tmp_path / "y.docx"), as_type=pd.DataFrame)


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = (save("text", tmp_path / f"{n}.docx").read_bytes() for n in "ab")

    assert one == two


def test_word_processors_read_what_is_written(tmp_path: Path) -> None:
    needs("docx")
    from docx import Document

    path = save(["first & <second>", FRAME, FRAME, "a\tb\nc "], tmp_path / "x.docx", on_loss="allow")

    made = Document(str(path))

    assert [paragraph.text for paragraph in made.paragraphs] == ["first & <second>", "", "a\tb\nc "]
    assert [[cell.text for cell in line.cells] for line in made.tables[1].rows] == [
        ["name", "value"],
        ["a", "0.1"],
        ["b\nc", "2.5"],
    ]


def test_what_word_processors_write_is_read(tmp_path: Path) -> None:
    needs("docx")
    from docx import Document

    made = Document()
    made.add_heading("Title")
    made.add_paragraph("text")
    table = made.add_table(2, 3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "wide"
    table.cell(1, 2).text = "end"
    made.save(str(tmp_path / "x.docx"))

    assert load(tmp_path / "x.docx") == "Title\ntext\nwide\t\t\n\t\tend"
    assert info(tmp_path / "x.docx")["metadata"]["creator"] == "python-docx"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"<w:sdt><w:sdtContent>{p('a')}</w:sdtContent></w:sdt>{p('b')}", "a\nb"),
        (
            "<w:p><w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del></w:p>",
            "new",
        ),
        ("<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t></w:r></w:p>", "a\tb"),
        ("<w:p><w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink><w:r><w:noBreakHyphen/></w:r></w:p>", "link\u2011"),
        ('<w:p><w:r><w:sym w:font="Symbol" w:char="03B1"/></w:r></w:p>', "\u03b1"),
        (
            "<w:p><w:r><w:t>a</w:t><mc:AlternateContent><mc:Choice><w:txbxContent>"
            f"{p('box')}</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>{p('box')}</w:txbxContent></mc:Fallback>"
            "</mc:AlternateContent><w:t>b</w:t></w:r></w:p>",
            "ab\nbox",
        ),
        (f"<w:tbl>{row(p('a') + p('b'), p('c'))}{row(p('d'))}</w:tbl>", "a b\tc\nd"),
        (f"<w:tbl>{row(p('x') + INNER + p('y'))}</w:tbl>{p('z')}", "x y\nin\nz"),
        ("", ""),
    ],
)
def test_nothing_that_is_read_is_passed_over(body: str, expected: str, tmp_path: Path) -> None:
    assert load(document(body, tmp_path)) == expected


def test_the_strict_kind_is_read(tmp_path: Path) -> None:
    kind = "http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument"

    assert load(document(p("text"), tmp_path, STRICT, kind)) == "text"


def test_rows_of_several_lengths_become_a_frame(tmp_path: Path) -> None:
    span = f'<w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{p("s")}</w:tc>'
    path = document(f"<w:tbl>{row(p('a'), p('b'), p('b'))}<w:tr>{span}</w:tr></w:tbl>", tmp_path)

    frame = load(path, as_type=pd.DataFrame)

    assert list(frame.columns) == ["a", "b", "b"]
    assert frame.to_numpy().tolist() == [["s", "", ""]]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"root": "workbook"}, "main part is a 'workbook'"), ({"kind": "http://x/other"}, "no main part")],
)
def test_another_package_is_refused(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=message):
        load(document(p("text"), tmp_path, **options))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"text", "not a zip file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "Word 97"),
    ],
)
def test_what_is_no_document_is_told(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.docx"
    path.write_bytes(content)

    with pytest.raises(UnreadableFileError, match=message):
        load(path)


def test_a_package_of_something_else_names_what_it_lacks(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.txt", "text")
    (tmp_path / "x.docx").write_bytes(made.getvalue())

    with pytest.raises(UnreadableFileError, match=r"no part '_rels/\.rels'"):
        load(tmp_path / "x.docx")


def test_line_ends_are_announced_and_control_characters_refused(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match="line end"):
        path = save("a\r\nb\rc", tmp_path / "x.docx")

    assert load(path) == "a\nb\nc"
    with pytest.raises(UnsupportedTypeError, match="no character"):
        save("a\x00", tmp_path / "y.docx")


def test_real_files_are_read(corpus: Path) -> None:
    text = load(corpus / "docx" / "blk-paras-and-tables.docx")

    assert "elit.\nText before Text after\nTable\nBetween\nDonec" in text
