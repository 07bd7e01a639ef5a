"""Sound: what comes back, how parts are read, what other programs write, and what is wrong with a file."""

from __future__ import annotations

import struct
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from optional import needs
from same import difference
from scitex_io import Audio, LossyWarning, OptionError, UnreadableFileError, UnsupportedTypeError, info, load, save

needs("soundfile")
import soundfile  # noqa: E402  # only where it is installed

RANDOM = np.random.default_rng(0)


def noise(count: int = 2000, channels: int = 2, dtype: str = "int16") -> NDArray[Any]:
    if dtype.startswith("float"):
        return RANDOM.uniform(-1, 1, (count, channels)).astype(dtype)
    limits = np.iinfo(dtype)
    return RANDOM.integers(limits.min, limits.max, (count, channels), dtype, endpoint=True)


# ---------------------------------------------------------------- what comes back


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_wav_keeps_every_sample_and_its_dtype(dtype: str, channels: int, tmp_path: Path) -> None:
    audio = Audio(noise(300, channels, dtype), 44100)

    assert difference(load(save(audio, tmp_path / "s.wav", on_loss="error")), audio) is None


def test_wav_keeps_floats_beyond_1_and_nan(tmp_path: Path) -> None:
    samples = np.array([[-3.5], [np.nan], [np.inf], [1e-300], [-0.0]])

    assert difference(load(save(Audio(samples, 1000), tmp_path / "s.wav", on_loss="error")).samples, samples) is None


def test_flac_keeps_16_and_24_bits(tmp_path: Path) -> None:
    for samples in (noise(), noise(dtype="int32") >> 8 << 8):
        audio = Audio(samples, 96000)

        assert difference(load(save(audio, tmp_path / "s.flac", on_loss="error")), audio) is None


def test_ogg_sounds_like_the_original(tmp_path: Path) -> None:
    tone = np.sin(np.arange(44100) / 44100 * 2 * np.pi * 440).astype(np.float32) * 0.5

    with pytest.warns(LossyWarning, match="VORBIS"):
        path = save(tone, tmp_path / "s.ogg", rate=44100)
    loaded = load(path)

    assert (44100, (44100, 1), np.float32) == (loaded.rate, loaded.samples.shape, loaded.samples.dtype)
    assert np.abs(loaded.samples[2000:-2000, 0] - tone[2000:-2000]).max() < 0.02


def test_a_long_ogg_is_written_in_blocks(tmp_path: Path) -> None:
    """Libsndfile's encoder overflows the stack with some millions of samples at once."""
    path = save(np.zeros((3_000_000, 2), np.int16), tmp_path / "s.ogg", rate=44100, on_loss="allow")

    assert info(path)["shape"][0] == 3_000_000


@pytest.mark.parametrize("extension", [".wav", ".flac"])
@pytest.mark.parametrize("make", [lambda samples: (samples, 8000), lambda samples: (8000, samples), "array"])
def test_arrays_and_pairs_need_a_rate_and_come_in_channels(extension: str, make: Any, tmp_path: Path) -> None:
    samples = noise()[:, 0]
    options: dict[str, Any] = {"rate": 8000} if make == "array" else {}
    obj = samples if make == "array" else make(samples)

    loaded = load(save(obj, tmp_path / f"s{extension}", on_loss="error", **options))

    assert difference(loaded, Audio(samples[:, None], 8000)) is None


def test_an_array_without_its_rate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"rate.*have to be given"):
        save(noise(), tmp_path / "s.wav")
    with pytest.raises(OptionError, match="have a rate of 8000"):
        save(Audio(noise(), 8000), tmp_path / "s.wav", rate=44100)
    for rate in (0, -5, 44100.5):
        with pytest.raises(OptionError, match="rate"):
            save(noise(), tmp_path / "s.wav", rate=rate)

    assert list(tmp_path.iterdir()) == []


def test_the_array_of_a_sound_is_its_samples() -> None:
    audio = Audio([1, 2, 3], 44100.0)

    assert np.asarray(audio).tolist() == [[1], [2], [3]]
    assert audio.rate == 44100
    assert isinstance(audio.rate, int)
    assert len(audio) == 3
    assert repr(audio) == "Audio(samples=<int64 (3, 1)>, rate=44100)"


