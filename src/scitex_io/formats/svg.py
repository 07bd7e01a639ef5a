"""Scalable Vector Graphics (.svg): figures as drawings, documents as text."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.parsers.expat import ExpatError, ParserCreate

from attrs import frozen

from scitex_io.content.figures import companion
from scitex_io.content.notes import NoteKeeper, svg
from scitex_io.content.rendering import FIGURES, KALEIDO, SAVEFIG, is_figure, render
from scitex_io.errors import OptionError, UnreadableFileError, UnsupportedTypeError
from scitex_io.handler import Accepts, FormatHandler, PassThrough, save_option
from scitex_io.typing import CompanionWriter, Describer, Loader, Saver, Verb

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # noqa: F401  # in the header
    from matplotlib.figure import Figure  # noqa: F401  # in the header

START = 1 << 16  # bytes: enough for the prologue and the root element


@frozen(kw_only=True)
class Svg(
    FormatHandler, PassThrough, Saver["Figure | Axes | str"], Loader[str], Describer, NoteKeeper, CompanionWriter
):
    """Figures as drawings that stay sharp; a document's text, exactly.

    Parameters
    ----------
    dpi
        Resolution of the parts that have to be pixels.
    **savefig
        What ``Figure.savefig`` (or kaleido, for plotly) understands.
    """

    name = "svg"
    extensions = (".svg",)
    accepts = (Accepts(str, domain="an SVG document"), *FIGURES)
    yields = (str,)

    dpi: float | tuple[float, float] | None = save_option(None)

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """The options of ``savefig`` and kaleido."""
        return SAVEFIG - {"pil_kwargs"} | KALEIDO if verb == "save" else ()

    def save(self, obj: Any, path: Path, /) -> None:
        """Draw the figure, or write the document as it is."""
        options = dict(self.extra_options) | ({} if self.dpi is None else {"dpi": self.dpi})
        if is_figure(obj):
            render(obj, path, "svg", self.name, options)
            return
        for option in options:
            raise OptionError(self.name, "save", option, reason="it is an option for figures")
        try:
            content = obj.encode(_encoding(obj.encode("utf-8")))
            _check(content)
        except (ValueError, LookupError, ExpatError) as error:
            raise UnsupportedTypeError(self.name, "str", tuple(map(str, self.accepts)), str(error)) from error
        path.write_bytes(content)

    def load(self, path: Path, /) -> str:
        """Read the text of the document, line ends included.

        Raises
        ------
        UnreadableFileError
            It is no well-formed SVG document, or not complete.
        """
        content = path.read_bytes()
        try:
            _check(content)
            return content.decode(_encoding(content))
        except (ValueError, LookupError, ExpatError) as error:
            found = str(error) if content else "the file is empty"
            raise UnreadableFileError(str(path), self.name, found) from error

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Width, height and view box, from the beginning of the file."""
        with path.open("rb") as file:
            root = _root(file.read(START), final=False)
        return {"kind": "image"} | {
            key: root[name] for key, name in (("width",) * 2, ("height",) * 2, ("view_box", "viewBox")) if name in root
        }

    def companions(self, obj: Any, /) -> Mapping[str, object]:
        """The data that a matplotlib figure shows."""
        return companion(obj)

    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """As elements behind the start of the drawing."""
        content = path.read_bytes()
        path.write_bytes(svg.put(content, notes, _encoding(content)))

    def note(self, path: Path, name: str, /) -> str | None:
        """The text of this name."""
        return svg.get(path.read_bytes(), name)


def _encoding(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    declared = re.match(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)", content)
    return declared[1].decode("ascii") if declared else "utf-8"


def _check(content: bytes) -> None:
    _root(content, final=True)


def _root(content: bytes, *, final: bool) -> dict[str, str]:
    """The attributes of the root element.

    Raises
    ------
    ValueError, ExpatError
        It is no SVG, or not well-formed.
    """
    found: list[tuple[str, dict[str, str]]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if not found:
            found.append((tag, attributes))

    parser = ParserCreate()
    parser.StartElementHandler = start
    parser.Parse(content, final)
    if not found or found[0][0].rpartition(":")[2] != "svg":
        raise ValueError(f"its root element is {found[0][0]!r}, not 'svg'" if found else "it has no root element")
    return found[0][1]
