"""Where a relative path lands.

A script ``/p/a.py`` saves below ``/p/a_out``, a notebook ``/p/b.ipynb`` below ``/p/b_out``, anything
interactive below ``$SCITEX_DIR/io/runtime/cache``. The anchor is the first frame of the call stack
outside this package.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Literal, TypeAlias

from scitex_io.errors import InvalidPathError
from scitex_io.typing import StrPath

Environment: TypeAlias = Literal["script", "jupyter", "ipython", "interactive"]

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep

_hinted = False


def state_dir() -> Path:
    """``$SCITEX_DIR``, by default ``~/.scitex``."""
    return Path(os.environ.get("SCITEX_DIR") or "~/.scitex").expanduser()


def cache_dir() -> Path:
    """Where interactive sessions save: ``$SCITEX_DIR/io/runtime/cache``."""
    return state_dir() / "io" / "runtime" / "cache"


def normalised(path: StrPath) -> Path:
    """The path with ``~`` expanded and ``..`` taken out.

    Raises
    ------
    InvalidPathError
        It is empty or holds a NUL.
    """
    text = os.fspath(path)
    if not isinstance(text, str):
        text = os.fsdecode(text)
    if "\0" in text:
        raise InvalidPathError(text, "it holds a NUL character")
    if not text:
        raise InvalidPathError(text, "it is empty")
    if text.startswith("~"):
        text = os.path.expanduser(text)
    return Path(os.path.normpath(text))


def _installed(file: str) -> bool:
    """Is it a file of an installed package or of the standard library?"""
    folders = Path(file).parts
    return "site-packages" in folders or "dist-packages" in folders or file.startswith(STANDARD_LIBRARY)


def caller(*, skip_libraries: bool = False) -> FrameType:
    """The first frame outside this package; with *skip_libraries* outside every installed one as well."""
    frame: FrameType = sys._getframe(1)  # noqa: SLF001  # the documented way to the call stack
    last = frame
    while True:
        name = frame.f_code.co_filename
        inside = name.startswith((PACKAGE, "<attrs", "<frozen "))
        if not inside and not (skip_libraries and _installed(name)):
            return frame
        if not inside:
            last = frame
        if frame.f_back is None:
            return last
        frame = frame.f_back


def _source(frame: FrameType) -> Path | None:
    """The file a frame's code was read from; None for typed, piped and executed text."""
    name = frame.f_code.co_filename
    if name.startswith("<") or f"{os.sep}ipykernel_" in name:
        return None
    if not os.path.isabs(name):
        name = frame.f_globals.get("__file__") or name
    return Path(name) if os.path.isfile(name) else None


def script(frame: FrameType) -> Path | None:
    """The script or notebook that the code of *frame* belongs to; None where it was typed."""
    return _notebook(frame) if environment(frame) == "jupyter" else _source(frame)


def environment(frame: FrameType) -> Environment:
    """What kind of session the code of *frame* runs in."""
    if not sys.flags.interactive and _source(frame) is not None:
        return "script"
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return "interactive"
    return "jupyter" if hasattr(shell, "kernel") else "ipython"


def anchor(*, use_caller_path: bool = False, env_detector: Callable[[], str] | None = None) -> Path:
    """The folder below which a relative path is saved.

    Raises
    ------
    ValueError
        *env_detector* names no known environment.
    """
    frame = caller(skip_libraries=use_caller_path)
    found = environment(frame) if env_detector is None else env_detector()
    if found == "script":
        source = _source(frame) or Path(os.path.abspath(sys.argv[0] or "script.py"))
        return source.with_name(f"{source.stem}_out")
    if found == "jupyter":
        notebook = _notebook(frame)
        return notebook.with_name(f"{notebook.stem}_out") if notebook is not None else _unknown_notebook()
    if found in {"ipython", "interactive"}:
        return cache_dir()
    raise ValueError(f"refusing to guess: the environment {found!r} is none of jupyter, ipython, script, interactive")


def _notebook(frame: FrameType) -> Path | None:
    """The notebook that runs, by what the programs around it say; first hit wins."""
    if (named := os.environ.get("SCITEX_NOTEBOOK_PATH")) and os.path.isfile(named):
        return Path(named).absolute()
    shell_names = getattr(sys.modules.get("__main__"), "__dict__", {}) | frame.f_globals
    for name in ("__vsc_ipynb_file__", "__session__", "__notebook__"):
        if (value := shell_names.get(name)) and str(value).endswith(".ipynb"):
            return Path(value).absolute()
    try:
        import ipynbname  # pyright: ignore[reportMissingImports]  # optional

        return Path(ipynbname.path())
    except Exception:  # noqa: BLE001, S110  # absent, or no server that answers: the next way
        pass
    for word in sys.argv[1:]:
        if word.endswith(".ipynb"):
            return Path(word).absolute()
    return None


def _unknown_notebook() -> Path:
    global _hinted  # noqa: PLW0603  # one hint for each process
    if not _hinted and os.environ.get("SCITEX_IO_QUIET_NOTEBOOK_WARN") != "1":
        _hinted = True
        sys.stderr.write(
            "scitex_io: the name of this notebook is unknown, saving below ./notebook_out"
            " (set SCITEX_NOTEBOOK_PATH to name it, SCITEX_IO_QUIET_NOTEBOOK_WARN=1 to silence this)\n"
        )
    return Path.cwd() / "notebook_out"
