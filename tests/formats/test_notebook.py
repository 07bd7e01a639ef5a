from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from optional import needs
from scitex_io import UnreadableFileError, UnsupportedTypeError, info, load, save

needs("nbformat")

import nbformat  # noqa: E402  # once it is known to be there


def notebook() -> Any:
    made = nbformat.v4.new_notebook()
    made.cells = [
        nbformat.v4.new_markdown_cell("# Größe\nof things", id="a"),
        nbformat.v4.new_code_cell("x = 1\nprint('é')", id="b", outputs=[nbformat.v4.new_output("stream", text="é\n")]),
    ]
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return made


def test_a_notebook_of_jupyter_is_saved_again_byte_by_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    nbformat.write(notebook(), path)
    before = path.read_bytes()

    tree = load(path)

    assert tree == json.loads(before)
    assert tree["cells"][1]["source"] == ["x = 1\n", "print('é')"]
    assert save(tree, tmp_path / "b.ipynb", on_loss="error").read_bytes() == before
    nbformat.validate(nbformat.read(tmp_path / "b.ipynb", as_version=4))


def test_a_part_and_the_facts_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    nbformat.write(notebook(), path)

    assert load(path, key="cells/0/cell_type") == "markdown"
    assert info(path)["cells"] == {"markdown": 1, "code": 1}
    assert info(path)["language"] == "python3"


@pytest.mark.parametrize("value", [{}, {"cells": []}])
def test_what_is_no_notebook_is_refused_both_ways(value: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="nbformat"):
        save(value, tmp_path / "a.ipynb")

    path = tmp_path / "b.ipynb"
    path.write_text(json.dumps(value))
    with pytest.raises(UnreadableFileError, match="it is no notebook"):
        load(path)


def test_an_older_notebook_has_its_cells_in_worksheets(tmp_path: Path) -> None:
    tree = {"worksheets": [{"cells": [{"cell_type": "code"}]}], "nbformat": 3, "metadata": {}}

    assert info(save(tree, tmp_path / "a.ipynb"))["cells"] == {"code": 1}
