from __future__ import annotations

import warnings
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
    info,
    load,
    save,
)

needs("astropy")

import astropy.units as u  # noqa: E402
from astropy.coordinates import SkyCoord  # noqa: E402
from astropy.io import fits  # noqa: E402
from astropy.table import MaskedColumn, QTable, Table  # noqa: E402
from astropy.time import Time  # noqa: E402

IMAGE = np.arange(24, dtype=np.uint16).reshape(4, 6)


def observation() -> Any:
    lengths = np.empty(2, object)
    lengths[:] = [np.array([1, 2]), np.array([3])]
    table = fits.BinTableHDU.from_columns(
        [fits.Column("v", "PJ()", array=lengths), fits.Column("a", "J", array=[1, 2])], name="EVENTS"
    )
    return fits.HDUList(
        [
            fits.PrimaryHDU(header=fits.Header({"OBJECT": "M31"})),
            fits.ImageHDU(IMAGE, name="SCI", ver=1),
            fits.ImageHDU(IMAGE * 2.0, name="SCI", ver=2),
            fits.CompImageHDU(IMAGE.astype(np.int16), name="PACKED"),
            table,
        ]
    )


def by_others(path: Path) -> Path:
    observation().writeto(path)
    return path


def test_files_of_others_load_as_units_read_to_the_end(tmp_path: Path) -> None:
    path = by_others(tmp_path / "a.fits")

    units = load(path)
    path.unlink()

    assert type(units) is fits.HDUList
    assert units[0].header["OBJECT"] == "M31"
    assert np.array_equal(IMAGE, units["SCI", 1].data)
    assert np.array_equal(IMAGE, units["PACKED"].data)
    assert units["EVENTS"].data["v"][0].tolist() == [1, 2]


def test_units_are_saved_with_checksums_and_left_as_they_were(tmp_path: Path) -> None:
    units = observation()
    headers = [repr(unit.header) for unit in units[:4]]

    path = save(units, tmp_path / "a.fits")

    assert headers == [repr(unit.header) for unit in units[:4]]
    with fits.open(
        path, checksum=True, disable_image_compression=True
    ) as read:  # a wrong one is a warning, and warnings are errors here
        assert all("CHECKSUM" in unit.header for unit in read)


def test_equal_content_gives_equal_files(tmp_path: Path) -> None:
    units = [unit for unit in observation() if unit.name != "PACKED"]  # astropy dates the checksums of packed images

    path = save(units, tmp_path / "a.fits")

    assert path.read_bytes() == save(units, tmp_path / "b.fits").read_bytes()
    assert b"updated 20" not in path.read_bytes()


def test_what_was_loaded_can_be_saved_over_its_own_file(tmp_path: Path) -> None:
    path = by_others(tmp_path / "a.fits")

    save(load(path), path)

    assert np.array_equal(IMAGE, load(path)["SCI", 1].data)


@pytest.mark.parametrize("key", ["SCI,2", "sci,2", "2"])
def test_one_unit_by_name_version_or_number(key: str, tmp_path: Path) -> None:
    path = by_others(tmp_path / "a.fits")

    assert np.array_equal(IMAGE * 2.0, load(path, key=key).data)
    assert same(load(path, key=key, as_type=np.ndarray), IMAGE * 2.0)


def test_a_missing_unit_is_an_error_that_lists_them(tmp_path: Path) -> None:
    with pytest.raises(MissingKeyError, match="'PRIMARY', 'SCI,1', 'SCI,2', 'PACKED', 'EVENTS'"):
        load(by_others(tmp_path / "a.fits"), key="WHT")


def test_the_one_table_comes_as_what_is_asked_for(tmp_path: Path) -> None:
    path = by_others(tmp_path / "a.fits")

    assert load(path, as_type=Table)["a"].tolist() == [1, 2]
    assert load(path, as_type=pd.DataFrame)["a"].tolist() == [1, 2]
    assert load(path, as_type=Table, columns=["a"], rows=slice(1, None))["a"].tolist() == [2]
    with pytest.raises(UnreadableFileError, match="it holds 3 images; choose with key="):
        load(path, as_type=np.ndarray)
    with pytest.raises(UnreadableFileError, match="'SCI' is no table"):
        load(path, as_type=Table, key="SCI")


def test_an_array_comes_back_as_one_and_the_library_reads_it(tmp_path: Path) -> None:
    path = save(IMAGE, tmp_path / "A.FITS")

    assert same(load(path), IMAGE)
    assert np.array_equal(IMAGE, fits.getdata(path))
    assert type(load(path, as_type=fits.HDUList)) is fits.HDUList


@pytest.mark.parametrize("rows", [slice(1, 3), slice(None, None, -1), slice(3, 0, -2), slice(2, 2), slice(-1, None)])
@pytest.mark.parametrize("array", [IMAGE, IMAGE * 1.5, IMAGE > 3], ids=["scaled", "float", "bool"])
def test_rows_of_an_array(rows: slice, array: Any, tmp_path: Path) -> None:
    path = save(array, tmp_path / "a.fits")

    assert same(load(path, rows=rows), array[rows])


def test_parts_of_units_have_to_say_of_what(tmp_path: Path) -> None:
    path = by_others(tmp_path / "a.fits")

    with pytest.raises(OptionError, match="say what of: as_type="):
        load(path, rows=slice(1))
    with pytest.raises(OptionError, match="an array has no columns"):
        load(path, key="SCI", as_type=np.ndarray, columns=["a"])
    with pytest.raises(MissingKeyError, match="'v', 'a'"):
        load(path, as_type=Table, columns=["b"])


