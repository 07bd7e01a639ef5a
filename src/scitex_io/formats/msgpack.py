"""MessagePack (.msgpack), through msgspec."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from attrs import frozen

from scitex_io.content.parts import TreePart
from scitex_io.content.trees import SCALARS, Words, plain, rows
from scitex_io.errors import UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, FormatHandler
from scitex_io.typing import Saver


def _is_utc(moment: Any) -> bool:
    # The format's timestamps are instants: they have no zone but this.
    return moment.tzinfo is datetime.UTC


WORDS = Words(
    "msgpack",
    scalars=SCALARS | {bytes},
    keys=SCALARS | {bytes},
    natives={datetime.datetime: _is_utc},
)


@frozen(kw_only=True)
class Msgpack(FormatHandler, TreePart, Saver[Any]):
    """Dicts, lists, text, numbers, bytes and instants, in few bytes."""

    name = "msgpack"
    alone = True
    extensions = (".msgpack",)
    accepts = (
        Accepts(dict, domain="keys are text, numbers, bytes or None"),
        Accepts(int, domain="from -2**63 to 2**64 - 1"),
        *(Accepts(kind) for kind in (list, str, float, bool, type(None), bytes)),
        Accepts("datetime.datetime", domain="UTC", where=_is_utc),
        *(row for row in rows() if row.type is not bytes),
    )
    yields = (object,)
    requires = ("msgspec",)
    extra = "msgpack"

    def save(self, obj: Any, path: Path, /) -> None:
        """Write one value; keys of dicts keep their types."""
        import msgspec

        tree = plain(obj, WORDS)
        try:
            path.write_bytes(msgspec.msgpack.encode(tree))
        except (OverflowError, UnicodeEncodeError) as error:  # an integer of more than 64 bits, a lone surrogate
            raise UnsupportedTypeError(self.name, type_name(type(obj)), reason=str(error)) from error

    def load(self, path: Path, /) -> Any:
        """Read one value; an extension type that is no timestamp comes as `msgspec.msgpack.Ext`."""
        import msgspec

        try:
            tree = msgspec.msgpack.decode(path.read_bytes())
        except RecursionError:
            raise UnreadableFileError(str(path), self.name, "it is nested too deeply") from None
        return self.part_of(tree, path)
