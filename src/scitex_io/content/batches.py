"""Objects that come in batches: as bytes of one file, and together again (see `Appender`)."""

from __future__ import annotations

import io
import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from scitex_io.content.arrow import NOTE
from scitex_io.content.layout import read_header
from scitex_io.content.native import as_table
from scitex_io.content.tables import as_frame, has_default_index
from scitex_io.errors import UnsupportedTypeError, type_name
from scitex_io.handler import FormatHandler
from scitex_io.typing import Appender

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray


BARE = ""
"""The name of an array by itself."""


def placed(data: Path, ends: Sequence[int], path: Path) -> None:
    """Make *path* what the batches are; where they are all there is in *data*, another name of that file."""
    if ends and data.stat().st_size == ends[-1]:
        with suppress(OSError):  # a file system without such links
            path.hardlink_to(data)
            return
    left = ends[-1] if ends else 0
    with data.open("rb") as source, path.open("wb") as target:
        while left and (piece := source.read(min(left, 1 << 20))):
            target.write(piece)
            left -= len(piece)


def counted(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame, its rows counted from 0 where they are merely counted: a part of a table goes on where another ended."""
    import pandas as pd

    index = frame.index
    if not isinstance(index, pd.RangeIndex):
        return frame
    if index.name is None:
        return frame.reset_index(drop=True)
    return frame.set_axis(pd.Index(index.to_numpy(), name=index.name))


def columns_of(frame: pd.DataFrame) -> dict[str, str]:
    """The columns and the levels of the index, and their dtypes."""
    labels = {} if has_default_index(frame) else {"index": str(frame.index.dtype)}
    return labels | {f"{at} {name!r}": str(dtype) for at, (name, dtype) in enumerate(frame.dtypes.items())}


def _arrays_in(
    data: Path, mapped: NDArray[np.uint8], start: int, format_name: str
) -> Iterator[tuple[str, NDArray[Any]]]:
    """The arrays of one batch, each where it lies in the file."""
    with data.open("rb") as file:
        file.seek(start)
        for name in json.loads(file.readline()):
            header = read_header(file, data, format_name)
            at = file.tell()
            yield name, mapped[at : at + header.nbytes].view(header.dtype).reshape(header.shape)
            file.seek(at + header.nbytes)


@frozen(kw_only=True)
class TableBatches(FormatHandler, Appender[Any]):
    """Mixin of formats made of Arrow tables: batches are kept as Arrow streams, and written as one table.

    The table is not in memory while it is written: its columns are mapped from the file of batches.
    """

    @abstractmethod
    def to_table(self, frame: pd.DataFrame, /) -> pa.Table:
        """The DataFrame as the table that is stored."""

    @abstractmethod
    def write(self, table: pa.Table, path: Path, /) -> None:
        """Write the table."""

    def likeness(self, batch: Any, /) -> Mapping[str, str]:
        """The columns and their types, and how they are restored."""
        schema = self._table(batch).schema
        metadata = schema.metadata or {}
        notes = {"notes": metadata[NOTE].decode()} if NOTE in metadata else {}
        return {f"{at} {field.name!r}": str(field.type) for at, field in enumerate(schema)} | notes

    def encode(self, batch: Any, /, *, first: bool) -> bytes:  # noqa: ARG002  # each is a stream of its own
        """One Arrow stream."""
        import pyarrow as pa

        table = self._table(batch)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        return bytes(sink.getvalue())

    def compose(self, data: Path, ends: Sequence[int], path: Path, /) -> None:
        """Write the batches as one table."""
        import pyarrow as pa

        with pa.memory_map(str(data)) as file:
            whole = file.read_buffer()
            tables = [pa.ipc.open_stream(whole.slice(at, end - at)).read_all() for at, end in pairwise((0, *ends))]
            self.write(pa.concat_tables([table.cast(tables[0].schema) for table in tables]), path)

    def _table(self, batch: Any) -> pa.Table:
        import pyarrow as pa

        try:
            table = as_table(batch, self.name)
            if table is None:
                table = self.to_table(counted(as_frame(batch)))
                metadata = dict(table.schema.metadata or {})
                if pandas := json.loads(metadata.get(b"pandas", b"{}")):
                    # How long the count is, which is that of one batch.
                    pandas["index_columns"] = [name for name in pandas["index_columns"] if isinstance(name, str)]
                    metadata[b"pandas"] = json.dumps(pandas).encode()
                    table = table.replace_schema_metadata(metadata)
        except (pa.ArrowException, OverflowError) as error:
            raise UnsupportedTypeError(self.name, type_name(type(batch)), reason=str(error)) from error
        return table


@frozen(kw_only=True)
class ArrayBatches(FormatHandler, Appender[Any]):
    """Mixin of formats of arrays: batches are arrays, or dicts of them, that are put together along the first axis.

    The arrays are not in memory while they are written: they are put together in files that are mapped.
    """

    named: ClassVar[bool] = True  # does it store a dict of arrays?

    def likeness(self, batch: Any, /) -> Mapping[str, str]:
        """The names, dtypes, and shapes but for the first axis."""
        return {
            name: f"{array.dtype.str} (n{''.join(f', {side}' for side in array.shape[1:])})"
            for name, array in self._arrays(batch)
        }

    def encode(self, batch: Any, /, *, first: bool) -> bytes:  # noqa: ARG002  # each stands for itself
        """The names on a line, then the arrays as in .npy files."""
        import numpy as np

        arrays = self._arrays(batch)
        sink = io.BytesIO()
        sink.write(json.dumps([name for name, _ in arrays]).encode() + b"\n")
        for _, array in arrays:
            np.lib.format.write_array(sink, np.ascontiguousarray(array), allow_pickle=False)
        return sink.getvalue()

    def compose(self, data: Path, ends: Sequence[int], path: Path, /) -> None:
        """Write the arrays put together."""
        import numpy as np

        parts: dict[str, list[NDArray[Any]]] = {}
        mapped = np.memmap(data, np.uint8, "r").view(np.ndarray)  # once: a process may have only so many
        for start in (0, *ends[:-1]):
            for name, part in _arrays_in(data, mapped, start, self.name):
                parts.setdefault(name, []).append(part)
        scratch = [data.with_name(f"array-{at}") for at in range(len(parts))]
        whole: dict[str, Any] = {}
        try:
            for (name, pieces), file in zip(parts.items(), scratch, strict=True):
                shape = (sum(map(len, pieces)), *pieces[0].shape[1:])
                if not np.prod(shape):
                    whole[name] = np.empty(shape, pieces[0].dtype)
                    continue
                with file.open("wb") as target:
                    for piece in pieces:
                        piece.tofile(target)
                whole[name] = np.memmap(file, pieces[0].dtype, "r", shape=shape).view(np.ndarray)
            self.save(whole[BARE] if [*whole] == [BARE] else whole, path)
        finally:
            whole.clear()
            for file in scratch:
                file.unlink(missing_ok=True)

    @abstractmethod
    def save(self, obj: Any, path: Path, /) -> None:
        """Write an array or a dict of them."""

    def _arrays(self, batch: Any) -> list[tuple[str, NDArray[Any]]]:
        import numpy as np

        parts = dict(batch) if self.named and isinstance(batch, Mapping) and batch else {BARE: batch}
        found: list[tuple[str, NDArray[Any]]] = []
        for name, part in parts.items():
            if not isinstance(name, str) or not isinstance(part, np.ndarray | list):
                reason = f"a batch is an array{' or a dict of arrays by their names' if self.named else ''}"
                raise UnsupportedTypeError(self.name, type_name(type(batch)), reason=reason)
            array = np.asarray(part)
            if array.dtype.hasobject or isinstance(part, np.ma.MaskedArray):
                reason = f"{name or 'the array'} holds objects, or a mask"
                raise UnsupportedTypeError(self.name, type_name(type(batch)), reason=reason)
            if array.ndim == 0:
                reason = f"{name or 'the array'} has no first axis along which it could go on"
                raise UnsupportedTypeError(self.name, type_name(type(batch)), reason=reason)
            found.append((name, array))
        return found
