"""How a format behaves: under any name, in threads, when a save fails, before files that want to run something."""

from __future__ import annotations

import errno
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from scitex_io.errors import OptionError, ScitexIOError
from scitex_io.testing.damage import FOREIGN, attempt
from scitex_io.testing.subject import Effort, NotApplicableError, Subject, fail, quiet
from scitex_io.typeref import type_name
from scitex_io.typing import is_loader, is_saver

THREADS = 4
NAMES = ("ünï cödé 日本語 😀", "50% 'of' \"it\" & {all} [1]", "a.b.c", "n" * 200)


class _Unsaveable:
    """No format stores it: whoever looks inside fails."""

    def __reduce__(self) -> Any:
        raise RuntimeError("it fails while it is saved")

    __array__ = __reduce__


def names(subject: Subject, folder: Path, effort: Effort) -> str:  # noqa: ARG001  # all checks are called alike
    """Any name that the system has is a name of a file."""
    deep = folder / "ünï 日本" / ("d" * 150)
    obj, options = subject.made()
    whole: Any = None
    longest = 0
    for at, stem in enumerate(NAMES):
        path = subject.path(deep, stem)
        if not path.parent.parent.exists() and not _can(path):
            raise NotApplicableError("the system does not have such long paths")
        got = subject.load(subject.save(obj, path, **options))
        longest = max(longest, len(str(path)))
        whole = got if whole is None else whole
        if at and subject.is_steady(obj) and (changed := subject.changed(got, whole)):
            fail(f"the content depends on the file's name: {changed}")
    return f"{len(NAMES)} names, {longest} characters"


def _can(path: Path) -> bool:
    try:
        path.parent.mkdir(parents=True)
        path.touch()
        path.unlink()
    except OSError:
        return False
    return True


def threads(subject: Subject, folder: Path, effort: Effort) -> str:  # noqa: ARG001  # all checks are called alike
    """Threads that save and load at once do not disturb each other; of one path they see whole files."""
    obj, options = subject.made()
    shared = subject.save(obj, subject.path(folder, "shared"), **options)
    whole = subject.load(shared)

    def work(at: int) -> list[str | None]:
        own = subject.save(obj, subject.path(folder, f"own{at}"), **options)
        found = [subject.load(own), subject.load(shared)]
        subject.save(obj, shared, **options)
        found.append(subject.load(shared))
        return [subject.changed(got, whole) for got in found] if subject.is_steady(obj) else []

    with ThreadPoolExecutor(THREADS) as pool:
        told = [changed for found in pool.map(work, range(THREADS)) for changed in found if changed]
    if told:
        fail(f"in threads something else is loaded: {told[0]}")
    if left := [path.name for path in folder.iterdir() if path.name.startswith(".")]:
        fail(f"left behind: {left}")
    return f"{THREADS} threads, {THREADS + 1} paths"


def failing(subject: Subject, folder: Path, effort: Effort) -> str:  # noqa: ARG001  # all checks are called alike
    """A save that fails leaves the old file as it was, and nothing else."""
    obj, options = subject.made()
    path = subject.save(obj, subject.path(folder), **options)
    before = _content(folder)
    tried = 0
    for what, attempt_it in _failures(subject, obj, path, options):
        try:
            with quiet():
                attempt_it()
        except Exception as error:
            if isinstance(error, AssertionError):
                raise
            tried += 1
        else:
            fail(f"{what} raises nothing")
        if _content(folder) != before:
            fail(f"{what} left another content: {sorted(before)} became {sorted(_content(folder))}")
    return f"{tried} ways to fail"


def _failures(subject: Subject, obj: Any, path: Path, options: Any) -> Iterator[tuple[str, Callable[[], object]]]:
    handler: Any = subject.handler
    whole = type(handler).save

    def full(self: Any, obj: Any, target: Path, /) -> None:
        whole(self, obj, target)
        raise OSError(errno.ENOSPC, "No space left on device", str(target))

    def saved() -> None:
        with patch.object(type(handler), "save", full):
            subject.save(obj, path, **options)

    yield "a full disk after all was written", saved
    yield "a file in place of the folder", lambda: handler.save(obj, _a_file(path) / path.name)
    for what, bad in (
        ("it", _Unsaveable()),
        ("a dict of it", {"a": _Unsaveable()}),
        ("a list of it", [1, _Unsaveable()]),
    ):
        yield f"an object that cannot be saved ({what})", partial(subject.save, bad, path, on_loss="error")
    if resource_limit := _limit(path):
        yield (
            "a full disk while it is written",
            lambda: _limited(resource_limit, lambda: subject.save(obj, path, **options)),
        )


