"""Metadata inside files: what comes back, what stays, what is refused."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from optional import needs, needs_all_of
from same import difference
from scitex_io import (
    Accepts,
    FormatHandler,
    Loader,
    MetadataCarrier,
    Saver,
    UnsupportedTypeError,
    embed_metadata,
    has_metadata,
    load,
    read_metadata,
    register,
    registry,
    save,
)
from scitex_io.content.notes import METADATA, text_of
from scitex_io.typing import is_metadata_carrier

PICTURES = [".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".svg", ".pdf"]
RASTERS = [".png", ".jpg", ".tif", ".webp"]
TREES = st.dictionaries(
    st.text(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)


def figure() -> Figure:
    made = Figure()
    made.subplots().plot([1, 2], [3, 4])
    return made


def drawn(folder: Path, extension: str) -> Path:
    """A picture without metadata."""
    return save(figure(), folder / f"f{extension}", no_csv=True, verbose=False)


# ---------------------------------------------------------------- pictures


@pytest.mark.parametrize("extension", PICTURES)
@given(first=TREES, second=TREES)
def test_metadata_come_back_and_are_replaced_not_merged(
    tmp_path_factory: pytest.TempPathFactory, extension: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    path = Path(tmp_path_factory.mktemp("x"), f"f{extension}")
    path.write_bytes(_plain(extension))

    for metadata in (first, second):
        embed_metadata(path, metadata)
        assert metadata == read_metadata(path)
        assert has_metadata(path)


_drawn: dict[str, bytes] = {}


def _plain(extension: str) -> bytes:
    if extension not in _drawn:
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as folder:
            _drawn[extension] = drawn(Path(folder), extension).read_bytes()
    return _drawn[extension]


@pytest.mark.parametrize("extension", RASTERS)
def test_pixels_do_not_change(tmp_path: Path, extension: str) -> None:
    path = drawn(tmp_path, extension)
    before = load(path, as_type=np.ndarray)

    embed_metadata(path, {"a": 1})

    assert np.array_equal(before, load(path, as_type=np.ndarray))


@pytest.mark.parametrize("extension", [".png", ".jpg", ".webp", ".svg"])
def test_metadata_taken_out_again_leave_the_file_as_it_was(tmp_path: Path, extension: str) -> None:
    """Everything else is the same, byte for byte."""
    path = drawn(tmp_path, extension)
    embed_metadata(path, {"a": "x" * 500})
    first = path.read_bytes()

    embed_metadata(path, {"b": 2})
    embed_metadata(path, {"a": "x" * 500})

    assert first == path.read_bytes()


@pytest.mark.parametrize("extension", [".tif", ".pdf"])
def test_what_was_there_stays_byte_for_byte(tmp_path: Path, extension: str) -> None:
    path = drawn(tmp_path, extension)
    before = path.read_bytes()

    embed_metadata(path, {"a": 1})

    start = 8 if extension == ".tif" else 0  # the header points at the directory
    assert path.read_bytes()[start : len(before) - 600].startswith(before[start : len(before) - 1200])


def test_files_do_not_grow_with_every_change(tmp_path: Path) -> None:
    for extension in (*RASTERS, ".svg"):
        path = drawn(tmp_path, extension)
        embed_metadata(path, {"a": "x" * 1000})
        size = path.stat().st_size

        for _ in range(3):
            embed_metadata(path, {"a": "x" * 1000})

        assert size == path.stat().st_size


@pytest.mark.parametrize("extension", PICTURES)
def test_a_name_in_capitals_and_text_paths(tmp_path: Path, extension: str) -> None:
    path = drawn(tmp_path, extension)
    path = path.rename(tmp_path / f"G{extension.upper()}")

    embed_metadata(str(path), {"a": 1})

    assert read_metadata(str(path)) == {"a": 1}
    assert [path] == list(tmp_path.iterdir())


def test_dates_and_values_of_numpy_are_stored() -> None:
    told = {
        "when": dt.datetime(2024, 1, 2, 3, 4, tzinfo=dt.UTC),
        "day": dt.date(2024, 1, 2),
        "n": np.int16(3),
        "x": np.float32(0.5),
        "yes": np.bool_(True),
        "many": np.arange(3),
        "at": np.datetime64("2024-01-02"),
        "days": np.array(["2024-01-02"], "M8[D]"),
        "pair": (1, 2),
        "name": np.str_("a"),
    }

    assert json.loads(text_of(told)) == {
        "when": "2024-01-02T03:04:00+00:00",
        "day": "2024-01-02",
        "n": 3,
        "x": 0.5,
        "yes": True,
        "many": [0, 1, 2],
        "at": "2024-01-02",
        "days": ["2024-01-02"],
        "pair": [1, 2],
        "name": "a",
    }


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"a": {"b": [1, object()]}}, r"\['a'\]\['b'\]\[1\]"),
        ({"a": {1, 2}}, r"\['a'\]"),
        ({"z": 1j}, r"\['z'\]"),
        ({"z": np.array([1j])}, r"\['z'\]\[0\]"),
        ({("a", "b"): 1}, "key"),
        ({1: 1, "1": 2}, "twice"),
        ("text", "str"),
        (None, "NoneType"),
    ],
)
def test_what_json_has_no_word_for_is_refused_by_its_key(tmp_path: Path, value: Any, named: str) -> None:
    path = drawn(tmp_path, ".png")
    before = path.read_bytes()

    with pytest.raises(ValueError, match=named):
        embed_metadata(path, value)
    assert before == path.read_bytes()


def test_a_missing_file_and_a_format_without_a_place(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        embed_metadata(tmp_path / "none.png", {"a": 1})
    with pytest.raises(FileNotFoundError):
        read_metadata(tmp_path / "none.png")
    (tmp_path / "a.txt").write_text("text")
    calls: list[Callable[[], object]] = [
        lambda: embed_metadata(tmp_path / "a.txt", {}),
        lambda: read_metadata(tmp_path / "a.txt"),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="png"):
            call()
    (tmp_path / "a.unknown").write_text("text")
    with pytest.raises(ValueError, match="unknown"):
        read_metadata(tmp_path / "a.unknown")


@pytest.mark.parametrize("extension", PICTURES)
@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_whether_there_are_metadata_is_told_of_any_file(tmp_path: Path, extension: str, content: bytes | None) -> None:
    path = tmp_path / f"a{extension}"
    path.write_bytes(_plain(extension)[:100] if content is None else content)

    assert has_metadata(path) is False
    if extension == ".pdf":
        needs("pypdf")
    with pytest.raises(ValueError, match=extension.replace("jpg", "jpeg").replace(".tif", "tif")[1:4]):
        read_metadata(path)
    assert has_metadata(tmp_path / "none.png") is False
    assert has_metadata(tmp_path) is False


@given(data=st.data())
@pytest.mark.parametrize("extension", PICTURES)
def test_damaged_files_are_errors_of_ours(
    tmp_path_factory: pytest.TempPathFactory, extension: str, data: st.DataObject
) -> None:
    if extension == ".pdf":
        needs("pypdf")
    path = Path(tmp_path_factory.mktemp("x"), f"f{extension}")
    content = bytearray(_plain(extension))
    for _ in range(3):
        at = data.draw(
            st.integers(0, min(len(content), 600) - 1) | st.integers(max(0, len(content) - 700), len(content) - 1)
        )
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content)

    for call in (read_metadata, lambda path: embed_metadata(path, {"a": 1})):
        try:
            call(path)
        except ValueError:
            continue


# ---------------------------------------------------------------- files by others


def test_files_of_version_0_4_1_are_read(tmp_path: Path) -> None:
    told = {"experiment": "e1", "n": 3}
    text = json.dumps(told, indent=2)
    image = Image.new("RGB", (4, 3))
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text(METADATA, text)
    image.save(tmp_path / "a.png", pnginfo=info)
    exif = Image.Exif()
    exif[270] = text
    image.save(tmp_path / "a.jpg", exif=exif)
    (tmp_path / "a.svg").write_text(
        '<ns0:svg xmlns:ns0="http://www.w3.org/2000/svg" xmlns:scitex="http://scitex.io/metadata">'
        f'<ns0:metadata id="scitex_metadata"><scitex:data>{text}</scitex:data></ns0:metadata><ns0:g/></ns0:svg>'
    )

    for name in ("a.png", "a.jpg", "a.svg"):
        assert told == read_metadata(tmp_path / name)
        embed_metadata(tmp_path / name, {"new": 1})
        assert read_metadata(tmp_path / name) == {"new": 1}
    assert b"experiment" not in (tmp_path / "a.jpg").read_bytes()


@pytest.mark.parametrize("extension", [".jpg", ".tif"])
def test_a_description_by_somebody_else_is_raw_and_stays(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"a{extension}"
    exif = Image.Exif()
    exif[270] = "a cat"
    exif.get_ifd(0x8769)[36867] = "2024:01:02 03:04:05"
    exif[0x8769] = exif.get_ifd(0x8769)
    Image.new("RGB", (4, 3)).save(path, exif=exif)
    assert read_metadata(path) == {"raw": "a cat"}

    embed_metadata(path, {"a": 1})
    embed_metadata(path, {"a": 2})

    assert read_metadata(path) == {"a": 2}
    with Image.open(path) as image:
        assert image.getexif()[270] == "a cat"
        assert image.getexif().get_ifd(0x8769)[36867] == "2024:01:02 03:04:05"


def test_text_in_svg_that_is_no_json_is_raw(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg"><metadata id="scitex_metadata"><s:data xmlns:s="x">&lt;a&gt;</s:data></metadata></svg>'
    )

    assert read_metadata(tmp_path / "a.svg") == {"raw": "<a>"}


@pytest.mark.parametrize(
    "text",
    [
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        "<svg/>",
        "<svg></svg>",
        '<?xml version="1.0"?><!-- <svg> --><s:svg xmlns:s="http://www.w3.org/2000/svg" a="/>">\n<s:g/></s:svg>\n<!-- end -->',
        '<svg><metadata id="other"><data>kept</data></metadata><text>é &amp; x</text></svg>',
        "<svg><![CDATA[ <metadata> ]]></svg>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_drawings_of_any_writer_take_metadata(tmp_path: Path, text: str, encoding: str) -> None:
    if encoding == "latin-1":
        text = f'<?xml version="1.0" encoding="latin-1"?>{text.partition("?>")[2] or text}'
    if encoding == "utf-16" and "/>" in text:
        text = text.replace("/>", "></svg>") if text.startswith("<svg") and text.endswith("/>") else text
    path = tmp_path / "a.svg"
    path.write_bytes(text.encode(encoding))
    assert read_metadata(path) is None

    embed_metadata(path, {"a": "<&>é"})

    assert read_metadata(path) == {"a": "<&>é"}
    from scitex_io.content.notes import svg

    content = path.read_bytes()
    cut = svg._read(content).spans[METADATA]
    assert len(cut) == 1
    left = (content[: cut[0][0]] + content[cut[0][1] :]).decode(encoding)
    assert text.replace("/>", "></svg>") in {left, left.replace("/>", "></svg>")}
    assert load(path)  # well-formed


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_tiff_of_every_kind(tmp_path: Path, order: str, big: bool) -> None:
    path = tmp_path / "a.tif"
    array = np.arange(12, dtype="u1").reshape(3, 4)
    image = Image.fromarray(array)
    if order == "<":
        image.save(path, big_tiff=big)
    else:
        path.write_bytes(_motorola(array, big=big))

    embed_metadata(path, {"a": "x" * 50})
    embed_metadata(path, {})

    assert read_metadata(path) == {}
    assert array.tobytes() in path.read_bytes()
    if not (big and order == ">"):  # which Pillow does not read
        with Image.open(path) as after:
            assert np.array_equal(array, np.asarray(after))


def _motorola(array: Any, *, big: bool) -> bytes:
    """A grey image with its numbers in the other order."""
    height, width = array.shape
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 0, 277: 1, 278: height, 279: array.size}
    head = 16 if big else 8
    tags[273] = head
    at = head + array.size
    entry, count, offset = (">HHQQ", ">Q", ">Q") if big else (">HHII", ">H", ">I")
    start = b"MM\0+\0\x08\0\0" + struct.pack(">Q", at) if big else b"MM\0*" + struct.pack(">I", at)
    entries = b"".join(struct.pack(entry, tag, 16 if big else 4, 1, value) for tag, value in sorted(tags.items()))
    data: bytes = array.tobytes()
    return start + data + struct.pack(count, len(tags)) + entries + struct.pack(offset, 0)


def test_all_pages_of_a_tiff_stay(tmp_path: Path) -> None:
    pages = [Image.new("L", (4, 3), shade) for shade in (10, 20, 30)]
    path = save(pages, tmp_path / "a.tif", verbose=False)

    embed_metadata(path, {"a": 1})

    image = load(path)
    assert image.n_frames == 3
    image.seek(2)
    assert image.getpixel((0, 0)) == 30


def test_metadata_too_long_for_exif_are_kept_all_the_same(tmp_path: Path) -> None:
    path = drawn(tmp_path, ".jpg")
    told = {"a": "x" * 200_000}

    embed_metadata(path, told)
    assert told == read_metadata(path)
    embed_metadata(path, {"a": 1})

    assert read_metadata(path) == {"a": 1}
    assert load(path).size


def test_comments_profiles_and_texts_stay(tmp_path: Path) -> None:
    from PIL import ImageCms
    from PIL.PngImagePlugin import PngInfo

    made = ImageCms.createProfile("sRGB")
    profile = ImageCms.ImageCmsProfile(made).tobytes()
    info = PngInfo()
    info.add_text("Author", "me")
    image = Image.new("RGB", (4, 3))
    image.save(tmp_path / "a.png", pnginfo=info, icc_profile=profile, dpi=(300, 300))
    image.save(tmp_path / "a.jpg", comment=b"hello", icc_profile=profile, xmp=b"<x/>")
    image.save(tmp_path / "a.webp", icc_profile=profile, xmp=b"<x/>", lossless=True)
    for path in tmp_path.iterdir():
        with Image.open(path) as before:
            told = before.info

        embed_metadata(path, {"a": 1})

        with Image.open(path) as after:
            found = {name: value for name, value in after.info.items() if name not in {"exif", METADATA}}
        # Pillow takes Exif without a resolution for one of 72.
        assert told == found or told | {"dpi": (72, 72)} == found


def test_an_animation_stays_one(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 3), (shade, 0, 0)) for shade in (10, 20, 30)]
    for extension in (".png", ".webp"):
        path = save(frames, tmp_path / f"a{extension}", duration=100, verbose=False)

        embed_metadata(path, {"a": 1})

        assert load(path).n_frames == 3
        assert read_metadata(path) == {"a": 1}


def test_a_transparent_webp_stays_transparent(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    Image.new("RGBA", (4, 3), (1, 2, 3, 40)).save(path, lossless=True, exact=True)

    embed_metadata(path, {"a": 1})

    assert load(path).getpixel((0, 0)) == (1, 2, 3, 40)


def test_what_a_picture_is_made_of_does_not_tell_its_metadata(tmp_path: Path) -> None:
    for extension in RASTERS:
        path = save(figure(), tmp_path / f"a{extension}", metadata={"a": 1}, verbose=False)
        again = save(load(path), tmp_path / "b.png", verbose=False, on_loss="allow")

        assert read_metadata(again) is None
        assert METADATA not in load(path).info


def test_a_link_is_written_through(tmp_path: Path) -> None:
    path = drawn(tmp_path, ".png")
    (tmp_path / "link.png").symlink_to(path)

    embed_metadata(tmp_path / "link.png", {"a": 1})

    assert (tmp_path / "link.png").is_symlink()
    assert read_metadata(path) == {"a": 1}


def test_a_compressed_text_that_expands_without_end_is_refused(tmp_path: Path) -> None:
    import zlib

    from scitex_io.content.notes import LARGEST, png

    path = drawn(tmp_path, ".png")
    bomb = zlib.compressobj(9)
    data = b"".join(bomb.compress(bytes(1 << 24)) for _ in range(1 + (LARGEST >> 24))) + bomb.flush()
    content = path.read_bytes()
    path.write_bytes(content[:33] + png._chunk(b"zTXt", METADATA.encode() + b"\0\0" + data) + content[33:])

    with pytest.raises(ValueError, match="too long"):
        read_metadata(path)


# ---------------------------------------------------------------- PDF


def document(*, packet: bytes = b"", facts: dict[str, str] | None = None) -> bytes:
    """One by another program."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(BytesIO(_plain(".pdf"))))
    writer.metadata = facts
    if packet:
        writer.xmp_metadata = packet
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:format>application/pdf</dc:format></rdf:Description></rdf:RDF>'
    b'</x:xmpmeta><?xpacket end="w"?>'
)


