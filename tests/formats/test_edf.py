"""EDF, BDF and GDF as programs write them, not only as the standards say."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import Any

import mne
import numpy as np
import pandas as pd
import pytest

from optional import needs
from scitex_io import OptionError, UnreadableFileError, info, load

needs("edfio")


def written(path: Path, rates: tuple[int, ...] = (100, 100), texts: tuple[str, ...] = (), **more: Any) -> Path:
    """A file of two seconds, by edfio."""
    import edfio

    random = np.random.default_rng(0)
    bdf = path.suffix.lower() == ".bdf"
    kind, signal = (edfio.Bdf, edfio.BdfSignal) if bdf else (edfio.Edf, edfio.EdfSignal)
    signals = [
        signal(random.normal(size=2 * rate), rate, label=f"c{at}", physical_dimension="uV")
        for at, rate in enumerate(rates)
    ]
    marks = [edfio.EdfAnnotation(at * 0.01, None, text) for at, text in enumerate(texts)]
    kind(signals, annotations=marks, **more).write(path)
    return path


@pytest.mark.parametrize("extension", [".edf", ".EDF", ".bdf"])
def test_a_file_of_annotations_alone_gives_them_all(extension: str, tmp_path: Path) -> None:
    path = written(tmp_path / f"x{extension}", rates=(), texts=tuple(f"stage {at}" for at in range(500)))

    found = load(path)

    assert isinstance(found, mne.Annotations)
    assert [str(text) for text in found.description] == [f"stage {at}" for at in range(500)]
    table = load(path, as_type=pd.DataFrame)
    assert table.shape == (500, 3)
    assert table["onset"].iloc[-1] == pytest.approx(4.99)
    assert info(path)["rows"] == 500
    with pytest.raises(OptionError, match="annotations alone"):
        load(path, rows=slice(0, 1))


def test_many_annotations_are_all_there(tmp_path: Path) -> None:
    path = written(tmp_path / "x.edf", texts=tuple(f"é{at}" for at in range(150)), data_record_duration=0.5)

    raw = load(path)

    assert [str(text) for text in raw.annotations.description] == [f"é{at}" for at in range(150)]


def test_annotations_behind_the_end_are_told_of(tmp_path: Path) -> None:
    path = written(tmp_path / "x.edf", texts=("a",) * 300)

    with pytest.warns(RuntimeWarning, match="outside"):
        load(path)


def test_annotations_in_latin_1_are_read_with_a_warning_and_as_asked(tmp_path: Path) -> None:
    path = written(tmp_path / "x.edf", texts=("Schläfe",))
    path.write_bytes(path.read_bytes().replace("Schläfe".encode(), "Schläfe".encode("latin-1") + b"!"))

    with pytest.warns(UserWarning, match="Latin-1"):
        raw = load(path)

    assert list(raw.annotations.description) == ["Schläfe!"]
    assert list(load(path, encoding="cp1252").annotations.description) == ["Schläfe!"]


def test_channels_of_several_rates_come_at_the_highest(tmp_path: Path) -> None:
    path = written(tmp_path / "x.edf", rates=(200, 50))

    raw = load(path)

    assert raw.info["sfreq"] == 200.0
    assert raw.get_data().shape == (2, 400)
    part = load(path, rows=slice(100, 150))
    assert np.array_equal(part.get_data(), raw.get_data()[:, 100:150])


def test_the_same_label_twice_and_labels_in_latin_1(tmp_path: Path) -> None:
    path = written(tmp_path / "x.edf")
    data = bytearray(path.read_bytes())
    data[256:288] = b"\xb5V \xe9".ljust(16) * 2
    path.write_bytes(data)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MNE tells of the same label
        raw = load(path)

    assert raw.ch_names == ["µV é-0", "µV é-1"]


@pytest.mark.parametrize("extension", [".edf", ".bdf"])
def test_fewer_records_than_promised_are_an_error(extension: str, tmp_path: Path) -> None:
    path = written(tmp_path / f"x{extension}")
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(UnreadableFileError, match="1 of 2 records"):
        load(path)


def test_a_recording_that_was_not_ended_is_read_with_a_warning(tmp_path: Path) -> None:
    path = written(tmp_path / "x.edf")
    data = bytearray(path.read_bytes())
    data[236:244] = b"-1".ljust(8)
    path.write_bytes(data)

    with pytest.warns(RuntimeWarning, match="Inferring from the file size"):
        assert load(path).n_times == 200


def test_one_format_under_the_name_of_the_other_is_an_error_that_says_so(tmp_path: Path) -> None:
    edf, bdf = written(tmp_path / "a.edf"), written(tmp_path / "b.bdf")
    edf.rename(tmp_path / "a.bdf")
    bdf.rename(tmp_path / "b.edf")

    with pytest.raises(UnreadableFileError, match="ext='edf'"):
        load(tmp_path / "a.bdf")
    with pytest.raises(UnreadableFileError, match="ext='bdf'"):
        load(tmp_path / "b.edf")
    assert load(tmp_path / "a.bdf", ext="edf").n_times == 200
    assert load(tmp_path / "b.edf", ext="bdf").n_times == 200


@pytest.mark.parametrize(
    ("place", "text"),
    [(252, b"9999"), (184, b"999"), (236, b"many"), (252, b"-1"), (999, b"99999999"), (252, b"0")],
)
def test_a_header_that_makes_no_sense_is_an_error(place: int, text: bytes, tmp_path: Path) -> None:
    path = written(tmp_path / "x.edf")
    data = bytearray(path.read_bytes())
    place = place if place < 256 else 256 + 216 * int(data[252:256])  # samples in a record of the first channel
    data[place : place + len(text)] = text
    path.write_bytes(data)

    with pytest.raises(UnreadableFileError, match=r"x\.edf"):
        load(path)


# -- .gdf


def gdf(path: Path, version: float, samples: Any) -> Path:
    """A file of one record a second by the layout in the standard, 16 bits in microvolts."""
    channels, times = samples.shape
    second = version >= 2
    head = f"GDF {version:.2f}".encode().ljust(184, b" " if not second else b"\0")
    size = 256 * (channels + 1)
    head += struct.pack("<H", size // 256).ljust(8, b"\0") if second else struct.pack("<q", size)
    head = head.ljust(236, b"\0") + struct.pack("<q", times // 100)
    head += struct.pack("<II", 1, 1) + struct.pack("<HH", channels, 0)
    units = 4275
    fields = b"".join(f"c{at}".encode().ljust(16, b"\0" if second else b" ") for at in range(channels))
    fields += bytes(80 * channels)
    fields += (
        bytes(6 * channels) + struct.pack(f"<{channels}H", *[units] * channels) if second else b"uV".ljust(8) * channels
    )
    fields += struct.pack(f"<{2 * channels}d", *[-3276.8] * channels, *[3276.7] * channels)
    if second:
        fields += struct.pack(f"<{2 * channels}d", *[-32768.0] * channels, *[32767.0] * channels)
        fields += bytes(68 * channels) + struct.pack(f"<{3 * channels}f", *[100.0] * channels, *[0.0] * 2 * channels)
    else:
        fields += struct.pack(f"<{2 * channels}q", *[-32768] * channels, *[32767] * channels) + b" " * 80 * channels
    fields += struct.pack(f"<{2 * channels}I", *[100] * channels, *[3] * channels)
    records = samples.reshape(channels, -1, 100).transpose(1, 0, 2)
    path.write_bytes(head + fields.ljust(size - 256, b"\0") + records.astype("<i2").tobytes() + b"\x01" + bytes(7))
    return path


@pytest.mark.parametrize("version", [1.25, 2.2])
def test_gdf_gives_what_was_written_and_is_an_error_where_cut(version: float, tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(-3000, 3000, (3, 500))
    path = gdf(tmp_path / "x.GDF", version, samples)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = load(path)

        assert raw.ch_names == ["c0", "c1", "c2"]
        assert np.abs(raw.get_data() * 1e7 - samples).max() < 1e-6
        assert load(path, ext="gdf", rows=slice(10, 20)).n_times == 10
        assert info(path)["shape"] == (3, 500)
        data = path.read_bytes()
        for size in (7, 200, 600, len(data) // 2, len(data) - 9):
            path.write_bytes(data[:size])
            with pytest.raises(UnreadableFileError):
                load(path)
