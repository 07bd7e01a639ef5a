"""A part of a file is read without the rest of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scitex_io import load, save

COUNTER = Path("/proc/self/io")
pytestmark = pytest.mark.skipif(not COUNTER.exists(), reason="the system does not count what a process reads")

ROWS = 200_000
SLACK = 200_000
"""Bytes; footers, headers, and what a reader takes in advance."""


def read_by(call: Callable[[], object]) -> int:
    """Bytes that this process reads meanwhile; what is mapped is not counted, nor copied."""

    def count() -> int:
        return int(COUNTER.read_text().split()[1])

    call()  # libraries are read, too
    before = count()
    call()
    return count() - before


def frame() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(0).random((ROWS, 10)), columns=list("abcdefghij"))


def arrays() -> dict[str, Any]:
    return {name: np.random.default_rng(0).random(ROWS) for name in "abcdefghij"}


CASES: dict[str, tuple[str, Callable[[], Any], dict[str, Any], dict[str, Any], float]] = {
    # extension, what is saved, how, what is asked, the share of the file that this is
    "columns of parquet": ("parquet", frame, {}, {"columns": ["c"]}, 0.1),
    "rows of parquet": ("parquet", frame, {"row_group_size": 10_000}, {"rows": slice(50_000, 50_010)}, 0.05),
    "columns of feather": ("feather", frame, {}, {"columns": ["c"]}, 0.1),
    "rows of feather": ("feather", frame, {"chunksize": 10_000}, {"rows": slice(50_000, 50_010)}, 0.3),
    "rows of npy": ("npy", lambda: np.ones((ROWS, 10)), {}, {"rows": slice(10, 20)}, 0),
    "a map of npy": ("npy", lambda: np.ones((ROWS, 10)), {}, {"mmap_mode": "r"}, 0),
    "an array of npz": ("npz", arrays, {}, {"key": "c"}, 0.1),
    "an array of a packed npz": ("npz", arrays, {"compressed": True}, {"key": "c"}, 0.1),
    "first rows of csv": ("csv", frame, {}, {"rows": slice(0, 10)}, 0.1),
    "a dataset of h5": ("h5", arrays, {}, {"key": "c"}, 0.1),
    "rows of h5": ("h5", lambda: np.ones((ROWS, 10)), {}, {"rows": slice(10, 20)}, 0.1),
    "an array of zarr": ("zarr", arrays, {}, {"key": "c"}, 0.1),
    "rows of zarr": (
        "zarr",
        lambda: np.random.default_rng(0).random((ROWS, 10)),
        {},
        {"rows": slice(10, 20)},
        0.3,
    ),  # a chunk
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_not_asked_for_is_not_read(name: str, tmp_path: Path) -> None:
    extension, make, options, part, share = CASES[name]
    path = save(make(), tmp_path / f"a.{extension}", verbose=False, **options)
    whole = sum(one.stat().st_size for one in path.rglob("*")) if path.is_dir() else path.stat().st_size

    read = read_by(lambda: load(path, cache=False, **part))

    assert whole > 5 * SLACK  # or nothing would be shown
    assert read <= share * whole + SLACK


def test_the_counter_counts(tmp_path: Path) -> None:
    path = save(np.ones(ROWS), tmp_path / "a.npy", verbose=False)

    assert read_by(lambda: load(path, cache=False)) >= ROWS * 8
