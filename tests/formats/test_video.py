"""Videos: what comes back, how parts are read, what other programs write, and what is wrong with a file."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from optional import needs
from same import difference
from scitex_io import (
    LossyWarning,
    OptionError,
    UnreadableFileError,
    UnsupportedTypeError,
    Video,
    info,
    load,
    save,
)
from scitex_io.formats.video import Mkv, Mp4

needs("av")
import av  # noqa: E402  # only where it is installed

EXTENSIONS = (".mp4", ".mov", ".avi", ".mkv")


def film(count: int = 12, height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """A smooth picture that moves: what codecs are made for."""
    y, x = np.mgrid[:height, :width]
    return np.stack(
        [np.stack([x * 2 + 5 * at, y * 3 + at, x + y + 9 * at], axis=-1) % 240 for at in range(count)]
    ).astype(np.uint8)


def quality(got: Any, want: Any) -> float:
    """Peak signal to noise ratio, dB."""
    error = np.mean((np.asarray(got, float) - np.asarray(want, float)) ** 2)
    return float(99 if error == 0 else 10 * np.log10(255**2 / error))


def encoded(path: Path, frames: Any, times: Any = None, codec: str = "libx264", **options: str) -> Path:
    """A file of PyAV itself."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=30, options=options)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for at, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts = round(1000 * (at / 30 if times is None else times[at]))
            picture.time_base = Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


# ---------------------------------------------------------------- what comes back


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("fps", [30, 12.5, 30000 / 1001])
def test_frames_come_back_in_shape_order_and_rate(extension: str, fps: float, tmp_path: Path) -> None:
    video = Video(film(), fps)

    loaded = load(save(video, tmp_path / f"v{extension}", on_loss="allow"))

    assert isinstance(loaded, Video)
    assert loaded.frames.shape == (12, 48, 64, 3)
    assert fps == loaded.fps
    assert loaded.times is None
    assert all(quality(loaded.frames[at], video.frames[at]) > 33 for at in range(12))


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("size", [(48, 64), (47, 63), (5, 5)])
def test_lossless_films_are_exact_also_with_odd_sides(extension: str, size: tuple[int, int], tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (5, *size, 3)).astype(np.uint8)
    video = Video(noise, 25)

    path = save(video, tmp_path / f"v{extension}", lossless=True, on_loss="error")

    assert difference(load(path), video) is None


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("size", [(47, 64), (48, 63), (33, 35)])
def test_odd_sides_stay_as_they_are(extension: str, size: tuple[int, int], tmp_path: Path) -> None:
    loaded = load(save(film(3, *size), tmp_path / f"v{extension}", on_loss="allow"))

    assert (3, *size, 3) == loaded.frames.shape
    assert quality(loaded.frames, film(3, *size)) > 30


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_pure_colours_keep_their_hue(extension: str, tmp_path: Path) -> None:
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0], [90, 90, 90]], np.uint8)
    frames = np.broadcast_to(colours[:, None, None], (6, 32, 32, 3))

    loaded = load(save(frames, tmp_path / f"v{extension}", on_loss="allow"), as_type=np.ndarray)

    assert np.abs(loaded.astype(int) - frames).max() <= 4


def test_mkv_is_exact_by_default_and_other_formats_say_what_they_lose(tmp_path: Path) -> None:
    assert difference(load(save(Video(film(), 30), tmp_path / "v.mkv", on_loss="error")).frames, film()) is None
    for extension in (".mp4", ".mov", ".avi"):
        with pytest.warns(LossyWarning, match="lossless=True"):
            save(film(), tmp_path / f"v{extension}")
    with pytest.warns(LossyWarning, match="compression"):
        save(film(), tmp_path / "w.mkv", crf=20)


@pytest.mark.parametrize("make", [list, iter, lambda frames: [Image.fromarray(frame) for frame in frames]])
def test_lists_and_iterators_of_frames_are_films(make: Any, tmp_path: Path) -> None:
    path = save(make(film()), tmp_path / "v.mkv", fps=10, on_loss="error")

    assert difference(load(path), Video(film(), 10)) is None


def test_a_moving_image_becomes_a_film_of_its_rate(tmp_path: Path) -> None:
    frames = [Image.fromarray(frame) for frame in film()]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:], duration=50)

    loaded = load(save(load(tmp_path / "a.png"), tmp_path / "a.mkv", on_loss="error"))

    assert difference(loaded, Video(film(), 20)) is None


