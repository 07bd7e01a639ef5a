"""EGI's folders (.mff): continuous recordings and averages."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import mne
import numpy as np
import pytest

from optional import needs
from scitex_io import MissingDependencyError, UnreadableFileError, info, load

needs("mffpy")

NET, SENSORS = "HydroCel GSN 32 1.0", 33
BEGIN = dt.datetime(2020, 1, 2, 3, 4, 5, 123456, tzinfo=dt.UTC)
SAMPLES = np.random.default_rng(0).normal(size=(SENSORS, 500)).astype("f4")


def recorded(path: Path) -> Path:
    from mffpy.bin_writer import BinWriter
    from mffpy.writer import Writer

    writer, content = Writer(str(path)), BinWriter(250, "EEG")
    content.add_block(SAMPLES)
    writer.addxml("fileInfo", recordTime=BEGIN)
    writer.addbin(content)
    writer.add_coordinates_and_sensor_layout(NET)
    writer.write()
    return path


def averaged(path: Path) -> list[Any]:
    header = mne.create_info([*(f"E{at}" for at in range(1, SENSORS)), "VREF"], 250.0, "eeg", verbose="ERROR")
    header["device_info"] = {"type": NET}
    header.set_meas_date(BEGIN)
    evoked = [mne.EvokedArray(SAMPLES[:, :50] * 1e-6, header, comment=name, nave=3, verbose="ERROR") for name in "ab"]
    tool = {"name": "average", "version": "5", "kind": "Averaging", "method": "Averaging", "beginTime": BEGIN}
    entry = tool | {"endTime": BEGIN, "sourceFiles": [], "settings": [], "results": []}
    mne.export.export_evokeds_mff(path, evoked, history=[entry], verbose="ERROR")
    return evoked


@pytest.mark.parametrize("name", ["x.mff", "X.MFF"])
def test_a_folder_is_a_recording(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    recorded(tmp_path / "x.mff").rename(tmp_path / name)

    raw = load(tmp_path / name)

    assert np.abs(raw.get_data() * 1e6 - SAMPLES).max() < 1e-6
    assert raw.info["meas_date"] == BEGIN
    assert info(tmp_path / name)["shape"] == (SENSORS, 500)
    assert load(tmp_path / name, rows=slice(10, 30), columns=["E2"]).get_data().shape == (1, 20)
    assert capfd.readouterr().out == ""


def test_averages_come_as_evoked_responses(tmp_path: Path) -> None:
    evoked = averaged(tmp_path / "x.mff")

    found = load(tmp_path / "x.mff")

    assert [(item.comment, item.nave) for item in found] == [("a", 3), ("b", 3)]
    assert np.abs(found[0].data - evoked[0].data).max() < 1e-12


def test_what_is_not_whole_is_an_error(tmp_path: Path) -> None:
    path = recorded(tmp_path / "x.mff")

    (path / "signal1.bin").write_bytes((path / "signal1.bin").read_bytes()[:-100])
    with pytest.raises(UnreadableFileError, match=r"x\.mff"):
        load(path)
    (path / "signal1.bin").unlink()
    with pytest.raises((UnreadableFileError, FileNotFoundError), match=r"mff|signal"):
        load(path)
    (tmp_path / "y.mff").write_bytes(b"a file")
    with pytest.raises(UnreadableFileError, match="a folder"):
        load(tmp_path / "y.mff")


def test_the_library_is_named_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util
    import sys

    path, real = recorded(tmp_path / "x.mff"), importlib.util.find_spec
    (path / "categories.xml").write_text("")
    monkeypatch.setitem(sys.modules, "mffpy", None)
    monkeypatch.setattr("scitex_io.messages.find_spec", lambda name: None if name == "mffpy" else real(name))

    with pytest.raises(MissingDependencyError, match=r"scitex-io\[eeg\]"):
        load(path)
