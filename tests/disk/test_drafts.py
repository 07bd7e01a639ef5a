from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from scitex_io import FolderError, InvalidPathError, MissingFileError
from scitex_io.disk.drafts import draft
from scitex_io.disk.rooms import PREVIOUS, ROOM


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_the_draft_lies_beside_the_target_under_its_final_name(tmp_path: Path) -> None:
    target = tmp_path / "a.npy"

    with draft(target) as fresh:
        fresh.write_bytes(b"new")
        seen = fresh.name, fresh.parent.parent, target.exists()

    assert seen == ("a.npy", tmp_path, False)
    assert target.read_bytes() == b"new"
    assert names(tmp_path) == ["a.npy"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.npy"
    target.write_bytes(b"old")

    with pytest.raises(KeyboardInterrupt), draft(target) as fresh:
        fresh.write_bytes(b"half")
        raise KeyboardInterrupt

    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a.npy"]


def test_a_failure_takes_the_folders_it_made_away(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), draft(tmp_path / "a" / "b" / "c.npy"):
        raise RuntimeError

    assert names(tmp_path) == []


def test_a_failure_keeps_the_folders_of_others(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()

    with pytest.raises(RuntimeError), draft(tmp_path / "a" / "b" / "c.npy"):
        raise RuntimeError

    assert names(tmp_path) == ["a"]


def test_the_mode_of_an_overwritten_file_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "a.npy"
    target.write_bytes(b"old")
    target.chmod(0o640)

    with draft(target) as fresh:
        fresh.write_bytes(b"new")

    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_new_file_has_the_mode_the_umask_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with draft(tmp_path / "a.npy") as fresh:
            fresh.write_bytes(b"new")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "a.npy").stat().st_mode) == 0o640


def test_a_symlink_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    real, link = tmp_path / "data" / "real.npy", tmp_path / "link.npy"
    real.write_bytes(b"old")
    link.symlink_to("data/real.npy")

    with draft(link) as fresh:
        fresh.write_bytes(b"new")

    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_companions_are_published_before_the_file_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    replace = os.replace

    def traced(source: str, target: str) -> None:
        order.append(os.path.basename(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", traced)

    with draft(tmp_path / "x.vhdr") as fresh:
        fresh.write_bytes(b"header")
        fresh.with_suffix(".eeg").write_bytes(b"data")

    assert order == ["x.eeg", "x.vhdr"]
    assert names(tmp_path) == ["x.eeg", "x.vhdr"]


def test_writing_nothing_is_an_error_unless_allowed(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="wrote nothing"), draft(tmp_path / "a.npy"):
        pass
    with draft(tmp_path / "a.npy", may_be_empty=True):
        pass

    assert names(tmp_path) == []


def test_a_folder_at_the_target_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.npy").mkdir()

    with pytest.raises(FolderError), draft(tmp_path / "a.npy"):
        pass


def test_a_name_too_long_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(InvalidPathError, match="too long"), draft(tmp_path / ("x" * 300 + ".npy")):
        pass
    with pytest.raises(InvalidPathError, match="too long"), draft(tmp_path / ("d" * 300) / "x.npy"):
        pass

    assert names(tmp_path) == []


def test_a_file_among_the_folders_is_the_systems_own_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(NotADirectoryError) as caught, draft(tmp_path / "file" / "a.npy"):
        pass

    assert caught.value.__cause__ is None


def test_no_folder_is_made_without_makedirs(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="makedirs=False"), draft(tmp_path / "no" / "a.npy", makedirs=False):
        pass

    assert names(tmp_path) == []


def test_drafts_of_one_path_at_once_do_not_meet_and_the_last_one_wins(tmp_path: Path) -> None:
    target = tmp_path / "a.npy"

    with draft(target) as one:
        one.write_bytes(b"one")
        with draft(target) as two, draft(tmp_path / "b.npy") as three:
            two.write_bytes(b"two")
            three.write_bytes(b"three")
            assert len({one, two, three}) == 3
        assert target.read_bytes() == b"two"

    assert target.read_bytes() == b"one"
    assert names(tmp_path) == ["a.npy", "b.npy"]


def test_the_first_one_out_leaves_the_room_to_who_is_still_in_it(tmp_path: Path) -> None:
    outer, inner = draft(tmp_path / "a.npy"), draft(tmp_path / "b.npy")
    first = outer.__enter__()
    second = inner.__enter__()
    first.write_bytes(b"1")
    outer.__exit__(None, None, None)
    second.write_bytes(b"2")
    inner.__exit__(None, None, None)

    assert names(tmp_path) == ["a.npy", "b.npy"]


def test_leftovers_that_cannot_be_removed_do_not_keep_a_save_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ROOM / "kept").mkdir(parents=True)
    monkeypatch.setattr("shutil.rmtree", lambda *_, **__: None)

    with draft(tmp_path / "a.txt") as fresh:
        fresh.write_text("new")

    assert (tmp_path / "a.txt").read_text() == "new"


def test_the_next_save_into_the_folder_sweeps_what_a_killed_one_left(tmp_path: Path) -> None:
    room = tmp_path / ROOM
    (room / ".nook-dead").mkdir(parents=True)
    (room / "half.npy").write_bytes(b"half")
    (room / ".nook-dead" / "other.npy").write_bytes(b"half")

    with draft(tmp_path / "a.npy") as fresh:
        fresh.write_bytes(b"new")

    assert names(tmp_path) == ["a.npy"]


def test_a_folder_store_is_swapped_whole(tmp_path: Path) -> None:
    store = tmp_path / "s.zarr"
    store.mkdir()
    (store / "old").write_bytes(b"old")

    with draft(store, directory=True) as fresh:
        fresh.mkdir()
        (fresh / "new").write_bytes(b"new")
        assert names(store) == ["old"]

    assert names(store) == ["new"]
    assert names(tmp_path) == ["s.zarr"]


def test_a_folder_store_is_swapped_in_two_steps_where_the_system_has_no_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "other")
    store = tmp_path / "s.zarr"
    store.mkdir()

    with draft(store, directory=True) as fresh:
        fresh.mkdir()
        (fresh / "new").write_bytes(b"new")

    assert names(store) == ["new"]
    assert names(tmp_path) == ["s.zarr"]


