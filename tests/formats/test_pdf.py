from __future__ import annotations

import hashlib
import io
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from optional import needs
from scitex_io import MissingDependencyError, OptionError, UnreadableFileError, UnsupportedTypeError, info, load, save
from scitex_io.formats.pdf import Pdf
from scitex_io.formats.pdf.prose import cleaned, paper, sections
from strategies.documents import page

needs("pypdf", "pdfplumber")


def figure() -> Figure:
    made = Figure(figsize=(2, 1))
    made.subplots().plot([1, 2], [3, 4])
    return made


def test_a_figure_and_its_axes_become_the_same_page_every_time(tmp_path: Path) -> None:
    drawn = figure()

    paths = [save(obj, tmp_path / f"{n}.pdf", no_csv=True) for n, obj in enumerate((drawn, drawn.axes[0], figure()))]

    first, *others = (path.read_bytes() for path in paths)
    assert first.startswith(b"%PDF-")
    assert b"/MediaBox [ 0 0 144 72 ]" in first
    assert others == [first, first]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
def test_an_image_becomes_a_page_the_same_every_time(mode: str, tmp_path: Path) -> None:
    image = Image.new(mode, (72, 36))

    one, two = (save(image, tmp_path / "a.pdf", dpi=144, on_loss="error").read_bytes() for _ in range(2))

    assert b"/MediaBox [ 0 0 36" in one
    assert one == two


def test_a_list_of_images_becomes_pages(tmp_path: Path) -> None:
    images = [Image.new("L", (9, 9), value) for value in (0, 9)]

    content = save(images, tmp_path / "a.pdf", title="paws").read_bytes()

    assert b"/Count 2" in content


@pytest.mark.parametrize("dtype", ["float32", "uint16", "int32"])
def test_images_that_a_page_cannot_show_are_refused(dtype: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="8-bit images"):
        save(Image.fromarray(np.zeros((2, 2), dtype)), tmp_path / "a.pdf")

    assert list(tmp_path.iterdir()) == []


def test_options_are_for_what_they_are_for(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no option for images"):
        save(Image.new("L", (2, 2)), tmp_path / "a.pdf", bbox_inches="tight")
    with pytest.raises(OptionError, match="no option for figures"):
        save(figure(), tmp_path / "a.pdf", quality=3, no_csv=True)


def test_a_figure_has_its_data_as_companion() -> None:
    assert list(Pdf().companions(figure())) == [".csv"]
    assert Pdf().companions(Image.new("L", (1, 1))) == {}


# ---------------------------------------------------------------- loading


def pages(folder: Path, *figures: Figure) -> Path:
    """A document of one page for each figure."""
    from matplotlib.backends.backend_pdf import PdfPages

    path = folder / "pages.pdf"
    with PdfPages(path, metadata={"Title": "On paws", "Author": "A. Cat"}) as document:
        for drawn in figures:
            document.savefig(drawn)
    return path


def test_a_document_is_its_text_pages_sections_and_metadata(tmp_path: Path) -> None:
    path = pages(tmp_path, page("first page"), page("second page"))

    told = load(path)

    assert list(told) == ["text", "pages", "sections", "metadata"]
    assert told["text"] == "first page\n\nsecond page"
    assert told["pages"] == [{"page_number": 1, "text": "first page"}, {"page_number": 2, "text": "second page"}]
    assert told["sections"] == {"front matter": told["text"]}
    assert (told["metadata"]["title"], told["metadata"]["author"]) == ("On paws", "A. Cat")
    assert told["metadata"]["pages"] == 2
    assert told["metadata"]["md5"] == hashlib.md5(path.read_bytes()).hexdigest()


def test_one_part_by_mode(tmp_path: Path) -> None:
    path = pages(tmp_path, page("first page"), page("second page"))
    whole = load(path)

    for mode in ("text", "pages", "sections", "metadata"):
        assert load(path, mode=mode) == whole[mode]
    assert load(path, as_type=str) == whole["text"]
    assert list(load(path, mode="scientific")) == ["text", "doi", "abstract", "sections", "references", "metadata"]
    assert info(path)["kind"] == "document"
    assert info(path)["metadata"] == whole["metadata"]
    with pytest.raises(OptionError, match="'txt' is not one of"):
        load(path, mode="txt")
    with pytest.raises(OptionError, match="recognising"):
        load(path, ocr=True)
    assert load(path, ocr=False) == whole


def test_images_come_out_as_they_went_in(tmp_path: Path) -> None:
    image = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 12))
    path = save([image, image.convert("RGB")], tmp_path / "a.pdf")

    found = load(path, mode="images")

    assert [part["page_number"] for part in found] == [1, 2]
    assert found[0]["image"].size == (12, 4)
    assert abs(np.asarray(found[0]["image"]).astype(int) - np.asarray(image)).max() <= 4  # stored as JPEG
    assert len(load(path, extract_images=True)["images"]) == 2


