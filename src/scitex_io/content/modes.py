"""Pillow images in the modes that a format has, with what belongs to them and what they lose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scitex_io.content.notes import tiff
from scitex_io.content.pixels import eight, is_shallow
from scitex_io.errors import UnsupportedTypeError, type_name
from scitex_io.handler import Accepts
from scitex_io.losses import lose

if TYPE_CHECKING:
    from PIL import Image

_NEXT: dict[str, tuple[str, str]] = {
    "1": ("L", ""),
    "L": ("RGB", ""),
    "LA": ("RGBA", ""),
    "RGBX": ("RGB", ""),
    "RGBa": ("RGBA", "colours multiplied by alpha are divided by it"),
    "La": ("LA", "values multiplied by alpha are divided by it"),
    "CMYK": ("RGB", "CMYK becomes RGB"),
    "YCbCr": ("RGB", "YCbCr becomes RGB"),
    "HSV": ("RGB", "HSV becomes RGB"),
    "RGBA": ("RGB", "the alpha channel is dropped"),
    "I;16": ("L", "16-bit values become 8-bit"),
}
"""What a mode becomes where a format does not have it, and what that changes; repeated until it fits."""


def converted(image: Image.Image, modes: Sequence[str], name: str, accepts: Sequence[Accepts]) -> Image.Image:
    """The image in the nearest of *modes*; losses are announced.

    Raises
    ------
    UnsupportedTypeError
        No way leads from its mode to one of them.
    """
    import numpy as np
    from PIL import Image

    original = image.mode
    if "transparency" in image.info and image.mode in {"1", "L", "RGB", "P"} and name != "png":
        image = image.convert("RGBA")  # only PNG (and GIF, elsewhere) keep one colour as the transparent one
    while image.mode not in modes:
        mode = image.mode
        if mode in {"P", "PA"}:
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        elif mode.startswith("I;16") and mode != "I;16":
            image = Image.fromarray(np.asarray(image).astype(np.uint16))
        elif mode == "I;16":
            lose(_NEXT[mode][1])
            image = Image.fromarray(eight(np.asarray(image)))
        elif mode == "I" and is_shallow(image):
            image = Image.fromarray(np.asarray(image).astype(np.uint16))
        elif mode in _NEXT:
            wanted, loss = _NEXT[mode]
            if loss and not (mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255)):
                lose(loss)
            image = image.convert(wanted)
        else:
            reason = f"no mode {original}; {', '.join(modes)} are stored" + ("; .tif takes it" if mode in "IF" else "")
            raise UnsupportedTypeError(name, type_name(type(image)), tuple(map(str, accepts)), reason)
    return image


def indexed(image: Image.Image, name: str, accepts: Sequence[Accepts]) -> Image.Image:
    """The image with a palette: exact up to 256 colours, announced beyond."""
    import numpy as np
    from PIL import Image

    if image.mode in {"1", "L"} and "transparency" not in image.info:
        return image.convert("L")
    if image.mode == "P" and not image.has_transparency_data:
        return image
    image = converted(image, ("RGB", "RGBA", "L"), name, accepts)
    if image.mode == "L":
        return image
    clear = False
    if image.mode == "RGBA":
        pixels = np.array(image)
        alpha = pixels[..., 3]
        if ((alpha > 0) & (alpha < 255)).any():
            lose("partial transparency becomes full or none")
        clear = bool((alpha < 128).any())
        if pixels[alpha < 128][:, :3].any():
            lose("the colours of transparent pixels are dropped")
        pixels[alpha < 128] = 0
        pixels[alpha >= 128, 3] = 255
        image = Image.fromarray(pixels)
    colours = image.getcolors(256)
    if colours is None:
        lose("colours become the nearest of 256")
        opaque = image.convert("RGB").quantize(255, dither=Image.Dither.NONE)
        index, palette = np.array(opaque), (opaque.getpalette() or [])[: 255 * 3]
        palette += [0] * (255 * 3 - len(palette))
        if clear:
            index[np.asarray(image)[..., 3] == 0] = 255
        return _with_palette(index, [*palette, 0, 0, 0], 255 if clear else None)
    rgba = np.ascontiguousarray(np.asarray(image.convert("RGBA")))
    unique, index = np.unique(rgba.view(np.uint32), return_inverse=True)
    table = unique.view(np.uint8).reshape(-1, 4)
    transparent = np.flatnonzero(table[:, 3] == 0)
    return _with_palette(
        index.reshape(rgba.shape[:2]).astype(np.uint8),
        table[:, :3].ravel().tolist(),
        int(transparent[0]) if transparent.size else None,
    )


def _with_palette(index: Any, palette: list[int], transparent: int | None) -> Image.Image:
    from PIL import Image

    image = Image.fromarray(index)
    image.putpalette(palette)
    if transparent is not None:
        image.info["transparency"] = transparent
    return image


def frames_of(obj: Any) -> list[Image.Image]:
    """The frames of an image, or of a list of images, each an image of its own."""
    if isinstance(obj, list):
        return [frame for image in obj for frame in frames_of(image)]
    count = getattr(obj, "n_frames", 1)
    if count == 1:
        return [obj]
    here, frames = obj.tell(), []
    for at in range(count):
        obj.seek(at)
        frames.append(obj.copy())
    obj.seek(here)
    return frames


def same_frames(path: Path, kind: str, frames: Sequence[Image.Image]) -> bool:
    """Does the file show these frames?"""
    from PIL import Image

    with Image.open(path, formats=[kind]) as stored:
        if getattr(stored, "n_frames", 1) != len(frames):
            return False
        for at, frame in enumerate(frames):
            stored.seek(at)
            if stored.size != frame.size or not _same_look(stored, frame):
                return False
    return True


def _same_look(one: Image.Image, other: Image.Image) -> bool:
    import numpy as np

    if one.mode == other.mode and one.mode not in {"P", "PA"}:
        return np.array_equal(np.asarray(one), np.asarray(other), equal_nan=one.mode == "F")
    if not {one.mode, other.mode} <= {"1", "L", "LA", "P", "PA", "RGB", "RGBA"}:
        return True  # told when it was converted
    first, second = (np.array(image.convert("RGBA")) for image in (one, other))
    for array in (first, second):
        array[array[..., 3] == 0] = 0  # nobody sees the colour of a transparent pixel
    return np.array_equal(first, second)


# ---------------------------------------------------------------- what belongs to an image beside its pixels

# Tags that describe how one TIFF file stores its pixels, and those that have a place of their own.
ORIENTATION = 0x0112  # of Exif
_STRUCTURE = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 282, 283, 284, 292, 293, 296, 317, 320, 322, 323}
    | {324, 325, 338, 339, 340, 341, 347, 530, 531, 532, 700, 34675}
)


def carried(frames: Sequence[Image.Image], kind: str) -> dict[str, Any]:
    """Options for Pillow's writer of format *kind* that keep resolution, colour profile, Exif, texts and timing."""
    image = frames[0]
    options: dict[str, Any] = {}
    dpi = image.info.get("dpi")
    if dpi and all(math.isfinite(value) and value > 1 for value in dpi) and kind not in {"GIF", "WEBP"}:
        options["dpi"] = tuple(float(value) for value in dpi)
    if kind in {"PNG", "JPEG", "TIFF", "WEBP"}:
        if image.info.get("icc_profile"):
            options["icc_profile"] = image.info["icc_profile"]
        exif = image.getexif()
        kept = _without_structure(exif)
        if len(kept):
            options["exif"] = kept
    elif image.getexif().get(ORIENTATION, 1) != 1:
        lose("how the image is to be turned (its Exif orientation) is not stored")
    if kind in {"JPEG", "WEBP"} and image.info.get("xmp"):
        options["xmp"] = image.info["xmp"]
    if kind in {"JPEG", "GIF"} and image.info.get("comment"):
        options["comment"] = image.info["comment"]
    if kind == "PNG" and (texts := getattr(image, "text", None)):
        options["pnginfo"] = _texts(texts)
    if len(frames) > 1 and kind in {"PNG", "GIF", "WEBP"}:
        durations = [frame.info.get("duration", 0) for frame in frames]
        if any(durations):
            options["duration"] = durations
        if "loop" in image.info:
            options["loop"] = image.info["loop"]
    return options


def _without_structure(exif: Image.Exif) -> Image.Exif:
    from PIL import Image

    kept = Image.Exif()
    for tag, value in exif.items():
        if tag in {0x8769, 0x8825}:
            directory = exif.get_ifd(tag)
            if directory:
                kept.get_ifd(tag).update(directory)
                kept[tag] = directory
        elif tag not in _STRUCTURE and not tiff.is_note(tag, value):
            kept[tag] = value
    return kept


def _texts(texts: dict[str, Any]) -> Any:
    from PIL.PngImagePlugin import PngInfo, iTXt

    info = PngInfo()
    for key, value in texts.items():
        if isinstance(value, iTXt):
            info.add_itxt(key, value, value.lang or "", value.tkey or "")
        else:
            info.add_text(key, value)
    return info