@pytest.mark.parametrize("extension", [".wav", ".flac"])
def test_the_same_sound_gives_the_same_bytes(extension: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The peak of floats is dated otherwise."""
    audio = Audio(noise(dtype="float32"), 8000)
    one, other = (save(audio, tmp_path / f"{name}{extension}", on_loss="allow") for name in "ab")

    assert one.read_bytes() == other.read_bytes()
    if extension == ".wav":
        at = one.read_bytes().index(b"PEAK")
        assert bytes(4) == one.read_bytes()[at + 12 : at + 16]


# ---------------------------------------------------------------- what changes


def in_floats(samples: Any) -> Any:
    """From -1 to 1, whatever holds them."""
    if samples.dtype.kind == "f":
        return samples
    middle = 128 if samples.dtype == np.uint8 else 0
    return (samples.astype(float) - middle) / 2.0 ** (8 * samples.dtype.itemsize - 1)


@pytest.mark.parametrize(
    ("extension", "dtype", "options", "loss"),
    [
        (".flac", "float32", {}, "float32 becomes int32"),
        (".flac", "uint8", {}, "uint8 becomes int16"),
        (".flac", "int32", {}, "32 bits are cut to 24"),
        (".wav", "int32", {"subtype": "PCM_16"}, "32 bits are cut to 16"),
        (".wav", "float64", {"subtype": "FLOAT"}, "float64 becomes float32"),
        (".wav", "int16", {"subtype": "ULAW"}, "ULAW coding changes samples"),
        (".wav", "int16", {"subtype": "PCM_24"}, "int16 becomes int32"),
    ],
)
def test_what_a_coding_changes_is_announced(
    extension: str, dtype: str, options: dict[str, Any], loss: str, tmp_path: Path
) -> None:
    audio = Audio(noise(dtype=dtype), 8000)

    with pytest.warns(LossyWarning, match=loss):
        path = save(audio, tmp_path / f"s{extension}", **options)

    assert np.abs(in_floats(load(path).samples) - in_floats(audio.samples)).max() < 0.02


@pytest.mark.parametrize("value", [1.01, -7, np.nan, np.inf])
def test_floats_that_integers_cannot_hold_are_refused_not_clipped(value: float, tmp_path: Path) -> None:
    samples = np.array([0.5, value])
    cases: tuple[tuple[str, dict[str, Any]], ...] = (("s.flac", {}), ("s.wav", {"subtype": "PCM_16"}))
    for name, options in cases:
        with pytest.raises(UnsupportedTypeError, match=r"\[-1, 1\]"):
            save(Audio(samples, 8000), tmp_path / name, **options)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("obj", "extension"),
    [
        (Audio(np.zeros((5, 2), np.int64), 8000), ".wav"),
        (Audio(np.zeros((5, 2, 2), np.int16), 8000), ".wav"),
        (Audio(np.zeros((5, 2), bool), 8000), ".wav"),
        (Audio(np.zeros((5, 9), np.int16), 8000), ".flac"),
        (Audio(np.zeros((0, 1), np.int16), 8000), ".flac"),
        ((8000, 44100), ".wav"),
        ("text", ".wav"),
    ],
)
def test_what_is_no_sound_of_the_format_is_refused(obj: Any, extension: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(obj, tmp_path / f"s{extension}")

    assert list(tmp_path.iterdir()) == []


def test_an_unknown_coding_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="PCM_16"):
        save(Audio(noise(), 8000), tmp_path / "s.flac", subtype="VORBIS")


def test_a_sound_of_more_than_4_gib_has_lengths_of_64_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scitex_io.content.sound.LONG", 1000)

    path = save(Audio(noise(), 8000), tmp_path / "s.wav")

    assert path.read_bytes()[:4] == b"RF64"
    assert len(load(path)) == 2000


# ---------------------------------------------------------------- parts


@pytest.mark.parametrize("extension", [".wav", ".flac"])
@pytest.mark.parametrize(
    "rows",
    [
        slice(0, 10),
        slice(1990, 3000),
        slice(-7, None),
        slice(None, None, 5),
        slice(300, 100, -2),
        slice(None, None, -1),
        slice(4, 4),
        slice(5000, None),
    ],
)
def test_rows_are_the_samples_that_python_counts(extension: str, rows: slice, tmp_path: Path) -> None:
    audio = Audio(noise(), 8000)
    path = save(audio, tmp_path / f"s{extension}")

    part = load(path, rows=rows)

    assert difference(part.samples, audio.samples[rows]) is None
    assert 8000 // abs(rows.step or 1) == part.rate


def test_a_step_that_gives_no_whole_rate_is_refused(tmp_path: Path) -> None:
    path = save(Audio(noise(), 8000), tmp_path / "s.wav")

    with pytest.raises(OptionError, match="divided by 3"):
        load(path, rows=slice(None, None, 3))


def test_a_part_is_read_without_the_rest(tmp_path: Path) -> None:
    """What is damaged elsewhere does not matter."""
    path = save(Audio(noise(40000), 8000), tmp_path / "s.flac")
    data = bytearray(path.read_bytes())
    data[-2000] ^= 1
    path.write_bytes(data)

    assert len(load(path, rows=slice(500, 1500))) == 1000
    with pytest.raises(UnreadableFileError):
        load(path)


def test_samples_come_as_floats_or_as_an_array_where_asked(tmp_path: Path) -> None:
    samples = noise()
    path = save(Audio(samples, 8000), tmp_path / "s.wav")

    assert difference(load(path, as_type=np.ndarray), samples) is None
    assert difference(load(path, dtype="float32").samples, (samples / 32768).astype(np.float32)) is None
    with pytest.raises(OptionError, match="dtype"):
        load(path, dtype="int8")


# ---------------------------------------------------------------- files of others


@pytest.mark.parametrize("width", [1, 2, 4])
def test_the_standard_library_reads_and_writes_the_same(width: int, tmp_path: Path) -> None:
    samples = noise(dtype={1: "uint8", 2: "int16", 4: "int32"}[width])
    with wave.open(str(tmp_path / "theirs.wav"), "wb") as file:
        file.setparams((2, width, 22050, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    ours = save(Audio(samples, 22050), tmp_path / "ours.wav")

    assert difference(load(tmp_path / "theirs.wav"), Audio(samples, 22050)) is None
    with wave.open(str(ours), "rb") as file:
        assert (2, width, 22050) == file.getparams()[:3]
        assert samples.tobytes() == file.readframes(2000)


def test_24_bits_are_the_upper_ones(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "s.wav"), "wb") as file:
        file.setparams((1, 3, 8000, 0, "NONE", ""))
        file.writeframes(b"\x01\x02\x03\xff\xff\xff")

    assert load(tmp_path / "s.wav").samples.tolist() == [[0x03020100], [-256]]


def test_a_big_endian_wav_and_parts_that_nobody_knows_are_read(tmp_path: Path) -> None:
    samples = noise(10, 1)
    body = b"WAVEfmt " + struct.pack(">IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    body += (
        b"LIST" + struct.pack(">I", 3) + b"abc\0" + b"data" + struct.pack(">I", 20) + samples.astype(">i2").tobytes()
    )
    (tmp_path / "s.wav").write_bytes(b"RIFX" + struct.pack(">I", len(body)) + body)

    assert difference(load(tmp_path / "s.wav"), Audio(samples, 8000)) is None


def test_a_wav_that_was_streamed_goes_on_to_its_end_and_one_that_was_never_closed_is_an_error(tmp_path: Path) -> None:
    path = save(Audio(noise(), 8000), tmp_path / "s.wav")
    data = bytearray(path.read_bytes())
    at = data.index(b"data")
    data[at + 4 : at + 8] = b"\xff" * 4
    path.write_bytes(data)

    assert len(load(path)) == 2000
    data[at + 4 : at + 8] = bytes(4)
    for rest in (data[at + 8 :], bytes(8000)):
        path.write_bytes(data[: at + 8] + rest)
        with pytest.raises(UnreadableFileError, match=r"never closed|cut short"):
            load(path)


def test_a_flac_that_was_streamed_says_so_and_its_beginning_is_read(tmp_path: Path) -> None:
    path = save(Audio(noise(), 8000), tmp_path / "s.flac")
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    path.write_bytes(data)

    with pytest.raises(UnreadableFileError, match="streamed"):
        load(path)
    assert len(load(path, rows=slice(0, 100))) == 100
    assert "shape" not in info(path)


def test_opus_is_read_and_written(tmp_path: Path) -> None:
    path = save(Audio(noise(48000, dtype="float32") / 4, 48000), tmp_path / "s.ogg", subtype="OPUS", on_loss="allow")

    assert (info(path)["subtype"], load(path).samples.shape) == ("OPUS", (48000, 2))


def test_upper_case_names_and_compressed_files_work(tmp_path: Path) -> None:
    audio = Audio(noise(), 8000)

    for name in ("S.WAV", "S.FLAC", "s.wav.gz"):
        assert difference(load(save(audio, tmp_path / name)), audio) is None


def test_facts_come_from_the_header(tmp_path: Path) -> None:
    told = info(save(Audio(noise(), 8000), tmp_path / "s.flac"))

    assert tuple(told[key] for key in ("kind", "shape", "dtype", "channels", "rate", "duration", "subtype")) == (
        "audio",
        (2000, 2),
        "int16",
        2,
        8000,
        0.25,
        "PCM_16",
    )


# ---------------------------------------------------------------- damage


def test_no_flipped_bit_of_a_flac_or_ogg_changes_a_sample(tmp_path: Path) -> None:
    for extension in (".flac", ".ogg"):
        path = save(Audio(noise(4000, dtype="int16"), 8000), tmp_path / f"s{extension}", on_loss="allow")
        data, whole = path.read_bytes(), load(path)
        for at in [*range(64), *range(64, len(data), 53)]:
            changed = bytearray(data)
            changed[at] ^= 1 << at % 8
            path.write_bytes(changed)
            try:
                got = load(path, cache=False)
            except UnreadableFileError:
                continue
            assert difference(got.samples, whole.samples) is None, at


def test_a_header_that_asks_for_gigabytes_is_an_error(tmp_path: Path) -> None:
    path = save(Audio(noise(), 8000), tmp_path / "s.flac")
    data = bytearray(path.read_bytes())
    data[21] |= 0x0F
    path.write_bytes(data)

    with pytest.raises(UnreadableFileError):
        load(path)


def test_another_kind_of_sound_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "s.ogg").write_bytes(save(Audio(noise(), 8000), tmp_path / "s.flac").read_bytes())
    soundfile.write(tmp_path / "s.aiff", noise(), 8000)
    (tmp_path / "t.flac").write_bytes((tmp_path / "s.aiff").read_bytes())

    with pytest.raises(UnreadableFileError):
        load(tmp_path / "s.ogg")
    with pytest.raises(UnreadableFileError, match="AIFF"):
        load(tmp_path / "t.flac")
