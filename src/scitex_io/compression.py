"""Any single-file format behind a compression suffix: ``table.csv.gz``, ``tree.json.zst``.

The class for "this format, compressed so" is made from the format's own class, so its facts and
abilities are those of the format.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any, ClassVar, Self, cast

from attrs import evolve, frozen

from scitex_io.errors import OptionError, UnexpectedTypeError, UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, FormatHandler
from scitex_io.limits import LITTLE, RATIO, FileTooLargeError, counted
from scitex_io.typing import (
    Describer,
    Loader,
    MetadataCarrier,
    Saver,
    TypedLoader,
    Verb,
    is_describer,
    is_loader,
    is_metadata_carrier,
    is_saver,
    is_typed_loader,
)


def _gzip(raw: IO[bytes], mode: str) -> Any:
    import gzip

    # No name and no time in the header: equal content gives equal bytes.
    return gzip.GzipFile("", mode, compresslevel=6, fileobj=raw, mtime=0)


def _bz2(raw: IO[bytes], mode: str) -> Any:
    import bz2

    return bz2.BZ2File(raw, mode)  # type: ignore[call-overload]  # mode is one of two


def _xz(raw: IO[bytes], mode: str) -> Any:
    import lzma

    return lzma.LZMAFile(raw, mode)


def _zst(raw: IO[bytes], mode: str) -> Any:
    import zstandard

    if mode == "rb":
        return _ZstReader(raw)
    return zstandard.ZstdCompressor(level=3, write_checksum=True).stream_writer(raw)


FEW = 1 << 10
"""Bytes of a zstd file that are unpacked at once: three can become 128 KiB."""
PIECE = 1 << 20


class _ZstReader:
    """Decompresses frame after frame; the library's own reader takes a truncated file for a whole one."""

    def __init__(self, raw: IO[bytes]) -> None:
        import zstandard

        self._raw = raw
        self._next = zstandard.ZstdDecompressor().decompressobj
        self._frame = self._next()
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def read(self, size: int) -> bytes:
        """Some bytes; none at the end of the last frame."""
        found = b""
        while not found:
            data = self._rest or self._raw.read(min(size, FEW))
            if not data:
                if not self._frame.eof:
                    raise EOFError("compressed file ended before the end-of-stream marker was reached")
                return b""
            if self._frame.eof:
                self._frame = self._next()
            found = self._frame.decompress(data)
            self._rest = self._frame.unused_data if self._frame.eof else b""
        return found


STREAMS: Mapping[str, Callable[[IO[bytes], str], Any]] = {".gz": _gzip, ".bz2": _bz2, ".xz": _xz, ".zst": _zst}


@frozen(kw_only=True)
class Compressed(FormatHandler):
    """A format whose file is compressed as a whole."""

    plain: ClassVar[type[FormatHandler]]
    codec: ClassVar[str]

    inner: FormatHandler

    @classmethod
    def options_for(cls, verb: Verb) -> tuple[str, ...]:
        """The options of the format inside."""
        return cls.plain.options_for(verb)

    def with_options(self, options: Mapping[str, Any], verb: Verb, /) -> Self:
        """The same, with other options of the format inside."""
        inner = self.inner.with_options(options, verb)
        if verb == "save" and inner.updates_in_place():
            name = next(iter(inner.in_place_options & options.keys()))
            raise OptionError(self.name, verb, name, reason="a compressed file cannot be updated in place")
        return evolve(self, inner=inner)

    def reading_back(self, obj: object, /) -> Self:
        """The same, with the options of the format inside."""
        return evolve(self, inner=self.inner.reading_back(obj))

    def needs_trust(self, path: Path, /) -> bool:
        """As the format inside does."""
        return self.inner.needs_trust(path)

    def match(self, obj: object, /) -> tuple[Accepts, int] | None:
        """What the format inside accepts."""
        return self.inner.match(obj)

    def together(self) -> AbstractContextManager[object]:
        """What the format inside needs."""
        return self.inner.together()

    def _name_inside(self, path: Path) -> str:
        # The file's own name without the codec; the format's extension where the name does not end in the codec.
        lowered = path.name.lower()
        return path.name[: -len(self.codec)] if lowered.endswith(self.codec) else f"content{self.plain.extensions[0]}"

    @contextmanager
    def _unpacked(self, path: Path) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="scitex-io-") as folder:
            inside = Path(folder, self._name_inside(path))
            try:
                with path.open("rb") as raw, inside.open("wb") as target:
                    self._unpack(path, raw, target)
            except FileTooLargeError:
                raise
            except OSError as error:
                if error.errno is not None:  # the disk or the permission, not the content
                    raise
                raise UnreadableFileError(str(path), self.name, f"not a whole {self.codec} file ({error})") from error
            except Exception as error:  # each codec has errors of its own: zlib.error, LZMAError, ZstdError, EOFError
                raise UnreadableFileError(str(path), self.name, f"not a whole {self.codec} file ({error})") from error
            if inside.stat().st_size == 0 and path.stat().st_size == 0:
                raise UnreadableFileError(str(path), self.name, "the file is empty")
            yield inside

    def _unpack(self, path: Path, raw: IO[bytes], target: IO[bytes]) -> None:
        with STREAMS[self.codec](raw, "rb") as stream:
            source = counted(stream)
            while target.tell() < LITTLE:
                if not (piece := source.read(PIECE)):
                    return
                target.write(piece)
            if target.tell() > RATIO * raw.tell():
                # Suspicious: looked at to its end before more of it goes to the disk.
                self._measure(path)
            shutil.copyfileobj(source, target, PIECE)

    def _measure(self, path: Path) -> None:
        with path.open("rb") as raw, STREAMS[self.codec](raw, "rb") as stream:
            source = counted(stream)
            while source.read(PIECE):
                pass


