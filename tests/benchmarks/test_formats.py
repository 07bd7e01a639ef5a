"""The formats of optional libraries against the best direct call of each, at a size of some megabytes.

Each entry says what is saved, how the library itself writes it, and how it reads it. Where there is no direct way
to write, ours writes the file that both read.
"""

from __future__ import annotations

import importlib
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from attrs import field, frozen

from scitex_io import load, save

FULL = os.environ.get("SCITEX_IO_BENCH") == "full"
COUNT = 10_000_000 if FULL else 1_000_000
ROWS = 500_000 if FULL else 50_000
Compare = Callable[..., float]


@frozen
class Case:
    """One format and its library."""

    obj: Callable[[], Any]
    read: Callable[[Path], Any]
    write: Callable[[Path, Any], Any] | None = None
    options: dict[str, Any] = field(factory=dict)  # of our save


def lib(name: str) -> Any:
    return pytest.importorskip(name) and importlib.import_module(name)


def numbers(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape)


def frame() -> pd.DataFrame:
    texts = [f"text {at % 997}" for at in range(ROWS)]
    return pd.DataFrame({"a": np.arange(ROWS), "b": numbers(ROWS), "c": texts})


def tree() -> dict[str, Any]:
    return {f"key{at}": {"a": at, "b": [at * 0.5] * 10, "c": "text" * 3} for at in range(ROWS // 10)}


def raw() -> Any:
    mne = lib("mne")
    info = mne.create_info(16, 500.0, "eeg")
    return mne.io.RawArray(numbers(16, COUNT // 20) * 1e-5, info, verbose="ERROR")


def read_raw(name: str) -> Callable[[Path], Any]:
    return lambda path: getattr(lib("mne").io, f"read_raw_{name}")(path, preload=True, verbose="ERROR")


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


CASES: dict[str, Case] = {
    "fif": Case(raw, read_raw("fif"), lambda path, obj: obj.save(path, fmt="double", overwrite=True, verbose="ERROR")),
    "edf": Case(raw, read_raw("edf"), lambda path, obj: obj.export(path, overwrite=True, verbose="ERROR")),
    "vhdr": Case(raw, read_raw("brainvision")),
    "db": Case(frame, read_sqlite, write_sqlite, {"table": "data"}),
    "xml": Case(markup, lambda path: lib("xmltodict").parse(path.read_bytes())),
    "html": Case(lambda: frame().head(2000), lambda path: path.read_text()),
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
        lambda: {"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {"n": at}, "geometry": {"type": "Point", "coordinates": [at, 0.5]}}
            for at in range(ROWS // 5)
        ]},
        lambda path: json.loads(path.read_bytes()),
        lambda path, obj: path.write_text(json.dumps(obj)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind, case in CASES.items() if case.write is not None])
def test_save(kind: str, compare: Compare, tmp_path: Path) -> None:
    case = CASES[kind]
    obj, direct, ours = case.obj(), tmp_path / f"b.{kind}", tmp_path / f"a.{kind}"
    write = case.write
    assert write is not None

    def replaced() -> None:
        fresh = tmp_path / f"fresh.{kind}"
        write(fresh, obj)
        os.replace(fresh, direct)

    compare(lambda: save(obj, ours, verbose=False, on_loss="allow", **case.options), replaced, rounds=5)


@pytest.mark.parametrize("kind", CASES)
def test_load(kind: str, compare: Compare, tmp_path: Path) -> None:
    case = CASES[kind]
    path = save(case.obj(), tmp_path / f"a.{kind}", verbose=False, on_loss="allow", **case.options)
    compare(lambda: load(path, cache=False), lambda: case.read(path), rounds=5)
