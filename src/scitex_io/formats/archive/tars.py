"""Tar archives, plain or compressed."""

from __future__ import annotations

import datetime
import io
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from attrs import frozen

from scitex_io.errors import UnreadableFileError
from scitex_io.formats.archive.members import FILE, FOLDER, LINK, OTHER, PIECE, Archive, Member
from scitex_io.limits import counted

if TYPE_CHECKING:
    import tarfile


@frozen(kw_only=True)
class Tar(Archive):
    """The files in it as a table; with ``member=`` what one of them holds. Plain or compressed."""

    name = "tar"
    extensions = (
        *(".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tbz2"),
        *(".tar.xz", ".txz", ".tar.zst", ".tzst"),
    )
    clock = "datetime64[s, UTC]"

    @contextmanager
    def opened(self, path: Path) -> Iterator[list[Member]]:
        """All members, up to the mark of the end."""
        import tarfile

        with ExitStack() as stack:
            file = stack.enter_context(self._plain(path, stack))
            archive = stack.enter_context(tarfile.open(fileobj=file, mode="r:"))
            members = [_tar_member(archive, info) for info in archive]
            # The library takes what it cannot read behind the first header for the end.
            file.seek(archive.offset)
            if file.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
                raise UnreadableFileError(str(path), self.name, "it is damaged or truncated: its end is not marked")
            yield [member for member in members if member.name != "."]

    def _plain(self, path: Path, stack: ExitStack) -> IO[bytes]:
        """The archive itself, unpacked as a whole where it is compressed: so every checksum is verified."""
        import tempfile

        packed = stack.enter_context(path.open("rb"))
        first = packed.read(6)
        packed.seek(0)
        source = next((unpack(packed) for magic, unpack in _CODECS.items() if first.startswith(magic)), None)
        if source is None:
            return packed
        plain = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # the stack closes it
        shutil.copyfileobj(counted(source), plain, PIECE)
        plain.seek(0)
        return plain

    @contextmanager
    def content(self, member: Member, path: Path) -> Iterator[IO[bytes]]:  # noqa: ARG002  # one signature for both
        """The content; tar has no checksum for it."""
        archive, info = member.source
        with archive.extractfile(info) as source:
            yield source


def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    kind = FILE if info.isfile() else FOLDER if info.isdir() else LINK if info.issym() or info.islnk() else OTHER
    try:
        modified = datetime.datetime.fromtimestamp(int(info.mtime), datetime.UTC)
    except (ValueError, OverflowError, OSError):
        modified = None
    name = info.name.removeprefix("./") if info.name != "./" else "."
    return Member(name, kind, info.size, None, modified, (archive, info))


def _gzip(file: IO[bytes]) -> IO[bytes]:
    import gzip

    return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]  # it reads like any binary file


def _bz2(file: IO[bytes]) -> IO[bytes]:
    import bz2

    return bz2.BZ2File(file)


def _xz(file: IO[bytes]) -> IO[bytes]:
    import lzma

    return lzma.LZMAFile(file)


def _zst(file: IO[bytes]) -> IO[bytes]:
    import zstandard

    return io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True))


_CODECS = {b"\x1f\x8b": _gzip, b"BZh": _bz2, b"\xfd7zXZ\x00": _xz, b"\x28\xb5\x2f\xfd": _zst}
