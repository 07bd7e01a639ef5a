from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scitex_io import HookWarning, load, register_post_load_hook, register_post_save_hook, save


def test_save_hooks_are_told_path_object_and_options_in_order(tmp_path: Path) -> None:
    seen: list[tuple[str, Path, Any, dict[str, Any]]] = []

    @register_post_save_hook
    def first(path: Path, obj: Any, kwargs: dict[str, Any]) -> None:
        seen.append(("first", path, obj, kwargs))

    register_post_save_hook(lambda path, obj, kwargs: seen.append(("second", path, obj, kwargs)))
    array = np.arange(3)

    save(array, tmp_path / "a.npy", track=True)

    assert [entry[0] for entry in seen] == ["first", "second"]
    assert seen[0][1:] == (tmp_path / "a.npy", array, {"track": True})


def test_load_hooks_are_told_once_for_each_file_also_from_the_cache(tmp_path: Path) -> None:
    for number in (1, 2):
        save(np.arange(number), tmp_path / f"{number}.npy")
    seen: list[str] = []
    register_post_load_hook(lambda path, obj: seen.append(f"{path.name} {len(obj)}"))

    load(tmp_path / "*.npy")
    load(tmp_path / "1.npy")

    assert seen == ["1.npy 1", "2.npy 2", "1.npy 1"]


def test_a_failing_hook_warns_and_the_save_stays_done(tmp_path: Path) -> None:
    @register_post_save_hook
    def broken(path: Path, obj: Any, kwargs: dict[str, Any]) -> None:
        raise ZeroDivisionError

    with pytest.warns(HookWarning, match="broken"):
        path = save(np.arange(3), tmp_path / "a.npy")

    assert path.exists()


def test_a_dry_run_calls_no_hook(tmp_path: Path) -> None:
    seen: list[Path] = []
    register_post_save_hook(lambda path, obj, kwargs: seen.append(path))

    save(np.arange(3), tmp_path / "a.npy", dry_run=True)

    assert seen == []
