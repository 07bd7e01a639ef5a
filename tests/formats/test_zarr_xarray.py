from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optional import needs
from same import same
from scitex_io import LossyWarning, OptionError, ScitexIOError, UnsupportedTypeError, info, load, save

needs("xarray")

import xarray as xr  # noqa: E402


def weather() -> Any:
    return xr.Dataset(
        {"t": (("time", "place"), np.array([[0.0, -0.0], [np.nan, 1.5]]))},
        coords={"time": pd.date_range("2020-01-01", periods=2), "place": ["Ulm", "Köln"]},
        attrs={"title": "as measured", "nested": {"n": [1, None]}},
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.zarr"


def test_a_dataset_comes_back_and_xarray_reads_the_same(path: Path) -> None:
    save(weather(), path, on_loss="error")

    assert same(load(path), weather())
    with xr.open_zarr(path, consolidated=False) as read:
        assert read.drop_attrs().equals(weather().drop_attrs())


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.filterwarnings("ignore")
def test_stores_by_xarray_are_trees_unless_asked_for(version: Any, path: Path) -> None:
    weather().drop_vars("place").drop_attrs().to_zarr(path, zarr_format=version)

    assert list(load(path)) == ["t", "time"]
    assert list(load(path, as_type=xr.Dataset).data_vars) == ["t"]
    assert load(path, as_type=xr.Dataset).equals(weather().drop_vars("place"))
    assert load(path, as_type=xr.DataArray).name == "t"


def test_trees_are_stored_as_ever(path: Path) -> None:
    save({"a": np.arange(3), "b": {"c": "text"}}, path)

    assert same(load(path), {"a": np.arange(3), "b": {"c": "text"}})
    assert info(path)["kind"] == "tree"


def test_other_types_and_parts(path: Path) -> None:
    save(weather(), path)

    assert same(load(path, key="t"), weather()["t"])
    assert same(load(path, as_type=np.ndarray), weather()["t"].to_numpy())
    assert list(load(path, as_type=pd.DataFrame).columns) == ["t"]
    assert "t" in load(path, as_type=dict)
    assert info(path)["keys"]["t"] == "array float64 (time: 2, place: 2)"


def test_a_key_is_for_trees(path: Path) -> None:
    save({"a": 1}, path)

    with pytest.raises(OptionError, match="Dataset is a store of its own"):
        save(weather(), path, key="b")
    assert load(path) == {"a": 1}


def test_a_flipped_bit_in_a_chunk_is_an_error(path: Path) -> None:
    save(weather(), path)
    (chunk,) = (file for file in (path / "t" / "c").rglob("*") if file.is_file())
    data = bytearray(chunk.read_bytes())
    data[-1] ^= 1
    chunk.write_bytes(data)

    with pytest.raises(ScitexIOError, match=r"a\.zarr"):
        load(path)


def test_chunks_are_as_asked_for(path: Path) -> None:
    array = xr.DataArray(np.arange(12.0).reshape(4, 3))

    save(array, path, chunks=(2, 3))

    assert len(list((path / "__xarray_dataarray_variable__" / "c").iterdir())) == 2
    assert same(load(path), array)


def test_what_changes_is_announced_or_refused(path: Path) -> None:
    with pytest.warns(LossyWarning, match="becomes a list"):
        save(xr.Dataset(attrs={"a": np.arange(3)}), path)
    with pytest.raises(UnsupportedTypeError, match="JSON has no word"):
        save(xr.Dataset(attrs={"a": 1j}), path)
    with pytest.raises(UnsupportedTypeError, match=r"longdouble|float128"):
        save(xr.Dataset({"v": np.longdouble(1)}), path)
    assert list(load(path).attrs) == ["a"]
