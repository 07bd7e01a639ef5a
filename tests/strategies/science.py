"""Labelled arrays, images in space, astronomical units and tables: small ones of every type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

words = st.text("abcé ", min_size=1, max_size=3).map(str.strip).filter(bool)
names = st.sampled_from(["a", "b", "time", "ü x", "_c"])
ascii_texts = st.text("abc XY", max_size=3).map(str.rstrip)

# ---------------------------------------------------------------- xarray

NUMBERS = ("?", "i1", "u2", "i4", "u8", ">i2", "f2", "f4", ">f8", "f8", "c8", "c16")
TIMES = ("M8[s]", "M8[ms]", "M8[us]", "M8[ns]", "m8[s]", "m8[us]", "m8[ns]")
attributes = st.dictionaries(
    st.sampled_from(["units", "long name", "n"]), words | st.integers(-9, 9) | st.floats(allow_nan=False), max_size=2
)


@st.composite
def _values(draw: st.DrawFn, shape: tuple[int, ...]) -> Any:
    kind = draw(st.sampled_from((*NUMBERS, *TIMES, "U3", "S3", "O")))
    if kind == "O":
        array = np.empty(shape, object)
        array.flat[:] = draw(st.lists(words, min_size=array.size, max_size=array.size))
        return array
    if kind in TIMES:
        moments = draw(hnp.arrays("i4", shape)).astype("i8")
        array = moments.astype(kind)
        if array.size and draw(st.booleans()):
            array.flat[0] = "NaT"
        return array
    texts = {"U3": words, "S3": st.binary(max_size=3)}
    return draw(hnp.arrays(kind, shape, elements=texts.get(kind)))


@st.composite
def datasets(draw: st.DrawFn) -> Any:
    """Variables over x and y, some of them coordinates."""
    import xarray as xr

    sizes = {"x": draw(st.integers(0, 3)), "y": draw(st.integers(1, 2))}
    made = {}
    for name in draw(st.lists(names, max_size=3, unique=True)):
        dims = draw(st.sampled_from([(), ("x",), ("y",), ("x", "y"), ("y", "x")]))
        values = draw(_values(tuple(sizes[dim] for dim in dims)))
        units = {} if values.dtype.kind in "mM" else draw(attributes)
        made[name] = xr.Variable(dims, values, units)
    if draw(st.booleans()):
        made["x"] = xr.Variable("x", np.arange(sizes["x"]) * draw(st.sampled_from([1, 0.5])))
    whole = xr.Dataset(made, attrs=draw(attributes))
    # A coordinate is listed by its name, so a name with a space cannot be one.
    return whole.set_coords([name for name in whole.data_vars if " " not in str(name) and draw(st.booleans())])


@st.composite
def data_arrays(draw: st.DrawFn) -> Any:
    """One variable with coordinates, named or not."""
    import xarray as xr

    shape = draw(hnp.array_shapes(min_dims=0, max_dims=2, max_side=3))
    dims = ("x", "y")[: len(shape)]
    coords = {dim: np.arange(size) for dim, size in zip(dims, shape, strict=True) if draw(st.booleans())}
    name = draw(st.none() | st.sampled_from(["v", *coords]))
    return xr.DataArray(draw(_values(shape)), coords, dims, name, {"of": "it"})


@st.composite
def data_trees(draw: st.DrawFn) -> Any:
    """A Dataset, and others in groups."""
    import xarray as xr

    groups = {"/": xr.Dataset({"n": draw(st.integers(0, 9))}), **{f"/{at}": draw(datasets()) for at in ("g", "g/h")}}
    for path in draw(st.sets(st.sampled_from(["/g", "/g/h"]))):
        groups[path] = xr.Dataset()
    if "/g" in groups and "/g/h" in groups:
        groups["/g"] = groups["/g"].drop_vars(["x", "y"], errors="ignore")  # what lies above fits what lies below
        groups["/g"] = groups["/g"].rename({dim: f"{dim}1" for dim in groups["/g"].sizes})
    return xr.DataTree.from_dict(groups, name=draw(st.none() | words.filter(lambda name: "/" not in name)))


# ---------------------------------------------------------------- nibabel

VOXELS = ("u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", "c8", "c16")
images = hnp.arrays(st.sampled_from(VOXELS), hnp.array_shapes(max_dims=4, max_side=3))
quarters = st.integers(-64, 64).filter(bool).map(lambda number: number / 4)


def _affine(scales: list[float], shift: list[float], axes: list[int]) -> Any:
    affine = np.eye(4)
    affine[:3, :3] = np.diag(scales)[:, axes]
    affine[:3, 3] = shift
    return affine


affines = st.builds(_affine, *[st.lists(quarters, min_size=3, max_size=3)] * 2, st.permutations(range(3)))


@st.composite
def nifti_images(draw: st.DrawFn, kind: str) -> Any:
    """An image with units, a description and an extension in its header."""
    import nibabel as nib

    array = draw(images)
    image = getattr(nib, kind)(array, draw(affines), dtype=array.dtype)
    image.header.set_xyzt_units("mm", draw(st.sampled_from(["sec", "msec"])))
    image.header["descrip"] = draw(ascii_texts)
    if draw(st.booleans()):
        image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", draw(st.binary(max_size=9))))
    image.header.set_dim_info(slice=draw(st.none() | st.just(min(2, array.ndim - 1))))
    return image


def _cifti(array: Any) -> Any:
    import nibabel as nib

    brain = nib.cifti2.BrainModelAxis.from_mask(
        np.ones((array.shape[1], 1, 1), bool), name="thalamus_left", affine=np.eye(4)
    )
    return nib.Cifti2Image(array, (nib.cifti2.SeriesAxis(0, 1, array.shape[0]), brain))


def _mgh(array: Any) -> Any:
    import nibabel as nib

    return nib.MGHImage(array, np.diag([2.0, 2, 2, 1]))


def _image_of(array: Any, affine: Any) -> Any:
    import nibabel as nib

    return nib.Nifti1Image(array, affine, dtype=array.dtype)


def _from_image(image: Any) -> Any:
    import nibabel as nib

    return nib.Nifti1Image.from_image(image)


# ---------------------------------------------------------------- astropy


def units(kind: str, array: Any = None) -> Any:
    """One unit with a header of its own."""
    from astropy.io import fits

    if kind in {"BinTableHDU", "TableHDU"}:
        made = getattr(fits, kind).from_columns(
            [
                fits.Column("n", "J" if kind == "BinTableHDU" else "I6", array=[1, -2]),
                fits.Column("s", "3A" if kind == "BinTableHDU" else "A3", array=["a", "bcd"]),
            ]
        )
    else:
        made = getattr(fits, kind)(np.arange(6, dtype=np.int16).reshape(2, 3) if array is None else array)
    made.header["OBSERVER"] = ("someone", "who")
    return made


def _unit_values(kind: str) -> Any:
    arrays = hnp.arrays(st.sampled_from(["u1", "i2", "i4", "f4", "f8"]), hnp.array_shapes(min_dims=2, max_dims=2))
    return st.builds(units, st.just(kind), arrays)


def _listed(unit: Any) -> Any:
    from astropy.io import fits

    return fits.HDUList([unit] if isinstance(unit, fits.PrimaryHDU) else [fits.PrimaryHDU(), unit])


def _hdu_list(parts: list[Any]) -> Any:
    from astropy.io import fits

    return fits.HDUList([fits.PrimaryHDU(), *parts])


@st.composite
def tables(draw: st.DrawFn, kind: str) -> Any:
    """Columns of every type that FITS has, with units and descriptions."""
    import astropy.units as u
    from astropy import table

    rows = draw(st.integers(1, 3))
    made = getattr(table, kind)(
        meta=draw(st.dictionaries(st.sampled_from(["OBSERVER", "EXPTIME"]), ascii_texts.filter(bool), max_size=2))
    )
    for name in draw(st.lists(st.sampled_from(["a", "B", "c d"]), min_size=1, unique=True)):
        dtype = draw(st.sampled_from(["?", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", "c8", "c16", "U3"]))
        shape = (rows, 2) if dtype != "U3" and draw(st.booleans()) else (rows,)
        if dtype == "U3":
            array = np.array(draw(st.lists(ascii_texts.filter(bool), min_size=rows, max_size=rows)))
        else:
            array = draw(hnp.arrays(dtype, shape))
        made[name] = table.Column(array, description=draw(st.none() | st.just("told")))
        if dtype in {"f4", "f8"} and draw(st.booleans()):
            made[name] = array * u.m if kind == "QTable" else table.Column(array, unit="m")
    return made


@st.composite
def plain_frames(draw: st.DrawFn) -> Any:
    """Columns of numbers, booleans and texts without an index."""
    import pandas as pd

    rows = draw(st.integers(1, 3))
    return pd.DataFrame(
        {
            name: draw(hnp.arrays(draw(st.sampled_from(["?", "u1", "i2", "i4", "i8", "u8", "f4", "f8"])), rows))
            if draw(st.booleans())
            else draw(st.lists(ascii_texts.filter(bool), min_size=rows, max_size=rows))
            for name in draw(st.lists(st.sampled_from(["a", "b", "C"]), min_size=1, unique=True))
        }
    )


FITS_DTYPES = ("?", "u1", "i1", "i2", "u2", ">i4", "u4", "i8", "u8", "f4", ">f4", "f8")
HDUS = ("PrimaryHDU", "ImageHDU", "BinTableHDU", "TableHDU", "CompImageHDU")
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **{f"{name}:xarray.Dataset": datasets() for name in ("hdf5", "netcdf", "zarr")},
    **{f"{name}:xarray.DataArray": data_arrays() for name in ("hdf5", "netcdf", "zarr")},
    **{f"{name}:xarray.DataTree": data_trees() for name in ("hdf5", "netcdf", "zarr")},
    "nibabel.Nifti1Image": nifti_images("Nifti1Image"),
    "nibabel.Nifti2Image": nifti_images("Nifti2Image"),
    "nibabel.Cifti2Image": hnp.arrays("f4", hnp.array_shapes(min_dims=2, max_dims=2)).map(_cifti),
    "nibabel.spatialimages.SpatialImage": hnp.arrays("f4", hnp.array_shapes(min_dims=3, max_dims=3, max_side=3)).map(
        _mgh
    ),
    "nifti:tuple": st.tuples(images, affines),
    "nifti:numpy.ndarray": images,
    **{f"astropy.io.fits.{kind}": _unit_values(kind) for kind in HDUS},
    "astropy.io.fits.HDUList": st.lists(st.sampled_from(HDUS[1:]).flatmap(_unit_values), max_size=3).map(_hdu_list),
    "fits:list": st.lists(_unit_values("ImageHDU"), max_size=2).map(lambda parts: [*_hdu_list(parts)]),
    "fits:numpy.ndarray": hnp.arrays(
        st.sampled_from(FITS_DTYPES), hnp.array_shapes(max_dims=3, min_side=0, max_side=4)
    ),
    "astropy.table.Table": tables("Table"),
    "astropy.table.QTable": tables("QTable"),
    "fits:pandas.DataFrame": plain_frames(),
}
EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("nifti", "tuple"): lambda pair: _image_of(*pair),
    ("nifti", "nibabel.spatialimages.SpatialImage"): _from_image,
    **{("fits", f"astropy.io.fits.{kind}"): _listed for kind in HDUS},
    ("fits", "list"): lambda parts: _hdu_list(parts[1:]),
}


def _sample_image() -> Any:
    return _image_of(np.random.default_rng(0).random((5, 4, 3)), np.eye(4))


def _sample_dataset() -> Any:
    import xarray as xr

    values = np.random.default_rng(0).random((20, 10))
    return xr.Dataset({"v": (("x", "y"), values)}, {"x": np.arange(20.0)}, {"of": "it"})


SAMPLES: dict[str, Callable[[], Any]] = {
    "nifti": _sample_image,
    "netcdf": _sample_dataset,
    "fits": lambda: np.random.default_rng(0).random((20, 10)),
}
CHECKED = {"fits"}
