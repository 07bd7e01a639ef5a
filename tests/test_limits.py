"""No file takes more time or memory than it is allowed, whatever it tells or unfolds to."""

from __future__ import annotations

import json
import os
import pickle
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import scitex_io
from bombs import BOMBS, OPTIONS
from optional import needs
from scitex_io import (
    FileTooLargeError,
    H5Explorer,
    UntrustedFileError,
    ZarrExplorer,
    info,
    load,
    load_all,
    migrate_h5_to_zarr,
    save,
)
from scitex_io.limits import free_memory

NEEDS = {
    ".nii": "nibabel", ".fits": "astropy", ".wav": "soundfile", ".flac": "soundfile", ".zst": "zstandard",
    ".avro": "fastavro", ".cbor": "cbor2", ".msgpack": "msgspec", ".zarr": "zarr", ".nc": "xarray", ".pdf": "pypdf",
    ".safetensors": "safetensors",
}  # fmt: skip
CHILD = """
    import json, pathlib, resource, signal, sys, time, warnings
    warnings.simplefilter("ignore")
    import numpy, pandas
    from scitex_io import FileTooLargeError, ScitexIOError, load

    def memory(word):
        lines = pathlib.Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(word)) << 10

    resource.setrlimit(resource.RLIMIT_AS, (memory("VmSize:") + (1 << 29),) * 2)
    for line in sys.stdin:
        path, again, options = json.loads(line)
        signal.alarm(300)
        try:
            load(again, cache=False)  # a whole file of the format: its libraries are imported
        except Exception:
            pass
        pathlib.Path("/proc/self/clear_refs").write_text("5")
        before, began = memory("VmRSS:"), time.process_time()
        try:
            found = type(load(path, cache=False, **options)).__name__ + " came"
        except ScitexIOError as error:
            found = type(error).__name__ + ": " + str(error)
        except BaseException as error:
            found = "!" + type(error).__name__ + ": " + str(error)
        took, grown = time.process_time() - began, memory("VmHWM:") - before
        print(json.dumps([found, took, grown]), flush=True)
"""


