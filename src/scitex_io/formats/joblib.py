"""joblib's object format (.joblib): a pickle with the memory of its arrays in between."""

from __future__ import annotations

import pickle
import zlib
from lzma import LZMAError
from pathlib import Path
from typing import Any, Literal, Self

from attrs import evolve, field, frozen

from scitex_io.content.arrays import one_of
from scitex_io.content.pickles import joblibs
from scitex_io.content.pickles.survey import LARGE, shows_data_alone
from scitex_io.errors import UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, FormatHandler, save_option
from scitex_io.policy import trusted
from scitex_io.typing import Describer, Loader, Saver

CODECS: dict[bytes, str] = {
    b"\x1f\x8b": "gzip",
    b"BZ": "bz2",
    b"\xfd7zXZ": "xz",
    b"\x5d\x00": "lzma",
    b"\x04\x22\x4d\x18": "lz4",
    b"ZF": "zlib, before joblib 0.10",
    b"x": "zlib",
}
"""First bytes of a compressed file; the same that joblib goes by."""
SMALL = 1 << 28
"""Bytes; a plain file below this that asks for more memory than there is has a damaged length in it."""


@frozen(kw_only=True)
class Joblib(FormatHandler, Saver[object], Loader[Any], Describer):
    """Any Python object that can be pickled, arrays fast; what is more than data is loaded if the file is trusted."""

    name = "joblib"
    extensions = (".joblib",)
    accepts = (Accepts(object, domain="what pickle can hold"),)
    yields = (object,)
    requires = ("joblib",)
    executes_code = True

    compress: int | str | bool | tuple[str, int] = save_option(0)
    protocol: int | None = field(default=None, validator=one_of(None, *range(6)), metadata={"verb": "save"})
    mmap_mode: Literal["r", "r+", "c"] | None = field(
        default=None, validator=one_of(None, "r", "r+", "c"), metadata={"verb": "load"}
    )

    def is_cacheable(self) -> bool:
        """Arrays that are views of the file stay so only if they are not copied."""
        return self.mmap_mode is None

    def whole(self) -> Self:
        """Without a memory map."""
        return evolve(self, mmap_mode=None)

    def save(self, obj: object, path: Path, /) -> None:
        """Write the object; arrays go to the file as they lie in memory."""
        import joblib

        try:
            with path.open("wb") as file:  # an open file: joblib would compress by the name of the path
                joblib.dump(obj, file, compress=self.compress, protocol=self.protocol)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise UnsupportedTypeError(self.name, type_name(type(obj)), reason=str(error)) from error
        except RecursionError as error:
            raise UnsupportedTypeError(self.name, type_name(type(obj)), reason="nested too deeply") from error

    def load(self, path: Path, /) -> Any:
        """Read the object, compressed or not, of any version of joblib."""
        try:
            return joblibs.loaded(path, self.mmap_mode)
        except (zlib.error, LZMAError, EOFError, OSError) as error:
            codec = self._codec(path)
            if not codec or (isinstance(error, OSError) and error.errno is not None):
                raise
            raise UnreadableFileError(str(path), self.name, f"its {codec} stream is damaged ({error})") from error
        except TypeError as error:  # a class that is no longer made of what the file holds, or a damaged file
            raise UnreadableFileError(str(path), self.name, f"{type(error).__name__}: {error}") from error
        except MemoryError as error:
            if path.stat().st_size >= SMALL or self._codec(path):
                raise
            raise UnreadableFileError(str(path), self.name, "a length in it is beyond any memory") from error

    def needs_trust(self, path: Path, /) -> bool:
        """Not where it is seen at a glance to hold data alone, as a few large arrays."""
        size = path.stat().st_size
        if size < LARGE or self._codec(path):
            return True
        with path.open("rb") as file:
            return not shows_data_alone(file, size, trusted())

    def describe(self, path: Path, /) -> dict[str, Any]:
        """How it is compressed; nothing is unpickled to tell what is inside."""
        return {"kind": "object", "compression": self._codec(path) or "none"}

    def _codec(self, path: Path) -> str:
        with path.open("rb") as file:
            first = file.read(8)
        return next((codec for magic, codec in CODECS.items() if first.startswith(magic)), "")