def test_tables_are_frames_of_text(tmp_path: Path) -> None:
    drawn = Figure(figsize=(5, 3))
    axes = drawn.subplots()
    axes.axis("off")
    axes.table(cellText=[["CA1", "007"], ["CA3", ""]], colLabels=["region", "count"], loc="center")
    path = pages(tmp_path, page("none here"), drawn)

    (table,) = load(path, as_type=list[pd.DataFrame])

    assert list(table.columns) == ["region", "count"]
    assert table.to_numpy().tolist() == [["CA1", "007"], ["CA3", ""]]
    assert table.attrs == {"page_number": 2}
    assert load(path, as_type=pd.DataFrame).equals(table)
    with pytest.raises(UnreadableFileError, match="no table"):
        load(pages(tmp_path, page("none")), as_type=pd.DataFrame)


def test_an_encrypted_document_wants_its_password(tmp_path: Path) -> None:
    import pypdf

    for user, name in (("paws", "locked.pdf"), ("", "open.pdf")):
        writer = pypdf.PdfWriter(clone_from=pages(tmp_path, page("secret")))
        writer.encrypt(user, owner_password="owner", algorithm="AES-256")
        writer.write(tmp_path / name)

    assert load(tmp_path / "open.pdf", mode="text") == "secret"
    assert load(tmp_path / "locked.pdf", mode="text", password="paws") == "secret"
    assert load(tmp_path / "locked.pdf", mode="tables", password="paws") == []
    with pytest.raises(UnreadableFileError, match="it is encrypted; give its password="):
        load(tmp_path / "locked.pdf")
    with pytest.raises(UnreadableFileError, match="password is wrong"):
        load(tmp_path / "locked.pdf", password="claws")
    assert "claws" not in repr(Pdf(password="claws"))


def test_a_document_cut_in_a_later_revision_is_not_given_in_an_earlier_one(tmp_path: Path) -> None:
    import pypdf

    path = pages(tmp_path, page("before"))
    before = path.read_bytes()
    writer = pypdf.PdfWriter(path, incremental=True)
    writer.add_blank_page(10, 10)
    made = io.BytesIO()
    writer.write(made)
    assert made.getvalue().startswith(before)

    path.write_bytes(made.getvalue()[: len(before) + 60])

    with pytest.raises(UnreadableFileError, match="truncated"):
        load(path)


@pytest.mark.parametrize(
    ("library", "name", "kind"),
    [("pypdf", "a.pdf", None), ("pdfplumber", "a.pdf", pd.DataFrame), ("lxml", "a.html", pd.DataFrame)],
)
def test_a_library_that_is_absent_is_named_where_it_is_needed(
    library: str, name: str, kind: type | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)

    path = save(page("text") if name == "a.pdf" else "<p>text", tmp_path / name)

    with pytest.raises(MissingDependencyError, match=rf"'{library}'.*scitex-io\[documents\]"):
        load(path, as_type=kind)


def test_content_that_cannot_be_unpacked_is_an_error_and_nothing_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = pages(tmp_path, page("text of a page"))
    data = bytearray(path.read_bytes())
    at = data.index(b"stream\n", data.index(b"/FlateDecode")) + 20
    data[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(data)

    with pytest.raises(UnreadableFileError):
        load(path)
    assert caplog.records == []


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "empty"), (b"text", "does not begin"), (b"%PDF-1.7\n", "truncated")]
)
def test_what_is_no_document_is_told(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(content)

    with pytest.raises(UnreadableFileError, match=message):
        load(path)


def test_cleaning_changes_no_letter() -> None:
    assert (
        cleaned("e\ufb00ect  of\t x \n\n\n\nsoft\u00ad\nhyphen well-\nknown ")
        == "effect of x\n\nsofthyphen well-\nknown"
    )


PAPER = """On paws
doi: 10.1234/paws.5.
Abstract
We paw.
1 Introduction
Cats.
2. Materials and Methods:
Fur.
Results were good, and this line is no heading
REFERENCES
[1] A. Cat. Paws.
2013.
[2] B. Dog. Tails.
"""


def test_a_paper_is_told_by_its_headings() -> None:
    assert list(sections(PAPER)) == ["front matter", "abstract", "introduction", "materials and methods", "references"]
    told = paper(PAPER)
    assert (told["doi"], told["abstract"]) == ("10.1234/paws.5", "We paw.")
    assert told["references"] == ["A. Cat. Paws. 2013.", "B. Dog. Tails."]


def test_real_files_are_read(corpus: Path) -> None:
    folder = corpus / "pdf"

    assert "quote them" in load(folder / "crazyones.pdf", mode="text")
    assert load(folder / "r4-owner-password.pdf")["metadata"]["encrypted"] is True
