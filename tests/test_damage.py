"""Damaged files: cut at any point, bits flipped, of another format. Never a hang, a crash, or content of nobody's making."""

from __future__ import annotations

import importlib
import pkgutil
import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import strategies
from optional import needs_all_of, skipping_what_is_missing
from same import difference
from scitex_io import ScitexIOError, load, save
from scitex_io.handler import FormatHandler
from scitex_io.registry import Registry
from scitex_io.typing import is_loader, is_saver

RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame({"a": range(40), "b": RANDOM.random(40), "c": [f"text {n}" for n in range(40)]})
TREE = {"a": {"b": list(range(50)), "c": "text"}, "d": {"e": [0.5, -1.25], "f": True}}
# Families add theirs: `SAMPLES`, `PARTS_ARE_WHOLE` (text), `CHECKED` and `CONTENT` of the modules in `strategies`.
SAMPLES: dict[str, Callable[[], Any]] = {
    "npy": lambda: RANDOM.random((20, 10)),
    "npz": lambda: {"a": RANDOM.random((20, 10)), "b": np.arange(5)},
    "csv": lambda: FRAME,
    "tsv": lambda: FRAME,
    "parquet": lambda: FRAME,
    "feather": lambda: FRAME,
    "excel": lambda: FRAME,
    "json": lambda: TREE,
    "jsonl": lambda: [TREE] * 5,
    "yaml": lambda: TREE,
    "toml": lambda: TREE,
    "ini": lambda: {"a": {"b": "1", "c": "text"}},
    "text": lambda: "some lines\n" * 20,
    "pickle": lambda: [TREE, RANDOM.random(50)],
    "pickle.gz": lambda: [TREE, RANDOM.random(50)],
    "joblib": lambda: [TREE, RANDOM.random(50)],
    "mat": lambda: {"a": RANDOM.random((20, 10)), "b": np.arange(5.0)[None]},
    "hdf5": lambda: {"a": RANDOM.random((20, 10)), "b": {"c": "text"}},
    "zarr": lambda: {"a": RANDOM.random((20, 10)), "b": {"c": "text"}},
    "png": lambda: RANDOM.integers(0, 255, (40, 30, 3)).astype(np.uint8),
    "jpeg": lambda: RANDOM.integers(0, 255, (40, 30, 3)).astype(np.uint8),
    "tiff": lambda: RANDOM.integers(0, 255, (40, 30, 3)).astype(np.uint8),
    "gif": lambda: RANDOM.integers(0, 255, (40, 30)).astype(np.uint8),
    "webp": lambda: RANDOM.integers(0, 255, (40, 30, 3)).astype(np.uint8),
    "bmp": lambda: RANDOM.integers(0, 255, (40, 30, 3)).astype(np.uint8),
    "svg": lambda: "<svg xmlns='http://www.w3.org/2000/svg'/>",
}
TEXT = {"csv", "tsv", "json", "jsonl", "yaml", "toml", "ini", "text", "svg"}
"""Formats in which a part of a file can be a whole file."""
CHECKED = {"npz", "png", "pickle.gz", "excel", "parquet"}
"""Formats with a checksum over the content: no flipped bit goes unnoticed and changes a value."""
CONTENT: dict[str, Callable[[Any], Any]] = {}
"""What of a loaded value is content, where some of it is about the file."""

for part in pkgutil.iter_modules(strategies.__path__, "strategies."):
    module = importlib.import_module(part.name)
    SAMPLES |= getattr(module, "SAMPLES", {})
    TEXT |= getattr(module, "PARTS_ARE_WHOLE", set())
    CHECKED |= getattr(module, "CHECKED", set())
    CONTENT |= getattr(module, "CONTENT", {})


def handlers() -> list[FormatHandler]:
    found = {handler.name: handler for _, handler in Registry(plugins=False).handlers()}
    return [handler for handler in found.values() if is_saver(handler) and is_loader(handler) and not handler.directory]


def sample(handler: FormatHandler, folder: Path) -> tuple[Path, Any]:
    needs_all_of(handler)
    with skipping_what_is_missing():
        path = save(SAMPLES[handler.name](), folder / f"x{handler.extensions[0]}", verbose=False, on_loss="allow")
        return path, load(path, cache=False)


def attempt(path: Path) -> Any:
    """The content, or the error that tells of the file."""
    try:
        with warnings.catch_warnings(), skipping_what_is_missing():
            warnings.simplefilter("ignore")
            return load(path, cache=False)
    except ScitexIOError as error:
        assert path.name in str(error)
        return error


@pytest.mark.parametrize("handler", handlers(), ids=lambda handler: handler.name)
def test_a_file_cut_at_any_point_is_an_error(handler: FormatHandler, tmp_path: Path) -> None:
    path, whole = sample(handler, tmp_path)
    data = path.read_bytes()

    for size in sorted({0, 1, 2, 4, 8, len(data) - 1, *(len(data) * part // 16 for part in range(1, 16))}):
        path.write_bytes(data[:size])
        got = attempt(path)
        if handler.name not in TEXT and not isinstance(got, ScitexIOError):
            # Some formats end in bytes that carry nothing (padding, a trailer).
            assert size >= len(data) - 12, f"{size} of {len(data)} bytes gave {type(got).__name__}"
            content = CONTENT.get(handler.name, lambda value: value)
            assert difference(content(got), content(whole)) is None


@pytest.mark.parametrize("handler", handlers(), ids=lambda handler: handler.name)
def test_a_flipped_bit_is_an_error_or_content_and_never_a_crash(handler: FormatHandler, tmp_path: Path) -> None:
    path, whole = sample(handler, tmp_path)
    data = path.read_bytes()
    chance = random.Random(handler.name)

    for _ in range(30):
        changed = bytearray(data)
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        got = attempt(path)
        if handler.name in CHECKED and not isinstance(got, ScitexIOError):
            assert difference(got, whole) is None


@pytest.mark.parametrize("handler", handlers(), ids=lambda handler: handler.name)
def test_a_file_of_another_format_is_an_error(handler: FormatHandler, tmp_path: Path) -> None:
    needs_all_of(handler)
    png = save(SAMPLES["png"](), tmp_path / "x.png", verbose=False).read_bytes()
    npy = save(SAMPLES["npy"](), tmp_path / "x.npy", verbose=False).read_bytes()
    path = tmp_path / f"mislabelled{handler.extensions[0]}"

    for data, looks_like in ((png, "png"), (npy, "npy")):
        if looks_like != handler.name:
            path.write_bytes(data)
            got = attempt(path)
            assert isinstance(got, ScitexIOError) or handler.name in {"jpeg", "tiff", "gif", "webp", "bmp", "png"}


@pytest.mark.parametrize("handler", handlers(), ids=lambda handler: handler.name)
def test_a_folder_at_the_path_is_an_error_both_ways(handler: FormatHandler, tmp_path: Path) -> None:
    needs_all_of(handler)
    path = tmp_path / f"x{handler.extensions[0]}"
    path.mkdir()

    with pytest.raises(IsADirectoryError):
        load(path)
    with pytest.raises(IsADirectoryError):
        save(SAMPLES[handler.name](), path, on_loss="allow")

    assert list(path.iterdir()) == []
