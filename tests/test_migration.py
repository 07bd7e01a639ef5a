from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import zarr
from hypothesis import given, settings

from same import difference, same
from scitex_io import (
    LossyWarning,
    UnreadableFileError,
    compress_hdf5,
    load,
    migrate_h5_to_zarr,
    migrate_h5_to_zarr_batch,
    save,
)
from strategies.stores import trees

FRAME = pd.DataFrame({"x": [1.5, np.nan], "t": pd.date_range("2020", periods=2, tz="Europe/Berlin")})
TREE: dict[Any, Any] = {
    "a": np.zeros((300, 200)),
    "g": {"b": np.arange(6, dtype=">i2").reshape(2, 3), "deep": {"n": 5, "text": "ü"}},
    "f": FRAME,
    "t": np.array(["x", "ü"]),
    "m": np.ma.masked_equal([1, 2], 2),
    "l": [1, "a", None],
    5: (1, {2}),
    "e/m": np.empty((0, 3)),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return save(TREE, tmp_path / "x.h5", verbose=False)


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A file with everything that HDF5 has."""
    path = tmp_path / "foreign.hdf5"
    with h5py.File(path, "w", track_order=True) as file:
        file.attrs["title"] = "all of it"
        file["z"] = np.arange(1000.0).reshape(100, 10)
        file["a/scalar"], file["a/text"], file["a/empty"] = 5, "text", h5py.Empty("f")
        file["a/flags"] = np.array([True, False])
        file["a/enum"] = np.array([0, 1], h5py.enum_dtype({"A": 0, "B": 1}, "i1"))
        file["a/rows"] = np.zeros(50, [("x", "f4"), ("s", "S3"), ("v", "i2", (2,))])
        file["a/texts"] = ["a", "bb"]
        file["a/ragged"] = np.array([np.arange(1), np.arange(2)], h5py.vlen_dtype(int))
        file.create_dataset("growing", data=np.arange(10), maxshape=(None,), fillvalue=7, fletcher32=True)
        file["type"] = np.dtype("f8")
        file["hard"] = file["z"]
        file["a/up"] = file["/"]
        file["soft"], file["nowhere"] = h5py.SoftLink("/z"), h5py.SoftLink("/q")
        file["out"] = h5py.ExternalLink("other.h5", "/d")
        file["refs"] = np.array([file["z"].ref, h5py.Reference()], h5py.ref_dtype)
        file["region"] = file["z"].regionref[2:4]
        row = np.dtype([("r", h5py.ref_dtype), ("n", "i4")])
        file["refrows"] = np.array([(file["a"].ref, 3)], row)
        file["scale"] = np.arange(100.0)
        file["scale"].make_scale("time")
        file["z"].dims[0].attach_scale(file["scale"])
        attributes = file["z"].attrs
        attributes["unit"], attributes["fixed"], attributes["list"] = "V", np.bytes_(b"abc"), ["x", "y"]
        attributes["matrix"], attributes["none"], attributes["ref"] = np.eye(2), h5py.Empty("i4"), file["a"].ref
        attributes.create("pair", np.arange(2, dtype="i2"), shape=(2,), dtype=np.dtype(("i2", (2,))))
    return path


def test_a_compressed_copy_holds_the_same_and_is_smaller(path: Path) -> None:
    made = compress_hdf5(path)

    assert made == path.with_name("x.compressed.h5")
    assert same(load(made), TREE)
    assert made.stat().st_size < path.stat().st_size / 5
    with h5py.File(made) as file:
        assert (file["a"].compression, file["a"].compression_opts, file["a"].shuffle) == ("gzip", 4, True)
        assert file["g/b"].dtype == ">i2"


@settings(max_examples=25)
@given(tree=trees)
def test_whatever_was_saved_comes_back_from_a_compressed_copy(tree: Any, tmp_path: Path) -> None:
    path = save({"a": tree}, tmp_path / "t.h5", verbose=False, on_loss="allow")

    assert difference(load(compress_hdf5(path), cache=False), load(path, cache=False)) is None


def test_types_attributes_links_and_references_of_others_are_kept(foreign: Path) -> None:
    made = compress_hdf5(foreign, level=9)

    with h5py.File(foreign) as old, h5py.File(made) as new:
        assert list(new) == list(old)
        assert new.attrs["title"] == "all of it"
        for name in ("z", "a/flags", "a/enum", "a/rows", "growing", "scale"):
            assert new[name].id.get_type() == old[name].id.get_type()
            assert same(new[name][()], old[name][()])
            assert new[name].compression_opts == 9
        assert (new["growing"].maxshape, new["growing"].fillvalue, new["growing"].fletcher32) == ((None,), 7, True)
        assert (new["a/scalar"][()], new["a/text"].asstr()[()], new["a/empty"].shape) == (5, "text", None)
        assert new["a/texts"].asstr()[:].tolist() == ["a", "bb"]
        assert [part.tolist() for part in new["a/ragged"]] == [[0], [0, 1]]
        assert new["hard"] == new["z"]
        assert new["a/up"] == new["/"]
        assert new.get("nowhere", getlink=True).path == "/q"
        assert new.get("out", getlink=True).filename == "other.h5"
        assert new[new["refs"][0]] == new["z"]
        assert not new["refs"][1]
        assert new["z"][new["region"][()]].tolist() == old["z"][old["region"][()]].tolist()
        assert new[new["refrows"]["r"][0]] == new["a"]
        assert new["z"].dims[0]["time"] == new["scale"]
        assert new["scale"].is_scale
        told = dict(new["z"].attrs)
        assert (told["unit"], told["fixed"], list(told["list"])) == ("V", b"abc", ["x", "y"])
        assert same(told["matrix"], np.eye(2))
        assert isinstance(told["none"], h5py.Empty)
        assert new[told["ref"]] == new["a"]
        assert told["pair"].tolist() == [0, 1]
        assert isinstance(new["type"], h5py.Datatype)


def test_a_matlab_file_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "x.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["a"] = np.arange(6.0).reshape(2, 3)
        file["a"].attrs["MATLAB_class"] = np.bytes_(b"double")
    with path.open("r+b") as head:
        head.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")

    made = compress_hdf5(path, tmp_path / "y.mat")

    assert load(made)["__header__"] == b"MATLAB 7.3 MAT-file"
    assert same(load(made, key="a"), np.arange(6.0).reshape(2, 3).T)


def test_a_file_can_be_compressed_in_its_place(path: Path) -> None:
    before = path.stat().st_size

    assert compress_hdf5(path, path) == path
    assert same(load(path), TREE)
    assert path.stat().st_size < before
    assert [part.name for part in path.parent.iterdir()] == ["x.h5"]


def test_a_damaged_file_leaves_nothing_behind(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])

    for call in (compress_hdf5, migrate_h5_to_zarr):
        with pytest.raises(UnreadableFileError, match=r"x\.h5"):
            call(path)
    with pytest.raises(ValueError, match="levels 0 to 9"):
        compress_hdf5(path, level=10)

    assert list(path.parent.iterdir()) == [path]


def test_a_filter_that_is_not_installed_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        created.set_chunk((3,))
        created.set_filter(32999, h5py.h5z.FLAG_OPTIONAL, (1,))
        h5py.h5d.create(file.id, b"x", h5py.h5t.NATIVE_INT64, h5py.h5s.create_simple((3,)), created)

    for call in (compress_hdf5, migrate_h5_to_zarr):
        with pytest.raises(UnreadableFileError, match="32999"):
            call(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="no limits for files")
def test_a_full_disk_is_a_clean_error(tmp_path: Path) -> None:
    path = save({"a": np.random.default_rng(0).random(100_000)}, tmp_path / "x.h5", verbose=False)
    code = f"""
    import resource
    from scitex_io import compress_hdf5
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    try:
        compress_hdf5({str(path)!r})
    except OSError as error:
        print(error.errno)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "27\n", "")
    assert list(tmp_path.iterdir()) == [path]


