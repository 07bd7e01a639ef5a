"""Variables kept from one run of a script to the next."""

from __future__ import annotations

from collections import ChainMap
from pathlib import Path
from typing import Any

from scitex_io import api
from scitex_io.disk import routing
from scitex_io.errors import InvalidPathError, MissingKeyError
from scitex_io.typing import StrPath


def cache(id: str, *args: str, cache_root: StrPath | None = None) -> tuple[Any, ...]:  # noqa: A002  # the name that scripts use
    """The named variables of the caller: kept under *id* where all are defined, else as they were kept.

    >>> x, y = 1, [2.5]
    >>> x, y = cache("my_id", "x", "y")  # kept
    >>> del x, y
    >>> cache("my_id", "x", "y")  # brought back
    (1, [2.5])

    Parameters
    ----------
    id
        Names the file, ``<id>.pkl``, in *cache_root* (default ``$SCITEX_DIR/io/runtime/cache``).
    *args
        Names of variables.
    cache_root
        Another folder.

    Returns
    -------
    The values, in the order of the names.

    Raises
    ------
    ValueError
        Nothing was kept under *id*, and not all variables are defined; or *id* is no name of a file.
    KeyError
        What was kept has no such variable.
    """
    path = _file(id, cache_root)
    if not args:
        return ()
    frame = routing.caller()
    defined: ChainMap[str, Any] = ChainMap(frame.f_locals, frame.f_globals)
    if all(name in defined for name in args):
        values = {name: defined[name] for name in args}
        api.save(values, path, verbose=False)
    elif path.is_file():
        values = api.load(path, cache=False)
        for name in args:
            if name not in values:
                raise MissingKeyError(str(path), name, tuple(values))
    else:
        missing = ", ".join(name for name in args if name not in defined)
        raise ValueError(
            f"Cache file not found and not all variables are defined. '{path}' does not exist, and {missing} is not defined"
        )
    return tuple(values[name] for name in args)


def _file(name: str, root: StrPath | None) -> Path:
    # A name, not a path: what is cached stays in the folder of the cache.
    if not isinstance(name, str) or not name or name.startswith(".") or set(name) & set("/\\\0:"):
        raise InvalidPathError(str(name), "the id of a cache is the name of a file: no folders, no leading dot")
    folder = routing.cache_dir() if root is None else Path(root).expanduser().absolute()
    return folder / f"{name}.pkl"
