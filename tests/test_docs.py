"""The documentation says what is so: its code runs, its commands are these, its tests exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import scitex_io

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in (ROOT / "README.md", *DOCS.rglob("*.md")) if "_build" not in path.parts)
DEMO = "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/scitex-io demo"
TESTS = 'python3 -m venv .venv && .venv/bin/pip install -e ".[dev]" && .venv/bin/pytest'


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_quick_start_is_two_commands_each_in_a_block_of_its_own() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("## Quick start")[2].partition("\n## ")[0]

    assert re.findall(r"^```\w*\n(.*?)^```", section, re.MULTILINE | re.DOTALL) == [f"{DEMO}\n", f"{TESTS}\n"]


def test_ci_runs_the_commands_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert f"\n  {DEMO}\n" in script
    assert f"\n  {TESTS.replace('[dev]', '[dev,docs,all,ml,checkers]')}\n" in script


def test_the_entry_point_of_the_page_is_the_one_that_is_read() -> None:
    from scitex_io.registry import ENTRY_POINTS

    assert any(f'entry-points."{ENTRY_POINTS}"' in block for block in blocks(DOCS / "extending.md", "toml"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    made = {DOCS / name for name in ("formats.md", "api.md", "changelog.md", "gallery/eeg.md")}

    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        path = (page.parent / target).resolve()
        assert path.exists() or path in made, target


def test_every_test_that_the_differences_name_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", (DOCS / "differences.md").read_text(encoding="utf-8"))

    assert named
    for file, test in named:
        assert f"def {test}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), f"{file}::{test}"


def test_the_pages_made_from_the_code_name_every_extension_and_every_public_name(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; import pages; pages.write(Path(sys.argv[1]))"
    (tmp_path / "changelog.d").mkdir()
    (tmp_path / "changelog.d" / "family.md").write_text("# A heading\n- A change.\n")
    path = os.pathsep.join([str(DOCS), str(ROOT / "src")])
    subprocess.run([sys.executable, "-c", code, tmp_path], env={**os.environ, "PYTHONPATH": path}, check=True)

    formats, api, changes = ((tmp_path / f"{name}.md").read_text() for name in ("formats", "api", "changelog"))
    listed = scitex_io.list_formats()
    assert all(f"`{ext}`" in formats for verb in ("save", "load") for ext in listed[verb]["builtin"])
    assert all(re.search(rf":: {name}$", api, re.MULTILINE) for name in scitex_io.__all__ if name != "__version__")
    assert "### Family\n\n- A change.\n" in changes


def test_every_fragment_has_something_to_say() -> None:
    for fragment in (DOCS / "changelog.d").iterdir():
        assert fragment.suffix == ".md"
        assert fragment.read_text(encoding="utf-8").strip()