def test_a_zarr_store_holds_the_same(path: Path) -> None:
    made = migrate_h5_to_zarr(path)

    assert made == path.with_name("x.zarr")
    assert same(load(made), TREE)
    root: Any = zarr.open_group(str(made), mode="r")
    assert root["a"].shape == (300, 200)


@settings(max_examples=25)
@given(tree=trees)
def test_whatever_was_saved_comes_back_from_the_zarr_store(tree: Any, tmp_path: Path) -> None:
    path = save({"a": tree}, tmp_path / "t.h5", verbose=False, on_loss="allow")

    made = migrate_h5_to_zarr(path, overwrite=True)

    assert difference(load(made, cache=False), load(path, cache=False)) is None


def test_one_object_stays_one_object(tmp_path: Path) -> None:
    for obj in (np.arange(3), FRAME, None, "text"):
        made = migrate_h5_to_zarr(save(obj, tmp_path / "x.h5", verbose=False), overwrite=True)

        assert same(load(made, cache=False), obj)


def test_attributes_of_others_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        file["g/a"] = np.arange(3.0)
        file["soft"] = h5py.SoftLink("/g/a")
        file.attrs["title"], file["g"].attrs["n"] = "all", np.int16(5)
        attributes = file["g/a"].attrs
        attributes["matrix"], attributes["fixed"], attributes["ref"] = np.eye(2), np.bytes_(b"x"), file["g"].ref
        attributes["nan"], attributes["wave"] = np.nan, 1 + 2j

    with pytest.warns(LossyWarning, match="complex becomes text"):
        made = migrate_h5_to_zarr(path)

    root: Any = zarr.open_group(str(made), mode="r")
    assert root.attrs["title"] == "all"
    assert dict(root["g"].attrs) == {"n": 5}
    told = dict(root["g/a"].attrs)
    assert np.isnan(told.pop("nan"))
    assert told == {"matrix": [[1, 0], [0, 1]], "fixed": "x", "ref": "/g", "wave": "(1+2j)"}
    assert root["soft"][:].tolist() == [0, 1, 2]


