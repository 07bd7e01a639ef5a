"""What is wrong with files, as far as loading or describing them tells."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import frozen

from scitex_io import registry
from scitex_io.disk import beside, rooms
from scitex_io.errors import MissingDependencyError, UnknownFormatError, UntrustedFileError
from scitex_io.handler import FormatHandler
from scitex_io.loading import loader_for, read
from scitex_io.messages import naming, sniff
from scitex_io.typing import is_describer

SMALL = 1 << 16
"""Bytes of a file that is loaded where its format cannot tell of it in less time."""


@frozen
class Finding:
    """Something about one file or folder."""

    path: str
    problem: str  # leftover, empty, truncated, mislabelled, unloadable, not examined
    detail: str
    fixed: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}: {self.detail}" + (" (removed)" if self.fixed else "")


def examined(files: Sequence[Path], leftovers: Sequence[Path], *, quick: bool, fix: bool) -> Iterator[Finding | None]:
    """A finding, or None where all is well, for each."""
    for leftover in leftovers:
        if leftover.name == rooms.ROOM:
            rooms.is_abandoned(str(leftover.parent), sweep=fix)
        else:
            beside.is_abandoned(str(leftover), sweep=fix)
        yield Finding(str(leftover), "leftover", "a process was killed while it saved", fixed=fix)
    for file in files:
        yield trouble(file, quick=quick)


def trouble(file: Path, *, quick: bool) -> Finding | None:
    """What is wrong with one file; None if it loads, or if nothing knows its format."""
    path = file.absolute()
    try:
        handler = registry.REGISTRY.for_loading(path.name)
    except UnknownFormatError:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            handler = loader_for(path, None, None, None)
            if quick:
                _glanced(handler, path)
            else:
                read(handler, path, None)
        except (MissingDependencyError, UntrustedFileError) as error:
            return Finding(str(file), "not examined", str(error))
        except Exception as error:  # noqa: BLE001  # whatever goes wrong with a file is what is looked for
            return Finding(str(file), *_diagnosis(handler, path, error))
    return _other(handler, path, file) if quick and not is_describer(handler) else None


def _glanced(handler: FormatHandler, path: Path) -> None:
    if is_describer(handler):
        with naming(handler, path, "load"):
            handler.describe(path)
    elif path.is_file() and path.stat().st_size <= SMALL:
        read(handler, path, None)


def _diagnosis(handler: FormatHandler, path: Path, error: Exception) -> tuple[str, str]:
    if path.is_file() and path.stat().st_size == 0:
        return "empty", "it holds nothing"
    other = _other(handler, path, path)
    if other is not None:
        return other.problem, other.detail
    text = str(error).removeprefix(f"cannot load '{path}' as {handler.name}: ")
    words = ("truncat", "end of file", "eof", "ended before", "unexpected end", "not enough data", "cut")
    problem = "truncated" if any(word in text.lower() for word in words) else "unloadable"
    return problem, text


def _other(handler: FormatHandler, path: Path, file: Path) -> Finding | None:
    """The first bytes are those of another format."""
    looks_like = sniff(path) if path.is_file() else ""
    if not looks_like or any(looks_like in extension.split(".") for extension in handler.extensions):
        return None
    try:
        if registry.REGISTRY.for_loading(f"x.{looks_like}").name == handler.name:
            return None
    except UnknownFormatError:  # of a container, such as zip: its content may be anything
        return None
    return Finding(str(file), "mislabelled", f"its content looks like {looks_like}, not {handler.name}")