def test_an_xmp_packet_by_others_stays(tmp_path: Path) -> None:
    needs("pypdf")
    from pypdf import PdfReader

    path = tmp_path / "a.pdf"
    path.write_bytes(document(packet=XMP))

    for told in ({"a": "<&>"}, {"b": 2}):
        embed_metadata(path, told)
        assert told == read_metadata(path)
        found: Any = PdfReader(path).root_object["/Metadata"]
        assert b"<dc:format>application/pdf</dc:format>" in found.get_object().get_data()
    assert load(path, mode="metadata")["pages"] == 1


def test_a_document_without_ours_tells_title_author_subject_and_creator(tmp_path: Path) -> None:
    needs("pypdf")
    path = tmp_path / "a.pdf"
    path.write_bytes(
        document(facts={"/Title": "T", "/Author": "A", "/Subject": "S", "/Creator": "C", "/Keywords": "K"})
    )
    assert read_metadata(path) == {"title": "T", "author": "A", "subject": "S", "creator": "C"}

    embed_metadata(path, {"a": 1})

    assert read_metadata(path) == {"a": 1}
    assert load(path, mode="metadata")["title"] == "T"


def test_a_document_of_version_0_4_1_is_read(tmp_path: Path) -> None:
    needs("pypdf")
    path = tmp_path / "a.pdf"
    path.write_bytes(document(facts={"/Subject": json.dumps({"e": 1}, indent=2)}))

    assert read_metadata(path) == {"e": 1}


