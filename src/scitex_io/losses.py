"""How a saver says that something will not come back as it was.

A handler that has to change a value calls `lose` with a few words; who saves decides what becomes
of it (``on_loss=``). Outside `collecting` a loss is simply warned about, so a handler used on its own
is honest as well.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from scitex_io.notices import LossyWarning

_collected: ContextVar[dict[str, None] | None] = ContextVar("scitex_io_losses", default=None)


def lose(what: str) -> None:
    """Announce a change of values, in words a user understands: "tuples become lists (at 'a.b')"."""
    found = _collected.get()
    if found is None:
        warnings.warn(what, LossyWarning, stacklevel=3)
    else:
        found[what] = None


@contextmanager
def collecting() -> Iterator[dict[str, None]]:
    """Gather the losses announced inside, each once, in order, as the keys of a dict."""
    found: dict[str, None] = {}
    token = _collected.set(found)
    try:
        yield found
    finally:
        _collected.reset(token)
