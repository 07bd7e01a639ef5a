from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scitex_io import LossyWarning, MissingKeyError, OptionError, UnreadableFileError, UnsupportedTypeError, load, save
from scitex_io.formats.jsonl import Jsonl


def test_each_item_is_a_line(tmp_path: Path) -> None:
    path = save([{"a": "x\ny"}, [1, 2], None], tmp_path / "a.jsonl")

    assert path.read_text() == '{"a":"x\\ny"}\n[1,2]\nnull\n'


def test_a_table_becomes_a_record_for_each_row(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})

    with pytest.warns(LossyWarning, match="lists of records"):
        path = save(frame, tmp_path / "a.jsonl")

    assert load(path) == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    pd.testing.assert_frame_equal(load(path, as_type=pd.DataFrame), frame)


def test_a_table_with_two_columns_of_one_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="the same name"):
        save(pd.DataFrame([[1, 2]], columns=["a", "a"]), tmp_path / "a.jsonl")


def test_an_array_of_no_dimension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match="one value"):
        save(np.array(1.0), tmp_path / "a.jsonl")


def test_lines_are_streamed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('1\n2\n{"a": 3}')  # no newline at its end

    assert list(Jsonl().stream(path)) == [1, 2, {"a": 3}]


def test_blank_lines_hold_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("1\n\n  \r\n2\n")

    assert load(path) == [1, 2]


@pytest.mark.parametrize("content", ['{"a": 1}\n{"a": ', "1\n2 3\n"])
def test_a_broken_line_is_named(content: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(content)

    with pytest.raises(UnreadableFileError, match="line 2"):
        load(path)


def test_rows_are_read_as_far_as_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"i": {at}}}\n' for at in range(5)) + "broken")

    assert load(path, rows=slice(1, 3)) == [{"i": 1}, {"i": 2}]
    assert load(path, rows=slice(None, 5, 2)) == [{"i": 0}, {"i": 2}, {"i": 4}]
    with pytest.raises(UnreadableFileError, match="line 6"):
        load(path, rows=slice(-2, None))


def test_a_part_of_a_line_is_loaded_by_its_key(tmp_path: Path) -> None:
    path = save([{"v": [1, 2, 3]}, {"v": 4}], tmp_path / "a.jsonl")

    assert load(path, key="0/v") == [1, 2, 3]
    assert load(path, key="0/v", rows=slice(1, None)) == [2, 3]
    assert load(path, rows=slice(-1, None)) == [{"v": 4}]
    with pytest.raises(OptionError, match="'1/v' is no list"):
        load(path, key="1/v", rows=slice(1))
    with pytest.raises(MissingKeyError, match="'0', '1'"):
        load(path, key="2")
