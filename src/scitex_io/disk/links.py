"""Symbolic links to what was saved: relative, replaced atomically, never in place of a file."""

from __future__ import annotations

import os
from pathlib import Path

from scitex_io.disk.rooms import room
from scitex_io.errors import LinkError


def check(link: Path, target: Path) -> None:
    """See that *link* may become a link to *target*, before anything is written.

    Raises
    ------
    LinkError
        A file or folder stands there, or the link would be the target itself.
    """
    if _place(link) == target or (os.path.lexists(link) and not link.is_symlink()):
        raise LinkError(str(link))


def plant(link: Path, target: Path) -> None:
    """Make *link* a relative link to *target*, with its parent folders."""
    link.parent.mkdir(parents=True, exist_ok=True)
    place = _place(link)
    check(link, target)
    with room(str(place.parent)) as scratch:
        fresh = os.path.join(scratch, place.name)
        os.symlink(os.path.relpath(os.path.realpath(target.parent) + os.sep + target.name, place.parent), fresh)
        os.replace(fresh, place)


def _place(link: Path) -> Path:
    """Where the link itself lies, whatever links lead to its folder."""
    return Path(os.path.realpath(link.parent), link.name)
