"""What is special about feather; the rest is tested with parquet."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scitex_io import UnreadableFileError, info, load, save


@pytest.mark.parametrize(("name", "shape"), [("iris", (150, 5)), ("nation", (10, 4))])
def test_real_feather_files_of_both_versions_load(corpus: Path, name: str, shape: tuple[int, int]) -> None:
    path = corpus / "feather" / f"{name}.feather"
    names = list(load(path).columns)

    assert load(path).shape == shape
    assert info(path)["rows"] == shape[0]
    assert list(load(path, columns=names[:2]).columns) == names[:2]


def test_a_loaded_frame_does_not_depend_on_the_file(tmp_path: Path) -> None:
    path = save(pd.DataFrame({"a": np.arange(1000.0)}), tmp_path / "a.feather", compression=None)
    loaded = load(path, cache=False)

    path.write_bytes(bytes(path.stat().st_size))
    loaded["a"] += 1

    assert loaded["a"].sum() == np.arange(1001.0).sum()


def test_a_size_that_damage_made_absurd_is_a_clear_error(tmp_path: Path) -> None:
    path = save(pd.DataFrame({"a": np.arange(1000), "s": ["x"] * 1000}), tmp_path / "a.feather")
    content = path.read_bytes()

    for place in range(300, len(content), 97):
        path.write_bytes(content[:place] + bytes([content[place] ^ 64]) + content[place + 1 :])
        with contextlib.suppress(UnreadableFileError):  # nothing else may be raised
            load(path, cache=False)
