"""What importing costs: nothing that is not needed."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import scitex_io

HEAVY = {
    "numpy",
    "pandas",
    "h5py",
    "yaml",
    "cattrs",
    "importlib.metadata",
    "matplotlib",
    "PIL",
    "pyarrow",
    "zarr",
    "mne",
    "scipy",
    "click",
    "rich",
}


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_package_imports_nothing_else() -> None:
    added = modules_after("import scitex_io") - modules_after("")

    assert added == {"scitex_io"}


def test_save_and_load_come_without_any_format() -> None:
    added = modules_after("from scitex_io import save, load")

    assert not added & HEAVY
    assert not {name for name in added if name.startswith("scitex_io.formats.")}


def test_a_first_json_save_and_load_imports_no_other_library(tmp_path: Path) -> None:
    path = str(tmp_path / "x.json")

    added = modules_after(
        f"from scitex_io import save, load\nsave({{'a': [1, 2.5, 'x', None, True]}}, {path!r})\nload({path!r})"
    )

    assert not added & HEAVY


def test_a_csv_save_imports_no_other_format(tmp_path: Path) -> None:
    added = modules_after(
        f"import pandas as pd\nfrom scitex_io import save\nsave(pd.DataFrame({{'a': [1]}}), {str(tmp_path / 'x.csv')!r})"
    )

    assert not added & {"h5py", "yaml", "cattrs", "matplotlib", "zarr", "mne", "scipy"}


@pytest.mark.parametrize("name", scitex_io.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(scitex_io, name) is not None
    assert name in dir(scitex_io)


def test_checkers_and_the_interpreter_see_the_same_names() -> None:
    tree = ast.parse(Path(scitex_io.__file__).read_text())
    seen = {
        alias.asname: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("scitex_io.")
        for alias in node.names
    }

    assert seen == {name: f"scitex_io.{home}.{name}" for name, home in scitex_io._HOME.items()}


def test_a_misspelt_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="lod"):
        scitex_io.lod  # type: ignore[attr-defined]  # noqa: B018  # what this test is about


def test_every_public_name_is_told_once() -> None:
    assert len(scitex_io.__all__) == len(set(scitex_io.__all__))
