from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import zarr

from same import same
from scitex_io import (
    H5Explorer,
    MissingFileError,
    MissingKeyError,
    UnreadableFileError,
    ZarrExplorer,
    explore_h5,
    explore_zarr,
    has_h5_key,
    has_zarr_key,
    load,
    save,
)

KINDS: dict[str, Any] = {
    ".h5": (H5Explorer, explore_h5, has_h5_key),
    ".zarr": (ZarrExplorer, explore_zarr, has_zarr_key),
}
FRAME = pd.DataFrame({"x": [1.5, 2.5], "y": ["a", "b"]})
TREE: dict[str, Any] = {"g": {"b": np.zeros((2, 3), "f4"), "deep": {"n": 5}}, "t": np.array(["x", "ü"]), "f": FRAME}
PRINTED = r"""x{ext} \(\S+ Ki?B\)  group
├── g  group
│   ├── b  array float32 \(2, 3\)  {packed}
│   └── deep  group
│       └── n  int
├── t  array <U1 \(2,\)  {texts}
└── f  pandas.DataFrame
g  group
├── b  array float32 \(2, 3\)  {packed}
└── deep  group
"""
STORED = {
    ".h5": {"packed": "24 B", "texts": r"\d+ B"},
    ".zarr": {"packed": r"chunks \(2, 3\), zstd, 24 B in \d+ B", "texts": r"chunks \(2,\), zstd, \d+ B in \d+ B"},
}


