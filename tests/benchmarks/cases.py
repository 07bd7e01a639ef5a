"""What is measured, one entry for each format and content: how ours, its library and the quickest known write and read it.

To add a case is to add an entry to `CASES`. The key begins with the extension, what follows tells cases of one extension
apart. ``direct`` is what a skilled user writes today: the usual library, with its defaults.
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import shutil
import sqlite3
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from attrs import field, frozen

SETTING = os.environ.get("SCITEX_IO_BENCH", "short")
"""``short`` for a first look, ``full`` for arrays of 400 MB and tables of a million rows."""
FULL = SETTING == "full"
ARRAY = 50_000_000 if FULL else 10_000_000  # float64: 400 MB, 80 MB
COUNT = 10_000_000 if FULL else 500_000
ROWS = 1_000_000 if FULL else 20_000

Write = Callable[[Path, Any], object]
Read = Callable[[Path], object]


@frozen
class Case:
    """One content in one format.

    Parameters
    ----------
    obj
        Makes what is saved.
    read, write
        The direct calls. Where there is none to write, ours writes the file that both read.
    best_read, best_write
        Those of the quickest library known, where it is another one.
    options, load_options
        Of our save and load.
    why
        Why it takes longer than the direct call, where it does.
    """

    obj: Callable[[], Any]
    read: Read
    write: Write | None = None
    best_read: Read | None = None
    best_write: Write | None = None
    options: dict[str, Any] = field(factory=dict)
    load_options: dict[str, Any] = field(factory=dict)
    why: str = ""


def lib(name: str) -> Any:
    return pytest.importorskip(name) and importlib.import_module(name)


@cache
def numbers(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape)


@cache
def floats() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(0).random((ROWS, 10)), columns=list("abcdefghij"))


@cache
def mixed() -> pd.DataFrame:
    at, rng = np.arange(ROWS), np.random.default_rng(1)
    texts = {"few": [f"text {n % 997}" for n in range(ROWS)], "many": [f"name {n}" for n in range(ROWS)]}
    return pd.DataFrame({"n": at, "x": rng.standard_normal(ROWS), "yes": rng.random(ROWS) > 0.5, **texts})


def records(count: int) -> dict[str, Any]:
    return {"records": [{"id": n, "name": f"n{n}", "values": [n / 3, n / 7]} for n in range(count)]}


def tree() -> dict[str, Any]:
    return {f"key{at}": {"a": at, "b": [at * 0.5] * 10, "c": "text" * 3} for at in range(ROWS // 10)}


def replacing(write: Write, target: Path, obj: object) -> Callable[[], object]:
    """The direct call into a fresh file that then replaces the old one: the same promise, by hand."""

    def call() -> None:
        fresh = target.with_name(f"fresh-{target.name}")
        write(fresh, obj)
        if target.is_dir():
            shutil.rmtree(target)
        os.replace(fresh, target)

    return call


# ---------------------------------------------------------------- how each library does it


def write_npy(path: Path, array: Any) -> None:
    with path.open("wb") as file:
        np.save(file, array)


def dump(path: Path, obj: object) -> None:
    with path.open("wb") as file:
        pickle.dump(obj, file)


def dump_newest(path: Path, obj: object) -> None:
    with path.open("wb") as file:
        pickle.dump(obj, file, protocol=5)


def undump(path: Path) -> object:
    with path.open("rb") as file:
        return pickle.load(file)


def write_h5(path: Path, array: Any) -> None:
    with lib("h5py").File(path, "w") as file:
        file.create_dataset("data", data=array)


def read_h5(path: Path) -> Any:
    with lib("h5py").File(path) as file:
        return file["data"][...]


def write_sqlite(path: Path, table: pd.DataFrame) -> None:
    with sqlite3.connect(path) as db:
        table.to_sql("data", db, index=False)
    db.close()


def read_sqlite(path: Path) -> pd.DataFrame:
    db = sqlite3.connect(path)
    try:
        return pd.read_sql("SELECT * FROM data", db)
    finally:
        db.close()


def raw() -> Any:
    mne = lib("mne")
    info = mne.create_info(16, 500.0, "eeg")
    return mne.io.RawArray(numbers(16, COUNT // 20) * 1e-5, info, verbose="ERROR")


def read_raw(name: str) -> Read:
    return lambda path: getattr(lib("mne").io, f"read_raw_{name}")(path, preload=True, verbose="ERROR")


def markup() -> dict[str, Any]:
    return {"root": {"item": [{"@id": str(at), "name": f"name {at}", "value": str(at * 0.5)} for at in range(ROWS)]}}


def frames() -> Any:
    return (np.indices((60, 240, 320)).sum(0)[..., None] % np.array([256, 128, 64])).astype(np.uint8)


def read_video(path: Path) -> Any:
    with lib("av").open(str(path)) as container:
        return np.stack([one.to_ndarray(format="rgb24") for one in container.decode(video=0)])


def dataset() -> Any:
    xr = lib("xarray")
    return xr.Dataset({"a": (("t", "x"), numbers(COUNT // 100, 100))}, {"t": np.arange(COUNT // 100)})


def arrow(frame: pd.DataFrame) -> Any:
    return lib("pyarrow").Table.from_pandas(frame)


def write_polars(path: Path, frame: pd.DataFrame) -> None:
    lib("polars").from_pandas(frame).write_csv(path)


def read_polars(path: Path) -> Any:
    return lib("polars").read_csv(path).to_pandas()


def table_case(extension: str, obj: Callable[[], pd.DataFrame], **more: Any) -> Case:
    """A frame as pandas writes and reads it."""
    read: Read = getattr(pd, f"read_{extension}")
    write: Write
    if extension == "csv":
        write = lambda path, frame: frame.to_csv(path, index=False)  # noqa: E731  # as in the table below
    else:
        write = lambda path, frame: getattr(frame, f"to_{extension}")(path)  # noqa: E731
    return Case(obj, read, write, **more)


def array_case(size: int) -> Case:
    return Case(lambda: numbers(size), np.load, write_npy)


def feature(at: int) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"n": at}, "geometry": {"type": "Point", "coordinates": [at, 0.5]}}


CASES: dict[str, Case] = {
    "npy 40 B": array_case(5),
    "npy 800 kB": array_case(100_000),
    "npy 8 MB": array_case(1_000_000),
    f"npy {ARRAY // 125_000} MB": array_case(ARRAY),
    "npz": Case(
        lambda: {"a": numbers(COUNT)},
        lambda path: dict(np.load(path)),
        lambda path, arrays: np.savez(path, **arrays),
    ),
    "pkl of an array": Case(lambda: numbers(COUNT), undump, dump, best_write=dump_newest),
    "pkl of a table": Case(floats, undump, dump, best_write=dump_newest),
    "pkl of a tree": Case(lambda: records(ROWS // 2), undump, dump, best_write=dump_newest),
    "json": Case(
        lambda: records(ROWS // 2),
        lambda path: json.loads(path.read_text()),
        lambda path, obj: path.write_text(json.dumps(obj, indent=4)),
        lambda path: lib("orjson").loads(path.read_bytes()),
        lambda path, obj: path.write_bytes(lib("orjson").dumps(obj)),
    ),
    "yaml": Case(
        lambda: records(500),
        lambda path: lib("yaml").safe_load(path.read_text()),
        lambda path, obj: path.write_text(lib("yaml").safe_dump(obj)),
        lambda path: lib("yaml").load(path.read_bytes(), lib("yaml").CSafeLoader),
        lambda path, obj: path.write_text(lib("yaml").dump(obj, Dumper=lib("yaml").CSafeDumper)),
    ),
    "csv of floats": table_case("csv", floats, best_read=read_polars, best_write=write_polars),
    "csv of columns": table_case("csv", mixed, best_read=read_polars, best_write=write_polars),
    "parquet of floats": table_case("parquet", floats),
    "parquet of columns": table_case("parquet", mixed),
    "parquet of Arrow": Case(
        lambda: arrow(mixed()),
        lambda path: lib("pyarrow.parquet").read_table(path),
        lambda path, table: lib("pyarrow.parquet").write_table(table, path),
        load_options={"as_type": "pyarrow.Table"},
    ),
    "feather of floats": table_case("feather", floats),
    "feather of columns": table_case("feather", mixed),
    "feather of Arrow": Case(
        lambda: arrow(mixed()),
        lambda path: lib("pyarrow.feather").read_table(str(path), memory_map=False),
        lambda path, table: lib("pyarrow.feather").write_feather(table, str(path)),
        load_options={"as_type": "pyarrow.Table"},
    ),
    "h5": Case(lambda: numbers(COUNT), read_h5, write_h5),
    "zarr": Case(
        lambda: numbers(COUNT),
        lambda path: lib("zarr").load(str(path)),
        lambda path, array: lib("zarr").save_array(str(path), array),
    ),
    "fif": Case(raw, read_raw("fif"), lambda path, obj: obj.save(path, fmt="double", overwrite=True, verbose="ERROR")),
    "edf": Case(raw, read_raw("edf"), lambda path, obj: obj.export(path, overwrite=True, verbose="ERROR")),
    "vhdr": Case(raw, read_raw("brainvision")),
    "db": Case(mixed, read_sqlite, write_sqlite, options={"table": "data"}),
    "xml": Case(markup, lambda path: lib("xmltodict").parse(path.read_bytes())),
    "html": Case(lambda: mixed().head(2000), lambda path: path.read_text()),
    "mp4": Case(frames, read_video),
    "wav": Case(
        lambda: (np.clip(numbers(COUNT, 2) / 8, -1, 1).astype(np.float32), 44100),
        lambda path: lib("soundfile").read(path, dtype="float32"),
        lambda path, obj: lib("soundfile").write(path, obj[0], obj[1], subtype="FLOAT"),
    ),
    "pt": Case(
        lambda: {"a": lib("torch").from_numpy(numbers(COUNT))},
        lambda path: lib("torch").load(path, weights_only=True),
        lambda path, obj: lib("torch").save(obj, path),
    ),
    "safetensors": Case(
        lambda: {"a": numbers(COUNT)},
        lambda path: lib("safetensors.numpy").load_file(path),
        lambda path, obj: lib("safetensors.numpy").save_file(obj, path),
    ),
    "nc": Case(
        dataset, lambda path: lib("xarray").load_dataset(path), lambda path, obj: obj.to_netcdf(path, engine="h5netcdf")
    ),
    "nii": Case(
        lambda: lib("nibabel").Nifti1Image(numbers(100, 100, COUNT // 10_000), np.eye(4)),
        lambda path: np.asarray(lib("nibabel").load(path).dataobj),
        lambda path, obj: obj.to_filename(path),
    ),
    "fits": Case(
        lambda: numbers(1000, COUNT // 1000),
        lambda path: lib("astropy.io.fits").getdata(path, memmap=False).copy(),
        lambda path, obj: lib("astropy.io.fits").writeto(path, obj, overwrite=True, checksum=True),
    ),
    "msgpack": Case(
        tree,
        lambda path: lib("msgspec").msgpack.decode(path.read_bytes()),
        lambda path, obj: path.write_bytes(lib("msgspec").msgpack.encode(obj)),
    ),
    "cbor": Case(
        tree,
        lambda path: lib("cbor2").loads(path.read_bytes()),
        lambda path, obj: path.write_bytes(lib("cbor2").dumps(obj)),
    ),
    "geojson": Case(
        lambda: {"type": "FeatureCollection", "features": [feature(at) for at in range(ROWS // 5)]},
        lambda path: json.loads(path.read_bytes()),
        lambda path, obj: path.write_text(json.dumps(obj)),
    ),
}
