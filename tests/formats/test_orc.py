"""What is special about ORC; the rest is tested with the other columnar formats."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import orc

from same import same
from scitex_io import LossError, LossyWarning, OptionError, UnreadableFileError, UnsupportedTypeError, info, load, save
from scitex_io.formats.orc import process

FRAME = pd.DataFrame({"a": range(100), "s": [f"text {at}" for at in range(100)], "x": np.arange(100) / 3})


def test_files_of_others_load_and_ours_are_read_by_others(tmp_path: Path) -> None:
    orc.write_table(pa.Table.from_pandas(FRAME), str(tmp_path / "theirs.orc"), compression="zstd")
    ours = save(FRAME, tmp_path / "OURS.ORC", verbose=False, on_loss="error")

    assert same(load(tmp_path / "theirs.orc"), FRAME)
    assert orc.read_table(str(ours)).to_pydict() == FRAME.to_dict("list")
    assert info(ours)["rows"] == 100
    assert info(ours)["columns"] == {name: str(dtype) for name, dtype in FRAME.dtypes.items()}


def test_only_the_stripes_asked_for_are_read(tmp_path: Path) -> None:
    table = pa.table({"a": np.arange(200_000), "b": np.arange(200_000) / 7})
    path = tmp_path / "a.orc"
    orc.write_table(table, str(path), stripe_size=1 << 16)
    assert orc.ORCFile(str(path)).nstripes > 3

    part = load(path, rows=slice(150_000, 150_010), columns=["b"])

    assert same(part, table.to_pandas()[["b"]].iloc[150_000:150_010])


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (np.array([1], dtype="uint8"), "uint8 loads as int16"),
        (pd.Categorical(["x"]), "category loads as str"),
        (np.array([1], dtype="datetime64[us]"), r"datetime64\[us\] loads as datetime64\[ns\]"),
        (pd.to_datetime(["2020"]).tz_localize("Asia/Tokyo"), "loads as datetime64"),
        (pd.array([1, None, 2], dtype="Int64")[:1], "Int64 loads as int64"),
        (pd.array([True], dtype="boolean"), "boolean loads as bool"),
    ],
)
def test_what_orc_has_no_type_for_is_announced(column: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(LossError, match=words):
        save(pd.DataFrame({"x": column}), tmp_path / "a.orc", on_loss="error")


def test_an_index_is_columns_and_announced(tmp_path: Path) -> None:
    frame = pd.DataFrame({"v": [1, 2]}, index=pd.Index(["x", "y"], name="k"))

    with pytest.warns(LossyWarning, match="the index loads as columns"):
        path = save(frame, tmp_path / "a.orc", verbose=False)

    assert same(load(path), frame.reset_index())
    assert same(load(save(frame, path, verbose=False, index=False, on_loss="error")), frame.reset_index(drop=True))


@pytest.mark.parametrize(
    "obj",
    [
        pd.DataFrame({"x": pd.to_timedelta(["1s"])}),
        pd.DataFrame({"x": np.array([2**63 + 1], dtype="uint64")}),
        pd.DataFrame({"x": np.array([2**62], dtype="datetime64[s]")}),
        pd.DataFrame(index=range(3)),
        pa.table({"x": pa.array([1], pa.time64("us"))}),
    ],
)
def test_what_orc_has_no_room_for_is_refused(obj: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(obj, tmp_path / "a.orc", on_loss="allow")

    assert list(tmp_path.iterdir()) == []


def test_damage_never_ends_the_process(tmp_path: Path) -> None:
    path = save(FRAME, tmp_path / "a.orc", verbose=False, compression="lz4")
    content, chance = path.read_bytes(), random.Random(1)

    for _ in range(60):  # most seeds crash the library within a hundred
        changed = bytearray(content)
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        with contextlib.suppress(UnreadableFileError):
            load(path, cache=False)

    path.write_bytes(content)
    assert same(load(path, cache=False), FRAME)


def test_a_process_that_crashes_is_an_error_and_one_that_ended_is_replaced(tmp_path: Path) -> None:
    path = save(FRAME, tmp_path / "a.orc", verbose=False)
    reader = process.Reader()
    reader.process.kill()
    reader.process.wait()

    with pytest.raises(process.ReadError, match="crashes"):
        list(reader.ask({"path": str(path), "columns": None, "first": 0, "last": None}))
    process._idle.append(reader)

    assert same(load(path, cache=False), FRAME)


def test_the_reason_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.orc"
    path.write_bytes(b"ORC" + bytes(100))

    with pytest.raises(UnreadableFileError, match=r"cannot load '.*a\.orc' as orc: "):
        load(path)


def test_options_of_the_library_pass_through_and_others_do_not(tmp_path: Path) -> None:
    path = save(FRAME, tmp_path / "a.orc", verbose=False, compression=None, stripe_size=1 << 20)

    assert same(load(path), FRAME)
    with pytest.raises(OptionError, match="no option 'where'"):
        save(FRAME, path, where="elsewhere")