def _a_file(path: Path) -> Path:
    """Any file of those that were written."""
    return next(part for part in (path, *sorted(path.rglob("*"))) if part.is_file())


def _limit(path: Path) -> int:
    """Half of the file, where the system can refuse to write more."""
    if sys.platform == "win32" or path.is_dir():
        return 0
    return path.stat().st_size // 2


def _limited(size: int, call: Callable[[], object]) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        call()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _content(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def options(subject: Subject, folder: Path, effort: Effort) -> str:  # noqa: ARG001  # all checks are called alike
    """An option that is not there is an error that lists those that are."""
    verbs = ((is_saver, "save"), (is_loader, "load"))
    for able, verb in verbs:
        if not able(subject.handler):
            continue
        try:
            subject.handler.with_options({"sepp": 1}, verb)  # type: ignore[arg-type]  # a tuple loses the literal
        except OptionError as error:
            if f"no option 'sepp' for {verb}" not in str(error):
                fail(f"the error does not name option and verb: {error}")
        else:
            fail(f"{verb} takes an option that nobody knows")
    return ""


def unsupported(subject: Subject, folder: Path, effort: Effort) -> str:  # noqa: ARG001  # all checks are called alike
    """An object of a class that no row names is refused, and nothing is written."""
    try:
        subject.save(type("Unknown", (), {})(), subject.path(folder))
    except ScitexIOError:
        pass
    else:
        fail("an object of an unknown class was saved")
    if left := list(folder.iterdir()):
        fail(f"left behind: {left}")
    return ""


def errors(subject: Subject, folder: Path, effort: Effort) -> str:
    """Errors survive a pickle, so that they reach the parent of a process."""
    found: list[BaseException] = []
    if is_loader(subject.handler) and not subject.handler.directory:
        for content in FOREIGN.values():
            path = subject.path(folder)
            path.write_bytes(content)
            got = attempt(subject, path, effort)
            found += [got] if isinstance(got, ScitexIOError) else []
    if is_saver(subject.handler):
        for obj in (_Unsaveable(), object()):
            try:
                subject.save(obj, subject.path(folder), on_loss="error")
            except Exception as error:  # noqa: BLE001  # whatever it is
                found += [error]
    for each in found:
        try:
            back = pickle.loads(pickle.dumps(each))  # noqa: S301  # just made
        except Exception as reason:  # noqa: BLE001  # that is the question
            fail(f"{type_name(type(each))} cannot be pickled: {reason}")
        if type(back) is not type(each) or str(back) != str(each):
            fail(f"{each!r} comes back from a pickle as {back!r}")
    return f"{len(found)} errors"


# ------------------------------------------------------------ code


@contextmanager
def _watched() -> Iterator[list[str]]:
    """What is imported by a pickle or run by a shell inside."""
    global _watching  # noqa: PLW0603  # a hook of audits is there once and for all
    if not _watching:
        sys.addaudithook(_hook)
        _watching = True
    _seen.clear()
    _open.append(True)
    try:
        yield _seen
    finally:
        _open.pop()


_watching = False
_open: list[bool] = []
_seen: list[str] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _open and event in {"pickle.find_class", "os.system", "os.exec"}:
        _seen.append(f"{event} {arguments}")


def code(subject: Subject, folder: Path, effort: Effort) -> str:
    """Loading runs nothing that the file chooses: neither a good file nor one made to try it."""
    canary = folder / "canary"
    with _watched() as seen:
        for content in _hostile(canary):
            path = subject.path(folder, "hostile")
            path.write_bytes(content)
            attempt(subject, path, effort)
        if is_saver(subject.handler) and not subject.handler.executes_code:
            subject.saved(folder)
    if canary.exists():
        fail("a file ran a command while it was loaded")
    if seen and not subject.handler.executes_code:
        fail(f"loading can run code, and executes_code is not declared: {seen[0]}")
    return "declared: executes_code" if subject.handler.executes_code else ""


def _hostile(canary: Path) -> Iterator[bytes]:
    """Files that want to make a file: as a pickle, inside an array, as YAML and XML."""
    command = f"{sys.executable} -c open({str(canary)!r},'w')" if os.name == "nt" else f"touch '{canary}'"
    run = b"cos\nsystem\n(V" + command.encode("ascii", "backslashreplace") + b"\ntR."
    yield run
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    yield b"\x93NUMPY\x01\x00\x76\x00" + header + run
    yield f"!!python/object/apply:os.system [{command!r}]\n".encode()
    yield f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{canary}">]><x>&e;</x>'.encode()
    yield f"__import__('os').system({command!r})\n".encode()
