from os import PathLike
from typing import IO, Any

def dump(
    value: object,
    filename: str | PathLike[str] | IO[bytes],
    compress: int | str | bool | tuple[str, int] = 0,
    protocol: int | None = None,
) -> list[str] | None: ...
def load(
    filename: str | PathLike[str] | IO[bytes],
    mmap_mode: str | None = None,
    ensure_native_byte_order: bool | str = "auto",
) -> Any: ...
