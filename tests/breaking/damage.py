"""What becomes of a flipped bit: noticed, harmless, or different values. ``python -m breaking.damage 200`` measures all formats."""

from __future__ import annotations

import json
import random
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from breaking.scenarios import every_handler, of_format, put
from same import difference
from scitex_io import MissingDependencyError, ScitexIOError, load
from subjects import CONTENT

FACTS = Path(__file__).resolve().parents[2] / "docs" / "damage.json"
MORE: dict[str, tuple[str, Callable[[], Any], dict[str, Any]]] = {
    "hdf5, checksum=True": (".h5", lambda: {"a": np.random.default_rng(0).random((50, 10))}, {"checksum": True}),
    "npy.zst": (".npy.zst", lambda: np.random.default_rng(0).random((50, 10)), {}),
    "npy.gz": (".npy.gz", lambda: np.random.default_rng(0).random((50, 10)), {}),
    "npy.xz": (".npy.xz", lambda: np.random.default_rng(0).random((50, 10)), {}),
    "npy.bz2": (".npy.bz2", lambda: np.random.default_rng(0).random((50, 10)), {}),
}
"""Beside each format as it is."""


def names() -> list[str]:
    """What is measured."""
    return sorted([*every_handler(), *MORE])


def measured(name: str, folder: Path, bits: int, seed: int) -> dict[str, int]:
    """How many of so many flipped bits are noticed, harmless, and different values."""
    folder.mkdir(parents=True)
    if name in MORE:
        extension, make, options = MORE[name]
        put(make(), folder / f"x{extension}", **options)
        path = folder / f"x{extension}"
    else:
        of_format(name).old(folder)
        path = folder / f"x{every_handler()[name].extensions[0]}"
    parts = [part for part in folder.rglob("*") if part.is_file()]
    content = CONTENT.get(name, lambda value: value)
    whole = content(_loaded(path))
    assert not isinstance(whole, Exception), whole
    comparable = _same(content(_loaded(path)), whole)
    chance = random.Random(f"{name}{seed}")
    found = {"noticed": 0, "harmless": 0, "different": 0}
    for _ in range(bits):
        part = chance.choices(parts, [one.stat().st_size for one in parts])[0]
        data = part.read_bytes()
        damaged = bytearray(data)
        damaged[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        part.write_bytes(damaged)
        got = _loaded(path)
        if isinstance(got, Exception):
            found["noticed"] += 1
        else:
            found["harmless" if not comparable or _same(content(got), whole) else "different"] += 1
        part.write_bytes(data)
    return found


def _loaded(path: Path) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load(path, cache=False, trust=True)
    except MissingDependencyError:
        raise
    except ScitexIOError as error:
        return error


def _same(one: Any, other: Any) -> bool:
    try:
        return difference(one, other) is None
    except Exception:  # noqa: BLE001  # of a library that compares: they differ
        return False


def main(bits: int) -> None:
    """Measure all formats that can be had here, and write the facts of the page."""
    warnings.simplefilter("ignore")
    found: dict[str, dict[str, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in names():
            try:
                found[name] = measured(name, Path(folder, name), bits, 0)
            except ImportError as error:
                print(f"{name}: {error}", file=sys.stderr)
                continue
            print(name, found[name], flush=True)
    FACTS.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
