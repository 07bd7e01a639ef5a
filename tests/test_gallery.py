"""The notebooks of the gallery run, with a real recording and with one that they make, and become pages."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from scitex_io import load, load_figure_data, read_metadata

DOCS = Path(__file__).resolve().parents[1] / "docs"
EEG = DOCS / "gallery" / "eeg.ipynb"


@pytest.fixture
def notebooks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = spec_from_file_location("notebooks", DOCS / "notebooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown(notebook: Any) -> dict[str, str]:
    """What each cell printed."""
    return {
        cell.id: "".join(output.text for output in cell.outputs if output.output_type == "stream")
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


def check(notebook: Any, folder: Path, subject: str) -> None:
    told = shown(notebook)
    out = folder / "eeg_out"

    assert f"{{'sub': '{subject}'}}" in told["loading"]
    movements = int(told["averaging"].removesuffix(" movements\n"))
    assert 50 < movements < 200
    assert "rounded to single precision" in told["saving"]
    assert [path.name for path in sorted(out.iterdir())] == [
        f"sub-{subject}_{end}" for end in ("ave.fif", "figure.csv", "figure.png", "table.parquet")
    ]
    assert told["values"] == "True\n"
    assert told["loads"].startswith("Evoked True")
    assert "unchanged" in told["tracing"]
    assert "changed\n" not in told["tracing"].replace("unchanged", "")

    # From here, and in another process, the files tell the same.
    evoked = load(out / f"sub-{subject}_ave.fif")
    data = load_figure_data(out / f"sub-{subject}_figure.png")
    about = read_metadata(out / f"sub-{subject}_figure.png")
    assert about is not None
    assert about["movements"] == movements == evoked.nave
    for name, samples in zip(evoked.ch_names, evoked.data, strict=True):
        assert np.allclose(data.y[data.label == name], samples * 1e6, rtol=1e-6)


def test_a_real_recording_is_averaged_drawn_saved_and_found_again(
    notebooks: ModuleType, corpus: Path, tmp_path: Path
) -> None:
    notebook = notebooks.run(EEG, tmp_path, {"sub-01_eeg.edf": corpus / "eeg" / "short_psg.edf"})

    check(notebook, tmp_path, "01")


def test_without_a_recording_the_notebook_makes_one_and_becomes_a_page(
    notebooks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[Any] = []
    run = notebooks.run

    def checked(notebook: Path, folder: Path, recordings: object) -> Any:
        ran.append(run(notebook, folder, recordings))
        check(ran[0], folder, "00")
        return ran[0]

    monkeypatch.setattr(notebooks, "run", checked)
    text, pictures = notebooks.page(EEG)

    assert ran
    assert text.startswith("# From a recording to a figure, and back\n")
    assert text.count("\n![](eeg-1.png)\n") == len(pictures) == 1
    assert " movements\n```" in text
    assert "\x1b" not in text
    assert str(tmp_path) not in text
    (tmp_path / "picture.png").write_bytes(pictures[0])
    assert load(tmp_path / "picture.png").width > 400


def test_notebooks_are_stored_without_outputs() -> None:
    for path in (DOCS / "gallery").glob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            assert not cell.get("outputs")
            assert cell.get("execution_count") is None
