"""Arrays as images and images as arrays, with every bit that a file holds."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scitex_io.errors import UnsupportedTypeError
from scitex_io.losses import lose
from scitex_io.typeref import distance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image, ImageFile

_SAMPLE = 4096
"""Pixels of a strip: of smaller images nobody waits for the file."""
DOMAIN = "(H, W) or (H, W, 3 or 4) of bool, uint8, uint16 or floats in [0, 1]"


def is_picture(array: NDArray[Any]) -> bool:
    """Has the array the shape and dtype of a picture?"""
    colour = array.ndim == 3 and array.shape[2] in {3, 4}
    kind = array.dtype.kind == "f" or array.dtype.name in {"uint8", "uint16"}
    return 0 not in array.shape and ((array.ndim == 2 and (kind or array.dtype.kind == "b")) or (colour and kind))


def is_deep(array: NDArray[Any]) -> bool:
    """Are these colours of 16 bits, which no Pillow image can hold?"""
    return array.ndim == 3 and array.dtype.name == "uint16"


def is_shallow(image: Image.Image) -> bool:
    """Do its values fit into 16 bits?"""
    if image.mode != "I":
        return image.mode != "F"
    low, high = image.getextrema()
    return bool(low >= 0 and high < 1 << 16)  # type: ignore[operator]  # a pair of numbers for one band


def are_images(objects: list[Any]) -> bool:
    """Is it a list of Pillow images and nothing else?"""
    return bool(objects) and all(distance(type(part), "PIL.Image.Image") is not None for part in objects)


# ---------------------------------------------------------------- arrays as images


def image_of(array: NDArray[Any], name: str, *, floats: bool = False) -> Image.Image:
    """The array as an image; with *floats* a grey array of floats stays one, of 32 bits.

    Raises
    ------
    UnsupportedTypeError
        A float lies outside [0, 1] or is not a number.
    """
    import numpy as np
    from PIL import Image

    if array.dtype.kind == "f":
        low, high = array.min(), array.max()
        if not (low >= 0 and high <= 1):
            reason = f"floats have to lie in [0, 1], these lie in [{low}, {high}]"
            advice = "; .tif takes any as an image of mode F: PIL.Image.fromarray(array.astype('float32'))"
            raise UnsupportedTypeError(name, "numpy.ndarray", (DOMAIN,), reason + advice)
        if floats and array.ndim == 2:
            single = array.astype(np.float32)
            if array.dtype.itemsize > single.dtype.itemsize and not np.array_equal(single, array):
                lose(f"{array.dtype} becomes float32")
            return Image.fromarray(single)
        lose("floats become 8-bit values, 0 to 255")
        array = np.rint(array.astype(np.float32) * 255).astype(np.uint8)
    if is_deep(array):
        lose("16-bit colours become 8-bit")
        array = eight(array)
    return Image.fromarray(np.ascontiguousarray(array, array.dtype.newbyteorder("=")))


def eight(array: NDArray[Any]) -> NDArray[np.uint8]:
    """16-bit values as the nearest 8-bit ones."""
    import numpy as np

    return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)


def png_strategy(image: Image.Image) -> dict[str, int]:
    """The options of Pillow's PNG writer that suit an image: twice as fast for what a camera has seen, of equal size.

    In grainy pixels zlib seeks for repeats in vain, and runs of equal bytes are all that it finds. Where it would find
    more (drawings, smooth gradients) the default finds it. Three strips of the image tell which it is.
    """
    width, height = image.size
    rows = height // 40
    if width * rows < _SAMPLE:
        return {}
    strips = [image.crop((0, at, width, at + rows)) for at in (height // 5, height // 2, height * 4 // 5)]
    sizes = {}
    for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_RLE):
        with BytesIO() as between:
            for strip in strips:
                strip.save(between, "PNG", compress_type=strategy)
            sizes[strategy] = between.tell()
    fits = sizes[zlib.Z_RLE] <= 1.01 * sizes[zlib.Z_DEFAULT_STRATEGY]
    return {"compress_type": zlib.Z_RLE} if fits else {}


def write_deep_png(array: NDArray[Any], path: Path) -> None:
    """Write 16-bit colours as PNG (ISO/IEC 15948)."""
    import numpy as np

    height, width, channels = array.shape
    rows = np.ascontiguousarray(array, ">u2").view(np.uint8).reshape(height, -1)
    filtered = np.empty((height, rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = 2  # each row as the difference to the one above: smooth pictures compress well
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    sample = filtered[height // 2 :][: max(1, height // 20)].tobytes()
    runs, default = (len(_deflated(sample, strategy)) for strategy in (zlib.Z_RLE, zlib.Z_DEFAULT_STRATEGY))
    packed = _deflated(filtered.data, zlib.Z_RLE if runs <= 1.01 * default else zlib.Z_DEFAULT_STRATEGY)
    header = struct.pack(">IIBBBBB", width, height, 16, {3: 2, 4: 6}[channels], 0, 0, 0)
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b"")):
            file.write(struct.pack(">I", len(data)) + kind + data)
            file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))


def _deflated(data: bytes | memoryview, strategy: int) -> bytes:
    deflate = zlib.compressobj(6, strategy=strategy)
    return deflate.compress(data) + deflate.flush()


def write_deep_tiff(array: NDArray[Any], path: Path) -> None:
    """Write 16-bit colours as TIFF 6.0: one uncompressed strip."""
    import numpy as np
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    height, width, channels = array.shape
    pixels = np.ascontiguousarray(array, "<u2")
    tags = ImageFileDirectory_v2()
    tags[256], tags[257], tags[258] = width, height, (16,) * channels
    tags[259], tags[262], tags[277], tags[278] = 1, 2, channels, height  # uncompressed, RGB, samples, rows of the strip
    tags[284], tags[339] = 1, (1,) * channels  # channels side by side, unsigned integers
    if channels == 4:
        tags[338] = 2  # the fourth is alpha, not multiplied into the others
    tags[273], tags[279] = 0, pixels.nbytes  # the strip begins behind the directory: Pillow adds where that is
    with path.open("wb") as file:
        tags.save(file)
        file.write(pixels.data)


# ---------------------------------------------------------------- images as arrays

# Pillow reduces these to 8 bits . The first and second byte of each sample come apart by decoding the same
# bytes once as if they were big-endian and once as if little-endian: (mode, raw modes).
_DEEP: dict[str, tuple[str, tuple[str, ...]]] = {
    "RGB;16": ("RGB", ("RGB;16B", "RGB;16L")),
    "RGBA;16": ("RGBA", ("RGBA;16B", "RGBA;16L")),
    "LA;16": ("RGBA", ("RGBA",)),
}


def pixels_of(image: ImageFile.ImageFile, reopened: Callable[[], ImageFile.ImageFile]) -> NDArray[Any]:
    """The pixels of every frame as the file holds them.

    Parameters
    ----------
    image
        Opened, not yet decoded.
    reopened
        Opens the same file again.

    Returns
    -------
    array, shape (H, W) or (H, W, C), for several frames (frames, H, W) or (frames, H, W, C)
        Palettes, CMYK and YCbCr are given as RGB, or RGBA where there is transparency.

    Raises
    ------
    ValueError
        The frames differ in size, or the samples are of a kind that Pillow would cut down.
    """
    import numpy as np

    frames = []
    for at in range(getattr(image, "n_frames", 1)):
        image.seek(at)
        frames.append(_samples(image, at, reopened))
    if len(frames) == 1:
        return frames[0]
    if len({(frame.shape[:2], frame.dtype) for frame in frames}) > 1:
        sizes = ", ".join(sorted({f"{frame.shape[1]}x{frame.shape[0]} {frame.dtype}" for frame in frames}))
        raise ValueError(f"the frames differ ({sizes}) and are no single array; load the image and use seek()")
    if len({frame.shape for frame in frames}) > 1:
        clear = any(frame.shape[2:] == (4,) for frame in frames)
        frames = [_with_alpha(frame) if clear else _in_colours(frame) for frame in frames]
    return np.stack(frames)


def _in_colours(frame: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    return np.repeat(frame[..., None], 3, axis=2) if frame.ndim == 2 else frame


def _with_alpha(frame: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    if frame.shape[2:] == (4,):
        return frame
    colour = _in_colours(frame)
    full = True if frame.dtype.kind == "b" else np.iinfo(frame.dtype).max
    return np.dstack([colour, np.full(frame.shape[:2], full, frame.dtype)])


def _samples(image: ImageFile.ImageFile, at: int, reopened: Callable[[], ImageFile.ImageFile]) -> NDArray[Any]:
    import numpy as np

    raw = _raw_mode(image)
    found = re.fullmatch(r"(\w+;16)([LBN]?)", raw)
    if not found or image.mode.startswith("I"):
        if "16" in raw and not image.mode.startswith("I"):
            raise ValueError(f"samples of the kind {raw} would lose bits")
        return plain(image)
    if found[1] not in _DEEP or len({_raw_mode_of(tile) for tile in image.tile}) > 1:
        if found[1].startswith("CMYK"):
            return plain(image)
        raise ValueError(f"samples of the kind {raw} would lose bits")
    mode, raw_modes = _DEEP[found[1]]
    order = {"B": ">", "N": "=", "L": "<", "": "<"}[found[2]]
    parts = []
    for number, raw_mode in enumerate(raw_modes):
        source = image if number == 0 else reopened()
        if source is not image:
            source.seek(at)
        source.tile = [tile._replace(args=_with_raw_mode(tile.args, raw_mode)) for tile in source.tile]
        source._mode = mode  # noqa: SLF001  # the buffer that takes the bytes as they are; there is no public way
        source.load()
        parts.append(np.asarray(source))
    samples = np.stack(parts, axis=-1) if len(parts) > 1 else parts[0]
    samples = np.ascontiguousarray(samples).reshape(*parts[0].shape[:2], -1).view(f"{order}u2")
    return samples.astype(np.uint16, copy=False)


def _raw_mode(image: ImageFile.ImageFile) -> str:
    return _raw_mode_of(image.tile[0]) if image.tile else ""


def _raw_mode_of(tile: Any) -> str:
    args = tile.args
    first = args[0] if isinstance(args, tuple) and args else args
    return first if isinstance(first, str) else ""


def _with_raw_mode(args: Any, raw_mode: str) -> Any:
    return (raw_mode, *args[1:]) if isinstance(args, tuple) else raw_mode


def plain(image: Image.Image) -> NDArray[Any]:
    """What Pillow decodes, as numbers; colours as RGB or RGBA."""
    import numpy as np

    if image.mode in {"P", "PA", "RGBa"}:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif image.mode in {"CMYK", "YCbCr", "RGBX", "HSV"}:
        image = image.convert("RGB")
    array = np.array(image)
    if image.mode == "I" and is_unsigned(image):
        return array.view(np.uint32)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def is_unsigned(image: Image.Image) -> bool:
    """Does a TIFF of 32-bit integers hold unsigned ones? Pillow reads them as signed."""
    tags = getattr(image, "tag_v2", {})
    return bool(tags) and tags.get(258) == (32,) and tags.get(339, (1,)) == (1,)
