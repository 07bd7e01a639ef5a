"""Errors of files that several write, or that somebody did not finish.

Part of the tree in `errors`::

    ScitexIOError
    ├── FileChangedError        (OSError)             another one replaced the file while it was updated
    ├── BatchError              (ValueError)          a batch does not fit those before it, or there is none
    ├── UnfinishedError         (FileExistsError)     a writer was killed here, and its batches are not recovered yet
    └── FileInUseError
        └── BeingWrittenError                         a writer has the path
"""

from __future__ import annotations

from attrs import define

from scitex_io.errors import FileInUseError, ScitexIOError


@define(slots=False, repr=False)
class FileChangedError(ScitexIOError, OSError):
    """Somebody else replaced the file while it was being updated; theirs stays."""

    path: str

    def __str__(self) -> str:
        return (
            f"'{self.path}' was not updated: something that does not use update() changed it meanwhile, and that "
            "change would have been lost; update it again"
        )


@define(slots=False, repr=False)
class BatchError(ScitexIOError, ValueError):
    """A batch is not like the first one, or there is none; what was written before it stays."""

    path: str
    format: str
    reason: str

    def __str__(self) -> str:
        return f"'{self.path}' ({self.format}): {self.reason}"


@define(slots=False, repr=False)
class UnfinishedError(ScitexIOError, FileExistsError):
    """A writer was killed before it came to its end; what it wrote waits to be recovered."""

    path: str
    batches: int
    folder: str

    def __str__(self) -> str:
        return (
            f"a writer of '{self.path}' did not finish: recover('{self.path}') puts its {self.batches} batches in place; "
            f"to give them up, delete '{self.folder}'"
        )


@define(slots=False, repr=False)
class BeingWrittenError(FileInUseError):
    """Another writer has the path."""

    def __str__(self) -> str:
        return f"'{self.path}' is being written by another writer, into '{self.beside}'"
