from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse

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

NUMBERS = {"a": np.eye(2), "b": np.arange(6, dtype="i2").reshape(2, 3), "c": np.array([[1 + 2j]])}


def test_variables_come_back_behind_three_entries(tmp_path: Path) -> None:
    loaded = load(save(NUMBERS, tmp_path / "A.MAT"))

    assert list(loaded) == ["__header__", "__version__", "__globals__", "a", "b", "c"]
    assert same({name: loaded[name] for name in NUMBERS}, NUMBERS)
    assert save(loaded, tmp_path / "again.mat").read_bytes() == (tmp_path / "A.MAT").read_bytes()


def test_scipy_reads_it_too(tmp_path: Path) -> None:
    assert same(scipy.io.loadmat(save(NUMBERS, tmp_path / "a.mat"))["b"], NUMBERS["b"])


@pytest.mark.parametrize(
    ("value", "loaded", "said"),
    [
        (np.arange(3), np.array([[0, 1, 2]]), "1-d arrays become rows"),
        (np.array(2.5), np.array([[2.5]]), "without dimensions"),
        (2.5, np.array([[2.5]]), "numbers become arrays"),
        ("text", np.array(["text"]), "texts become arrays"),
        (b"text", np.array(["text"]), "bytes become text"),
        ([1, 2], np.array([[1, 2]]), "lists become arrays"),
        ([], np.empty((0, 0)), "empty lists"),
        (np.array([[True]]), np.array([[1]], "u1"), "booleans load as uint8"),
        (np.ones((1, 1), ">f8"), np.ones((1, 1)), "byte order"),
        (np.ones((1, 1), "f2"), np.ones((1, 1)), "float16 becomes float64"),
        (np.array(["ab", "c"]), np.array(["ab", "c "]), "filled up with blanks"),
        (np.ma.masked_equal([[1, 2]], 2), np.array([[1, 2]]), "mask"),
        (pd.Series([1.5]), np.array([[1.5]]), "without its labels"),
    ],
)
def test_what_matlab_changes_is_said_with_its_place(value: Any, loaded: Any, said: str, tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match=rf"{said}.*\(at 'x'\)"):
        path = save({"x": value}, tmp_path / "a.mat")

    assert same(load(path)["x"], loaded)


def test_a_tree_becomes_structs_and_cells(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match="struct.*cell"):
        path = save({"x": {"y": {"z": [1, "two"]}}}, tmp_path / "a.mat")

    assert load(path)["x"]["y"][0, 0]["z"][0, 0][0, 1] == "two"
    assert list(load(path, simplify_cells=True)["x"]["y"]["z"]) == [1, "two"]


def test_booleans_come_back_with_their_dtype_on_request(tmp_path: Path) -> None:
    path = save({"x": np.array([[True, False]])}, tmp_path / "a.mat", on_loss="allow")

    assert same(load(path, mat_dtype=True)["x"], np.array([[True, False]]))


def test_a_frame_is_stored_as_its_columns(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match="the index"):
        path = save(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), tmp_path / "a.mat", oned_as="column")

    assert same(load(path)["a"], np.array([[1], [2]]))
    assert [text.item() for text in load(path)["b"].flat] == ["x", "y"]


