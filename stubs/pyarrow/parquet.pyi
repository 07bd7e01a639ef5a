from pathlib import Path
from typing import Any

from . import Schema, Table

class RowGroupMetaData:
    num_rows: int

class FileMetaData:
    num_rows: int
    num_row_groups: int
    metadata: dict[bytes, bytes] | None
    def row_group(self, i: int) -> RowGroupMetaData: ...

class ParquetFile:
    metadata: FileMetaData
    schema_arrow: Schema
    def __init__(self, source: str | Path, **options: Any) -> None: ...
    def __enter__(self) -> ParquetFile: ...
    def __exit__(self, *error: object) -> None: ...
    def read_row_groups(
        self, row_groups: list[int], columns: list[str] | None = None, *, use_threads: bool = True
    ) -> Table: ...

def read_metadata(where: str | Path) -> FileMetaData: ...
def read_schema(where: str | Path) -> Schema: ...
def read_table(
    source: str | Path, *, columns: list[str] | None = None, partitioning: str | None = "hive", **options: Any
) -> Table: ...
def write_table(table: Table, where: str | Path, **options: Any) -> None: ...
