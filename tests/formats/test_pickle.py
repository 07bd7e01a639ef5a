from __future__ import annotations

import gzip
import pickle
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from same import same
from scitex_io import (
    OptionError,
    UnknownFormatError,
    UnreadableFileError,
    UnsupportedTypeError,
    UntrustedFileError,
    info,
    load,
    save,
)
from scitex_io.formats.pickle import Pickle, PickleGz

TREE = {"a": [1, 2.5, "x", None, (True, b"y")], "b": np.arange(3), "c": pd.DataFrame({"x": [1, 2]})}
NAMES = ["a.pkl", "a.pickle", "a.pkl.gz", "a.pickle.gz", "A.PKL"]


@pytest.mark.parametrize("name", NAMES)
def test_any_object_comes_back(name: str, tmp_path: Path) -> None:
    path = save(TREE, tmp_path / name)

    assert path.name == name
    assert same(load(path), TREE)


@pytest.mark.parametrize("name", ["a.gz", "a.backup.gz"])
def test_a_bare_gz_is_loaded_as_a_pickle_and_never_saved(name: str, tmp_path: Path) -> None:
    save(TREE, tmp_path / "a.pkl.gz").rename(tmp_path / name)

    assert same(load(tmp_path / name), TREE)
    assert info(tmp_path / name)["protocol"] == 5
    with pytest.raises(UnknownFormatError, match=r"did you mean \.csv\.gz"):
        save(TREE, tmp_path / "table.cvs.gz")


def test_the_newest_protocol_is_written_and_another_on_request(tmp_path: Path) -> None:
    assert save(1, tmp_path / "a.pkl").read_bytes()[:2] == b"\x80\x05"
    assert save(1, tmp_path / "a.pkl", protocol=2).read_bytes()[:2] == b"\x80\x02"
    with pytest.raises(OptionError, match="9 is not one of"):
        save(1, tmp_path / "a.pkl", protocol=9)


@pytest.mark.parametrize("name", ["a.pkl", "a.pkl.gz"])
@pytest.mark.parametrize("dtype", [">i2", ">M8[s]", ">f8", ">U3", [("a", ">i2"), ("b", "<M8[D]")]])
@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_a_foreign_byte_order_is_kept(name: str, dtype: Any, protocol: int, tmp_path: Path) -> None:
    array = np.arange(24).reshape(6, 4).astype(dtype if isinstance(dtype, str) else "i2").astype(dtype)

    for given in (array, array[::2], array.T, array[:0], array[0, 0:1].reshape(())):
        loaded = load(save(given, tmp_path / name, protocol=protocol), cache=False)

        assert same(loaded, given)
        assert loaded.flags.writeable


@pytest.mark.parametrize("protocol", [2, 5])
def test_a_plain_unpickler_reads_it(protocol: int, tmp_path: Path) -> None:
    swapped = np.arange(6, dtype=">i4")[::2]

    assert same(pickle.loads(save(swapped, tmp_path / "a.pkl", protocol=protocol).read_bytes()), swapped)


def test_arrays_of_another_byte_order_pickled_by_others_have_the_right_values(tmp_path: Path) -> None:
    array = np.arange(300, dtype=">i2")[::7]
    for protocol in range(6):
        (tmp_path / "a.pkl").write_bytes(pickle.dumps(array, protocol))

        assert load(tmp_path / "a.pkl", cache=False).tolist() == array.tolist()


