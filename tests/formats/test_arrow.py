"""What is special about Arrow files and streams; the rest is tested with the other columnar formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pytest

from optional import needs
from same import same
from scitex_io import UnreadableFileError, info, load, save
from scitex_io.formats.arrow import Arrow

FRAME = pd.DataFrame({"a": range(100), "s": [f"text {at}" for at in range(100)]})


def stream(path: Path, *, ended: bool = True) -> Path:
    """A stream of four batches, as the library writes it."""
    table = pa.Table.from_pandas(FRAME)
    with path.open("wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        for at in range(4):
            writer.write_batch(table.slice(25 * at, 25).to_batches()[0])
    if not ended:
        path.write_bytes(path.read_bytes()[:-8])
    return path


@pytest.mark.parametrize("name", ["x.arrow", "x.ipc", "X.ARROW", "x.feather"])
def test_a_stream_is_told_from_a_file_by_its_content(name: str, tmp_path: Path) -> None:
    path = stream(tmp_path / name)

    assert same(load(path), FRAME)
    assert same(load(path, rows=slice(30, 60), columns=["s"]), FRAME[["s"]].iloc[30:60])
    assert same(load(path, rows=slice(-5, None)), FRAME.iloc[-5:])
    assert info(path)["rows"] == 100
    assert [len(piece) for piece in Arrow().stream(path)] == [25] * 4


def test_a_stream_whose_writer_did_not_finish_is_an_error(tmp_path: Path) -> None:
    path = stream(tmp_path / "x.arrow", ended=False)

    for rows in (None, slice(0, 5)):
        with pytest.raises(UnreadableFileError, match="did not finish"):
            load(path, rows=rows)


def test_a_stream_gives_no_lazy_frame(tmp_path: Path) -> None:
    needs("polars")
    import polars as pl

    with pytest.raises(UnreadableFileError, match="a stream"):
        load(stream(tmp_path / "x.arrow"), as_type=pl.LazyFrame)


def test_files_of_others_load_and_ours_are_read_by_others(tmp_path: Path) -> None:
    needs("polars")
    import polars as pl

    pl.from_pandas(FRAME).write_ipc(tmp_path / "theirs.arrow", compression="zstd")
    ours = save(FRAME, tmp_path / "ours.arrow", verbose=False)

    assert same(load(tmp_path / "theirs.arrow"), FRAME)
    assert pl.read_ipc(ours).to_dict(as_series=False) == FRAME.to_dict("list")
    assert pa.ipc.open_file(ours).read_all().to_pydict() == FRAME.to_dict("list")


def test_a_loaded_part_does_not_depend_on_the_file(tmp_path: Path) -> None:
    path = save(pd.DataFrame({"a": np.arange(1000.0)}), tmp_path / "a.arrow", verbose=False)
    part = load(path, rows=slice(0, 500), cache=False)

    path.write_bytes(bytes(path.stat().st_size))

    assert part["a"].sum() == np.arange(500.0).sum()


def test_rows_of_the_old_feather_load(corpus: Path) -> None:
    path = corpus / "feather" / "nation.feather"
    whole = load(path)

    assert same(load(path, rows=slice(2, 9, 3)), whole.iloc[2:9:3])


@pytest.mark.parametrize("place", range(0, 400, 7))
def test_damaged_notes_are_an_error_or_harmless(place: int, tmp_path: Path) -> None:
    frame = pd.DataFrame({"c": pd.Categorical(["x", "y"]), "d": np.array([1, 2], dtype="datetime64[s]")})
    path = save(frame, tmp_path / "a.arrow", verbose=False)
    content = bytearray(path.read_bytes())
    content[content.index(b'{"index_columns') + place] ^= 4
    path.write_bytes(content)

    for rows in (None, slice(0, 1)):
        try:
            load(path, cache=False, rows=rows)
        except UnreadableFileError as error:
            assert "a.arrow" in str(error)


@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_compression_is_chosen(compression: Any, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": np.zeros(10_000)})

    path = save(frame, tmp_path / "a.arrow", verbose=False, compression=compression)

    assert same(load(path), frame)
    assert (path.stat().st_size > 80_000) == (compression is None)
