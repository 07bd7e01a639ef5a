"""One run of mypy for many cases."""

from __future__ import annotations

import contextlib
import fcntl
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mypy import api

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).with_name("cases")
LINE = re.compile(
    r"^(?P<file>[^:\n]+\.py):(?P<line>\d+): (?P<kind>error|note): (?P<text>.*?)(?:  \[(?P<code>[\w-]+)\])?$"
)
ARRAY = "numpy.ndarray[tuple[Any, ...], numpy.dtype[Any]]"
TABLE = "pandas.core.frame.DataFrame"


class Said(NamedTuple):
    """One line of mypy."""

    file: str
    line: int
    kind: str
    text: str
    code: str


def blocks() -> list[str]:
    """The code of the pages that shows what is wrong."""
    found = [
        block
        for page in ("README.md", "docs/typing.md")
        for block in re.findall(r"^```py\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
        if "# scitex-" in block
    ]
    return ["from scitex_io import load\n" + block if "import" not in block else block for block in found]


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else works with this cache meanwhile: tests run in several processes."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def settings(folder: Path, more: str = "", *, plugin: bool = True) -> Path:
    """A configuration of mypy in a folder."""
    path = folder / "mypy.ini"
    lines = [
        "[mypy]",
        "strict = true",
        "enable_error_code = ignore-without-code",
        f"mypy_path = {ROOT / 'src'}",
        f"python_executable = {sys.executable}",
        "show_traceback = true",
        "plugins = scitex_io.mypy_plugin" if plugin else "",
    ]
    path.write_text("\n".join([*lines, more, ""]))
    return path


def run(folder: Path, *arguments: str) -> str:
    """What mypy says of a folder whose configuration is in it; anything on standard error is a defect."""
    with contextlib.chdir(folder):
        out, err, _ = api.run(["--no-error-summary", "--hide-error-context", *arguments])
    assert err == ""
    return out


def said(out: str) -> list[Said]:
    """The lines of a report."""
    matches = [LINE.match(line) for line in out.splitlines()]
    return [
        Said(match["file"], int(match["line"]), match["kind"], match["text"], match["code"] or "")
        for match in matches
        if match is not None
    ]


def revealed(lines: list[Said]) -> dict[tuple[str, int], str]:
    """What `reveal_type` shows, by file and line, the types of arrays and tables in a word."""
    found = {}
    for line in lines:
        match = re.fullmatch(r'Revealed type is "(.*)"', line.text)
        if match is not None:
            short = match[1]
            short = short.replace(ARRAY, "array").replace(TABLE, "table").replace("builtins.", "")
            short = re.sub(r"Union\[(\w+), (\w+)\]", r"\1 | \2", short)
            found[line.file, line.line] = {"list[array]": "arrays", "list[table]": "tables", "str": "text"}.get(
                short, short
            )
    return found
