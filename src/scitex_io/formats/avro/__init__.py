"""Apache Avro records (.avro)."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from attrs import field, frozen

from scitex_io.content.arrays import one_of
from scitex_io.content.columnar import Columnar
from scitex_io.content.unfolding import ask, may_ask
from scitex_io.errors import UnreadableFileError, UnsupportedTypeError
from scitex_io.formats.avro.types import NoTypeError, arrow_type, avro_type, kind_of, legal_names
from scitex_io.limits import take

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA, ROWS, WORDS = "scitex_io.schema", "scitex_io.rows", "scitex_io.dictionaries"
"""In the header: the types of the table as it was, how long it is, the values of its dictionaries."""
MARK = bytes(range(16))  # between blocks: any 16 bytes, the same in every run
CODECS = ("deflate", "null", "bzip2", "xz", "zstandard", "snappy")
WORDS_OF_CODECS = {"deflate": "deflate", "bzip2": "bz2", "xz": "xz", "zstandard": "zstd"}
RECORD = 64  # bytes of an empty one, as Python has it
CHUNK = 10_000  # rows that are Python objects at a time


@frozen(kw_only=True)
class Avro(Columnar):
    """A table as records: what Avro has types for is plain to every reader, and all of it comes back exact.

    Parameters
    ----------
    compression
        ``"deflate"``, ``"bzip2"``, ``"xz"``, ``"zstandard"``, ``"snappy"`` or ``"null"``.
    """

    name = "avro"
    extensions = (".avro",)
    requires = ("fastavro", "pyarrow", "pandas")
    extra = "avro"
    magic = (b"Obj\x01",)

    compression: str = field(default="deflate", validator=one_of(*CODECS), metadata={"verb": "save"})

    def write(self, table: pa.Table, path: Path, /) -> None:
        """Write the rows, in blocks."""
        import fastavro
        import pyarrow as pa

        names = legal_names(table.column_names)
        try:
            stored = pa.schema([(name, kind_of(column)) for name, column in zip(names, table.columns, strict=True)])
            fields = [{"name": part.name, "type": avro_type(part.type, part.name)} for part in stored]
        except NoTypeError as error:
            raise UnsupportedTypeError(self.name, "a table", reason=str(error)) from error
        plain = pa.table(
            [column.cast(part.type) for column, part in zip(table.columns, stored, strict=True)], schema=stored
        )
        metadata = {SCHEMA: base64.b64encode(table.schema.serialize().to_pybytes()).decode(), ROWS: str(len(table))}
        if words := _dictionaries(table):
            metadata[WORDS] = words
        schema = {"type": "record", "name": "table", "fields": fields}
        with path.open("wb") as file:
            fastavro.writer(file, schema, _rows(plain), self.compression, metadata=metadata, sync_marker=MARK)

    def outline(self, path: Path, /) -> tuple[int, pa.Schema]:
        """From the header, and the counts of the blocks."""
        with self._opened(path) as reader:
            schema = self._schemas(reader, path)[0]
            return sum(block.num_records for block in reader), schema

    def read_table(self, path: Path, names: list[str] | None, /) -> pa.Table:
        """All blocks."""
        import sys

        import pyarrow as pa

        return pa.concat_tables(self.pieces(path, names, 0, sys.maxsize))

    def pieces(self, path: Path, names: list[str] | None, first: int, last: int, /) -> Iterator[pa.Table]:
        """Only the blocks that hold a row of the part are decoded."""
        at = 0
        with self._opened(path) as reader:
            schema, stored = self._schemas(reader, path)
            words = _words(reader.metadata.get(WORDS, ""))
            yield _table([], schema, stored, names, words)
            for block in reader:
                if at < last and at + block.num_records > first:
                    take(block.num_records * RECORD, f"a block of {block.num_records} records")
                    rows = list(block)[max(first - at, 0) : last - at]
                    yield _table(rows, schema, stored, names, words)
                at += block.num_records
            # The format itself does not tell where it ends.
            if at != int(reader.metadata.get(ROWS, at)):
                raise UnreadableFileError(str(path), self.name, f"{at} of {reader.metadata[ROWS]} rows are there")

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The table in another form; ``list``: the records as they are."""
        if wanted is not list or self.rows is not None or self.columns is not None:
            return super().load_as(path, wanted)
        with self._opened(path) as reader:
            if SCHEMA in reader.metadata:
                return super().load_as(path, wanted)
            found = []
            for block in reader:
                take(block.num_records * RECORD, f"a block of {block.num_records} records")
                found += block
            return found

    @contextmanager
    def _opened(self, path: Path) -> Iterator[Any]:
        import fastavro

        with path.open("rb") as file:
            try:
                reader = fastavro.block_reader(file)
                starts = file.tell()
                _ask(file, WORDS_OF_CODECS.get(reader.codec, ""))
                file.seek(starts)
                yield reader
            except MemoryError as error:
                advice = "the file is damaged, or needs more memory than there is"
                raise UnreadableFileError(str(path), self.name, "it tells of absurd sizes", advice) from error

    def _schemas(self, reader: Any, path: Path) -> tuple[pa.Schema, pa.Schema]:
        """The schema of the table, and that of the values in the file."""
        import pyarrow as pa

        written: Mapping[str, Any] = reader.writer_schema
        try:
            if not isinstance(written, dict) or written["type"] != "record":
                raise NoTypeError("it holds no records")
            stored = pa.schema([(part["name"], arrow_type(part["type"], part["name"])) for part in written["fields"]])
        except NoTypeError as error:
            advice = "as_type=list gives its items as they are"
            raise UnreadableFileError(str(path), self.name, f"it is no table: {error}", advice) from error
        if SCHEMA not in reader.metadata:
            return stored, stored
        return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(reader.metadata[SCHEMA]))), stored


