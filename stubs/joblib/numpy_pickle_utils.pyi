from contextlib import AbstractContextManager
from typing import IO

def _validate_fileobject_and_memmap(
    fileobj: IO[bytes], filename: str, mmap_mode: str | None = None
) -> AbstractContextManager[tuple[IO[bytes], str | None]]: ...
