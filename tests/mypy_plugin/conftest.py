"""What mypy says of the cases, from one run for all tests of this folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mypy_plugin.runner import CASES, Said, alone, blocks, run, said, settings


@pytest.fixture(scope="session")
def cache(request: pytest.FixtureRequest) -> Path:
    """What mypy remembers of libraries from run to run."""
    found: pytest.Cache | None = request.config.cache
    assert found is not None
    return found.mkdir("mypy_plugin")


@pytest.fixture(scope="session")
def report(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Said]:
    """Every line of mypy about the cases."""
    folder = tmp_path_factory.mktemp("cases")
    for path in CASES.glob("*.py"):
        shutil.copy(path, folder)
    for at, block in enumerate(blocks()):
        (folder / f"page{at}.py").write_text(block)
    settings(folder)
    with alone(cache):
        return said(
            run(folder, "--cache-dir", str(cache / "cases"), *sorted(path.name for path in folder.glob("*.py")))
        )
