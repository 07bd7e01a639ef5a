"""Portable Document Format (.pdf): figures and images to save as pages; text, tables and images to load."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from scitex_io.content.arrays import one_of
from scitex_io.content.figures import companion
from scitex_io.content.notes import NoteKeeper
from scitex_io.content.pixels import are_images
from scitex_io.content.rendering import FIGURES, KALEIDO, SAVEFIG, is_figure, render
from scitex_io.dotdict import DotDict
from scitex_io.errors import OptionError, UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.formats.pdf import notes as packets
from scitex_io.formats.pdf.prose import paper, sections
from scitex_io.formats.pdf.reading import opened
from scitex_io.handler import Accepts, Fidelity, FormatHandler, PassThrough, load_option, save_option
from scitex_io.typing import CompanionWriter, Describer, Loader, Saver, TypedLoader, Verb

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # noqa: F401  # in the header
    from matplotlib.figure import Figure  # noqa: F401  # in the header
    from PIL import Image

PILLOW = frozenset({"resolution", "title", "author", "subject", "keywords", "creator", "producer", "quality"})


MODES = ("full", "text", "pages", "sections", "metadata", "images", "tables", "scientific")


@frozen(kw_only=True)
class Pdf(
    FormatHandler,
    PassThrough,
    Saver["Figure | Axes | Image.Image | list[Image.Image]"],
    Loader[Any],
    TypedLoader,
    Describer,
    NoteKeeper,
    CompanionWriter,
):
    """Figures as drawings that stay sharp; images, or a list of them, one to a page. Documents as what they say.

    Parameters
    ----------
    dpi
        Figures: the resolution of the parts that have to be pixels. Images: how large they are on the page.
    **options
        Figures: what ``Figure.savefig`` (or kaleido, for plotly) understands. Images: what Pillow does.
    mode
        What to load. ``"full"``: a dict of ``text``, ``pages``, ``sections`` and ``metadata``. ``"text"``: all of it as
        ``str``. ``"pages"``: a list of ``{page_number, text}``. ``"sections"``: the text by the usual headings of papers.
        ``"metadata"``: what the document says of itself, its pages, size and MD5. ``"images"``: a list of
        ``{page_number, name, image}``. ``"tables"``: frames of text, those with lines around their cells.
        ``"scientific"``: DOI, abstract, sections and references beside text and metadata.
    clean_text
        Spell out ligatures, leave out soft hyphens and needless blanks.
    extract_images
        Add ``images`` to the dict of ``"full"`` and ``"scientific"``.
    ocr
        Only False: text is read from the file, not recognised in pictures.
    password
        For files that are encrypted.
    """

    name = "pdf"
    extensions = (".pdf",)
    accepts = (
        *FIGURES,
        Accepts("PIL.Image.Image", Fidelity.RENDERED),
        Accepts(list, Fidelity.RENDERED, domain="of PIL images, one to a page", where=are_images),
    )
    yields = (DotDict, dict, str, list, "pandas.DataFrame")
    also = {"pypdf": "documents", "pdfplumber": "documents"}
    magic = (b"%PDF-",)

    dpi: float | tuple[float, float] | None = save_option(None)
    mode: str = field(default="full", validator=one_of(*MODES), metadata={"verb": "load"})
    clean_text: bool = load_option(True)
    extract_images: bool = load_option(False)
    ocr: bool = load_option(False)
    password: str | None = field(default=None, repr=False, metadata={"verb": "load"})

    @ocr.validator  # pyright: ignore[reportUntypedFunctionDecorator, reportAttributeAccessIssue]  # of attrs: the field's own
    def _check_ocr(self, _: Any, value: object) -> None:
        if value:
            raise ValueError("text is read from the file; recognising it in pictures is for a program that does that")

    def is_cacheable(self) -> bool:
        """Pillow's images do not survive being copied with all that belongs to them."""
        return self.mode != "images" and not self.extract_images

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """The options of ``savefig``, kaleido and Pillow."""
        return SAVEFIG - {"pil_kwargs"} | KALEIDO | PILLOW if verb == "save" else ()

    def save(self, obj: Any, path: Path, /) -> None:
        """Draw the figure, or lay the images on pages."""
        options = dict(self.extra_options) | ({} if self.dpi is None else {"dpi": self.dpi})
        if is_figure(obj):
            render(obj, path, "pdf", self.name, options)
            return
        for option in options:
            if option not in PILLOW | {"dpi"}:
                known = tuple(sorted(PILLOW | {"dpi"}))
                raise OptionError(self.name, "save", option, known, reason="it is no option for images")
        if isinstance(options.get("dpi"), (int, float)):
            options["dpi"] = (options["dpi"],) * 2
        first, *others = [self._page(image) for image in (obj if isinstance(obj, list) else [obj])]
        # No dates: the same images give the same bytes.
        dates = {"creationDate": None, "modDate": None}
        first.save(path, "PDF", save_all=bool(others), append_images=others, **dates, **options)

    def _page(self, image: Image.Image) -> Image.Image:
        if image.mode.startswith("I") or image.mode == "F":
            reason = f"a page shows 8-bit images, not mode {image.mode}"
            raise UnsupportedTypeError(self.name, type_name(type(image)), tuple(map(str, self.accepts)), reason)
        if image.mode in {"1", "L", "LA", "P", "RGB", "RGBA", "CMYK"} and "transparency" not in image.info:
            return image
        return image.convert("RGBA" if image.has_transparency_data else "RGB")

    def companions(self, obj: Any, /) -> Mapping[str, object]:
        """The data that a matplotlib figure shows."""
        return companion(obj)

    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """As words of our own in the XMP packet."""
        path.write_bytes(packets.put(path.read_bytes(), notes))

    def note(self, path: Path, name: str, /) -> str | None:
        """The text of this name."""
        return packets.get(path.read_bytes(), name)

    def read_metadata(self, path: Path, /) -> dict[str, Any] | None:
        """The stored metadata, else title, author, subject and creator."""
        found = super().read_metadata(path)
        return packets.facts(path.read_bytes()) if found is None else found

    def load(self, path: Path, /) -> Any:
        """Read what ``mode`` asks for.

        Raises
        ------
        UnreadableFileError
            The file is damaged, truncated or encrypted.
        """
        with opened(path, self.password) as document:
            if self.mode == "metadata":
                return document.metadata()
            if self.mode == "images":
                return document.images()
            if self.mode == "tables":
                return document.tables()
            pages = document.pages(clean=self.clean_text)
            text = "\n\n".join(page["text"] for page in pages)
            if self.mode == "text":
                return text
            if self.mode == "pages":
                return pages
            if self.mode == "sections":
                return sections(text)
            parts = paper(text) if self.mode == "scientific" else {"pages": pages, "sections": sections(text)}
            images = {"images": document.images()} if self.extract_images else {}
            return DotDict({"text": text, **parts, "metadata": document.metadata(), **images})

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The text as ``str``; the first table as a frame, all of them as a list.

        Raises
        ------
        UnreadableFileError
            A frame is wanted, and there is no table.
        """
        if wanted is str:
            return evolve(self, mode="text").load(path)
        if wanted is dict:
            found = self.load(path)
            return found.to_dict(include_private=True) if isinstance(found, DotDict) else found
        if wanted is list and self.mode != "full":
            return self.load(path)
        tables = evolve(self, mode="tables").load(path)
        if not tables:
            raise UnreadableFileError(str(path), self.name, "it holds no table")
        return tables if wanted is list else tables[0]

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Pages, title, author and dates."""
        with opened(path, self.password) as document:
            return {"kind": "document", "metadata": document.metadata()}
