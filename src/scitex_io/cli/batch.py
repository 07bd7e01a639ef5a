"""Many files from one format to another: which becomes which, and what became of each."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from scitex_io.errors import FolderError, UnknownFormatError
from scitex_io.formats import CODECS
from scitex_io.notices import LossyWarning
from scitex_io.patterns import fields_of, has_wildcards, names_of
from scitex_io.patterns.matching import TOKEN

OWN = ("dir", "stem", "name", "ext")
"""Placeholders that every source fills."""


@frozen
class Job:
    """One file to convert, and how."""

    source: str
    target: str
    ext: str | None
    force: bool
    resume: bool
    verify: bool
    on_loss: Any
    reading: Mapping[str, Any]
    writing: Mapping[str, Any]


@frozen
class Outcome:
    """What became of one file."""

    source: str
    target: str
    status: str  # converted, skipped, failed
    losses: tuple[str, ...] = ()
    error: str = ""


def planned(pattern: str, template: str) -> list[tuple[str, str]]:
    """Each file that matches with the path that it becomes.

    Raises
    ------
    ValueError
        The template cannot be filled, or two files would become one, or one of the sources.
    """
    from scitex_io.patterns.files import matches

    pairs = [(source, filled(template, source, values)) for source, values in only_sources(matches(pattern))]
    without_clashes(pairs)
    return pairs


def without_clashes(pairs: Sequence[tuple[str, str]]) -> None:
    """Refuse to write two files to one place, or over one that is to be read.

    Raises
    ------
    ValueError
        Two files would become one, or one of the sources.
    """
    sources = {os.path.realpath(source): source for source, _ in pairs}
    taken: dict[str, str] = {}
    for source, target in pairs:
        place = os.path.realpath(target)
        if place in taken:
            raise ValueError(f"both '{taken[place]}' and '{source}' would become '{target}'")
        if place in sources:
            raise ValueError(f"'{source}' would become '{target}', which is one of the files to convert")
        taken[place] = source


def only_sources(
    matches: Iterable[tuple[str, Mapping[str, Any]]],
) -> list[tuple[str, Mapping[str, Any]]]:
    """Those that are files, or folders that are stores."""
    return [(path, values) for path, values in matches if _is_source(path)]


def _is_source(path: str) -> bool:
    """Is it a file, or a folder that is a store?"""
    from scitex_io.loading import loader_for

    if os.path.isfile(path):
        return True
    try:
        loader_for(Path(path), None, None, None)
    except (UnknownFormatError, FolderError):
        return False
    return os.path.isdir(path)


def filled(template: str, source: str, values: Mapping[str, Any]) -> str:
    """The path that a source becomes: placeholders of its pattern, and ``{dir} {stem} {name} {ext}``."""
    folder, name = os.path.split(source)
    plain = next((name[: -len(codec)] for codec in CODECS if name.lower().endswith(codec)), name)
    stem = os.path.splitext(plain)[0]
    known = {"dir": folder or ".", "stem": stem, "name": name, "ext": name[len(stem) + 1 :]} | dict(values)
    fields = fields_of(template)

    def text(match: Any) -> str:
        if not match["name"]:
            return str(match[0])
        field = next(fields)
        if field.name not in known:
            raise ValueError(f"{template!r}: no value for {{{field.name}}}; there are {', '.join(sorted(known))}")
        given = known[field.name]
        return str(given) if field.name in OWN and field.name not in values else field.text(given)

    path = TOKEN.sub(text, template)
    if not names_of(template) or has_wildcards(TOKEN.sub(lambda match: "" if match["name"] else match[0], template)):
        raise ValueError(f"{template!r}: what many files become has placeholders, {{stem}}, and no wildcards")
    return path


def convert_all(jobs: Sequence[Job], workers: int) -> Iterator[Outcome]:
    """What became of each, in order of completion where there are several workers."""
    if workers == 1 or len(jobs) < 2:
        yield from map(converted, jobs)
        return
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    # spawn: libraries that have threads do not survive a fork.
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(converted, job): job for job in jobs}
        try:
            for done in as_completed(futures):
                job, error = futures[done], done.exception()
                yield done.result() if error is None else _failed(job, error)
        finally:
            pool.shutdown(cancel_futures=True)


def converted(job: Job) -> Outcome:
    """Convert one file; whatever goes wrong is told, not raised."""
    from scitex_io.api import load, save

    source, target = Path(job.source).absolute(), Path(job.target).absolute()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if job.resume and _is_done(source, target):
                return Outcome(job.source, job.target, "skipped")
            if target.exists() and not job.force and not job.resume:
                return Outcome(job.source, job.target, "failed", (), "it exists; --force replaces it, --resume goes on")
            obj = load(source, ext=job.ext, cache=False, **job.reading)
            save(obj, target, verbose=False, on_loss=job.on_loss, verify=job.verify, **job.writing)
        except Exception as error:  # noqa: BLE001  # whatever goes wrong with one file is its line in the report
            return _failed(job, error)
    # "'path' (format): what changes" without what the other columns say
    told = (str(warned.message) for warned in caught if issubclass(warned.category, LossyWarning))
    return Outcome(job.source, job.target, "converted", tuple(loss.partition("): ")[2] or loss for loss in told))


def _failed(job: Job, error: BaseException) -> Outcome:
    return Outcome(job.source, job.target, "failed", (), f"{type(error).__name__}: {error}")


def _is_done(source: Path, target: Path) -> bool:
    """Is the target there, newer than its source, and whole?"""
    from scitex_io.api import load

    try:
        if target.stat().st_mtime_ns < source.stat().st_mtime_ns:
            return False
        load(target, cache=False)
    except Exception:  # noqa: BLE001  # whatever is wrong with it: it is made again
        return False
    return True


def watched(outcomes: Iterator[Outcome], count: int) -> list[Outcome]:
    """All of them, with a bar on standard error where that is a terminal."""
    from rich.console import Console
    from rich.progress import track

    silent = not sys.stderr.isatty()
    console = Console(stderr=True)
    return list(track(outcomes, "Converting", total=count, console=console, transient=True, disable=silent))
