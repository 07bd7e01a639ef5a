"""Several files at a time, what they hold in order.

How is a fact of the format (`FormatHandler.parallel`): threads where the library works without the interpreter's lock;
where it holds the lock, the files are shared with other processes once the work turns out to be long; where it does now
this, now that, threads begin, and processes take over from all but one of them; else one file after the other, as for
small files, which are loaded before another thread has taken over.
"""

from __future__ import annotations

import os
import time
import warnings
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing, suppress
from contextvars import copy_context
from importlib import import_module
from pathlib import Path
from threading import Event, Lock, Thread, local
from typing import Any, NamedTuple, TypeAlias

from scitex_io.disk import memo, routing
from scitex_io.handler import FormatHandler, Parallel
from scitex_io.loading import Reader, read, recalled
from scitex_io.many.remote import Remote, Unavailable
from scitex_io.messages import bytes_of
from scitex_io.policy import NOTHING_SAID, Terms

SMALL = 1 << 16  # bytes of a file: below, threads wait for each other more than they work
SHORT = 1 << 20  # bytes in all: below, it is done before threads have begun
FEW = 1 << 17  # the same for parsers that are slow
LONG = 1.0  # seconds still to go that are worth the start of a process
MOST = 8  # more workers than this wait for the lock or the disk
SAMPLE = 32  # files whose sizes tell those of all
PATIENCE = 1.0  # seconds for what is under way when everything ends early

Warned: TypeAlias = "tuple[Warning | str, type[Warning], str, int]"
Job: TypeAlias = "tuple[Path, FormatHandler]"


class Outcome(NamedTuple):
    """What came of one file."""

    path: Path
    handler: FormatHandler | None
    obj: Any = None
    error: BaseException | None = None
    seconds: float = 0.0
    warned: tuple[Warned, ...] = ()

    def get(self) -> tuple[FormatHandler, Any]:
        """The handler and the object, or the error raised."""
        if self.error is not None:
            raise self.error
        assert self.handler is not None
        return self.handler, self.obj


class _Task(NamedTuple):
    """What is done with every file."""

    as_type: Any
    cache: bool
    keep: bool
    terms: Terms

    def outcome(self, job: Job, reader: Reader) -> Outcome:
        """Load the file; whatever goes wrong is part of the outcome."""
        path, handler = job
        began = time.perf_counter()
        obj, error = None, None
        try:
            if self.cache:
                obj = recalled(handler, path, self.as_type, self.terms, keep=self.keep, reader=reader)
            else:
                obj = reader(handler, path, self.as_type, self.terms)
        except BaseException as raised:  # noqa: BLE001  # raised, or told of, in the thread that asked
            error = raised
        return Outcome(path, handler, obj, error, time.perf_counter() - began)


def each(
    paths: Sequence[Path],
    resolve: Callable[[Path], FormatHandler],
    as_type: Any = None,
    *,
    cache: bool = True,
    workers: int | None = None,
    terms: Terms = NOTHING_SAID,
) -> Generator[Outcome]:
    """What came of each file, in order; the warnings of loading it are shown before it is given.

    Parameters
    ----------
    paths
        Absolute.
    resolve
        Gives the handler of a file, with its options.
    workers
        So many files at a time, at most; None: as many as the processor has cores, if the files are large enough.
    """
    jobs: list[Job | Outcome] = []
    for path in paths:
        try:
            jobs.append((path, resolve(path)))
        except Exception as error:  # noqa: BLE001  # raised, or told of, when its turn comes
            jobs.append(Outcome(path, None, error=error))
    todo = [job for job in jobs if not isinstance(job, Outcome)]
    with ExitStack() as stack:
        for handler in {type(handler): handler for _, handler in todo}.values():
            stack.enter_context(handler.together())
        task = _Task(as_type, cache, memo.has_room(len(paths)), terms)
        done = stack.enter_context(closing(_done(todo, task, workers)))
        for job in jobs:
            yield job if isinstance(job, Outcome) else next(done)


def _done(jobs: list[Job], task: _Task, workers: int | None) -> Generator[Outcome]:
    number = min(workers or min(_cores(), MOST), len(jobs))
    ways = {_way(handler, task, workers) for _, handler in jobs}
    in_threads = number > 1 and ways <= {"threads", "both"}
    if in_threads and (workers or _mean_size(jobs) >= max(SMALL, SHORT / len(jobs))):
        yield from _Pool(jobs, task, number, number - 1 if ways == {"both"} else 0).outcomes()
    elif number > 1 and ways == {"processes"} and (workers or _mean_size(jobs) * len(jobs) >= FEW):
        yield from _Pool(jobs, task, 1, number - 1).outcomes()
    else:
        for job in jobs:
            yield task.outcome(job, read)


