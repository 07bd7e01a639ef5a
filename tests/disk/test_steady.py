from __future__ import annotations

import os
from pathlib import Path

import pytest

from scitex_io.disk.steady import FILE, steadily


def test_what_is_replaced_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("old")
    states = iter(["new"])

    def read() -> str:
        first = path.read_text()
        for text in states:
            (tmp_path / "draft").write_text(text)
            os.replace(tmp_path / "draft", path)
        second = path.read_text()
        if first != second:
            raise ValueError("mixed")
        return first

    assert steadily(path, read, folder=False) == "new"


def test_an_error_of_a_file_that_stays_is_raised_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("text")
    reads = []

    def read() -> None:
        reads.append(1)
        with path.open("a") as file:  # a log that grows is not replaced
            file.write("more")
        raise ValueError

    with pytest.raises(ValueError):
        steadily(path, read, folder=False)

    assert len(reads) == 1


@pytest.mark.parametrize("folder", [False, True])
def test_reading_comes_to_an_end_however_busy_others_are(folder: bool, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("text")
    reads = []

    def read() -> str:
        reads.append(1)
        (tmp_path / "draft").write_text("text")
        os.replace(tmp_path / "draft", path)
        return "found"

    assert steadily(path, read, folder=folder) == "found"
    assert len(reads) == (100 if folder else FILE)
