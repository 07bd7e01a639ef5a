"""What a file name tells, what it does not, and what is wrong."""

from __future__ import annotations

import re

from mypy_plugin.runner import CASES, Said, blocks, revealed


def expected(name: str, mark: str) -> dict[int, str]:
    lines = (CASES / name).read_text().splitlines()
    return {at: line.partition(mark)[2] for at, line in enumerate(lines, 1) if mark in line}


def errors(report: list[Said], name: str) -> list[Said]:
    return [line for line in report if line.file == name and line.kind == "error"]


def test_the_type_follows_from_the_ways_to_build_a_file_name(report: list[Said]) -> None:
    found = {line: kind for (file, line), kind in revealed(report).items() if file == "told.py"}
    wanted = expected("told.py", "# T: ")
    wrong = {line: (kind, found.get(line)) for line, kind in wanted.items() if found.get(line) not in {kind, "Any"}}
    untold = {line for line in wanted if found.get(line) == "Any"}

    assert len(wanted) >= 64
    assert wrong == {}
    assert len(wanted) - len(untold) >= 0.95 * len(wanted), untold
    assert errors(report, "told.py") == []


def test_what_the_name_does_not_tell_stays_any(report: list[Said]) -> None:
    asked = [at for at, line in enumerate((CASES / "untold.py").read_text().splitlines(), 1) if "reveal_type(" in line]
    found = {line: kind for (file, line), kind in revealed(report).items() if file == "untold.py"}

    assert len(asked) >= 20
    assert {line: found[line] for line in asked[:-1]} == dict.fromkeys(asked[:-1], "Any")
    assert found[asked[-1]] == "table"
    assert errors(report, "untold.py") == []


def test_each_mistake_is_named_on_its_line_and_nothing_else(report: list[Said]) -> None:
    wanted = expected("wrong.py", "# E: ")
    found = {line.line: f"{line.code}: {line.text}" for line in errors(report, "wrong.py")}

    assert wanted.keys() == found.keys()
    for line, text in wanted.items():
        code, _, part = text.partition(": ")
        assert found[line].startswith(f"{code}: ")
        assert re.sub(r"\s+", " ", part) in found[line]


def test_nothing_is_said_of_right_calls(report: list[Said]) -> None:
    assert errors(report, "right.py") == []


def test_the_pages_show_what_mypy_says(report: list[Said]) -> None:
    pages = blocks()
    wanted = {
        (f"page{at}.py", number): line.partition("  # ")[2]
        for at, block in enumerate(pages)
        for number, line in enumerate(block.splitlines(), 1)
        if "  # " in line
    }
    found = {(line.file, line.line): f"{line.code}: {line.text}" for line in report if line.file.startswith("page")}

    assert len(pages) >= 5
    assert wanted == found
