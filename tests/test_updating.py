"""`update`: a file changed as one step."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from attrs import define

from scitex_io import (
    DotDict,
    FileChangedError,
    InvalidPathError,
    LossyWarning,
    MissingFileError,
    OptionError,
    UnexpectedTypeError,
    load,
    read_metadata,
    save,
    update,
)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("extension", [".json", ".yaml", ".toml", ".pkl", ".h5", ".zarr", ".json.gz", ".npz"])
def test_a_tree_is_changed_in_place(extension: str, tmp_path: Path) -> None:
    path = save({"a": np.arange(3) if extension == ".npz" else 1}, tmp_path / f"x{extension}", verbose=False)

    with update(path, verbose=False) as tree:
        tree["b"] = np.arange(2) if extension == ".npz" else 2

    assert set(load(path)) == {"a", "b"}
    assert names(tmp_path) == [path.name]


def test_a_table_is_changed_in_place_or_replaced(tmp_path: Path) -> None:
    path = save(pd.DataFrame({"a": [1, 2, 3]}), tmp_path / "t.csv", verbose=False)

    with update(path, verbose=False) as table:
        table["b"] = table["a"] * 2
    with (change := update(path, verbose=False, index=False)) as table:
        change.content = table[table["b"] > 2]

    assert load(path).to_dict("list") == {"a": [2, 3], "b": [4, 6]}


def test_an_array_is_changed_in_place_or_replaced(tmp_path: Path) -> None:
    path = save(np.arange(4), tmp_path / "x.npy", verbose=False)

    with update(path, verbose=False) as array:
        array[0] = 9
    with (change := update(path, verbose=False)) as array:
        change.content = array[:2]

    assert load(path).tolist() == [9, 1]


def test_an_error_leaves_the_file_untouched(tmp_path: Path) -> None:
    path = save({"a": 1}, tmp_path / "x.json", verbose=False)
    before = path.read_bytes(), path.stat().st_ino

    with pytest.raises(KeyboardInterrupt), update(path) as tree:
        tree["a"] = 2
        raise KeyboardInterrupt

    assert (path.read_bytes(), path.stat().st_ino) == before
    assert names(tmp_path) == ["x.json"]


def test_what_cannot_be_saved_leaves_the_file_untouched(tmp_path: Path) -> None:
    path = save({"a": 1}, tmp_path / "x.json", verbose=False)

    with pytest.raises(ValueError, match="json"), update(path) as tree:
        tree["a"] = object()

    assert load(path) == {"a": 1}
    assert names(tmp_path) == ["x.json"]


def test_a_default_stands_for_a_file_that_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "new" / "x.json"

    with pytest.raises(MissingFileError), update(path):
        pass
    with pytest.raises(ZeroDivisionError), update(path, default={}):
        raise ZeroDivisionError
    assert names(tmp_path) == []
    for _ in range(2):
        with update(path, default={"n": 0}, verbose=False) as tree:
            tree["n"] += 1

    assert load(path) == {"n": 2}


def test_what_is_given_has_the_type_asked_for(tmp_path: Path) -> None:
    @define
    class Params:
        rate: float
        names: list[str]

    path = save({"rate": 1.0, "names": ["a"]}, tmp_path / "x.yaml", verbose=False)

    with update(path, as_type=Params, verbose=False) as params:
        params.names.append("b")
    with update(path, as_type=DotDict, verbose=False) as dots:
        dots.rate = 2.0
    with pytest.raises(UnexpectedTypeError), update(path, as_type=list[int]):
        pass

    assert load(path) == {"rate": 2.0, "names": ["a", "b"]}


@pytest.mark.parametrize(("extension", "option"), [(".h5", "key"), (".zarr", "key"), (".db", "table")])
def test_one_part_of_a_file_is_updated(extension: str, option: str, tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [1, 2]})
    path = save({"one": table, "two": table}, tmp_path / f"x{extension}", verbose=False)

    options: Any = {option: "two"}
    with update(path, verbose=False, **options) as part:
        part["b"] = [3, 4]
    options = {option: "three"}
    with (change := update(path, default=None, verbose=False, **options)):
        change.content = table

    assert {name: list(part) for name, part in load(path).items()} == {"one": ["a"], "two": ["a", "b"], "three": ["a"]}


def test_options_go_to_the_verb_that_knows_them(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id;a\n007;1\n")

    with update(path, sep=";", dtype={"id": str}, on_loss="allow", verbose=False) as table:
        table["a"] += 1
    assert path.read_text() == "id;a\n007;2\n"

    with pytest.raises(OptionError, match="no option 'sap'"), update(path, sap=";"):
        pass


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("x.csv", {"nrows": 1}),
        ("x.csv", {"columns": ["a"]}),
        ("x.h5", {"rows": slice(0, 1)}),
        ("x.json", {"key": "a"}),
        ("x.xlsx", {}),
    ],
)
def test_what_would_lose_the_rest_of_the_file_is_refused(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    content: Any = {"x.csv": table, "x.json": {"a": 1, "b": 2}}.get(name, {"one": table, "two": table})
    path = save(content, tmp_path / name, verbose=False)
    before = path.read_bytes()

    with pytest.raises(OptionError, match="would be lost"), update(path, **options):
        pass

    assert path.read_bytes() == before


def test_all_sheets_of_a_workbook_are_updated(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [1, 2]})
    path = save({"one": table, "two": table}, tmp_path / "x.xlsx", verbose=False)

    with update(path, sheet_name=None, verbose=False) as sheets:
        sheets["two"]["a"] = 0

    assert {name: sheet["a"].tolist() for name, sheet in load(path, sheet_name=None).items()} == {
        "one": [1, 2],
        "two": [0, 0],
    }


def test_metadata_inside_the_file_are_kept(tmp_path: Path) -> None:
    path = save(pd.DataFrame({"a": [1]}), tmp_path / "x.parquet", verbose=False, metadata={"subject": "S1"})

    with update(path, verbose=False) as table:
        table["a"] = 2

    assert read_metadata(path) == {"subject": "S1"}
    assert load(path)["a"].tolist() == [2]


def test_a_plain_save_inside_the_block_is_not_overwritten(tmp_path: Path) -> None:
    path = save({"a": 1}, tmp_path / "x.json", verbose=False)

    with pytest.raises(FileChangedError, match="update it again"), update(path) as tree:
        save({"a": 2}, path, verbose=False)
        tree["a"] = 3

    assert load(path) == {"a": 2}
    assert names(tmp_path) == ["x.json"]


def test_an_update_inside_an_update_does_not_wait_for_itself(tmp_path: Path) -> None:
    path = save({"a": 1}, tmp_path / "x.h5", verbose=False)

    with pytest.raises(FileChangedError), update(path):
        save(2, path, key="b", verbose=False)

    assert load(path) == {"a": 1, "b": 2}


def test_threads_and_processes_take_turns(tmp_path: Path) -> None:
    path = save({"n": 0}, tmp_path / "x.json", verbose=False)
    code = (
        "import sys\nfrom scitex_io import update\n"
        "for _ in range(20):\n    with update(sys.argv[1], verbose=False) as tree:\n        tree['n'] += 1\n"
    )
    others = [subprocess.Popen([sys.executable, "-c", code, path]) for _ in range(2)]

    def count() -> None:
        for _ in range(20):
            with update(path, verbose=False) as tree:
                tree["n"] += 1

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [other.wait() for other in others] == [0, 0]
    assert load(path) == {"n": 100}
    assert names(tmp_path) == ["x.json"]


def test_a_relative_path_is_the_one_that_load_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save({"a": 1}, tmp_path / "here.json", verbose=False)
    script = tmp_path / "script.py"
    script.write_text(
        "from scitex_io import update\n"
        "with update('here.json', verbose=False) as tree:\n    tree['a'] = 2\n"
        "with update('there.json', default={}, verbose=False) as tree:\n    tree['b'] = 3\n"
    )
    subprocess.run([sys.executable, script], check=True)

    assert load(tmp_path / "here.json") == {"a": 2}
    assert load(tmp_path / "script_out" / "there.json") == {"b": 3}
    with pytest.raises(InvalidPathError, match="one at a time"), update(tmp_path / "*.json"):
        pass


def test_a_loss_is_announced_where_the_block_ends(tmp_path: Path) -> None:
    path = save({"a": 1}, tmp_path / "x.json", verbose=False)

    with pytest.warns(LossyWarning, match="arrays become lists") as told, update(path, verbose=False) as tree:
        tree["a"] = np.arange(2)

    assert told[0].filename == __file__
