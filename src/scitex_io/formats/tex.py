"""LaTeX (.tex): tables; text is served by `text`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from scitex_io.content.cells import CellOptions, Cells, cells_of
from scitex_io.content.decoding import encoded
from scitex_io.handler import Accepts, Fidelity, FormatHandler, save_option
from scitex_io.typing import Saver

if TYPE_CHECKING:
    import pandas as pd

SPECIAL = {character: f"\\{character}" for character in "&%$#_{}"} | {
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "[": "{[}",  # after a line break, a bracket would be its length
    "]": "{]}",
}
_MARKS = re.compile("|".join(map(re.escape, SPECIAL)))
_BREAKS = re.compile(r"\s*[\r\n]\s*")


@frozen(kw_only=True)
class Tex(FormatHandler, CellOptions, Saver["pd.DataFrame"]):
    r"""A table with the rules of booktabs; numbers are aligned to the right.

    Parameters
    ----------
    caption, label
        Put the table into a ``table`` that floats, with its caption above.
    document
        Write a document that can be typeset as it is, not just the table.
    longtable
        May the table run over several pages?
    escape
        Show ``%``, ``_`` and the like as they are; False takes cells and caption as LaTeX.
    index
        Show the labels of the rows; None: if they are more than a count.
    float_format
        Such as ``"%.3f"``; None shows all digits.
    """

    name = "tex"
    extensions = (".tex",)
    accepts = (Accepts("pandas.DataFrame", Fidelity.RENDERED, loads_as=str, domain="as a table"),)
    requires = ("pandas",)

    caption: str | None = save_option(None)
    label: str | None = save_option(None)
    document: bool = save_option(False)
    longtable: bool = save_option(False)
    escape: bool = save_option(True)

    def save(self, obj: pd.DataFrame, path: Path, /) -> None:
        """Write the table; to be typeset it wants the package booktabs (and longtable)."""
        cells = cells_of(obj, self.name, self)
        lines = self._long(cells) if self.longtable else self._floating(cells)
        if self.document:
            packages = ["booktabs", *(["longtable"] if self.longtable else [])]
            begin = [r"\documentclass{article}", *(rf"\usepackage{{{name}}}" for name in packages), r"\begin{document}"]
            lines = [*begin, *lines, r"\end{document}"]
        path.write_bytes(encoded("".join(f"{line}\n" for line in lines), self.name))

    def _floating(self, cells: Cells) -> list[str]:
        inner = [
            rf"\begin{{tabular}}{{{_columns(cells)}}}",
            r"\toprule",
            *self._rows(cells.header),
            r"\midrule",
            *self._rows(cells.body),
            r"\bottomrule",
            r"\end{tabular}",
        ]
        if not self._title():
            return inner
        return [r"\begin{table}", r"\centering", *self._title(), *inner, r"\end{table}"]

    def _long(self, cells: Cells) -> list[str]:
        title = self._title()
        header = [r"\toprule", *self._rows(cells.header), r"\midrule"]
        return [
            rf"\begin{{longtable}}{{{_columns(cells)}}}",
            *([*title[:-1], rf"{title[-1]} \\"] if title else []),
            *(*header, r"\endfirsthead"),
            *(*header, r"\endhead"),
            *(r"\bottomrule", r"\endlastfoot"),
            *self._rows(cells.body),
            r"\end{longtable}",
        ]

    def _title(self) -> list[str]:
        caption = [rf"\caption{{{self._text(self.caption)}}}"] if self.caption is not None else []
        return caption + ([rf"\label{{{self.label}}}"] if self.label is not None else [])

    def _rows(self, rows: list[list[str]]) -> list[str]:
        return [rf"{' & '.join(map(self._text, row))} \\" for row in rows]

    def _text(self, text: str) -> str:
        shown = _MARKS.sub(lambda found: SPECIAL[found[0]], text) if self.escape else text
        return _BREAKS.sub(" ", shown)  # an empty line would end the paragraph, and with it the table


def _columns(cells: Cells) -> str:
    return "".join("r" if number else "l" for number in cells.numeric)
