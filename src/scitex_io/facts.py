"""What a file holds, told without loading it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from scitex_io.disk import routing
from scitex_io.disk.trust import policy_for
from scitex_io.errors import InvalidPathError
from scitex_io.loading import loader_for, locate, read
from scitex_io.messages import bytes_of, naming
from scitex_io.policy import trusting
from scitex_io.typing import StrPath, is_describer


def info(path: StrPath, ext: str | None = None) -> dict[str, Any]:
    """Facts about a file: format, size, and what it holds, read without loading more than needed.

    Parameters
    ----------
    path
        One file; a relative path is looked for as by `load`.
    ext
        Read it as this format whatever its name says.

    Returns
    -------
    ``path``, ``format``, ``bytes`` and what the format tells (see `Describer`): ``kind``, ``shape``, ``dtype``, ``columns``, ``keys``, ...

    Raises
    ------
    MissingFileError, UnknownFormatError, UnreadableFileError
        As by `load`.
    """
    found = locate(routing.normalised(path), use_caller_path=False)
    if not isinstance(found, Path):
        raise InvalidPathError(os.fspath(path), "facts are given for one file at a time")
    handler = loader_for(found, ext, None, None)
    facts: dict[str, Any] = {"path": str(found), "format": handler.name, "bytes": bytes_of(found)}
    if is_describer(handler):
        with naming(handler, found, "load"), trusting(policy_for(found, False)):
            told = handler.describe(found)
        if told:
            return facts | told
    from scitex_io.describe import described

    return facts | described(read(handler, found, None))
