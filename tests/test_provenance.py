"""How a file came about: what is noted, what it costs, and what the command line tells of it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import scitex_io
from scitex_io import UnsupportedTypeError, embed_metadata, load, provenance, read_metadata, save
from scitex_io.cli import main
from scitex_io.disk import inputs

SCRIPT = """
import numpy as np
import scitex_io as io

raw = io.load("raw.npy")
io.save({"mean": raw.mean(keepdims=True)}, "DONE/mean.npz", metadata={"subject": 3}, provenance=True)
"""


@pytest.fixture(autouse=True)
def nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "_seen", {})
    monkeypatch.delenv("SCITEX_IO_PROVENANCE", raising=False)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project: a script in a repository that has made a file of another one."""
    monkeypatch.chdir(tmp_path)
    np.save("raw.npy", np.arange(4.0))
    Path("mean.py").write_text(SCRIPT.replace("DONE", str(tmp_path)))
    git("init", "-q")
    git("add", "mean.py")
    git("commit", "-q", "-m", "first")
    subprocess.run([sys.executable, "mean.py", "--fast"], check=True, capture_output=True, cwd=tmp_path)
    return tmp_path


def git(*words: str) -> str:
    who = ["-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *who, *words], check=True, capture_output=True, text=True).stdout.strip()


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, list(map(str, words)))


def told(path: Path) -> dict[str, Any]:
    found = read_metadata(path)
    assert found is not None
    return dict(found["provenance"])


# ---------------------------------------------------------------- what is noted


def test_script_command_commit_versions_and_inputs(here: Path) -> None:
    found = told(here / "mean.npz")

    assert read_metadata(here / "mean.npz")["subject"] == 3  # type: ignore[index]  # it is there, see above
    assert found["script"] == str(here / "mean.py")
    assert found["command"][-2:] == ["mean.py", "--fast"]
    assert found["git"] == {"commit": git("rev-parse", "HEAD"), "dirty": True}
    assert found["packages"]["numpy"] == np.__version__
    assert found["time"].endswith("+00:00")
    digest = hashlib.sha256((here / "raw.npy").read_bytes()).hexdigest()
    assert found["inputs"] == [
        {"path": str(here / "raw.npy"), "size": (here / "raw.npy").stat().st_size, "sha256": digest}
    ]


def test_nothing_is_noted_unless_asked_for(tmp_path: Path) -> None:
    assert read_metadata(save({"a": np.ones(2)}, tmp_path / "a.npz", verbose=False)) is None


def test_a_clean_repository_is_clean_and_none_is_none(here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in ("raw.npy", "mean.npz"):
        (here / name).unlink()

    assert provenance.commit(here) == {"commit": git("rev-parse", "HEAD"), "dirty": False}
    assert provenance.commit(tmp_path_factory.mktemp("none")) is None


def test_the_environment_asks_for_all_that_have_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCITEX_IO_PROVENANCE", "1")

    assert told(save({"a": np.ones(2)}, tmp_path / "a.npz", verbose=False))["script"] == str(Path(__file__))
    assert save("text", tmp_path / "a.txt", verbose=False).read_text() == "text"
    assert read_metadata(save({"a": np.ones(2)}, tmp_path / "b.npz", verbose=False, provenance=False)) is None
    own = save({"a": np.ones(2)}, tmp_path / "c.npz", verbose=False, metadata={"provenance": "mine"})
    assert read_metadata(own) == {"provenance": "mine"}


def test_an_argument_that_cannot_be_followed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="npz"):
        save("text", tmp_path / "a.txt", provenance=True)
    with pytest.raises(ValueError, match="'provenance'"):
        save({"a": np.ones(2)}, tmp_path / "a.npz", provenance=True, metadata={"provenance": 1})
    assert not list(tmp_path.iterdir())


def test_inputs_are_hashed_only_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(path: Path) -> str:
        raise AssertionError(path)

    monkeypatch.setattr(inputs, "digest", never)
    save(np.ones(2), tmp_path / "a.npy", verbose=False)
    load(tmp_path / "a.npy")

    save({"a": np.ones(2)}, tmp_path / "b.npz", verbose=False)

    assert [(tmp_path / "a.npy", False)] == [(path, seen.is_folder) for path, seen in inputs.loaded()]


def test_what_was_loaded_and_then_changed_has_no_hash(tmp_path: Path) -> None:
    save(np.ones(2), tmp_path / "a.npy", verbose=False)
    load(tmp_path / "a.npy")
    (tmp_path / "a.npy").write_bytes(b"else")

    found = told(save({"a": np.ones(2)}, tmp_path / "b.npz", verbose=False, provenance=True))

    assert [one["sha256"] for one in found["inputs"]] == [None]


