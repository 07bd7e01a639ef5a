"""BibTeX bibliographies (.bib), as Oren Patashnik's "BibTeXing" (1988) describes them.

Read without a library: the one at hand leaves ``a # b`` unjoined, and goes on behind an entry that it cannot read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from attrs import define, field, frozen

from scitex_io.content.decoding import decoded, encoded
from scitex_io.content.parts import load_key_option
from scitex_io.describe import KEYS
from scitex_io.errors import MissingKeyError, UnreadableFileError, UnsupportedTypeError
from scitex_io.handler import Accepts, Fidelity, FormatHandler, load_option
from scitex_io.losses import lose
from scitex_io.typing import Describer, Loader, Saver

Entry = dict[str, Any]
PARTS = {"entry_type", "key", "fields"}
MONTHS = frozenset(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
"""What every style defines as a macro: written without braces, so that the style says how a month is spelt."""
_ENCODING = re.compile(rb"\s*%\s*Encoding:\s*([\w-]+)", re.IGNORECASE)  # JabRef's first line
_WORD = re.compile(r"[^\s{}(),=#\"%'@\\]+")
_KEY = re.compile(r"[^\s,{}\"#%=~\\@]*")
_BLANKS = re.compile(r"(?:\s|%[^\n]*\n?)*")


def is_entry(obj: Any) -> bool:
    """Is it a dict of ``entry_type``, ``key`` and ``fields``?"""
    return isinstance(obj, Mapping) and set(obj) == PARTS and isinstance(obj["fields"], Mapping)


@frozen(kw_only=True)
class Bib(FormatHandler, Saver[Any], Loader[Any], Describer):
    r"""A list of ``{"entry_type": "article", "key": "Name2013", "fields": {"title": "...", ...}}``, in order.

    Types and the names of fields are in lower case, values as they are written between the outer braces or quotes:
    inner braces, accents such as ``{\"u}`` and line breaks are kept. Macros are replaced by what ``@string`` defines
    them as; others, such as months, stay names. Comments and preambles are left out.

    Parameters
    ----------
    expand
        Replace macros; False leaves their names.
    key
        Load only the entry of this key.
    """

    name = "bib"
    extensions = (".bib",)
    accepts = (
        Accepts(
            list,
            domain="of {entry_type, key, fields}, fields of text with balanced braces",
            where=lambda items: all(map(is_entry, items)),
        ),
        Accepts(dict, Fidelity.VALUE, loads_as=list, domain="{entry_type, key, fields}", where=is_entry),
    )
    yields = (list,)

    expand: bool = load_option(True)
    key: str | None = load_key_option()

    def save(self, obj: Any, path: Path, /) -> None:
        """Write each entry with a field to a line."""
        entries = obj if isinstance(obj, list) else [obj]
        path.write_bytes(encoded("\n".join(map(_written, entries)), self.name))

    def load(self, path: Path, /) -> Any:
        """Read every entry, or the one of ``key``.

        Raises
        ------
        UnreadableFileError
            Some entry is not complete, or a field is given twice with different values.
        """
        entries = self._entries(path)
        if self.key is None:
            return entries
        found = [entry for entry in entries if entry["key"] == self.key]
        if not found:
            raise MissingKeyError(str(path), self.key, tuple(entry["key"] for entry in entries))
        return found[0]

    def describe(self, path: Path, /) -> dict[str, Any]:
        """How many entries there are, and of which type."""
        entries = self._entries(path)
        return {
            "kind": "tree",
            "length": len(entries),
            "keys": {entry["key"]: entry["entry_type"] for entry in entries[:KEYS]},
        }

    def _entries(self, path: Path) -> list[Entry]:
        content = path.read_bytes()
        named = _ENCODING.match(content.removeprefix(codecs.BOM_UTF8))
        try:
            encoding = codecs.lookup(named[1].decode("ascii")).name if named else None
        except LookupError:
            encoding = None
        if content.startswith(codecs.BOM_UTF8):
            encoding = None  # the mark tells
        return _Reader(decoded(content, path, self.name, encoding), path, expand=self.expand).entries()


@define
class _Reader:
    text: str
    path: Path
    expand: bool = field(kw_only=True)
    at: int = 0
    macros: dict[str, str] = field(factory=dict[str, str])

    def entries(self) -> list[Entry]:
        found: list[Entry] = []
        blocks = 0
        while (start := self.text.find("@", self.at)) >= 0:
            self.at = start + 1
            blanks = _BLANKS.match(self.text, self.at)
            word = _WORD.match(self.text, blanks.end() if blanks else self.at)
            opening = re.compile(r"\s*([{(])").match(self.text, word.end()) if word else None
            before = self.text[self.text.rfind("\n", 0, start) + 1 : start]
            if word is None or opening is None or "%" in before:
                # An @ in the text around the entries, unless it begins a line as an entry does.
                if word is not None and not before.strip() and word[0].lower() != "comment":
                    self.refuse(start, f"'@{word[0]}' has no content in braces")
                continue
            blocks += 1
            self.at = opening.end()
            kind, closing = word[0].lower(), {"{": "}", "(": ")"}[opening[1]]
            if kind == "comment":
                self.comment(opening[1])
                continue
            if kind == "preamble":
                self.value(start)
            elif kind == "string":
                name, value = self.pair(start)
                self.macros[name.lower()] = value
            else:
                found.append(self.entry(kind, closing, start))
            self.end(closing, start)
        if not blocks and self.text.strip() and not self.text.lstrip().startswith("%"):
            self.refuse(0, "it is text without any entry")
        return found

    def entry(self, kind: str, closing: str, start: int) -> Entry:
        key = re.compile(rf"[^,{re.escape(closing)}]*").match(self.text, self.at)
        assert key is not None
        self.at = key.end()
        if "=" in key[0] or "\n" in key[0].strip():
            self.refuse(start, f"the @{kind} has no key: {key[0].strip().splitlines()[0]!r}")
        fields: dict[str, str] = {}
        while self.skip_commas(start) and not self.text.startswith(closing, self.at):
            place = self.at
            name, value = self.pair(start)
            name = name.lower()
            if fields.setdefault(name, value) != value:
                self.refuse(place, f"the entry '{key[0].strip()}' has the field '{name}' twice, with different values")
        return {"entry_type": kind, "key": key[0].strip(), "fields": fields}

    def skip_commas(self, start: int) -> bool:
        """Come to the next field or the end; they have to stand apart by a comma."""
        self.blanks()
        apart = self.text.startswith(",", self.at)
        while self.text.startswith(",", self.at):
            self.at += 1
            self.blanks()
        if self.at == len(self.text):
            self.refuse(start, "what begins here does not end")
        if not apart and self.text[self.at] not in "})":
            self.refuse(self.at, f"a comma is missing before {self.shown()}")
        return True

    def pair(self, start: int) -> tuple[str, str]:
        self.blanks()
        name = _WORD.match(self.text, self.at)
        if name is None:
            self.refuse(self.at, f"the name of a field is wanted, not {self.shown()}")
        self.at = name.end()
        self.blanks()
        if not self.text.startswith("=", self.at):
            self.refuse(self.at, f"'=' is wanted behind '{name[0]}', not {self.shown()}")
        self.at += 1
        return name[0], self.value(start)

    def value(self, start: int) -> str:
        """The pieces of a value, joined."""
        pieces = []
        while True:
            self.blanks()
            pieces.append(self.piece(start))
            self.blanks()
            if not self.text.startswith("#", self.at):
                return "".join(pieces)
            self.at += 1

    def piece(self, start: int) -> str:
        first = self.text[self.at : self.at + 1]
        if first and first in '{"':
            begin = self.at + 1
            self.at = self.close("}" if first == "{" else '"', start)
            return self.text[begin : self.at - 1]
        word = _WORD.match(self.text, self.at)
        if word is None:
            self.refuse(self.at, f"a value is wanted, not {self.shown()}")
        self.at = word.end()
        return self.macros.get(word[0].lower(), word[0]) if self.expand else word[0]

    def close(self, closing: str, start: int) -> int:
        """The place behind the *closing* mark outside all inner braces."""
        depth = 0
        for mark in re.compile(rf"[{{}}{closing}]").finditer(self.text, self.at + 1):
            if depth == 0 and mark[0] == closing:
                return mark.end()
            depth += {"{": 1, "}": -1}.get(mark[0], 0)
            if depth < 0:
                self.refuse(mark.start(), "a brace is closed that was not opened")
        return self.refuse(start, "what begins here does not end")

    def comment(self, opening: str) -> None:
        """Pass over a comment: to its closing brace, or the rest of the line."""
        depth = 1
        for mark in re.compile(r"[{}]" if opening == "{" else r"[()]").finditer(self.text, self.at):
            depth += 1 if mark[0] == opening else -1
            if depth == 0:
                self.at = mark.end()
                return

    def end(self, closing: str, start: int) -> None:
        self.blanks()
        if not self.text.startswith(closing, self.at):
            self.refuse(start if self.at == len(self.text) else self.at, f"'{closing}' is wanted, not {self.shown()}")
        self.at += 1
        if rest := re.compile(r"[ \t]*(?:,\s*\w+\s*=|\}|\))").match(self.text, self.at):
            self.refuse(self.at, f"behind the end of an entry stands {rest[0].strip()!r}")

    def blanks(self) -> None:
        found = _BLANKS.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def shown(self) -> str:
        return repr(self.text[self.at : self.at + 20]) if self.at < len(self.text) else "the end of the file"

    def refuse(self, at: int, found: str) -> NoReturn:
        raise UnreadableFileError(str(self.path), "bib", f"line {self.text.count(chr(10), 0, at) + 1}: {found}")


def _written(entry: Mapping[str, Any]) -> str:
    kind, key = _lower(entry["entry_type"], "entry_type"), entry["key"]
    if kind in {"comment", "preamble", "string"}:
        raise _refusal(f"@{kind} is no entry")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise _refusal(f"{key!r} cannot be a key")
    lines, seen = [f"@{kind}{{{key}"], set()
    for name, value in entry["fields"].items():
        small = _lower(name, "field")
        if small in seen:
            raise _refusal(f"the entry '{key}' has the field '{small}' twice")
        seen.add(small)
        lines.append(f"  {small} = {_value(small, value, key)}")
    return ",\n".join(lines) + "\n}\n"


def _lower(name: Any, what: str) -> str:
    if not isinstance(name, str) or not _WORD.fullmatch(name) or name[0].isdigit():
        raise _refusal(
            f"{name!r} cannot be the name of an {what}" if what != "field" else f"no field is called {name!r}"
        )
    if name != name.lower():
        lose("types of entries and names of fields become lower case")
    return name.lower()


def _value(name: str, value: Any, key: str) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        lose("numbers become text")
        value = str(value)
    if not isinstance(value, str):
        raise _refusal(f"'{name}' of '{key}' is {type(value).__name__}, not text")
    depth = 0
    for mark in re.findall("[{}]", value):
        depth += 1 if mark == "{" else -1
        if depth < 0:
            break
    if depth:
        raise _refusal(f"the braces in '{name}' of '{key}' are not balanced")
    return value if name == "month" and value in MONTHS else f"{{{value}}}"


def _refusal(reason: str) -> UnsupportedTypeError:
    return UnsupportedTypeError("bib", "list", reason=reason)
