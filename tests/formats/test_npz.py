from __future__ import annotations

import gc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from optional import needs
from same import same
from scitex_io import (
    LossyWarning,
    MissingKeyError,
    OptionError,
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


def test_objects_of_others_are_pickled_only_where_both_verbs_are_told_to(
    elsewhere: Callable[[], None], tmp_path: Path
) -> None:
    objects = {"a": np.array([1, "x"], dtype=object)}
    with pytest.raises(UnsupportedTypeError, match=r"no object dtype.*at 'a'"):
        save(objects, tmp_path / "a.npz")
    path = save(objects, tmp_path / "a.npz", allow_pickle=True)
    assert same(load(path), objects)
    elsewhere()

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


@pytest.mark.parametrize("layout", ["csr", "csc", "bsr", "dia", "coo"])
@pytest.mark.parametrize("kind", ["array", "matrix"])
@pytest.mark.parametrize("compressed", [False, True])
def test_sparse_matrices_are_those_of_scipy(layout: str, kind: str, compressed: bool, tmp_path: Path) -> None:
    matrix = getattr(scipy.sparse, f"{layout}_{kind}")(np.array([[0, 1.5], [2, 0], [0, 0]]))
    theirs = tmp_path / "theirs.npz"
    scipy.sparse.save_npz(theirs, matrix)

    ours = save(matrix, tmp_path / "ours.npz", compressed=compressed)

    assert same(load(theirs), matrix)
    assert same(scipy.sparse.load_npz(ours), matrix)
    assert info(ours)["type"] == f"scipy.sparse.{layout}_{kind}"
    assert same(load(ours, key="data"), matrix.data)


def test_a_sparse_array_of_any_number_of_axes(tmp_path: Path) -> None:
    for array in (
        scipy.sparse.coo_array(np.array([0, 1, 0, 2])),
        scipy.sparse.coo_array((np.ones(2), ([0, 1], [1, 2], [0, 3])), shape=(2, 3, 4)),
    ):
        assert same(load(save(array, tmp_path / "a.npz")), array)


def test_sparse_arrays_of_pydata_are_those_of_their_library(tmp_path: Path) -> None:
    needs("sparse")
    import sparse

    array = sparse.COO(np.array([[[1.0, 0], [0, 0]], [[0, 2], [1, 1]]]), fill_value=1.0)
    sparse.save_npz(tmp_path / "theirs.npz", array)

    ours = save(array, tmp_path / "ours.npz")

    assert same(load(tmp_path / "theirs.npz"), array)
    assert same(sparse.load_npz(ours), array)


@pytest.mark.parametrize(
    "parts",
    [
        {"format": b"csr", "shape": (2, 2), "data": [1.0], "indices": [9], "indptr": [0, 1, 1]},
        {"format": b"csr", "shape": (2, 2), "data": [1.0], "indices": [0], "indptr": [0, 1]},
        {"format": b"csc", "shape": (2, 2), "data": [1.0], "indices": [0], "indptr": [0, 5, 1]},
        {"format": b"coo", "shape": (2, 2), "data": [1.0], "row": [-1], "col": [0]},
        {"format": b"coo", "shape": (2, 2), "data": [1.0], "coords": [[0], [7]], "fill_value": 0.0},
        {"format": "numpy.ma.MaskedArray", "data": [1.0, 2.0], "mask": [True]},
        {"format": "numpy.ma.MaskedArray", "data": [1.0, 2.0], "mask": [1.0, 0.0]},
    ],
)
def test_parts_that_do_not_fit_are_a_clear_error(parts: dict[str, Any], tmp_path: Path) -> None:
    if "coords" in parts:
        needs("sparse")
    np.savez(tmp_path / "a.npz", **parts)

    with pytest.raises(UnreadableFileError, match=r"a\.npz"):
        load(tmp_path / "a.npz")
    assert load(tmp_path / "a.npz", key="data").size


def test_a_dict_that_will_load_as_something_else_is_announced(tmp_path: Path) -> None:
    save(np.ma.masked_equal([1, 2], 2), tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as archive:
        parts = dict(archive)

    with pytest.warns(LossyWarning, match=r"loads as numpy\.ma\.MaskedArray"):
        save(parts, tmp_path / "b.npz")


def test_other_dicts_with_a_format_stay_dicts(tmp_path: Path) -> None:
    for format_ in (np.array("csr"), np.array(["csr"]), np.array(3)):
        tree = {"format": format_, "data": np.arange(3), "x": np.arange(2)}

        assert same(load(save(tree, tmp_path / "a.npz")), tree)


def test_rows_of_one_array(tmp_path: Path) -> None:
    path = save(ARRAYS | {"n": np.array(1)}, tmp_path / "a.npz")
    masked = save(np.ma.masked_equal([1, 2, 3], 2), tmp_path / "m.npz")
    matrix = scipy.sparse.csr_array(np.eye(4))

    assert same(load(path, key="a", rows=slice(None, None, -2)), np.array([2, 0]))
    assert same(load(masked, rows=slice(1, None)), np.ma.masked_equal([2, 3], 2))
    assert same(load(save(matrix, tmp_path / "s.npz"), rows=slice(1, 3)), matrix[1:3])
    with pytest.raises(OptionError, match="name one array with key=: 'a', 'b', 'n'"):
        load(path, rows=slice(1))
    with pytest.raises(OptionError, match="rows"):
        load(path, key="n", rows=slice(1))
    with pytest.raises(OptionError, match="cannot be sliced"):
        load(save(scipy.sparse.coo_matrix(matrix), tmp_path / "c.npz"), rows=slice(1))


def test_one_key_is_read_without_the_others(tmp_path: Path) -> None:
    path = save(ARRAYS, tmp_path / "a.npz")
    content = bytearray(path.read_bytes())
    content[content.rindex(np.eye(2).tobytes()) + 3] ^= 1
    path.write_bytes(content)

    assert same(load(path, key="a"), ARRAYS["a"])
    with pytest.raises(UnreadableFileError):
        load(path)


def test_what_xarray_adds_is_announced_and_the_arrays_are_there(tmp_path: Path) -> None:
    needs("xarray")
    import xarray

    array = xarray.DataArray(np.eye(2), dims=("x", "y"), coords={"x": [1, 2]})
    with pytest.warns(LossyWarning, match=r"\.nc keeps them"):
        path = save(array, tmp_path / "a.npz")

    assert same(load(path), {"x": np.array([1, 2]), "data": np.eye(2)})
