"""Pillow images of every mode, as they are made and as they come from files, and arrays of pixels."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageOps

from same import frames_of
from scitex_io.content.frames import is_film
from scitex_io.content.raster import IMAGE, MPO
from strategies.arrays import mapped

FORMATS = ("png", "jpeg", "tiff", "gif", "webp", "bmp")
sizes = st.tuples(st.integers(1, 9), st.integers(1, 9))


@st.composite
def images(draw: st.DrawFn, modes: tuple[str, ...]) -> Image.Image:
    """One image of one of *modes*, of random pixels."""
    mode, size = draw(st.sampled_from(modes)), draw(sizes)
    bands = {"I;16": 2, "I": 4, "F": 4}.get(mode, len(Image.new(mode, (1, 1)).getbands()))
    count = (size[0] + 7) // 8 * size[1] if mode == "1" else size[0] * size[1] * bands
    if mode == "F":
        values = hnp.arrays(np.float32, size, elements=st.floats(width=32))
        return Image.fromarray(draw(values))
    content = draw(st.binary(min_size=count, max_size=count))
    if mode == "1":
        return Image.fromarray(np.frombuffer((content * 8)[: size[0] * size[1]], np.uint8).reshape(size) > 127)
    image = Image.frombytes(mode, size, content)
    if mode == "P":
        palette = draw(st.binary(min_size=768, max_size=768))
        image.putpalette(palette)
    return image


def reopened(image: Image.Image, kind: str, **options: Any) -> Image.Image:
    """The image as it comes from a file of that format."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    loaded = Image.open(file, formats=["JPEG" if kind == "MPO" else kind])
    loaded.load()
    return loaded


@st.composite
def pictures(draw: st.DrawFn) -> Any:
    """Arrays of pixels, floats among them."""
    height, width = draw(sizes)
    dtype = draw(st.sampled_from(("uint8", "uint8", "uint16", ">u2", "bool", "float32", "float64")))
    shapes = [(height, width)] if dtype == "bool" else [(height, width), (height, width, 3), (height, width, 4)]
    elements = st.floats(0, 1, width=32) if dtype.startswith("float") else None
    return draw(hnp.arrays(dtype, draw(st.sampled_from(shapes)), elements=elements))


many = images(("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"))
few = images(("L", "RGB"))


@st.composite
def lists(draw: st.DrawFn) -> Any:
    """Images of one size and mode, no two alike that follow each other."""
    first = draw(few)
    others = draw(st.lists(st.integers(1, 255), max_size=3))
    frames = [first]
    for step in others:
        frames.append(frames[-1].point(lambda value, by=step: (value + by) % 256))
    return frames


OPENED = st.one_of(
    images(("1", "L", "LA", "P", "RGB", "RGBA", "I;16")).map(lambda image: reopened(image, "PNG")),
    images(("L", "RGB", "CMYK")).map(lambda image: reopened(image, "JPEG")),
    many.map(lambda image: reopened(image, "TIFF")),
    images(("L", "P")).map(lambda image: reopened(image, "GIF")),
    images(("RGB", "RGBA")).map(lambda image: reopened(image, "WEBP")),
    images(("1", "L", "P", "RGB")).map(lambda image: reopened(image, "BMP")),
)
"""Images as they come from files."""
VALUES: dict[str, st.SearchStrategy[Any]] = {
    IMAGE: st.one_of(many, OPENED),
    MPO: few.map(
        lambda image: reopened(
            image.convert("RGB"), "MPO", save_all=True, append_images=[ImageOps.invert(image.convert("RGB"))]
        )
    ),
}
for name in FORMATS:
    VALUES |= {
        f"{name}:numpy.ndarray": pictures(),
        f"{name}:numpy.memmap": pictures().map(mapped),
        f"{name}:list": lists(),
    }


def stored(name: str) -> Callable[[Any], Any]:
    """What an image or array is in a format: the mode that comes back, where another one holds the same."""

    def expected(obj: Any) -> Any:
        if isinstance(obj, list):
            return [expected(part) for part in obj]
        if getattr(obj, "n_frames", 1) > 1:
            return expected(frames_of(obj))
        if isinstance(obj, np.ndarray) and is_film(obj):
            obj = [Image.fromarray(frame) for frame in np.array(obj)]
            # WebP may keep only what changes, as a frame with transparency.
            return [Colours(frame.convert("RGBA")) if name == "webp" else expected(frame) for frame in obj]
        if isinstance(obj, np.ndarray):
            if (obj.ndim == 3 and obj.dtype != np.uint8) or (obj.dtype.kind == "f" and name != "tiff"):
                return None  # announced, so never compared
            if obj.dtype.kind == "f":
                obj = obj.astype(np.float32)
            obj = Image.fromarray(np.ascontiguousarray(obj, obj.dtype.newbyteorder("=")))
        if obj.mode == "I" and name == "png":
            return Image.fromarray(np.asarray(obj).astype(np.uint16))
        if name == "webp":
            return obj.convert("RGBA" if obj.has_transparency_data and opaque(obj) is False else "RGB")
        if name == "bmp" and obj.mode in {"LA", "RGBA"}:
            return obj.convert("RGB")
        if name == "gif" or (obj.mode == "P" and name in {"bmp", "tiff"}):
            image = obj.convert("RGBA")
            return Colours(image)
        return obj

    return expected


def opaque(image: Image.Image) -> bool:
    """Is no pixel transparent at all?"""
    return image.convert("RGBA").getchannel("A").getextrema() == (255, 255)


class Colours(Image.Image):
    """An image compared by its colours, like one with a palette."""

    def __init__(self, image: Image.Image) -> None:
        super().__init__()
        self.im = image.im
        self._mode, self._size = "P", image.size
        self._colours = image

    def convert(self, *_: Any, **__: Any) -> Image.Image:
        """The colours."""
        return self._colours

    def copy(self) -> Image.Image:
        """Itself: nobody changes it."""
        return self


EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {
    (name, kind): stored(name) for name in FORMATS for kind in (MPO, "numpy.ndarray", "numpy.memmap", "list", IMAGE)
}

# ---------------------------------------------------------------- documents

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """The text of an SVG document, with any line ends, declared in some encoding or not."""
    from xml.sax.saxutils import escape

    declared = draw(st.sampled_from(("", '<?xml version="1.0"?>\n', '<?xml version="1.0" encoding="UTF-16"?>\r\n')))
    text = escape(draw(texts)) + draw(st.sampled_from(("", "\n", "\r\n", "\r")))
    return f'{declared}<svg xmlns="http://www.w3.org/2000/svg"><text>{text}</text></svg>{draw(st.sampled_from(chr(10) + " "))}'


VALUES |= {"svg:str": documents()}
