"""May what is read now run code of the file? The policy in force, asked by the formats that could.

Who reads sets it for one file (`trusting`); outside of that nothing but data is admitted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TypeAlias

from attrs import frozen

from scitex_io.errors import UntrustedFileError

SHOWN = 12


def _nothing() -> bool:
    return False


Trust: TypeAlias = bool | Collection[str | type]
"""May a file run code: whatever it says, nothing, or what is named."""


@frozen
class Terms:
    """What a call says about the files that it reads.

    Parameters
    ----------
    trust
        May a file run code: whatever it says, nothing, or what is named.
    max_bytes
        How many bytes a file may unfold to (see `scitex_io.limits`).
    """

    trust: Trust = False
    max_bytes: float | None = None


NOTHING_SAID = Terms()


@frozen(kw_only=True)
class Policy:
    """What one file may do.

    Parameters
    ----------
    everything
        Whatever it says.
    names
        Import these besides data: ``"pkg.Class"``, or ``"pkg.*"`` for all that is defined in a package.
    written_here
        Did this user write just this content? Asked only if nothing else admits the file.
    path
        How the user knows the file.
    """

    everything: bool = False
    names: tuple[str, ...] = ()
    written_here: Callable[[], bool] = _nothing
    path: str = ""

    def admits_all(self) -> bool:
        """May it run whatever it says?"""
        return self.everything or self.written_here()

    def admits(self, module: str, name: str) -> bool:
        """May it import this, by its name?"""
        return f"{module}.{name}" in self.names

    def admits_package(self, module: str) -> bool:
        """May it import all that is defined in this module?"""
        return any(f"{module}.".startswith(name[:-1]) for name in self.names if name.endswith(".*"))

    def refusal(self, path: Path, wanted: Sequence[str], found: str = "", way: str = "") -> UntrustedFileError:
        """The error that tells what the file wants and how to allow it; *way* is one that its format has besides."""
        wants = ", ".join(wanted[:SHOWN]) + (f" and {len(wanted) - SHOWN} more" if len(wanted) > SHOWN else "")
        names = f"trust={list(wanted[:SHOWN])!r} allows these alone; " if wanted else ""
        advice = (
            f"{names}{way and f'{way}, '}trust=True or SCITEX_IO_TRUST=all loads it and runs what it says: do so only if "
            "you trust where it comes from. What you saved yourself is trusted while it is unchanged"
        )
        return UntrustedFileError(self.path or str(path), found or f"it wants {wants}", advice, tuple(wanted))


_current: ContextVar[Policy] = ContextVar("scitex_io_policy", default=Policy())  # noqa: B039  # frozen


def trusted() -> Policy:
    """The policy for the file that is being read."""
    return _current.get()


@contextmanager
def trusting(policy: Policy) -> Iterator[None]:
    """Read what is inside under *policy*."""
    token = _current.set(policy)
    try:
        yield
    finally:
        _current.reset(token)
