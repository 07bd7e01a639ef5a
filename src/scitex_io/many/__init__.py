"""`load_all`: the files of a pattern or a list, several at a time, as a list, a dict or one object."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args, overload

from typing_extensions import TypeVar

from scitex_io.disk import inputs, observers, routing
from scitex_io.errors import MissingFileError, OptionError, RegistrationError, type_name
from scitex_io.handler import FormatHandler
from scitex_io.loading import Match, locate, resolver
from scitex_io.typing import Loader, StrPath

if TYPE_CHECKING:
    import pandas as pd
    from typing_extensions import TypeForm

T = TypeVar("T", default=Any)

OnError: TypeAlias = Literal["raise", "collect"]
Combine: TypeAlias = Literal["concat", "stack", "dict"]
Joined: TypeAlias = Literal["concat", "stack"]
MISUSE = (OptionError, RegistrationError)  # of the call, not of a file


# fmt: off
@overload
def load_all(pattern_or_paths: StrPath | Iterable[StrPath], *, as_type: None = None, on_error: Literal["raise"] = "raise", combine: None = None, handler: Loader[T] | None = None, ext: str | None = None, workers: int | None = None, cache: bool = True, progress: bool | None = None, **options: Any) -> list[T]: ...
@overload
def load_all(pattern_or_paths: StrPath | Iterable[StrPath], *, as_type: None = None, on_error: Literal["raise"] = "raise", combine: Literal["dict"], handler: Loader[T] | None = None, ext: str | None = None, workers: int | None = None, cache: bool = True, progress: bool | None = None, **options: Any) -> dict[Any, T]: ...
@overload
def load_all(pattern_or_paths: StrPath | Iterable[StrPath], *, as_type: None = None, on_error: Literal["raise"] = "raise", combine: Joined, handler: Loader[T] | None = None, ext: str | None = None, workers: int | None = None, cache: bool = True, progress: bool | None = None, **options: Any) -> T: ...
@overload
def load_all(pattern_or_paths: StrPath | Iterable[StrPath], *, as_type: None = None, on_error: Literal["collect"], combine: None = None, handler: Loader[T] | None = None, ext: str | None = None, workers: int | None = None, cache: bool = True, progress: bool | None = None, **options: Any) -> tuple[list[T], pd.DataFrame]: ...
@overload
def load_all(pattern_or_paths: StrPath | Iterable[StrPath], *, as_type: None = None, on_error: Literal["collect"], combine: Literal["dict"], handler: Loader[T] | None = None, ext: str | None = None, workers: int | None = None, cache: bool = True, progress: bool | None = None, **options: Any) -> tuple[dict[Any, T], pd.DataFrame]: ...
@overload
def load_all(pattern_or_paths: StrPath | Iterable[StrPath], *, as_type: None = None, on_error: Literal["collect"], combine: Joined, handler: Loader[T] | None = None, ext: str | None = None, workers: int | None = None, cache: bool = True, progress: bool | None = None, **options: Any) -> tuple[T, pd.DataFrame]: ...
@overload
def load_all(pattern_or_paths: StrPath | Iterable[StrPath], *, as_type: type[T] | TypeForm[T], on_error: Literal["raise"] = "raise", combine: None = None, handler: Loader[Any] | None = None, ext: str | None = None, workers: int | None = None, cache: bool = True, progress: bool | None = None, **options: Any) -> list[T]: ...
@overload
def load_all(pattern_or_paths: StrPath | Iterable[StrPath], *, as_type: type[T] | TypeForm[T], on_error: Literal["raise"] = "raise", combine: Literal["dict"], handler: Loader[Any] | None = None, ext: str | None = None, workers: int | None = None, cache: bool = True, progress: bool | None = None, **options: Any) -> dict[Any, T]: ...
@overload
def load_all(pattern_or_paths: StrPath | Iterable[StrPath], *, as_type: type[T] | TypeForm[T], on_error: Literal["raise"] = "raise", combine: Joined, handler: Loader[Any] | None = None, ext: str | None = None, workers: int | None = None, cache: bool = True, progress: bool | None = None, **options: Any) -> T: ...
@overload
def load_all(pattern_or_paths: StrPath | Iterable[StrPath], *, as_type: type[T] | TypeForm[T], on_error: Literal["collect"], combine: None = None, handler: Loader[Any] | None = None, ext: str | None = None, workers: int | None = None, cache: bool = True, progress: bool | None = None, **options: Any) -> tuple[list[T], pd.DataFrame]: ...
@overload
def load_all(pattern_or_paths: StrPath | Iterable[StrPath], *, as_type: type[T] | TypeForm[T], on_error: Literal["collect"], combine: Literal["dict"], handler: Loader[Any] | None = None, ext: str | None = None, workers: int | None = None, cache: bool = True, progress: bool | None = None, **options: Any) -> tuple[dict[Any, T], pd.DataFrame]: ...
@overload
def load_all(pattern_or_paths: StrPath | Iterable[StrPath], *, as_type: type[T] | TypeForm[T], on_error: Literal["collect"], combine: Joined, handler: Loader[Any] | None = None, ext: str | None = None, workers: int | None = None, cache: bool = True, progress: bool | None = None, **options: Any) -> tuple[T, pd.DataFrame]: ...
# fmt: on
def load_all(
    pattern_or_paths: StrPath | Iterable[StrPath],
    *,
    as_type: Any = None,
    workers: int | None = None,
    on_error: OnError = "raise",
    combine: Combine | None = None,
    ext: str | None = None,
    handler: Loader[Any] | None = None,
    cache: bool = True,
    progress: bool | None = None,
    **options: Any,
) -> Any:
    """Load every file of a pattern or a list, several at a time.

    >>> from scitex_io import save
    >>> for run in (1, 2):
    ...     path = save([run, run], "run-{run:d}.json", run=run, verbose=False)
    >>> load_all("run-*.json")
    [[1, 1], [2, 2]]
    >>> load_all("run-{run:d}.json", combine="dict")
    {1: [1, 1], 2: [2, 2]}
    >>> loaded, failures = load_all("run-*.json", as_type=list[str], on_error="collect")
    >>> len(loaded), len(failures)
    (0, 2)

    Parameters
    ----------
    pattern_or_paths
        A pattern (see `glob`), looked for as `load` looks for a file, gives its matches in natural order; a list of paths
        or patterns keeps its order.
    as_type, ext, handler, cache, **options
        As in `load`, for every file.
    workers
        At most so many files at a time; 1: one after the other. None: as many as there are cores, in threads or other
        processes as suits the format, where the files are large enough to gain by it.
    on_error
        ``"raise"`` the first error, in the order of the files; or ``"collect"`` all of them: the result is then a pair,
        what was loaded and a table of the failures with columns ``path``, ``error`` (its class) and ``message``.
    combine
        None
            A list.
        ``"dict"``
            By the value of the pattern's placeholder, by the tuple of the values of several, or by the path as the
            pattern writes it.
        ``"concat"``
            Tables under one another (pandas or polars), the placeholders of the pattern as their first columns;
            arrays along the first axis; dicts of arrays key by key.
        ``"stack"``
            Arrays of one shape along a new first axis; dicts of arrays key by key.
    progress
        Show a bar on standard error; None: once the work takes more than a second, on terminals and in notebooks.

    Raises
    ------
    MissingFileError
        Nothing matches the pattern.
    CombineError
        A file does not go with the first one: other columns, another shape, another type.
    """
    _check("on_error", on_error, get_args(OnError))
    _check("combine", combine, (None, *get_args(Combine)))
    if workers is not None and workers < 1:
        raise ValueError(f"workers is a number from 1, not {workers!r}")
    from scitex_io.many.combining import combined
    from scitex_io.many.engine import each
    from scitex_io.many.progress import Bar

    missing: dict[Path, MissingFileError] = {}
    matches = _matches(pattern_or_paths, missing if on_error == "collect" else None)

    by_name = resolver(ext, handler, as_type, options)

    def resolve(path: Path) -> FormatHandler:
        if path in missing:
            raise missing[path]
        return by_name(path)

    found: list[tuple[Match, Any]] = []
    failed: list[tuple[Match, Exception]] = []
    outcomes = each(
        [match.path for match in matches], resolve if missing else by_name, as_type, cache=cache, workers=workers
    )
    with Bar(len(matches), progress) as bar, closing(outcomes):
        for match, outcome in zip(matches, outcomes, strict=True):
            bar.step()
            if on_error == "collect" and isinstance(outcome.error, Exception) and not isinstance(outcome.error, MISUSE):
                failed.append((match, outcome.error))
                continue
            _, obj = outcome.get()
            inputs.note(match.path)
            observers.loaded(match.path, obj)
            found.append((match, obj))
    if combine is None:
        objects: Any = [obj for _, obj in found]
    elif found or not failed or combine == "dict":
        objects = combined(found, combine, failed if on_error == "collect" else None)
    else:
        failed[0][1].add_note(f"none of the {len(failed)} files could be loaded, so there is nothing to combine")
        raise failed[0][1]
    return (objects, _table(matches, failed)) if on_error == "collect" else objects


def _check(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} is one of {', '.join(map(repr, choices))}, not {value!r}")


def _matches(asked: StrPath | Iterable[StrPath], missing: dict[Path, MissingFileError] | None) -> list[Match]:
    """The files asked for; what is not there goes to *missing*, or raises."""
    if isinstance(asked, str | os.PathLike):
        return _located(asked)
    found: list[Match] = []
    for one in asked:
        try:
            found += _located(one)
        except MissingFileError as error:
            if missing is None:
                raise
            path = Path.cwd() / routing.normalised(one)
            missing[path] = error
            found.append(Match(path, os.fspath(one), {}))
    return found


def _located(asked: StrPath) -> list[Match]:
    found = locate(routing.normalised(asked), use_caller_path=False)
    return [Match(found, os.fspath(asked), {})] if isinstance(found, Path) else found


def _table(matches: list[Match], failed: list[tuple[Match, Exception]]) -> pd.DataFrame:
    """Why what could not be loaded, in the order of the files."""
    import pandas as pd

    order = {id(match): at for at, match in enumerate(matches)}
    rows = [
        (str(match.path), type_name(type(error)), str(error))
        for match, error in sorted(failed, key=lambda one: order[id(one[0])])
    ]
    return pd.DataFrame(rows, columns=["path", "error", "message"])