def test_a_document_that_tells_nothing_has_no_metadata(tmp_path: Path) -> None:
    needs("pypdf")
    path = tmp_path / "a.pdf"
    path.write_bytes(document(facts=None))

    assert read_metadata(path) is None
    assert has_metadata(path) is False


def test_documents_of_packed_objects_take_metadata(tmp_path: Path) -> None:
    needs("pypdf")
    path = tmp_path / "a.pdf"
    path.write_bytes(packed_document())
    from scitex_io.formats.pdf.notes import _Plain

    assert _Plain.of(path.read_bytes()) is None
    before = path.read_bytes()

    embed_metadata(path, {"a": 1})
    embed_metadata(path, {"b": "é"})

    assert read_metadata(path) == {"b": "é"}
    assert path.read_bytes().startswith(before)
    assert load(path, mode="metadata")["pages"] == 1


def packed_document() -> bytes:
    """Catalog and page tree in an object stream, found by a stream of references."""
    objects = {1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"}
    objects[3] = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
    heads, bodies = [], b""
    for number, body in objects.items():
        heads.append(b"%d %d" % (number, len(bodies)))
        bodies += body + b" "
    head = b" ".join(heads) + b" "
    made = bytearray(b"%PDF-1.5\n")
    at = len(made)
    stream = head + bodies
    told = b"<< /Type /ObjStm /N 3 /First %d /Length %d >>" % (len(head), len(stream))
    made += b"4 0 obj\n%s\nstream\n%s\nendstream\nendobj\n" % (told, stream)
    start = len(made)
    rows = [(0, 0, 255), *((2, 4, index) for index in range(3)), (1, at, 0), (1, start, 0)]
    table = b"".join(struct.pack(">BHB", *row) for row in rows)
    told = b"<< /Type /XRef /Size 6 /W [1 2 1] /Root 1 0 R /Length %d >>" % len(table)
    made += b"5 0 obj\n%s\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (told, table, start)
    return bytes(made)


def test_an_encrypted_document_is_refused(tmp_path: Path) -> None:
    needs("pypdf")
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(BytesIO(_plain(".pdf"))))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "a.pdf")

    with pytest.raises(ValueError, match="encrypted"):
        embed_metadata(tmp_path / "a.pdf", {"a": 1})
    assert has_metadata(tmp_path / "a.pdf") is False


