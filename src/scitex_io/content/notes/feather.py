"""Texts in Feather files: entries in the metadata of the schema, which stands at both ends of the file."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scitex_io.content.notes import NOTES

if TYPE_CHECKING:
    import pyarrow as pa


def get(path: Path, name: str) -> str | None:
    """The text of this name."""
    import pyarrow as pa

    with pa.memory_map(str(path)) as file:
        found = (pa.ipc.open_file(file).schema.metadata or {}).get(name.encode())
    return None if found is None else found.decode()


def bare(table: pa.Table) -> pa.Table:
    """The table without our texts, which belong to the file."""
    known = table.schema.metadata or {}
    kept = {name: text for name, text in known.items() if name.decode("latin-1") not in NOTES}
    return table if len(kept) == len(known) else table.replace_schema_metadata(kept or None)


def put(path: Path, notes: Mapping[str, str]) -> None:
    """Write the batches anew, compressed as they were."""
    import pyarrow as pa

    beside = path.with_name(f"{path.name}.new")
    with pa.memory_map(str(path)) as source:
        reader = pa.ipc.open_file(source)
        texts: dict[Any, Any] = {name.encode(): text.encode() for name, text in notes.items()}
        schema = reader.schema.with_metadata({**(reader.schema.metadata or {}), **texts})
        options = pa.ipc.IpcWriteOptions(compression=_codec(path))
        with pa.ipc.new_file(str(beside), schema, options=options) as writer:
            for at in range(reader.num_record_batches):
                writer.write_batch(reader.get_batch(at).replace_schema_metadata(schema.metadata))
    beside.replace(path)


def _codec(path: Path) -> str | None:
    """How the first batch of a file is compressed, which pyarrow does not tell (Message.fbs of Arrow's format)."""
    import pyarrow as pa

    with pa.memory_map(str(path)) as file:
        file.seek(8)
        for message in pa.ipc.MessageReader.open_stream(file):
            if message.type == "record batch":
                table = message.metadata.to_pybytes()
                batch = _field(table, _pointed(table, 0), 2)
                body = _field(table, _pointed(table, batch), 3) if batch else 0
                if not body:
                    return None
                codec = _field(table, _pointed(table, body), 0)
                return "zstd" if codec and table[codec] == 1 else "lz4"
    return None


def _pointed(table: bytes, at: int) -> int:
    return at + int(struct.unpack_from("<I", table, at)[0])


def _field(table: bytes, at: int, number: int) -> int:
    """Where a field of a flatbuffer's table lies; 0 if it has its default."""
    fields = at - int(struct.unpack_from("<i", table, at)[0])
    size = int(struct.unpack_from("<H", table, fields)[0])
    place = int(struct.unpack_from("<H", table, fields + 4 + 2 * number)[0]) if 4 + 2 * number < size else 0
    return at + place if place else 0
