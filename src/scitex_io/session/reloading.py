"""Import a module again; write out what is buffered."""

from __future__ import annotations

import importlib
import inspect
import os
import sys as _sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


def reload(module_or_func: ModuleType | Callable[..., Any] | type, verbose: bool = False) -> None:
    """Import a module again, or the module in which a function or class is defined.

    Names that were imported from it elsewhere still mean the old objects.

    Raises
    ------
    ImportError
        The module cannot be found.
    TypeError
        The argument is no module and belongs to none.
    """
    module = module_or_func if isinstance(module_or_func, ModuleType) else inspect.getmodule(module_or_func)
    if module is None:
        raise TypeError(f"{module_or_func!r} is no module, and is defined in none")
    # Under the name it has now: reload looks it up there.
    _sys.modules.setdefault(module.__name__, module)
    importlib.reload(module)
    if verbose:
        print(f"reloaded {module.__name__}")  # noqa: T201  # asked for


def flush(sys: Any = _sys, *, sync_fn: Callable[[], None] | None = None) -> None:
    """Write out what standard output and standard error hold, and what the system has not yet put on the disk."""
    sys.stdout.flush()
    sys.stderr.flush()
    sync = sync_fn or getattr(os, "sync", None)  # Windows has none
    if sync is not None:
        sync()
