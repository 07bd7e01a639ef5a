"""Plain text, of whatever kind its extension tells."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from attrs import field, frozen

from scitex_io.content.decoding import decoded, encoded, is_encoding
from scitex_io.handler import Accepts, Fidelity, FormatHandler, load_option
from scitex_io.typing import Loader, Saver, TypedLoader


def _is_lines(obj: Any) -> bool:
    return all(isinstance(line, str) and "\n" not in line and "\r" not in line for line in obj)


@frozen(kw_only=True)
class Text(FormatHandler, Saver["str | list[str]"], Loader["str | list[str]"], TypedLoader):
    """Text as it is, newlines included."""

    name = "text"
    alone = True
    extensions = (
        *(".txt", ".log", ".md", ".rst", ".event", ".def"),
        *(".py", ".sh", ".bash", ".zsh", ".css", ".js", ".tex"),
        *(".dot", ".gv", ".mmd"),
    )
    accepts = (
        Accepts(str, domain="no NUL and no lone surrogates"),
        Accepts("numpy.str_", Fidelity.VALUE, loads_as=str),
        Accepts(list, Fidelity.VALUE, loads_as=str, domain="lines of text", where=_is_lines),
    )
    yields = (str, list)

    encoding: str | None = field(default=None)
    """None: UTF-8; loading also finds UTF-16 and UTF-32 by their mark, and takes Latin-1 for what is no UTF-8."""
    as_lines: bool = load_option(False)
    """The lines that are not blank, instead of the text."""
    strip: bool | None = load_option(None)
    """Without blanks at both ends: of each line with ``as_lines`` (the default there), else of the text."""

    @encoding.validator  # pyright: ignore[reportUntypedFunctionDecorator, reportAttributeAccessIssue, reportOptionalMemberAccess]  # of attrs: the field's own
    def _check_encoding(self, _: Any, value: str | None) -> None:
        if not is_encoding(value):
            raise ValueError(f"no encoding is called {value!r}")

    def save(self, obj: str | list[str], path: Path, /) -> None:
        """Write the text, or each line and a newline."""
        text = obj if isinstance(obj, str) else "".join(f"{line}\n" for line in obj)
        path.write_bytes(encoded(text, self.name, self.encoding))

    def load(self, path: Path, /) -> str | list[str]:
        """Read the text, or its lines."""
        text = decoded(path.read_bytes(), path, self.name, self.encoding)
        if self.as_lines:
            return self._lines(text)
        return text.strip() if self.strip else text

    def load_as(self, path: Path, wanted: type, /) -> Any:  # noqa: ARG002  # the protocol asks for it; list is all there is
        """Read the lines for ``list``."""
        return self._lines(decoded(path.read_bytes(), path, self.name, self.encoding))

    def _lines(self, text: str) -> list[str]:
        # Only \n, \r\n and \r end a line here; str.splitlines knows eight more.
        lines = (line.rstrip("\n") for line in io.StringIO(text, newline=None))
        return [line if self.strip is False else line.strip() for line in lines if line.strip()]