def _ask(file: IO[bytes], codec: str) -> None:
    """Hold the blocks to the limit: the library unpacks each at once."""
    while file.peek(1):  # type: ignore[attr-defined]  # a buffered file
        _number(file)
        size = _number(file)
        if size < 0:
            return  # damaged, which the library tells
        if may_ask(codec, size):
            ask(codec, file.read(size), "a block")
        else:
            file.seek(size, 1)
        file.seek(len(MARK), 1)


def _number(file: IO[bytes]) -> int:
    """A number as Avro writes it: seven bits a byte, the sign last."""
    found = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        found |= (byte[0] & 0x7F if byte else 0) << shift
        if not byte or not byte[0] & 0x80:
            break
    return found >> 1 ^ -(found & 1)


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for at in range(0, len(table), CHUNK):
        yield from table.slice(at, CHUNK).to_pylist(maps_as_pydicts="strict")


def _dictionaries(table: pa.Table) -> str:
    """The values of all dictionaries, by the names of their columns, as text; nothing if there are none."""
    import pyarrow as pa

    unified = table.unify_dictionaries()
    found = {
        str(at): [unified.column(at).chunk(0).dictionary]
        for at, kind in enumerate(table.schema.types)
        if pa.types.is_dictionary(kind) and unified.column(at).num_chunks
    }
    if not found:
        return ""
    words = pa.table({at: pa.array(values, pa.large_list(values[0].type)) for at, values in found.items()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, words.schema) as writer:
        writer.write_table(words)
    return base64.b64encode(sink.getvalue()).decode()


def _words(text: str) -> dict[int, Any]:
    """The values of dictionaries by the places of their columns."""
    import pyarrow as pa

    if not text:
        return {}
    words = pa.ipc.open_stream(base64.b64decode(text)).read_all()
    words.validate(full=True)  # of a damaged file
    return {int(at): words.column(at)[0].values for at in words.column_names}


def _table(
    rows: list[Any], schema: pa.Schema, stored: pa.Schema, names: list[str] | None, words: Mapping[int, Any]
) -> pa.Table:
    """Records as a table of these columns."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns, fields = [], []
    for at, (part, place) in enumerate(zip(schema, stored, strict=True)):
        if names is not None and part.name not in names:
            continue
        column = pa.array([row[place.name] for row in rows], type=place.type)
        if pa.types.is_dictionary(part.type):
            plain = column.cast(part.type.value_type)
            known = words.get(at, plain.unique())
            codes = pc.index_in(plain, value_set=known).cast(part.type.index_type)
            column = pa.DictionaryArray.from_arrays(codes, known, ordered=part.type.ordered)
        columns.append(column.cast(part.type))
        fields.append(part)
    return pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata=schema.metadata))
