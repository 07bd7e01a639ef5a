"""What a call costs beside the format: dispatch, the cache, cold starts, memory, parts of files, many files.

The formats themselves are in `cases`. Run as ``docs/performance.md`` says.
"""

from __future__ import annotations

import gc
import json
import os
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
import pytest
import yaml
import zarr

from benchmarks.cases import FULL, ROWS, floats, records, replacing, write_npy
from benchmarks.conftest import Compare
from scitex_io import glob as our_glob
from scitex_io import info, load, load_all, load_configs, register_saver, save

ARRAY = 50_000_000 if FULL else 2_000_000  # float64: 400 MB, 16 MB
MANY_FILES = 200_000 if FULL else 5000


def quiet(obj: object, path: Path, **options: Any) -> Callable[[], object]:
    return lambda: save(obj, path, verbose=False, on_loss="allow", **options)


def fresh(path: Path, **options: Any) -> Callable[[], object]:
    return lambda: load(path, cache=False, **options)


# -- what a call costs on top of the library's


def tiny(path: Path) -> Any:
    """An array of a few numbers, saved long ago."""
    array = np.arange(5)
    np.save(path, array)
    os.utime(path, (1, 1))
    return array


def test_call_of_save_npy(compare: Compare, tmp_path: Path) -> None:
    array = np.arange(5)
    direct = replacing(write_npy, tmp_path / "b.npy", array)
    compare(quiet(array, tmp_path / "a.npy"), direct, calls=200)


def test_call_of_save_npy_over_a_plain_overwrite(compare: Compare, tmp_path: Path) -> None:
    array = np.arange(5)
    compare(quiet(array, tmp_path / "a.npy"), lambda: write_npy(tmp_path / "b.npy", array), calls=200)


def test_call_of_load_npy(compare: Compare, tmp_path: Path) -> None:
    tiny(path := tmp_path / "a.npy")
    compare(fresh(path), lambda: np.load(path), calls=200)


def test_call_of_save_json(compare: Compare, tmp_path: Path) -> None:
    tree = {"a": [1, 2.5, "x"]}
    direct = replacing(lambda path, tree: path.write_bytes(orjson.dumps(tree)), tmp_path / "b.json", tree)
    compare(quiet(tree, tmp_path / "a.json"), direct, calls=200)


def test_call_of_load_json(compare: Compare, tmp_path: Path) -> None:
    (path := tmp_path / "a.json").write_text('{"a": [1, 2.5, "x"]}')
    compare(fresh(path), lambda: orjson.loads(path.read_bytes()), calls=200)


def test_call_of_a_cached_load(compare: Compare, tmp_path: Path) -> None:
    array = tiny(path := tmp_path / "a.npy")
    load(path)
    compare(lambda: load(path), array.copy, calls=500)


def test_call_of_load_npy_among_a_thousand_formats(compare: Compare, tmp_path: Path) -> None:
    tiny(path := tmp_path / "a.npy")
    for number in range(1000):
        register_saver(f".x{number}", print)
    compare(fresh(path), lambda: np.load(path), calls=200)


def test_call_of_load_npy_deep_in_the_stack(compare: Compare, tmp_path: Path) -> None:
    tiny(path := tmp_path / "a.npy")

    def deep(call: Callable[[], object], levels: int) -> object:
        return deep(call, levels - 1) if levels else call()

    compare(lambda: deep(fresh(path), 500), lambda: deep(lambda: np.load(path), 500), calls=100)


# -- cold starts, each in a process of its own

COLD = {
    "import": ("import scitex_io", ""),
    "json": (
        "from scitex_io import load, save; save({'a': [1, 2.5]}, path, verbose=False); load(path)",
        "import json\nwith open(path, 'w') as f: json.dump({'a': [1, 2.5]}, f)\nwith open(path) as f: json.load(f)",
    ),
    "npy": (
        "import numpy as np; from scitex_io import load, save; save(np.arange(5), path, verbose=False); load(path)",
        "import numpy as np; np.save(path, np.arange(5)); np.load(path)",
    ),
}


@pytest.mark.parametrize("kind", COLD)
def test_cold_start_of(kind: str, compare: Compare, tmp_path: Path) -> None:
    def run(code: str) -> Callable[[], object]:
        code = f"import sys; path = sys.argv[1]\n{code}"
        return lambda: subprocess.run([sys.executable, "-c", code, tmp_path / f"a.{kind}"], check=True)

    ours, direct = COLD[kind]
    compare(run(ours), run(direct), rounds=15 if FULL else 3)


# -- large objects


@pytest.fixture(scope="module")
def array() -> Any:
    return np.random.default_rng(0).random(ARRAY)


def test_load_large_csv_of_text(compare: Compare, tmp_path: Path) -> None:
    words = [f"word {n}" for n in range(ROWS)]
    pd.DataFrame({"n": range(ROWS), "s": words, "t": words}).to_csv(tmp_path / "a.csv", index=False)
    compare(fresh(tmp_path / "a.csv"), lambda: pd.read_csv(tmp_path / "a.csv"), rounds=5)


def test_load_csv_columns(compare: Compare, tmp_path: Path) -> None:
    floats().to_csv(tmp_path / "a.csv", index=False)
    compare(fresh(tmp_path / "a.csv", columns=["a"]), lambda: pd.read_csv(tmp_path / "a.csv", usecols=["a"]), rounds=5)


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
    "json": lambda path, _: path.write_text(json.dumps(records(5000))),
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many files without content."""
    made = tmp_path_factory.mktemp("many")
    for number in range(MANY_FILES):
        (made / f"sub-{number}.csv").touch()
    return made


def test_glob(folder: Path, compare: Compare) -> None:
    from natsort import natsorted

    def direct() -> object:
        return natsorted(entry.path for entry in os.scandir(folder) if entry.name.endswith(".csv"))

    compare(lambda: our_glob(f"{folder}/*.csv"), direct, rounds=5)


def test_load_configs(compare: Compare, tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"part{number}.yaml").write_text(
            "".join(f"group{at}:\n  rate: 0.{at}\n  name: text {at}\n  sizes: [1, 2, 3]\n" for at in range(10))
        )

    def direct() -> object:
        return [yaml.load(path.read_bytes(), yaml.CSafeLoader) for path in sorted(tmp_path.iterdir())]

    compare(lambda: load_configs(config_dir=tmp_path), direct, rounds=5)


@pytest.mark.parametrize("kind", ["npy", "json", "parquet"])
def test_info_of_many_files(kind: str, compare: Compare, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.{kind}" for number in range(10_000 if FULL else 200)]
    save(pd.DataFrame({"a": [1]}) if kind == "parquet" else np.arange(5), paths[0], verbose=False, on_loss="allow")
    for path in paths[1:]:
        path.write_bytes(paths[0].read_bytes())
    compare(lambda: [info(path) for path in paths], lambda: [path.read_bytes() for path in paths], rounds=3)
