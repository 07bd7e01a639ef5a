"""Raster images (.png .jpg .tif .webp .bmp): Pillow images, arrays of pixels and figures."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from attrs import frozen

from scitex_io.content import pixels
from scitex_io.content.moving import Moving, moving
from scitex_io.content.notes import NOTES, NoteKeeper, jpeg, png, tiff, webp
from scitex_io.content.raster import Raster, stores
from scitex_io.errors import OptionError, UnreadableFileError
from scitex_io.handler import Fidelity, save_option
from scitex_io.losses import lose

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image, ImageFile


@frozen(kw_only=True)
class Png(Moving, NoteKeeper):
    """Images without loss, 8 or 16 bits."""

    name = "png"
    extensions = (".png",)
    accepts = moving()
    magic = (b"\x89PNG\r\n\x1a\n",)
    pillow = "PNG"
    modes = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
    encoder = frozenset(
        [
            "optimize",
            "compress_level",
            "compress_type",
            "dictionary",
            "bits",
            "transparency",
            "icc_profile",
            "exif",
            "pnginfo",
            "duration",
            "loop",
            "disposal",
            "blend",
            "default_image",
        ]
    )
    animated = True
    drawn = "png"

    def write(self, frames: list[Image.Image], path: Path, options: dict[str, Any], /) -> None:
        """With the strategy of compression that is the faster one for what the image shows, unless one is asked for."""
        if len(frames) == 1 and not options.keys() & {"compress_level", "compress_type", "optimize"}:
            frames = [self.fit(frames[0])]
            options = pixels.png_strategy(frames[0]) | options
        super().write(frames, path, options)

    def save_deep(self, array: NDArray[Any], path: Path, options: Mapping[str, Any], /) -> bool:
        """Write them ourselves: Pillow cannot."""
        _refuse(options, self.name)
        pixels.write_deep_png(array, path)
        return True

    def check(self, file: BinaryIO, path: Path, /) -> None:
        """Pillow reads no checksum of the pixels and asks for no end."""
        if file.read(8) != self.magic[0]:
            return
        kind = b""
        while kind != b"IEND":
            head = file.read(8)
            size = int.from_bytes(head[:4], "big")
            kind, data = head[4:], file.read(size)
            checksum = file.read(4)
            if len(head) < 8 or len(data) < size or len(checksum) < 4:
                raise self.damaged(path, "it is cut short")
            if zlib.crc32(data, zlib.crc32(kind)) != int.from_bytes(checksum, "big"):
                raise self.damaged(path, f"the checksum of its part {kind!r} is wrong")

    def settle(self, image: ImageFile.ImageFile, path: Path) -> None:
        """What was noted in the file is no part of the picture: another picture made of it would tell the same."""
        super().settle(image, path)
        for name in NOTES:
            image.info.pop(name, None)
            image.text.pop(name, None)  # type: ignore[attr-defined]  # a PNG

    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """As chunks of text."""
        path.write_bytes(png.put(path.read_bytes(), notes))

    def note(self, path: Path, name: str, /) -> str | None:
        """The text of this name."""
        return png.get(path.read_bytes(), name)


@frozen(kw_only=True)
class Jpeg(Raster, NoteKeeper):
    """Photographs, compressed with loss."""

    name = "jpeg"
    extensions = (".jpg", ".jpeg")
    accepts = stores(Fidelity.LOSSY, loses="JPEG compression changes pixels")
    magic = (b"\xff\xd8\xff",)
    pillow = "JPEG"
    modes = ("L", "RGB", "CMYK")
    encoder = frozenset(
        [
            "quality",
            "optimize",
            "progressive",
            "subsampling",
            "qtables",
            "icc_profile",
            "exif",
            "comment",
            "xmp",
            "extra",
            "keep_rgb",
            "smooth",
            "streamtype",
            "restart_marker_blocks",
            "restart_marker_rows",
        ]
    )
    drawn = "jpeg"

    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """Metadata as the description in Exif, the data of a figure in segments of their own."""
        path.write_bytes(jpeg.put(path.read_bytes(), notes))

    def note(self, path: Path, name: str, /) -> str | None:
        """The text of this name."""
        return jpeg.get(path.read_bytes(), name)


@frozen(kw_only=True)
class Tiff(Raster, NoteKeeper):
    """Images without loss, also of 16 and 32 bits and floats, one or several."""

    name = "tiff"
    extensions = (".tif", ".tiff")
    accepts = stores(frames=True, deep=True)
    magic = (b"II*\x00", b"MM\x00*")
    pillow = "TIFF"
    modes = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F")
    encoder = frozenset(
        [
            "compression",
            "quality",
            "tiffinfo",
            "exif",
            "icc_profile",
            "big_tiff",
            "strip_size",
            "description",
            "software",
            "date_time",
            "artist",
            "copyright",
            "resolution",
            "resolution_unit",
            "x_resolution",
            "y_resolution",
        ]
    )
    animated = True
    drawn = "tiff"
    figure_dpi = 300  # what journals ask for

    def write(self, frames: list[Image.Image], path: Path, options: dict[str, Any], /) -> None:
        """Compression that loses is said to, and never taken over from an earlier file."""
        if options.get("compression") in {"jpeg", "tiff_jpeg", "webp"}:
            lose(f"{options['compression']} compression changes pixels")
        kept = frames[0].info.get("compression")
        if kept not in {"tiff_lzw", "tiff_adobe_deflate", "packbits", "lzma", "zstd"}:
            kept = "raw"
        exif = frames[0].getexif() if "exif" not in options else options["exif"]
        if not isinstance(exif, bytes) and exif.get(0x0112, 1) != 1:
            lose("load gives the image upright, turned as its Exif orientation says")
        super().write(frames, path, {"compression": kept} | options)

    def check(self, file: BinaryIO, path: Path, /) -> None:
        """Pillow takes samples of 16 bits in separate planes for such of 8."""
        image = self.open(file, path)
        for frame in range(getattr(image, "n_frames", 1)):
            image.seek(frame)
            tags = image.tag_v2  # type: ignore[attr-defined]  # a TIFF
            if tags.get(284) == 2 and max(tags.get(258, (1,))) > 8:  # planar configuration, bits per sample
                raise self.damaged(
                    path, "each colour of 16 bits or more has a plane of its own, which Pillow cannot read"
                )

    def save_deep(self, array: NDArray[Any], path: Path, options: Mapping[str, Any], /) -> bool:
        """Write them ourselves: Pillow cannot."""
        _refuse(options, self.name)
        pixels.write_deep_tiff(array, path)
        return True

    def settle(self, image: ImageFile.ImageFile, path: Path) -> None:
        """Exif and GPS data are read on first use otherwise."""
        if image.mode == "I" and pixels.is_unsigned(image) and image.getextrema()[0] < 0:  # type: ignore[operator]  # a pair for one band
            found = "it holds unsigned 32-bit integers, too large for an image of mode I"
            raise UnreadableFileError(str(path), self.name, found, "as_type=numpy.ndarray gives them")
        exif = image.getexif()
        for directory in (0x8769, 0x8825):
            exif.get_ifd(directory)

    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """Metadata as the description of the image, the data of a figure as a tag of their own."""
        with path.open("r+b") as file:
            tiff.put(file, notes)

    def note(self, path: Path, name: str, /) -> str | None:
        """The text of this name."""
        with path.open("rb") as file:
            return tiff.get(file, name)


@frozen(kw_only=True)
class Webp(Moving, NoteKeeper):
    """Images without loss; with a ``quality``, or ``lossless=False``, small ones with loss."""

    name = "webp"
    extensions = (".webp",)
    accepts = moving()
    pillow = "WEBP"
    modes = ("RGB", "RGBA")
    encoder = frozenset(
        [
            "quality",
            "alpha_quality",
            "method",
            "exact",
            "icc_profile",
            "exif",
            "xmp",
            "duration",
            "loop",
            "background",
            "minimize_size",
            "kmin",
            "kmax",
            "allow_mixed",
        ]
    )
    animated = True
    drawn = "webp"

    lossless: bool | None = save_option(None)

    def write(self, frames: list[Image.Image], path: Path, options: dict[str, Any], /) -> None:
        """Colours of transparent pixels are kept as well, unless ``exact=False``."""
        lossless = "quality" not in options if self.lossless is None else self.lossless
        if not lossless:
            lose("WebP compression changes pixels (lossless=True keeps them)")
        super().write(frames, path, {"lossless": lossless, "exact": lossless} | options)

    def check(self, file: BinaryIO, path: Path, /) -> None:
        """The length that the header tells has to be there."""
        head = file.read(12)
        if head[:4] == b"RIFF" and int.from_bytes(head[4:8], "little") + 8 > file.seek(0, 2):
            raise self.damaged(path, "it is cut short")

    def put_notes(self, path: Path, notes: Mapping[str, str], /) -> None:
        """As tags of Exif."""
        path.write_bytes(webp.put(path.read_bytes(), notes))

    def note(self, path: Path, name: str, /) -> str | None:
        """The text of this name."""
        return webp.get(path.read_bytes(), name)


@frozen(kw_only=True)
class Bmp(Raster):
    """Plain pixels without alpha."""

    name = "bmp"
    extensions = (".bmp",)
    accepts = stores()
    magic = (b"BM",)
    pillow = "BMP"
    modes = ("1", "L", "P", "RGB")

    def check(self, file: BinaryIO, path: Path, /) -> None:
        """The length that the header tells has to be there, if it tells one."""
        head = file.read(6)
        if head[:2] == b"BM" and len(head) == 6 and struct.unpack("<I", head[2:])[0] > file.seek(0, 2):
            raise self.damaged(path, "it is cut short")


def _refuse(options: Mapping[str, Any], name: str) -> None:
    for option in options:
        raise OptionError(name, "save", option, reason="colours of 16 bits are written without options")
