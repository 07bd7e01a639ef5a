"""`peek`, `tree` and `diff`: what files hold and how two of them differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from attrs import frozen

import scitex_io
from scitex_io import FormatHandler, save
from scitex_io.content.parts import RowPart
from test_cli import process, run

TABLE = pd.DataFrame({"rt": [0.5, np.nan, 0.75], "word": ["a", "b", "c"]})


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, obj in {
        "a.npy": np.arange(1200.0).reshape(30, 40),
        "t.csv": TABLE,
        "t.parquet": TABLE,
        "t.json": {"rt": [0.5, None, 0.75], "word": ["a", "b", "c"]},
        "s.h5": {"eeg": np.zeros((2, 3)), "deep": {"x": [1, 2]}},
        "notes.txt": "one\ntwo\nthree\n",
        "l.json": [1, [2], "x" * 500],
    }.items():
        save(obj, tmp_path / name, verbose=False)
    return tmp_path


# ---------------------------------------------------------------- peek


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["t.csv", "-n", "2"], ["table 2 x 2", "    rt word", "0  0.5    a", "1  NaN    b", "..."]),
        (["a.npy", "-n", "1"], ["array float64 (1, 8)", "[[0. 1. 2. 3. 4. 5. 6. 7.]]", "..."]),
        (["s.h5", "-n", "1"], ["dict of 2", "eeg: array float64 (2, 3)", "... 1 more"]),
        (["s.h5", "-k", "deep/x"], ["list of 2", "1", "2"]),
        (["t.json", "-k", "word/1"], ["b"]),
        (["notes.txt", "-n", "2"], ["one", "two"]),
        (["l.json", "-n", "2"], ["list of 3", "1", "[2]", "... 1 more"]),
    ],
)
def test_the_beginning_is_shown(here: Path, words: list[str], shown: list[str]) -> None:
    done = run("peek", *words)

    assert (0, shown) == (done.exit_code, done.stdout.splitlines())


def test_no_line_is_longer_than_can_be_looked_at(here: Path) -> None:
    assert max(map(len, run("peek", "l.json").stdout.splitlines())) <= 160


def test_the_beginning_as_json(here: Path) -> None:
    told = json.loads(run("peek", "t.csv", "-n", "2", "--json").stdout)

    assert told["part"] == "the first 2"
    assert told["head"] == [{"rt": 0.5, "word": "a"}, {"rt": None, "word": "b"}]
    assert json.loads(run("peek", "s.h5", "--json").stdout)["head"]["eeg"] == "array float64 (2, 3)"
    assert json.loads(run("peek", "a.npy", "--json", "-n", "1").stdout)["head"] == [[*range(8)]]


def test_no_more_is_read_than_is_shown_where_the_format_can(here: Path) -> None:
    @frozen(kw_only=True)
    class Rows(RowPart, FormatHandler, scitex_io.Loader[Any]):
        """Endless."""

        name = "rows"
        extensions = (".rows",)
        yields = (list,)

        def load(self, path: Path, /) -> Any:
            assert self.rows is not None, "it is endless"
            return list(range(10_000))[self.rows]

    scitex_io.register(Rows)
    (here / "x.rows").touch()

    assert run("peek", "x.rows", "-n", "2").stdout.splitlines() == ["list of 2", "0", "1", "..."]


def test_what_would_have_to_be_loaded_and_is_large_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scitex_io.cli.glance.LARGEST", 100)

    done = run("peek", "s.h5")
    assert done.exit_code == 1
    assert "scitex-io info" in done.stderr
    assert run("peek", "s.h5", "-k", "deep").exit_code == 0


# ---------------------------------------------------------------- tree


def test_the_keys_are_shown_as_a_tree(here: Path) -> None:
    done = run("tree", "s.h5")

    assert done.exit_code == 0
    assert done.stdout.splitlines()[0].startswith("s.h5  format hdf5, kind tree")
    assert "├── eeg  array float64 (2, 3)" in done.stdout
    assert "    └── x " in done.stdout
    assert "rt  float64" in run("tree", "t.csv").stdout
    assert "shape 30 x 40" in run("tree", "a.npy").stdout


def test_the_keys_as_json(here: Path) -> None:
    assert json.loads(run("tree", "s.h5", "--json").stdout)["keys"]["eeg"] == "array float64 (2, 3)"


def test_names_with_slashes_and_markup_are_shown_as_they_are(here: Path) -> None:
    save({"a/b": 1, "[red]": 2, "/": {"": 3}}, here / "odd.json", verbose=False)

    lines = run("tree", "odd.json").stdout
    assert "a/b  1" in lines
    assert "[red]  2" in lines
    assert "  3" in lines


# ---------------------------------------------------------------- diff


def test_files_of_the_same_values_are_equal_whatever_their_formats(here: Path) -> None:
    for one, other in (("t.csv", "t.parquet"), ("t.csv", "t.json"), ("t.json", "t.parquet")):
        done = process("diff", one, other, cwd=here)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    assert run("diff", "t.csv", "t.json", "--strict").exit_code == 1


def test_each_difference_is_a_line_with_its_keys(here: Path) -> None:
    save({"eeg": np.ones((2, 3)), "deep": {"x": [1, 3]}}, here / "s.zarr", verbose=False)

    done = process("diff", "s.h5", "s.zarr", cwd=here)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "eeg: 0.0 is not 1.0 (6 of 6 elements differ, the largest difference is 1 at [0, 0])",
        "deep/x/1: 2 is not 3",
    ]
    assert run("diff", "s.h5", "s.zarr", "--atol", "1").exit_code == 0
    assert run("diff", "s.h5", "s.zarr", "--key", "deep").stdout == "x/1: 2 is not 3\n"
    assert json.loads(run("diff", "s.h5", "s.zarr", "--json").stdout)["differences"][1] == {
        "path": "deep/x/1", "one": "2", "other": "3", "detail": "",
    }  # fmt: skip


def test_only_so_many_differences_are_told(here: Path) -> None:
    save(list(range(9)), here / "1.json", verbose=False)
    save(list(range(1, 10)), here / "2.json", verbose=False)

    done = run("diff", "1.json", "2.json", "--limit", "2")
    assert done.stdout.splitlines() == ["0: 0 is not 1", "1: 1 is not 2"]
    assert "more than 2" in done.stderr
    assert json.loads(run("diff", "1.json", "2.json", "--limit", "9", "--json").stdout)["more"] is False


def test_a_part_that_is_not_there_and_a_file_that_is_not_there_are_1(here: Path) -> None:
    assert "it holds 'rt', 'word'" in run("diff", "t.json", "t.json", "-k", "no").stderr
    done = run("diff", "t.csv", "no.csv")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no.csv" in done.stderr
    assert run("diff", "t.csv").exit_code == 2
