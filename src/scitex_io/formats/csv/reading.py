"""Delimited text as pandas reads it: in the encoding that it is in, and never past a zero byte."""

from __future__ import annotations

import io
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Thread
from typing import Any, TypeAlias, TypeVar

from scitex_io.content.decoding import declared
from scitex_io.content.native import ends
from scitex_io.errors import UnreadableFileError

T = TypeVar("T")

WIDE = {"utf-16", "utf-32"}  # encodings in which text holds zero bytes
CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a"))  # 26: the end of a file, long ago
LARGE = 4 << 20  # bytes: looking for zero bytes meanwhile is worth a thread
ROWS = 100_000  # at a time
CHOOSING = {"index_col", "usecols", "names", "header"}  # options that decide which columns there are
DIVIDING = {
    *("sep", "delimiter", "dialect", "engine", "quotechar", "quoting", "doublequote", "escapechar", "lineterminator"),
    *("skipinitialspace", "skiprows", "skip_blank_lines", "comment", "encoding", "encoding_errors", "compression"),
}
"""Options that decide what the cells of a line are."""
BINARY = "it is binary: it holds zero bytes"
Opened: TypeAlias = "Callable[[], AbstractContextManager[Any]]"


def read(
    path: Path, options: Mapping[str, Any], format_name: str, take: Callable[[Any], T], *, part: bool = False
) -> T:
    """What *take* makes of that which `pandas.read_csv` gives: a frame, or with ``chunksize`` a reader.

    The text is in UTF-8, in what its byte order mark declares, or else Western European. With *part*, not all of the
    file will be read.

    Raises
    ------
    UnreadableFileError
        It is binary.
    """
    with path.open("rb") as file:
        start = file.read(1 << 16)
    encoding = declared(start)
    if "encoding" in options or encoding in WIDE:
        return _parsed(lambda: nullcontext(path), {"encoding": encoding, **options}, take)
    if part:
        return _guessed(path, lambda: _Text(path, format_name), start, options, format_name, take)
    large = path.stat().st_size > LARGE
    found = [] if large else [holds_nul(path)]
    if found == [True]:
        raise UnreadableFileError(str(path), format_name, BINARY)
    looking = Thread(target=lambda: found.append(holds_nul(path)))
    if large:
        looking.start()
    try:
        return _guessed(path, lambda: nullcontext(path), start, options, format_name, take)
    finally:
        if large:
            looking.join()
        if found == [True]:  # whatever the parser made of it, this is the reason
            raise UnreadableFileError(str(path), format_name, BINARY)


def _guessed(
    path: Path, opened: Opened, start: bytes, options: Mapping[str, Any], format_name: str, take: Callable[[Any], T]
) -> T:
    try:
        return _parsed(opened, options, take)
    except UnicodeDecodeError:
        if start != start.translate(None, CONTROLS):
            found = "it is binary: neither text nor UTF-8"
            raise UnreadableFileError(str(path), format_name, found) from None
    try:
        return _parsed(opened, {**options, "encoding": "cp1252"}, take)
    except UnicodeDecodeError:
        return _parsed(opened, {**options, "encoding": "latin-1"}, take)


def _parsed(opened: Opened, options: Mapping[str, Any], take: Callable[[Any], T]) -> T:
    import pandas as pd

    given = dict(options)
    if not {"float_precision", "engine"} & given.keys() and pd.__version__ < "3.1":
        # Before this version, the default rounds some numbers to a neighbour of the nearest.
        given["float_precision"] = "round_trip"
    if "low_memory" not in given and given.get("engine", "c") == "c":
        with warnings.catch_warnings(), opened() as source:
            # Parts of one column were read as different types: read it as one.
            warnings.simplefilter("error", pd.errors.DtypeWarning)
            try:
                return take(pd.read_csv(source, **given))
            except pd.errors.DtypeWarning:
                given["low_memory"] = False
    with opened() as source:
        return take(pd.read_csv(source, **given))


