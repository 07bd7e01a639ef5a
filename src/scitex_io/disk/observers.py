"""Functions told of every save and load."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from scitex_io.notices import HookWarning

SaveHook = TypeVar("SaveHook", bound="Callable[[Path, Any, dict[str, Any]], object]")
LoadHook = TypeVar("LoadHook", bound="Callable[[Path, Any], object]")

_after_save: list[Callable[[Path, Any, dict[str, Any]], object]] = []
_after_load: list[Callable[[Path, Any], object]] = []


def register_post_save_hook(fn: SaveHook) -> SaveHook:
    """Call ``fn(path, obj, kwargs)`` after every successful save, in the order of registration.

    A hook that fails is a `HookWarning`; the save stays done.
    """
    _after_save.append(fn)
    return fn


def register_post_load_hook(fn: LoadHook) -> LoadHook:
    """Call ``fn(path, obj)`` after every file loaded, once for each file of a pattern.

    A hook that fails is a `HookWarning`; the load stays done.
    """
    _after_load.append(fn)
    return fn


def saved(path: Path, obj: object, options: Mapping[str, Any]) -> None:
    """Tell the save hooks."""
    for hook in tuple(_after_save):
        _tell(hook, path, obj, dict(options))


def loaded(path: Path, obj: object) -> None:
    """Tell the load hooks."""
    for hook in tuple(_after_load):
        _tell(hook, path, obj)


def _tell(hook: Callable[..., object], *facts: object) -> None:
    try:
        hook(*facts)
    except Exception as error:  # noqa: BLE001  # a hook may fail in any way and must not undo a save
        warnings.warn(
            f"hook {getattr(hook, '__qualname__', hook)!r} failed for '{facts[0]}': {error!r}",
            HookWarning,
            stacklevel=4,
        )