def test_every_file_of_a_pattern_and_folders_are_inputs(tmp_path: Path) -> None:
    for name in ("a1.npy", "a2.npy"):
        save(np.ones(2), tmp_path / name, verbose=False)
    save({"a": np.ones(2)}, tmp_path / "s.zarr", verbose=False)
    load(tmp_path / "a*.npy")
    load(tmp_path / "s.zarr")

    found = told(save({"a": np.ones(2)}, tmp_path / "b.npz", verbose=False, provenance=True))

    assert [Path(one["path"]).name for one in found["inputs"]] == ["a1.npy", "a2.npy", "s.zarr"]
    assert all(one["sha256"] for one in found["inputs"])


# ---------------------------------------------------------------- trace


def test_trace_prints_a_tree_and_finds_what_changed(here: Path) -> None:
    done = run("trace", "mean.npz")
    assert done.exit_code == 0, done.output
    for text in (str(here / "mean.py"), "--fast", "with changes", "numpy ", "raw.npy unchanged"):
        assert text in done.stdout

    np.save("raw.npy", np.zeros(4))
    done = run("trace", "mean.npz")
    assert done.exit_code == 1
    assert "raw.npy changed" in done.stdout

    Path("raw.npy").unlink()
    done = run("trace", "--json", "mean.npz")
    assert done.exit_code == 1
    assert [one["status"] for one in json.loads(done.stdout)["inputs"]] == ["missing"]


def test_inputs_that_know_where_they_come_from_are_followed(here: Path) -> None:
    load(here / "mean.npz")
    save({"a": np.ones(2)}, here / "next.h5", provenance=True, verbose=False)
    assert "raw.npy unchanged" in run("trace", here / "next.h5").stdout

    np.save("raw.npy", np.zeros(4))

    done = run("trace", "next.h5")
    assert done.exit_code == 1
    assert "mean.npz unchanged" in done.stdout
    assert "raw.npy changed" in done.stdout


def test_files_made_of_each_other_end(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz", "a.npz"):
        save({"a": np.ones(2)}, tmp_path / name, provenance=True, verbose=False)
        load(tmp_path / name)

    assert run("trace", tmp_path / "a.npz").exit_code == 1  # b was made of what a was before


def test_a_file_without_provenance_is_an_error(tmp_path: Path) -> None:
    save({"a": np.ones(2)}, tmp_path / "a.npz", verbose=False)

    done = run("trace", tmp_path / "a.npz")

    assert done.exit_code == 1
    assert "provenance=True" in done.stderr
    assert run("trace", tmp_path / "none.npz").exit_code == 1


# ---------------------------------------------------------------- metadata


def test_metadata_are_embedded_and_shown(tmp_path: Path) -> None:
    path = save({"a": np.ones(2)}, tmp_path / "a.npz", verbose=False)
    done = run("metadata", "show", path)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "no metadata" in done.stderr

    assert run("metadata", "embed", path, "subject=3", "name=ab c", "list=[1, 2]").exit_code == 0
    assert read_metadata(path) == {"subject": 3, "name": "ab c", "list": [1, 2]}
    added = run("metadata", "embed", path, "subject=4", "--add", "--json")
    assert json.loads(added.stdout) == {"subject": 4, "name": "ab c", "list": [1, 2]}
    done = run("metadata", "show", path, "--json")
    assert json.loads(done.stdout) == [{"subject": 4, "name": "ab c", "list": [1, 2]}]

    (tmp_path / "m.yaml").write_text("a: {b: 1}\n")
    assert run("metadata", "embed", path, "--from", tmp_path / "m.yaml").exit_code == 0
    assert json.loads(run("metadata", "show", path).stdout) == {"a": {"b": 1}}


def test_metadata_wants_something_to_embed(tmp_path: Path) -> None:
    path = save({"a": np.ones(2)}, tmp_path / "a.npz", verbose=False)

    assert run("metadata", "embed", path).exit_code == 2
    assert run("metadata", "embed", path, "=3").exit_code == 2
    assert run("metadata", "embed", tmp_path / "a.txt", "a=1").exit_code == 1


def test_the_command_works_as_a_program(tmp_path: Path) -> None:
    path = save({"a": np.ones(2)}, tmp_path / "a.npz", verbose=False)
    embed_metadata(path, {"a": 1})
    environment = {**os.environ, "PYTHONPATH": str(Path(scitex_io.__file__).parents[1])}

    done = subprocess.run(
        [sys.executable, "-m", "scitex_io", "metadata", "show", "a.npz"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, '{\n  "a": 1\n}\n')
