"""YAML (.yaml, .yml)."""

from __future__ import annotations

import datetime
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from attrs import frozen

from scitex_io.content.decoding import declared
from scitex_io.content.parts import TreePart
from scitex_io.content.trees import SCALARS, Words, plain, rows, uncollected
from scitex_io.errors import UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.forms import keeps_zone
from scitex_io.handler import Accepts, Fidelity, FormatHandler, load_option
from scitex_io.typing import Loader, Saver

COMMENTED = ("ruamel.yaml.comments.CommentedMap", "ruamel.yaml.comments.CommentedSeq")


WORDS = Words(
    "yaml",
    keys=SCALARS,
    natives={datetime.datetime: keeps_zone, datetime.date: lambda _: True, bytes: lambda _: True},
)


@frozen(kw_only=True)
class Yaml(FormatHandler, TreePart, Saver[Any], Loader[Any]):
    """Dicts, lists, text, numbers, dates and bytes."""

    name = "yaml"
    alone = True
    extensions = (".yaml", ".yml")
    accepts = (
        *(Accepts(kind) for kind in (dict, list, str, int, float, bool, type(None), bytes, datetime.date)),
        Accepts(datetime.datetime, domain="no zone, or an offset of whole minutes", where=keeps_zone),
        Accepts(COMMENTED[0], Fidelity.VALUE, loads_as=dict),
        Accepts(COMMENTED[1], Fidelity.VALUE, loads_as=list),
        *(row for row in rows() if row.type not in {bytes, "datetime.date"}),
    )
    yields = (object,)
    requires = ("yaml", "ruamel")
    parallel = "processes"

    round_trip: bool = load_option(False)
    """Keep comments, order and layout: ``save`` writes back what this gives as it was, but for what was changed."""
    lower: bool = load_option(False)
    """Keys in lower case."""

    def save(self, obj: Any, path: Path, /) -> None:
        """Write UTF-8 text that parsers of YAML 1.1 and 1.2 read alike."""
        if type_name(type(obj)) in COMMENTED:
            from scitex_io.formats.yaml.comments import written_back

            path.write_bytes(written_back(obj))
            return
        tree = plain(obj, WORDS)
        from scitex_io.formats.yaml.writing import written

        try:
            path.write_bytes(written(tree))
        except UnicodeEncodeError as error:
            reason = "a lone surrogate cannot be written in UTF-8"
            raise UnsupportedTypeError(self.name, type_name(type(obj)), reason=reason) from error

    def together(self) -> AbstractContextManager[None]:
        """Many files have many parts."""
        return uncollected()

    def load(self, path: Path, /) -> Any:
        """Read the document, or the list of the documents if there are several; None if there is none."""
        data = path.read_bytes()
        if declared(data) == "utf-32":  # the parsers know the marks of UTF-8 and UTF-16
            data = data.decode("utf-32").encode()
        if self.round_trip:
            from scitex_io.formats.yaml.comments import commented

            tree = commented(data)
        else:
            from scitex_io.formats.yaml.words import documents

            found = documents(data)
            tree = found[0] if len(found) == 1 else found or None
        return self.part_of(self._lowered(tree, path) if self.lower else tree, path)

    def _lowered(self, node: Any, path: Path) -> Any:
        if isinstance(node, list):
            return [self._lowered(part, path) for part in node]
        if not isinstance(node, dict):
            return node
        made: dict[Any, Any] = {}
        for key, part in node.items():
            name = key.lower() if isinstance(key, str) else key
            if name in made:
                raise UnreadableFileError(str(path), self.name, f"two keys are {name!r} in lower case")
            made[name] = self._lowered(part, path)
        return made
