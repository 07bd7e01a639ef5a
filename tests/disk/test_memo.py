from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from scitex_io import clear_load_cache, configure_cache, get_cache_info, load, save
from scitex_io.disk import memo


@pytest.fixture(autouse=True)
def default_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "_settings", memo._Settings())


def array_file(path: Path, *values: int) -> Path:
    np.save(path, np.array(values))
    return path


def hits() -> int:
    return int(get_cache_info()["stats"]["hits"])


def test_a_second_load_is_a_hit_and_equal(tmp_path: Path) -> None:
    path = array_file(tmp_path / "a.npy", 1, 2, 3)

    first, second = load(path), load(path)

    assert hits() == 1
    assert first.tolist() == second.tolist() == [1, 2, 3]


def test_a_hit_is_not_changed_through_an_earlier_result(tmp_path: Path) -> None:
    path = array_file(tmp_path / "a.npy", 1, 2, 3)

    load(path)[0] = 99
    second = load(path)
    second[1] = 99

    assert load(path).tolist() == [1, 2, 3]
    assert hits() == 2


def test_a_changed_file_is_read_again_even_with_the_same_size_and_time(tmp_path: Path) -> None:
    path = array_file(tmp_path / "a.npy", 1, 2, 3)
    load(path)
    stamp = path.stat().st_mtime_ns
    with path.open("r+b") as file:  # in place: the same inode
        np.save(file, np.array([4, 5, 6]))
    os.utime(path, ns=(stamp, stamp))

    assert load(path).tolist() == [4, 5, 6]


def test_an_old_file_is_trusted_by_its_stamp(tmp_path: Path) -> None:
    path = array_file(tmp_path / "a.npy", 1)
    old = time.time_ns() - 10**10
    os.utime(path, ns=(old, old))

    load(path)

    (entry,) = memo._entries.values()
    assert entry.content is None


def test_options_type_and_handler_are_part_of_the_key(tmp_path: Path) -> None:
    path = array_file(tmp_path / "a.npy", 1)

    load(path)
    load(path, as_type=np.ndarray)

    assert hits() == 0


def test_a_memory_map_is_never_kept(tmp_path: Path) -> None:
    path = array_file(tmp_path / "a.npy", 1)

    load(path, mmap_mode="r")

    assert isinstance(load(path, mmap_mode="r"), np.memmap)
    assert hits() == 0


def test_save_forgets_the_entry(tmp_path: Path) -> None:
    path = array_file(tmp_path / "a.npy", 1)
    load(path)

    save(np.array([2]), path)

    assert get_cache_info()["metadata_size"] == 0
    assert load(path).tolist() == [2]


def test_cache_false_and_disabled_neither_ask_nor_keep(tmp_path: Path) -> None:
    path = array_file(tmp_path / "a.npy", 1)

    load(path, cache=False)
    configure_cache(enabled=False)
    load(path)

    assert get_cache_info()["metadata_size"] == 0
    assert get_cache_info()["stats"] == {"hits": 0, "misses": 0, "evictions": 0}


def test_the_oldest_entry_leaves_when_there_are_too_many(tmp_path: Path) -> None:
    configure_cache(max_size=2)
    for number in range(3):
        load(array_file(tmp_path / f"{number}.npy", number))

    load(tmp_path / "0.npy")

    info = get_cache_info()
    assert info["stats"]["evictions"] == 2
    assert info["metadata_size"] == 2
    assert hits() == 0


def test_the_bytes_kept_are_bounded(tmp_path: Path) -> None:
    configure_cache(max_bytes=8 * 2000)
    for number in range(20):
        load(array_file(tmp_path / f"{number}.npy", *range(200)))

    assert 0 < get_cache_info()["data_size"] <= 8 * 2000


def test_one_object_is_kept_up_to_an_eighth_of_the_room(tmp_path: Path) -> None:
    configure_cache(max_bytes=800)

    load(array_file(tmp_path / "a.npy", *range(200)))

    assert get_cache_info()["metadata_size"] == 0


def test_info_has_the_shape_scripts_rely_on() -> None:
    info = get_cache_info()

    assert info == {
        "stats": {"hits": 0, "misses": 0, "evictions": 0},
        "config": {"enabled": True, "max_size": 32, "verbose": False, "max_bytes": 256 << 20},
        "metadata_size": 0,
        "data_size": 0,
    }


def test_a_negative_size_is_refused_and_changes_nothing() -> None:
    with pytest.raises(ValueError, match="max_size"):
        configure_cache(enabled=False, max_size=-1)

    assert get_cache_info()["config"]["enabled"] is True


def test_clear_drops_entries_and_counts(tmp_path: Path) -> None:
    path = array_file(tmp_path / "a.npy", 1)
    load(path)
    load(path)

    clear_load_cache()

    assert get_cache_info()["metadata_size"] == hits() == 0


def test_verbose_tells_of_stores_and_hits_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = array_file(tmp_path / "a.npy", 1)
    configure_cache(verbose=True)

    load(path)
    load(path)

    captured = capsys.readouterr()
    assert captured.out == ""
    assert [line.split("]")[0] for line in captured.err.splitlines()] == ["[cache stored", "[cache hit"]


def test_a_large_array_that_is_read_as_fast_as_copied_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memo, "COPY", 1)  # seconds a byte: whatever else the machine does meanwhile
    path = array_file(tmp_path / "a.npy", *range(1 << 18))

    load(path)

    assert get_cache_info()["metadata_size"] == 0


def test_what_takes_long_to_load_is_kept_at_any_size(tmp_path: Path) -> None:
    path = array_file(tmp_path / "a.npy", *range(1 << 18))

    memo.keep(path, "key", memo.identity(path), "value", 1.0)

    assert memo.recall(path, "key") == "value"


def test_a_table_is_kept_where_no_library_of_lazy_tables_is_imported(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    os.utime(tmp_path / "a.csv", (1, 1))
    code = (
        "import sys; from scitex_io import get_cache_info, load; [load('a.csv') for _ in range(2)];"
        "assert 'polars' not in sys.modules; print(get_cache_info()['stats']['hits'])"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout == "1\n"
