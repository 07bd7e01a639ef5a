"""What HDF5 files and Zarr stores have in common."""

from __future__ import annotations

import collections
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from optional import needs
from same import difference, same
from scitex_io import (
    KeyExistsError,
    LossyWarning,
    MissingDependencyError,
    MissingKeyError,
    OptionError,
    ScitexIOError,
    UnexpectedTypeError,
    UnreadableFileError,
    UnsupportedTypeError,
    load,
    save,
)
from scitex_io.facts import info
from scitex_io.loading import loader_for
from scitex_io.testing.values.arrays import arrays
from strategies.composites import indexes, masked
from strategies.stores import frames

pytestmark = pytest.mark.parametrize("ext", [".h5", ".zarr"])


@pytest.fixture
def path(tmp_path: Path, ext: str) -> Path:
    return tmp_path / f"x{ext}"


def test_keys_of_any_kind_come_back_in_order(path: Path) -> None:
    tree: dict[Any, Any] = dict.fromkeys(
        [
            "z",
            "a/b",
            ".",
            "..",
            "",
            "%2F",
            "100%",
            "ключ",
            "x\0y",
            "\ud800",
            "k" * 300,
            "__x",
            "zarr.json",
            " c ",
            "a\\b:?",
        ],
        1,
    )
    tree |= {5: "int", "5": "text", (1, "a"): "tuple", None: "none", 2.5: "float", b"b": "bytes", False: "no"}

    loaded = load(save(tree, path))

    assert same(loaded, tree)


def test_a_key_that_is_neither_text_nor_number_is_refused(path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="frozenset"):
        save({"a": {frozenset({1}): 2}}, path)

    assert list(path.parent.iterdir()) == []


def test_a_frame_is_stored_column_by_column(path: Path) -> None:
    frame = pd.DataFrame(
        {"a": [1.5, np.nan], "s": ["x", None], "t": pd.date_range("2020", periods=2, tz="Europe/Berlin")},
        index=pd.MultiIndex.from_tuples([("u", 1), ("v", 2)], names=["k", None]),
    )

    save(frame, path)

    assert same(load(path), frame)
    assert same(load(path, key="data/columns/a"), np.array([1.5, np.nan]))


def test_labels_of_any_kind_and_twice_the_same_come_back(path: Path) -> None:
    frames = {
        "twice": pd.DataFrame([[1, 2.5]], columns=["x", "x"]),
        "numbers": pd.DataFrame({1: [1], "a": [2]}),
        "levels": pd.DataFrame({("a", 1): [1], ("b", 2): ["t"]}),
        "empty": pd.DataFrame(),
        "dates": pd.DataFrame({"v": [1, 2]}, index=pd.date_range("2020", periods=2, freq="D", name="day")),
        "objects": pd.DataFrame({"o": pd.Series([[1], {"a": b"x"}, pd.NA], dtype=object)}),
        "sparse": pd.DataFrame({"s": pd.arrays.SparseArray([0.0, 0.0, 1.0])}),
        "intervals": pd.DataFrame({"i": pd.interval_range(0, 2)}),
    }

    assert same(load(save(frames, path)), frames)


def test_what_is_no_dict_comes_back_as_it_was(path: Path) -> None:
    for obj in (np.arange(3), np.array(1.5), np.float32(2), "text", None, [1, "a"], pd.Series([1], name="s")):
        assert same(load(save(obj, path)), obj)


def test_a_dict_with_the_key_data_stays_a_dict(path: Path) -> None:
    assert same(load(save({"data": np.arange(3)}, path)), {"data": np.arange(3)})


def test_a_key_is_added_and_the_rest_is_kept(path: Path) -> None:
    save({"z": 1, "b": {"c": 2}}, path)
    save(np.arange(3), path, key="b/a/new")
    save("first", path, key="y")

    assert same(load(path), {"z": 1, "b": {"c": 2, "a": {"new": np.arange(3)}}, "y": "first"})
    assert same(load(path, key="b/a"), {"new": np.arange(3)})
    assert load(path, key="/b/c") == 2


