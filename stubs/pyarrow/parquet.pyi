from pathlib import Path
from typing import Any

from . import Schema, Table

class FileMetaData:
    num_rows: int

class ParquetFile:
    metadata: FileMetaData
    schema_arrow: Schema
    def __init__(self, source: str | Path) -> None: ...
    def __enter__(self) -> ParquetFile: ...
    def __exit__(self, *error: object) -> None: ...

def read_schema(where: str | Path) -> Schema: ...
def read_table(
    source: str | Path, *, columns: list[str] | None = None, partitioning: str | None = "hive", **options: Any
) -> Table: ...
def write_table(table: Table, where: str | Path, **options: Any) -> None: ...
