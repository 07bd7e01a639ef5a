from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from scitex_io import LinkError, load, save

ARRAY = np.arange(3)


def test_symlink_to_makes_a_relative_link_with_its_folders(tmp_path: Path) -> None:
    path = save(ARRAY, tmp_path / "data" / "a.npy", symlink_to=tmp_path / "links" / "deep" / "latest.npy")

    assert os.readlink(tmp_path / "links" / "deep" / "latest.npy") == "../../data/a.npy"
    assert load(tmp_path / "links" / "deep" / "latest.npy").tolist() == load(path).tolist()


def test_symlink_to_is_relative_to_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    save(ARRAY, tmp_path / "data" / "a.npy", symlink_to="latest.npy")

    assert os.readlink("latest.npy") == "data/a.npy"


def test_an_old_link_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "latest.npy").symlink_to("nowhere")

    save(ARRAY, tmp_path / "a.npy", symlink_to=tmp_path / "latest.npy")

    assert os.readlink(tmp_path / "latest.npy") == "a.npy"
    assert sorted(os.listdir(tmp_path)) == ["a.npy", "latest.npy"]


@pytest.mark.parametrize("kind", ["file", "folder", "itself"])
def test_a_link_never_replaces_a_file_or_points_at_itself_and_nothing_is_saved(tmp_path: Path, kind: str) -> None:
    link = tmp_path / ("a.npy" if kind == "itself" else "taken")
    if kind == "file":
        link.write_text("mine")
    elif kind == "folder":
        link.mkdir()

    with pytest.raises(LinkError):
        save(ARRAY, tmp_path / "a.npy", symlink_to=link)

    assert not (tmp_path / "a.npy").exists()


def test_a_link_through_a_linked_folder_still_leads_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "near").symlink_to("far/away")

    save(ARRAY, tmp_path / "a.npy", symlink_to=tmp_path / "near" / "latest.npy")

    assert load(tmp_path / "near" / "latest.npy").tolist() == [0, 1, 2]


def test_symlink_from_cwd_links_the_same_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    path = save(ARRAY, "sub/a.npy", symlink_from_cwd=True, env_detector=lambda: "interactive")

    assert Path("sub/a.npy").is_symlink()
    assert Path("sub/a.npy").resolve() == path.resolve()


def test_symlink_from_cwd_of_an_absolute_path_is_the_file_itself(tmp_path: Path) -> None:
    path = save(ARRAY, tmp_path / "a.npy", symlink_from_cwd=True)

    assert not path.is_symlink()
