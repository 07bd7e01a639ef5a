"""Processes killed, disks full, many at once: tried for real."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from breaking.scenarios import REPLACED, SPECIAL, every_handler
from optional import CI
from scitex_io import load, save

LONG = "SCITEX_IO_CRASH" in os.environ
SECONDS = 30 if LONG else 2 if CI else 1
COUNT = 100 if LONG else 5
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


@pytest.mark.parametrize("kind", ["npy", "json", "parquet", "h5", "zarr"] if LONG else ["npy", "parquet", "zarr"])
def test_eight_processes_save_one_path_while_eight_load_it(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{kind}"
    make = eval(f"lambda n: {CONTENT[kind]}", {"np": np, "pd": pd})
    save(make(0), path, verbose=False)
    body = f"""
        import importlib, os, time, warnings
        warnings.simplefilter("ignore")
        path, n = sys.argv[1], 0
        children = []
        for module in sys.argv[2].split():
            importlib.import_module(module)

        def work(n, loads):
            seen, end = 0, time.monotonic() + {SECONDS}
            while time.monotonic() < end or not seen:
                seen += 1
                if not loads:
                    save({CONTENT[kind]}, path, verbose=False)
                    continue
                loaded = load(path, cache=False)
                parts = list(loaded.values()) if isinstance(loaded, dict) else [loaded]
                found = {{int(n) for part in parts for n in np.unique(np.asarray(part))}}
                assert len(found) == 1 and found <= set(range(9)), found

        for n in range(16):
            if not (child := os.fork()):
                code = 1
                try:
                    work(n // 2 + 1, n % 2)
                    code = 0
                finally:
                    if code:
                        __import__("traceback").print_exc()
                    os._exit(code)
            children.append(child)
        print([os.waitpid(child, 0)[1] for child in children])
    """
    modules = {"parquet": "pyarrow.parquet", "h5": "h5py", "zarr": "zarr"}.get(kind, "json")
    done = subprocess.run(script(body, path, modules), capture_output=True, text=True, check=False)

    assert done.stderr == ""
    assert done.stdout == f"{[0] * 16}\n"
    assert 1 <= value(path) <= 8
    assert only(tmp_path) == [path.name]


UPDATES = {
    "h5": 'save(np.arange(3), sys.argv[1], key=f"p{sys.argv[2]}_{n}", verbose=False)',
    "zarr": 'save(np.arange(3), sys.argv[1], key=f"p{sys.argv[2]}_{n}", verbose=False)',
    "db": 'save(pd.DataFrame({"a": [n]}), sys.argv[1], table=f"p{sys.argv[2]}_{n}", verbose=False)',
    "xlsx": """with update(sys.argv[1], default={}, sheet_name=None, verbose=False) as tree:
                tree[f"p{sys.argv[2]}_{n}"] = pd.DataFrame({"a": [n]})""",
    "json": """with update(sys.argv[1], default={}, verbose=False) as tree:
                tree[f"p{sys.argv[2]}_{n}"] = n""",
    "h5 and update": """if n % 2:
                save(n, sys.argv[1], key=f"p{sys.argv[2]}_{n}", verbose=False)
            else:
                with update(sys.argv[1], default={}, verbose=False) as tree:
                    tree[f"p{sys.argv[2]}_{n}"] = n""",
}


@pytest.mark.parametrize("kind", UPDATES)
def test_processes_that_update_different_keys_lose_none(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{kind.split()[0]}"
    body = f"""
        from scitex_io import update
        for n in range({COUNT}):
            {UPDATES[kind]}
    """
    updaters = [subprocess.Popen(script(body, path, n)) for n in range(3)]
    assert [process.wait() for process in updaters] == [0, 0, 0]

    tree = load(path, sheet_name=None) if kind == "xlsx" else load(path)

    assert set(tree) == {f"p{process}_{n}" for process in range(3) for n in range(COUNT)}
    assert only(tmp_path) == [path.name]


def open_to_all() -> Path:
    """A folder for temporary files that every user reaches."""
    for place in map(Path, (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm")):
        if place.is_dir() and all(part.stat().st_mode & 0o001 for part in (place, *place.parents)):
            return place
    pytest.skip("no folder that every user reaches")


def test_a_folder_closed_half_way_is_an_error_and_keeps_the_old_content(tmp_path: Path) -> None:
    body = """
        import os
        from pathlib import Path
        from scitex_io import register_saver, update

        folder = Path(sys.argv[1])
        @register_saver(".slow")
        def half(obj, path):
            path.write_text("half")
            folder.chmod(0o500)
            path.write_text("whole")

        save({"a": 1}, folder / "w.json", verbose=False)
        with update(folder / "w.json", verbose=False) as tree:  # all is imported before rights are given up
            tree["a"] = 2
        (folder / "x.slow").write_text("old")
        if os.geteuid() == 0:
            for part in (folder, *folder.iterdir()):
                os.chown(part, 65534, 65534)
            os.seteuid(65534)
        try:
            save(1, folder / "x.slow", verbose=False)
        except PermissionError:
            print("refused", (folder / "x.slow").read_text())
        folder.chmod(0o700)
        try:
            with update(folder / "w.json", verbose=False) as tree:
                folder.chmod(0o500)
        except PermissionError:
            print("refused", load(folder / "w.json", cache=False))
        folder.chmod(0o700)
        save({"a": 3}, folder / "w.json", verbose=False)
        print(sorted(os.listdir(folder)), load(folder / "w.json", cache=False))
    """
    folder = Path(tempfile.mkdtemp(dir=open_to_all()))
    try:
        done = subprocess.run(script(body, folder), capture_output=True, text=True, check=False)
    finally:
        shutil.rmtree(folder)

    assert done.stderr == ""
    assert done.stdout.splitlines() == ["refused old", "refused {'a': 2}", "['w.json', 'x.slow'] {'a': 3}"]


@pytest.mark.parametrize("kind", ["npy", "json", "h5", "zarr", "parquet"])
def test_ctrl_c_leaves_whole_content_and_nothing_else(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{kind}"
    make = eval(f"lambda n: {CONTENT[kind]}", {"np": np, "pd": pd})
    save(make(0), path, verbose=False)
    body = f"""
        import random, signal, time
        n, chance, caught = 1, random.Random(0), 0
        save({CONTENT[kind]}, sys.argv[1], verbose=False)
        while caught < {COUNT}:
            n += 1
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0001 + chance.random() * 0.03)
                end = time.monotonic() + 2  # one that strikes inside a library can be lost
                while time.monotonic() < end:
                    save({CONTENT[kind]}, sys.argv[1], verbose=False)
            except KeyboardInterrupt:
                caught += 1
        print(n)
    """
    raising = "import signal\ndef stop(*_): raise KeyboardInterrupt\nsignal.signal(signal.SIGALRM, stop)\n"
    done = subprocess.run(script(raising + textwrap.dedent(body), path), capture_output=True, text=True, check=True)

    assert 1 <= value(path) <= int(done.stdout)
    save(make(7), path, verbose=False)
    assert value(path) == 7
    assert only(tmp_path) == [path.name]


def test_a_full_file_system_leaves_the_old_content(tmp_path: Path) -> None:
    names = [*REPLACED, *SPECIAL] if LONG else ["npy", "csv", "json", "hdf5", "zarr", "sqlite", "writer.h5"]
    names += [f"format:{name}" for name in every_handler()] if LONG else []
    body = """
        import json, os, shutil, warnings
        from pathlib import Path
        from breaking.scenarios import scenario
        warnings.simplefilter("ignore")
        full = Path(sys.argv[1])
        raised, wrong = 0, []
        for name in sys.argv[2].split(","):
            if name.startswith("format:"):
                try:
                    scenario(name).old(Path(sys.argv[3]) / "try")
                except ImportError:
                    continue
            for free in json.loads(sys.argv[4]):
                folder, filler = full / "d" / "here", full / "filler"
                work = scenario(name)
                folder.mkdir(parents=True)
                try:
                    work.old(folder)
                    work.check(folder)  # what it is compared with is made as well
                    with filler.open("wb", 0) as file:
                        room = os.statvfs(full)
                        file.write(bytes(max(0, room.f_bavail * room.f_frsize - free)))
                    try:
                        work.change(folder)
                    except Exception:
                        raised += 1
                    filler.unlink()
                    work.check(folder)
                    work.again(folder)
                except Exception as error:
                    wrong.append(f"{name} with {free} bytes free: {type(error).__name__}: {error}")
                filler.unlink(missing_ok=True)
                shutil.rmtree(full / "d")
        print(json.dumps([raised, wrong]))
    """
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted: list[str] = [
        "unshare",
        "-rm",
        "sh",
        "-c",
        'mount -t tmpfs -o size=64m none "$0" && shift 0 && exec "$@"',
        str(disk),
    ]
    if sys.platform != "linux" or subprocess.run([*mounted, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    free = [0, 4096, 16384] if not LONG else [0, 4096, 8192, 16384, 40960]
    words = (disk, ",".join(names), tmp_path, str(free))
    done = subprocess.run(
        [*mounted, *script(body, *words)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    raised, wrong = json.loads(done.stdout.splitlines()[-1])
    assert wrong == []
    assert raised >= len(names)


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
