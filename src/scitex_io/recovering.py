"""`recover` puts in place what a killed writer left."""

from __future__ import annotations

import json
import os
from pathlib import Path

from scitex_io.disk import journals, routing
from scitex_io.errors import MissingFileError, UnreadableFileError
from scitex_io.handler import FormatHandler
from scitex_io.messages import shown, warn
from scitex_io.typing import StrPath
from scitex_io.writing import appender_for, place_of, publish


def recover(
    path: StrPath,
    *,
    to: StrPath | None = None,
    handler: FormatHandler | None = None,
    durable: bool = False,
    use_caller_path: bool = False,
) -> Path:
    """Put in place what a killed `writer` of *path* left: all batches that are whole.

    Parameters
    ----------
    path
        What the writer was given (a relative path is looked for in the current directory as well).
    to
        Put it here instead, under a name of the same extension.
    handler
        That of the writer, if it was given one.
    durable
        Return only when the file is on the disk.
    use_caller_path
        Find the calling script behind installed libraries that wrap this function.

    Returns
    -------
    The path written.

    Raises
    ------
    MissingFileError
        No writer left anything here.
    BeingWrittenError
        The writer is alive.
    UnreadableFileError
        No batch is whole.
    """
    target = _left_at(path, use_caller_path=use_caller_path)
    place = target if to is None else place_of(to, use_caller_path=use_caller_path)
    with journals.left(os.path.realpath(target)) as found:
        if not found.ends:
            advice = f"delete the folder if nothing else is wanted from it: '{found.folder}'"
            raise UnreadableFileError(str(target), "a writer's batches", "none of them is whole", advice)
        try:
            about = json.loads(journals.about(found.folder))
            name, options = str(about["format"]), dict(about["options"])
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableFileError(
                str(target), "a writer's batches", f"their description is damaged: {error}"
            ) from error
        chosen = appender_for(place, handler, name).with_options(options, "save")
        publish(chosen, found, place, durable=durable)
        if found.damaged:
            text = f"'{shown(place)}': {found.damaged} of {len(found.ends) + found.damaged} batches are damaged and were left out"
            warn(f"{text}; all that was written stays in '{found.folder}'", RuntimeWarning)
        else:
            journals.discard(found.folder)
    return place


def _left_at(path: StrPath, *, use_caller_path: bool) -> Path:
    """The place whose writer left something."""
    asked = Path(os.fspath(path).removesuffix(f"{os.sep}").removesuffix(journals.SUFFIX))
    places = list(dict.fromkeys((Path.cwd() / asked, place_of(asked, use_caller_path=use_caller_path))))
    for place in places:
        if os.path.isdir(os.path.realpath(place) + journals.SUFFIX):
            return routing.normalised(place)
    looked = tuple(f"{place}{journals.SUFFIX}" for place in places)
    raise MissingFileError(looked, str(path), "no writer left anything of")
