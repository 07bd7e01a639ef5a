"""Films and animations as images that move, and as films; a figure as a film."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.animation import ArtistAnimation, FuncAnimation
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from optional import needs
from same import difference
from scitex_io import LossyWarning, OptionError, UnreadableFileError, UnsupportedTypeError, Video, load, save

MOVING = (".gif", ".png", ".webp")


def film(*shape: int) -> NDArray[np.uint8]:
    """Frames of few colours, no two alike."""
    frames = np.random.default_rng(0).integers(0, 5, shape or (4, 6, 8, 3)) * 50
    return frames.astype(np.uint8)


def animation(count: int = 5, interval: float = 50) -> Any:
    figure = Figure(figsize=(2, 1.5))
    axes = figure.add_subplot()
    (line,) = axes.plot([0, 1], [0, 1])

    def drawn(at: int) -> Any:
        line.set_ydata([0, at / count])
        return (line,)

    return FuncAnimation(figure, drawn, frames=count, interval=interval)


def turning() -> Figure:
    figure = Figure(figsize=(1.01, 1.01))  # an odd number of pixels
    figure.add_subplot(projection="3d").plot([0, 1], [0, 1], [0, 2])
    return figure


# ---------------------------------------------------------------- arrays


@pytest.mark.parametrize("extension", MOVING)
def test_a_film_comes_back_as_an_array_and_as_a_video(extension: str, tmp_path: Path) -> None:
    path = save(film(), tmp_path / f"a{extension}", fps=20, on_loss="error")

    assert load(path).n_frames == 4
    assert difference(load(path, as_type=np.ndarray)[..., :3], film()) is None
    assert difference(load(path, as_type=Video), Video(film(), 20)) is None


def test_grey_frames_of_a_gif_come_as_colours(tmp_path: Path) -> None:
    grey = film(4, 6, 8)
    path = save(grey, tmp_path / "a.gif", on_loss="error")

    assert difference(load(path, as_type=np.ndarray), np.stack([grey] * 3, -1)) is None
    assert load(path, as_type=Video).fps == 10


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_stack_is_kept_by_tiff_with_all_bits(dtype: str, tmp_path: Path) -> None:
    scale = {"uint8": 1, "uint16": 257, "float32": 1 / 256}[dtype]
    stack = film(4, 6, 8).astype(dtype) * np.array(scale, dtype)

    assert difference(load(save(stack, tmp_path / "s.tif", on_loss="error"), as_type=np.ndarray), stack) is None


@pytest.mark.parametrize("extension", [".png", ".webp"])
def test_three_dimensions_are_a_picture_or_nothing_where_that_is_not_clear(extension: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(film(4, 6, 8), tmp_path / f"a{extension}")
    with pytest.raises(UnsupportedTypeError):
        save(film(4, 6, 2), tmp_path / "a.gif")


def test_a_list_of_arrays_is_a_film(tmp_path: Path) -> None:
    path = save(list(film()), tmp_path / "a.gif", on_loss="error")

    assert difference(load(path, as_type=np.ndarray), film()) is None


# ---------------------------------------------------------------- time


@pytest.mark.parametrize("extension", MOVING)
def test_a_video_keeps_its_rate_and_its_times(extension: str, tmp_path: Path) -> None:
    even = Video(film(), 25)
    uneven = Video(film(), 3 / 0.7, [0, 0.1, 0.5, 0.7])

    assert difference(load(save(even, tmp_path / f"a{extension}", on_loss="error"), as_type=Video), even) is None
    loaded = load(save(uneven, tmp_path / f"b{extension}", on_loss="error"), as_type=Video)
    assert pytest.approx(loaded.times) == [0, 0.1, 0.5, 0.7]


def test_a_rate_that_a_gif_cannot_count_is_announced(tmp_path: Path) -> None:
    with pytest.warns(LossyWarning, match=r"30 frames a second become 33\.33: gif counts steps of 10 ms"):
        path = save(film(), tmp_path / "a.gif", fps=30)

    assert pytest.approx(load(path, as_type=Video).fps, abs=0.1) == 33.3


def test_rate_and_duration_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="fps"):
        save(film(), tmp_path / "a.gif", fps=30, duration=50)
    with pytest.raises(OptionError, match="fps"):
        save(film(), tmp_path / "a.gif", fps=-1)


# ---------------------------------------------------------------- animations and figures


@pytest.mark.parametrize("extension", [*MOVING, ".mp4", ".mov", ".avi", ".mkv"])
def test_an_animation_is_drawn_frame_by_frame_at_its_own_rate(extension: str, tmp_path: Path) -> None:
    if extension not in MOVING:
        needs("av")

    video = load(save(animation(), tmp_path / f"a{extension}", on_loss="error"), as_type=Video)

    assert video.frames.shape == (5, 150, 200, 3)
    assert video.fps == 20
    assert all(np.abs(video.frames[at].astype(int) - video.frames[at - 1]).max() > 50 for at in range(1, 5))


def test_an_animation_of_artists_and_its_options_are_drawn(tmp_path: Path) -> None:
    figure = Figure(figsize=(2, 1.5))
    axes = figure.add_subplot()
    drawn = ArtistAnimation(figure, [axes.plot([0, at]) for at in range(3)], interval=100)

    video = load(save(drawn, tmp_path / "a.gif", dpi=50, fps=5), as_type=Video)

    assert (video.frames.shape, video.fps) == ((3, 76, 100, 3), 5)
    assert [path.suffix for path in tmp_path.iterdir()] == [".gif"]


def test_a_figure_of_three_dimensions_turns_once_and_stays_as_it_was(tmp_path: Path) -> None:
    needs("av")
    figure = turning()
    before = figure.axes[0].azim  # type: ignore[attr-defined]  # 3-D axes

    video = load(save(figure, tmp_path / "f.mkv", fps=2, on_loss="error"))

    assert (video.frames.shape, video.fps) == ((12, 102, 102, 3), 2)
    assert all((video.frames[at] != video.frames[at - 1]).any() for at in range(1, 12))
    assert before == figure.axes[0].azim  # type: ignore[attr-defined]  # 3-D axes
    assert [tmp_path / "f.mkv"] == list(tmp_path.iterdir())


def test_any_other_figure_stands_still(tmp_path: Path) -> None:
    needs("av")
    figure = Figure(figsize=(2, 1.5), facecolor=(0, 0, 0, 0))
    axes = figure.add_subplot()

    video = load(save(axes, tmp_path / "f.mkv", on_loss="error"))

    assert len(video) == 60
    assert (video.frames == video.frames[0]).all()
    assert video.frames[0, 0, 0].tolist() == [255, 255, 255]


def test_arrays_and_images_need_no_matplotlib(tmp_path: Path) -> None:
    import subprocess

    code = (
        "import sys, numpy; from scitex_io import load, save; "
        f"save(numpy.zeros((2, 8, 8, 3), 'uint8') + numpy.arange(2, dtype='uint8')[:, None, None, None], {str(tmp_path / 'a.gif')!r}); "
        "assert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# ---------------------------------------------------------------- damage


@pytest.mark.parametrize("extension", [".gif", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("as_type", [None, np.ndarray])
def test_damage_in_the_last_frame_is_found_at_load(extension: str, as_type: Any, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (4, 40, 40, 3)).astype(np.uint8)
    frames = [Image.fromarray(frame) for frame in noise]
    path = tmp_path / f"a{extension}"
    options: dict[str, Any] = {"compression": "tiff_lzw"} if extension == ".tif" else {"lossless": True}
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    data = path.read_bytes()

    for cut in (1, 20, len(data) // 8, len(data) // 2):
        path.write_bytes(data[:-cut])
        if extension == ".tif" and cut == 1:
            continue  # a byte of padding
        with pytest.raises(UnreadableFileError):
            load(path, as_type=as_type, cache=False)