def test_the_drawing_of_a_document_does_not_change(tmp_path: Path) -> None:
    needs("pypdfium2")
    pypdfium2: Any = importlib.import_module("pypdfium2")  # it has no types
    path = drawn(tmp_path, ".pdf")
    before = path.read_bytes()

    embed_metadata(path, {"a": 1})
    size = path.stat().st_size
    embed_metadata(path, {"a": 2})

    assert path.read_bytes().startswith(before)
    assert size == path.stat().st_size
    pages = [pypdfium2.PdfDocument(content)[0].render().to_numpy() for content in (before, path.read_bytes())]
    assert np.array_equal(*pages)


# ---------------------------------------------------------------- save(metadata=)


@pytest.mark.parametrize("extension", PICTURES)
def test_a_figure_is_saved_with_its_metadata(tmp_path: Path, extension: str) -> None:
    path = save(figure(), tmp_path / f"f{extension}", metadata={"n": np.int64(3)}, verbose=False)

    assert read_metadata(path) == {"n": 3}


def test_a_format_without_a_place_refuses_and_names_those_with_one(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="png"):
        save("text", tmp_path / "a.txt", metadata={"a": 1})
    assert not list(tmp_path.iterdir())


def test_metadata_that_cannot_be_stored_save_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'a'"):
        save(figure(), tmp_path / "a.png", metadata={"a": object()})
    assert not list(tmp_path.iterdir())


