"""`save` and `load` against the best direct call of the same library.

A save is compared with the direct call into a fresh file that then replaces the old one, because that is what it
does; ``plain`` cases show the direct call onto the old file, which a crash can leave in pieces.

Run with ``pytest tests/benchmarks --benchmark-only -n 0``; ``SCITEX_IO_BENCH=full`` takes the large sizes
(400 MB arrays, tables of 1e6 x 10).
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import orjson
import pandas as pd
import pyarrow.feather
import pyarrow.parquet
import pytest
import yaml
import zarr

from scitex_io import load, load_all, register_saver, save

FULL = os.environ.get("SCITEX_IO_BENCH") == "full"
ARRAY = 50_000_000 if FULL else 2_000_000  # float64: 400 MB, 16 MB
ROWS = 1_000_000 if FULL else 50_000

Compare = Callable[..., float]


def quiet(obj: object, path: Path, **options: Any) -> Callable[[], object]:
    return lambda: save(obj, path, verbose=False, on_loss="allow", **options)


def fresh(path: Path, **options: Any) -> Callable[[], object]:
    return lambda: load(path, cache=False, **options)


# -- what a call costs on top of the library's


def direct_npy(array: Any, path: Path) -> Callable[[], None]:
    def call() -> None:
        with path.open("wb") as file:
            np.save(file, array)

    return call


def test_dispatch_save_npy(compare: Compare, tmp_path: Path) -> None:
    direct = replacing(lambda path, array: direct_npy(array, path)(), tmp_path / "b.npy", np.arange(5))
    compare(quiet(np.arange(5), tmp_path / "a.npy"), direct, calls=200)


def test_dispatch_save_npy_on_a_plain_overwrite(compare: Compare, tmp_path: Path) -> None:
    compare(quiet(np.arange(5), tmp_path / "a.npy"), direct_npy(np.arange(5), tmp_path / "b.npy"), calls=200)


def test_dispatch_load_npy(compare: Compare, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(5))
    compare(fresh(tmp_path / "a.npy"), lambda: np.load(tmp_path / "a.npy"), calls=200)


def test_dispatch_save_json(compare: Compare, tmp_path: Path) -> None:
    tree = {"a": [1, 2.5, "x"]}
    direct = replacing(lambda path, tree: path.write_bytes(orjson.dumps(tree)), tmp_path / "b.json", tree)
    compare(quiet(tree, tmp_path / "a.json"), direct, calls=200)


def test_dispatch_load_json(compare: Compare, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": [1, 2.5, "x"]}')
    compare(fresh(tmp_path / "a.json"), lambda: orjson.loads((tmp_path / "a.json").read_bytes()), calls=200)


def test_cache_hit(compare: Compare, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(5))
    os.utime(tmp_path / "a.npy", (1, 1))
    load(tmp_path / "a.npy")
    array = np.arange(5)
    compare(lambda: load(tmp_path / "a.npy"), array.copy, calls=500)


def test_dispatch_save_npy_among_a_thousand_formats(compare: Compare, tmp_path: Path) -> None:
    for number in range(1000):
        register_saver(f".x{number}", print)
    compare(quiet(np.arange(5), tmp_path / "a.npy"), direct_npy(np.arange(5), tmp_path / "b.npy"), calls=200)


# -- large objects


@pytest.fixture(scope="module")
def array() -> Any:
    return np.random.default_rng(0).random(ARRAY)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(0).random((ROWS, 10)), columns=list("abcdefghij"))


def write_h5(path: Path, array: Any) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=array)


def read_h5(path: Path) -> Any:
    with h5py.File(path) as file:
        return file["data"][...]


def dump(path: Path, obj: object) -> None:
    with path.open("wb") as file:
        pickle.dump(obj, file, protocol=5)


def undump(path: Path) -> Any:
    with path.open("rb") as file:
        return pickle.load(file)


ARRAYS: dict[str, tuple[Callable[[Path, Any], object], Callable[[Path], object]]] = {
    "npy": (lambda path, array: direct_npy(array, path)(), np.load),
    "npz": (lambda path, array: np.savez(path, a=array), lambda path: dict(np.load(path))),
    "pkl": (dump, undump),
    "h5": (write_h5, read_h5),
    "zarr": (lambda path, array: zarr.save_array(str(path), array), lambda path: zarr.load(str(path))),
}
TABLES: dict[str, tuple[Callable[[Path, pd.DataFrame], object], Callable[[Path], object]]] = {
    "csv": (lambda path, frame: frame.to_csv(path, index=False), pd.read_csv),
    "parquet": (lambda path, frame: frame.to_parquet(path), pd.read_parquet),
    "feather": (
        lambda path, frame: pyarrow.feather.write_feather(frame, path),
        pyarrow.feather.read_feather,
    ),
    "pkl": (dump, undump),
}


def replacing(write: Callable[[Path, Any], object], path: Path, obj: object) -> Callable[[], None]:
    """The direct call into a fresh file that then replaces the old one: the same promise, by hand."""

    def call() -> None:
        fresh = path.with_name(f"fresh-{path.name}")
        write(fresh, obj)
        if path.is_dir():
            shutil.rmtree(path)
        os.replace(fresh, path)

    return call


@pytest.mark.parametrize("kind", ARRAYS)
def test_save_large_array(kind: str, compare: Compare, array: Any, tmp_path: Path) -> None:
    obj = {"a": array} if kind == "npz" else array
    write = ARRAYS[kind][0]
    compare(quiet(obj, tmp_path / f"a.{kind}"), replacing(write, tmp_path / f"b.{kind}", array), rounds=5)


@pytest.mark.parametrize("kind", ARRAYS)
def test_load_large_array(kind: str, compare: Compare, array: Any, tmp_path: Path) -> None:
    write, read = ARRAYS[kind]
    write(tmp_path / f"a.{kind}", array)
    compare(fresh(tmp_path / f"a.{kind}"), lambda: read(tmp_path / f"a.{kind}"), rounds=5)


@pytest.mark.parametrize("kind", TABLES)
def test_save_large_table(kind: str, compare: Compare, frame: pd.DataFrame, tmp_path: Path) -> None:
    write = TABLES[kind][0]
    compare(quiet(frame, tmp_path / f"a.{kind}"), replacing(write, tmp_path / f"b.{kind}", frame), rounds=5)


@pytest.mark.parametrize("kind", TABLES)
def test_load_large_table(kind: str, compare: Compare, frame: pd.DataFrame, tmp_path: Path) -> None:
    write, read = TABLES[kind]
    write(tmp_path / f"a.{kind}", frame)
    compare(fresh(tmp_path / f"a.{kind}"), lambda: read(tmp_path / f"a.{kind}"), rounds=3)


def test_load_large_csv_of_text(compare: Compare, tmp_path: Path) -> None:
    words = [f"word {n}" for n in range(ROWS)]
    pd.DataFrame({"n": range(ROWS), "s": words, "t": words}).to_csv(tmp_path / "a.csv", index=False)
    compare(fresh(tmp_path / "a.csv"), lambda: pd.read_csv(tmp_path / "a.csv"), rounds=5)


def test_load_csv_columns(compare: Compare, frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "a.csv", index=False)
    compare(fresh(tmp_path / "a.csv", columns=["a"]), lambda: pd.read_csv(tmp_path / "a.csv", usecols=["a"]), rounds=5)


NATIVE: dict[str, tuple[Callable[[Path, Any], object], Callable[[Path], object]]] = {
    # With checksums, as ours are.
    "parquet": (
        lambda path, table: pyarrow.parquet.write_table(table, path, write_page_checksum=True),
        lambda path: pyarrow.parquet.read_table(path, page_checksum_verification=True),
    ),
    "feather": (
        lambda path, table: pyarrow.feather.write_feather(table, str(path)),
        lambda path: pyarrow.feather.read_table(str(path), memory_map=False),
    ),
}


def native(frame: pd.DataFrame, library: str) -> tuple[Any, Any]:
    """The frame as a table of Arrow, and as what is saved."""
    table = pyarrow.Table.from_pandas(frame)
    return table, pytest.importorskip("polars").from_arrow(table) if library == "polars" else table


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
@pytest.mark.parametrize("kind", NATIVE)
def test_save_native_table(kind: str, library: str, compare: Compare, frame: pd.DataFrame, tmp_path: Path) -> None:
    table, obj = native(frame, library)
    compare(quiet(obj, tmp_path / f"a.{kind}"), replacing(NATIVE[kind][0], tmp_path / f"b.{kind}", table), rounds=5)


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
@pytest.mark.parametrize("kind", NATIVE)
def test_load_native_table(kind: str, library: str, compare: Compare, frame: pd.DataFrame, tmp_path: Path) -> None:
    write, read = NATIVE[kind]
    table, obj = native(frame, library)
    write(tmp_path / f"a.{kind}", table)
    compare(fresh(tmp_path / f"a.{kind}", as_type=type(obj)), lambda: read(tmp_path / f"a.{kind}"), rounds=5)


TREE = {"records": [{"id": n, "name": f"n{n}", "values": [n / 3, n / 7]} for n in range(20_000)]}


def test_save_large_json(compare: Compare, tmp_path: Path) -> None:
    compare(
        quiet(TREE, tmp_path / "a.json"), lambda: (tmp_path / "b.json").write_text(json.dumps(TREE, indent=4)), rounds=5
    )


def test_load_large_json(compare: Compare, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(TREE))
    compare(fresh(tmp_path / "a.json"), lambda: json.loads((tmp_path / "a.json").read_text()), rounds=5)


def test_load_large_yaml(compare: Compare, tmp_path: Path) -> None:
    small = {"records": TREE["records"][:2000]}
    (tmp_path / "a.yaml").write_text(yaml.dump(small, Dumper=yaml.CSafeDumper))
    compare(
        fresh(tmp_path / "a.yaml"), lambda: yaml.load((tmp_path / "a.yaml").read_bytes(), yaml.CSafeLoader), rounds=3
    )


# -- memory, each side in a process of its own


def peak(body: str, *words: object) -> int:
    """The peak memory (bytes) of a process beyond what it had before the marked line."""
    code = f"""
    import resource, sys, numpy as np, pandas as pd, h5py, pickle
    from scitex_io import load, save
    path, size = sys.argv[1], {ARRAY}
    {{before}}
    base = int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS"))) * 1024
    open("/proc/self/clear_refs", "w").write("5")
    {{body}}
    top = int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))) * 1024
    print(top - base)
    """
    before, _, after = body.partition("|")
    text = textwrap.dedent(code).format(before=before.strip(), body=after.strip())
    done = subprocess.run([sys.executable, "-c", text, *map(str, words)], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


@pytest.mark.parametrize("kind", ["npy", "pkl", "h5"])
def test_peak_memory_of_a_load_is_the_object(kind: str, benchmark: Any, array: Any, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    save(array, path, verbose=False)
    used = peak("pass | obj = load(path, verbose=False)", path)

    benchmark.extra_info["peak_over_object"] = used / array.nbytes
    benchmark.pedantic(lambda: None, rounds=1)
    assert used < 1.1 * array.nbytes + (8 << 20)


@pytest.mark.parametrize("kind", ["npy", "pkl", "h5"])
def test_peak_memory_of_a_save_is_nothing(kind: str, benchmark: Any, array: Any, tmp_path: Path) -> None:
    used = peak("obj = np.ones(size) | save(obj, path, verbose=False)", tmp_path / f"a.{kind}")

    benchmark.extra_info["peak_over_object"] = used / array.nbytes
    benchmark.pedantic(lambda: None, rounds=1)
    assert used < 0.1 * array.nbytes + (8 << 20)


# -- a part of a file

PART = slice(1000, 2000)


def slice_h5(path: Path) -> Any:
    with h5py.File(path) as file:
        return file["data"][PART]


@pytest.mark.parametrize("kind", ["npy", "h5", "zarr"])
def test_rows_of_a_large_array(kind: str, compare: Compare, array: Any, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    save(array, path, verbose=False)
    direct: dict[str, Callable[[], object]] = {
        "npy": lambda: np.array(np.load(path, mmap_mode="r")[PART]),
        "h5": lambda: slice_h5(path),
        "zarr": lambda: zarr.open_group(str(path), mode="r")["data"][PART],  # type: ignore[index]  # an array
    }
    compare(fresh(path, rows=PART), direct[kind], calls=50 if kind != "zarr" else 5)


# -- many files, against one by one


def write_csv(path: Path, number: int) -> None:
    pd.DataFrame(np.random.default_rng(number).random((20_000, 10))).to_csv(path, index=False)


def write_compressed(path: Path, number: int) -> None:
    walk = np.random.default_rng(number).integers(-5, 5, (32, 20_000)).cumsum(axis=1).astype(float)
    quiet({"a": walk}, path, compressed=True)() if path.suffix == ".npz" else quiet(walk, path)()


def write_recording(path: Path, number: int) -> None:
    import mne

    walk = np.random.default_rng(number).normal(scale=1e-6, size=(32, 256 * 300)).cumsum(axis=1)
    quiet(mne.io.RawArray(walk, mne.create_info(32, 256.0, "eeg"), verbose="ERROR"), path)()


MANY: dict[str, Callable[[Path, int], object]] = {
    "csv": write_csv,
    "json": lambda path, _: path.write_text(json.dumps(TREE["records"][:5000])),
    "npz": write_compressed,
    "npy.gz": write_compressed,
    "edf": write_recording,
}


@pytest.mark.parametrize("kind", MANY)
def test_load_all_and_one_by_one(kind: str, compare: Compare, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.{kind}" for number in range(12)]
    for number, path in enumerate(paths):
        MANY[kind](path, number)

    def collected(call: Callable[[], object]) -> Callable[[], object]:
        def run() -> None:
            gc.enable()  # who searches for cycles when is part of the difference
            call()

        return run

    one_by_one = collected(lambda: [load(path, cache=False) for path in paths])
    compare(collected(lambda: load_all(paths, cache=False)), one_by_one, rounds=7)


@pytest.mark.skipif(not FULL, reason="takes minutes")
@pytest.mark.parametrize("kind", ["csv", "edf"])
def test_load_all_and_one_by_one_of_long_work(kind: str, compare: Compare, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.{kind}" for number in range(12)]
    for number, path in enumerate(paths):
        MANY[kind](path, number)
    number = 50 if kind == "csv" else 6  # recordings are kept in memory

    def one_by_one() -> None:
        gc.enable()
        for path in paths * number:
            load(path, cache=False)

    def all_at_once() -> None:
        gc.enable()
        load_all(paths * number, cache=False)

    compare(all_at_once, one_by_one, rounds=3)


def test_load_all_and_one_by_one_of_small_files(compare: Compare, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.json" for number in range(300)]
    for path in paths:
        path.write_text('{"a": [1, 2.5, "x"]}')
    compare(lambda: load_all(paths), lambda: [load(path) for path in paths], rounds=7)