@pytest.mark.parametrize("name", ["1a", "_a", "a b", "a-b", "", "ä", "a" * 64, 1])
@pytest.mark.parametrize("below", [False, True])
def test_a_name_that_matlab_does_not_take_is_refused(name: Any, below: bool, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save({"s": {name: np.eye(2)}} if below else {name: np.eye(2)}, tmp_path / "a.mat")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "value",
    [
        None,
        {1},
        [None],
        {"a": None},
        np.zeros(2, "M8[s]"),
        2**70,
        "a\0b",
        b"\xff",
        "\ud800",
        object(),
        np.array([None]),
    ],
)
def test_what_matlab_has_no_word_for_is_refused(value: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save({"x": value}, tmp_path / "a.mat")


def test_a_tree_that_contains_itself_is_refused(tmp_path: Path) -> None:
    tree: dict[str, Any] = {}
    tree["a"] = tree

    with pytest.raises(UnsupportedTypeError, match="contains itself"):
        save(tree, tmp_path / "a.mat")


def test_a_sparse_matrix_stays_one(tmp_path: Path) -> None:
    matrix = scipy.sparse.csc_matrix(np.diag([1.0, 0, 2]))

    loaded = load(save({"x": matrix}, tmp_path / "a.mat"))["x"]

    assert type(loaded) is type(matrix)
    assert same(loaded.toarray(), matrix.toarray())


def test_some_variables_by_name(tmp_path: Path) -> None:
    path = save(NUMBERS, tmp_path / "a.mat", do_compression=True)

    assert same(load(path, key="b"), NUMBERS["b"])
    assert list(load(path, variable_names=["c"]))[3:] == ["c"]
    with pytest.raises(MissingKeyError, match="it holds 'a', 'b', 'c'"):
        load(path, key="d")
    with pytest.raises(OptionError):
        save(NUMBERS, path, oned_as="diagonal")


def test_facts_are_told_without_the_data(tmp_path: Path) -> None:
    assert info(save(NUMBERS, tmp_path / "a.mat"))["keys"]["b"] == "int16 (2, 3)"


@pytest.mark.parametrize("compressed", [False, True])
def test_a_flipped_bit_or_a_missing_end_never_ends_the_process(compressed: bool, tmp_path: Path) -> None:
    tree = {"a": np.eye(3) + 1j, "b": [1, "x"], "c": {"d": 1.5}, "e": scipy.sparse.csc_matrix(np.eye(2))}
    path = save(tree, tmp_path / "a.mat", on_loss="allow", do_compression=compressed)
    content = path.read_bytes()

    for at in range(124, len(content), 3):
        damaged = [content[:at], *(content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :] for bit in (1, 8, 64))]
        for part in damaged:
            path.write_bytes(part)
            try:
                load(path, cache=False)
            except UnreadableFileError as error:
                assert str(path) in str(error)


# ---------------------------------------------------------------- version 7.3


@pytest.fixture
def version_73(tmp_path: Path) -> Path:
    """A file with one variable of each kind, written as MATLAB 7.3 does."""
    path = tmp_path / "new.mat"
    with h5py.File(path, "w", userblock_size=512) as file:

        def put(name: str, data: Any, kind: str, **marks: Any) -> Any:
            file[name] = data
            file[name].attrs["MATLAB_class"] = np.bytes_(kind)
            for mark, value in marks.items():
                file[name].attrs[f"MATLAB_{mark}"] = value
            return file[name].ref

        def text(name: str, value: str) -> Any:
            return put(name, np.array([[ord(letter)] for letter in value], "u2"), "char", int_decode=2)

        put("number", np.arange(6.0).reshape(3, 2), "double")
        put("complex", np.array([[(1, 2)]], [("real", "f8"), ("imag", "f8")]), "double")
        put("logical", np.array([[1], [0]], "u1"), "logical", int_decode=1)
        put("empty", np.array([0, 3], "u8"), "double", empty=1)
        text("text", "né")
        one, two = put("#refs#/a", np.array([[1.0]]), "double"), text("#refs#/b", "two")
        put("cell", np.array([[one], [two]], h5py.ref_dtype), "cell")
        struct = file.create_group("struct")
        struct.attrs["MATLAB_class"] = np.bytes_("struct")
        put("struct/y", np.array([[3.0]]), "double")
        text("struct/x", "in")
        array = file.create_group("array")
        array.attrs["MATLAB_class"] = np.bytes_("struct")
        array["p"] = np.array([[one], [two]], h5py.ref_dtype)
        sparse = file.create_group("sparse")
        sparse.attrs["MATLAB_class"] = np.bytes_("double")
        sparse.attrs["MATLAB_sparse"] = np.uint64(3)
        sparse["data"], sparse["ir"], sparse["jc"] = [5.0, 6.0], np.array([0, 2], "u8"), np.array([0, 1, 2], "u8")
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    return path


def test_version_73_loads_as_scipy_gives_the_older_ones(version_73: Path) -> None:
    loaded = load(version_73)

    assert (loaded["__header__"], loaded["__version__"], loaded["__globals__"]) == (b"MATLAB 7.3 MAT-file", "2.0", [])
    assert same(loaded["number"], np.asfortranarray([[0.0, 2, 4], [1, 3, 5]]))
    assert same(loaded["complex"], np.array([[1 + 2j]]))
    assert same(loaded["logical"], np.array([[1, 0]], "u1"))
    assert same(loaded["empty"], np.empty((0, 3)))
    assert same(loaded["text"], np.array(["né"]))
    assert same(loaded["cell"][0, 0], np.array([[1.0]]))
    assert same(loaded["cell"][0, 1], np.array(["two"]))
    assert loaded["struct"].shape == (1, 1)
    assert same(loaded["struct"]["x"][0, 0], np.array(["in"]))
    assert loaded["array"].shape == (1, 2)
    assert same(loaded["array"]["p"][0, 1], np.array(["two"]))
    assert loaded["sparse"].toarray().tolist() == [[5, 0], [0, 0], [0, 6]]


