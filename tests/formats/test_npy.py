from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from same import same
from scitex_io import (
    LossyWarning,
    OptionError,
    UnreadableFileError,
    UnsupportedTypeError,
    UntrustedFileError,
    info,
    load,
    save,
)
from scitex_io.formats.npy import Npy
from scitex_io.testing.values.arrays import arrays

OBJECTS = np.array([1, "a", None], dtype=object)


def with_header(path: Path, header: str, data: bytes = b"", length: int | None = None) -> Path:
    written = header.encode()
    length = len(written) if length is None else length
    path.write_bytes(b"\x93NUMPY\x02\x00" + struct.pack("<I", length) + written + data)
    return path


def test_an_array_of_objects_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="no object dtype"):
        save(np.array([object()]), tmp_path / "a.npy")

    assert list(tmp_path.iterdir()) == []


def test_objects_of_others_are_pickled_only_where_both_verbs_are_told_to(
    elsewhere: Callable[[], None], tmp_path: Path
) -> None:
    path = save(OBJECTS, tmp_path / "a.npy", allow_pickle=True)
    assert same(load(path), OBJECTS)
    elsewhere()

    with pytest.raises(UntrustedFileError, match="allow_pickle=True"):
        load(path)
    assert same(load(path, allow_pickle=True), OBJECTS)


def test_a_fortran_array_comes_back_in_fortran_order(tmp_path: Path) -> None:
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))

    loaded = load(save(array, tmp_path / "a.npy"))

    assert same(loaded, array)
    assert loaded.flags.f_contiguous


@pytest.mark.parametrize(
    "dtype", [[(f"field {n}", "<f4") for n in range(5000)], [("優良", "<i2")], [("é", ">U3")], "V0"]
)
def test_any_header_that_is_written_is_read(dtype: object, tmp_path: Path) -> None:
    array = np.zeros(2, np.dtype(dtype))  # type: ignore[call-overload]  # several forms of a dtype

    assert same(load(save(array, tmp_path / "a.npy")), array)


def test_strings_of_variable_length_are_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match=r"astype\(str\)"):
        save(np.array(["a"], dtype="T"), tmp_path / "a.npy", allow_pickle=True)


def test_a_list_becomes_an_array_and_says_so(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match="a list becomes an array"):
        path = save([[1, 2], [3, 4]], tmp_path / "a.npy")

    assert same(load(path), np.array([[1, 2], [3, 4]]))


@pytest.mark.parametrize("value", [[1, "a"], [[1], [2, 3]], [None], [2**70], ["a\0"], [{}], "a\0", 2**70])
def test_what_an_array_would_change_silently_is_refused(value: object, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(value, tmp_path / "a.npy")


def test_a_memory_map_is_a_view_of_the_file(tmp_path: Path) -> None:
    path = save(np.arange(5), tmp_path / "a.npy")

    mapped = load(path, mmap_mode="r+")
    mapped[0] = 9
    mapped.flush()

    assert isinstance(mapped, np.memmap)
    assert load(path).tolist() == [9, 1, 2, 3, 4]


def test_a_wrong_mode_lists_the_right_ones(tmp_path: Path) -> None:
    path = save(np.arange(5), tmp_path / "a.npy")

    with pytest.raises(OptionError, match=r"'x' is not one of None, 'r', 'r\+', 'c'"):
        load(path, mmap_mode="x")


@pytest.mark.parametrize("keep", [1, 7, 8, 11, 60, 128, 200])
@pytest.mark.parametrize("mode", [None, "r"])
def test_a_truncated_file_is_an_error_that_names_it(keep: int, mode: str | None, tmp_path: Path) -> None:
    path = save(np.arange(100.0), tmp_path / "a.npy")
    path.write_bytes(path.read_bytes()[:keep])

    with pytest.raises(UnreadableFileError, match=r"a\.npy"):
        load(path, mmap_mode=mode)


def test_a_lying_shape_costs_no_memory(tmp_path: Path) -> None:
    path = with_header(tmp_path / "a.npy", f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({2**60},)}}")

    tracemalloc.start()
    with pytest.raises(UnreadableFileError, match="the header says shape"):
        load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 10_000_000


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f8', 'fortran_order': False}",
        "{'descr': '<q9', 'fortran_order': False, 'shape': ()}",
        "(" * 5000,
        "{'descr': " + "-" * 9000 + "1}",
        "__import__('os')",
        "{'descr': [" * 150,
    ],
)
def test_a_damaged_header_is_a_clear_error(header: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError):
        load(with_header(tmp_path / "a.npy", header))


