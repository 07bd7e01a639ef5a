"""What archives have in common: the table of their members, and the way to one of them."""

from __future__ import annotations

import datetime
import re
import shutil
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import evolve, field, frozen

from scitex_io.content.parts import load_key_option
from scitex_io.content.tables import as_wanted
from scitex_io.describe import KEYS
from scitex_io.errors import MissingKeyError, OptionError, UntrustedFileError
from scitex_io.handler import FormatHandler, PassThrough
from scitex_io.limits import counted, unfold
from scitex_io.typing import Container, Describer, Loader, TypedLoader, Verb

if TYPE_CHECKING:
    import pandas as pd

FILE, FOLDER, LINK, OTHER = "file", "folder", "link", "other"
PIECE = 1 << 20
LONGEST = 60  # characters of a name that every file system takes, up to four bytes each


@frozen
class Member:
    """One entry of an archive."""

    name: str
    kind: str
    size: int
    compressed_size: int | None
    modified: datetime.datetime | None
    source: Any = field(eq=False, repr=False)  # what the library knows of it


@frozen(kw_only=True)
class Archive(FormatHandler, PassThrough, Loader["pd.DataFrame"], TypedLoader, Describer, Container):
    """The files in it as a table; with ``member=`` what one of them holds.

    Parameters
    ----------
    member, key
        The name of a file in it, loaded by its own extension; other options and ``as_type=`` are for its format.
    """

    yields = ("pandas.DataFrame", list, dict)
    requires = ("pandas",)

    member: str | None = load_key_option()
    key: str | None = load_key_option()

    def __attrs_post_init__(self) -> None:
        if self.member is not None and self.key is not None:
            raise ValueError("member and key both name the member: one is enough")

    @property
    def wanted(self) -> str | None:
        """The name of the member asked for."""
        return self.member if self.member is not None else self.key

    def with_options(self, options: Mapping[str, Any], verb: Verb, /) -> Self:
        """The same with other options; what it does not know itself is for the format of the member."""
        own = {name: value for name, value in options.items() if name in self.options_for(verb)}
        others = {name: value for name, value in options.items() if name not in own}
        found = super().with_options(own, verb)
        return evolve(found, extra_options=others) if found.wanted is not None else super().with_options(others, verb)

    def options_inside(self) -> Mapping[str, Any] | None:
        """The options for the format of the member asked for; None: no member is."""
        return None if self.wanted is None else self.extra_options

    def load(self, path: Path, /) -> pd.DataFrame:
        """Name, kind, sizes and time of change of everything in it, in its order."""
        import pandas as pd

        if self.wanted is not None:
            reason = "a member of an archive that is compressed once more cannot be reached"
            raise OptionError(self.name, "load", "member", self.options_for("load"), reason=reason)
        with self.opened(path) as members:
            found = list(members)
        return pd.DataFrame(
            {
                "name": pd.Series([member.name for member in found], dtype="str"),
                "kind": pd.Series([member.kind for member in found], dtype="str"),
                "is_dir": pd.Series([member.kind == FOLDER for member in found], dtype=bool),
                "size": pd.Series([member.size for member in found], dtype="int64"),
                "compressed_size": pd.Series([member.compressed_size for member in found], dtype="Int64"),
                "modified": pd.Series([member.modified for member in found], dtype=self.clock),
            }
        )

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """The same table as plain data."""
        return as_wanted(self.load(path), wanted)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """How many files there are, and the first of them."""
        with self.opened(path) as members:
            files = [member for member in members if member.kind == FILE]
        keys = {member.name: f"{member.size} bytes" for member in files[:KEYS]}
        if len(files) > KEYS:
            keys["..."] = f"more than {KEYS} keys"
        return {"kind": "archive", "files": len(files), "size": sum(member.size for member in files), "keys": keys}

    def extract(self, path: Path, folder: Path, /) -> Path:
        """The member asked for as a file in *folder*, under the last part of its name.

        Raises
        ------
        MissingKeyError
            There is no such file.
        UntrustedFileError
            It is a link or a device, or its name leads out of the archive.
        FileTooLargeError
            It unfolds to more than it may.
        """
        assert self.wanted is not None
        with self.opened(path) as members:
            known = {member.name: member for member in members}  # the last of a name counts, as everywhere
            member = known.get(self.wanted)
            if member is None or member.kind == FOLDER:
                inside = [name for name in known if name.startswith(self.wanted.rstrip("/") + "/")] if member else known
                files = tuple(name for name in inside if known[name].kind == FILE)
                raise MissingKeyError(str(path), self.wanted, files)
            self._check(member, path)
            target = folder / PurePosixPath(member.name.replace("\\", "/")).name[-LONGEST:]
            with self.content(member, path) as source, target.open("wb") as file:
                shutil.copyfileobj(counted(source, f"its member '{member.name}'"), file, PIECE)
        return target

    def _check(self, member: Member, path: Path) -> None:
        found = ""
        if member.kind != FILE:
            found = f"is a {member.kind if member.kind == LINK else 'device'}, not a file"
        elif _leads_out(member.name):
            found = "has a name that leads out of the archive"
        if found:
            raise UntrustedFileError(str(path), f"its member '{member.name}' {found}")
        unfold(member.size, f"its member '{member.name}'")

    clock: ClassVar[Literal["datetime64[s]", "datetime64[s, UTC]"]]
    """The dtype of times."""

    @abstractmethod
    def opened(self, path: Path) -> Any:
        """A context of all members."""

    @abstractmethod
    def content(self, member: Member, path: Path) -> Any:
        """A context of the content of one, inside that of all."""


def _leads_out(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "" or ".." in parts or re.match("[A-Za-z]:", name) is not None
