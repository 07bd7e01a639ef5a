"""Every case against its library: what we save against a fresh file that replaces the old one, what we load against a load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.cases import CASES, SETTING, Write, lib, replacing
from benchmarks.conftest import Call, Compare
from scitex_io import load, save

ROUNDS = 3 if SETTING == "short" else 7
SMALL = 1 << 16
"""Bytes; a file below is saved and loaded many times for one measurement."""
PIECE = 1 << 22


def written(size: int) -> Write:
    """So many bytes into a file, and nothing else."""
    data = memoryview(np.random.default_rng(0).bytes(min(size, PIECE)))

    def write(path: Path, _: object) -> None:
        with path.open("wb", buffering=0) as file:
            for start in range(0, size, PIECE):
                file.write(data[: min(PIECE, size - start)])

    return write


def read(path: Path) -> Call:
    """All bytes of a file into new memory, and nothing else."""
    size = path.stat().st_size

    def call() -> None:
        with path.open("rb", buffering=0) as file:
            file.readinto(np.empty(size, np.uint8))  # type: ignore[arg-type]  # a buffer

    return call


def path_of(name: str, folder: Path, who: str) -> Path:
    return folder / f"{who}.{name.partition(' ')[0]}"


def calls_for(path: Path) -> int:
    return 100 if path.is_file() and path.stat().st_size < SMALL else 1


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.write is not None])
def test_save(name: str, compare: Compare, tmp_path: Path) -> None:
    case, ours, direct = CASES[name], path_of(name, tmp_path, "ours"), path_of(name, tmp_path, "direct")
    obj, write = case.obj(), case.write
    assert write is not None
    save(obj, ours, verbose=False, on_loss="allow", **case.options)

    compare(
        lambda: save(obj, ours, verbose=False, on_loss="allow", **case.options),
        replacing(write, direct, obj),
        best=case.best_write and replacing(case.best_write, path_of(name, tmp_path, "best"), obj),
        limit=replacing(written(ours.stat().st_size), tmp_path / "limit", obj) if ours.is_file() else None,
        rounds=ROUNDS,
        calls=calls_for(ours),
        name=f"save {name}",
        why=case.why,
    )


@pytest.mark.parametrize("name", CASES)
def test_load(name: str, compare: Compare, tmp_path: Path) -> None:
    case, ours, direct = CASES[name], path_of(name, tmp_path, "ours"), path_of(name, tmp_path, "direct")
    obj, best = case.obj(), case.best_read
    save(obj, ours, verbose=False, on_loss="allow", **case.options)
    if case.write is None:
        direct = ours
    else:
        case.write(direct, obj)
    del obj
    options = {key: wanted(value) for key, value in case.load_options.items()}

    compare(
        lambda: load(ours, cache=False, **options),
        lambda: case.read(direct),
        best=None if best is None else lambda: best(direct),
        limit=read(ours) if ours.is_file() else None,
        rounds=ROUNDS,
        calls=calls_for(ours),
        name=f"load {name}",
        why=case.why,
    )


def wanted(value: Any) -> Any:
    """A class by its name, so that its library is imported when it is measured."""
    module, _, name = str(value).rpartition(".")
    return getattr(lib(module), name) if module else value
