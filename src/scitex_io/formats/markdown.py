"""Markdown (.md): tables; text is served by `text`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from scitex_io.content.cells import CellOptions, cells_of
from scitex_io.content.decoding import encoded
from scitex_io.handler import Accepts, Fidelity, FormatHandler
from scitex_io.typing import Saver

if TYPE_CHECKING:
    import pandas as pd

# What would be markup; an underscore inside a word is none.
_SPECIAL = re.compile(r"[\\`*<>\[\]|~$]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")


@frozen(kw_only=True)
class Markdown(FormatHandler, CellOptions, Saver["pd.DataFrame"]):
    """A table of pipes, as GitHub and Pandoc read it; numbers are aligned to the right.

    Parameters
    ----------
    index
        Show the labels of the rows; None: if they are more than a count.
    float_format
        Such as ``"%.3f"``; None shows all digits.
    """

    name = "markdown"
    extensions = (".md",)
    accepts = (Accepts("pandas.DataFrame", Fidelity.RENDERED, loads_as=str, domain="as a table"),)
    requires = ("pandas",)

    def save(self, obj: pd.DataFrame, path: Path, /) -> None:
        """Write the table; names of several levels share one cell."""
        cells = cells_of(obj, self.name, self)
        names = [" / ".join(part for part in column if part) for column in zip(*cells.header, strict=True)]
        rows = [[_escaped(cell) for cell in row] for row in (names, *cells.body)]
        widths = [max(3, *map(len, column)) for column in zip(*rows, strict=True)]
        rule = [f"{'-' * (w - number)}{':' * number}" for w, number in zip(widths, cells.numeric, strict=True)]
        lines = [
            [
                cell.rjust(w) if number else cell.ljust(w)
                for cell, w, number in zip(row, widths, cells.numeric, strict=True)
            ]
            for row in rows
        ]
        lines.insert(1, rule)
        path.write_bytes(encoded("".join(f"| {' | '.join(line)} |\n" for line in lines), self.name))


def _escaped(text: str) -> str:
    return re.sub(r"\r\n|\r|\n", "<br>", _SPECIAL.sub(lambda found: f"\\{found[0]}", text))
