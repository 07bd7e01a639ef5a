from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from same import same
from scitex_io import UnsupportedTypeError, load, save


def test_an_array_of_objects_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="no object dtype"):
        save(np.array([object()]), tmp_path / "a.npy")

    assert list(tmp_path.iterdir()) == []


def test_a_fortran_array_comes_back_in_fortran_order(tmp_path: Path) -> None:
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))

    loaded = load(save(array, tmp_path / "a.npy"))

    assert same(loaded, array)
    assert loaded.flags.f_contiguous