@pytest.mark.parametrize("name", ["a.pkl", "a.pkl.gz"])
def test_a_large_array_is_not_copied_to_be_saved(name: str, tmp_path: Path) -> None:
    array = np.zeros(4_000_000)  # 32 MB

    tracemalloc.start()
    path = save({"a": array}, tmp_path / name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 5_000_000
    assert same(load(path, cache=False), {"a": array})


def test_equal_objects_give_equal_gzip_files(tmp_path: Path) -> None:
    first, second = save(TREE, tmp_path / "a.pkl.gz"), save(TREE, tmp_path / "b.pkl.gz")

    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[3:8] == b"\0\0\0\0\0"  # no name, no time


def test_the_compression_level_is_an_option(tmp_path: Path) -> None:
    text = ["some words"] * 1000

    stored = save(list(text), tmp_path / "a.pkl.gz", compresslevel=0)

    assert stored.stat().st_size > save(text, tmp_path / "b.pkl.gz", compresslevel=9).stat().st_size


def test_an_array_of_python_2_loads_with_its_encoding(tmp_path: Path) -> None:
    # pickle.dumps(numpy.arange(3, dtype='<i2') + 253, 2) of Python 2.7: the data are a string of its own kind.
    content = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02U\x01bq\x03\x87q\x04Rq\x05("
        b"K\x01K\x03\x85q\x06cnumpy\ndtype\nq\x07U\x02i2q\x08K\x00K\x01\x87q\tRq\n(K\x03U\x01<q\x0bNNNJ\xff\xff\xff\xffJ\xff"
        b"\xff\xff\xffK\x00tq\x0cb\x89U\x06\xfd\x00\xfe\x00\xff\x00q\rtq\x0eb."
    )
    (tmp_path / "a.pkl").write_bytes(content)
    (tmp_path / "a.pkl.gz").write_bytes(gzip.compress(content))

    for name in ("a.pkl", "a.pkl.gz"):
        assert same(load(tmp_path / name, encoding="latin1"), np.array([253, 254, 255], "<i2"))


def test_what_python_2_wrote_loads_with_its_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(b"\x80\x02U\x02\xe9!q\x00.")  # pickle.dumps('\xe9!', 2) of Python 2.7

    assert load(tmp_path / "a.pkl", encoding="latin1") == "é!"
    assert load(tmp_path / "a.pkl", encoding="bytes") == b"\xe9!"
    with pytest.raises(UnreadableFileError, match="UnicodeDecodeError"):
        load(tmp_path / "a.pkl")


@pytest.mark.parametrize("obj", [lambda: 1, (x for x in "ab"), {"a": [memoryview(b"")]}])
def test_what_cannot_be_pickled_is_refused_and_leaves_nothing(obj: object, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(obj, tmp_path / "a.pkl")

    assert list(tmp_path.iterdir()) == []


def test_an_object_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(UnsupportedTypeError, match="nested too deeply"):
        save(deep, tmp_path / "a.pkl")


@pytest.mark.parametrize("name", ["a.pkl", "a.pkl.gz"])
@pytest.mark.parametrize("keep", [0, 1, 2, 20, 100, -1, -9])
def test_a_truncated_file_is_an_error(name: str, keep: int, tmp_path: Path) -> None:
    path = save(TREE, tmp_path / name)
    path.write_bytes(path.read_bytes()[:keep])

    with pytest.raises(UnreadableFileError, match=name):
        load(path)


def test_every_flipped_bit_of_a_gzip_file_is_noticed_or_harmless(tmp_path: Path) -> None:
    path = save(TREE, tmp_path / "a.pkl.gz")
    content = path.read_bytes()

    for at in range(0, len(content), 3):
        path.write_bytes(content[:at] + bytes([content[at] ^ 16]) + content[at + 1 :])
        try:
            loaded = load(path, cache=False)
        except UnreadableFileError:
            continue
        assert same(loaded, TREE)


def test_a_length_beyond_memory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(b"\x80\x05\x8e" + (2**62).to_bytes(8, "little") + b"abc.")

    with pytest.raises(UnreadableFileError):
        load(tmp_path / "a.pkl")


def test_a_class_of_a_missing_module_says_which(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(b"cabsent_module\nThing\n.")

    with pytest.raises(UntrustedFileError, match=r"it wants absent_module\.Thing"):
        load(tmp_path / "a.pkl")
    for trust in (True, ["absent_module.Thing"]):
        with pytest.raises(UnreadableFileError, match="absent_module"):
            load(tmp_path / "a.pkl", trust=trust)


@pytest.mark.parametrize(
    ("name", "served"),
    [
        ("a.npy.gz", "npy.gz"),
        ("a.mat.gz", "mat.gz"),
        ("a.pkl.zst", "pickle.zst"),
        ("a.pkl.gz", "pickle.gz"),
        ("a.gz", "gz"),
        ("2024.01.gz", "gz"),
    ],
)
def test_a_bare_gz_serves_only_names_without_another_format(name: str, served: str) -> None:
    from scitex_io.registry import Registry

    assert Registry(plugins=False).for_loading(name).name == served


def test_a_format_that_cannot_be_compressed_is_not_pickled_instead(tmp_path: Path) -> None:
    from scitex_io import register_loader

    register_loader(".readonly", lambda path: None)

    with pytest.raises(UnknownFormatError, match=r"\.readonly\.gz"):
        save(1, tmp_path / "a.readonly.gz")


def test_facts_are_told_without_unpickling(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"\x80\x04cos\nabort\n."))

    facts = info(tmp_path / "a.gz")

    assert (facts["kind"], facts["protocol"]) == ("object", 4)


def test_both_are_marked_as_running_code() -> None:
    assert Pickle.executes_code
    assert PickleGz.executes_code


def test_a_pickle_of_the_corpus(corpus: Path) -> None:
    loaded = load(corpus / "pickle" / "generator_pcg64_np121.pkl.gz")

    assert isinstance(loaded, np.random.Generator)
