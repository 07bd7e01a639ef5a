"""BrainVision's three files, and what else is called .eeg."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optional import needs
from scitex_io import MissingFileError, MissingKeyError, UnreadableFileError, info, load, save
from strategies.recordings import sample

needs("pybv")

SAMPLES = np.arange(60, dtype="<i2").reshape(20, 3) - 30


def three_files(folder: Path, header: str = "", markers: str = "", **names: str) -> Path:
    """A recording of three channels and 20 samples of 16 bits, tenths of a microvolt."""
    data, marks, points = names.get("data", "x.eeg"), names.get("marks", "x.vmrk"), names.get("points", "20")
    encoding = names.get("encoding", "utf-8")
    text = f"""Brain Vision Data Exchange Header File Version 1.0
; made by hand
[Common Infos]
{header}
DataFile={data}
MarkerFile={marks}
DataFormat=BINARY
DataOrientation=MULTIPLEXED
NumberOfChannels=3
DataPoints={points}
SamplingInterval=4000

[Binary Infos]
BinaryFormat=INT_16

[Channel Infos]
Ch1=Fp1,,0.1,µV
Ch2=Müller,,0.1,µV
Ch3=a\\1b,,0.1,µV
"""
    (folder / "x.vhdr").write_bytes(text.encode(encoding))
    text = f"""Brain Vision Data Exchange Marker File, Version 1.0
[Common Infos]
{header}
DataFile={data}

