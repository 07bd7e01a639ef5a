"""CBOR (.cbor, RFC 8949), through cbor2."""

from __future__ import annotations

import datetime
import decimal
import fractions
import uuid
from pathlib import Path
from typing import Any, NoReturn

from attrs import frozen

from scitex_io.content.parts import TreePart
from scitex_io.content.trees import DEPTH, SCALARS, Words, plain, rows
from scitex_io.errors import UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.forms import keeps_zone
from scitex_io.handler import Accepts, FormatHandler
from scitex_io.typing import Saver

MARK = b"\xd9\xd9\xf7"  # a tag that says "this is CBOR" and nothing else
SHARED, REGEX, MIME = 29, 35, 36  # tags


def _is_instant(moment: Any) -> bool:
    return moment.tzinfo is not None and keeps_zone(moment)


def _is_number(value: Any) -> bool:
    # The others become floats, or lose the sign of their zero.
    return bool(value.is_finite() and (value or not value.is_signed()))


EXACT = (bytes, complex, datetime.date, fractions.Fraction, uuid.UUID)
WORDS = Words(
    "cbor",
    scalars=SCALARS | set(EXACT),
    keys=SCALARS | {bytes},
    natives={datetime.datetime: _is_instant, decimal.Decimal: _is_number},
)


def _refused(_: Any, __: bool) -> NoReturn:
    raise ValueError("it holds references to values elsewhere in it, by which a value can contain itself")


@frozen(kw_only=True)
class Cbor(FormatHandler, TreePart, Saver[Any]):
    """Dicts, lists, text, numbers of any size, bytes, dates and instants, in few bytes."""

    name = "cbor"
    alone = True
    extensions = (".cbor",)
    accepts = (
        Accepts(dict, domain="keys are text, numbers, bytes or None"),
        *(Accepts(kind) for kind in (list, str, int, float, bool, type(None), *EXACT)),
        Accepts("datetime.datetime", domain="an offset of whole minutes", where=_is_instant),
        Accepts("decimal.Decimal", domain="finite", where=_is_number),
        *(row for row in rows() if row.type not in {bytes, complex, *(f"{k.__module__}.{k.__name__}" for k in EXACT)}),
    )
    yields = (object,)
    requires = ("cbor2",)
    extra = "cbor"

    def save(self, obj: Any, path: Path, /) -> None:
        """Write one value; keys of dicts keep their types."""
        import cbor2

        tree = plain(obj, WORDS)
        try:
            data = cbor2.dumps(tree)
        except UnicodeEncodeError as error:
            reason = "a lone surrogate cannot be written in UTF-8"
            raise UnsupportedTypeError(self.name, type_name(type(obj)), reason=reason) from error
        path.write_bytes(data)

    def load(self, path: Path, /) -> Any:
        """Read one value; a tag without a meaning here comes as `cbor2.CBORTag`."""
        import cbor2

        def as_tag(number: int) -> Any:
            # The library would compile the pattern, or parse the message, that the file holds.
            return lambda value, _: cbor2.CBORTag(number, value)

        meanings = {SHARED: _refused, REGEX: as_tag(REGEX), MIME: as_tag(MIME)}
        with path.open("rb") as file:
            # The library gives what stands in a tag as tuples.
            file.seek(len(MARK) if file.read(len(MARK)) == MARK else 0)
            tree = cbor2.CBORDecoder(
                file, semantic_decoders=meanings, allow_duplicate_keys=False, max_depth=2 * DEPTH
            ).decode()
            if file.read(1):
                raise UnreadableFileError(str(path), self.name, "more follows behind its one value")
        return self.part_of(tree, path)
