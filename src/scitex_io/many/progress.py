"""A bar for work that takes long, where somebody sees it."""

from __future__ import annotations

import sys
from threading import Lock, Timer
from typing import Any, Self

DELAY = 1.0  # seconds


class Bar:
    """Counts files, and shows the count from the second second on."""

    def __init__(self, total: int, wanted: bool | None) -> None:
        self._total = total
        self._done = 0
        self._bar: Any = None
        self._lock = Lock()
        # By a clock of its own: the first file may take minutes.
        self._timer: Timer | None = None
        if wanted or (wanted is None and total > 1 and _is_seen()):
            self._timer = Timer(0.0 if wanted else DELAY, self._show)
            self._timer.daemon = True

    def __enter__(self) -> Self:
        if self._timer is not None:
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            with self._lock:
                self._timer.cancel()
                if self._bar is not None:
                    self._bar.close()
                self._timer = None

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        if self._timer is not None:
            with self._lock:
                if self._bar is not None:
                    self._bar.update()

    def _show(self) -> None:
        bar: Any
        if _in_notebook() and _has_widgets():
            from tqdm.notebook import tqdm as bar
        else:
            from tqdm.std import tqdm as bar
        with self._lock:
            if self._timer is not None:
                self._bar = bar(total=self._total, initial=self._done, unit="file", desc="Loading", leave=False)


def _is_seen() -> bool:
    return _in_notebook() or (sys.stderr is not None and sys.stderr.isatty())


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


def _has_widgets() -> bool:
    from importlib.util import find_spec

    return find_spec("ipywidgets") is not None
