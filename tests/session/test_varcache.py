from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from scitex_io import cache

OUTSIDE = "of the module"


def test_variables_are_kept_and_brought_back() -> None:
    x, y = 1, np.ones(3)
    x, y = cache("my_id", "x", "y")
    del x, y

    x, y = cache("my_id", "x", "y")

    assert x == 1
    assert np.array_equal(y, np.ones(3))
    assert Path(os.environ["SCITEX_DIR"], "io/runtime/cache/my_id.pkl").is_file()
    assert cache("my_id", "y")[0].shape == (3,)


def test_what_is_defined_is_kept_anew_and_globals_count() -> None:
    x = 1
    cache("id", "x", "OUTSIDE")
    x = 2

    assert cache("id", "x") == (x,)
    assert cache("id") == ()


def test_nothing_kept_and_nothing_defined_is_an_error_that_says_so() -> None:
    with pytest.raises(ValueError, match=r"Cache file not found and not all variables are defined\..*missing"):
        cache("id", "missing", "OUTSIDE")


def test_a_variable_that_was_not_kept_is_an_error() -> None:
    x = 1
    cache("id", "x")
    del x

    with pytest.raises(KeyError, match="other"):
        cache("id", "x", "other")


@pytest.mark.parametrize("name", ["", "../x", "a/b", "/x", ".hidden", "a\0b", "..", "C:x", "a\\b"])
def test_an_id_cannot_leave_the_folder(name: str) -> None:
    x = 1

    with pytest.raises(ValueError, match="id of a cache"):
        cache(name, "x")

    assert x == 1


def test_the_folder_can_be_chosen(tmp_path: Path) -> None:
    x = 1
    cache("id", "x", cache_root=tmp_path / "new")

    assert [path.name for path in (tmp_path / "new").iterdir()] == ["id.pkl"]
    assert x == 1