@pytest.fixture(scope="module")
def child() -> Any:
    """A process that loads what it is told to, with little memory."""
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("the most memory of a process is only told, and forgotten, by Linux")
    folder = str(Path(scitex_io.__file__).parents[1])
    process: list[subprocess.Popen[str]] = []

    def ask(path: Path, again: Path, options: dict[str, Any]) -> tuple[str, float, int]:
        if not process or process[0].poll() is not None:
            process[:] = [
                subprocess.Popen(
                    [sys.executable, "-c", textwrap.dedent(CHILD)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env=os.environ | {"PYTHONPATH": folder},
                )
            ]
        (running,) = process
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(json.dumps([str(path), str(again), options]) + "\n")
        running.stdin.flush()
        line = running.stdout.readline()
        assert line, f"the process ended with {running.wait()}"
        found, took, grown = json.loads(line)
        return found, took, grown

    yield ask
    for running in process:
        running.kill()
        running.communicate()


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_soon_and_in_little_memory(name: str, child: Any, tmp_path: Path) -> None:
    for extension, library in NEEDS.items():
        if extension in name:
            needs(library)
    path = tmp_path / name
    BOMBS[name](path)

    found, took, grown = child(path, path, OPTIONS.get(name, {}))

    assert found.startswith(("FileTooLargeError", "UnreadableFileError")), found
    assert path.name in found
    assert took < 2, f"{took:.1f} s: {found}"
    assert grown < 200e6, f"{grown / 1e6:.0f} MB: {found}"


# ---------------------------------------------------------------- what a user says


def test_a_number_is_the_limit_and_false_lifts_it(tmp_path: Path) -> None:
    path = save(np.zeros(10_000), tmp_path / "a.npy")

    with pytest.raises(FileTooLargeError, match=r"shape \(10000,\) .* takes 80 kB, and 79 kB are allowed; max_bytes="):
        load(path, max_bytes=79_000)
    for most in (80_000, 1e6, False, None):
        assert load(path, max_bytes=most).shape == (10_000,)
    with pytest.raises(FileTooLargeError):
        load(path, max_bytes=79_000)  # though it is in the cache


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.csv.bz2", "a.csv.xz", "a.parquet", "a.feather", "a.xlsx"])
def test_tables_are_held_to_the_limit(name: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": np.arange(20_000)})
    path = save(frame, tmp_path / name, on_loss="allow")

    if name != "a.csv":
        with pytest.raises(FileTooLargeError, match=name):
            load(path, max_bytes=20_000)
    assert load(path, max_bytes=50e6)["a"].tolist() == list(range(20_000))


def test_a_part_is_measured_as_a_part(tmp_path: Path) -> None:
    path = save({"a": np.zeros(10_000), "b": np.zeros(10)}, tmp_path / "a.h5")

    assert load(path, key="b", max_bytes=1000).shape == (10,)
    assert load(path, key="a", rows=slice(3), max_bytes=1000).shape == (3,)
    with pytest.raises(FileTooLargeError, match="'/a'"):
        load(path, max_bytes=1000)


def test_what_is_loaded_adds_up(tmp_path: Path) -> None:
    path = save({f"x{at}": np.zeros(1000) for at in range(10)}, tmp_path / "a.npz")

    with pytest.raises(FileTooLargeError):
        load(path, max_bytes=40_000)
    assert len(load(path, max_bytes=80_000)) == 10


def test_facts_are_told_of_what_is_too_large_to_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(np.zeros((1000, 10)), tmp_path / "a.npy")
    monkeypatch.setenv("SCITEX_IO_MAX_BYTES", "100")

    assert info(path)["shape"] == (1000, 10)
    with pytest.raises(FileTooLargeError):
        load(path)


def test_the_environment_speaks_for_all_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [save(np.zeros(1000), tmp_path / f"{at}.npy") for at in range(3)]
    monkeypatch.setenv("SCITEX_IO_MAX_BYTES", "7999")

    with pytest.raises(FileTooLargeError, match="8 kB are allowed"):
        load(paths[0])
    assert load(paths[0], max_bytes=8000).shape == (1000,)
    monkeypatch.setenv("SCITEX_IO_MAX_BYTES", "false")
    assert load(paths[0]).shape == (1000,)


@pytest.mark.parametrize("many", [load_all, load])
def test_many_files_have_the_same_limit_each(many: Any, tmp_path: Path) -> None:
    for at in range(3):
        save(np.zeros(1000), tmp_path / f"{at}.npy")

    assert len(many(tmp_path / "*.npy", max_bytes=8000)) == 3
    with pytest.raises(FileTooLargeError):
        many(tmp_path / "*.npy", max_bytes=7999)


@pytest.mark.parametrize("wrong", [True, 0, -1, "1 GB", float("nan")])
def test_what_is_no_number_of_bytes_is_told(wrong: Any, tmp_path: Path) -> None:
    path = save([1], tmp_path / "a.json")

    with pytest.raises((TypeError, ValueError), match="max_bytes is a number of bytes"):
        load(path, max_bytes=wrong)


def test_the_refusal_survives_a_process_boundary() -> None:
    error = FileTooLargeError("a.h5", 10**12, 10**9, "'/x'")

    again = pickle.loads(pickle.dumps(error))

    assert (
        str(again)
        == str(error)
        == (
            "refused to load 'a.h5': '/x' takes 1 TB, and 1 GB are allowed; max_bytes= sets the limit, max_bytes=False lifts it"
        )
    )
    assert (again.path, again.size, again.limit) == ("a.h5", 10**12, 10**9)


def test_honest_files_need_no_word(tmp_path: Path) -> None:
    zeros = np.zeros(3 << 20)  # 24 MB that take 24 kB

    for name in ("a.npz", "a.npy.gz", "a.npy.zst", "a.h5"):
        options = {"compressed": True} if name == "a.npz" else {"compression": "gzip"} if name == "a.h5" else {}
        path = save({"a": zeros} if name in {"a.npz", "a.h5"} else zeros, tmp_path / name, **options)
        assert path.stat().st_size < 200_000
        assert load(path) is not None


def test_what_is_free_is_less_than_all_there_is() -> None:
    assert 0 < free_memory() < 1 << 50


def test_what_a_database_computes_is_held_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE t (a, b GENERATED ALWAYS AS (zeroblob(1000000)))")
        db.executemany("INSERT INTO t (a) VALUES (?)", [(at,) for at in range(200)])
        db.execute("CREATE VIEW v AS WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r")

    for options in ({}, {"table": "t"}, {"table": "v"}, {"query": "SELECT b, b FROM t"}):
        with pytest.raises(FileTooLargeError):
            load(path, max_bytes=1.5e6, **options)  # type: ignore[call-overload]  # options of one format
    assert load(path, table="v", rows=slice(3), max_bytes=2e6)["x"].tolist() == [1, 2, 3]


# ---------------------------------------------------------------- what lies outside the file


def linked(path: Path, kind: str) -> Path:
    """A store that leads to another file."""
    import h5py

    other = path.with_name(f"other{path.suffix}")
    with h5py.File(other, "w") as file:
        file["secret"] = np.arange(3.0)
    (path.parent / "raw").write_bytes(np.arange(3.0).tobytes())
    with h5py.File(path, "w") as file:
        file["mine"] = [1.0]
        if kind == "link":
            file["x"] = h5py.ExternalLink(other.name, "secret")
        elif kind == "path":
            file["out"] = h5py.ExternalLink(other.name, "/")
            file["x"] = h5py.SoftLink("/out/secret")
        elif kind == "virtual":
            layout = h5py.VirtualLayout((3,), "f8")
            layout[:] = h5py.VirtualSource(other.name, "secret", (3,))
            file.create_virtual_dataset("x", layout)
        else:
            file.create_dataset("x", (3,), "f8", external=[(str(path.parent / "raw"), 0, 24)])
    return path


@pytest.mark.parametrize("kind", ["link", "path", "virtual", "raw"])
def test_hdf5_gives_nothing_of_other_files_unless_trusted(kind: str, tmp_path: Path) -> None:
    path = linked(tmp_path / "a.h5", kind)

    for key in (None, "x"):
        with pytest.raises(UntrustedFileError):
            load(path, key=key)
    assert load(path, key="mine").tolist() == [1.0]
    assert "secret" not in str(info(path)["keys"]).replace("secret'", "").replace(":secret", "").replace("/secret", "")
    with H5Explorer(path) as explorer, pytest.raises(UntrustedFileError):
        explorer.load("x")
    assert load(path, key="x", trust=True).tolist() == [0, 1, 2]


@pytest.mark.parametrize("kind", ["link", "path", "virtual", "raw"])
def test_no_conversion_reads_other_files(kind: str, tmp_path: Path) -> None:
    needs("zarr")
    path = linked(tmp_path / "a.h5", kind)

    with pytest.raises(UntrustedFileError):
        migrate_h5_to_zarr(path, tmp_path / "a.zarr")


@pytest.mark.parametrize("kind", ["link", "virtual", "raw"])
def test_netcdf_gives_nothing_of_other_files(kind: str, tmp_path: Path) -> None:
    needs("xarray")
    needs("h5netcdf")

    with pytest.raises(UntrustedFileError):
        load(linked(tmp_path / "a.nc", kind))


@pytest.mark.parametrize("part", ["x", "x/zarr.json", "x/c/0", "zarr.json"])
def test_zarr_follows_no_link_out_of_the_store(part: str, tmp_path: Path) -> None:
    needs("zarr")
    path = save({"x": np.arange(5), "y": 1}, tmp_path / "a.zarr")
    piece = path / part
    piece.rename(tmp_path / "elsewhere")
    piece.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(UntrustedFileError, match="link to outside the store"):
        load(path)
    with pytest.raises(UntrustedFileError), ZarrExplorer(path) as explorer:
        explorer.load("x")
    assert load(path, trust=True)["x"].tolist() == [0, 1, 2, 3, 4]
