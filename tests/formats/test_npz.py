from __future__ import annotations

import gc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from same import same
from scitex_io import (
    LossyWarning,
    MissingKeyError,
    UnreadableFileError,
    UnsupportedTypeError,
    UntrustedFileError,
    info,
    load,
    save,
)

ARRAYS = {"a": np.arange(3), "b": np.eye(2)}


def test_it_loads_as_a_dict_and_leaves_no_handle_open(tmp_path: Path) -> None:
    path = save(ARRAYS, tmp_path / "a.npz")

    loaded = load(path, cache=False)
    gc.collect()

    assert same(loaded, ARRAYS)
    assert not any(str(path) in str(link.resolve()) for link in Path("/proc/self/fd").glob("*") if link.exists())


@pytest.mark.parametrize("key", ["file", "allow_pickle", "a/b", "a.npy", "", "/x", "../x", "a b", "優良", "\\", "."])
def test_a_key_is_kept_whatever_it_holds(key: str, tmp_path: Path) -> None:
    loaded = load(save({key: np.arange(3), "other": np.eye(2)}, tmp_path / "a.npz"))

    assert list(loaded) == [key, "other"]


@pytest.mark.parametrize("key", ["a\0b", "\ud800", "k" * 70_000])
def test_a_key_that_no_zip_file_keeps_is_refused(key: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="key"):
        save({key: np.arange(3)}, tmp_path / "a.npz")

    assert list(tmp_path.iterdir()) == []


def test_numpy_reads_it_too(tmp_path: Path) -> None:
    with np.load(save(ARRAYS, tmp_path / "a.npz")) as archive:
        assert same(dict(archive), ARRAYS)


def test_an_archive_of_numpy_loads(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", **ARRAYS)  # type: ignore[arg-type]  # two arrays by name

    assert same(load(tmp_path / "a.npz"), ARRAYS)


def test_compressed_is_smaller_and_equal(tmp_path: Path) -> None:
    zeros = {"a": np.zeros(10_000)}
    plain = save(zeros, tmp_path / "a.npz")
    small = save(zeros, tmp_path / "b.npz", compressed=True)

    assert small.stat().st_size < plain.stat().st_size / 10
    assert same(load(small), zeros)


def test_equal_arrays_give_equal_files(tmp_path: Path) -> None:
    assert save(ARRAYS, tmp_path / "a.npz").read_bytes() == save(ARRAYS, tmp_path / "b.npz").read_bytes()


def test_one_array_by_key(tmp_path: Path) -> None:
    path = save(ARRAYS, tmp_path / "a.npz")

    assert same(load(path, key="b"), ARRAYS["b"])
    with pytest.raises(MissingKeyError, match="it holds 'a', 'b'"):
        load(path, key="c")


def test_values_that_become_arrays_are_announced_with_their_key(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match=r"lists become arrays \(at 'x'\).*without dimensions \(at 'y'\)"):
        path = save({"x": [1, 2], "y": 1.5}, tmp_path / "a.npz")

    assert same(load(path), {"x": np.array([1, 2]), "y": np.array(1.5)})


@pytest.mark.parametrize(
    "obj", [{1: np.eye(2)}, {"a": None}, {"a": {"b": np.eye(2)}}, [1, 2], {"a": [1, "b"]}, np.eye(2)]
)
def test_what_is_no_array_is_refused(obj: object, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(obj, tmp_path / "a.npz")


def test_objects_are_pickled_only_where_both_verbs_are_told_to(tmp_path: Path) -> None:
    objects = {"a": np.array([1, "x"], dtype=object)}
    with pytest.raises(UnsupportedTypeError, match=r"no object dtype.*at 'a'"):
        save(objects, tmp_path / "a.npz")
    path = save(objects, tmp_path / "a.npz", allow_pickle=True)

    with pytest.raises(UntrustedFileError):
        load(path)
    assert same(load(path, allow_pickle=True), objects)


@pytest.mark.parametrize("compressed", [False, True])
def test_every_flipped_bit_is_noticed_or_harmless(compressed: bool, tmp_path: Path) -> None:
    path = save(ARRAYS, tmp_path / "a.npz", compressed=compressed)
    content = path.read_bytes()

    for at in range(0, len(content), 5):
        path.write_bytes(content[:at] + bytes([content[at] ^ 16]) + content[at + 1 :])
        try:
            loaded = load(path, cache=False)
        except UnreadableFileError as error:
            assert str(path) in str(error)
        else:
            assert same(loaded, ARRAYS)


@pytest.mark.parametrize("keep", [1, 4, 100, -1, -22])
def test_a_truncated_archive_is_an_error(keep: int, tmp_path: Path) -> None:
    path = save(ARRAYS, tmp_path / "a.npz")
    path.write_bytes(path.read_bytes()[:keep])

    with pytest.raises(UnreadableFileError, match=r"a\.npz"):
        load(path)


def test_a_lying_shape_costs_no_memory(tmp_path: Path) -> None:
    member = (
        save(np.arange(3.0), tmp_path / "m.npy")
        .read_bytes()
        .replace(b"(3,), }" + b" " * 15, b"(" + b"9" * 15 + b",), }  ")
    )
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("m.npy", member)

    with pytest.raises(UnreadableFileError, match="the header says shape"):
        load(tmp_path / "a.npz")


def test_facts_come_from_the_headers(tmp_path: Path) -> None:
    assert info(save(ARRAYS, tmp_path / "a.npz"))["keys"] == {"a": "array int64 (3,)", "b": "array float64 (2, 2)"}


def test_an_archive_of_the_corpus(corpus: Path) -> None:
    loaded = load(corpus / "npz" / "disk-matlab-output.npz")

    assert loaded["003"].sum() == 29
