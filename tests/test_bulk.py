"""Large arrays by several threads: the same array, and an error where bytes are missing."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scitex_io import load, save
from scitex_io.content import bulk
from scitex_io.disk import drafts


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads and many pieces, whatever the size."""
    monkeypatch.setattr(bulk, "LARGE", 1)
    monkeypatch.setattr(bulk, "PIECE", 1000)
    monkeypatch.setattr(bulk, "_has_free_core", lambda: True)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("dtype", ["f8", ">i2", "M8[ns]", "U3", "?", "c16", "S5", [("a", "u1"), ("b", "f8", 2)]])
def test_several_threads_read_the_same_array(dtype: Any, tmp_path: Path) -> None:
    array = np.arange(30_000).astype("u1").tobytes()
    count = len(array) // np.dtype(dtype).itemsize
    found = np.frombuffer(array, np.dtype(dtype), count)[: count // 6 * 6].reshape(3, -1)
    for ordered in (np.ascontiguousarray(found), np.asfortranarray(found)):
        path = save(ordered, tmp_path / "a.npy")

        assert load(path, cache=False).tobytes("A") == ordered.tobytes("A")


@pytest.mark.usefixtures("eager")
def test_a_file_that_ends_in_the_data_is_an_error_in_any_thread(tmp_path: Path) -> None:
    (path := tmp_path / "a").write_bytes(bytes(5000))

    with path.open("rb", buffering=0) as file, pytest.raises(EOFError):
        bulk.fill(np.empty(10_000, np.uint8), file, 0)


@given(st.integers(0, 5000), st.integers(1, 300), st.integers(1, 999))
def test_pieces_of_any_size_make_the_whole(size: int, start: int, piece: int) -> None:
    import tempfile

    data = np.random.default_rng(size).integers(0, 256, size, np.uint8)
    with tempfile.TemporaryFile(buffering=0) as file, pytest.MonkeyPatch.context() as patch:
        file.write(bytes(start) + data.tobytes())
        patch.setattr(bulk, "LARGE", 1)
        patch.setattr(bulk, "PIECE", piece)
        patch.setattr(bulk, "_has_free_core", lambda: True)
        found = np.empty_like(data)
        bulk.fill(found, file, start)

    assert found.tolist() == data.tolist()


def test_names_of_a_record_changed_in_one_array_stay_in_others(tmp_path: Path) -> None:
    path = save(np.zeros(3, [("a", "f8")]), tmp_path / "a.npy")

    load(path, cache=False).dtype.names = ("changed",)

    assert load(path, cache=False).dtype.names == ("a",)


def test_a_large_file_that_is_replaced_leaves_nothing_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "LARGE", 1)
    path, before = save(np.ones(1000), tmp_path / "a.npy"), threading.active_count()

    for value in range(5):
        save(np.full(1000, value), path)
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()

    assert threading.active_count() <= before
    assert load(path, cache=False)[0] == 4
    assert [path] == list(tmp_path.iterdir())
    handles = Path("/proc/self/fd")
    if handles.exists():
        links = []
        for handle in os.listdir(handles):
            with suppress(FileNotFoundError):  # the one by which the folder is listed
                links.append(os.readlink(handles / handle))
        assert not [link for link in links if str(tmp_path) in link]