@frozen(kw_only=True)
class CompressedSaver(Compressed, Saver[Any]):
    """Writes the format, then compresses it."""

    def save(self, obj: Any, path: Path, /) -> None:
        """Write beside *path* and compress into it."""
        assert is_saver(self.inner)
        inside = path.with_name(self._name_inside(path))
        before = set(path.parent.iterdir())
        try:
            self.inner.save(obj, inside)
            if set(path.parent.iterdir()) - before - {inside}:
                reason = "it takes several files, and only one can be compressed"
                raise UnsupportedTypeError(self.name, type_name(type(obj)), reason=reason)
            with inside.open("rb") as source, path.open("wb") as raw, STREAMS[self.codec](raw, "wb") as packed:
                shutil.copyfileobj(source, packed, PIECE)
        finally:
            inside.unlink(missing_ok=True)


@frozen(kw_only=True)
class CompressedLoader(Compressed, Loader[Any], TypedLoader, Describer):
    """Decompresses into a scratch folder and reads the format there."""

    def load(self, path: Path, /) -> Any:
        """Read the whole stream, so that its checksum is verified, then the format."""
        inner = self.inner.whole()
        assert is_loader(inner)
        with self._unpacked(path) as inside:
            return inner.load(inside)

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """Read as *wanted*, if the format inside can."""
        inner = self.inner.whole()
        assert is_typed_loader(inner)
        if inner.stays_bound(wanted):
            reason = "it goes on reading the file, which has to be plain for that"
            raise UnexpectedTypeError(str(path), "a compressed table", type_name(wanted), (reason,))
        with self._unpacked(path) as inside:
            return inner.load_as(inside, wanted)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """What the format inside tells of itself."""
        with self._unpacked(path) as inside:
            return self.inner.describe(inside) if is_describer(self.inner) else {}


@frozen(kw_only=True)
class CompressedBoth(CompressedSaver, CompressedLoader):
    """Both ways."""


@frozen(kw_only=True)
class CompressedKeeper(CompressedBoth, MetadataCarrier):
    """With metadata, which are inside what is compressed."""

    def embed_metadata(self, path: Path, metadata: Mapping[str, Any], /) -> None:
        """Decompress, embed, and compress again."""
        assert is_metadata_carrier(self.inner)
        with self._unpacked(path) as inside:
            self.inner.embed_metadata(inside, metadata)
            with inside.open("rb") as source, path.open("wb") as raw, STREAMS[self.codec](raw, "wb") as packed:
                shutil.copyfileobj(source, packed, PIECE)

    def read_metadata(self, path: Path, /) -> dict[str, Any] | None:
        """What is embedded in the file inside."""
        assert is_metadata_carrier(self.inner)
        with self._unpacked(path) as inside:
            return self.inner.read_metadata(inside)


@cache
def _compressed(plain: Hashable, codec: str) -> type[Compressed]:
    assert isinstance(plain, type)
    assert issubclass(plain, FormatHandler)
    kind: type[Compressed] = CompressedLoader
    if Saver in plain.__mro__:
        kind = CompressedBoth if Loader in plain.__mro__ else CompressedSaver
        if kind is CompressedBoth and MetadataCarrier in plain.__mro__:
            kind = CompressedKeeper
    facts: dict[str, Any] = {
        "__module__": __name__,
        "__slots__": (),
        "plain": plain,
        "codec": codec,
        "name": f"{plain.name}{codec}",
        "extensions": tuple(extension + codec for extension in plain.extensions),
        "accepts": plain.accepts,
        "yields": plain.yields,
        "requires": plain.requires,
        "extra": plain.extra,
        "also": plain.also,
        "executes_code": plain.executes_code,
        # This class is made here and now: no other process finds it.
        "parallel": "threads" if plain.parallel in {"threads", "both"} else "none",
    }
    return cast("type[Compressed]", type(f"{plain.__name__}{codec.title().replace('.', '')}", (kind,), facts))


def compressed(inner: FormatHandler, codec: str) -> FormatHandler:
    """The format *inner* behind the compression suffix *codec* (``".gz"``)."""
    kind: Any = type(inner)  # a class is hashable, whatever a checker reads from the hash of its instances
    return _compressed(kind, codec)(inner=inner)