def test_version_73_knows_the_same_options(version_73: Path) -> None:
    simple = load(version_73, simplify_cells=True)

    assert simple["struct"] == {"x": "in", "y": 3.0}
    assert simple["array"] == [{"p": 1.0}, {"p": "two"}]
    assert load(version_73, squeeze_me=True)["text"] == "né"
    assert same(load(version_73, mat_dtype=True, key="logical"), np.array([[True, False]]))
    assert load(version_73, struct_as_record=False)["struct"][0, 0].x == "in"
    assert same(load(version_73, chars_as_strings=False, key="text"), np.array([["n", "é"]]))
    assert info(version_73)["keys"]["number"] == "double (2, 3)"
    with pytest.raises(MissingKeyError):
        load(version_73, key="absent")


def test_version_73_hands_out_nothing_of_other_files(version_73: Path, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["x"] = [1.0]
    with h5py.File(version_73, "r+") as file:
        file["linked"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "x")

    with pytest.raises(UntrustedFileError, match="'linked' may lie in another file"):
        load(version_73, key="linked")
    assert load(version_73, key="linked", trust=True).tolist() == [[1.0]]


@pytest.mark.parametrize("keep", [0, 100, 520, 600, 3000])
def test_a_truncated_file_of_version_73_is_an_error(keep: int, version_73: Path) -> None:
    version_73.write_bytes(version_73.read_bytes()[:keep])

    with pytest.raises(UnreadableFileError):
        load(version_73)


def test_files_of_the_corpus(corpus: Path) -> None:
    assert load(corpus / "mat" / "testhdf5_7.4_GLNX86.mat")["testdouble"].shape == (1, 9)
    with pytest.raises(UnreadableFileError):
        load(corpus / "mat" / "corrupted_zlib_data.mat")


def test_a_series_is_a_variable_of_its_name(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match="the index"):
        path = save(pd.Series([1.5, 2], name="x"), tmp_path / "a.mat")
    index = save(pd.Index([3, 4], name="no name"), tmp_path / "b.mat", on_loss="allow")

    assert same(load(path, key="x"), np.array([[1.5, 2]]))
    assert same(load(index, key="values"), np.array([[3, 4]]))


def version73(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        for name, array in {"a": np.arange(12.0).reshape(4, 3), "z": np.array([[1 + 2j], [3]])}.items():
            stored = array.T
            if array.dtype.kind == "c":
                parts = np.empty(stored.shape, [("real", "f8"), ("imag", "f8")])
                parts["real"], parts["imag"] = stored.real, stored.imag
                stored = parts
            file[name] = stored
            file[name].attrs["MATLAB_class"] = np.bytes_(b"double")
        file["t"] = np.array([[97, 98]], "u2").T
        file["t"].attrs["MATLAB_class"] = np.bytes_(b"char")
        file["e"] = np.array([0, 3], "u8")
        file["e"].attrs.update({"MATLAB_class": np.bytes_(b"double"), "MATLAB_empty": 1})
    return path


@pytest.mark.parametrize("rows", [slice(1, 3), slice(None, None, -2), slice(-1, None), slice(9, None)], ids=str)
def test_rows_of_a_variable_are_those_of_the_whole(rows: slice, tmp_path: Path) -> None:
    old = save(NUMBERS | {"s": scipy.sparse.csc_matrix(np.eye(3))}, tmp_path / "a.mat")
    new = version73(tmp_path / "b.mat")

    for path, names in ((old, "abcs"), (new, "azte")):
        for name in names:
            whole = load(path, key=name)
            assert same(load(path, key=name, rows=rows), whole[rows]), name
    assert same(load(new, key="a", rows=rows, squeeze_me=True), load(new, key="a")[rows])


def test_rows_without_a_variable_are_refused(tmp_path: Path) -> None:
    for path in (save(NUMBERS, tmp_path / "a.mat"), version73(tmp_path / "b.mat")):
        with pytest.raises(OptionError, match="name one variable with key=: 'a'"):
            load(path, rows=slice(1))
        with pytest.raises(MissingKeyError):
            load(path, key="q", rows=slice(1))
