"""Processes killed, disks full, many at once: tried for real."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scitex_io import load, save

CI = os.environ.get("SCITEX_IO_TEST_PROFILE") == "ci"
CONTENT: dict[str, str] = {
    "npy": "np.full(200_000, n)",
    "npz": "{'a': np.full(100_000, n)}",
    "csv": "pd.DataFrame({'a': np.full(20_000, n), 'b': np.full(20_000, n)})",
    "csv.gz": "pd.DataFrame({'a': np.full(20_000, n), 'b': np.full(20_000, n)})",
    "parquet": "pd.DataFrame({'a': np.full(100_000, n), 'b': np.full(100_000, n)})",
    "json": "{'a': [n] * 50_000}",
    "yaml": "{'a': [n] * 2_000}",
    "pkl": "np.full(200_000, n)",
    "h5": "{'a': np.full(200_000, n)}",
    "zarr": "{'a': np.full(200_000, n), 'b': np.full(10, n)}",
    "xlsx": "pd.DataFrame({'a': np.full(500, n)})",
    "png": "np.full((300, 300), n % 256, dtype=np.uint8)",
    "txt": "str(n) * 100_000",
}


def script(body: str, *words: object) -> list[str]:
    head = "import sys\nimport numpy as np, pandas as pd\nfrom scitex_io import load, save\n"
    return [sys.executable, "-c", head + textwrap.dedent(body), *map(str, words)]


def value(path: Path) -> int:
    """The one number that all of the content repeats; an error if it is not one."""
    loaded: Any = load(path, cache=False)
    if isinstance(loaded, str):
        digits = loaded[: len(loaded) // 100_000]
        assert loaded == digits * 100_000
        return int(digits)
    parts = list(loaded.values()) if isinstance(loaded, dict) else [loaded]
    numbers = {
        int(n)
        for part in parts
        for n in np.unique(part.to_numpy() if isinstance(part, pd.DataFrame) else np.asarray(part))
    }
    assert len(numbers) == 1
    return numbers.pop()


def only(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("kind", CONTENT)
def test_kill_at_any_moment_leaves_the_old_or_the_new_content(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{kind}"
    make = eval(f"lambda n: {CONTENT[kind]}", {"np": np, "pd": pd})
    loop = f"""
        n = 0
        while True:
            n += 1
            save({CONTENT[kind]}, sys.argv[1], verbose=False)
            print(n, flush=True)
    """
    chance = random.Random(kind)
    for _ in range(8 if CI else 2):
        save(make(0), path, verbose=False)
        with subprocess.Popen(script(loop, path), stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            first = process.stdout.readline()  # the imports are done, saving goes on
            time.sleep(chance.random() * 0.08)
            process.send_signal(signal.SIGKILL)
            done = [first.strip(), *process.stdout.read().split()]
        finished = int(done[-1])

        assert value(path) in {finished, finished + 1}

        save(make(7), path, verbose=False)
        assert value(path) == 7
        assert only(tmp_path) == [path.name]


@pytest.mark.parametrize("kind", CONTENT)
def test_a_full_disk_is_an_error_and_leaves_the_old_content(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{kind}"
    make = eval(f"lambda n: {CONTENT[kind]}", {"np": np, "pd": pd})
    save(make(1), path, verbose=False)
    body = """
        import random, resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        n = 2
        obj = {"npy": np.random.default_rng(0).random(50_000), "png": np.random.default_rng(0).integers(0, 256, (300, 300)).astype(np.uint8)}
        rows = pd.DataFrame(np.random.default_rng(0).random((5_000, 4)), columns=list("abcd"))
        kind = sys.argv[2]
        obj = obj.get(kind) if kind in obj else rows if kind in ("csv", "csv.gz", "parquet", "xlsx") else "x" * 500_000 if kind == "txt" else {"a": rows.to_numpy()}
        if kind in ("json", "yaml"):
            obj = rows["a"].tolist()
        save(obj, sys.argv[1] + ".warm." + kind, verbose=False, on_loss="allow")  # every library is imported before the limit
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            save(obj, sys.argv[1], verbose=False, on_loss="allow")
        except Exception as error:
            print("raised", type(error).__name__)
        else:
            print("saved")
    """
    warm = tmp_path / "warm"
    warm.mkdir()
    done = subprocess.run(
        script(body.replace('sys.argv[1] + ".warm." + kind', 'sys.argv[3] + "/w." + kind'), path, kind, warm),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.startswith("raised"), done.stdout + done.stderr
    assert value(path) == 1
    assert only(tmp_path) == ["warm", path.name]


@pytest.mark.parametrize("kind", ["npy", "json", "zarr"])
def test_eight_processes_save_one_path_while_others_load(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{kind}"
    make = eval(f"lambda n: {CONTENT[kind]}", {"np": np, "pd": pd})
    save(make(0), path, verbose=False)
    seconds = 4 if CI else 1
    writer = f"""
        import time
        n, end = int(sys.argv[2]), time.monotonic() + {seconds}
        while time.monotonic() < end:
            save({CONTENT[kind]}, sys.argv[1], verbose=False)
    """
    writers = [subprocess.Popen(script(writer, path, n)) for n in range(1, 9)]
    reads = 0
    while any(process.poll() is None for process in writers):
        if kind != "zarr":  # a folder of many files is not read at one instant
            assert 0 <= value(path) <= 8
        reads += 1

    assert [process.wait() for process in writers] == [0] * 8
    assert reads > 0
    assert 1 <= value(path) <= 8
    assert only(tmp_path) == [path.name]


@pytest.mark.parametrize("kind", ["h5", "zarr"])
def test_processes_that_update_different_keys_lose_none(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{kind}"
    body = """
        for n in range(5):
            save(np.arange(3), sys.argv[1], key=f"p{sys.argv[2]}/{n}", verbose=False)
    """
    updaters = [subprocess.Popen(script(body, path, n)) for n in range(3)]
    assert [process.wait() for process in updaters] == [0, 0, 0]

    tree = load(path)

    assert {f"p{p}/{n}" for p in range(3) for n in range(5)} == {f"{p}/{n}" for p, part in tree.items() for n in part}
    assert only(tmp_path) == [path.name]


def test_an_object_that_fails_half_way_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "x.pkl"
    save(1, path, verbose=False)

    class Half:
        def __reduce__(self) -> Any:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        save(["x" * 1_000_000, Half()], path, verbose=False)

    assert any(str(path) in note for note in caught.value.__notes__)
    assert load(path) == 1
    assert only(tmp_path) == ["x.pkl"]