def test_grey_bool_and_float_frames_become_colours_of_8_bits(tmp_path: Path) -> None:
    grey = film()[..., 0]

    assert difference(load(save(grey, tmp_path / "g.mkv", on_loss="error")).frames, np.stack([grey] * 3, -1)) is None
    with pytest.warns(LossyWarning, match="three channels"):
        save(Video(grey, 30), tmp_path / "h.mkv")
    with pytest.warns(LossyWarning, match="bool becomes 0 and 255"):
        save(grey > 100, tmp_path / "b.mkv")
    with pytest.warns(LossyWarning, match="floats become 8-bit"):
        save(film() / 255, tmp_path / "f.mkv")
    assert {0, 255} == set(np.unique(load(tmp_path / "b.mkv").frames))
    assert difference(load(tmp_path / "f.mkv").frames, film()) is None


def test_brightness_alone_is_loaded_where_asked(tmp_path: Path) -> None:
    grey = film()[..., 0]
    path = save(grey, tmp_path / "g.mkv")

    assert difference(load(path, as_gray=True).frames, grey) is None


def test_the_array_of_a_video_is_its_frames_and_its_length_their_number() -> None:
    video = Video(film(), 30)

    assert np.asarray(video) is video.frames
    assert np.float32 == np.asarray(video, np.float32).dtype
    assert len(video) == 12
    assert repr(video) == "Video(frames=<uint8 (12, 48, 64, 3)>, fps=30.0, times=None)"
    assert video == Video(film(), 30)
    assert video != Video(film(), 31)
    for fps in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="fps"):
            Video(film(), fps)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_the_same_film_gives_the_same_bytes(extension: str, tmp_path: Path) -> None:
    options: dict[str, Any] = (
        {"lossless": True} if extension in {".mp4", ".mov"} else {}
    )  # x264 itself differs from run to run
    one, other = (save(film(), tmp_path / f"{name}{extension}", on_loss="allow", **options) for name in "ab")

    assert one.read_bytes() == other.read_bytes()


def test_the_same_file_gives_the_same_frames(tmp_path: Path) -> None:
    path = save(film(6, 240, 320), tmp_path / "v.mp4", on_loss="allow")

    assert all(difference(load(path, cache=False), load(path, cache=False)) is None for _ in range(10))


# ---------------------------------------------------------------- options


def test_options_reach_the_encoder(tmp_path: Path) -> None:
    fine = save(film(), tmp_path / "fine.mp4", crf=5, fps=50, on_loss="allow")
    coarse = save(film(), tmp_path / "coarse.mp4", crf=45, codec="libx265", on_loss="allow")
    full = save(film(), tmp_path / "full.mp4", pix_fmt="yuv444p", on_loss="allow")

    assert quality(load(fine).frames, film()) > quality(load(coarse).frames, film()) + 5
    assert load(fine).fps == 50
    assert info(coarse)["codec"] == "hevc"
    assert info(full)["pix_fmt"] == "yuv444p"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"codec": "nonesuch"}, "no encoder 'nonesuch'"),
        ({"lossless": True, "crf": 3}, "lossless=True chooses"),
        ({"fps": 0}, "fps"),
        ({"crf": 99}, "crf"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], reason: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=reason):
        save(film(), tmp_path / "v.mp4", **options)

    assert list(tmp_path.iterdir()) == []


