"""Word documents (.docx, Office Open XML): their text, paragraphs and tables.

Read and written without a library for them: those at hand pass over content controls, tracked insertions and text
boxes, and do not open documents of the strict kind.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from scitex_io.content.arrays import one_of
from scitex_io.content.cells import CellOptions, cells_of
from scitex_io.content.markup import parsed
from scitex_io.errors import UnreadableFileError
from scitex_io.formats.docx.reading import Block, blocks, local
from scitex_io.formats.docx.writing import check, write
from scitex_io.handler import Accepts, Fidelity, FormatHandler
from scitex_io.limits import take
from scitex_io.losses import lose
from scitex_io.typing import Describer, Loader, Saver, TypedLoader

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    import pandas as pd

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOCKED = "EncryptedPackage".encode("utf-16-le")  # what such a container calls its content
CELLS = "the cells of tables become text"


def are_paragraphs(items: list[Any]) -> bool:
    """Is it text, and nothing else?"""
    return all(isinstance(item, str) for item in items)


def are_blocks(items: list[Any]) -> bool:
    """Is it text and frames, and nothing else?"""
    import pandas as pd

    return all(isinstance(item, str | pd.DataFrame) for item in items)


@frozen(kw_only=True)
class Docx(FormatHandler, CellOptions, Saver[Any], Loader[Any], TypedLoader, Describer):
    """The text of a document, each paragraph and each row of a table on a line of its own, in reading order.

    It is the body with its text boxes, tracked changes accepted; without headers, footers, notes and comments. A
    table inside a table follows the outer one.

    Parameters
    ----------
    mode
        ``"text"``; ``"blocks"`` gives a list of paragraphs (text) and tables (frames of text, named by their first
        row), as it can be saved; ``"tables"`` the frames alone.
    index, float_format
        Saving frames: see `scitex_io.formats.markdown`.
    """

    name = "docx"
    extensions = (".docx",)
    accepts = (
        Accepts(str, domain="no control characters; lines end in \\n"),
        Accepts(list, Fidelity.VALUE, str, "paragraphs of text", are_paragraphs),
        Accepts(list, Fidelity.LOSSY, str, "paragraphs and DataFrames", are_blocks, loses=CELLS),
        Accepts("pandas.DataFrame", Fidelity.LOSSY, str, loses=CELLS),
    )
    yields = (str, list, "pandas.DataFrame")
    requires = ("pandas",)

    mode: str = field(default="text", validator=one_of("text", "blocks", "tables"), metadata={"verb": "load"})

    def save(self, obj: Any, path: Path, /) -> None:
        """Write a paragraph for each line of the text or item of the list, and a table for each frame."""
        parts: list[str | list[list[str]]] = []
        for item in self._unified(obj).split("\n") if isinstance(obj, str) else obj if isinstance(obj, list) else [obj]:
            if isinstance(item, str):
                parts.append(self._unified(item))
            else:
                cells = cells_of(item, self.name, self)
                parts.append([[self._unified(cell) for cell in row] for row in (*cells.header, *cells.body)])
        write(parts, path)

    def _unified(self, text: str) -> str:
        check(text, self.name)
        if "\r" in text:
            lose("every line end becomes \\n")
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text

    def load(self, path: Path, /) -> Any:
        """Read the text, or what ``mode`` asks for."""
        found = self._blocks(path)
        if self.mode == "text":
            return "\n".join(_lines(found))
        framed = [_frame(block) if isinstance(block, list) else block for block in found]
        return framed if self.mode == "blocks" else [block for block in framed if not isinstance(block, str)]

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The paragraphs (and rows of tables) as a list, or the first table as a frame of text.

        Raises
        ------
        UnreadableFileError
            A frame is wanted, and there is no table.
        """
        if wanted is list:
            return self.load(path) if self.mode != "text" else _lines(self._blocks(path))
        table = next((block for block in self._blocks(path) if isinstance(block, list)), None)
        if table is None:
            raise UnreadableFileError(str(path), self.name, "it holds no table")
        return _frame(table)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Title, author and dates, as the document tells them."""
        with self._opened(path) as archive:
            core = next((name for name in archive.namelist() if name.lower() == "docprops/core.xml"), None)
            facts = self._part(archive, core, path) if core else ()
            return {"kind": "document", "metadata": {local(fact): fact.text for fact in facts if fact.text}}

    def _blocks(self, path: Path) -> list[Block]:
        with self._opened(path) as archive:
            links = self._part(archive, "_rels/.rels", path)
            mains = [link for link in links if link.get("Type", "").endswith("/officeDocument")]
            root = self._part(archive, mains[0].get("Target", "").lstrip("/"), path) if mains else None
        if root is None or local(root) != "document":
            found = f"its main part is a {local(root)!r}" if root is not None else "it has no main part"
            raise UnreadableFileError(str(path), self.name, f"it is no Word document: {found}")
        return blocks(root)

    def _opened(self, path: Path) -> zipfile.ZipFile:
        content = path.read_bytes()
        if content.startswith(OLE):
            locked = LOCKED in content
            found = "the document is encrypted" if locked else "it is a document of Word 97 to 2003 (.doc)"
            advice = f"save it {'without a password' if locked else 'as .docx'} in the program that made it"
            raise UnreadableFileError(str(path), self.name, found, advice)
        return zipfile.ZipFile(path)

    def _part(self, archive: zipfile.ZipFile, name: str, path: Path) -> Element:
        try:
            size = archive.getinfo(name).file_size
        except KeyError as error:
            found = f"it is no Word document: it has no part '{name}'"
            raise UnreadableFileError(str(path), self.name, found) from error
        take(size, f"its part '{name}'")
        return parsed(archive.read(name), path, self.name, namespaces=True)  # to the end: the checksum is verified


def _lines(found: list[Block]) -> list[str]:
    lines = []
    for block in found:
        if isinstance(block, str):
            lines.append(block)
        else:
            lines += ["\t".join(cell.replace("\n", " ") for cell in row) for row in block]
    return lines


def _frame(table: list[list[str]]) -> pd.DataFrame:
    """The table by the names in its first row; rows that are shorter than others end in empty cells."""
    import pandas as pd

    width = max(map(len, table), default=0)
    header, *body = ([*row, *[""] * (width - len(row))] for row in table or [[]])
    return pd.DataFrame(body, columns=pd.Index(header, dtype=object), dtype="str" if body else object)
