"""Every block of code in the documentation runs and shows what it says; none is left out unnoticed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from cells import blocks, session

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
MADE = {DOCS / name for name in ("api.md", "changelog.md", "formats.md")} | set((DOCS / "gallery").glob("*.md"))
PAGES = [
    path
    for path in (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))
    if path not in MADE and not {"_build", "changelog.d"} & set(path.parts)
]
# What is no code of this library, by page and language: how many blocks, and why they are not run here.
NOT_RUN = {
    ("README.md", "sh"): (2, "the set-up commands: test_docs.py and .ci/run"),
    ("contributing.md", "sh"): (1, "the steps of .ci/run"),
    ("extending.md", "toml"): (1, "an entry point: test_docs.py"),
    ("architecture.md", "text"): (1, "a drawing: test_architecture.py holds the modules to it"),
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_blocks_of_a_page_run_in_order_and_show_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session(tmp_path, monkeypatch) as lines:
        left = lines.run(blocks(page))

    expected = {language: number for (name, language), (number, _) in NOT_RUN.items() if name == page.name}
    assert expected == Counter(block.language for block in left)


def test_every_reason_is_of_a_page_that_there_is() -> None:
    assert {name for name, _ in NOT_RUN} <= {page.name for page in PAGES}
