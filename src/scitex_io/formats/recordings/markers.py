"""Markers of a BrainVision recording (.vmrk), as a table that needs no other file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scitex_io.content.parts import TablePart
from scitex_io.content.tables import as_wanted
from scitex_io.errors import UnreadableFileError
from scitex_io.formats.recordings.brainvision import decoded
from scitex_io.handler import FormatHandler
from scitex_io.typing import Describer, Loader, TypedLoader

if TYPE_CHECKING:
    import pandas as pd

DATE = len("20240131235959123456")
COLUMNS = ("type", "description", "position", "size", "channel", "date")


@frozen(kw_only=True)
class Markers(FormatHandler, TablePart, Loader["pd.DataFrame"], TypedLoader, Describer):
    """One row for each marker: type, description, position and size (in samples, from 1), channel (0: all), date."""

    name = "vmrk"
    extensions = (".vmrk",)
    yields = ("pandas.DataFrame", list, dict)

    def load(self, path: Path, /) -> pd.DataFrame:
        """The markers in the order of the file; ``date`` is that of a new segment."""
        import pandas as pd

        rows = [self._row(line, path) for line in self._lines(path)]
        frame = pd.DataFrame(rows, columns=list(COLUMNS))
        numbers = {"position": "int64", "size": "int64", "channel": "int64"}
        frame = frame.astype({"type": "str", "description": "str", **numbers})
        frame["date"] = pd.to_datetime(frame["date"], format="%Y%m%d%H%M%S%f").astype("datetime64[us]")
        return self.picked(frame, path)

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The markers as records or columns."""
        return as_wanted(self.load(path), wanted)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """How many markers there are, and of which types."""
        types = [line.split(",")[0] for line in self._lines(path)]
        counts = {kind: types.count(kind) for kind in dict.fromkeys(types)}
        return {"kind": "table", "rows": len(types), "columns": dict.fromkeys(COLUMNS, ""), "metadata": counts}

    def _lines(self, path: Path) -> list[str]:
        """What stands behind ``Mk<number>=``, each with at least five parts."""
        text = decoded(path.read_bytes())
        if not re.match(r"\s*Brain ?Vision.*Marker File", text):
            raise UnreadableFileError(str(path), self.name, "it does not begin as a BrainVision marker file does")
        start = re.search(r"^\[Marker Infos\]", text, re.IGNORECASE | re.MULTILINE)
        if start is None:
            raise UnreadableFileError(str(path), self.name, "it is cut short: it has no section of markers")
        section = re.split(r"^\[", text[start.end() :], maxsplit=1, flags=re.MULTILINE)[0]
        return re.findall(r"^Mk\d+=(.*?)\s*$", section, re.MULTILINE)

    def _row(self, line: str, path: Path) -> list[Any]:
        parts = line.split(",")
        date = parts[5].strip() if len(parts) > 5 else ""
        try:
            kind, text = (part.replace(r"\1", ",") for part in parts[:2])
            position, size, channel = (int(part or 0) for part in parts[2:5])
            if date.strip("0") and len(date) != DATE:
                raise ValueError(date)
        except ValueError as error:
            raise UnreadableFileError(str(path), self.name, f"the marker {line!r} is not whole") from error
        # Programs that do not know the date write zeros.
        return [kind, text, position, size, channel, date if date.strip("0") else None]