def test_a_key_is_replaced_whatever_was_there(path: Path) -> None:
    save({"a": {"b": np.zeros(3)}, "c": 1}, path)
    save([1, "x"], path, key="a")
    save({"q": None}, path, key="c")

    assert load(path) == {"a": [1, "x"], "c": {"q": None}}


def test_a_key_creates_the_file(path: Path) -> None:
    assert load(save(5, path, key="a/b")) == {"a": {"b": 5}}


def test_a_key_joins_the_one_object_of_a_file(path: Path) -> None:
    save(7, path)
    save(8, path, key="more")

    assert load(path) == {"data": 7, "more": 8}


def test_a_key_with_slashes_of_its_own_is_found(path: Path) -> None:
    save({"a/b": {"c": 1}}, path)
    save(2, path, key="a/b/d")

    assert load(path, key="a/b/c") == 1
    assert load(path) == {"a/b": {"c": 1, "d": 2}}


def test_an_existing_key_can_be_kept(path: Path) -> None:
    save({"a": {"b": 1}}, path)

    with pytest.raises(KeyExistsError) as refused:
        save(2, path, key="a/b", override=False)
    assert str(refused.value).startswith(f"'{path}' already holds 'a/b'")
    save(3, path, key="a/c", override=False)

    assert load(path) == {"a": {"b": 1, "c": 3}}


def test_a_key_does_not_lead_into_an_array_or_a_list(path: Path) -> None:
    save({"a": np.zeros(3), "l": [1, (2,)]}, path)

    for key in ("a/b", "l/0", "/"):
        with pytest.raises(OptionError, match="key"):
            save(1, path, key=key)

    assert same(load(path), {"a": np.zeros(3), "l": [1, (2,)]})


def test_a_missing_key_is_an_error_that_lists_what_there_is(path: Path) -> None:
    save({"a": {"b": 1}, "c": 2}, path)

    for key in ("q", "a/q", "a/b/q", "c/q"):
        with pytest.raises(MissingKeyError, match="it holds 'a', 'a/b', 'c'"):
            load(path, key=key)


def test_a_failed_update_leaves_the_file_as_it_was(path: Path) -> None:
    save({"a": 1}, path)

    with pytest.raises(UnsupportedTypeError, match="at 'a/x'"):
        save({"x": object()}, path, key="a")

    assert load(path) == {"a": 1}
    assert [part.name for part in path.parent.iterdir()] == [path.name]


def test_saving_without_a_key_replaces_everything(path: Path) -> None:
    save({"a": 1}, path)
    save({"b": 2}, path)

    assert load(path) == {"b": 2}


@pytest.mark.parametrize(
    "obj",
    [object(), {"a": [object()]}, np.array([object()]), {"r": range(3)}],
    ids=["object", "nested", "objects", "range"],
)
def test_nothing_is_stringified_or_pickled(path: Path, obj: object) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(obj, path)

    assert list(path.parent.iterdir()) == []


def test_what_contains_itself_is_refused(path: Path) -> None:
    loop: dict[str, Any] = {}
    loop["a"] = loop
    ring: list[Any] = []
    ring.append(ring)

    for obj in (loop, ring, {"a": (ring,)}):
        with pytest.raises(UnsupportedTypeError, match="contains itself"):
            save(obj, path)

    assert list(path.parent.iterdir()) == []


def test_a_subclass_is_announced_as_what_it_becomes(path: Path) -> None:
    with pytest.warns(LossyWarning, match=r"OrderedDict becomes dict \(at 'a'\)"):
        save({"a": collections.OrderedDict(b=1)}, path)

    assert same(load(path), {"a": {"b": 1}})


