from io import RawIOBase
from typing import Any

from . import RecordBatch, Schema, Table

class ORCFile:
    nrows: int
    nstripes: int
    schema: Schema
    def __init__(self, source: str) -> None: ...
    def read_stripe(self, n: int, columns: list[int] | None = None) -> RecordBatch: ...

def read_table(source: str) -> Table: ...
def write_table(table: Table, where: str | RawIOBase, **options: Any) -> None: ...