[Marker Infos]
; Mk<number>=<type>,<description>,<position>,<points>,<channel>,<date>
Mk1=New Segment,,1,1,0,20240131235959123456
{markers}
"""
    (folder / "x.vmrk").write_bytes(text.encode(encoding))
    (folder / "x.eeg").write_bytes(SAMPLES.tobytes())
    return folder / "x.vhdr"


@pytest.mark.parametrize(
    ("header", "encoding"), [("", "utf-8"), ("Codepage=UTF-8", "utf-8"), ("", "latin-1"), ("Codepage=ANSI", "cp1252")]
)
def test_texts_are_read_in_their_encoding(header: str, encoding: str, tmp_path: Path) -> None:
    path = three_files(tmp_path, header, "Mk2=Comment,Prüfung\\1 laut,5,2,0", encoding=encoding)

    raw, table = load(path), load(path.with_suffix(".vmrk"))

    assert raw.ch_names == ["Fp1", "Müller", "a,b"]
    assert np.abs(raw.get_data() * 1e7 - SAMPLES.T).max() < 1e-9
    assert list(raw.annotations.description) == ["Comment/Prüfung, laut"]
    assert table["description"].tolist() == ["", "Prüfung, laut"]


@pytest.mark.parametrize("data", ["X.EEG", r"C:\recordings\x.eeg", "$b.eeg"])
def test_the_data_are_found_as_programs_of_windows_find_them(data: str, tmp_path: Path) -> None:
    path = three_files(tmp_path, data=data, marks="$b.vmrk")

    for name in (path, path.with_suffix(".eeg")):
        raw = load(name, preload=False)
        assert raw.info["meas_date"].year == 2024
        assert raw.get_data().shape == (3, 20)


def test_what_is_missing_or_cut_is_named(tmp_path: Path) -> None:
    path = three_files(tmp_path)
    data = path.with_suffix(".eeg")

    data.write_bytes(SAMPLES.tobytes()[:-1])
    with pytest.raises(UnreadableFileError, match=r"x\.eeg.*last|x\.eeg.*19 of 20"):
        load(path)
    data.write_bytes(SAMPLES.tobytes()[:-6])
    with pytest.raises(UnreadableFileError, match="19 of 20 samples"):
        load(path)
    data.unlink()
    with pytest.raises(MissingFileError, match=r"x\.eeg"):
        load(path)


def test_a_header_cut_short_or_of_something_else_is_an_error(tmp_path: Path) -> None:
    path = three_files(tmp_path)
    text = path.read_text()

    path.write_text(text[: text.index("Ch3")])
    with pytest.raises(UnreadableFileError, match="2 of 3 channels"):
        load(path)
    path.write_text("[Common Infos]\n")
    with pytest.raises(UnreadableFileError, match="no BrainVision header"):
        load(path)


def test_a_change_of_the_data_is_seen(tmp_path: Path) -> None:
    path = three_files(tmp_path)
    first = load(path, as_type=np.ndarray)

    path.with_suffix(".eeg").write_bytes((SAMPLES + 1).tobytes())

    assert np.abs(load(path, as_type=np.ndarray) - first - 1e-7).max() < 1e-12


def test_three_files_are_saved_and_replaced_together(tmp_path: Path) -> None:
    save(sample(), tmp_path / "a.b.vhdr", verbose=False, on_loss="allow")
    save(sample().crop(0, 0.99), tmp_path / "a.b.vhdr", verbose=False, on_loss="allow")

    assert {path.name for path in tmp_path.iterdir()} == {"a.b.vhdr", "a.b.eeg", "a.b.vmrk"}
    assert load(tmp_path / "a.b.vhdr").n_times == 100
    assert load(tmp_path / "a.b.eeg").n_times == 100


# -- .vmrk


def test_markers_are_a_table_that_needs_no_other_file(tmp_path: Path) -> None:
    path = three_files(tmp_path, markers="Mk2=Stimulus,S  1,5,2,3\nMk3=New Segment,,9,1,0,00000000000000000000")
    path.unlink()
    path = path.with_suffix(".vmrk")

    table = load(path)

    assert list(table.columns) == ["type", "description", "position", "size", "channel", "date"]
    assert table["type"].tolist() == ["New Segment", "Stimulus", "New Segment"]
    assert table[["position", "size", "channel"]].values.tolist() == [[1, 1, 0], [5, 2, 3], [9, 1, 0]]
    assert table["date"].iloc[0] == pd.Timestamp("2024-01-31 23:59:59.123456")
    assert table["date"].isna().tolist() == [False, True, True]
    assert load(path, rows=slice(1, 2), columns=["description"]).values.tolist() == [["S  1"]]
    assert load(path, as_type=list)[1]["position"] == 5
    assert info(path)["metadata"] == {"New Segment": 2, "Stimulus": 1}
    with pytest.raises(MissingKeyError, match="position"):
        load(path, columns=["place"])


@pytest.mark.parametrize("line", ["Mk2=Stimulus,S  1,5", "Mk2=Stimulus,S  1,a,1,0", "Mk2=New Segment,,1,1,0,2024013"])
def test_a_marker_that_is_not_whole_is_an_error(line: str, tmp_path: Path) -> None:
    path = three_files(tmp_path, markers=line).with_suffix(".vmrk")

    with pytest.raises(UnreadableFileError, match="not whole"):
        load(path)


def test_a_file_without_markers_gives_an_empty_table(tmp_path: Path) -> None:
    path = tmp_path / "x.vmrk"
    path.write_text("Brain Vision Data Exchange Marker File, Version 1.0\n[Marker Infos]\n")

    assert load(path).shape == (0, 6)
    path.write_text("Brain Vision Data Exchange Marker File, Version 1.0\n")
    with pytest.raises(UnreadableFileError, match="no section"):
        load(path)


# -- what else is called .eeg


def nihon_kohden(path: Path, samples: Any) -> Path:
    """A recording of one block, at 100 Hz."""
    channels, times = samples.shape
    version = b"EEG-1100C V01.00"
    data = bytearray(0x1800)
    data[0:16], data[0x81:0x91] = version, version
    data[0x91], data[0x17FE] = 1, 1
    struct.pack_into("<I", data, 0x92, 0x400)
    data[0x400 + 17] = 1
    struct.pack_into("<I", data, 0x400 + 18, 0x1800)
    block = bytearray(0x27 + 10 * channels)
    struct.pack_into("<H", block, 0x1A, 100)
    struct.pack_into("<I", block, 0x1C, times // 10)
    block[0x26] = channels
    for at in range(channels):
        block[0x27 + 10 * at] = at
    words = np.vstack([samples + 32768, np.zeros((1, times), int)]).astype("<u2")
    path.write_bytes(bytes(data + block) + words.T.tobytes())
    return path


def test_nihon_kohden_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(-3000, 3000, (4, 200))
    path = nihon_kohden(tmp_path / "x.EEG", samples)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MNE misses the files beside it
        raw = load(path)
        assert raw.get_data().shape == (4, 200)
        assert raw.info["sfreq"] == 100.0
        assert np.corrcoef(raw.get_data()[0], samples[0])[0, 1] > 0.999
        assert info(path)["shape"] == (4, 200)

    data = path.read_bytes()
    for size in (len(data) - 2, len(data) // 2, 0x420, 0x90, 20):
        path.write_bytes(data[:size])
        with pytest.raises(UnreadableFileError, match="cut short"):
            load(path)


def test_egi_is_known_by_its_first_bytes(corpus: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.eeg"
    path.write_bytes((corpus / "eeg" / "test_egi.egi").read_bytes())

    assert load(path).get_data().shape == (262, 77)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"Version 3.0".ljust(999, b"\0"), "Neuroscan"),
        (b"0".ljust(999), "ext='edf'"),
        (b"\xffBIOSEMI".ljust(999), "ext='bdf'"),
        (bytes(999), "no .vhdr"),
        (struct.pack(">i6hi5hih", 3, 2020, 1, 1, 1, 1, 1, 1, 250, 2, 1, 12, 5, 100, 0).ljust(999), "segments"),
    ],
)
def test_anything_else_is_an_error_that_tells_what_it_is(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "x.eeg"
    path.write_bytes(content)

    with pytest.raises(UnreadableFileError, match=says):
        load(path)
