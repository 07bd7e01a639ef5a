"""Archives (.zip, .tar and compressed .tar): the files in them as a table, or one of them as what it holds."""

from __future__ import annotations

import datetime
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from attrs import field, frozen

from scitex_io.errors import UnreadableFileError
from scitex_io.formats.archive.members import FILE, FOLDER, LINK, OTHER, Archive, Member
from scitex_io.formats.archive.tars import Tar as Tar

if TYPE_CHECKING:
    import zipfile

ENCRYPTED = 1  # a bit of a member's flags
AES = 99  # written where the method of compression stands


@frozen(kw_only=True)
class Zip(Archive):
    """The files in it as a table; with ``member=`` what one of them holds, its checksum verified."""

    name = "zip"
    extensions = (".zip",)
    magic = (b"PK\x03\x04", b"PK\x05\x06")
    clock = "datetime64[s]"  # of the place where it was made, which the file does not tell

    password: str | None = field(default=None, repr=False, metadata={"verb": "load"})

    @contextmanager
    def opened(self, path: Path) -> Iterator[Iterator[Member]]:
        """All members, by the directory at the end."""
        import zipfile

        with zipfile.ZipFile(path) as archive:
            yield (
                Member(
                    info.filename.rstrip("/") if info.is_dir() else info.filename,
                    _kind(info.external_attr >> 16, is_dir=info.is_dir()),
                    info.file_size,
                    info.compress_size,
                    _moment(*info.date_time),
                    (archive, info),
                )
                for info in archive.infolist()
            )

    @contextmanager
    def content(self, member: Member, path: Path) -> Iterator[IO[bytes]]:
        """The content, whose checksum is verified at its end."""
        archive: zipfile.ZipFile
        archive, info = member.source
        locked = f"its member '{member.name}' is encrypted" if info.flag_bits & ENCRYPTED else ""
        if locked:
            if info.compress_type == AES:
                raise UnreadableFileError(str(path), self.name, locked, "AES is not read here: unpack it elsewhere")
            if self.password is None:
                raise UnreadableFileError(str(path), self.name, locked, "password= opens it")
        try:
            with archive.open(info, pwd=self.password.encode() if self.password is not None else None) as source:
                yield source
        except RuntimeError as error:
            if not locked:
                raise
            raise UnreadableFileError(str(path), self.name, locked, "the password given does not open it") from error


def _kind(mode: int, *, is_dir: bool) -> str:
    """By the mode of Unix, which other systems leave empty."""
    if is_dir:
        return FOLDER
    return {0: FILE, stat.S_IFREG: FILE, stat.S_IFLNK: LINK}.get(stat.S_IFMT(mode), OTHER)


def _moment(*parts: int) -> datetime.datetime | None:
    try:
        return datetime.datetime(*parts)  # type: ignore[arg-type]  # six numbers, of an unknown zone
    except ValueError:
        return None