def test_a_store_that_is_there_is_kept_unless_told_otherwise(path: Path) -> None:
    made = save({"old": 1}, path.with_suffix(".zarr"), verbose=False)

    with pytest.raises(FileExistsError, match="overwrite=True"):
        migrate_h5_to_zarr(path)
    assert load(made) == {"old": 1}
    migrate_h5_to_zarr(path, overwrite=True, compressor="gzip", chunks=(50, 50), consolidate_metadata=True)

    root: Any = zarr.open_consolidated(str(made))
    assert root["a"].chunks == (50, 50)
    with pytest.raises(TypeError, match="no option 'sepp'"):
        migrate_h5_to_zarr(path, overwrite=True, sepp=1)
    with pytest.raises(ValueError, match="no compressor 'zstdd'"):
        migrate_h5_to_zarr(path, overwrite=True, compressor="zstdd")


def test_a_group_in_itself_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        file["a/up"] = file["/"]

    with pytest.raises(UnreadableFileError, match="contains itself"):
        migrate_h5_to_zarr(path)
    assert list(tmp_path.iterdir()) == [path]


def test_many_files_at_once(tmp_path: Path) -> None:
    for at in range(3):
        save({"n": at}, tmp_path / f"r{at}.h5", verbose=False)

    beside = migrate_h5_to_zarr_batch(tmp_path / "r*.h5")
    elsewhere = migrate_h5_to_zarr_batch([tmp_path / "r2.h5", str(tmp_path / "r0.h5")], tmp_path / "new")

    assert [path.name for path in beside] == ["r0.zarr", "r1.zarr", "r2.zarr"]
    assert [load(path)["n"] for path in elsewhere] == [2, 0]
    assert elsewhere[0].parent == tmp_path / "new"


@pytest.mark.parametrize("call", ["compress_hdf5", "migrate_h5_to_zarr"])
def test_a_large_array_goes_through_little_memory(call: str, tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("a", (2, 16_000_000), "f8")[:, ::1000] = 1
    code = f"""
    import resource, scitex_io, h5py, zarr, numcodecs
    from scitex_io.formats.hdf5 import copying
    from scitex_io import {call}
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    {call}({str(path)!r})
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)

    assert int(done.stdout) * (1 if sys.platform == "darwin" else 1024) < 128e6