def test_a_saver_of_the_user_gets_its_own_option(tmp_path: Path) -> None:
    from scitex_io import register_saver

    @register_saver(".mine")
    def save_mine(obj: object, path: Path, metadata: Any = None) -> None:
        path.write_text(f"{obj} {metadata}")

    assert save(1, tmp_path / "a.mine", metadata={"a": 1}, verbose=False).read_text() == "1 {'a': 1}"


def test_hooks_are_told_of_metadata(tmp_path: Path) -> None:
    from scitex_io import register_post_save_hook

    told: list[dict[str, Any]] = []
    register_post_save_hook(lambda path, obj, options: told.append(options))
    save(figure(), tmp_path / "a.png", metadata={"a": 1}, verbose=False)

    assert told == [{"track": None, "metadata": {"a": 1}}]


# ---------------------------------------------------------------- every other format with a place

CARRIERS = {name for name, handler in registry.Registry(plugins=False).handlers() if is_metadata_carrier(handler)}


def content(extension: str) -> Any:
    """Something that the format stores."""
    if extension in {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".svg", ".pdf"}:
        return figure()
    if extension in {".parquet", ".feather", ".arrow", ".ipc"}:
        return pd.DataFrame({"a": [1, 2], "b": ["x", None]}, index=pd.Index([3, 4], name="i"))
    if extension == ".nc" or extension == ".nc4":
        return importlib.import_module("xarray").Dataset({"t": ("x", [1.0, 2.0])}, attrs={"units": "K"})
    if extension == ".wav":
        from scitex_io import Audio

        return Audio(np.arange(5, dtype="i2"), 100)
    if extension == ".nii":
        return np.arange(24, dtype="f4").reshape(2, 3, 4), np.eye(4)
    if extension == ".fits":
        return np.arange(6.0).reshape(2, 3)
    return {"a": np.arange(3), "b": np.ones((2, 2))}


