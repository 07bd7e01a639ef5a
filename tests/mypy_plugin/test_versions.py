"""Other versions of mypy say the same of the cases."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mypy_plugin.runner import CASES, ROOT, Said, revealed, said, settings

PYTHONS = os.environ.get("SCITEX_IO_MYPY_PYTHONS", "").split(os.pathsep)
"""Interpreters that have another mypy, attrs and PyYAML; nothing else is needed there."""


@pytest.mark.parametrize("python", [python for python in PYTHONS if python] or [None])
def test_another_mypy_checks_this_environment_alike(python: str | None, tmp_path: Path, report: list[Said]) -> None:
    if python is None:
        pytest.skip("no other mypy: see SCITEX_IO_MYPY_PYTHONS")
    for path in CASES.glob("*.py"):
        shutil.copy(path, tmp_path)
    settings(tmp_path)
    done = subprocess.run(
        [
            python,
            "-m",
            "mypy",
            "--hide-error-context",
            "--cache-dir",
            "cache",
            *sorted(path.name for path in CASES.glob("*.py")),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    found = said(done.stdout)

    def ours(lines: list[Said]) -> list[Said]:
        return [line for line in lines if line.code.startswith("scitex") and not line.file.startswith("page")]

    assert done.stderr == ""
    assert revealed(found) == revealed(report)
    assert ours(found) == ours(report)
