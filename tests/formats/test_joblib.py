from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from same import same
from scitex_io import OptionError, UnreadableFileError, UnsupportedTypeError, UntrustedFileError, info, load, save
from scitex_io.formats.joblib import Joblib

TREE = {"a": np.arange(100), "b": [1, "x", None], "c": np.zeros((2, 3), order="F")}
COMPRESSIONS = [0, 3, True, ("gzip", 3), ("bz2", 1), ("xz", 1), ("lzma", 1), "zlib"]


@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_any_object_comes_back_however_it_is_compressed(compress: Any, tmp_path: Path) -> None:
    path = save(TREE, tmp_path / "A.JOBLIB", compress=compress)

    assert path.name == "A.JOBLIB"
    assert same(load(path), TREE)
    assert same(joblib.load(path), TREE)


def test_a_foreign_byte_order_is_kept(tmp_path: Path) -> None:
    array = np.arange(6, dtype=">i2")[::2]

    assert same(load(save(array, tmp_path / "a.joblib")), array)


def test_arrays_can_stay_in_the_file(tmp_path: Path) -> None:
    path = save(TREE, tmp_path / "a.joblib")

    assert isinstance(load(path, mmap_mode="r")["a"], np.memmap)
    with pytest.raises(OptionError, match="'x' is not one of"):
        load(path, mmap_mode="x")


def test_what_cannot_be_pickled_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(lambda: 1, tmp_path / "a.joblib")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 1), ("xz", 1)])
@pytest.mark.parametrize("keep", [0, 1, 2, 30, 150])
def test_a_truncated_file_is_an_error(compress: Any, keep: int, tmp_path: Path) -> None:
    path = save(TREE, tmp_path / "a.joblib", compress=compress)
    path.write_bytes(path.read_bytes()[:keep])

    with pytest.raises(UnreadableFileError, match=r"a\.joblib"):
        load(path)


@pytest.mark.parametrize("compress", [3, ("gzip", 3), ("xz", 1)])
def test_every_flipped_bit_of_a_compressed_file_is_noticed_or_harmless(compress: Any, tmp_path: Path) -> None:
    path = save(TREE, tmp_path / "a.joblib", compress=compress)
    content = path.read_bytes()

    for at in range(0, len(content), 3):
        path.write_bytes(content[:at] + bytes([content[at] ^ 16]) + content[at + 1 :])
        try:
            loaded = load(path, cache=False)
        except UnreadableFileError:
            continue
        assert same(loaded, TREE)


def test_a_class_of_a_missing_module_says_which(tmp_path: Path) -> None:
    (tmp_path / "a.joblib").write_bytes(b"cjoblib.absent\nThing\n.")

    with pytest.raises(UntrustedFileError, match=r"it wants joblib\.absent\.Thing"):
        load(tmp_path / "a.joblib")
    with pytest.raises(UnreadableFileError, match=r"joblib\.absent"):
        load(tmp_path / "a.joblib", trust=True)


def test_facts_are_told_without_unpickling(tmp_path: Path) -> None:
    assert info(save(TREE, tmp_path / "a.joblib", compress=("xz", 1)))["compression"] == "xz"


def test_it_is_marked_as_running_code() -> None:
    assert Joblib.executes_code


def test_an_old_file_of_the_corpus(corpus: Path) -> None:
    loaded = load(corpus / "joblib" / "joblib_0.11.0.joblib")

    assert loaded[0].tolist() == [0, 1, 2, 3, 4]
    assert loaded[2].tolist() == [1, "abc", {"a": 1, "b": 2}]
