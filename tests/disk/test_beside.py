from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scitex_io import load, save
from scitex_io.disk.beside import PREFIX, is_abandoned, place_beside
from scitex_io.disk.drafts import draft

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no locks there")


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_a_draft_needs_no_folder_and_leaves_nothing(tmp_path: Path) -> None:
    with draft(tmp_path / "a.json", alone=True) as fresh:
        assert fresh.parent == tmp_path
        assert fresh.name.endswith("a.json")
        fresh.write_text("1")
        assert names(tmp_path) == [fresh.name]

    assert names(tmp_path) == ["a.json"]
    assert (tmp_path / "a.json").read_text() == "1"


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("old")

    with pytest.raises(KeyboardInterrupt), draft(tmp_path / "a.json", alone=True) as fresh:
        fresh.write_text("half")
        raise KeyboardInterrupt

    assert names(tmp_path) == ["a.json"]
    assert (tmp_path / "a.json").read_text() == "old"


def test_two_drafts_of_one_target_do_not_meet(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    with draft(target, alone=True) as first:
        first.write_text("first")
        with draft(target, alone=True) as second:
            assert second != first
            second.write_text("second")
        assert target.read_text() == "second"

    assert target.read_text() == "first"
    assert names(tmp_path) == ["a.json"]


def test_what_a_killed_process_left_is_replaced_by_the_next_save(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from scitex_io.disk.drafts import draft\n"
        "with draft(Path(sys.argv[1]), alone=True) as fresh:\n"
        "    fresh.write_text('half')\n"
        "    fresh.chmod(0o444)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run([sys.executable, "-c", script, tmp_path / "a.json"], check=False, env=environment)
    assert killed.returncode == -9
    left = tmp_path / f"{PREFIX}a.json"
    assert names(tmp_path) == [left.name]
    assert is_abandoned(str(left))
    told = subprocess.run(
        [sys.executable, "-m", "scitex_io", "doctor", str(tmp_path)], check=False, env=environment, capture_output=True
    )
    assert told.returncode == 1
    assert b"a process was killed while it saved" in told.stdout

    save({"a": 1}, tmp_path / "a.json")

    assert names(tmp_path) == ["a.json"]
    assert load(tmp_path / "a.json") == {"a": 1}
    assert (tmp_path / "a.json").stat().st_mode == _usual_mode(tmp_path)


def _usual_mode(folder: Path) -> int:
    (folder / "usual").touch()
    return (folder / "usual").stat().st_mode


def test_a_draft_in_use_is_not_abandoned(tmp_path: Path) -> None:
    with place_beside(str(tmp_path), "a.json") as place:
        assert place is not None
        assert not is_abandoned(place, sweep=True)
        assert os.path.exists(place)


def test_a_link_of_that_name_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("precious")
    (tmp_path / f"{PREFIX}a.json").symlink_to(tmp_path / "other")

    save([1], tmp_path / "a.json")

    assert (tmp_path / "other").read_text() == "precious"
    assert load(tmp_path / "a.json") == [1]


def test_a_name_that_leaves_no_room_for_more_is_saved_all_the_same(tmp_path: Path) -> None:
    name = "x" * 250 + ".json"

    save([1], tmp_path / name)

    assert names(tmp_path) == [name]


def test_a_format_that_lists_companions_or_files_of_its_own_is_not_alone() -> None:
    from scitex_io.registry import REGISTRY

    alone = {handler.name for _, handler in REGISTRY.handlers() if handler.alone}
    assert {"json", "npy", "csv", "text", "pickle"} <= alone
    assert not alone & {"zarr", "brainvision", "png", "fif", "hdf5"}