def test_one_array_or_frame_is_given_as_such(path: Path) -> None:
    save({"x": np.arange(3)}, path)
    frame = pd.DataFrame({"a": [1]})

    assert same(load(path, as_type=np.ndarray), np.arange(3))
    assert same(load(path, as_type=dict), {"x": np.arange(3)})
    assert same(load(save(frame, path), as_type=pd.DataFrame), frame)
    with pytest.raises(UnexpectedTypeError):
        load(path, as_type=np.ndarray)


def test_a_description_reads_no_data(path: Path) -> None:
    save({"a": {"b": np.zeros((2, 3), "f4"), "t": np.array(["x"])}, "s": "text", "l": [1, 2]}, path)
    facts = info(path)

    assert facts["kind"] == "tree"
    assert facts["keys"]["a/b"] == "array float32 (2, 3)"
    assert facts["keys"]["l"] == "list"
    assert list(facts["keys"]) == ["a", "a/b", "a/t", "s", "l"]

    single = info(save(np.zeros((4, 2), "M8[s]"), path))

    assert (single["kind"], single["shape"], single["dtype"]) == ("array", (4, 2), "<M8[s]")


def test_a_wrong_option_is_refused(path: Path) -> None:
    with pytest.raises(OptionError):
        save(1, path, key=5)
    assert list(path.parent.iterdir()) == []


def test_an_update_of_something_else_is_an_error_and_changes_nothing(path: Path) -> None:
    if path.suffix == ".h5":
        path.write_bytes(b"no file of ours")
    else:
        path.mkdir()
        (path / "zarr.json").write_text("{")

    with pytest.raises((ScitexIOError, OSError)):
        save(1, path, key="a")

    assert path.is_dir() or path.read_bytes() == b"no file of ours"


def test_texts_in_fortran_order_keep_their_places(path: Path) -> None:
    texts = np.asfortranarray(np.array([["", "0", "a"], ["b", "", "c"]]))
    tree = {"u": texts, "o": texts.astype(object)[:, ::-1]}

    assert same(load(save(tree, path)), tree)


ROWS = st.builds(slice, *[st.none() | st.integers(-6, 6)] * 2, st.none() | st.integers(-3, 3).filter(bool))
SLICED = st.one_of(
    arrays().filter(lambda array: array.ndim),
    st.lists(st.text(max_size=3) | st.none(), max_size=4).map(lambda items: np.array([*items, None], object)),
    frames(),
    frames().filter(lambda frame: len(frame.columns) > 0).map(lambda frame: frame.iloc[:, 0]),
    indexes,
    masked().filter(lambda array: array.ndim),
    st.lists(st.floats(), max_size=4),
    st.lists(st.floats(), max_size=4).map(tuple),
)


@settings(max_examples=50)
@given(obj=SLICED, rows=ROWS)
def test_rows_are_those_of_the_whole(obj: Any, rows: slice, path: Path) -> None:
    save({"a": obj, "b": 1}, path, verbose=False, on_loss="allow")
    whole = load(path, key="a", cache=False)

    part = load(path, key="a", rows=rows, cache=False)

    assert difference(part, whole.iloc[rows] if hasattr(whole, "iloc") else whole[rows]) is None


@settings(max_examples=30)
@given(frame=frames(), rows=st.none() | ROWS, data=st.data())
def test_columns_and_rows_of_a_frame(frame: pd.DataFrame, rows: slice | None, data: st.DataObject, path: Path) -> None:
    save(frame, path, verbose=False, on_loss="allow")
    whole = load(path, cache=False)
    names = data.draw(st.lists(st.sampled_from(list(whole.columns)), max_size=3)) if len(whole.columns) else []

    part = load(path, columns=names, rows=rows, cache=False)

    assert difference(part, whole[names] if rows is None else whole[names].iloc[rows]) is None


