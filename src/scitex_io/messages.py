"""What users are told: errors that name their file, warnings where the call stands, sizes and paths."""

from __future__ import annotations

import errno
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from scitex_io.disk import routing
from scitex_io.errors import MissingDependencyError, ScitexIOError, UnreadableFileError, UnsupportedTypeError
from scitex_io.formats import MAGIC
from scitex_io.handler import FormatHandler
from scitex_io.limits import FileTooLargeError
from scitex_io.typing import Verb

_DOING = {"save": "saving", "load": "loading"}


@contextmanager
def naming(handler: FormatHandler, path: Path, verb: Verb) -> Iterator[None]:
    """Let every error inside tell which file, format and verb it belongs to."""
    try:
        yield
    except ScitexIOError as error:
        found = getattr(error, "path", None)
        # A handler knows the draft alone, which lies elsewhere under the same name.
        if verb == "save" and isinstance(found, str) and Path(found).name == path.name:
            vars(error)["path"] = str(path)
            error.args = tuple(str(path) if one == found else one for one in error.args)
        raise
    except UnicodeEncodeError as error:
        if verb == "load" or handler.foreign or "surrogate" not in error.reason:
            error.add_note(f"while {_DOING[verb]} '{path}' as {handler.name}")
            raise
        reason = "a lone surrogate has no place in Unicode's encodings"
        raise UnsupportedTypeError(handler.name, f"the text {error.object!r:.60}", reason=reason) from error
    except ImportError as error:
        root = (error.name or "").partition(".")[0]
        if (root in handler.requires or root in handler.also) and find_spec(root) is None:
            raise MissingDependencyError(handler.name, root, handler.how_to_install(root)) from error
        if handler.executes_code and verb == "load":
            # The file names what it wants to import; a damaged or hostile one may name anything, so no pip line.
            found = f"it holds objects of a module that cannot be imported here ({error})"
            advice = "make the module importable, or it is damaged"
            raise UnreadableFileError(str(path), handler.name, found, advice) from error
        error.add_note(f"while {_DOING[verb]} '{path}' as {handler.name}")
        raise
    except MemoryError as error:
        if verb == "save":
            error.add_note(f"while {_DOING[verb]} '{path}' as {handler.name}")
            raise
        found = f"it needs more memory than there is ({str(error) or 'MemoryError'})"
        raise FileTooLargeError(str(path), 0, 0, found) from error
    except Exception as error:
        theirs = verb == "save" or handler.foreign
        refused = isinstance(error, TypeError) and handler != type(handler)()
        # A place before the beginning of a file, or beyond all files, stands in the file, not on the disk.
        disk = isinstance(error, OSError) and error.errno not in {None, errno.EINVAL, errno.EOVERFLOW}
        if theirs or refused or disk:
            error.add_note(f"while {_DOING[verb]} '{path}' as {handler.name}")
            raise
        looks_like = sniff(path)
        found = (
            "the file is empty" if path.is_file() and path.stat().st_size == 0 else f"{type(error).__name__}: {error}"
        )
        its_own = any(name == looks_like and magic in handler.magic for magic, name in MAGIC)
        mislabelled = looks_like and f".{looks_like}" not in handler.extensions and not its_own
        advice = f"its content looks like {looks_like}: try ext='{looks_like}'" if mislabelled else ""
        raise UnreadableFileError(str(path), handler.name, found, advice) from error


def sniff(path: Path) -> str:
    """The format that the first bytes betray (``"png"``), or nothing."""
    try:
        with path.open("rb") as file:
            first = file.read(16)
    except OSError:
        return ""
    return next((name for magic, name in MAGIC if first.startswith(magic)), "")


def warn(message: str, category: type[Warning]) -> None:
    """Warn where the user's code called us, however deep inside we are."""
    frame = routing.caller()
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    warnings.warn_explicit(message, category, frame.f_code.co_filename, frame.f_lineno, registry=registry)


def shown(path: Path) -> str:
    """Relative to the current directory where it lies below it."""
    try:
        return f".{os.sep}{path.relative_to(Path.cwd())}"
    except ValueError:
        return str(path)


def facts_of(obj: object) -> str:
    """A few facts about an object, in one line."""
    from scitex_io.describe import described

    return ", ".join(f"{key}: {value}" for key, value in described(obj).items())


def bytes_of(path: Path) -> int:
    """How many bytes a file, or all files of a folder, hold."""
    return (
        sum(part.stat().st_size for part in path.rglob("*") if part.is_file()) if path.is_dir() else path.stat().st_size
    )


def size(path: Path) -> str:
    """The same for people: ``1.5 MiB``."""
    return as_size(bytes_of(path))


def as_size(number: float) -> str:
    """A number of bytes for people."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.3g} {unit}" if unit != "B" else f"{number:.0f} B"
        number /= 1024
    return f"{number:.3g} TiB"
