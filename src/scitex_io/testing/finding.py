"""The subject that ``package.module:VALUE`` names."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

from scitex_io.handler import FormatHandler
from scitex_io.testing.subject import Subject


def found(reference: str) -> Subject:
    """The subject; a handler or its class is one with nothing more to say.

    Raises
    ------
    ValueError
        The reference names nothing that can be checked.
    """
    module, _, name = reference.partition(":")
    if not module or not name:
        raise ValueError(f"'{reference}' is not of the form package.module:VALUE")
    if (here := os.getcwd()) not in sys.path:  # as `python -m` does
        sys.path.insert(0, here)
    try:
        value: Any = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"'{reference}' cannot be imported: {error}") from error
    if isinstance(value, Subject):
        return value
    if isinstance(value, FormatHandler) or (isinstance(value, type) and issubclass(value, FormatHandler)):
        return Subject(handler=value)
    raise ValueError(f"'{reference}' is neither a handler nor a Subject: {value!r}")
