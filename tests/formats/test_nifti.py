from __future__ import annotations

import gzip
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optional import needs
from same import same
from scitex_io import LossyWarning, OptionError, UnreadableFileError, UnsupportedTypeError, info, load, save

needs("nibabel")

import nibabel as nib  # noqa: E402
from nibabel.testing import data_path  # noqa: E402

SHIPPED = [
    Path(data_path, name) for name in ("anatomical.nii", "functional.nii", "example4d.nii.gz", "example_nifti2.nii.gz")
]
RANDOM = np.random.default_rng(0)


def scaled(path: Path) -> Path:
    """A file of 16-bit integers with a scale."""
    image = nib.Nifti1Image(RANDOM.random((4, 3, 2)) * 100, np.eye(4))
    image.set_data_dtype(np.int16)
    nib.save(image, path)
    return path


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_files_that_come_with_the_library_load_as_it_reads_them(path: Path) -> None:
    if not path.exists():
        pytest.skip("installed without its test files")
    want = nib.load(path)

    image = load(path)

    assert type(image) is type(want)
    assert np.array_equal(want.get_fdata(), image.get_fdata())
    assert np.array_equal(image.affine, want.affine)


def test_an_image_outlives_its_file(tmp_path: Path) -> None:
    path = scaled(tmp_path / "a.nii")
    values = nib.load(path).get_fdata()

    image = load(path)
    path.unlink()

    assert np.array_equal(values, image.get_fdata())


def test_raw_values_and_their_scale_are_saved_as_they_were_loaded(tmp_path: Path) -> None:
    path = scaled(tmp_path / "a.nii")

    copy = save(load(path), tmp_path / "b.nii", on_loss="error")

    assert path.read_bytes() == copy.read_bytes()


def test_the_library_reads_what_is_saved_compressed_and_in_capitals(tmp_path: Path) -> None:
    image = nib.Nifti1Image(RANDOM.random((2, 3, 4)), np.diag([2, 2, 2, 1]))

    for name in ("a.nii.gz", "B.NII"):
        path = save(image, tmp_path / name)
        assert same(load(path), image)
    assert np.array_equal(image.dataobj, nib.load(tmp_path / "a.nii.gz").get_fdata())


def test_new_values_are_not_squeezed_into_the_type_of_an_old_header(tmp_path: Path) -> None:
    image = load(scaled(tmp_path / "a.nii"))
    values = np.log1p(image.get_fdata())

    loaded = load(save(nib.Nifti1Image(values, image.affine, image.header), tmp_path / "b.nii", on_loss="error"))

    assert same(loaded.get_fdata(), values)


def test_a_type_that_holds_the_values_is_kept(tmp_path: Path) -> None:
    labels = nib.Nifti1Image(RANDOM.integers(0, 9, (2, 3, 4)).astype(np.int64), np.eye(4), dtype="uint8")

    loaded = load(save(labels, tmp_path / "a.nii", on_loss="error"), as_type=np.ndarray)

    assert same(loaded, np.asarray(labels.dataobj).astype(np.uint8))


def test_a_smaller_type_is_asked_for_and_announced(tmp_path: Path) -> None:
    values = RANDOM.random((4, 3, 2))

    with pytest.warns(LossyWarning, match="scaled and rounded to int16"):
        path = save((values, np.eye(4)), tmp_path / "a.nii", dtype="int16")

    assert info(path)["dtype"] == "int16"
    assert np.allclose(values, load(path, as_type=np.ndarray), atol=1e-4)


def test_integers_of_64_bits_are_saved_as_such(tmp_path: Path) -> None:
    array = np.arange(24).reshape(2, 3, 4) + 2**40

    loaded = load(save((array, np.eye(4)), tmp_path / "a.nii", on_loss="error"), as_type=np.ndarray)

    assert same(loaded, array)


