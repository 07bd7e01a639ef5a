from __future__ import annotations

import importlib
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from scitex_io import (
    MissingFileError,
    UnsupportedTypeError,
    iter_io_bypass_targets,
    json2md,
    load,
    mv_to_tmp,
    register_saver,
    save_image,
    save_listed_dfs_as_csv,
    save_listed_scalars_as_csv,
    save_mp4,
    save_text,
)

FRAMES = [pd.DataFrame({"x": [1, 2]}), pd.DataFrame({"y": ["a,b"]}, index=["r"])]
BLOCKS = '0\n,x\n0,1\n1,2\n""\n1\n,y\nr,"a,b"\n""\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    spare = tmp_path / "tmp"
    spare.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spare))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def spared(folder: Path) -> list[Path]:
    return [path for path in (folder.parent / "tmp").rglob("*") if path.is_file()]


def test_a_text_lands_below_the_current_directory_whatever_its_extension(here: Path) -> None:
    for name in ("a.txt", "b.odd", "c"):
        assert save_text("one\r\ntwo", name) == here / name
        assert (here / name).read_bytes() == b"one\r\ntwo"


def test_no_folder_is_made_and_nothing_else_is_saved_as_text(here: Path) -> None:
    with pytest.raises(FileNotFoundError):
        save_text("x", "no/a.txt")
    with pytest.raises(UnsupportedTypeError):
        save_text(5, "a.txt")  # type: ignore[arg-type]  # that is the point

    assert list(here.iterdir()) == []


def test_a_picture_is_saved_as_by_save(here: Path) -> None:
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    pixels = np.zeros((4, 5, 3), np.uint8)

    assert load(save_image(pixels, "a.png"), as_type=np.ndarray).shape == (4, 5, 3)
    assert load(save_image(figure, "f.png", dpi=10, no_csv=True)).size == (64, 48)
    assert sorted(path.name for path in here.iterdir()) == ["a.png", "f.png"]
    plt.close(figure)


def test_a_film_is_saved_by_whoever_saves_films(here: Path) -> None:
    def film(obj: Any, path: Path) -> None:
        path.write_text(f"film of {obj}")

    register_saver(".mp4", film)

    assert save_mp4("fig", "f.mp4").read_text() == "film of fig"


def test_tables_are_written_under_one_another_and_appended(here: Path) -> None:
    path = save_listed_dfs_as_csv(FRAMES, "a.csv")
    assert path.read_text() == BLOCKS

    save_listed_dfs_as_csv(FRAMES[:1], "a.csv", indi_suffix=["one, more"])

    assert path.read_text() == BLOCKS + '"one, more"\n,x\n0,1\n1,2\n""\n'
    assert [part.name for part in here.iterdir()] == ["a.csv"]


def test_overwriting_keeps_the_old_file_in_a_temporary_folder(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.csv").write_text("old")

    save_listed_dfs_as_csv(FRAMES, "a.csv", overwrite=True, verbose=True)

    assert (here / "a.csv").read_text() == BLOCKS
    assert [path.read_text() for path in spared(here)] == ["old"]
    assert "Saved to: ./a.csv" in capsys.readouterr().err


def test_numbers_are_one_rounded_column(here: Path) -> None:
    path = save_listed_scalars_as_csv([1 / 3, 2], "a.csv", column_name="p", indi_suffix=["a", "b"])
    save_listed_scalars_as_csv([0.12346], "a.csv", column_name="p", round=4)

    assert path.read_text() == ",p\na,0.333\nb,2.0\n0,0.1235\n"


def test_an_unfinished_last_line_is_finished(here: Path) -> None:
    (here / "a.csv").write_text(",p\na,1")

    assert save_listed_scalars_as_csv([2], "a.csv").read_text() == ",p\na,1\n0,2\n"


def test_what_goes_wrong_leaves_the_old_content(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "a.csv").write_text("old\n")

    with pytest.raises(ValueError, match="1 entries for 2 items"):
        save_listed_dfs_as_csv(FRAMES, "a.csv", indi_suffix=["a"])
    with pytest.raises(FileNotFoundError):
        save_listed_dfs_as_csv(FRAMES, "no/a.csv")
    monkeypatch.setattr("shutil.copy2", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save_listed_dfs_as_csv(FRAMES, "a.csv", overwrite=True)

    assert (here / "a.csv").read_text() == "old\n"
    assert [path.name for path in here.iterdir()] == ["a.csv"]


def test_a_file_is_moved_out_of_the_way(here: Path) -> None:
    for text in ("one", "two"):
        (here / "a.csv").write_text(text)
        moved = mv_to_tmp("a.csv")
        assert (moved.name, moved.read_text()) == ("here-a.csv", text)

    assert not (here / "a.csv").exists()
    assert len(spared(here)) == 2
    with pytest.raises(MissingFileError):
        mv_to_tmp("a.csv")


def test_a_tree_as_markdown() -> None:
    assert json2md({"a": {"b": {}, "c": [1, {"d": 2}]}, 5: None}) == (
        "# a\n\n## b\n\n## c\n\n* 1\n\n### d\n\n2\n\n# 5\n\nNone"
    )
    assert json2md([1, [2, 3]], level=3) == "* 1\n\n* 2\n* 3"


def test_every_call_that_is_named_exists() -> None:
    targets = list(iter_io_bypass_targets())

    assert len(set(targets)) == len(targets)
    assert {rule for _, _, rule, _ in targets} == {f"STX-IO{at:03}" for at in range(1, 16) if at != 14}
    for module, name, _, severity in targets:
        assert severity == "warning"
        if find_spec(module.partition(".")[0]) and module.partition(".")[0] not in {"torch", "cv2", "imageio"}:
            home, _, kind = module.rpartition(".")
            found = (
                getattr(importlib.import_module(home), kind) if kind[0].isupper() and module != "PIL.Image" else None
            )
            assert hasattr(found or importlib.import_module(module), name), f"{module}.{name}"
