"""How a file came about: the script, the command, the commit, the versions, and the files that were loaded before."""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from scitex_io.disk import inputs, routing

KEY = "provenance"
"""Where it stands in the metadata of a file."""
PATIENCE = 10  # seconds for git


def gathered() -> dict[str, Any]:
    """All of it, now."""
    script = routing.script(routing.caller())
    folder = script.parent if script is not None else Path.cwd()
    return {
        "script": None if script is None else str(script.absolute()),
        "command": list(sys.orig_argv),
        "time": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "git": commit(folder),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": versions(),
        "inputs": [_input(path, seen) for path, seen in inputs.loaded()],
    }


def _input(path: Path, seen: inputs.Seen) -> dict[str, Any]:
    facts: dict[str, Any] = {"path": str(path), "size": seen.size}
    # What was loaded is gone: its hash cannot be told any more.
    return facts | {"sha256": None if inputs.has_changed(path, seen) else inputs.digest(path)}


def commit(folder: Path) -> dict[str, Any] | None:
    """The commit that is checked out there, and whether files differ from it; None outside a repository."""

    def git(*words: str) -> str | None:
        # A repository may name programs to run (core.fsmonitor); nothing of it is to run here.
        safe = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *words]
        try:
            done = subprocess.run(  # noqa: S603  # fixed words
                safe,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=True,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip()

    found = git("rev-parse", "HEAD")
    if found is None:
        return None
    changes = git("status", "--porcelain")
    return {"commit": found, "dirty": None if changes is None else bool(changes)}


def versions() -> dict[str, str]:
    """The installed packages that are imported, with their versions."""
    from importlib.metadata import PackageNotFoundError, version

    roots = {name.partition(".")[0] for name in list(sys.modules)}
    found: dict[str, str] = {}
    for root in sorted(roots & _distributions().keys()):
        for name in _distributions()[root]:
            try:
                found[name] = version(name)
            except PackageNotFoundError:  # removed meanwhile
                continue
    return dict(sorted(found.items()))


@cache
def _distributions() -> dict[str, list[str]]:
    """Which packages bring each module; read once, as all of them have to be looked at."""
    from importlib.metadata import packages_distributions

    return {root: sorted(set(names)) for root, names in packages_distributions().items()}