def test_a_mask_becomes_zeros_and_ones(tmp_path: Path) -> None:
    mask = RANDOM.random((2, 3, 4)) > 0.5

    with pytest.warns(LossyWarning, match="booleans become 0 and 1"):
        path = save((mask, np.eye(4)), tmp_path / "a.nii")

    assert same(load(path, as_type=np.ndarray), mask.astype(np.uint8))


def test_an_array_alone_is_announced_to_lie_nowhere(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match="identity"):
        path = save(np.zeros((2, 3, 4), np.float32), tmp_path / "a.nii")

    assert np.array_equal(np.eye(4), load(path).affine)


def test_an_affine_that_has_to_be_rounded_is_announced(tmp_path: Path) -> None:
    affine = np.diag([0.1, 2, 2, 1])

    with pytest.warns(LossyWarning, match="affine is rounded"):
        save((np.zeros((2, 2, 2)), affine), tmp_path / "a.nii")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = save(nib.Nifti2Image(np.zeros((2, 2, 2)), affine), tmp_path / "b.nii")

    assert np.array_equal(affine, load(path).affine)


def test_an_image_without_affine_is_announced(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match="an affine is made"):
        save(nib.Nifti1Image(np.zeros((2, 2, 2)), None), tmp_path / "a.nii")


def test_a_scale_in_the_header_of_an_image_in_memory_is_announced(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.ones((2, 2, 2), np.int16), np.eye(4))
    image.header.set_slope_inter(3, 1)

    with pytest.warns(LossyWarning, match="scale that the header states"):
        path = save(image, tmp_path / "a.nii")

    assert np.array_equal(np.full((2, 2, 2), 4.0), load(path).get_fdata())


def test_a_long_axis_is_written_as_nifti_2(tmp_path: Path) -> None:
    image = load(save((np.zeros((40_000, 1, 1), np.uint8), np.eye(4)), tmp_path / "a.nii"))

    assert type(image) is nib.Nifti2Image


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 2, 2), np.float16),
        np.zeros((2, 2, 2), "U3"),
        np.float64(1) * np.ones(()),
        np.zeros((2, 0, 2)),
        np.zeros((1,) * 8),
    ],
    ids=lambda array: f"{array.dtype}-{array.ndim}",
)
def test_what_an_image_cannot_be_is_refused(array: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save((array, np.eye(4)), tmp_path / "a.nii")

    assert list(tmp_path.iterdir()) == []


def test_the_header_tells_the_description(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.zeros((2, 3, 4), np.float32), np.diag([2, 3, 4, 1]))
    image.header.set_xyzt_units("mm", "sec")
    image.header["descrip"] = "of a head"

    found = info(save(image, tmp_path / "a.nii"))

    assert (found["kind"], found["shape"], found["dtype"]) == ("array", (2, 3, 4), "float32")
    assert found["metadata"]["zooms"] == (2.0, 3.0, 4.0)
    assert found["metadata"]["units"] == ("mm", "sec")
    assert found["metadata"]["description"] == "of a head"


def test_a_cut_file_is_an_error_when_it_is_loaded(tmp_path: Path) -> None:
    whole = scaled(tmp_path / "a.nii").read_bytes()

    (tmp_path / "a.nii").write_bytes(whole[:-1])
    with pytest.raises(UnreadableFileError, match="the file ends after"):
        load(tmp_path / "a.nii")
    packed = bytearray(gzip.compress(whole))
    packed[-6] ^= 1  # of the checksum
    (tmp_path / "b.nii.gz").write_bytes(packed)
    with pytest.raises(UnreadableFileError, match=r"not a whole \.gz"):
        load(tmp_path / "b.nii.gz")


def test_the_header_of_a_pair_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "a.nii").write_bytes(b"\x00" * 400)

    with pytest.raises(UnreadableFileError, match="does not begin with a NIfTI header"):
        load(tmp_path / "a.nii")


def test_a_part_cannot_be_asked_for(tmp_path: Path) -> None:
    path = scaled(tmp_path / "a.nii")

    with pytest.raises(OptionError, match="no option 'rows'"):
        load(path, rows=slice(2))
