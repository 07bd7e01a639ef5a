"""Films and recordings: as objects, arrays, images and iterators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from same import frames_of
from scitex_io import Audio, Video
from scitex_io.content.frames import COLOUR_FILM, FILM
from strategies import pictures
from strategies.arrays import mapped

FILMS = ("mp4", "mov", "avi", "mkv")
RATES = st.sampled_from((1.0, 10.0, 12.5, 24.0, 25.0, 29.97, 30000 / 1001, 60.0, 120.0))
KINDS = ("scitex_io.Video", "numpy.ndarray", "numpy.memmap", "PIL.Image.Image", "list", "collections.abc.Iterator")


class Again(Iterator[Any]):
    """An iterator that begins anew when it has ended, for tests that save one object twice."""

    def __init__(self, parts: list[Any]) -> None:
        self._parts, self._at = parts, 0

    def __next__(self) -> Any:
        if self._at == len(self._parts):
            self._at = 0
            raise StopIteration
        self._at += 1
        return self._parts[self._at - 1]


@st.composite
def films(draw: st.DrawFn, *, grey: bool = True) -> Any:
    """A few frames of uint8."""
    count, height, width = draw(st.integers(1, 4)), draw(st.integers(2, 20)), draw(st.integers(5, 20))
    shape = (count, height, width) if grey and draw(st.booleans()) else (count, height, width, 3)
    return draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, 255), fill=st.integers(0, 255)))


def in_colours(array: Any) -> Any:
    """Grey frames as frames of three equal channels."""
    return np.repeat(array[..., None], 3, axis=3) if array.ndim == 3 else np.array(array)


def expected_film(obj: Any) -> Video:
    """What comes back without loss: 30 frames a second where nothing else is told."""
    if isinstance(obj, Again):
        obj = obj._parts
    if isinstance(obj, Image.Image):
        obj = frames_of(obj)
    if isinstance(obj, list):
        obj = np.stack([np.asarray(part.convert("RGB") if isinstance(part, Image.Image) else part) for part in obj])
    return Video(in_colours(obj), 30)


images = films().map(lambda array: [Image.fromarray(frame) for frame in array])
VALUES: dict[str, st.SearchStrategy[Any]] = {}
for film in FILMS:
    VALUES |= {
        f"{film}:scitex_io.Video": st.builds(Video, films(grey=False), RATES),
        f"{film}:numpy.ndarray": films(),
        f"{film}:numpy.memmap": films().map(mapped),
        f"{film}:PIL.Image.Image": images.map(
            lambda frames: pictures.reopened(frames[0], "TIFF", save_all=True, append_images=frames[1:])
        ),
        f"{film}:list": st.one_of(images, films().map(list)),
        f"{film}:collections.abc.Iterator": st.one_of(images, films().map(list)).map(Again),
    }
EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {("mkv", kind): expected_film for kind in KINDS[1:]}

MOVING = np.random.default_rng(0).integers(0, 255, (6, 24, 32, 3)).astype(np.uint8)
SAMPLES: dict[str, Callable[[], Any]] = {film: (lambda: Video(MOVING, 25)) for film in FILMS}
CHECKED = {"mkv"}

# ---------------------------------------------------------------- images that move


def shown(name: str) -> Callable[[Video], Any]:
    """The frames of a video as that format gives them."""
    return lambda video: pictures.stored(name)(video.frames)


def differing(array: Any) -> bool:
    """Does each frame differ from the one before?"""
    return all((array[at] != array[at - 1]).any() for at in range(1, len(array)))


for name, shapes in (("gif", FILM), ("tiff", FILM), ("png", COLOUR_FILM), ("webp", COLOUR_FILM)):
    several = films(grey=shapes == FILM).filter(differing)
    VALUES |= {
        f"{name}:numpy.ndarray ({shapes})": several,
        f"{name}:numpy.memmap ({shapes})": several.map(mapped),
    }
    if name != "tiff":
        VALUES[f"{name}:scitex_io.Video"] = st.builds(Video, films(grey=False).filter(differing), RATES)
        EXPECTED[name, "scitex_io.Video"] = shown(name)

# ---------------------------------------------------------------- sound


@st.composite
def sounds(draw: st.DrawFn, dtypes: tuple[str, ...]) -> Any:
    """Samples of one of the dtypes, floats beyond 1 and NaN among them; ``int32/256`` uses the upper 24 bits alone."""
    dtype = draw(st.sampled_from(dtypes))
    shape = draw(st.one_of(st.tuples(st.integers(1, 50)), st.tuples(st.integers(1, 50), st.integers(1, 3))))
    kind = dtype.removesuffix("/256")
    array = draw(hnp.arrays(kind, shape))
    return array >> 8 << 8 if kind != dtype else array


def in_channels(obj: Any) -> Audio:
    """What comes back of an array or a pair."""
    samples = next((part for part in obj if isinstance(part, np.ndarray)), None) if isinstance(obj, tuple) else obj
    return Audio(np.array(samples), 8000)


NOISE = np.random.default_rng(1).integers(-9999, 9999, (3000, 2)).astype(np.int16)
OPTIONS: dict[tuple[str, str], dict[str, Any]] = {}
HERTZ = st.sampled_from((8000, 11025, 22050, 44100, 48000, 96000))
WAVES = {
    "wav": sounds(("uint8", "int16", "int32", "float32", "float64")),
    "flac": sounds(("int16", "int32/256")),
    "ogg": sounds(("int16", "int32")),
}
for name, sound in WAVES.items():
    pairs = st.one_of(st.tuples(sound, st.just(8000)), st.tuples(st.just(8000), sound))
    VALUES |= {f"{name}:scitex_io.Audio": st.builds(Audio, sound, HERTZ), f"{name}:tuple": pairs}
    for kind in ("numpy.ndarray", "numpy.memmap"):
        VALUES[f"{name}:{kind}"] = sound.map(mapped) if kind == "numpy.memmap" else sound
        OPTIONS[name, kind] = {"rate": 8000}
    EXPECTED |= dict.fromkeys(((name, kind) for kind in ("tuple", "numpy.ndarray", "numpy.memmap")), in_channels)
    SAMPLES[name] = lambda: Audio(NOISE, 8000)
CHECKED |= {"ogg"}
