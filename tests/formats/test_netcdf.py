from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optional import needs
from same import same
from scitex_io import (
    LossyWarning,
    MissingKeyError,
    OptionError,
    ScitexIOError,
    UnreadableFileError,
    UnsupportedTypeError,
    UntrustedFileError,
    info,
    load,
    save,
)

needs("xarray", "h5netcdf")

import h5py  # noqa: E402
import xarray as xr  # noqa: E402


def weather() -> Any:
    return xr.Dataset(
        {
            "t": (("time", "place"), np.random.default_rng(0).random((4, 3)), {"units": "K"}),
            "n": ("place", np.array([1, 2, 3], np.uint16)),
            "lag": ("place", [1.0, 2.0, 3.0], {"units": "days"}),
        },
        coords={
            "time": pd.date_range("2020-01-01", periods=4, freq="90min"),
            "place": ["Ulm", "Köln", "Rom"],
            "height": ("place", [478.0, 53.0, 21.0]),
            "run": 7,
        },
        attrs={"title": "as measured"},
    )


def variable(values: Any, **attrs: Any) -> Any:
    return xr.Dataset({"v": ([f"d{at}" for at in range(np.ndim(values))], values, attrs)})


def test_a_dataset_comes_back_and_xarray_reads_the_same(tmp_path: Path) -> None:
    dataset = weather()

    path = save(dataset, tmp_path / "A.NC", on_loss="error")

    assert same(load(path), dataset)
    with xr.open_dataset(path, engine="h5netcdf") as read:
        assert read.drop_attrs().equals(dataset.drop_attrs())
    assert same(load(save(dataset, tmp_path / "a.nc.gz")), dataset)
    assert save(dataset, tmp_path / "b.nc4").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", [None, "t", "time"])
def test_an_array_comes_back_as_one_named_or_not(name: str | None, tmp_path: Path) -> None:
    array = weather()["t"].rename(name)

    path = save(array, tmp_path / "a.nc")

    assert same(load(path), array)
    assert same(load(path, as_type=np.ndarray), array.to_numpy())
    assert type(load(path, as_type=xr.Dataset)) is xr.Dataset


def test_files_of_others_are_datasets_and_trees_where_there_are_groups(tmp_path: Path) -> None:
    weather()["t"].to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    tree = xr.DataTree.from_dict({"/": weather()[["n"]], "/deep/er": xr.Dataset({"x": 1.5})})
    tree.to_netcdf(tmp_path / "b.nc", engine="h5netcdf")

    assert list(load(tmp_path / "a.nc").data_vars) == ["t"]
    assert load(tmp_path / "a.nc", as_type=xr.DataArray).identical(weather()["t"])
    assert load(tmp_path / "b.nc").identical(tree)
    assert list(load(tmp_path / "b.nc", as_type=xr.Dataset).data_vars) == ["n"]