def test_times_coordinates_and_quantities_of_a_table_come_back(tmp_path: Path) -> None:
    table = QTable(
        {
            "t": Time(["2020-01-01T00:00:00.123", "2021-01-01"]),
            "q": [1.5, np.nan] * u.Jy,
            "at": SkyCoord([10, 20] * u.deg, [-5, 5] * u.deg),
            "text": ["a", "bc"],
        }
    )

    loaded = load(save(table, tmp_path / "a.fits", on_loss="error"))

    assert type(loaded) is QTable
    assert (loaded["t"] == table["t"]).all()
    assert (loaded["at"] == table["at"]).all()
    assert np.array_equal(loaded["q"].value, table["q"].value, equal_nan=True)
    assert loaded["q"].unit == u.Jy


def test_columns_are_in_the_order_of_bytes_of_the_machine(tmp_path: Path) -> None:
    table = load(by_others(tmp_path / "a.fits"), as_type=Table, columns=["a"])

    assert table["a"].dtype == np.dtype("int32")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (Table({"a": MaskedColumn([1.0, 2], mask=[1, 0])}), "the mask of the column 'a' is not kept"),
        (Table({"a": np.array([1, 2], np.float16)}), "the column 'a' is Column float32 instead of Column float16"),
        (Table({"a": [b"x"]}), "instead of Column |S1"),
        (Table({"a": [1]}, meta={"lower": 1}), "the metadata of the table are not kept"),
    ],
    ids=["mask", "half", "bytes", "meta"],
)
def test_what_changes_in_a_table_is_announced(table: Any, told: str, tmp_path: Path) -> None:
    with pytest.warns(LossyWarning) as caught:
        save(table, tmp_path / "a.fits")

    assert any(told in str(warning.message) for warning in caught)


@pytest.mark.parametrize(
    "obj",
    [
        Table({"a": ["ends in a space "]}),
        Table({"a": np.array([1, -2], np.int8)}),  # astropy writes it as a boolean
        Table({"a": ["é"]}),
        Table({"a": np.array(["2020"], "M8[s]")}),
        pd.DataFrame({"a": ["x", None]}),
        pd.DataFrame({"a": ["é"]}),
        pd.DataFrame({0: [1]}),
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        pd.DataFrame({"a": pd.to_datetime(["2020"])}),
        np.zeros(2, np.complex64),
        np.zeros(2, np.float16),
        np.array(1.0),
        np.zeros(2, [("a", "i4")]),
        [1, 2],
    ],
    ids=lambda obj: type(obj).__name__,
)
def test_what_would_not_come_back_is_refused_and_leaves_nothing(obj: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(obj, tmp_path / "a.fits")

    assert list(tmp_path.iterdir()) == []


def test_an_array_that_others_changed_is_what_they_made_of_it(tmp_path: Path) -> None:
    path = save(IMAGE, tmp_path / "a.fits")

    units = load(path, as_type=fits.HDUList)
    units[0].data = units[0].data + 0.5
    save(units, tmp_path / "b.fits")
    with fits.open(path, mode="update") as opened:
        opened[0].data = opened[0].data * 0.5

    assert np.array_equal(IMAGE + 0.5, load(tmp_path / "b.fits")[0].data)
    assert same(load(path), IMAGE * 0.5)


def test_a_frame_comes_back_and_its_index_is_announced(tmp_path: Path) -> None:
    frame = pd.DataFrame({"n": [1, 2], "x": [0.5, np.nan], "s": ["a", "bc"], "b": [True, False]})

    assert same(load(save(frame, tmp_path / "a.fits", on_loss="error")), frame)
    with pytest.warns(LossyWarning, match="the index becomes columns"):
        save(frame.set_index("s"), tmp_path / "b.fits")
    assert list(load(tmp_path / "b.fits").columns) == ["s", "n", "x", "b"]


def test_headers_tell_the_description(tmp_path: Path) -> None:
    found = info(by_others(tmp_path / "a.fits"))["keys"]

    assert found["PRIMARY"] == "header"
    assert found["SCI,1"] == "array int16 (4, 6)"
    assert found["EVENTS"] == "table 2 x 2"
    array = info(save(IMAGE, tmp_path / "b.fits"))
    assert (array["kind"], array["shape"], array["dtype"]) == ("array", (4, 6), "<u2")
    table = info(save(Table({"a": [1, 2], "s": ["x", "y"]}), tmp_path / "c.fits"))
    assert (table["kind"], table["rows"], list(table["columns"])) == ("table", 2, ["a", "s"])


@pytest.mark.parametrize("obj", [observation(), Table({"a": np.arange(40)})], ids=["units", "table"])
def test_a_cut_file_is_an_error_and_never_a_part(obj: Any, tmp_path: Path) -> None:
    path = save(obj, tmp_path / "a.fits")
    whole = path.read_bytes()

    for size in {*range(100, len(whole), 1111), len(whole) - 1} - {2880}:  # a first unit alone is a whole file
        path.write_bytes(whole[:size])
        with pytest.raises(ScitexIOError, match=r"a\.fits"):
            load(path, cache=False)


def test_a_wrong_checksum_is_an_error_unless_it_does_not_matter(tmp_path: Path) -> None:
    path = save(IMAGE, tmp_path / "a.fits")
    data = bytearray(path.read_bytes())
    data[2880 + 5] ^= 1
    path.write_bytes(data)

    with pytest.raises(UnreadableFileError, match="sum verification failed"):
        load(path)
    assert np.sum(load(path, checksum=False) != IMAGE) == 1


def test_a_file_that_breaks_off_behind_a_unit_is_an_error(tmp_path: Path) -> None:
    path = by_others(tmp_path / "a.fits")
    path.write_bytes(path.read_bytes() + b"XTENSION= 'IMAGE   '" + b"?" * 2860)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(UnreadableFileError):
            load(path)
