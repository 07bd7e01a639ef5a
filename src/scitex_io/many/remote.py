"""A process that loads files for this one.

It is started afresh and runs nothing of the user's script, whether that guards its main part or not. What it holds is
sent back as a pickle. Whatever it cannot do is done here instead.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from scitex_io.errors import UnreadableFileError
from scitex_io.handler import FormatHandler
from scitex_io.loading import given, held, native
from scitex_io.policy import NOTHING_SAID, Terms

CODE = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); from scitex_io.many.remote import serve; serve()"
)
READY = "ready"


class Unavailable(Exception):  # noqa: N818  # no error of the user's, and nobody sees it
    """No such process can be started here."""


class Remote:
    """The process, seen from here."""

    def __init__(self, handlers: Sequence[FormatHandler]) -> None:
        if getattr(sys, "frozen", False) or "python" not in os.path.basename(sys.executable or "").lower():
            raise Unavailable  # an application of its own, which would be started anew
        if any(type(handler).__module__ == "__main__" for handler in handlers):
            raise Unavailable  # known to the script alone
        self.alive: bool = True
        try:
            self._first = pickle.dumps(sys.path) + pickle.dumps(tuple(handlers))
            self._process = subprocess.Popen(  # noqa: S603  # this very interpreter
                [sys.executable, "-c", CODE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for us, and we end it
            )
        except Exception as error:  # a handler of the script itself, no process to be had, ...
            raise Unavailable from error

    def is_ready(self) -> bool:
        """Wait until the libraries are imported there; False if that failed."""
        try:
            self._send(self._first)
            return bool(self._received() == READY)
        except (EOFError, OSError, pickle.UnpicklingError):
            return False

    def read(self, handler: FormatHandler, path: Path, as_type: Any, terms: Terms = NOTHING_SAID) -> Any:
        """What `scitex_io.loading.read` gives."""
        wanted = native(handler, as_type)
        try:
            self._send(pickle.dumps((handler, path, wanted, terms.max_bytes)))
            found, obj, warned = self._received()
        except (EOFError, OSError) as error:
            self.alive = False
            code = self._process.wait()
            raise UnreadableFileError(str(path), handler.name, f"the process that read it ended ({code})") from error
        if not found:
            return given(held(handler, path, wanted, terms), path, as_type)
        for message, category, filename, lineno in warned:
            warnings.warn_explicit(message, category, filename, lineno)
        return given(obj, path, as_type)

    def kill(self) -> None:
        """End the process, whatever it is doing; for any thread."""
        self._process.kill()

    def close(self) -> None:
        """End the process and forget it; for the thread that talks to it."""
        self._process.kill()
        with suppress(BrokenPipeError):
            self._process.communicate()

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def _received(self) -> Any:
        assert self._process.stdout is not None
        return pickle.load(self._process.stdout)  # noqa: S301  # written by our own code


def serve() -> None:
    """What the process does: load what it is asked for until nobody asks any more."""
    asked = sys.stdin.buffer
    told = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer

    def tell(data: bytes) -> None:
        told.write(data)
        told.flush()

    try:
        for handler in pickle.load(asked):  # noqa: S301  # written by our own code
            for root in handler.requires:
                import_module(root)
    except Exception:  # noqa: BLE001  # whatever is missing here: the files are read over there
        return
    tell(pickle.dumps(READY))
    while True:
        try:
            handler, path, wanted, max_bytes = pickle.load(asked)  # noqa: S301  # written by our own code
        except EOFError:
            return
        tell(_answer(handler, path, wanted, Terms(max_bytes=max_bytes)))


def _answer(handler: FormatHandler, path: Path, wanted: type | None, terms: Terms) -> bytes:
    """Whether it worked, the object and the warnings; if not, the error is found by reading the file over there."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")  # those over there decide
            obj = held(handler, path, wanted, terms)
        told = [(one.message, one.category, one.filename, one.lineno) for one in caught]
        return pickle.dumps((True, obj, told), 5)
    except Exception:  # noqa: BLE001  # of the file, or of an object that cannot be pickled
        return pickle.dumps((False, None, []))
