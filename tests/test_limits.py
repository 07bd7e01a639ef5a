"""No file takes more time or memory than it is allowed, whatever it tells or unfolds to."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import scitex_io
from bombs import BOMBS, OPTIONS
from optional import needs
from scitex_io import FileTooLargeError, UntrustedFileError, info, load, load_all, save
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

    resource.setrlimit(resource.RLIMIT_AS, (memory("VmSize:") + (1 << 30),) * 2)
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
