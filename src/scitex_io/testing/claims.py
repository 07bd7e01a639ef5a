"""What a format declares about each type, against what it does: neither too strong nor too weak."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scitex_io.comparing import differences
from scitex_io.errors import LossError, UnsupportedTypeError
from scitex_io.handler import Accepts, Fidelity
from scitex_io.testing.subject import Effort, Subject, fail, needs
from scitex_io.typeref import named, resolve, type_name

ENOUGH = 10
"""Values after which a loss that never happened is a false alarm."""


class Seen:
    """What became of the values of one row."""

    def __init__(self, row: Accepts) -> None:
        self.row = row
        self.kept: Counter[str] = Counter()  # nothing was announced: as it was, or another type
        self.refused = self.tried = 0
        self.announced: Counter[str] = Counter()  # by kind of loss
        self.happened: Counter[str] = Counter()

    def note(self, losses: tuple[str, ...], changed: str | None) -> None:
        """One more value, saved and loaded."""
        if not losses:
            self.kept["changed" if changed else "the same"] += 1
        for loss in losses:
            # Without what differs from value to value: places, names, numbers.
            kind = re.sub(r"\(.*?\)|'[^']*'|\d+", "…", loss)
            self.announced[kind] += 1
            self.happened[kind] += changed is not None

    def judge(self, *, weak: bool) -> None:
        """A loss that is declared has to happen, a value that comes back the same is not VALUE, most are not refused."""
        if self.refused > max(self.tried // 2, 1):
            fail(f"too strong a claim: {self.row} is declared, and {self.refused} of {self.tried} objects were refused")
        if weak:  # and known to be
            return
        for kind, times in self.announced.items():
            if times >= ENOUGH and not self.happened[kind]:
                fail(f"too weak a claim: '{kind}' was announced {times} times, and every value came back as it was")
        same = self.kept["the same"]
        if self.row.fidelity is Fidelity.VALUE and same >= ENOUGH and same == self.kept.total():
            fail(f"too weak a claim: {self.row} is declared VALUE, and {same} of {same} objects came back as they were")

    def __str__(self) -> str:
        told = [f"{self.kept.total()} came back as declared"] if self.kept else []
        told += [f"{self.refused} were refused"] if self.refused else []
        return "; ".join(told + [f"{times} announced: {kind}" for kind, times in self.announced.items()])


def round_trip(subject: Subject, row: Accepts, folder: Path, effort: Effort) -> str:
    """Objects of one row come back as the row says, or the save announces that they will not."""
    needs("hypothesis")
    from hypothesis import HealthCheck, given, settings

    seen = Seen(row)
    more = {} if effort.examples is None else {"max_examples": effort.examples}

    @settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), **more)  # type: ignore[arg-type]  # a dict of one type
    @given(subject.drawn(row))
    def each(obj: Any) -> None:
        seen.tried += 1
        with TemporaryDirectory(dir=folder) as room:
            try:
                seen.note(*_tried(subject, row, obj, Path(room)))
            except UnsupportedTypeError:
                seen.refused += 1
                if left := list(Path(room).iterdir()):
                    fail(f"a refused object left {left}")

    each()
    seen.judge(weak=str(row) in subject.weak)
    return str(seen)


def _tried(subject: Subject, row: Accepts, obj: Any, room: Path) -> tuple[tuple[str, ...], str | None]:
    """Which losses were announced, and how the object came back changed."""
    path, options = subject.path(room), subject.options_for(row)
    losses: tuple[str, ...] = ()
    expected, same = _expected(subject, row, obj)
    try:
        subject.save(obj, path, on_loss="error", **options)
    except LossError as error:
        losses = error.losses
        if left := list(room.iterdir()):
            fail(f"on_loss='error' left {left}")
        subject.save(obj, path, **options)
    loaded = subject.load(path)
    changed = same(loaded, expected)
    if row.fidelity is Fidelity.LOSSY and not losses:
        fail(f"{row} is declared LOSSY, and no LossyWarning was given")
    if changed and not losses:
        fail(f"too strong a claim: {row} is declared {row.fidelity.name}, and {changed}")
    if losses and not changed and row.fidelity is Fidelity.VALUE:
        changed = _meaning(loaded, obj)  # what is expected may have lost it already
    elif not losses and row.fidelity is Fidelity.VALUE:
        _check_type(row, loaded)
        changed = subject.difference(loaded, obj) if type(loaded) is type(obj) else "another type"
    return losses, changed


def _expected(subject: Subject, row: Accepts, obj: Any) -> tuple[Any, Any]:
    """What the object should load as, and how that is compared."""
    if row.fidelity is not Fidelity.VALUE:
        return obj, subject.difference
    loads_as = subject.loads_as.get(named(row.type))
    return (obj, _meaning) if loads_as is None else (loads_as(obj), subject.difference)


def _meaning(got: Any, want: Any) -> str | None:
    return next((str(found) for found in differences(want, got, strict=False, limit=1)), None)


def _check_type(row: Accepts, loaded: Any) -> None:
    wanted = None if row.loads_as is None else resolve(row.loads_as, load=True)
    if wanted is not None and not isinstance(loaded, wanted):
        fail(f"{row} is declared to load as {named(wanted)}, and loaded as {type_name(type(loaded))}")
