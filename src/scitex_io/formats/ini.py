"""INI files (.ini, .cfg): sections of keys with text."""

from __future__ import annotations

import io
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from pathlib import Path
from typing import Any

from attrs import frozen

from scitex_io.content.decoding import decoded, encoded
from scitex_io.content.parts import TreePart
from scitex_io.content.trees import Words, plain, rows
from scitex_io.errors import UnsupportedTypeError
from scitex_io.handler import Accepts, Fidelity, FormatHandler
from scitex_io.losses import lose
from scitex_io.typing import Loader, Saver

WORDS = Words("ini")

Sections = dict[str, dict[str, str]]


def _parser() -> ConfigParser:
    # No section lends its values to others: DEFAULT is given as what it holds.
    parser = ConfigParser(interpolation=None, default_section="\n")
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # the documented way to keep the case of keys
    return parser


def _sections(text: str) -> Sections:
    parser = _parser()
    parser.read_string(text)
    return {section: dict(parser.items(section)) for section in parser.sections()}


@frozen(kw_only=True)
class Ini(FormatHandler, TreePart, Saver[Any], Loader[Any]):
    """A dict of sections, each a dict of text; nothing is interpolated, the case of keys is kept."""

    name = "ini"
    alone = True
    extensions = (".ini", ".cfg")
    accepts = (Accepts(dict, domain="sections of text"), *(row for row in rows(dict) if row.fidelity is Fidelity.VALUE))
    yields = (dict,)

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the sections, if they can be read back as they are."""
        sections = self._texts(plain(obj, WORDS))
        parser = _parser()
        buffer = io.StringIO()
        try:
            parser.read_dict(sections)
            parser.write(buffer)
            back = _sections(buffer.getvalue())
        except (ConfigParserError, ValueError) as error:
            raise self._refusal(f"{type(error).__name__}: {error}") from error
        if back != sections:
            raise self._refusal(_first_difference(sections, back))
        path.write_bytes(encoded(buffer.getvalue(), self.name))

    def _texts(self, tree: dict[str, Any]) -> Sections:
        made: Sections = {}
        for section, pairs in tree.items():
            if not isinstance(pairs, dict):
                raise self._refusal(f"'{section}' is a {type(pairs).__name__}, not a dict: every value is in a section")
            if "]" in section:
                raise self._refusal(f"a section's name cannot hold ']': {section!r}")
            made[section] = {}
            for key, value in pairs.items():
                if key.startswith("["):
                    raise self._refusal(f"a key cannot begin with '[': '{section}.{key}'")
                if value is None or isinstance(value, (dict, list)):
                    raise self._refusal(
                        f"'{section}.{key}' is {'None' if value is None else 'a ' + type(value).__name__}"
                    )
                if not isinstance(value, str):
                    lose(f"{type(value).__name__} values become text")
                made[section][key] = str(value)
        return made

    def _refusal(self, reason: str) -> UnsupportedTypeError:
        return UnsupportedTypeError(self.name, "dict", ("sections of keys with text",), reason=reason)

    def load(self, path: Path, /) -> Any:
        """Read every section as it stands, DEFAULT too."""
        return self.part_of(_sections(decoded(path.read_bytes(), path, self.name)), path)


def _first_difference(sections: Sections, back: Sections) -> str:
    for section, pairs in sections.items():
        if section not in back:
            return f"the section {section!r} cannot be written"
        for key, value in pairs.items():
            if back[section].get(key) != value:
                return f"'{section}.{key}' = {value!r:.80} would be read back as {back[section].get(key)!r:.80}"
    return "it would be read back with other keys"
