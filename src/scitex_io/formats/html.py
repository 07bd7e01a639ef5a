"""HTML pages (.html, .htm): text, tables, and plotly's interactive figures."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Collection, Iterator
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import field, frozen

from scitex_io.content.cells import CellOptions, Cells, cells_of
from scitex_io.content.decoding import declared, decoded, encoded, is_encoding
from scitex_io.content.rendering import PLOTLY
from scitex_io.errors import OptionError, UnreadableFileError, UnsupportedTypeError
from scitex_io.handler import Accepts, Fidelity, FormatHandler, PassThrough
from scitex_io.typeref import distance
from scitex_io.typing import Describer, Loader, Saver, TypedLoader, Verb

if TYPE_CHECKING:
    import pandas as pd

START = 4096  # bytes in which a page says how it is encoded
_CHARSET = re.compile(rb"""(?:<meta\s[^>]*?charset|<\?xml[^>]*?encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
WRITE_HTML = frozenset(
    [
        "config",
        "auto_play",
        "include_plotlyjs",
        "include_mathjax",
        "post_script",
        "full_html",
        "animation_opts",
        "default_width",
        "default_height",
        "validate",
        "div_id",
    ]
)
"""What plotly's ``write_html`` understands beside the figure and the file."""


@frozen(kw_only=True)
class Html(FormatHandler, PassThrough, CellOptions, Saver[Any], Loader[str], TypedLoader, Describer):
    """A page as text, exactly; its tables as frames; plotly's figures with all they need to be looked at.

    Parameters
    ----------
    encoding
        None: the one that the page declares, else UTF-8.
    index, float_format
        Frames: see `scitex_io.formats.markdown`.
    **options
        Plotly's figures: what ``write_html`` understands. Loading tables: what ``pandas.read_html`` understands.
    """

    name = "html"
    extensions = (".html", ".htm")
    accepts = (
        Accepts(str, domain="no NUL and no lone surrogates"),
        Accepts("pandas.DataFrame", Fidelity.RENDERED, loads_as=str, domain="as a table"),
        Accepts(PLOTLY, Fidelity.RENDERED, loads_as=str, domain="interactive, with plotly.js inside"),
    )
    yields = (str, "pandas.DataFrame", list)
    requires = ("pandas",)
    also = {"lxml": "documents", "plotly": "plotly"}
    library: ClassVar = {"load": "pandas:read_html"}

    encoding: str | None = field(default=None)

    @encoding.validator  # pyright: ignore[reportUntypedFunctionDecorator, reportAttributeAccessIssue, reportOptionalMemberAccess]  # of attrs: the field's own
    def _check_encoding(self, _: Any, value: str | None) -> None:
        if not is_encoding(value):
            raise ValueError(f"no encoding is called {value!r}")

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """The options of plotly's ``write_html`` and of ``pandas.read_html``."""
        if verb == "save":
            return WRITE_HTML
        return frozenset(PassThrough.passes_on(self, verb)) - {"io", "flavor", "encoding", "storage_options"}

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the text as it is, or a page around the table or figure."""
        if distance(type(obj), PLOTLY) is not None:
            # A name of its own would be drawn at random.
            text = obj.to_html(**{"div_id": "figure", **self.extra_options})
        else:
            for option in self.extra_options:
                raise OptionError(self.name, "save", option, reason="it is an option for plotly's figures")
            text = obj if isinstance(obj, str) else "".join(_page(cells_of(obj, self.name, self)))
        encoding = self.encoding or _charset(text.encode("utf-8", "replace")[:START])
        path.write_bytes(encoded(text, self.name, None if encoding == "utf-8" else encoding))
        if self._text(path) != text:
            reason = f"in {encoding}, which it declares, it would be read as something else"
            raise UnsupportedTypeError(self.name, "str", reason=reason)

    def load(self, path: Path, /) -> str:
        """Read the page as text, in the encoding that it declares, else UTF-8."""
        for option in self.extra_options:
            reason = "it is an option for tables: as_type=pandas.DataFrame, or list[pandas.DataFrame] for all of them"
            raise OptionError(self.name, "load", option, reason=reason)
        return self._text(path)

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The first table, or all of them; what looks like a number is one.

        Raises
        ------
        UnreadableFileError
            There is no table.
        """
        import lxml  # noqa: F401  # its absence is told before pandas tells of three libraries
        import pandas as pd

        text = self._text(path)
        try:
            tables: list[pd.DataFrame] = pd.read_html(StringIO(text), flavor="lxml", **self.extra_options)
        except ValueError as error:
            if "No tables" not in str(error):
                raise
            raise UnreadableFileError(str(path), self.name, str(error).replace("No", "it holds no", 1)) from error
        return tables if wanted is list else tables[0]

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Its title, from the beginning of the file."""
        with path.open("rb") as file:
            beginning = file.read(16 * START)
        encoding = declared(beginning) or _charset(beginning[:START]) or "utf-8"
        title = _TITLE.search(beginning.decode(encoding, "replace"))
        facts = {"title": " ".join(html.unescape(title[1]).split())} if title else {}
        return {"kind": "document", "metadata": facts}

    def _text(self, path: Path) -> str:
        content = path.read_bytes()
        return decoded(content, path, self.name, self.encoding or declared(content) or _charset(content[:START]))


def _charset(beginning: bytes) -> str | None:
    """The encoding that the page itself declares, if bytes in which that could be read can be in it."""
    found = _CHARSET.search(beginning)
    if found is None:
        return None
    name = found[1].decode("ascii", "replace").lower()
    # The web has taken Latin-1 for Windows-1252 since before its standards said so.
    name = {"iso-8859-1": "windows-1252", "latin1": "windows-1252", "us-ascii": "windows-1252"}.get(name, name)
    try:
        return codecs.lookup(name).name if b"<html>".decode(name) == "<html>" else None
    except (LookupError, UnicodeError):
        return None


def _page(cells: Cells) -> Iterator[str]:
    yield '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n</head>\n<body>\n<table border="1">\n<thead>\n'
    yield from (_row("th", row, cells) for row in cells.header)
    yield "</thead>\n<tbody>\n"
    yield from (_row("td", row, cells) for row in cells.body)
    yield "</tbody>\n</table>\n</body>\n</html>\n"


def _row(tag: str, row: list[str], cells: Cells) -> str:
    made = []
    for at, (text, number) in enumerate(zip(row, cells.numeric, strict=True)):
        name = "th" if at < cells.labels else tag
        style = ' style="text-align: right"' if number else ""
        shown = re.sub(r"\r\n|\r|\n", "<br>", html.escape(text, quote=False))
        made.append(f"<{name}{style}>{shown}</{name}>")
    return f"<tr>{''.join(made)}</tr>\n"
