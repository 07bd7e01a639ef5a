"""Does a draft give back what was saved, as far as its format declares?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scitex_io import registry
from scitex_io.comparing import differences
from scitex_io.errors import MissingDependencyError, UnknownFormatError, VerificationError
from scitex_io.handler import Fidelity, FormatHandler
from scitex_io.messages import naming
from scitex_io.typing import is_loader

TOLD = 3
"""Differences that an error names."""


def verify(obj: object, fresh: Path, target: Path, handler: FormatHandler, *, lossy: bool) -> None:
    """Load the draft and compare: exactly, by value, or (with *lossy*, and for pictures) not at all.

    Raises
    ------
    VerificationError
        It does not load, or not as what was saved.
    """
    try:
        loader = handler if is_loader(handler) else registry.REGISTRY.for_loading(target.name)
        back = _loaded(loader.reading_back(obj), fresh)
    except MissingDependencyError:
        raise
    except UnknownFormatError as error:
        raise VerificationError(str(target), handler.name, ("nothing loads such files",)) from error
    except Exception as error:
        found = str(error).replace(str(fresh), target.name)
        raise VerificationError(str(target), handler.name, (f"{type(error).__name__}: {found}",)) from error
    match = handler.match(obj)
    if lossy or match is None or match[0].fidelity in {Fidelity.LOSSY, Fidelity.RENDERED}:
        return
    row, steps = match
    # A user's function declares nothing, and a row for subclasses gives back the class it names.
    strict = row.fidelity is Fidelity.EXACT and not handler.foreign and not (row.subclasses and steps)
    told = tuple(map(str, differences(obj, back, strict=strict, limit=TOLD)))
    if told:
        raise VerificationError(str(target), handler.name, told)


def _loaded(handler: FormatHandler, path: Path) -> Any:
    assert is_loader(handler)
    with naming(handler, path, "load"):
        return handler.load(path)
