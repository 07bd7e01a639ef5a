"""A process of its own that reads ORC files: damaged ones crash the library instead of raising an error.

It is told what to read as JSON in its first argument, and writes it to standard output as an Arrow stream, one batch
for each stripe. The number of rows of the whole file stands in the metadata of the schema.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

ROWS = b"rows"


def main() -> None:
    """Read what the argument asks for."""
    asked = json.loads(sys.argv[1])
    sys.path[:] = asked["sys.path"]
    import pyarrow as pa
    from pyarrow import orc

    file = orc.ORCFile(asked["path"])
    columns = asked["columns"] and sorted(asked["columns"])
    schema = file.schema if columns is None else pa.schema([file.schema.field(at) for at in columns])
    schema = schema.with_metadata({ROWS: str(file.nrows)})
    with pa.ipc.new_stream(sys.stdout.buffer, schema) as writer:
        for batch in _stripes(file, columns, asked["first"], asked["last"]):
            batch.validate(full=True)
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))


def _stripes(file: Any, columns: list[int] | None, first: int, last: int | None) -> Iterator[Any]:
    if last is None:
        last = file.nrows
    at = 0
    for number in range(file.nstripes if first < last else 0):
        if at >= last:
            return
        # How long a stripe is shows only when it is read: one column of it is enough to pass it over.
        whole = first == 0 and last == file.nrows
        rows = 0 if whole else file.read_stripe(number, [0]).num_rows
        if whole or at + rows > first:
            batch = file.read_stripe(number, columns)
            yield batch if whole else batch.slice(max(first - at, 0), last - max(first, at))
        at += rows


if __name__ == "__main__":
    try:
        main()
    except Exception as error:  # noqa: BLE001  # whatever it is, the parent tells of it
        sys.exit(f"{type(error).__name__}: {error}")
