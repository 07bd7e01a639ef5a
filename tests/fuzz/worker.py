"""The process that loads changed files, for `test_fuzz`, which learns from its end what it could not tell.

Each line of standard input tells, as JSON, the name of a handler, the folder with its seeds, the first number and how many. Before
each load a line is written, and one about everything that should not have been.
"""

from __future__ import annotations

import json
import resource
import shutil
import signal
import sys
import warnings
from pathlib import Path
from random import Random
from typing import Any

from fuzz.mutating import changed

MEMORY = 1 << 30
"""Bytes beyond what the libraries take."""
GROWN = 450 << 20
"""Bytes of memory that no input takes: a quarter of what is free, and as much for what is made of it."""
SECONDS = 10
"""Of processor time."""


def _status(word: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(word)) << 10


def _tell(**what: Any) -> None:
    sys.__stdout__.write(json.dumps(what) + "\n")  # type: ignore[union-attr]  # there is one
    sys.__stdout__.flush()  # type: ignore[union-attr]  # there is one


def main(name: str, folder: str, first: int, count: int) -> None:
    """Load changed files."""
    from scitex_io import ScitexIOError, load

    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
    seeds = sorted(path for path in Path(folder, "seeds").iterdir() if not path.name.startswith("."))
    for seed in seeds:
        try:
            load(seed, cache=False)  # its libraries are imported
        except Exception as error:  # noqa: BLE001  # told, whatever it is
            _tell(seed=seed.name, error=f"{type(error).__name__}: {error}")
    resource.setrlimit(resource.RLIMIT_AS, (_status("VmSize:") + MEMORY, resource.RLIM_INFINITY))
    parts = [
        part for seed in seeds for part in ([seed] if seed.is_file() else sorted(seed.rglob("*"))) if part.is_file()
    ]
    contents = [part.read_bytes() for part in parts]
    for number in range(first, first + count):
        chance = Random(f"{name} {number}")
        seed = chance.choice(seeds)
        place = Path(folder, "case", seed.name)
        shutil.rmtree(place.parent, ignore_errors=True)
        place.parent.mkdir()
        if seed.is_dir():
            shutil.copytree(seed, place)
            part = chance.choice(sorted(path for path in place.rglob("*") if path.is_file()))
        else:
            part = place
        source = part if seed.is_dir() else seed
        part.write_bytes(changed(source.read_bytes(), contents, chance))
        _tell(at=number)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        Path("/proc/self/clear_refs").write_text("5")
        before = _status("VmRSS:")
        try:
            load(place, cache=False)
        except ScitexIOError:
            pass
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is not what was promised
            import traceback

            _tell(number=number, found=f"{type(error).__name__}: {error}"[:500], trace=traceback.format_exc()[-1500:])
        signal.setitimer(signal.ITIMER_PROF, 0)
        if (grown := _status("VmHWM:") - before) > GROWN:
            _tell(number=number, found=f"memory: {grown >> 20} MB")
    _tell(done=True)


if __name__ == "__main__":
    for line in sys.stdin:
        main(**json.loads(line))
