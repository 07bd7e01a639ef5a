"""Does a draft give back what was saved, as far as its format declares?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scitex_io import registry
from scitex_io.comparing import differences
from scitex_io.errors import MissingDependencyError, UnknownFormatError, VerificationError
from scitex_io.handler import Fidelity, FormatHandler
from scitex_io.messages import naming
from scitex_io.policy import Policy, trusting
from scitex_io.typing import is_loader

TOLD = 3
"""Differences that an error names."""
COMPARED = frozenset({"builtins", "collections", "datetime", "decimal", "numpy", "pandas", "PIL", "uuid"})
"""Libraries whose objects are compared; those of others have to load, no more."""


def verify(obj: object, fresh: Path, target: Path, handler: FormatHandler, *, lossy: bool) -> None:
    """Load the draft; compare it where the format declares that the very object comes back, and nothing was lost.

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
    exact = match is not None and match[0].fidelity is Fidelity.EXACT and not (match[0].subclasses and match[1])
    known = type(obj).__module__.partition(".")[0] in COMPARED
    if lossy or not known or not (exact or handler.foreign):
        return
    # A user's function declares nothing: its values count.
    told = tuple(map(str, differences(obj, back, strict=not handler.foreign, limit=TOLD)))
    if told:
        raise VerificationError(str(target), handler.name, told)


def _loaded(handler: FormatHandler, path: Path) -> Any:
    assert is_loader(handler)
    # What this very process has just written is trusted.
    with naming(handler, path, "load"), trusting(Policy(everything=True)):
        return handler.load(path)