def test_a_swap_that_fails_between_its_two_steps_leaves_the_old_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "other")
    store, rename = tmp_path / "s.zarr", os.rename
    store.mkdir()
    (store / "old").write_bytes(b"old")

    def failing(source: str, target: str) -> None:
        if os.path.basename(os.path.dirname(source)) == ROOM and not str(source).endswith(PREVIOUS):
            raise KeyboardInterrupt
        rename(source, target)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(KeyboardInterrupt), draft(store, directory=True) as fresh:
        fresh.mkdir()

    assert names(store) == ["old"]
    assert names(tmp_path) == ["s.zarr"]


def test_a_swap_cut_between_its_two_steps_is_undone_by_the_next_save(tmp_path: Path) -> None:
    left = tmp_path / ROOM / f"s.zarr{PREVIOUS}"
    left.mkdir(parents=True)
    (left / "old").write_bytes(b"old")

    with draft(tmp_path / "other.npy") as fresh:
        fresh.write_bytes(b"new")

    assert names(tmp_path / "s.zarr") == ["old"]


@pytest.mark.parametrize("directory", [False, True])
def test_an_update_starts_from_a_copy(tmp_path: Path, directory: bool) -> None:
    target = tmp_path / "x.h5"
    if directory:
        target.mkdir()
    old = target / "part" if directory else target
    old.write_bytes(b"old")

    with draft(target, directory=directory, update=True) as fresh:
        copy = fresh / "part" if directory else fresh
        assert copy.read_bytes() == b"old"
        copy.write_bytes(b"new")
        assert old.read_bytes() == b"old"

    assert old.read_bytes() == b"new"
    assert names(tmp_path) == ["x.h5"]


def test_an_update_of_what_is_not_there_yet_starts_empty(tmp_path: Path) -> None:
    with draft(tmp_path / "x.h5", update=True) as fresh:
        assert not fresh.exists()
        fresh.write_bytes(b"new")

    assert names(tmp_path) == ["x.h5"]


def test_durable_syncs_the_content_before_and_the_folder_after_the_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync, replace = os.fsync, os.replace

    def traced_fsync(handle: int) -> None:
        calls.append(f"fsync {os.path.basename(os.readlink(f'/proc/self/fd/{handle}'))}")
        fsync(handle)

    def traced_replace(source: str, target: str) -> None:
        calls.append("replace")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", traced_fsync)
    monkeypatch.setattr(os, "replace", traced_replace)
    with draft(tmp_path / "new" / "a.npy", durable=True) as fresh:
        fresh.write_bytes(b"new")

    assert calls == ["fsync a.npy", "replace", "fsync new", f"fsync {tmp_path.name}"]