@pytest.mark.parametrize("kind", ["NETCDF3_CLASSIC", "NETCDF3_64BIT"])
def test_the_classic_kinds_are_read(kind: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    weather().drop_vars("n").to_netcdf(path, engine="scipy", format=kind)

    loaded = load(path)
    whole = path.read_bytes()

    assert np.array_equal(weather()["t"], loaded["t"])
    assert loaded["place"].values.tolist() == ["Ulm", "Köln", "Rom"]
    for size in range(len(whole) // 16, len(whole), len(whole) // 16):
        path.write_bytes(whole[:size])
        with pytest.raises(ScitexIOError, match=r"a\.nc"):
            load(path, cache=False)


def test_the_classic_kind_of_64_bits_says_what_helps(tmp_path: Path) -> None:
    (tmp_path / "a.nc").write_bytes(b"CDF\x05" + bytes(100))

    with pytest.raises(UnreadableFileError, match=r"CDF-5.*nccopy"):
        load(tmp_path / "a.nc")


def test_a_plain_hdf5_file_is_read_with_dimensions_by_number(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.nc", "w") as file:
        file["a"] = np.arange(3)

    assert load(tmp_path / "a.nc")["a"].dims == ("phony_dim_0",)


def test_a_part_is_one_variable_or_group(tmp_path: Path) -> None:
    path = save(
        xr.DataTree.from_dict({"/": weather(), "/deep": xr.Dataset({"x": ("i", [1, 2, 3])})}), tmp_path / "a.nc"
    )

    assert same(load(path, key="t"), weather()["t"])
    assert same(load(path, key="t", rows=slice(1, 3)), weather()["t"][1:3])
    assert same(load(path, key="deep/x", rows=slice(None, None, -1), as_type=np.ndarray), np.array([3, 2, 1]))
    assert same(load(path, key="deep"), xr.Dataset({"x": ("i", [1, 2, 3])}))
    with pytest.raises(MissingKeyError, match="'deep/x'"):
        load(path, key="deep/y")
    with pytest.raises(OptionError, match="a Dataset has no first axis"):
        load(path, rows=slice(2))


def test_a_frame_has_the_dimensions_as_its_index(tmp_path: Path) -> None:
    frame = load(save(weather(), tmp_path / "a.nc"), as_type=pd.DataFrame)

    assert frame.index.names == ["time", "place"]
    assert frame["t"].tolist() == weather()["t"].to_numpy().ravel().tolist()


def test_packing_of_the_file_it_came_from_changes_nothing(tmp_path: Path) -> None:
    packed = {"dtype": "int16", "scale_factor": 0.1, "_FillValue": -9}
    variable(np.array([1.0, 2.0])).to_netcdf(tmp_path / "a.nc", engine="h5netcdf", encoding={"v": packed})
    finer = load(tmp_path / "a.nc") / 3

    finer["v"].encoding = packed
    loaded = load(save(finer, tmp_path / "b.nc", on_loss="error"))

    assert same(loaded, finer)


def test_what_is_saved_is_left_as_it_was(tmp_path: Path) -> None:
    dataset = weather().assign_attrs(flag=True)
    dataset["t"].encoding = {"dtype": "int16"}

    save(dataset, tmp_path / "a.nc", on_loss="allow")

    assert same(dataset, weather().assign_attrs(flag=True))
    assert (dataset["t"].encoding, dataset["time"].encoding) == ({"dtype": "int16"}, {})


def test_packing_that_is_asked_for_is_announced(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match="packed as encoding= says"):
        path = save(
            variable([0.123, 0.5]),
            tmp_path / "a.nc",
            encoding={"v": {"dtype": "int16", "scale_factor": 0.1, "_FillValue": -9}},
        )

    assert load(path)["v"].values.tolist() == [0.1, 0.5]


def test_compression_is_asked_for(tmp_path: Path) -> None:
    zeros = variable(np.zeros(100_000)).assign(when=pd.Timestamp("2020-01-01 00:00:00.5"))

    path = save(zeros, tmp_path / "a.nc", encoding={"v": {"zlib": True}, "when": {}})

    assert path.stat().st_size < 50_000
    assert same(load(path), zeros)


@pytest.mark.parametrize(
    ("dataset", "told"),
    [
        (variable([1, 2], units="days since 2000-01-01"), "are dates when they are loaded"),
        (variable([1, 2], _FillValue=1), "'_FillValue' of 'v' is an instruction"),
        (xr.Dataset(attrs={"a": True}), "becomes 1"),
        (xr.Dataset(attrs={"a": None}), "is None and left out"),
        (xr.Dataset(attrs={"a": [1, 2]}), "becomes an array"),
        (xr.Dataset(attrs={"a": [1]}), "becomes a number"),
        (xr.Dataset(attrs={"a": ["x"]}), "becomes a single text"),
        (xr.Dataset(attrs={"a": b"x"}), "becomes text"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_changes_is_announced(dataset: Any, told: str, tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match=told):
        path = save(dataset, tmp_path / "a.nc")

    load(path)


@pytest.mark.parametrize(
    ("dataset", "why"),
    [
        (variable(np.array([1, "a"], object)), "not all text"),
        (variable(np.array(["a", None], object)), "not all text"),
        (variable(np.zeros(2, [("a", "i4")])), "of the type"),
        (variable(np.array(["a\0b"])), "NULL"),
        (variable(np.array(["12020"], "M8[s]")), "years 1 to 9999"),
        (xr.Dataset({"v": ("x", pd.Categorical(["a", "b"]))}), "of the type category"),
        (xr.Dataset({"a/b": 1}), "cannot name"),
        (xr.Dataset({1: 1}), "cannot name"),
        (xr.Dataset({"v": 1}, coords={"a b": 2}), "space in its name"),
        (xr.Dataset(attrs={"a": {}}), "netCDF has no word"),
        (xr.Dataset(attrs={"a": 2**70}), "netCDF has no word"),
        (xr.Dataset(attrs={"_NCProperties": "x"}), "which no file can have"),
        (weather().stack(both=("time", "place")), "reset_index"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_has_no_word_is_refused_and_leaves_nothing(dataset: Any, why: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match=why):
        save(dataset, tmp_path / "a.nc")

    assert list(tmp_path.iterdir()) == []


def test_dates_of_other_calendars_come_back(tmp_path: Path) -> None:
    needs("cftime")
    import cftime

    days = xr.date_range("2000-02-27", periods=3, calendar="noleap", use_cftime=True)
    dataset = xr.Dataset({"v": ("time", [1, 2, 3])}, {"time": days})

    assert load(save(dataset, tmp_path / "a.nc", on_loss="error")).identical(dataset)
    with pytest.warns(LossyWarning, match="become datetime64"):
        save(variable(np.array([cftime.DatetimeGregorian(2000, 1, 1)])), tmp_path / "b.nc")


def test_options_for_decoding_are_passed_on(tmp_path: Path) -> None:
    path = save(variable([1, 2], units="days since 2000-01-01"), tmp_path / "a.nc", on_loss="allow")

    assert load(path, decode_times=False)["v"].values.tolist() == [1, 2]
    with pytest.raises(OptionError, match="no option 'chunks'"):
        load(path, chunks={})


def test_the_description_lists_variables_and_reads_none(tmp_path: Path) -> None:
    found = info(save(weather(), tmp_path / "a.nc"))
    array = info(save(weather()["t"], tmp_path / "b.nc"))

    assert found["kind"] == "arrays"
    assert found["keys"]["t"] == "array float64 (time: 4, place: 3)"
    assert found["keys"]["height"] == "coordinate float64 (place: 3)"
    assert found["metadata"]["title"] == "as measured"
    assert (array["kind"], array["shape"], array["dtype"]) == ("array", (4, 3), "float64")


def test_nothing_outside_the_file_is_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "secret.nc", "w") as file:
        file["a"] = np.arange(3)
    with h5py.File(tmp_path / "link.nc", "w") as file:
        file["g/e"] = h5py.ExternalLink("secret.nc", "a")
    with h5py.File(tmp_path / "virtual.nc", "w") as file:
        layout = h5py.VirtualLayout((3,), "i8")
        layout[:] = h5py.VirtualSource("secret.nc", "a", (3,))
        file.create_virtual_dataset("v", layout)
    with h5py.File(tmp_path / "external.nc", "w") as file:
        file.create_dataset("v", (3,), "i8", external=[("secret.nc", 0, 24)])

    for name in ("link", "virtual", "external"):
        with pytest.raises(UntrustedFileError, match="another file"):
            load(tmp_path / f"{name}.nc")


def test_a_filter_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.nc", "w") as file:
        created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        created.set_chunk((3,))
        created.set_filter(40_000, h5py.h5z.FLAG_OPTIONAL, ())
        h5py.h5d.create(file.id, b"v", h5py.h5t.NATIVE_INT64, h5py.h5s.create_simple((3,)), created)

    with pytest.raises(UnreadableFileError, match=r"number 40000.*scitex-io\[hdf5plugin\]"):
        load(tmp_path / "a.nc")


def test_a_circle_of_groups_is_an_error(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.nc", "w") as file:
        file.create_group("g")["again"] = file["/"]

    with pytest.raises(UnreadableFileError, match="is there twice"):
        load(tmp_path / "a.nc")


FULL = """
import resource, signal, sys
import numpy as np, xarray as xr
from scitex_io import load, save
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path, limit, options = sys.argv[1], int(sys.argv[2]), eval(sys.argv[3])
save(xr.Dataset({"old": 1}), path, verbose=False)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    save(xr.Dataset({"v": ("x", np.random.default_rng(0).random(50_000))}), path, verbose=False, **options)
except OSError as error:
    print("OSError", error.errno)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX")
@pytest.mark.parametrize("limit", [4096, 300_000])
@pytest.mark.parametrize("options", [{}, {"encoding": {"v": {"zlib": True}}}], ids=["plain", "zlib"])
def test_a_full_disk_is_a_clean_error_and_the_old_file_stays(
    options: dict[str, Any], limit: int, tmp_path: Path
) -> None:
    path = tmp_path / "a.nc"
    source = Path(__file__).resolve().parents[2] / "src"

    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", FULL, str(path), str(limit), repr(options)],
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "OSError 27\n", "")
    assert list(load(path).data_vars) == ["old"]
    assert [path] == list(tmp_path.iterdir())
