"""Jupyter notebooks (.ipynb): the JSON tree of their cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import frozen

from scitex_io.content.parts import TreePart
from scitex_io.content.trees import Words, plain
from scitex_io.errors import UnreadableFileError
from scitex_io.formats.json import parsed, too_deep, written
from scitex_io.handler import Accepts, FormatHandler
from scitex_io.typing import Saver

WORDS = Words("ipynb")


def is_notebook(tree: Any) -> bool:
    """Does it say which version of the notebook format it is in?"""
    return isinstance(tree, dict) and "nbformat" in tree


@frozen(kw_only=True)
class Notebook(FormatHandler, TreePart, Saver["dict[str, Any]"]):
    """A notebook as the dict that its file spells, outputs and metadata included."""

    name = "ipynb"
    extensions = (".ipynb",)
    accepts = (Accepts(dict, domain="a notebook: it has 'nbformat'", where=is_notebook),)
    yields = (dict,)
    requires = ("orjson",)

    def save(self, obj: dict[str, Any], path: Path, /) -> None:
        """Write what Jupyter writes for this tree, byte by byte, the keys in their order."""
        path.write_bytes(written(plain(obj, WORDS), 1) + b"\n")

    def load(self, path: Path, /) -> Any:
        """Read the tree; nothing in it is run."""
        try:
            tree = parsed(path.read_bytes())
        except RecursionError:
            too_deep(path, self.name)
        if not is_notebook(tree):
            raise UnreadableFileError(str(path), self.name, "it is no notebook", "ext='json' loads it as a tree")
        return self.part_of(tree, path)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """How many cells of each kind there are, and the language."""
        tree = self.load(path)
        cells = [cell for sheet in tree.get("worksheets", [tree]) for cell in sheet.get("cells", [])]
        kinds = [cell.get("cell_type", "") for cell in cells]
        metadata = tree.get("metadata", {})
        return {
            "kind": "document",
            "cells": {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)},
            "language": metadata.get("language_info", metadata.get("kernelspec", {})).get("name", ""),
        }
