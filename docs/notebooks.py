"""Notebooks, run, and as pages: they are stored without outputs, so what a page shows is what its code gives now."""

from __future__ import annotations

import base64
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

NONE: Mapping[str, Path] = MappingProxyType({})
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
CELL = re.compile(r"\S*/ipykernel_\d+/\d+\.py:\d+: ")  # where a warning stands, in a file that nobody sees


def run(notebook: Path, folder: Path, recordings: Mapping[str, Path] = NONE) -> Any:
    """The notebook with its outputs, after it ran in *folder*, with these recordings beside it under these names."""
    import nbformat
    from nbclient import NotebookClient

    copy = folder / notebook.name
    shutil.copy(notebook, copy)
    for name, recording in recordings.items():
        (folder / "recordings").mkdir(exist_ok=True)
        shutil.copy(recording, folder / "recordings" / name)
    own = {
        "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]),
        "PYTHONPATH": str(notebook.parents[2] / "src"),
        "SCITEX_NOTEBOOK_PATH": str(copy),
        "SCITEX_DIR": str(folder / ".scitex"),
        "IPYTHONDIR": str(folder / ".ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    content = nbformat.read(copy, as_version=4)
    client = NotebookClient(
        content, kernel_name="python3", startup_timeout=300, resources={"metadata": {"path": str(folder)}}
    )
    return client.execute(env={**os.environ, **own})


def page(notebook: Path, recordings: Mapping[str, Path] = NONE) -> tuple[str, list[bytes]]:
    """The notebook as Markdown, and its pictures, which the text calls by the notebook's name and their number."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder).resolve()
        content = run(notebook, place, recordings)
    parts: list[str] = []
    pictures: list[bytes] = []
    for cell in content.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        language = "text" if cell.source.startswith("!") else "python"
        parts.append(f"```{language}\n{cell.source}\n```")
        shown = "".join(_text(output) for output in cell.outputs)
        if shown:
            shown = CELL.sub("", COLOURS.sub("", shown.replace("\r\n", "\n")))
            shown = shown.replace(f"{place}/", "").replace(f"{place.parent}/", "").replace(sys.executable, "python")
            parts.append(f"```output\n{shown.rstrip()}\n```")
        for output in cell.outputs:
            if (picture := output.get("data", {}).get("image/png")) is not None:
                pictures.append(base64.b64decode(picture))
                parts.append(f"![]({notebook.stem}-{len(pictures)}.png)")
    parts.insert(1, f"This page is what {{download}}`a notebook <{notebook.name}>` shows when it is run.")
    return "\n\n".join(parts) + "\n", pictures


def _text(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    return "" if "image/png" in output.data else f"{output.data['text/plain']}\n"
