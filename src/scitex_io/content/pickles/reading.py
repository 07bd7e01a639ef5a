"""Pickles read under the policy in force: data at once, the rest if it is allowed."""

from __future__ import annotations

import copyreg
import pickle
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any

from scitex_io.content.pickles import quick
from scitex_io.content.pickles.careful import Careful, UnknownNameError
from scitex_io.content.pickles.memos import is_bounded
from scitex_io.content.pickles.rules import HostileError
from scitex_io.content.pickles.survey import survey
from scitex_io.policy import Policy, trusted

HOSTILE = "it uses what is admitted as no data do"
Opened = Callable[[], AbstractContextManager[IO[bytes]]]


def unpickled(opened: Opened, path: Path, **options: Any) -> Any:
    """The object that a file holds.

    Parameters
    ----------
    opened
        Opens the pickle from its beginning, seekable; it may be read more than once.
    path
        The file, for the error.
    **options
        ``encoding`` and ``errors`` of texts of Python 2.

    Raises
    ------
    UntrustedFileError
        It wants more than data, and nobody allowed that.
    """
    policy = trusted()
    if not policy.everything:
        try:
            return as_data(opened, policy, **options)
        except (UnknownNameError, HostileError) as error:
            if not policy.written_here():
                with opened() as file:
                    wanted = survey(file, policy).names
                raise policy.refusal(path, wanted, "" if wanted else HOSTILE) from error
    with opened() as file:
        return pickle.load(file, **options)  # noqa: S301  # it is trusted


def as_data(opened: Opened, policy: Policy, **options: Any) -> Any:
    """The object, of data and what *policy* names.

    Raises
    ------
    UnknownNameError, HostileError
        The file wants something else.
    """
    # What an extension code stands for would be taken from there without a question.
    copyreg.clear_extension_cache()
    try:
        with opened() as file:
            if is_bounded(file):
                return quick.loaded(file, policy, **options)
    except (UnknownNameError, MemoryError):
        raise
    except Exception:  # noqa: BLE001, S110  # hostile, damaged or beyond it: the other finds out which
        pass
    with opened() as file:
        return Careful(file, policy, **options).load()
