"""YAML with its comments and layout, through ruamel.yaml; imported on first use."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RepresenterError, RoundTripRepresenter

from scitex_io.errors import UnsupportedTypeError, type_name
from scitex_io.formats.yaml.words import documents
from scitex_io.formats.yaml.writing import is_ambiguous


class _Quoting(RoundTripRepresenter):
    """Quotes text that some parser would take for something else."""

    def represent_text(self, text: str) -> ScalarNode:
        """As ruamel.yaml would, but for words such as ``on``."""
        unprintable = not text.replace("\n", "").isprintable()
        style = '"' if unprintable else "'" if is_ambiguous(text) else None
        node: ScalarNode = self.represent_scalar("tag:yaml.org,2002:str", text, style=style)
        return node

    def represent_number(self, number: float) -> ScalarNode:
        """With a point before the exponent, without which YAML 1.1 takes it for text."""
        node: ScalarNode = self.represent_float(number)
        if "e" in node.value and "." not in node.value:
            node.value = node.value.replace("e", ".0e", 1)
        return node


_Quoting.add_representer(str, _Quoting.represent_text)
_Quoting.add_representer(float, _Quoting.represent_number)


def _yaml() -> YAML:
    made = YAML(typ="rt", pure=True)
    made.Representer = _Quoting
    made.preserve_quotes = True
    made.width = 1000
    return made


def commented(data: bytes) -> Any:
    """The document with all that surrounds its values."""
    documents(data)  # the checks of a plain load hold here too
    return _yaml().load(data)


def written_back(tree: Any) -> bytes:
    """YAML text with the comments and layout that the tree remembers."""
    buffer = io.BytesIO()
    maker = _yaml()
    try:
        maker.dump(tree, buffer)
    except RepresenterError as error:
        raise UnsupportedTypeError("yaml", type_name(type(tree)), reason=f"a part of it is no YAML: {error}") from error
    return buffer.getvalue()
