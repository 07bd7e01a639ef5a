"""`convert` of many files: templates, failures, losses, going on where it stopped, progress."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scitex_io import load, save
from scitex_io.cli.batch import filled
from test_cli import process, run

WORDS = ("raw/**/*.npy", "{dir}/{stem}.h5")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("a/sub-01.npy", "a/sub-02.npy", "b/sub-10.npy")):
        save(np.full((3, 4), float(number)), tmp_path / "raw" / name, verbose=False)
    return tmp_path


def files(folder: Path, kind: str) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob(f"*{kind}"))


@pytest.mark.parametrize(
    ("template", "source", "values", "path"),
    [
        ("{dir}/{stem}.h5", "raw/a/x.mat", {}, "raw/a/x.h5"),
        ("{dir}/{stem}.h5", "x.mat", {}, "./x.h5"),
        ("out/{name}.json", "raw/x.csv.gz", {}, "out/x.csv.gz.json"),
        ("out/{stem}-{ext}.json", "raw/x.csv.gz", {}, "out/x-csv.gz.json"),
        ("out/{sub}/{run:03d}.npy", "raw/01_2.npy", {"sub": "01", "run": 2}, "out/01/002.npy"),
        ("{stem}.h5", "raw/{odd}[1].npy", {}, "{odd}[1].h5"),
        ("{stem}.h5", "raw/x.npy", {"stem": "mine"}, "mine.h5"),
    ],
)
def test_a_template_is_filled_from_the_source_and_its_pattern(
    template: str, source: str, values: dict[str, object], path: str
) -> None:
    assert filled(template, source, values) == path


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_tree_of_files_is_converted(here: Path, workers: str) -> None:
    done = process("convert", *WORDS, "--workers", workers, "--verify", cwd=here)

    assert (done.returncode, done.stdout, done.stderr) == (0, "3 converted\n", "")
    assert files(here, ".h5") == ["raw/a/sub-01.h5", "raw/a/sub-02.h5", "raw/b/sub-10.h5"]
    assert (load(here / "raw/b/sub-10.h5") == 2).all()


def test_placeholders_of_the_pattern_name_the_targets(here: Path) -> None:
    done = run("convert", "raw/{group}/sub-{n:d}.npy", "out/{n:03d}_{group}.h5", "-q")

    assert (done.exit_code, done.stdout) == (0, "")
    assert files(here, ".h5") == ["out/001_a.h5", "out/002_a.h5", "out/010_b.h5"]


def test_a_failure_does_not_end_the_others_and_is_told_at_the_end(here: Path) -> None:
    (here / "raw/a/sub-01.npy").write_bytes(b"damaged")
    (here / "raw/b/sub-10.h5").write_bytes(b"mine")

    done = run("convert", *WORDS)
    assert done.exit_code == 1
    assert "raw/a/sub-01.npy" in done.stdout
    assert "UnreadableFileError" in done.stdout
    assert "--force" in done.stdout
    assert done.stdout.endswith("1 converted, 2 failed\n")
    assert (here / "raw/b/sub-10.h5").read_bytes() == b"mine"

    told = json.loads(run("convert", *WORDS, "--force", "--json").stdout)
    assert (told["converted"], told["skipped"], told["failed"]) == (2, 0, 1)
    assert [file["status"] for file in told["files"]] == ["converted", "converted", "failed"]


def test_every_loss_is_told_at_the_end(here: Path) -> None:
    done = run("convert", "raw/a/*.npy", "{dir}/{stem}.json")

    assert done.exit_code == 0
    assert done.stdout.count("lost: arrays become lists") == 2
    assert done.stderr == ""

    refused = run("convert", "raw/a/*.npy", "out/{stem}.json", "--on-loss", "error")
    assert refused.exit_code == 1
    assert files(here / "out", "") == []


def test_it_goes_on_where_it_stopped(here: Path) -> None:
    assert run("convert", *WORDS).exit_code == 0
    (here / "raw/a/sub-01.h5").write_bytes(b"cut")
    (here / "raw/a/sub-02.h5").unlink()
    later = (here / "raw/b/sub-10.h5").stat().st_mtime_ns + 10**9
    kept = (here / "raw/b/sub-10.h5").stat().st_ino

    done = run("convert", *WORDS, "--resume")
    assert (done.exit_code, done.stdout) == (0, "2 converted, 1 skipped\n")
    assert (here / "raw/b/sub-10.h5").stat().st_ino == kept
    assert (load(here / "raw/a/sub-01.h5") == 0).all()

    os.utime(here / "raw/b/sub-10.npy", ns=(later, later))
    assert run("convert", *WORDS, "--resume").stdout == "1 converted, 2 skipped\n"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("raw/**/*.npy", "out/all.h5"), "placeholders"),
        (("raw/**/*.npy", "out/*{stem}.h5"), "no wildcards"),
        (("raw/**/*.npy", "out/{no}.h5"), "no value for {no}"),
        (("raw/**/*.npy", "out/{ext}.h5"), "both 'raw/a/sub-01.npy' and 'raw/a/sub-02.npy'"),
        (("raw/**/*.npy", "{dir}/{name}"), "one of the files to convert"),
    ],
)
def test_a_template_that_cannot_work_is_2_and_nothing_is_written(
    here: Path, words: tuple[str, str], reason: str
) -> None:
    before = files(here, "")
    done = run("convert", *words)

    assert (done.exit_code, done.stdout) == (2, "")
    assert reason in " ".join(done.stderr.split())
    assert files(here, "") == before


def test_a_pattern_that_nothing_matches_is_1(here: Path) -> None:
    done = run("convert", "raw/*.mat", "{stem}.h5")

    assert done.exit_code == 1
    assert "no files match" in done.stderr


def test_one_file_is_told_as_json_as_well(here: Path) -> None:
    told = json.loads(run("convert", "raw/a/sub-01.npy", "x.h5", "--json", "--verify").stdout)

    assert told["files"] == [
        {"source": "raw/a/sub-01.npy", "target": "x.h5", "status": "converted", "losses": [], "error": ""}
    ]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(here: Path) -> None:
    (here / "raw/a/sub-01.npy").rename(here / "x[1].npy")

    assert run("convert", "x[1].npy", "x.h5", "-q").exit_code == 0
    assert (here / "x.h5").exists()


def test_progress_is_shown_on_a_terminal_and_nowhere_else(here: Path) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "scitex_io", "convert", *WORDS]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80"}

    with subprocess.Popen(
        words, cwd=here, env=environment, stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as running:
        os.close(theirs)
        seen = b""
        while chunk := _read(ours):
            seen += chunk
        assert running.stdout is not None
        answer = running.stdout.read()
    os.close(ours)

    assert (running.returncode, answer) == (0, "3 converted\n")
    assert b"Converting" in seen
    assert b"3/3" in seen or b"100%" in seen


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 1 << 16)
    except OSError:  # the other side is closed
        return b""
