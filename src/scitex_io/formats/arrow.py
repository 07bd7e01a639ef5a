"""Arrow tables as Arrow itself writes them, the file and the stream format (.arrow, .ipc)."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from scitex_io.content.columnar import Columnar
from scitex_io.content.native import LAZY
from scitex_io.content.notes import NoteKeeper
from scitex_io.content.notes import feather as notes_in
from scitex_io.errors import UnreadableFileError
from scitex_io.handler import PassThrough, save_option
from scitex_io.typing import Verb

if TYPE_CHECKING:
    import pyarrow as pa

FILE = b"ARROW1"
OLD = b"FEA1"  # the first version of Feather, a format of its own
END = b"\xff\xff\xff\xff\x00\x00\x00\x00"  # of a stream


@frozen(kw_only=True)
class Arrow(Columnar, NoteKeeper):
    """A table, exact: every dtype, index and label that Arrow can hold. Reads files and streams.

    Parameters
    ----------
    compression
        ``"lz4"``, ``"zstd"`` or None.
    """

    name = "arrow"
    extensions: ClassVar[tuple[str, ...]] = (".arrow", ".ipc")
    yields = (*Columnar.yields, LAZY)
    bound = (LAZY,)
    magic: ClassVar[tuple[bytes, ...]] = (FILE,)
    library: ClassVar = {"save": "pyarrow.feather:write_feather", "load": "pyarrow.feather:read_table"}

    compression: str | None = save_option(None)

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """What the library takes beside the table and the place."""
        return frozenset(PassThrough.passes_on(self, verb)) - {"df", "dest", "source", "version", "columns"}

    def write(self, table: pa.Table, path: Path, /) -> None:
        """Write the file format."""
        from pyarrow import feather

        feather.write_feather(table, str(path), compression=self.compression or "uncompressed", **self.extra_options)

    def outline(self, path: Path, /) -> tuple[int, pa.Schema]:
        """From the metadata of a file; the others have to be read."""
        kind = _kind(path)
        if kind == "version 1":
            table = self.read_table(path, None)
            return table.num_rows, table.schema
        with self._guarded(path), self._opened(path, kind) as reader:
            if kind == "stream":
                return sum(batch.num_rows for batch in reader), reader.schema
            return sum(self._sizes(path, reader)), reader.schema

    def schema(self, path: Path, /) -> pa.Schema:
        """From the metadata, which come first."""
        kind = _kind(path)
        if kind == "version 1":
            return self.outline(path)[1]
        with self._guarded(path), self._opened(path, kind) as reader:
            schema: pa.Schema = reader.schema
            return schema

    def read_table(self, path: Path, names: list[str] | None, /) -> pa.Table:
        """All batches."""
        from pyarrow import feather

        kind = _kind(path)
        # memory_map: the arrays would be the file itself, and change with it.
        options = {"memory_map": False, **self.extra_options}
        with self._guarded(path), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Feather V1", DeprecationWarning)
            if kind == "stream":
                with self._opened(path, kind, names) as reader:
                    table: pa.Table = reader.read_all()
            else:
                table = feather.read_table(str(path), columns=names, **options)
            # There are no checksums: at least no offset may lead outside the data.
            table.validate(full=True)
        return table

    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """As entries in the metadata of the schema; the batches are written anew."""
        notes_in.put(path, notes)

    def note(self, path: Path, name: str, /) -> str | None:
        """The text of this name."""
        return notes_in.get(path, name)

    def pieces(self, path: Path, names: list[str] | None, first: int, last: int, /) -> Iterator[pa.Table]:
        """Only the batches that hold a row of the part."""
        import pyarrow as pa

        kind, some = _kind(path), False
        if kind == "version 1":
            yield self.read_table(path, names).slice(first, last - first)
            return
        with self._guarded(path), self._opened(path, kind, names) as reader:
            for at, batch in self._batches(path, reader, kind, first, last):
                table = pa.Table.from_batches([batch]).slice(max(first - at, 0), last - max(first, at))
                table.validate(full=True)
                yield table
                some = True
            if not some:
                yield reader.schema.empty_table()

    def _batches(
        self, path: Path, reader: Any, kind: str, first: int, last: int
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        """The batches that hold a row of the part, each with the number of its first row."""
        at = 0
        if kind == "stream":
            for batch in reader:
                if at < last and at + batch.num_rows > first:
                    yield at, batch
                at += batch.num_rows
            return
        for number, size in enumerate(self._sizes(path, reader)):
            if at < last and at + size > first:
                yield at, reader.get_batch(number)
            at += size

    def _sizes(self, path: Path, reader: Any) -> list[int]:
        """How long the batches are. That shows only when one is read: one column of it is enough."""
        with self._opened(path, "file", reader.schema.names[:1]) as narrow:
            return [narrow.get_batch(number).num_rows for number in range(narrow.num_record_batches)]

    def scan(self, path: Path, /) -> Any:
        """Read by polars itself."""
        import polars as pl

        if (kind := _kind(path)) != "file":
            raise UnreadableFileError(str(path), self.name, f"a lazy frame cannot be had from this, a {kind}")
        return pl.scan_ipc(path)

    @contextmanager
    def _opened(self, path: Path, kind: str, names: list[str] | None = None) -> Iterator[Any]:
        """A reader of these columns. What it reads does not depend on the file afterwards."""
        import pyarrow as pa

        if kind == "stream" and not _is_finished(path):
            raise UnreadableFileError(str(path), self.name, "the stream has no end: its writer did not finish")
        opening = pa.ipc.open_stream if kind == "stream" else pa.ipc.open_file
        with pa.OSFile(str(path)) as file:
            reader = opening(file)
            if names:
                wanted = sorted({reader.schema.get_field_index(name) for name in names})
                file.seek(0)
                reader = opening(file, options=pa.ipc.IpcReadOptions(included_fields=wanted))
            yield reader

    @contextmanager
    def _guarded(self, path: Path) -> Iterator[None]:
        try:
            yield
        except MemoryError as error:
            advice = "the file is damaged, or needs more memory than there is"
            raise UnreadableFileError(str(path), self.name, str(error), advice) from error


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        first = file.read(len(FILE))
    return "stream" if first[:4] == END[:4] else "version 1" if first[:4] == OLD else "file"


def _is_finished(path: Path) -> bool:
    """Does it end as a stream does whose writer came to the end?"""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(END)))
        return file.read() == END