def _way(handler: FormatHandler, task: _Task, workers: int | None) -> Parallel:
    if handler.foreign and workers:
        return "threads"
    if handler.parallel == "both" and handler.stays_bound(task.as_type):
        return "threads"  # it goes on reading the file, which is cheap to begin and nothing to send
    return handler.parallel


def _mean_size(jobs: list[Job]) -> float:
    some = jobs[:: len(jobs) // SAMPLE + 1]
    return sum(bytes_of(path) if path.exists() else 0 for path, _ in some) / len(some)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Pool:
    """Threads that load, and threads that each have a process load."""

    def __init__(self, jobs: list[Job], task: _Task, local: int, remote: int) -> None:
        self._task = task
        self._outcomes: deque[Future[Outcome]] = deque(Future() for _ in jobs)
        self._todo = deque(zip(jobs, self._outcomes, strict=True))
        self._loaded = 0
        self._spare = 0  # threads that load here and are to end, as processes have taken over
        self._lock = Lock()
        self._began = time.perf_counter()
        self._handlers = tuple({type(handler): handler for _, handler in jobs}.values())
        self._remotes: list[Remote] = []
        self._over = Event()
        for handler in self._handlers:
            for root in handler.requires:
                with suppress(ImportError):  # its files will say so
                    import_module(root)  # by one thread, before several do
        self._relievable = min(local - 1, remote)
        calls = [self._work] * local + [self._work_elsewhere] * remote
        # Daemons: a file that takes minutes does not keep the interpreter from ending.
        self._threads = [Thread(target=copy_context().run, args=(call,), daemon=True) for call in calls]

    def outcomes(self) -> Generator[Outcome]:
        """The outcomes in order, each as soon as it is there."""
        with warnings.catch_warnings():  # several threads leave the filters behind as they found them at some time
            show = warnings.showwarning
            warnings.showwarning = _diverted(show)
            try:
                for thread in self._threads:
                    thread.start()
                while self._outcomes:
                    outcome = _waited(self._outcomes.popleft())
                    for warned in outcome.warned:
                        show(*_at_caller(*warned))
                    yield outcome
            finally:
                self._end()

    def _end(self) -> None:
        self._todo.clear()
        self._over.set()
        for remote in self._remotes:
            remote.kill()
        until = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _work(self, remote: Remote | None = None) -> None:
        reader = read if remote is None else remote.read
        while remote.alive if remote is not None else not self._is_spare():
            try:
                job, future = self._todo.popleft()
            except IndexError:
                return
            _mine.warned = []
            outcome = self._task.outcome(job, reader)
            self._loaded += 1
            future.set_result(outcome._replace(warned=tuple(_mine.warned)))

    def _is_spare(self) -> bool:
        """Has a process taken over from this thread?"""
        with self._lock:
            if self._spare:
                self._spare -= 1
                return True
            return False

    def _work_elsewhere(self) -> None:
        while not self._is_long():
            if self._over.wait(0.02) or not self._todo:
                return
        try:
            remote = Remote(self._handlers)
        except Unavailable:
            return
        self._remotes.append(remote)
        try:
            if not self._over.is_set() and remote.is_ready():
                with self._lock:
                    if self._relievable:
                        self._relievable -= 1
                        self._spare += 1
                self._work(remote)
        finally:
            remote.close()

    def _is_long(self) -> bool:
        """Would one by one take long from here?"""
        spent = time.perf_counter() - self._began
        return spent * len(self._todo) > LONG * self._loaded if self._loaded else spent > LONG


_mine = local()  # the warnings of the file that this thread is at


def _diverted(show: Callable[..., object]) -> Any:
    def showwarning(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, *more: Any, **named: Any
    ) -> None:
        warned = getattr(_mine, "warned", None)
        if warned is None:
            show(message, category, filename, lineno, *more, **named)
        else:
            warned.append((message, category, filename, lineno))

    return showwarning


def _at_caller(message: Warning | str, category: type[Warning], filename: str, lineno: int) -> Warned:
    """The warning where the user's code called us, unless a library says where it stands."""
    if filename.startswith(routing.PACKAGE) or not os.path.isabs(filename):
        frame = routing.caller()
        return message, category, frame.f_code.co_filename, frame.f_lineno
    return message, category, filename, lineno


def _waited(future: Future[Outcome]) -> Outcome:
    while True:
        try:
            return future.result(0.5)  # on some systems, waiting without end cannot be interrupted
        except TimeoutError:
            pass