def test_columns_of_labels_with_levels_and_a_freq(path: Path) -> None:
    frame = pd.DataFrame(
        {"a": [1, 2, 3], "b": [1.5, 2, 3], "c": ["x", "y", None]}, index=pd.date_range("2020", periods=3, freq="D")
    )
    save(frame, path)

    assert same(load(path, columns=["c", "a"], rows=slice(None, None, 2)), frame[["c", "a"]].iloc[::2])
    assert load(path, rows=slice(None, None, 2)).index.freqstr == "2D"
    with pytest.raises(MissingKeyError, match="'a', 'b', 'c'"):
        load(path, columns=["q"])
    levels = pd.MultiIndex.from_product([["u", "v"], [1, 2]], names=["k", "n"])
    assert same(
        load(save(frame.set_index(levels[:3]), path), rows=slice(1, None)), frame.set_index(levels[:3]).iloc[1:]
    )


def test_parts_of_what_has_none_are_refused(path: Path) -> None:
    save({"a": {"b": np.arange(3)}, "n": 1, "s": {1}, "t": "text", "z": np.array(1), "x": pd.Timestamp("2020")}, path)

    with pytest.raises(OptionError, match=r"name one array or table with key=: 'a', 'a/b', 'n'"):
        load(path, rows=slice(1))
    with pytest.raises(OptionError, match="name one array or table"):
        load(path, key="a", rows=slice(1))
    for key in "nstzx":
        with pytest.raises(OptionError, match="rows"):
            load(path, key=key, rows=slice(1))
    with pytest.raises(OptionError, match=r"tables, and this is array int64 \(3,\)"):
        load(path, key="a/b", columns=["x"])
    with pytest.raises(MissingKeyError):
        load(path, key="q", rows=slice(1))


def test_a_stream_gives_an_array_in_pieces(path: Path) -> None:
    array = np.arange(5_000_000).reshape(-1, 2)
    save({"a": array, "f": pd.DataFrame({"x": [1]})}, path)
    handler = loader_for(path, None, None, None)

    pieces = list(handler.with_options({"key": "a"}, "load").stream(path))  # type: ignore[attr-defined]  # both can

    assert len(pieces) > 2
    assert same(np.concatenate(pieces), array)
    assert same(handler.with_options({"key": "a"}, "load").load_part(path, slice(3)), array[:3])  # type: ignore[attr-defined]  # both can
    with pytest.raises(OptionError, match=r"this is pandas\.DataFrame"):
        list(handler.with_options({"key": "f"}, "load").stream(path))  # type: ignore[attr-defined]  # both can


def test_sparse_and_masked_arrays_inside_trees_can_be_read_by_others(path: Path) -> None:
    matrix = scipy.sparse.csr_matrix(np.array([[0, 1.5], [2, 0]]))
    mask = np.ma.masked_equal([1, 2], 2)
    tree = {"m": matrix, "k": [{"a": mask}]}

    loaded = load(save(tree, path))

    assert same(loaded, tree)
    assert same(load(path, key="m/data"), np.array([1.5, 2]))
    assert same(load(path, key="m", rows=slice(1, None)), matrix[1:])


def test_a_damaged_sparse_matrix_is_an_error(path: Path) -> None:
    save(scipy.sparse.csr_array(np.eye(3)), path)
    opened: Any = h5py.File(path, "r+") if path.suffix == ".h5" else zarr.open_group(str(path))
    opened["data/indices"][1] = 9
    if path.suffix == ".h5":
        opened.close()

    with pytest.raises(UnreadableFileError):
        load(path)


@pytest.mark.parametrize("kind", ["npz", "store"])
def test_the_library_of_sparse_arrays_is_named_where_it_is_missing(
    path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs("sparse")
    import sparse

    target = path if kind == "store" else path.with_suffix(".npz")
    save(sparse.COO(np.eye(2)), target)
    monkeypatch.setitem(sys.modules, "sparse", None)
    monkeypatch.setattr("scitex_io.messages.find_spec", lambda _: None)

    with pytest.raises(MissingDependencyError, match=r'pip install "scitex-io\[sparse\]"'):
        load(target, cache=False)