def test_a_size_that_the_codec_cannot_take_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError, match=r"63 x 47 pixels \(libx264 cannot encode it in yuv420p"):
        save(film(3, 47, 63), tmp_path / "v.mp4", pix_fmt="yuv420p", on_loss="allow")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "obj",
    [
        film()[0],
        np.zeros((3, 8, 8, 2), np.uint8),
        np.zeros((0, 8, 8, 3), np.uint8),
        np.zeros((3, 8, 8, 3), np.int64),
        film() / 100,
        [],
        iter(()),
        iter([np.zeros((4, 4), np.uint8), "text"]),
        [np.zeros((4, 4), np.uint8), np.zeros((6, 4), np.uint8)],
        "text",
    ],
    ids=["picture", "two channels", "none", "int64", "bright", "list", "iterator", "text frame", "sizes", "text"],
)
def test_what_is_no_film_is_refused_and_nothing_is_left(obj: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(obj, tmp_path / "v.mkv")

    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- parts


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize(
    "rows",
    [
        slice(0, 10),
        slice(35, 52),
        slice(-5, None),
        slice(None, None, 7),
        slice(60, 30, -4),
        slice(None, None, -1),
        slice(5, 5),
        slice(70, 900),
    ],
)
def test_rows_are_the_frames_that_python_counts(extension: str, rows: slice, tmp_path: Path) -> None:
    path = save(film(80, 32, 32), tmp_path / f"v{extension}", fps=28, on_loss="allow")
    whole = load(path).frames

    part = load(path, rows=rows)

    assert difference(part.frames, whole[rows]) is None
    assert 28 / abs(rows.step or 1) == part.fps


def test_a_part_is_decoded_from_the_key_frame_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = encoded(tmp_path / "v.mp4", film(100, 32, 32), g="10", bf="2")
    whole = load(path).frames
    counts: list[int] = []
    decode = av.container.InputContainer.decode

    class Counting:
        """A container that counts what is decoded."""

        def __init__(self, container: Any) -> None:
            self._container = container

        def __getattr__(self, name: str) -> Any:
            return getattr(self._container, name)

        def __enter__(self) -> Any:
            self._container.__enter__()
            return self

        def __exit__(self, *error: object) -> None:
            self._container.__exit__(*error)

        def decode(self, *streams: Any) -> Iterator[Any]:
            for frame in decode(self._container, *streams):
                counts.append(frame.pts)
                yield frame

    opened = av.open
    monkeypatch.setattr(av, "open", lambda *args, **kwargs: Counting(opened(*args, **kwargs)))
    for start in range(0, 98, 7):
        counts.clear()

        assert (
            difference(load(path, rows=slice(start, start + 2), cache=False).frames, whole[start : start + 2]) is None
        )
        assert len(counts) <= 25


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_film_is_streamed_frame_by_frame(extension: str, tmp_path: Path) -> None:
    path = save(film(), tmp_path / f"v{extension}", on_loss="allow")

    frames = list(Mp4().stream(path))

    assert difference(np.stack(frames), load(path).frames) is None
    assert difference(np.stack(list(Mkv(rows=slice(2, 9, 3)).stream(path))), load(path).frames[2:9:3]) is None
    with pytest.raises(OptionError, match="forwards"):
        Mp4(rows=slice(None, None, -1)).stream(path)


def test_neither_writing_nor_streaming_holds_more_than_a_few_frames(tmp_path: Path) -> None:
    def frames() -> Iterator[NDArray[np.uint8]]:
        for at in range(40):
            yield np.full((400, 600, 3), at, np.uint8)

    tracemalloc.start()
    try:
        path = save(frames(), tmp_path / "v.mkv", verbose=False)
        for _ in Mkv().stream(path):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 12 * 400 * 600 * 3


# ---------------------------------------------------------------- files of others


def test_times_are_given_where_frames_do_not_follow_evenly(tmp_path: Path) -> None:
    times = np.array([0, 0.1, 0.2, 0.5, 0.6, 1.4, 1.5])
    path = encoded(tmp_path / "v.mp4", film(7), times)

    loaded, part = load(path), load(path, rows=slice(2, None, 2))

    assert loaded.times == pytest.approx(times, abs=1e-3)
    assert pytest.approx(loaded.fps) == 6 / 1.5
    assert part.times == pytest.approx([0, 0.4, 1.3], abs=1e-3)
    with pytest.warns(LossyWarning, match="evenly"):
        save(loaded, tmp_path / "w.mkv")


def test_even_times_in_milliseconds_are_a_rate(tmp_path: Path) -> None:
    path = encoded(tmp_path / "v.mkv", film(30))

    assert load(path).times is None
    assert pytest.approx(load(path).fps, rel=1e-2) == 30


@pytest.mark.parametrize("degrees", [90, 180, -90])
def test_a_film_is_upright_as_its_camera_was_held(degrees: int, tmp_path: Path) -> None:
    with av.open(str(tmp_path / "v.mp4"), "w") as container:
        stream: Any = container.add_stream("libx264rgb", rate=30, options={"qp": "0"})
        stream.height, stream.width, stream.pix_fmt = 48, 64, "rgb24"
        stream.set_display_rotation(degrees)
        for frame in film(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())

    loaded = load(tmp_path / "v.mp4")

    assert difference(loaded.frames, np.ascontiguousarray(np.rot90(film(3), degrees // 90, axes=(1, 2)))) is None


def test_sound_is_left_out_and_told(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "v.mp4"), "w") as container:
        pictures: Any = container.add_stream("libx264", rate=30)
        pictures.height, pictures.width, pictures.pix_fmt = 48, 64, "yuv420p"
        sound: Any = container.add_stream("aac", rate=8000)
        for frame in film(5):
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        noise = av.AudioFrame.from_ndarray(np.zeros((1, 2048), np.float32), format="fltp", layout="mono")
        noise.rate = 8000
        container.mux(sound.encode(noise))
        container.mux(pictures.encode())
        container.mux(sound.encode())

    assert len(load(tmp_path / "v.mp4")) == 5
    assert info(tmp_path / "v.mp4")["audio"] == ["aac"]


def test_other_programs_read_what_is_written(tmp_path: Path) -> None:
    for extension in EXTENSIONS:
        path = save(Video(film(), 25), tmp_path / f"v{extension}", on_loss="allow")
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]

            assert stream.average_rate == 25
            assert quality(frames, film()) > 33


def test_upper_case_names_and_compressed_files_work(tmp_path: Path) -> None:
    assert len(load(save(film(), tmp_path / "V.MKV"))) == 12
    assert len(load(save(film(), tmp_path / "v.avi.gz", on_loss="allow"))) == 12


def test_facts_are_told_without_decoding(tmp_path: Path) -> None:
    path = save(Video(film(), 24), tmp_path / "v.mp4", on_loss="allow")

    told = info(path)

    assert tuple(told[key] for key in ("kind", "frames", "size", "fps", "duration", "codec", "pix_fmt", "audio")) == (
        "video",
        12,
        (64, 48),
        24,
        0.5,
        "h264",
        "yuv420p",
        [],
    )
    assert info(save(Video(film(), 24), tmp_path / "v.mkv"))["frames"] == 12


# ---------------------------------------------------------------- damage


def test_a_film_without_pictures_or_of_another_kind_is_an_error(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "v.mp4"), "w") as container:
        sound: Any = container.add_stream("aac", rate=8000)
        noise = av.AudioFrame.from_ndarray(np.zeros((1, 2048), np.float32), format="fltp", layout="mono")
        noise.rate = 8000
        container.mux(sound.encode(noise))
        container.mux(sound.encode())
    (tmp_path / "list.mkv").write_bytes(b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nv.mp4\n")

    with pytest.raises(UnreadableFileError, match="no pictures"):
        load(tmp_path / "v.mp4")
    with pytest.raises(UnreadableFileError, match="no MP4, QuickTime, AVI or Matroska file"):
        load(tmp_path / "list.mkv")


def test_a_recording_that_was_never_closed_is_an_error(tmp_path: Path) -> None:
    path = save(film(), tmp_path / "v.mp4", on_loss="allow")
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"moov") - 4])

    with pytest.raises(UnreadableFileError):
        load(path)


def test_every_flipped_bit_of_the_frames_of_an_mkv_is_an_error(tmp_path: Path) -> None:
    path = save(film(4, 16, 16), tmp_path / "v.mkv")
    data = path.read_bytes()
    start = data.index(bytes.fromhex("1f43b675")) + 30  # the first cluster
    for at in range(start, len(data) - 120, 37):
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        path.write_bytes(changed)

        with pytest.raises(UnreadableFileError):
            load(path, cache=False)


def test_missing_frames_are_an_error_and_never_left_out(tmp_path: Path) -> None:
    """An index of more frames than the file has, as some editors leave behind."""
    path = save(film(), tmp_path / "v.mp4", on_loss="allow")
    data = bytearray(path.read_bytes())
    at = data.index(b"stsz")
    first = at + 4 + 4 + 4 + 4  # version, common size, count
    data[first + 4 * 5 : first + 4 * 6] = (1).to_bytes(4, "big")  # the sixth frame is said to be one byte long
    path.write_bytes(data)

    with pytest.raises(UnreadableFileError):
        load(path)
