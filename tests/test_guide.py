"""Every block of code in the documentation runs and shows what it says; none is left out unnoticed."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
from collections import Counter
from pathlib import Path

import pytest

import scitex_io
from cells import blocks, session

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SOURCE = Path(scitex_io.__file__).parent
MADE = {DOCS / name for name in ("api.md", "changelog.md", "formats.md")} | set((DOCS / "gallery").glob("*.md"))
PAGES = [
    path
    for path in (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))
    if path not in MADE | {DOCS / "testing.md"}  # run by test_testing.py
    and not {"_build", "changelog.d"} & set(path.parts)
]
# What is no code of this library, by page and language: how many blocks, and why they are not run here.
NOT_RUN = {
    ("README.md", "sh"): (2, "the set-up commands: test_docs.py and .ci/run"),
    ("README.md", "py"): (1, "a mistake: mypy_plugin/test_cases.py"),
    ("docs/typing.md", "py"): (4, "mistakes: mypy_plugin/test_cases.py"),
    ("docs/typing.md", "ini"): (1, "a setting: mypy_plugin/test_cases.py"),
    ("docs/typing.md", "toml"): (1, "an entry point: mypy_plugin/test_runs.py"),
    ("docs/typing_without_plugin.md", "py"): (1, "for type checkers: typing/baseline"),
    ("docs/typing_without_plugin.md", "sh"): (1, "test_overlay.py"),
    ("docs/performance.md", "sh"): (1, "the benchmarks: .ci/run"),
    ("docs/performance.md", "{include} measured.md"): (1, "made by docs/pages.py"),
    ("docs/reliability.md", "{include} damage.md"): (1, "made by docs/pages.py"),
    ("docs/contributing.md", "sh"): (1, "the steps of .ci/run"),
    ("docs/mcp.md", "sh"): (1, "an assistant starts it: test_mcp.py"),
    ("docs/extending.md", "toml"): (1, "an entry point: test_docs.py"),
    ("docs/architecture.md", "text"): (1, "a drawing: test_architecture.py holds the modules to it"),
}


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_blocks_of_a_page_run_in_order_and_show_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = session(tmp_path, monkeypatch).run(blocks(page))

    expected = {language: number for (name, language), (number, _) in NOT_RUN.items() if name == named(page)}
    assert expected == Counter(block.language for block in left)


@pytest.mark.parametrize(
    "text",
    [
        "```python\n1 + 1\n```\n\n```output\n3\n```\n",
        "```python\nprint('not shown')\n```\n",
        "```python\n>>> 1 + 1\n3\n\n```\n",
        "- in a list\n\n  ```python\n  no_such_name\n  ```\n",
        "```console\n$ scitex-io formats csv\nnothing\n```\n",
        "```console\n$ scitex-io info none.csv\n```\n",
        "```console\n$ scitex-io info none.csv\n...\n```\n",
        "```console\n$ scitex-io --version\n$ echo $?\n1\n```\n",
        "```yaml\nname: is missing\n```\n",
    ],
)
def test_a_page_that_says_what_is_not_so_fails(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)

    with pytest.raises(AssertionError):
        session(tmp_path, monkeypatch).run(blocks(page))


def test_a_block_that_is_not_run_does_not_go_unnoticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    languages = ["sh", "bash", "output", "python skip", "{code-block} python", ""]
    page.write_text("".join(f"```{language}\n1 / 0\n```\n\n" for language in languages) + "    1 / 0  # indented\n")

    left = session(tmp_path, monkeypatch).run(blocks(page))

    assert [*languages, ""] == [block.language for block in left]


def test_every_reason_is_of_a_page_that_there_is() -> None:
    assert {name for name, _ in NOT_RUN} <= {named(page) for page in PAGES}


@pytest.mark.parametrize(
    "module",
    [path for path in sorted(SOURCE.rglob("*.py")) if ">>>" in path.read_text(encoding="utf-8")],
    ids=lambda path: path.stem,
)
def test_the_examples_of_docstrings_give_what_they_say(module: Path) -> None:
    name = ".".join(module.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")

    failed, tried = doctest.testmod(importlib.import_module(name))

    assert (failed, tried > 0) == (0, True)


def test_no_docstring_shows_code_that_does_not_run() -> None:
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = ast.get_docstring(node) if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) else None
            assert path.name in {"errors.py", "conflicts.py"} or not re.search(r"(?m)^\s*(.*\w)?::$", text or ""), (
                path
            )  # a drawing


def test_the_errors_of_the_guide_are_the_builtins_that_it_says() -> None:
    text = (DOCS / "guide" / "loading-and-saving.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+Error)` \| ([^|]+) \|", text, re.MULTILINE)

    assert rows
    for name, also in rows:
        bases = {base.__name__ for base in getattr(scitex_io, name).__bases__} - {"ScitexIOError"}
        assert bases == set(re.findall(r"\w+Error", also)), name
