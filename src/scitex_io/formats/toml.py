"""TOML (.toml)."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from attrs import frozen

from scitex_io.errors import UnsupportedTypeError
from scitex_io.handler import Accepts, FormatHandler
from scitex_io.trees import SCALARS, Words, plain, rows
from scitex_io.typing import Loader, Saver


def keeps_zone(moment: datetime.datetime) -> bool:
    """Is its time zone none, or an offset of whole minutes, which is all that a file can tell?"""
    zone = moment.tzinfo
    if zone is None:
        return True
    offset = zone.utcoffset(None) if type(zone) is datetime.timezone else None
    return offset is not None and offset % datetime.timedelta(minutes=1) == datetime.timedelta()


WORDS = Words(
    "toml",
    scalars=SCALARS - {type(None)},
    natives={
        datetime.datetime: lambda value: keeps_zone(value) and not value.fold,
        datetime.date: lambda _: True,
        datetime.time: lambda value: value.tzinfo is None and not value.fold,
    },
    leaves_out_none=True,
)


@frozen(kw_only=True)
class Toml(FormatHandler, Saver[Any], Loader["dict[str, Any]"]):
    """A dict of settings, tables as dicts inside."""

    name = "toml"
    extensions = (".toml",)
    accepts = (Accepts(dict, domain="keys are text"), *rows(dict))
    yields = (dict,)
    requires = ("tomli_w",)

    def save(self, obj: Any, path: Path, /) -> None:
        """Write UTF-8 text."""
        import tomli_w

        tree = plain(obj, WORDS)
        try:
            data = tomli_w.dumps(tree, multiline_strings=False).encode()
        except UnicodeEncodeError as error:
            raise UnsupportedTypeError(self.name, "dict", reason="a lone surrogate cannot be written in UTF-8") from error
        path.write_bytes(data)

    def load(self, path: Path, /) -> dict[str, Any]:
        """Read TOML 1.0."""
        import tomllib

        with path.open("rb") as file:
            return tomllib.load(file)
