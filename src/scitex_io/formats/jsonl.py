"""JSON Lines (.jsonl): one JSON value on each line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import Any

from attrs import frozen

from scitex_io.content.decoding import declared
from scitex_io.content.parts import RowPart, TreePart
from scitex_io.content.trees import Words, plain, rows, uncollected
from scitex_io.errors import OptionError, UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.formats.json import parsed, too_deep, written
from scitex_io.handler import Accepts, Fidelity, FormatHandler
from scitex_io.typing import Appender, Loader, Saver, Streamer

WORDS = Words("jsonl")
TABLE = "pandas.DataFrame"


@frozen(kw_only=True)
class Jsonl(FormatHandler, TreePart, RowPart, Saver[Any], Loader[Any], Streamer[Any], Appender[Any]):
    """A list of values, or a table as one record for each row."""

    name = "jsonl"
    alone = True
    extensions = (".jsonl",)
    accepts = (
        Accepts(list),
        Accepts(TABLE, Fidelity.LOSSY, loads_as=list, loses="tables become lists of records, without dtypes and index"),
        *(row for row in rows(list) if row.type != TABLE),
    )
    yields = (list,)
    requires = ("orjson",)
    parallel = "threads"  # for what is compressed, or read from a slow disk

    def save(self, obj: Any, path: Path, /) -> None:
        """Write one line for each item or row."""
        with path.open("wb") as file:
            file.writelines(self._lines(obj))

    def append(self, obj: Any, path: Path, /) -> None:
        """Add a line for each item or row."""
        lines = list(self._lines(obj))
        with path.open("a+b") as file:
            if file.tell():
                file.seek(-1, 2)
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.writelines(lines)

    def _lines(self, obj: Any) -> Iterator[bytes]:
        if hasattr(obj, "to_dict") and hasattr(obj, "columns"):
            if not obj.columns.is_unique:
                reason = "two of its columns have the same name"
                raise UnsupportedTypeError(self.name, type_name(type(obj)), reason=reason)
            obj = obj.to_dict("records")
        items = plain(obj, WORDS)
        if not isinstance(items, list):  # an array of no dimension
            raise UnsupportedTypeError(self.name, type_name(type(obj)), reason="it is one value, not several")
        for item in items:
            yield written(item)
            yield b"\n"

    def together(self) -> AbstractContextManager[None]:
        """Many files have many parts."""
        return uncollected()

    def load(self, path: Path, /) -> Any:
        """Read all lines, or those of the rows asked for; lines behind these are not looked at."""
        if self.key is None:
            return self._lines_of(path)
        part = self.part_of(list(self.stream(path)), path)
        if self.rows is None:
            return part
        if not isinstance(part, list):
            raise OptionError(self.name, "load", "rows", self.options_for("load"), reason=f"'{self.key}' is no list")
        return part[self.rows]

    def _lines_of(self, path: Path) -> list[Any]:
        rows = self.rows or slice(None)
        if any(part is not None and part < 0 for part in (rows.start, rows.stop, rows.step)):
            return list(self.stream(path))[rows]
        return list(islice(self.stream(path), rows.start, rows.stop, rows.step))

    def stream(self, path: Path, /) -> Iterator[Any]:
        """Yield the values one by one; blank lines hold none."""
        for number, line in enumerate(_lines_in(path), 1):
            if not line.isspace():
                try:
                    yield parsed(line)
                except RecursionError:
                    too_deep(path, self.name)
                except ValueError as error:
                    raise UnreadableFileError(str(path), self.name, f"line {number} is not JSON: {error}") from error


def _lines_in(path: Path) -> Iterator[bytes]:
    """The lines in UTF-8, from that or from what a byte order mark declares."""
    with path.open("rb") as file:
        encoding = declared(file.read(4))
        file.seek(0)
        if encoding is None:
            yield from file
            return
    with path.open(encoding=encoding) as text:  # a newline of UTF-16 is more than its byte
        for line in text:
            yield line.encode()