@pytest.mark.parametrize("extension", sorted(CARRIERS))
def test_every_carrier_keeps_metadata_and_loads_the_same(tmp_path: Path, extension: str) -> None:
    needs_all_of(registry.REGISTRY.for_loading(f"a{extension}"))
    if extension == ".pdf":
        needs("pypdf")
    obj = content(extension)
    plain = save(obj, tmp_path / "p" / f"a{extension}", verbose=False, no_csv=True)
    path = save(obj, tmp_path / f"a{extension}", metadata={"é": 1, "n": [np.float64(0.5)]}, verbose=False, no_csv=True)

    assert read_metadata(path) == {"é": 1, "n": [0.5]}
    if extension not in PICTURES:
        assert difference(load(plain), load(path)) is None
    for told in ({"b": "x" * 5000}, {"b": "é\n'\"\\", "c": None}, {}):
        embed_metadata(path, told)
        assert told == read_metadata(path)
    if extension not in PICTURES:
        assert difference(load(plain, cache=False), load(path, cache=False)) is None
    assert read_metadata(plain) is None or extension == ".pdf"
    assert {path.name, "p"} == {one.name for one in tmp_path.iterdir()}


@pytest.mark.parametrize("extension", sorted(CARRIERS - set(PICTURES)))
def test_equal_metadata_give_equal_files(tmp_path: Path, extension: str) -> None:
    needs_all_of(registry.REGISTRY.for_loading(f"a{extension}"))
    files = [
        save(content(extension), tmp_path / folder / f"a{extension}", metadata={"a": 1}, verbose=False)
        for folder in "ab"
    ]
    first, second = (
        {part.relative_to(file): part.read_bytes() for part in (file, *file.rglob("*")) if part.is_file()}
        for file in files
    )

    assert first == second