def test_a_header_longer_than_any_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="claims a header of 4000000000 bytes"):
        load(with_header(tmp_path / "a.npy", "{}", length=4_000_000_000))


def test_more_data_than_the_header_says_are_no_array(tmp_path: Path) -> None:
    path = save(np.arange(3), tmp_path / "a.npy")
    path.write_bytes(path.read_bytes() + b"\0" * 8)

    with pytest.raises(UnreadableFileError, match="more than one array"):
        load(path)


def test_facts_come_from_the_header(tmp_path: Path) -> None:
    facts = info(save(np.zeros((2, 3), "f4"), tmp_path / "a.npy"))

    assert (facts["kind"], facts["shape"], facts["dtype"]) == ("array", (2, 3), "float32")


def test_objects_of_the_corpus_need_the_option(corpus: Path) -> None:
    path = corpus / "npy" / "py3-objarr.npy"

    with pytest.raises(UntrustedFileError):
        load(path)
    assert load(path, allow_pickle=True).tolist()[2] == "優良"


ROWS = st.builds(slice, *[st.none() | st.integers(-6, 6)] * 2, st.none() | st.integers(-3, 3).filter(bool))


@given(array=arrays().filter(lambda array: array.ndim), rows=ROWS)
def test_rows_are_those_of_the_whole_array(array: Any, rows: slice, tmp_path: Path) -> None:
    path = save(array, tmp_path / "a.npy", verbose=False)

    part = load(path, rows=rows, cache=False)

    assert same(part, array[rows])
    assert type(part) is np.ndarray
    assert part.base is None or part.base.base is None
    assert same(np.asarray(load(path, rows=rows, mmap_mode="r")), array[rows])
    assert same(Npy().load_part(path, rows), array[rows])


def test_few_rows_of_a_large_file_cost_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.lib.format.open_memmap(path, "w+", "f8", (1_000_000, 4))[-1] = 7

    tracemalloc.start()
    part = load(path, rows=slice(-2, None))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert part.tolist() == [[0] * 4, [7] * 4]
    assert peak < 1_000_000


def test_rows_of_objects_and_of_a_compressed_file(tmp_path: Path) -> None:
    path = save(OBJECTS, tmp_path / "a.npy", allow_pickle=True)
    packed = save(np.arange(5), tmp_path / "b.npy.gz")

    assert same(load(path, rows=slice(1, 2), allow_pickle=True), OBJECTS[1:2])
    assert same(load(packed, rows=slice(3, None)), np.array([3, 4]))


def test_rows_of_an_array_without_dimensions_are_refused(tmp_path: Path) -> None:
    path = save(np.array(5), tmp_path / "a.npy")

    with pytest.raises(OptionError, match="no dimensions"):
        load(path, rows=slice(1))
    with pytest.raises(OptionError, match="no dimensions"):
        list(Npy().stream(path))


def test_a_stream_gives_the_array_in_pieces(tmp_path: Path) -> None:
    array = np.arange(5_000_000.0).reshape(-1, 2)
    path = save(array, tmp_path / "a.npy")

    pieces = list(Npy().stream(path))

    assert len(pieces) == 3
    assert same(np.concatenate(pieces), array)


def test_a_masked_array_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match=r"\.npz, \.h5 and \.zarr keep it"):
        save(np.ma.masked_equal([1, 2], 2), tmp_path / "a.npy", on_loss="allow")

    assert list(tmp_path.iterdir()) == []


def test_a_series_of_objects_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="object dtype"):
        save(pd.Series([1, None, "a"], dtype=object), tmp_path / "a.npy", on_loss="allow")


def test_a_memory_map_of_what_is_compressed_is_a_plain_array(tmp_path: Path) -> None:
    path = save(np.arange(5), tmp_path / "x.npy.gz", verbose=False)

    loaded = load(path, mmap_mode="r")

    assert type(loaded) is np.ndarray
    assert loaded.tolist() == [0, 1, 2, 3, 4]
