from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optional import needs
from same import same
from scitex_io import OptionError, info, load, save

needs("xarray", "h5netcdf")

import xarray as xr  # noqa: E402


def weather() -> Any:
    return xr.Dataset(
        {"t": (("time", "place"), np.array([[0.0, -0.0], [np.nan, 1.5]]))},
        coords={"time": pd.date_range("2020-01-01", periods=2), "place": ["Ulm", "Köln"]},
        attrs={"title": "as measured"},
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.h5"


def test_a_dataset_comes_back_and_xarray_reads_the_same(path: Path) -> None:
    save(weather(), path, on_loss="error")

    assert same(load(path), weather())
    with xr.open_dataset(path, engine="h5netcdf") as read:
        assert read.drop_attrs().equals(weather().drop_attrs())


def test_a_part_is_read_alone(path: Path) -> None:
    save(weather(), path)

    assert same(load(path, key="t"), weather()["t"])
    assert same(load(path, key="t", rows=slice(1, 2)), weather()["t"][1:2])
    assert same(load(path, as_type=np.ndarray), weather()["t"].to_numpy())
    assert info(path)["keys"]["t"] == "array float64 (time: 2, place: 2)"
    with pytest.raises(OptionError, match="key= names one variable"):
        load(path, columns=["t"])


def test_netcdf_files_by_others_are_trees_unless_asked_for(path: Path) -> None:
    weather().drop_vars("place").drop_attrs().to_netcdf(path, engine="h5netcdf")

    assert list(load(path)) == ["place", "t", "time"]  # a dimension is an array there
    assert load(path, as_type=xr.Dataset).equals(weather().drop_vars("place"))
    assert list(load(path, as_type=xr.Dataset).data_vars) == ["t"]


def test_trees_are_stored_as_ever(path: Path) -> None:
    save({"a": np.arange(3), "b": {"c": "text"}}, path)

    assert same(load(path), {"a": np.arange(3), "b": {"c": "text"}})
    assert info(path)["kind"] == "tree"
    with pytest.raises(OptionError, match="Dataset is a file of its own"):
        save(weather(), path, key="b")


def test_compression_reaches_the_variables(path: Path) -> None:
    noise = xr.Dataset({"t": ("x", np.zeros(10_000))})

    plain = save(noise, path).stat().st_size
    packed = save(noise, path, compression="gzip", compression_opts=1).stat().st_size

    assert packed < plain / 2
    assert same(load(path), noise)
