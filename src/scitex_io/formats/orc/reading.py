"""A process of its own that reads ORC files: damaged ones crash the library instead of raising an error.

Each line of standard input tells, as JSON, what to read. The answer on standard output is an Arrow stream, one batch
for each stripe; the number of rows of the whole file stands in the metadata of its schema. An error ends the process.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

ROWS = b"rows"


def main() -> None:
    """Answer one request after the other."""
    sys.path[:] = json.loads(sys.argv[1])
    for line in sys.stdin.buffer:
        answer(**json.loads(line))
        sys.stdout.buffer.flush()


def answer(path: str, columns: list[int] | None, first: int, last: int | None) -> None:
    """Write the rows from *first* to before *last* (None: all)."""
    import pyarrow as pa
    from pyarrow import orc

    file = orc.ORCFile(path)
    columns = None if columns is None else sorted(columns)
    schema = file.schema if columns is None else pa.schema([file.schema.field(at) for at in columns])
    schema = schema.with_metadata({ROWS: str(file.nrows)})
    with pa.ipc.new_stream(sys.stdout.buffer, schema) as writer:
        for batch in stripes(file, columns, first, file.nrows if last is None else last):
            batch.validate(full=True)
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))


def stripes(file: Any, columns: list[int] | None, first: int, last: int) -> Iterator[Any]:
    """The batches that hold these rows."""
    whole = first == 0 and last == file.nrows
    at = 0
    for number in range(file.nstripes if first < last else 0):
        # How long a stripe is shows only when it is read: one column of it is enough to pass it over.
        rows = 0 if whole else file.read_stripe(number, [0]).num_rows
        if whole:
            yield file.read_stripe(number, columns)
        elif at < last and at + rows > first:
            yield file.read_stripe(number, columns).slice(max(first - at, 0), last - max(first, at))
        at += rows


if __name__ == "__main__":
    try:
        main()
    except Exception as _error:  # noqa: BLE001  # whatever it is, the parent tells of it
        sys.exit(f"{type(_error).__name__}: {_error}")
