from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optional import needs
from scitex_io import OptionError, ScitexIOError, UnknownFormatError, UnreadableFileError, info, load, save

needs("pydicom")

import pydicom  # noqa: E402
from pydicom.data import get_testdata_file  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


def shipped(name: str) -> Path:
    found = get_testdata_file(name, download=False)
    assert isinstance(found, str), f"pydicom comes with {name}"
    return Path(found)


def test_every_element_is_there() -> None:
    path = shipped("CT_small.dcm")
    want = pydicom.dcmread(path)

    dataset = load(path)

    assert isinstance(dataset, pydicom.Dataset)
    assert want == dataset
    assert want.file_meta == dataset.file_meta


def test_pixels_come_as_they_are_stored_or_in_the_units_of_the_modality() -> None:
    path = shipped("CT_small.dcm")

    stored = load(path, as_type=np.ndarray)
    rescaled = load(path, as_type=np.ndarray, rescale=True)

    assert (stored.shape, stored.dtype) == ((128, 128), np.int16)
    assert np.array_equal(stored - 1024.0, rescaled)  # Hounsfield units


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("MR_small_RLE.dcm", (64, 64)),
        ("SC_rgb_jpeg_dcmtk.dcm", (100, 100, 3)),
        ("SC_rgb_rle_2frame.dcm", (2, 100, 100, 3)),
        ("ExplVR_BigEnd.dcm", (60, 80, 3)),
        ("image_dfl.dcm", (512, 512)),
        ("rtdose.dcm", (15, 10, 10)),
    ],
)
def test_pixels_of_every_transfer_syntax_without_another_library(name: str, shape: tuple[int, ...]) -> None:
    path = shipped(name)

    assert load(path, as_type=np.ndarray).shape == shape
    assert info(path)["shape"] == shape


def test_rescaled_pixels_have_to_be_asked_for_as_an_array() -> None:
    with pytest.raises(OptionError, match=r"as_type=numpy\.ndarray"):
        load(shipped("CT_small.dcm"), rescale=True)


def test_a_file_without_pixels_says_so() -> None:
    with pytest.raises(UnreadableFileError, match="holds no pixels"):
        load(shipped("rtplan.dcm"), as_type=np.ndarray)


def test_a_file_without_preamble_is_forced() -> None:
    path = shipped("rtstruct.dcm")

    with pytest.raises(UnreadableFileError, match="force=True"):
        load(path)
    assert load(path, force=True).Modality == "RTSTRUCT"


def test_options_of_the_library_are_passed_on() -> None:
    path = shipped("CT_small.dcm")

    assert "PixelData" not in load(path, stop_before_pixels=True)
    assert len(load(path, specific_tags=["Modality"])) <= 2  # and the character set
    with pytest.raises(OptionError, match="no option 'defer_size'"):
        load(path, defer_size=1)


def test_the_description_names_no_person() -> None:
    found = info(shipped("CT_small.dcm"))

    assert (found["kind"], found["shape"], found["dtype"]) == ("image", (128, 128), "int16")
    assert found["metadata"]["Modality"] == "CT"
    assert found["metadata"]["SOPClassUID"] == "CT Image Storage"
    assert "Patient" not in str(found)


@pytest.mark.parametrize("name", ["MR_truncated.dcm", "rtplan_truncated.dcm"])
def test_a_truncated_file_is_an_error_when_it_is_loaded(name: str) -> None:
    with pytest.raises(UnreadableFileError, match="the file ends within an element"):
        load(shipped(name))


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "MR_small_implicit.dcm", "image_dfl.dcm"]
)
def test_an_image_cut_anywhere_is_an_error(name: str, tmp_path: Path) -> None:
    whole = shipped(name).read_bytes()
    path = tmp_path / "cut.dcm"

    for part in range(1, 32):
        path.write_bytes(whole[: len(whole) * part // 32])
        with pytest.raises(ScitexIOError, match=r"cut\.dcm"):
            load(path, cache=False)


def test_a_file_that_ends_between_two_elements_lacks_its_pixels(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(shipped("CT_small.dcm"))
    del dataset.PixelData
    dataset.save_as(tmp_path / "a.dcm")

    with pytest.raises(UnreadableFileError, match="stop_before_pixels=True reads the rest"):
        load(tmp_path / "a.dcm")
    assert load(tmp_path / "a.dcm", stop_before_pixels=True).Rows == 128


def test_too_few_pixels_are_an_error_when_it_is_loaded(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(shipped("CT_small.dcm"))
    dataset.PixelData = dataset.PixelData[:-2]
    dataset.save_as(tmp_path / "a.dcm")

    with pytest.raises(UnreadableFileError, match="the pixels are 32766 of 32768 bytes"):
        load(tmp_path / "a.dcm")


def test_damage_never_crashes(tmp_path: Path) -> None:
    whole = shipped("MR_small.dcm").read_bytes()
    chance = np.random.default_rng(0)
    path = tmp_path / "a.dcm"

    for _ in range(60):
        changed = bytearray(whole)
        changed[chance.integers(len(whole))] ^= 1 << int(chance.integers(8))
        path.write_bytes(changed)
        loaded: Any = None
        try:
            loaded = load(path, cache=False)
        except ScitexIOError as error:
            assert "a.dcm" in str(error)
        else:
            assert isinstance(loaded, pydicom.Dataset)


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    import gzip

    path = tmp_path / "a.dcm.gz"
    path.write_bytes(gzip.compress(shipped("CT_small.dcm").read_bytes()))

    assert load(path).Modality == "CT"


def test_nothing_is_saved(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormatError, match="can only load"):
        save(pydicom.Dataset(), tmp_path / "a.dcm")
