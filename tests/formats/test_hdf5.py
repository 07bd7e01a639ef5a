from __future__ import annotations

import contextlib
import json
import math
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from optional import skipping_what_is_missing
from same import same
from scitex_io import MissingDependencyError, OptionError, UnreadableFileError, UntrustedFileError, load, save


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.h5"


def test_arrays_are_plain_datasets_without_marks(path: Path) -> None:
    save({"g": {"b": np.arange(3, dtype=">i2"), "a": np.float32(1)}, "s": "ü"}, path)

    with h5py.File(path) as file:
        assert list(file["g"]) == ["b", "a"]
        assert file["g/b"].dtype == ">i2"
        assert not any(len(node.attrs) for node in (file, file["g"], file["g/b"], file["g/a"], file["s"]))
        assert file["g/b"].chunks is None
        assert file["s"].asstr()[()] == "ü"
    assert [path] == list(path.parent.iterdir())


def test_texts_can_be_read_by_others(path: Path) -> None:
    save({"u": np.array(["ab", "ü"]), "l": ["x", "yy"]}, path)

    with h5py.File(path) as file:
        assert file["u"].asstr()[:].tolist() == ["ab", "ü"]
        assert file["l"].asstr()[:].tolist() == ["x", "yy"]


def test_files_of_others_are_plain_trees(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["b"] = np.arange(3)
        file["a/x"] = 1.5
        file["text"] = "ü"
        file["fixed"] = np.bytes_(b"abc")
        file["texts"] = ["a", "b"]
        file["flag"] = True
        file["nothing"] = h5py.Empty("f")
        file["enum"] = np.array([0, 1], h5py.enum_dtype({"A": 0, "B": 1}, "i1"))
        file["ragged"] = np.array([np.arange(1), np.arange(2)], h5py.vlen_dtype(int))
        file["type"] = np.dtype("f8")
        file["ref"] = np.array([file["b"].ref, h5py.Reference()], h5py.ref_dtype)
        file["region"] = file["b"].regionref[:2]
        file["soft"] = h5py.SoftLink("/a/x")
        file["hard"] = file["b"]
        row = np.dtype([("name", h5py.string_dtype()), ("v", "f4"), ("r", h5py.ref_dtype)])
        file["rows"] = np.array([("x", 1, file["a"].ref)], row)

    loaded = load(path)

    assert list(loaded) == [
        *(
            "a",
            "b",
            "enum",
            "fixed",
            "flag",
            "hard",
            "nothing",
            "ragged",
            "ref",
            "region",
            "rows",
            "soft",
            "text",
            "texts",
        )
    ]
    assert same(loaded["a"], {"x": np.float64(1.5)})
    assert (loaded["text"], loaded["fixed"], loaded["nothing"], loaded["soft"]) == ("ü", "abc", None, 1.5)
    assert loaded["flag"] is np.True_
    assert loaded["texts"].tolist() == ["a", "b"]
    assert loaded["enum"].tolist() == [0, 1]
    assert [part.tolist() for part in loaded["ragged"]] == [[0], [0, 1]]
    assert loaded["ref"].tolist() == ["/b", None]
    assert loaded["region"] == "/b"
    assert loaded["rows"][0].item() == ("x", 1.0, "/a")


def test_the_one_dataset_of_an_earlier_version_is_a_dict(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["data"] = np.arange(3)

    assert same(load(path), {"data": np.arange(3)})


def test_a_pickle_of_an_earlier_version_is_refused(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["fine"] = 1
        file["obj"] = np.void(pickle.dumps({1, 2}))

    with pytest.raises(UntrustedFileError, match="'/obj' is a pickled object"):
        load(path)
    assert load(path, key="fine") == 1


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    other = tmp_path / "secret.h5"
    with h5py.File(other, "w") as file:
        file["d"] = np.arange(3)
    return other


@pytest.mark.parametrize("kind", ["link", "through", "storage", "virtual", "virtual link"])
def test_nothing_outside_the_file_is_read(path: Path, secret: Path, kind: str) -> None:
    with h5py.File(path, "w") as file:
        match kind:
            case "link":
                file["x"] = h5py.ExternalLink(str(secret), "/d")
            case "through":
                file.create_group("g")["out"] = h5py.ExternalLink(str(secret), "/")
                file["x"] = h5py.SoftLink("/g/out/d")
            case "storage":
                file.create_dataset("x", (16,), "u1", external=[(str(secret), 0, h5py.h5f.UNLIMITED)])
            case "virtual":
                layout = h5py.VirtualLayout((3,), "i8")
                layout[:] = h5py.VirtualSource(str(secret), "d", (3,))
                file.create_virtual_dataset("x", layout)
            case "virtual link":
                file["l"] = h5py.ExternalLink(str(secret), "/")
                layout = h5py.VirtualLayout((3,), "i8")
                layout[:] = h5py.VirtualSource(".", "l/d", (3,))
                file.create_virtual_dataset("x", layout)

    for key in (None, "x"):
        with pytest.raises(UntrustedFileError, match=r"another file|outside"):
            load(path, key=key)


def test_a_virtual_dataset_inside_the_file_is_read(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["a"], file["b"] = np.arange(3), np.arange(3, 6)
        layout = h5py.VirtualLayout((2, 3), "i8")
        layout[0] = h5py.VirtualSource(".", "a", (3,))
        layout[1] = h5py.VirtualSource(".", "/b", (3,))
        file.create_virtual_dataset("v", layout)

    assert same(load(path, key="v"), np.arange(6).reshape(2, 3))


def test_a_virtual_dataset_made_of_itself_is_refused(path: Path) -> None:
    with h5py.File(path, "w") as file:
        layout = h5py.VirtualLayout((3,), "i8")
        layout[:] = h5py.VirtualSource(".", "v", (3,))
        file.create_virtual_dataset("v", layout)

    with pytest.raises(UntrustedFileError, match="no dataset of its own"):
        load(path)


@pytest.mark.parametrize("kind", ["hard", "soft", "up", "dangling"])
def test_links_in_circles_or_to_nothing_are_errors(path: Path, kind: str) -> None:
    with h5py.File(path, "w") as file:
        group = file.create_group("a/b")
        match kind:
            case "hard":
                group["up"] = file["a"]
            case "soft":
                group["x"], group["y"] = h5py.SoftLink("/a/b/y"), h5py.SoftLink("/a/b/x")
            case "up":
                group["up"] = h5py.SoftLink("/a")
            case "dangling":
                group["x"] = h5py.SoftLink("/nowhere")

    with pytest.raises(UnreadableFileError, match=r"circle|contains itself|does not exist"):
        load(path)


def test_many_links_to_the_same_groups_take_no_time(path: Path) -> None:
    with h5py.File(path, "w") as file:
        group = file.create_group("g")
        for _ in range(60):  # 2**60 ways to the innermost
            inner = group.create_group("one")
            group["two"] = inner
            group = inner

    assert list(load(path, cache=False)["g"]) == ["one", "two"]


def test_a_missing_filter_is_named(path: Path) -> None:
    with h5py.File(path, "w") as file:
        created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        created.set_chunk((3,))
        created.set_filter(32999, h5py.h5z.FLAG_OPTIONAL, (1,))
        space = h5py.h5s.create_simple((3,))
        h5py.h5d.create(file.id, b"x", h5py.h5t.NATIVE_INT64, space, created)
        file["fine"] = 1

    with pytest.raises(UnreadableFileError, match=r"filter .*32999.* not installed"):
        load(path)
    assert load(path, key="fine") == 1


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_an_error_at_once(path: Path, share: float) -> None:
    save({"a": np.arange(1000.0), "b": {"c": "text"}}, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    began = time.perf_counter()

    with pytest.raises(UnreadableFileError):
        load(path, max_retries=10)

    assert time.perf_counter() - began < 1


def test_a_flipped_bit_in_what_is_not_data_is_noticed(path: Path) -> None:
    tree = {f"k{at}": at for at in range(4)} | {"s": "text"}
    save(tree, path)
    content = path.read_bytes()
    wrong = 0
    for at in range(0, len(content), 7):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :])
        with contextlib.suppress(UnreadableFileError):
            wrong += not same(load(path, cache=False), tree)

    # The numbers themselves, 8 bytes each, have no checksum.
    assert wrong <= 4 * 8 // 7 + 4


def test_a_damaged_mark_is_an_error(path: Path) -> None:
    for told in ("{", "[]", json.dumps({"type": "unknown"}), json.dumps({"dtype": "O"}), json.dumps({"type": "UUID"})):
        save({"a": 5}, path)
        with h5py.File(path, "r+") as file:
            file["a"].attrs["scitex_io"] = told

        with pytest.raises(UnreadableFileError):
            load(path)


def test_compression_is_asked_for_and_lossless(path: Path) -> None:
    array = np.zeros((100, 100))

    save({"a": array, "n": 5, "t": "text"}, path, compression="gzip", compression_opts=9)
    save(array, path, key="b", compression="lzf")

    with h5py.File(path) as file:
        assert (file["a"].compression, file["a"].compression_opts, file["b"].compression) == ("gzip", 9, "lzf")
    assert same(load(path), {"a": array, "n": 5, "t": "text", "b": array})


@pytest.mark.parametrize("dtype", ["i4", "f8", "c16", "u1", ">i2", "?"])
@pytest.mark.parametrize("shape", [(3_000_000,), (1700, 901), (3, 1_000_000), (2, 3, 5)], ids=str)
@pytest.mark.parametrize("order", ["C", "F"])
def test_what_several_threads_pack_every_reader_reads(
    path: Path, dtype: str, shape: tuple[int, ...], order: Any
) -> None:
    values = np.random.default_rng(0).integers(0, 200, shape)
    array = np.asarray(values.astype(dtype), order=order)

    save(array, path, compression="gzip", compression_opts=1)

    with h5py.File(path) as file:
        (found,) = file.values()
        assert found.dtype == array.dtype
        assert found.compression == "gzip"
        assert math.prod(found.chunks) * array.itemsize <= 1 << 20
        assert np.array_equal(found[()], array)
        assert np.array_equal(found[-1:], array[-1:])
    assert path.stat().st_size < array.nbytes or array.nbytes < 10_000
    assert same(load(path), array)


def test_bytes_are_shuffled_where_that_is_smaller(path: Path) -> None:
    rng = np.random.default_rng(0)
    tree = {"steps": np.arange(100_000.0), "rounded": np.round(rng.normal(size=100_000), 2)}

    save(tree, path, compression="gzip")

    with h5py.File(path) as file:
        assert {name: file[name].shuffle for name in tree} == {"steps": True, "rounded": False}


@pytest.mark.parametrize("name", ["bitshuffle", "blosc", "lz4", "zstd"])
def test_filters_of_hdf5plugin_have_names(path: Path, name: str) -> None:
    array = np.arange(50_000)

    with skipping_what_is_missing():
        save({"a": array, "t": ["x"] * 9}, path, compression=name)

    assert path.stat().st_size < array.nbytes
    assert same(load(path), {"a": array, "t": ["x"] * 9})


def test_a_missing_plugin_is_an_error_that_says_how_to_install_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hdf5plugin", None)

    with pytest.raises(MissingDependencyError, match=r'pip install "scitex-io\[hdf5plugin\]"'):
        save(np.arange(5), path, compression="zstd")
    assert not path.exists()


def test_an_unknown_filter_is_an_error_that_names_those_there_are(path: Path) -> None:
    with pytest.raises(OptionError, match="gzip, lzf, szip, bitshuffle"):
        save(np.arange(5), path, compression="gzipp")


FULL = """
import resource, signal, sys
import numpy as np
from scitex_io import save
path, limit, options = sys.argv[1], int(sys.argv[2]), eval(sys.argv[3])
trees = [
    {"x": np.random.default_rng(0).random(200_000)},
    {f"k{at}": np.arange(30) for at in range(300)},
    {"t": ["text" * 100] * 500, "l": [(1, "a")] * 50},
]
save({"old": 1}, path, verbose=False)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
for tree in trees:
    try:
        save(tree, path, verbose=False, **options)
    except OSError as error:
        print("OSError", error.errno)
    else:
        print("saved")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits for files")
@pytest.mark.parametrize(
    "options", [{}, {"compression": "gzip"}, {"key": "a/b"}, {"key": "q", "compression": "lzf"}], ids=str
)
@pytest.mark.parametrize("limit", [3_000, 20_000])
def test_a_full_disk_is_a_clean_error_and_the_old_file_stays(path: Path, options: dict[str, Any], limit: int) -> None:
    source = Path(__file__).resolve().parents[2] / "src"

    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", FULL, str(path), str(limit), repr(options)],
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert set(done.stdout.splitlines()) <= {"OSError 27", "saved"}
    assert done.stdout.startswith("OSError 27")
    assert "old" in load(path, cache=False) or "saved" in done.stdout
    assert [path] == list(path.parent.iterdir())


def test_a_file_for_readers_meanwhile_can_be_read(path: Path) -> None:
    save({"a": np.arange(3)}, path, swmr=True)

    assert same(load(path, swmr=True), {"a": np.arange(3)})


def test_an_uncommon_name_of_the_other_extension_works(tmp_path: Path) -> None:
    assert load(save({"a": 1}, tmp_path / "ü x.HDF5")) == {"a": 1}


def test_the_real_files_are_read(corpus: Path) -> None:
    strings = load(corpus / "hdf5" / "vlen_string_dset.h5")["DS1"]

    assert strings.tolist() == ["Parting", "is such", "sweet", "sorrow."]
