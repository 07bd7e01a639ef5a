"""Neuroscan's .cnt: the width of a sample, found out or said; what is not whole."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scitex_io import MissingDependencyError, UnreadableFileError, info, load

SAMPLES = np.random.default_rng(0).integers(-3000, 3000, (4, 250))


def written(path: Path, bits: int, samples: Any = SAMPLES, counted: int | None = None) -> Path:
    """A recording at 250 Hz, in microvolts, with one event of kind 7 at sample 5."""
    channels, times = samples.shape
    head = bytearray(900)
    head[:11] = b"Version 3.0"
    head[225:243] = b"01/02/20\0\x0003:04:05"
    struct.pack_into("<H", head, 370, channels)
    struct.pack_into("<H", head, 376, 250)
    struct.pack_into("<i", head, 864, times if counted is None else counted)
    for at in range(channels):
        one = bytearray(75)
        one[:3] = f"c{at}".encode() + b"\0"
        struct.pack_into("<f", one, 59, 204.8)
        struct.pack_into("<f", one, 71, 1.0)
        head += one
    start = len(head)
    content = samples.T.astype(f"<i{bits // 8}").tobytes()
    struct.pack_into("<i", head, 886, start + len(content))
    place = start + 6 * channels * bits // 8
    event = struct.pack("<HBcl", 7, 0, b"\0", place)
    path.write_bytes(bytes(head) + content + struct.pack("<Bll", 1, len(event), 0)[:9] + event)
    return path


@pytest.mark.parametrize("bits", [16, 32])
@pytest.mark.parametrize("counted", [None, 0])
def test_the_width_of_a_sample_is_found_where_the_header_leaves_it_open(
    bits: int, counted: int | None, tmp_path: Path
) -> None:
    path = written(tmp_path / "x.CNT", bits, counted=counted)

    raw = load(path)

    assert raw.ch_names == ["c0", "c1", "c2", "c3"]
    assert np.abs(raw.get_data() * 1e6 - SAMPLES).max() < 1e-3
    assert list(raw.annotations.description) == ["7"]
    assert info(path)["shape"] == (4, 250)
    assert np.array_equal(load(path, ext="cnt", rows=slice(20, 30)).get_data(), raw.get_data()[:, 20:30])


@pytest.mark.parametrize("bits", [16, 32])
def test_a_count_that_does_not_fit_is_told_of(bits: int, tmp_path: Path) -> None:
    path = written(tmp_path / "x.cnt", bits, counted=17)

    with pytest.warns(UserWarning, match="counts 17 samples where 250 are; 17"):
        assert load(path).n_times == 17
    assert load(path, recompute_n_samples=True).n_times == 250

    path = written(path, bits, counted=9999)
    with pytest.warns(UserWarning, match="counts 9999 samples where 250 are; 250"):
        assert load(path).n_times == 250


def test_where_nothing_tells_the_width_it_has_to_be_said(tmp_path: Path) -> None:
    path = written(tmp_path / "x.cnt", 32, np.ones((4, 250), int), counted=0)

    with pytest.raises(UnreadableFileError, match="data_format='int16' or 'int32'"):
        load(path)
    assert load(path, data_format="int32").n_times == 250


def test_what_is_not_whole_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path / "x.cnt", 16)
    data = path.read_bytes()

    for size in (8, 500, 1000, len(data) // 2, len(data) - 30, len(data) - 1):
        path.write_bytes(data[:size])
        with pytest.raises(UnreadableFileError):
            load(path)


def test_other_recordings_of_that_name_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "antio", None)
    path = tmp_path / "x.cnt"
    path.write_bytes(b"RIFF" + bytes(99))
    with pytest.raises(MissingDependencyError, match="pip install antio"):
        load(path)
    path.write_bytes(b"something else")
    with pytest.raises(UnreadableFileError, match="neither Neuroscan's nor ANT's"):
        load(path)