@pytest.mark.parametrize("extension", sorted(CARRIERS - set(PICTURES) - {".zarr"}))
def test_nonsense_is_an_error_of_ours(tmp_path: Path, extension: str) -> None:
    needs_all_of(registry.REGISTRY.for_loading(f"a{extension}"))
    good = save(content(extension), tmp_path / f"good{extension}", verbose=False).read_bytes()
    for text in (b"", b"nonsense", good[: len(good) // 2]):
        path = tmp_path / f"a{extension}"
        path.write_bytes(text)

        assert has_metadata(path) is False
        with pytest.raises(ValueError, match=path.name):
            embed_metadata(path, {"a": 1})
        assert text == path.read_bytes()


@pytest.mark.parametrize("extension", [".nii.gz", ".npz.zst", ".svg.gz"])
def test_compressed_files_keep_metadata_inside(tmp_path: Path, extension: str) -> None:
    needs_all_of(registry.REGISTRY.for_loading(f"a.{extension.split('.')[1]}"))
    path = save(content(f".{extension.split('.')[1]}"), tmp_path / f"a{extension}", metadata={"a": 1}, verbose=False)
    assert read_metadata(path) == {"a": 1}

    embed_metadata(path, {"a": 2})

    assert read_metadata(path) == {"a": 2}
    load(path)


def test_a_part_of_a_store_is_saved_with_metadata_of_the_whole(tmp_path: Path) -> None:
    for extension in (".h5", ".zarr"):
        path = save({"a": np.arange(3)}, tmp_path / f"a{extension}", metadata={"m": 1}, verbose=False)

        save(np.ones(2), path, key="b", verbose=False)

        assert read_metadata(path) == {"m": 1}
        assert sorted(load(path)) == ["a", "b"]


def test_consolidated_stores_of_both_formats_stay_so(tmp_path: Path) -> None:
    import zarr

    from scitex_io.formats.zarr.reading import quiet

    for version in (2, 3):
        path = tmp_path / f"v{version}.zarr"
        root = zarr.create_group(str(path), zarr_format=version)
        root.create_array("a", shape=(2,), dtype="f8")
        root.attrs["theirs"] = 1
        with quiet():
            zarr.consolidate_metadata(str(path))

        embed_metadata(path, {"a": 1})

        opened = zarr.open_group(str(path), mode="r", use_consolidated=True)
        assert json.loads(str(opened.attrs[METADATA])) == {"a": 1}
        assert opened.attrs["theirs"] == 1
        assert read_metadata(path) == {"a": 1}


def test_columns_of_parquet_are_not_written_anew(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    path = save(content(".parquet"), tmp_path / "a.parquet", verbose=False)
    before, metadata = path.read_bytes(), pq.read_metadata(path)
    footer = int.from_bytes(before[-8:-4], "little") + 8

    embed_metadata(path, {"a": 1})

    assert before[:-footer] == path.read_bytes()[: len(before) - footer]
    after = pq.read_metadata(path)
    assert metadata.row_group(0).equals(after.row_group(0))
    assert {**(metadata.metadata or {}), METADATA.encode(): b'{\n  "a": 1\n}'} == after.metadata


@pytest.mark.parametrize(
    "options", [{"use_deprecated_int96_timestamps": True}, {"store_schema": False}, {"version": "1.0"}]
)
def test_parquet_by_others_takes_metadata(tmp_path: Path, options: dict[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"t": pd.date_range("2020", periods=3), "l": [[1], [2, 3], None], "d": [{"a": 1}] * 3})
    pq.write_table(table, tmp_path / "a.parquet", **options)
    before = load(tmp_path / "a.parquet")

    embed_metadata(tmp_path / "a.parquet", {"a": 1})

    assert read_metadata(tmp_path / "a.parquet") == {"a": 1}
    assert difference(before, load(tmp_path / "a.parquet", cache=False)) is None


@pytest.mark.parametrize("compression", ["lz4", "zstd", "uncompressed"])
def test_feather_stays_compressed_as_it_was(tmp_path: Path, compression: str) -> None:
    frame = pd.DataFrame({"a": np.arange(10_000) % 7})
    path = save(frame, tmp_path / "a.feather", compression=compression, verbose=False)
    size = path.stat().st_size

    embed_metadata(path, {"a": 1})

    assert abs(path.stat().st_size - size) < 300
    assert difference(frame, load(path)) is None


def test_members_of_an_archive_are_replaced(tmp_path: Path) -> None:
    path = save({"a": np.arange(3)}, tmp_path / "a.npz", metadata={"a": "x" * 100}, verbose=False)
    size = path.stat().st_size

    for _ in range(3):
        embed_metadata(path, {"a": "y" * 100})

    assert size == path.stat().st_size
    with np.load(path) as found:
        assert found.files == ["a", "scitex_metadata.json"]


def test_checksums_of_fits_are_right(tmp_path: Path) -> None:
    needs("astropy")
    from astropy.io import fits

    path = save(np.arange(6.0).reshape(2, 3), tmp_path / "a.fits", verbose=False)
    for length in range(0, 300, 7):
        embed_metadata(path, {"a": "x" * length, "n": length})
        with fits.open(path, checksum=True) as units:  # a warning is an error here
            units.verify("exception")
            assert json.loads(units[0].header["SCITEXMD"])["n"] == length


def test_other_header_extensions_stay(tmp_path: Path) -> None:
    needs("nibabel")
    import nibabel as nib

    for kind in (nib.Nifti1Image, nib.Nifti2Image):
        image = kind(np.arange(24, dtype="i2").reshape(2, 3, 4), np.eye(4))
        image.header.extensions.append(nib.nifti1.Nifti1Extension(6, b"a comment"))
        nib.save(image, tmp_path / "a.nii")

        embed_metadata(tmp_path / "a.nii", {"a": 1})
        embed_metadata(tmp_path / "a.nii", {"a": 2})

        assert read_metadata(tmp_path / "a.nii") == {"a": 2}
        again = nib.load(tmp_path / "a.nii")
        assert len(again.header.extensions) == 2
        assert np.array_equal(image.dataobj, again.dataobj)
        assert [one.get_code() for one in load(tmp_path / "a.nii", cache=False).header.extensions] == [6]


def test_other_parts_of_a_recording_of_sound_stay(tmp_path: Path) -> None:
    needs("soundfile")
    import soundfile

    file: Any
    with soundfile.SoundFile(tmp_path / "a.wav", "w", 100, 1, "PCM_16") as file:
        file.title = "song"
        file.write(np.arange(5, dtype="i2"))

    for at in range(3):
        embed_metadata(tmp_path / "a.wav", {"a": at})
    size = (tmp_path / "a.wav").stat().st_size
    embed_metadata(tmp_path / "a.wav", {"a": 9})

    assert size == (tmp_path / "a.wav").stat().st_size
    with soundfile.SoundFile(tmp_path / "a.wav") as file:
        assert file.title == "song"
        assert np.array_equal(np.arange(5), file.read(dtype="i2"))


def test_a_classic_netcdf_file_says_how_it_can_take_metadata(tmp_path: Path) -> None:
    needs("xarray", "scipy")
    content(".nc").to_netcdf(tmp_path / "a.nc", engine="scipy")

    assert read_metadata(tmp_path / "a.nc") is None
    with pytest.raises(ValueError, match="nccopy"):
        embed_metadata(tmp_path / "a.nc", {"a": 1})


def test_a_carrier_of_the_user_is_asked(tmp_path: Path) -> None:
    @frozen(kw_only=True)
    class Note(FormatHandler, Saver[str], Loader[str], MetadataCarrier):
        name = "note"
        extensions = (".note",)
        accepts = (Accepts(str),)

        def save(self, obj: str, path: Path, /) -> None:
            path.write_text(f"{obj}\n")

        def load(self, path: Path, /) -> str:
            return path.read_text().partition("\n")[0]

        def embed_metadata(self, path: Path, metadata: Any, /) -> None:
            path.write_text(f"{self.load(path)}\n{metadata['a']}")

        def read_metadata(self, path: Path, /) -> dict[str, Any] | None:
            found = path.read_text().partition("\n")[2]
            return {"a": found} if found else None

    register(Note)

    path = save("text", tmp_path / "a.note", metadata={"a": "b"}, verbose=False)
    assert read_metadata(path) == {"a": "b"}
    embed_metadata(path, {"a": "c"})
    assert read_metadata(path) == {"a": "c"}
    assert load(path) == "text"
