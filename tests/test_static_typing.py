"""What a type checker says of right and wrong uses of the public names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mypy import api

ROOT = Path(__file__).parents[1]
CASES = Path(__file__).with_name("typing")


@pytest.fixture(scope="module")
def report() -> list[tuple[str, int, str]]:
    """(file, line, code) of every error in the cases, from one run."""
    paths = [str(path) for path in sorted(CASES.glob("*.py"))]
    out, err, _ = api.run(
        ["--config-file", str(ROOT / "mypy.ini"), "--no-error-summary", "--hide-error-context", *paths]
    )
    assert err == ""
    found = re.findall(r"^(?:.*/)?(\w+\.py):(\d+): error: .*\[([\w-]+)\]$", out, flags=re.MULTILINE)
    return [(name, int(line), code) for name, line, code in found]


def test_right_uses_have_their_types(report: list[tuple[str, int, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    assert [entry for entry in report if entry[0] == "api.py"] == []


def test_each_misuse_is_flagged_on_its_line_and_nothing_else(report: list[tuple[str, int, str]]) -> None:
    lines = (CASES / "wrong.py").read_text().splitlines()
    expected = [
        ("wrong.py", number, match[1])
        for number, line in enumerate(lines, 1)
        if (match := re.search(r"# E: ([\w-]+)$", line))
    ]

    assert [entry for entry in report if entry[0] == "wrong.py"] == expected
