"""`doctor`: leftovers of killed processes, and files that do not load."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scitex_io import load, save
from test_cli import process, run


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    table = pd.DataFrame({"a": [1, 2]})
    for name, obj in {
        "d/a.npy": np.arange(100.0),
        "d/t.csv.gz": table,
        "d/t.parquet": table,
        "d/sub/x.json": {"a": 1},
        "d/s.zarr": {"a": np.arange(3)},
        "d/s.h5": {"a": np.arange(3)},
    }.items():
        save(obj, tmp_path / name, verbose=False)
    (tmp_path / "d/notes.unknown").write_text("whatever")
    return tmp_path


def found(*words: str) -> dict[str, str]:
    told = json.loads(run("doctor", "d", "--json", *words).stdout)
    return {finding["path"]: finding["problem"] for finding in told["findings"]}


@pytest.mark.parametrize("words", [[], ["--quick"]])
def test_a_healthy_folder_is_fine(here: Path, words: list[str]) -> None:
    done = process("doctor", "d", *words, cwd=here)

    assert (done.returncode, done.stdout, done.stderr) == (0, "7 files, 0 problems\n", "")


@pytest.mark.parametrize("words", [[], ["--quick"]])
def test_what_is_wrong_with_files_is_told(here: Path, words: list[str]) -> None:
    for name in ("a.npy", "t.parquet", "s.h5"):
        whole = (here / "d" / name).read_bytes()
        (here / "d" / name).write_bytes(whole[: len(whole) - 10])
    (here / "d/empty.json").touch()
    (here / "d/picture.npy").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))

    wrong = found(*words)
    if not words:  # its header is whole
        assert wrong.pop("d/a.npy") in {"truncated", "unloadable"}
    assert wrong.pop("d/t.parquet") in {"truncated", "unloadable"}
    assert wrong.pop("d/s.h5") == "truncated"
    assert wrong == {"d/empty.json": "empty", "d/picture.npy": "mislabelled"}
    assert run("doctor", "d", *words).exit_code == 1
    assert f"{4 if words else 5} problems" in run("doctor", "d", *words).stdout


def test_a_flipped_bit_is_found_only_by_loading(here: Path) -> None:
    path = here / "d/t.csv.gz"
    data = bytearray(path.read_bytes())
    data[-6] ^= 1  # of the checksum
    path.write_bytes(data)

    assert found() == {"d/t.csv.gz": "unloadable"}


def test_what_asks_for_trust_is_no_problem_but_told(here: Path) -> None:
    np.save(here / "d/objects.npy", np.array([{1}], object), allow_pickle=True)

    assert found() == {"d/objects.npy": "not examined"}
    done = run("doctor", "d")
    assert (done.exit_code, done.stdout) == (0, "8 files, 0 problems\n")
    assert "objects.npy" in done.stderr


def killed(folder: Path) -> None:
    """A process that dies in the middle of a save."""
    code = (
        "import os, signal\nfrom scitex_io import save, register_saver\n"
        "@register_saver('.slow')\ndef slow(obj, path):\n"
        "    path.write_text('half')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"save(1, {str(folder / 'x.slow')!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (folder / ".scitex-io" / "x.slow").exists()


def test_leftovers_are_found_and_removed_only_when_asked(here: Path) -> None:
    killed(here / "d/sub")

    assert found() == {"d/sub/.scitex-io": "leftover"}
    assert (here / "d/sub/.scitex-io").exists()

    done = run("doctor", "d", "--fix")
    assert done.exit_code == 1
    assert "(removed)" in done.stdout
    assert not (here / "d/sub/.scitex-io").exists()
    assert load(here / "d/sub/x.json") == {"a": 1}
    assert run("doctor", "d").exit_code == 0


def test_the_room_of_a_running_save_is_left_alone(here: Path) -> None:
    from scitex_io.disk.drafts import draft

    with draft(here / "d/y.txt") as path:
        path.write_text("in the making")
        assert run("doctor", "d", "--fix").exit_code == 0

    assert (here / "d/y.txt").read_text() == "in the making"


def test_a_folder_that_is_not_there_is_2(here: Path) -> None:
    assert run("doctor", "nowhere").exit_code == 2
    assert run("doctor", "d/a.npy").exit_code == 2