@pytest.fixture(params=KINDS)
def ext(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def path(ext: str, tmp_path: Path) -> Path:
    return save(TREE, tmp_path / f"x{ext}", verbose=False)


@pytest.fixture
def explorer(path: Path, ext: str) -> Any:
    return KINDS[ext][0](path)


def test_the_tree_is_printed(path: Path, ext: str, explorer: Any, capsys: pytest.CaptureFixture[str]) -> None:
    KINDS[ext][1](path)
    explorer.show("g", max_depth=1)

    printed = capsys.readouterr().out
    assert re.fullmatch(PRINTED.format(ext=ext, **STORED[ext]), printed), printed
    assert explorer.tree("g/b").startswith("g/b  array float32 (2, 3)  ")


def test_keys_lie_in_groups(explorer: Any) -> None:
    assert explorer.keys() == ["g", "t", "f"]
    assert explorer.keys("/g/") == ["b", "deep"]
    assert explorer.keys("f") == ["columns", "index"]
    assert explorer.has_key("g/deep/n")
    assert "g/b" in explorer
    assert "q" not in explorer
    assert 5 not in explorer


def test_parts_are_loaded_as_by_load(explorer: Any, path: Path) -> None:
    assert same(explorer["g/b"], TREE["g"]["b"])
    assert same(explorer.get("g"), TREE["g"])
    assert same(explorer.load(), load(path))
    assert same(explorer.load("f", rows=slice(1), columns=["y"]), FRAME[["y"]].iloc[:1])


def test_keys_are_found_by_pattern_or_part(explorer: Any) -> None:
    assert explorer.find("*/n") == ["g/deep/n"]
    assert explorer.find("?") == ["g", "g/b", "g/deep/n", "t", "f"]
    assert explorer.find("deep") == ["g/deep", "g/deep/n"]


def test_facts_about_one_part(explorer: Any) -> None:
    facts = explorer.get_info("g/b")

    assert (facts["kind"], facts["shape"], facts["dtype"], facts["nbytes"]) == ("array", (2, 3), "float32", 24)
    assert facts["stored"] > 0
    assert (explorer.get_shape("g/b"), explorer.get_dtype("g/b")) == ((2, 3), "float32")
    assert explorer.get_info("g")["keys"] == ["b", "deep"]
    assert explorer.get_info("f")["type"] == "pandas.DataFrame"
    with pytest.raises(ValueError, match=r"'g' .* is a group and has no shape"):
        explorer.get_shape("g")


def test_a_missing_key_lists_what_there_is(explorer: Any) -> None:
    for call in (explorer.keys, explorer.load, explorer.tree, explorer.get_info, explorer.get_attrs):
        with pytest.raises(MissingKeyError, match="'g/b'"):
            call("q")


def test_a_closed_explorer_is_of_no_use_and_holds_nothing(path: Path, ext: str) -> None:
    with KINDS[ext][0](path) as explorer:
        assert explorer.keys()
        assert not any(str(path) in str(link.resolve()) for link in Path("/proc/self/fd").glob("*") if link.exists())

    assert "closed" in repr(explorer)
    with pytest.raises(ValueError, match="is closed"):
        explorer.keys()


def test_only_reading_is_possible(path: Path, ext: str) -> None:
    with pytest.raises(ValueError, match="only read"):
        KINDS[ext][0](path, mode="r+")


def test_has_key_is_a_plain_answer(path: Path, ext: str, tmp_path: Path) -> None:
    has = KINDS[ext][2]
    damaged = tmp_path / f"damaged{ext}"
    damaged.write_text("no store")

    assert has(path, "g/b")
    assert has(str(path), "/g/")
    assert not has(path, "g/q")
    assert not has(tmp_path / f"missing{ext}", "g")
    assert not has(damaged, "g")
    assert damaged.read_text() == "no store"


def test_a_truncated_file_is_kept_whatever_is_asked(tmp_path: Path) -> None:
    path = save(TREE, tmp_path / "x.h5", verbose=False)
    path.write_bytes(path.read_bytes()[:-100])

    assert not has_h5_key(path, "g", max_retries=10, action_on_corrupted="delete")
    assert path.exists()


def test_a_missing_or_damaged_store_is_a_clear_error(ext: str, tmp_path: Path) -> None:
    damaged = tmp_path / f"damaged{ext}"
    damaged.write_text("no store")

    with pytest.raises(UnreadableFileError, match="damaged"):
        KINDS[ext][0](damaged)
    with pytest.raises(MissingFileError):
        KINDS[ext][1](tmp_path / f"missing{ext}")


def test_attributes_and_links_of_a_file_by_others(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        file["a/b"] = np.arange(3)
        file["a/up"] = file["/"]
        file["soft"], file["out"] = h5py.SoftLink("/a/b"), h5py.ExternalLink("y.h5", "/d")
        attributes = file["a/b"].attrs
        attributes["unit"], attributes["fixed"] = "V", np.bytes_(b"abc")
        attributes["n"], attributes["list"] = 5, ["x", "y"]
        attributes["none"], attributes["ref"] = h5py.Empty("f"), file["a"].ref
    explorer = H5Explorer(path)

    told = explorer.get_attrs("a/b")

    assert (told["unit"], told["fixed"], told["n"], told["none"], told["ref"]) == ("V", "abc", 5, None, "/a")
    assert told["list"].tolist() == ["x", "y"]
    first, *lines = explorer.tree().splitlines()
    assert first.startswith("x.h5 (")
    assert lines == [
        "├── a  group",
        "│   ├── b  array int64 (3,)  24 B",
        "│   │   ├── @fixed: 'abc'",
        "│   │   ├── @list: array object (2,)",
        "│   │   ├── @n: 5",
        "│   │   ├── @none: None",
        "│   │   ├── @ref: '/a'",
        "│   │   └── @unit: 'V'",
        "│   └── up  group  told above",
        "├── out  link to y.h5:/d",
        "└── soft  link to /a/b",
    ]
    assert explorer.find("b") == ["a/b"]
    assert not has_h5_key(path, "out")
    assert has_h5_key(path, "soft")


def test_many_links_to_the_same_groups_take_no_time(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        group = file.create_group("g")
        for _ in range(60):
            inner = group.create_group("one")
            group["two"] = inner
            group = inner

    assert len(H5Explorer(path).find("*")) == 121
    assert len(H5Explorer(path).tree().splitlines()) == 122


@pytest.mark.parametrize("version", [2, 3])
def test_zarr_stores_of_both_formats(version: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.zarr"
    root = zarr.create_group(str(path), zarr_format=version, attributes={"unit": "V"})
    root.create_group("g").create_array("a", data=np.arange(6.0), chunks=(4,), attributes={"scale": 2})
    explorer = ZarrExplorer(path)

    facts = explorer.get_info("g/a")

    assert (facts["shape"], facts["dtype"], facts["chunks"]) == ((6,), "float64", (4,))
    assert (facts["compression"] is not None, facts["attrs"]) == (True, {"scale": 2})
    assert explorer.get_attrs() == {"unit": "V"}
    assert same(explorer["g/a"], np.arange(6.0))
    assert explorer["g"] == {"a": pytest.approx(np.arange(6.0))}
    assert re.search(
        r"@unit: 'V'\n└── g  group\n    └── a  array float64 \(6,\)  chunks \(4,\), \w+, 48 B in \d+ B\n.*@scale: 2",
        explorer.tree(),
    )


# ---------------------------------------------------------------- in notebooks and terminals


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    path = tmp_path / "<b>.h5"
    with h5py.File(path, "w") as file:
        made = file.create_dataset("a/<i>x", data=np.zeros((100, 4)), chunks=(10, 4), compression="gzip")
        made.attrs["<script>"] = "</ul><script>alert(1)</script>"
        made.attrs["moves"] = "[bold]not markup[/]"
        file["esc\x1b[2J\n"] = 1
        file["a/round"] = file["/"]
    return path


def test_a_notebook_shows_the_tree_and_nothing_that_names_bring(hostile: Path) -> None:
    shown = H5Explorer(hostile)._repr_html_()

    assert "<script" not in shown
    assert "<i>x" not in shown
    assert "&lt;i&gt;x</b> <code>array float64 (100, 4)</code> <small>chunks (10, 4), gzip, 3.12 KiB in " in shown
    assert "&lt;script&gt;</i>: &#x27;&lt;/ul&gt;" in shown
    assert "<b>round</b> <code>group</code> <small>told above</small>" in shown


def test_names_neither_move_the_cursor_nor_are_markup(hostile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    H5Explorer(hostile).show()
    printed = capsys.readouterr().out

    assert "\x1b" not in printed
    assert "esc\\x1b[2J\\n  int64" in printed
    assert "@moves: '[bold]not markup[/]'" in printed


def test_a_store_that_has_gone_is_told_in_place_of_the_tree(path: Path, explorer: Any, ext: str) -> None:
    path.rename(path.with_name(f"gone{ext}"))

    assert "Explorer(" in explorer._repr_html_()
    explorer.close()
    assert "closed" in explorer._repr_html_()


def test_a_large_store_is_shown_in_part(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for at in range(2500):
            file.create_group(f"g{at:04}")
        deep = file.create_group("deep")
        for _ in range(1500):
            deep = deep.create_group("g")
    explorer = H5Explorer(tmp_path / "x.h5")

    assert explorer.tree().splitlines()[-1].endswith("...  more than 1900")
    assert len(explorer.tree("deep").splitlines()) == 101
    assert len(explorer._repr_html_()) < 500_000


def test_arrays_that_are_refused_are_told_of_and_the_others_shown(tmp_path: Path) -> None:
    path = save({"a": np.arange(3), "b": np.arange(4)}, tmp_path / "x.zarr", verbose=False)
    told = json.loads((path / "b/zarr.json").read_text())
    (path / "b/zarr.json").write_text(json.dumps(told | {"attributes": {"_type": "pickled"}}))

    tree = ZarrExplorer(path).tree()

    assert "a  array int64 (3,)  chunks (3,), zstd" in tree
    assert "b  array int64 (4,)  'b' holds pickled objects" in tree


def test_a_notebook_displays_an_explorer(path: Path, ext: str) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    source = str(Path(__file__).resolve().parents[1] / "src")
    code = (
        f"import sys; sys.path.insert(0, {source!r})\nfrom scitex_io import *\n{KINDS[ext][0].__name__}({str(path)!r})"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])

    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()

    (output,) = notebook.cells[0].outputs
    assert "<b>deep</b> <code>group</code>" in output.data["text/html"]
    assert output.data["text/plain"] == f"{KINDS[ext][0].__name__}({str(path)!r})"


def test_a_terminal_shows_colours_and_a_pipe_none(path: Path, ext: str) -> None:
    pty = pytest.importorskip("pty")
    source = str(Path(__file__).resolve().parents[1] / "src")
    explore = KINDS[ext][1].__name__
    words = [sys.executable, "-c", f"import scitex_io; scitex_io.{explore}({str(path)!r})"]
    environment = {**os.environ, "PYTHONPATH": source, "TERM": "xterm-256color", "COLUMNS": "20"}
    environment.pop("NO_COLOR", None)
    ours, theirs = pty.openpty()
    with subprocess.Popen(words, stdout=theirs, env=environment):
        os.close(theirs)
        seen = b""
        try:
            while part := os.read(ours, 4096):
                seen += part
        except OSError:  # the other end has closed it
            pass
    os.close(ours)
    piped = subprocess.run(words, capture_output=True, env=environment, text=True, check=True).stdout

    assert b"\x1b[1m" in seen
    assert "\x1b" not in piped
    assert re.sub(r"\x1b\[[\d;]*m", "", seen.decode()).replace("\r\n", "\n") == piped
    assert any(len(line) > 20 for line in piped.splitlines())
