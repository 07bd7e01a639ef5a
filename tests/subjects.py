"""The built-in formats as subjects of the checks: what to draw for them, what it loads as, what is special."""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import strategies
from same import difference
from scitex_io.handler import FormatHandler
from scitex_io.registry import Registry
from scitex_io.testing import Effort, Subject
from strategies.tables import FORMATS

# Families add theirs, in the modules of `strategies`.
VALUES: dict[str, st.SearchStrategy[Any]] = {}
"""What to draw for a type, or ``format:type``, or ``format:type (domain)``."""
EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {}
"""What objects of a row of fidelity VALUE load as."""
OPTIONS: dict[tuple[str, str], dict[str, Any]] = {}
"""What saving objects of a row cannot do without."""
RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame({"a": range(40), "b": RANDOM.random(40), "c": [f"text {n}" for n in range(40)]})
TREE = {"a": {"b": list(range(50)), "c": "text"}, "d": {"e": [0.5, -1.25], "f": True}}
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
PARTS_ARE_WHOLE = {"csv", "tsv", "json", "jsonl", "yaml", "toml", "ini", "text", "svg"}
CHECKED = {"npz", "png", "pickle.gz", "excel", "parquet"}
CONTENT: dict[str, Callable[[Any], Any]] = {}
ARCHIVES = {"npz", "zip"}
PICTURES = {"jpeg", "tiff", "gif", "webp", "bmp"}
SAME = "a key that a record lacks and a missing value mean the same to a comparison, and not to everybody"
WEAK: dict[str, dict[str, str]] = {
    **{name: {"list (records)": SAME} for name in (*FORMATS, "sqlite")},
    **{
        name: {"PIL.Image.Image (no mode F; mode I up to 65535)": "another mode, announced, may show the same colours"}
        for name in ("png", "bmp", "gif", "webp")
    },
    "fif": {"list (two or more mne.Evoked)": "the list is the same, its items come back as another class"},
}
"""Rows that claim less than what is seen, and why."""
for part in pkgutil.iter_modules(strategies.__path__, "strategies."):
    module = importlib.import_module(part.name)
    VALUES |= getattr(module, "VALUES", {})
    EXPECTED |= getattr(module, "EXPECTED", {})
    OPTIONS |= getattr(module, "OPTIONS", {})
    SAMPLES |= getattr(module, "SAMPLES", {})
    PARTS_ARE_WHOLE |= getattr(module, "PARTS_ARE_WHOLE", set())
    CHECKED |= getattr(module, "CHECKED", set())
    CONTENT |= getattr(module, "CONTENT", {})

THOROUGH = os.environ.get("SCITEX_IO_TEST_PROFILE") == "search"
EFFORT = Effort() if THOROUGH else Effort(cuts=24, flips=30)


def subject(handler: FormatHandler) -> Subject:
    """One format with all that is said of it here."""
    name = handler.name
    own = {key.partition(":")[2]: drawn for key, drawn in VALUES.items() if key.startswith(f"{name}:")}
    facts: dict[str, Any] = {"content": CONTENT[name]} if name in CONTENT else {}
    return Subject(
        handler=handler,
        values={**{key: drawn for key, drawn in VALUES.items() if ":" not in key}, **own},
        loads_as={kind: made for (of, kind), made in EXPECTED.items() if of == name},
        options={kind: given for (of, kind), given in OPTIONS.items() if of == name},
        sample=SAMPLES.get(name),
        parts_are_whole=name in PARTS_ARE_WHOLE,
        checksummed=name in CHECKED,
        kindred={"png"} if name in PICTURES else {"zip"} if name in ARCHIVES else (),
        difference=difference,
        weak=WEAK.get(name, {}),
        by_name=True,
        **facts,
    )


def handlers() -> list[FormatHandler]:
    """One handler of each built-in format."""
    return list({type(handler): handler for _, handler in Registry(plugins=False).handlers()}.values())
