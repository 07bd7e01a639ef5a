from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scitex_io import cache, load_configs
from scitex_io.cli import main
from scitex_io.session.stubs import stub


def run(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(main, list(words))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "model.yaml").write_text(
        "lr: 0.1\nDEBUG_lr: 0.5\nnest: {a: [1, 2.5], class: {c: null}, 3: x}\n"
    )
    for name in ("a_1.csv", "a_2.csv", "a_10.csv"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_configs_are_told_with_file_line_and_rule(project: Path) -> None:
    told = run("configs", "--debug").stdout.splitlines()

    assert told[0].split() == [
        "MODEL.LR",
        "0.5",
        "config/model.yaml:2",
        *["(DEBUG_lr", "takes", "the", "place", "of", "LR", "while", "debugging)"],
    ]
    assert told[2].split() == ["MODEL.NEST.A", "[1,", "2.5]", "config/model.yaml:3"]
    assert json.loads(run("configs", "--no-debug", "--json").stdout)["MODEL"]["LR"] == 0.1


def test_a_broken_config_is_told_and_the_exit_code_is_1(project: Path) -> None:
    (project / "config" / "bad.yaml").write_text("a: [")

    result = run("configs")

    assert result.exit_code == 1
    assert "bad.yaml" in result.stderr


def test_the_stub_lets_a_checker_find_a_misspelt_key(project: Path) -> None:
    assert run("configs", "--stub", "settings.pyi").exit_code == 0
    (project / "settings.py").write_text("from scitex_io import load_configs\nCONFIG = load_configs()\n")
    (project / "main.py").write_text(
        "from settings import CONFIG\nfine: float = CONFIG.MODEL.LR\nlist_: list[int | float] = CONFIG.MODEL.NEST.A\n"
        "wrong: str = CONFIG.MODEL.LR\nCONFIG.MODEL.LRR\n"
    )

    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "main.py"], capture_output=True, text=True, check=False
    )

    assert [line.split(":")[1] for line in done.stdout.splitlines() if ": error:" in line] == ["4", "5"], done


def test_keys_that_are_no_names_are_left_out_of_the_stub(project: Path) -> None:
    text = stub(load_configs())

    assert "CLASS: _CONFIG_MODEL_NEST_CLASS" in text
    assert "3:" not in text
    compile(text, "settings.pyi", "exec")


def test_paths_are_listed_in_natural_order_with_their_values(project: Path) -> None:
    assert run("glob", "{stem}_*.csv").stdout.splitlines() == ["a_1.csv", "a_2.csv", "a_10.csv"]
    assert run("glob", "{stem}_{n:d}.csv", "--parse").stdout.splitlines()[-1] == "a_10.csv  stem=a  n=10"
    assert json.loads(run("glob", "a_{n:d}.csv", "--parse", "--json").stdout)[0] == {"path": "a_1.csv", "n": 1}


def test_no_match_is_1_and_a_pattern_that_means_nothing_is_2(project: Path) -> None:
    assert run("glob", "nothing*").exit_code == 1
    assert run("glob", "*.csv", "--one").exit_code == 1
    assert "a_10.csv" in run("glob", "*.csv", "--one").stderr
    assert run("glob", "{a b}").exit_code == 2


def test_what_is_kept_is_listed_and_cleared(project: Path) -> None:
    assert "0 files" in run("cache", "info").stdout
    x = 1
    cache("my_id", "x")

    assert "my_id.pkl" in run("cache", "info").stdout
    assert json.loads(run("cache", "info", "--json").stdout)["files"][0]["bytes"] > 0
    assert run("cache", "clear").exit_code == 1  # asked, and nobody said yes
    assert "my_id.pkl" in run("cache", "info").stdout
    deleted = json.loads(run("cache", "clear", "-y", "--json").stdout)["deleted"]
    assert [path.rpartition("/")[2] for path in deleted] == ["my_id.pkl"]
    assert "0 files" in run("cache", "info").stdout
    assert x == 1
