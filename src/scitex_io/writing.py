"""Files that come in batches: `writer` keeps each as soon as it comes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self, get_args

from scitex_io import registry
from scitex_io.conflicts import BatchError
from scitex_io.contracts import check
from scitex_io.disk import memo, observers, routing
from scitex_io.disk.drafts import draft
from scitex_io.disk.journals import Batches, Journal
from scitex_io.errors import (
    LossError,
    OptionError,
    RegistrationError,
    UnsupportedTypeError,
)
from scitex_io.handler import FormatHandler
from scitex_io.losses import collecting
from scitex_io.messages import naming, shown, size, warn
from scitex_io.notices import LossyWarning
from scitex_io.typing import OnLoss, StrPath, is_appender


def writer(
    path: StrPath,
    *,
    handler: FormatHandler | None = None,
    durable: bool = False,
    makedirs: bool = True,
    verbose: bool = True,
    on_loss: OnLoss = "warn",
    use_caller_path: bool = False,
    **options: Any,
) -> Writer:
    """A file that is written batch by batch: ``with writer("log.csv") as w: w.append(batch)``.

    Each batch is kept as soon as `Writer.append` returns, in a folder beside the file (``log.csv.unfinished``). When the
    block ends, the file takes its place whole, and the folder goes. When the process is killed, or the block ends in an
    error, the path holds what it held before, the folder stays, and `recover` makes the file of all whole batches.

    Parameters
    ----------
    path
        Where `save` would put it.
    handler
        Use this format whatever the extension says.
    durable
        Each batch, and at the end the file, is on the disk before the call returns: also a power cut takes no more than
        the batch that was being written.
    makedirs
        Create missing parent folders.
    verbose
        Report one line on standard error when the file is in its place.
    on_loss
        As for `save`, for each batch.
    use_caller_path
        Find the calling script behind installed libraries that wrap this function.
    **options
        Options of the format, as for `save`: numbers, text, truth values, None, and lists and dicts of them.

    Raises
    ------
    UnknownFormatError, UnsupportedTypeError, OptionError
        The format is unknown, cannot be written in batches, or has no such option.
    BeingWrittenError
        Another writer has the path.
    UnfinishedError
        Another one was killed here, and what it wrote is not recovered yet.
    """
    if on_loss not in get_args(OnLoss):
        raise ValueError(f"on_loss is one of {', '.join(get_args(OnLoss))}, not {on_loss!r}")
    target = place_of(path, use_caller_path=use_caller_path)
    chosen = appender_for(target, handler, None).with_options(options, "save")
    try:
        about = json.dumps({"format": chosen.name, "options": options}).encode()
    except (TypeError, ValueError) as error:
        reason = f"a writer keeps its options beside its batches, as JSON: {error}"
        raise OptionError(chosen.name, "save", "/".join(options), reason=reason) from error
    return Writer(target, chosen, about, durable=durable, makedirs=makedirs, verbose=verbose, on_loss=on_loss)


class Writer:
    """What `writer` gives, for a ``with`` block."""

    def __init__(
        self,
        target: Path,
        handler: FormatHandler,
        about: bytes,
        *,
        durable: bool,
        makedirs: bool,
        verbose: bool,
        on_loss: OnLoss,
    ) -> None:
        self.path = target
        self._handler = handler
        self._about = about
        self._durable = durable
        self._makedirs = makedirs
        self._verbose = verbose
        self._on_loss = on_loss
        self._journal: Journal | None = None
        self._likeness: Mapping[str, str] | None = None
        self._told: set[str] = set()
        self._lock = Lock()

    def __enter__(self) -> Self:
        if self._makedirs:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self._journal = Journal(os.path.realpath(self.path), self._about, durable=self._durable)
        return self

    def append(self, batch: object) -> None:
        """Keep a batch. It is safe when this returns; nothing of it is there if this raises.

        Parameters
        ----------
        batch
            Rows of a table (DataFrame, list of records, dict of columns, Arrow, polars), an array or a dict of arrays, which
            go on along their first axis, or lines of a .jsonl: what `save` takes, or one dict for one line.

        Raises
        ------
        BatchError
            It has other columns, dtypes or shapes than the first one.
        UnsupportedTypeError, LossError
            As `save` does.
        """
        handler = self._handler
        assert is_appender(handler)
        with self._lock:
            if self._journal is None:
                raise ValueError("a writer takes batches inside its with block")
            with naming(handler, self.path, "save"), collecting() as losses:
                likeness = handler.likeness(batch)
                if self._likeness is not None and likeness != self._likeness:
                    raise BatchError(str(self.path), handler.name, _difference(self._likeness, likeness))
                kept = handler.encode(batch, first=not self._journal.ends)
                if losses and self._on_loss == "error":
                    raise LossError(handler.name, tuple(losses))
            new = [loss for loss in losses if loss not in self._told]
            if new and self._on_loss == "warn":
                # Before anything is kept: the warning may be an error.
                warn(f"'{shown(self.path)}' ({handler.name}): {'; '.join(new)}", LossyWarning)
            with naming(handler, self.path, "save"):
                self._journal.add(kept)
            self._likeness = likeness
            self._told.update(new)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        journal, self._journal = self._journal, None
        assert journal is not None
        published = False
        try:
            if error is None:
                if not journal.ends:
                    raise BatchError(str(self.path), self._handler.name, "no batch was appended, so there is no file")
                publish(self._handler, journal.batches(), self.path, durable=self._durable)
                published = True
        except BaseException as failure:
            error = failure
            raise
        finally:
            if error is not None and journal.ends:
                error.add_note(f"{len(journal.ends)} batches are kept: scitex_io.recover('{self.path}')")
            journal.close(remove=published or not journal.ends)
        if published and self._verbose:
            sys.stderr.write(f"Saved to: {shown(self.path)} ({self._handler.name}, {size(self.path)})\n")


def publish(handler: FormatHandler, batches: Batches, target: Path, *, durable: bool) -> None:
    """Put the file that the batches are together in its place."""
    assert is_appender(handler)
    update = handler.updates_in_place()
    with (
        draft(target, directory=handler.directory, update=update, durable=durable) as fresh,
        collecting(),  # announced with the batches
        naming(handler, target, "save"),
    ):
        handler.compose(batches.data, batches.ends, fresh)
    memo.forget(target)
    observers.saved(target, None, {"batches": len(batches.ends)})


def place_of(path: StrPath, *, use_caller_path: bool) -> Path:
    """Where a file of this path is written."""
    asked = routing.normalised(path)
    return asked if asked.is_absolute() else routing.normalised(routing.anchor(use_caller_path=use_caller_path) / asked)


def appender_for(target: Path, handler: FormatHandler | None, name: str | None) -> FormatHandler:
    """The format that takes batches: the one given, that of *name*, or that of the file's name."""
    if handler is not None:
        found = check(handler)
        if not is_appender(found):
            raise RegistrationError(found.name, "it takes no batches: Appender is not in its header")
        return found
    candidates = list(_serving(target.name))
    for one in candidates:
        if is_appender(one) and name in {None, one.name}:
            return one
    if not candidates:
        registry.REGISTRY.for_saving(None, target.name)  # raises: nobody serves the name
    those = sorted({one.name for _, one in registry.REGISTRY.handlers() if is_appender(one)})
    reason = f"these formats can: {', '.join(those)}"
    raise UnsupportedTypeError(candidates[0].name, "batches", reason=reason)


def _serving(name: str) -> Iterator[FormatHandler]:
    """The handlers that save under the longest suffix of the name that anybody serves."""
    for _ in range(2):
        for suffix in registry.suffixes(name):
            if found := registry.REGISTRY.find(suffix, "save"):
                yield from (handler for _, handler in found)
                return
        registry.REGISTRY.plugins()


def _difference(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    told = [
        f"{name}: {before.get(name, 'nothing')}, now {now.get(name, 'nothing')}"
        for name in {**before, **now}
        if before.get(name) != now.get(name)
    ]
    return "the batch is not like the first one: " + ("; ".join(told[:5]) or "its columns are in another order")
