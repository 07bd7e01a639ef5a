"""Completion of the shell, and commands under the names that they had."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import scitex_io
from scitex_io.cli import main
from test_cli import process, run

HIDDEN = {"show-info", "load-configs", "list-python-apis", "print-shell-completion", "install-shell-completion"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_for_the_shell(tmp_path: Path, shell: str) -> None:
    done = process("completion", shell, cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert f"_SCITEX_IO_COMPLETE={shell}_complete" in done.stdout
    if path := shutil.which(shell):
        assert subprocess.run([path, "-n"], input=done.stdout, text=True, check=False).returncode == 0
    assert run("print-shell-completion", "--shell", shell).stdout == done.stdout


def test_a_shell_that_completes_is_offered_commands_and_options(tmp_path: Path) -> None:
    def offered(words: str, at: int) -> str:
        environment = {"COMP_WORDS": words, "COMP_CWORD": str(at), "_SCITEX_IO_COMPLETE": "bash_complete"}
        code = "from scitex_io.cli import main; main(prog_name='scitex-io')"
        return subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=True
        ).stdout

    assert {"plain,diff", "plain,doctor"} == set(offered("scitex-io d", 1).split()) - {"plain,demo"}
    assert "plain,--rtol" in offered("scitex-io diff --r", 2)


def test_completion_is_installed_where_shells_look_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", "/bin/bash")

    done = run("install-shell-completion")
    assert done.stdout == f"{tmp_path / 'bash-completion/completions/scitex-io'}\n"
    assert Path(done.stdout.strip()).read_text() + "\n" == run("completion", "bash").stdout

    assert "scitex-io completion zsh" in " ".join(run("install-shell-completion", "--shell", "zsh").stderr.split())
    monkeypatch.setenv("SHELL", "/bin/strange")
    assert run("install-shell-completion").exit_code == 2


def test_the_public_names_are_listed_with_their_signatures() -> None:
    told = {entry["name"]: entry for entry in json.loads(run("list-python-apis", "--json").stdout)}

    assert set(told) == set(scitex_io.__all__) - {"__version__"}
    assert told["save"]["signature"].startswith("(obj: 'T', specified_path: 'StrPath'")
    assert "format_path(pattern: 'str', /, **values: 'object') -> 'str'" in run("list-python-apis").stdout
    assert told["load"]["summary"] in run("list-python-apis", "-vv").stdout


def test_the_package_tells_of_itself() -> None:
    told = json.loads(run("show-info", "--json").stdout)

    assert scitex_io.__version__ == told["version"]
    assert ".npy" in told["extensions"]["npy"]
    assert told["formats"] >= len(told["extensions"])
    assert f"scitex-io {scitex_io.__version__}, {told['formats']} formats" in run("show-info").stdout
    assert "npy: .npy" in run("show-info", "-v").stdout


def test_configs_are_shown_under_their_old_name(tmp_path: Path) -> None:
    (tmp_path / "A.yaml").write_text("x: 1\n")

    assert run("load-configs", "-d", tmp_path, "-v").stdout == run("configs", "-d", tmp_path).stdout != ""
    assert json.loads(run("load-configs", "-d", tmp_path, "--json").stdout) == {"A": {"X": 1}}


def test_old_names_work_and_are_not_shown() -> None:
    shown = run("--help").stdout

    for name in HIDDEN:
        assert name not in shown
        assert run(name, "--help").exit_code == 0


@pytest.mark.parametrize("name", sorted(set(main.commands) - HIDDEN - {"cache", "mcp", "metadata"}))
def test_every_command_has_an_example_and_json(name: str) -> None:
    shown = run(name, "--help").stdout

    assert "Example: " in shown
    assert "--json" in shown or name == "completion"
