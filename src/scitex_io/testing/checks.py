"""All checks of one handler, and what came of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import frozen

from scitex_io.errors import MissingDependencyError
from scitex_io.handler import Accepts, Fidelity, FormatHandler
from scitex_io.testing import claims, conduct, damage, declared
from scitex_io.testing.subject import Effort, NotApplicableError, Subject
from scitex_io.typeref import TypeRef
from scitex_io.typing import is_loader, is_saver

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Run: TypeAlias = Callable[[Subject, Path, Effort], str]
Status: TypeAlias = Literal["passed", "failed", "not applicable"]


@frozen
class Check:
    """One promise of one handler."""

    subject: Subject
    name: str
    effort: Effort
    function: Run
    row: Accepts | None = None
    """Which kind of object it is about; None: the format as such."""

    def run(self, folder: Path) -> str:
        """Check it in an empty folder; what was seen, in a few words.

        Raises
        ------
        AssertionError
            The promise is broken.
        NotApplicableError
            It cannot be told here.
        """
        return self.function(self.subject, folder, self.effort)


@frozen
class Outcome:
    """What came of a check."""

    check: str
    status: Status
    detail: str

    def __str__(self) -> str:
        return f"{self.status}: {self.check}" + (f": {self.detail}" if self.detail else "")


def _any(_: Subject) -> bool:
    return True


def _saves(subject: Subject) -> bool:
    return is_saver(subject.handler)


def _refuses(subject: Subject) -> bool:
    return is_saver(subject.handler) and not any(row.type is object for row in subject.handler.accepts)


def _both(subject: Subject) -> bool:
    return is_saver(subject.handler) and is_loader(subject.handler)


def _loads_files(subject: Subject) -> bool:
    return is_loader(subject.handler) and not subject.handler.directory


def _files(subject: Subject) -> bool:
    return _both(subject) and not subject.handler.directory


def _is_file(subject: Subject) -> bool:
    return not subject.handler.directory


def _is_class(subject: Subject) -> bool:
    return not subject.handler.foreign


CHECKS: dict[str, tuple[Run, Callable[[Subject], bool]]] = {
    "documented": (declared.documentation, _any),
    "types are declared": (declared.types, _any),
    "loads what it yields": (declared.yields, _both),
    "comparable, picklable": (declared.packed, _is_class),
    "unknown options": (conduct.options, _is_class),
    "unsupported objects": (conduct.unsupported, _refuses),
    "cut at any byte": (damage.cut, _files),
    "flipped bits": (damage.flipped, _files),
    "content of other formats": (damage.foreign, _loads_files),
    "a folder at the path": (damage.folder_in_place, _is_file),
    "unicode and long paths": (conduct.names, _both),
    "threads": (conduct.threads, _both),
    "saves that fail": (conduct.failing, _saves),
    "runs no code": (conduct.code, _loads_files),
    "errors can be pickled": (conduct.errors, _any),
}
"""Each check, and which subjects it has something to say about."""


def checks(subject: Subject, effort: Effort | None = None) -> Iterator[Check]:
    """Every check that applies to a subject: of each type that it declares, then of the format as such."""
    effort = effort or Effort()
    for row in subject.handler.accepts if _both(subject) else ():
        if row.fidelity is Fidelity.RENDERED:  # made to be looked at
            continue

        def trip(subject: Subject, folder: Path, effort: Effort, row: Accepts = row) -> str:
            return claims.round_trip(subject, row, folder, effort)

        yield Check(subject, f"round trip: {row}", effort, trip, row)
    for name, (function, applies) in CHECKS.items():
        if applies(subject):
            yield Check(subject, name, effort, function)


def outcomes(subject: Subject, effort: Effort | None = None) -> Iterator[Outcome]:
    """Run every check, each in a folder of its own."""
    for check in checks(subject, effort):
        with tempfile.TemporaryDirectory(prefix="scitex-io-") as folder:
            try:
                yield Outcome(check.name, "passed", check.run(Path(folder)))
            except NotApplicableError as error:
                yield Outcome(check.name, "not applicable", str(error))
            except MissingDependencyError:
                raise
            except Exception as error:  # noqa: BLE001  # whatever a handler raises is what the check found
                yield Outcome(check.name, "failed", told(error))


def told(error: BaseException) -> str:
    """An error in words, with the value that hypothesis found."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(map(told, error.exceptions))
    text = str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
    notes = [note for note in getattr(error, "__notes__", ()) if "Falsifying" in note or "obj=" in note]
    return "\n".join([text, *notes])


def check_handler(
    handler: FormatHandler | type[FormatHandler] | Subject,
    values: SearchStrategy[Any] | Mapping[TypeRef, SearchStrategy[Any]] | None = None,
    *,
    effort: Effort | None = None,
    **facts: Any,
) -> list[Outcome]:
    """Check that a handler keeps what it declares.

    Objects of every declared type come back as declared, or their loss is announced, and announced losses happen; damaged
    and mislabelled files are clear errors; names, threads, failing saves and hostile files do no harm.

    Parameters
    ----------
    handler
        The format; it need not be registered.
    values
        What to save: a strategy of hypothesis, or one for each accepted type. Types of Python, NumPy and pandas need none.
    effort
        How much is tried.
    **facts
        The other fields of `Subject`.

    Returns
    -------
    outcomes
        What came of each check.

    Raises
    ------
    AssertionError
        The handler breaks a promise; the text lists which, and by which value.
    MissingDependencyError
        hypothesis is not installed.

    Examples
    --------
    >>> from scitex_io.formats.text import Text
    >>> found = check_handler(Text, parts_are_whole=True, effort=Effort(cuts=20, flips=20, examples=10))
    >>> sum(outcome.status == "passed" for outcome in found) > 10
    True
    """
    if isinstance(handler, Subject):
        subject = handler
    else:
        given: dict[str, Any] = facts if values is None else {"values": values, **facts}
        subject = Subject(handler=handler, **given)
    found = list(outcomes(subject, effort))
    if broken := [outcome for outcome in found if outcome.status == "failed"]:
        raise AssertionError(
            f"{subject.handler.name} breaks {len(broken)} of {len(found)}:\n" + "\n".join(map(str, broken))
        )
    return found
