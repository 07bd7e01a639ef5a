"""What a PDF file holds, read by pypdf (tables by pdfplumber)."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define

from scitex_io.errors import UnreadableFileError
from scitex_io.formats.pdf.prose import cleaned
from scitex_io.limits import FileTooLargeError

if TYPE_CHECKING:
    import pandas as pd
    from pypdf import PageObject, PdfReader

# The libraries go on where an object is lost, and say so in their log.
LOST = re.compile(
    r"Error -\d|can not be read|may be missing|Invalid stream|ignoring the stream|skipping the entry|Impossible to decode"
)
FACTS = {
    "title": "/Title",
    "author": "/Author",
    "subject": "/Subject",
    "keywords": "/Keywords",
    "creator": "/Creator",
    "producer": "/Producer",
    "created": "/CreationDate",
    "modified": "/ModDate",
}


@define
class Document:
    """An open file: its pages, and what its bytes tell."""

    path: Path
    password: str | None
    content: bytes
    reader: PdfReader

    def pages(self, *, clean: bool) -> list[dict[str, Any]]:
        """Number and text of each page."""
        texts = [self._text(page) for page in self.reader.pages]
        return [{"page_number": at, "text": cleaned(text) if clean else text} for at, text in enumerate(texts, 1)]

    def _text(self, page: PageObject) -> str:
        from pypdf.errors import LimitReachedError
        from pypdf.generic import NullObject, StreamObject

        content: Any = page["/Contents"].get_object() if "/Contents" in page else None
        if isinstance(content, NullObject):
            raise UnreadableFileError(str(self.path), "pdf", "the content of a page is missing")
        for part in content if isinstance(content, list) else [content]:
            stream = part and part.get_object()
            try:
                if isinstance(stream, StreamObject):
                    stream.get_data()  # the library gives no text for what unfolds too far, and says nothing
            except LimitReachedError as error:
                raise FileTooLargeError(str(self.path), 0, 0, f"a page unfolds too far ({error})") from error
        return page.extract_text()

    def metadata(self) -> dict[str, Any]:
        """What the document says of itself, None where it says nothing, and facts about the file."""
        told: Any = self.reader.metadata or {}
        facts: dict[str, Any] = {}
        for name, key in FACTS.items():
            value = told.get(key)
            facts[name] = None if value is None else str(value.get_object())
        for name in ("created", "modified"):
            facts[name] = _moment(facts[name])
        return facts | {
            "pages": len(self.reader.pages),
            "version": self.reader.pdf_header.removeprefix("%PDF-"),
            "encrypted": self.reader.is_encrypted,
            "bytes": len(self.content),
            "md5": hashlib.md5(self.content, usedforsecurity=False).hexdigest(),
        }

    def images(self) -> list[dict[str, Any]]:
        """Page, name and Pillow image of each picture."""
        return [
            {"page_number": at, "name": found.name, "image": found.image}
            for at, page in enumerate(self.reader.pages, 1)
            for found in page.images
        ]

    def tables(self) -> list[pd.DataFrame]:
        """Each table with lines around its cells, as text, named by its first row; ``attrs`` tells the page."""
        import pandas as pd
        import pdfplumber

        found = []
        with pdfplumber.open(BytesIO(self.content), password=self.password or "") as document:
            for page in document.pages:
                for table in page.extract_tables():
                    header, *body = ([cell or "" for cell in row] for row in table)
                    frame = pd.DataFrame(body, columns=pd.Index(header, dtype=object), dtype="str" if body else object)
                    frame.attrs["page_number"] = page.page_number
                    found.append(frame)
                page.close()
        return found


@contextmanager
def opened(path: Path, password: str | None) -> Iterator[Document]:
    """The document, decrypted.

    Raises
    ------
    UnreadableFileError
        It is truncated, damaged, or wants another password.
    """
    import pypdf

    content = path.read_bytes()
    if content:
        _check(content, path)
    with _listening(path):
        reader = pypdf.PdfReader(BytesIO(content))
        # Many files are encrypted with an empty password, only to forbid printing.
        if reader.is_encrypted and not reader.decrypt(password or ""):
            found = "it is encrypted" if password is None else "the password is wrong"
            raise UnreadableFileError(str(path), "pdf", found, "give its password=" if password is None else "")
        yield Document(path, password, content, reader)


def _check(content: bytes, path: Path) -> None:
    """Refuse what has no end of its own: a reader takes an earlier state of the file, or collects what there is."""
    if b"%PDF-" not in content[:1024]:
        raise ValueError("it does not begin as a PDF does")
    end = content.rfind(b"startxref")
    linear = re.search(rb"/Linearized\b.{0,200}?/L\s+(\d+)", content[:1024], re.DOTALL)
    cut = end <= content.rfind(b"endobj") or re.search(rb"\d\s+\d+\s+obj\b", content[end:])
    if cut or (linear and int(linear[1]) > len(content)):
        raise UnreadableFileError(str(path), "pdf", "the file is truncated")


@contextmanager
def _listening(path: Path) -> Iterator[None]:
    """Keep the libraries' remarks from the user, and raise those that tell of lost content."""
    said: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    loggers = [logging.getLogger(name) for name in ("pypdf", "pdfminer")]
    before = [logger.propagate for logger in loggers]
    listener = Listener(logging.WARNING)
    for logger in loggers:
        logger.addHandler(listener)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, propagate in zip(loggers, before, strict=True):
            logger.removeHandler(listener)
            logger.propagate = propagate
    if lost := next((text for text in said if LOST.search(text)), None):
        raise UnreadableFileError(str(path), "pdf", f"it is damaged: {lost}")


def _moment(text: str | None) -> str | None:
    """A date of PDF (``D:20150604133406-06'00'``) in ISO 8601; as it is where it is none."""
    found = re.match(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?)?", text or "")
    if text is None or found is None:
        return text
    year, month, day, hour, minute, second, zulu, sign, hours, minutes = found.groups()
    zone = "+00:00" if zulu else f"{sign}{hours}:{minutes or '00'}" if sign else ""
    date = f"{year}-{month or '01'}-{day or '01'}"
    return date + (f"T{hour}:{minute or '00'}:{second or '00'}{zone}" if hour else "")