class _Text(io.FileIO):
    """A file that ends with an error where a zero byte is read, which text never has."""

    def __init__(self, path: Path, format_name: str) -> None:
        super().__init__(path)
        self._format_name = format_name

    def readinto(self, buffer: Any, /) -> int:
        """Some bytes."""
        read = super().readinto(buffer) or 0
        self._check(bytes(memoryview(buffer)[:read]))
        return read

    def read(self, size: int | None = -1, /) -> bytes:
        """Some bytes."""
        data = super().read(-1 if size is None else size) or b""
        self._check(data)
        return data

    def _check(self, data: bytes) -> None:
        if b"\0" in data:
            raise UnreadableFileError(str(self.name), self._format_name, BINARY)


def holds_nul(path: Path) -> bool:
    """Is there a zero byte, which text never has?"""
    buffer = bytearray(1 << 18)  # not a memory map: others may run while the file is read into this
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(buffer):
            if buffer.find(b"\0", 0, size) >= 0:
                return True
    return False


def table(path: Path, options: Mapping[str, Any], format_name: str, rows: slice | None = None) -> Any:
    """The table, or the rows of it asked for, in which a column without a name is called ``""``."""
    if rows is None:
        frame = read(path, options, format_name, lambda frame: frame, part="nrows" in options)
    else:
        frame = _rows(path, options, format_name, rows)
    _name_nothing(frame, path, options, format_name)
    return frame


def chunks(path: Path, options: Mapping[str, Any], format_name: str) -> Iterator[Any]:
    """The table in frames of many rows."""
    import pandas as pd

    given: dict[str, Any] = {"encoding": _encoding(path), **options, "chunksize": ROWS, "low_memory": False}
    free = "encoding" in options or given["encoding"] in WIDE
    with nullcontext(path) if free else _Text(path, format_name) as source, pd.read_csv(source, **given) as reader:
        for frame in reader:
            _name_nothing(frame, path, options, format_name)
            yield frame


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        if found := declared(file.read(4)):
            return found
    for encoding in ("utf-8", "cp1252"):
        try:
            with path.open(encoding=encoding) as text:
                while text.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def _name_nothing(frame: Any, path: Path, options: Mapping[str, Any], format_name: str) -> None:
    """Give columns that have no name in the file none here: pandas calls them ``Unnamed: 0``."""
    import pandas as pd

    if CHOOSING & options.keys() or not any(re.match(r"Unnamed: \d+", str(name)) for name in frame.columns):
        return
    dividing = {name: options[name] for name in DIVIDING & options.keys()}
    first = {**dividing, "header": None, "nrows": 1, "dtype": object, "keep_default_na": False}
    cells = read(path, first, format_name, lambda frame: frame, part=True).iloc[0].tolist()
    if len(cells) == len(frame.columns):
        names = [name if cell else "" for name, cell in zip(frame.columns, cells, strict=True)]
        frame.columns = pd.Index(names, dtype=frame.columns.dtype)


def _rows(path: Path, options: Mapping[str, Any], format_name: str, rows: slice) -> Any:
    """The rows asked for, read as if they were all there is; nothing behind them is read."""

    def taken(reader: Any) -> Any:
        with reader:
            left = first
            while left and len(passed := reader.get_chunk(min(left, ROWS))):
                left -= len(passed)
            return reader.get_chunk(last - first)

    part = part_of(rows, path, options, format_name)
    first, last = ends(part)
    try:
        if first == last:
            raise StopIteration
        frame = read(path, {**options, "chunksize": ROWS}, format_name, taken, part=True)
    except StopIteration:  # the file ends before
        return read(path, {**options, "nrows": 0}, format_name, lambda frame: frame, part=True)
    return frame if part.step == 1 else frame.iloc[:: part.step]


def part_of(rows: slice, path: Path, options: Mapping[str, Any], format_name: str) -> range:
    """The places of the rows asked for. The rows of the file are counted only where that matters."""
    known = (rows.start or 0) >= 0 and rows.stop is not None and rows.stop >= 0 and (rows.step or 1) > 0
    return range(sys.maxsize if known else count(path, options, format_name))[rows]


def count(path: Path, options: Mapping[str, Any], format_name: str) -> int:
    """The number of rows. The reader itself counts: lines are not rows where cells hold newlines."""

    def counted(reader: Any) -> int:
        with reader:
            return sum(map(len, reader))

    only = {**options, "usecols": [0], "chunksize": ROWS, "dtype": object}  # one column is kept of each chunk
    only.pop("dtype_backend", None)
    return read(path, only, format_name, counted, part=True)
