"""Raster images (.png .jpg .tif .gif .webp .bmp): Pillow images, arrays of pixels and figures."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

from attrs import frozen

from scitex_io import pixels
from scitex_io.errors import OptionError, UnreadableFileError
from scitex_io.figures import companion
from scitex_io.handler import Accepts, Fidelity, FormatHandler, PassThrough, save_option
from scitex_io.losses import lose
from scitex_io.modes import carried, converted, frames_of, indexed, same_frames
from scitex_io.rendering import FIGURES, KALEIDO, SAVEFIG, is_figure, render
from scitex_io.typing import CompanionWriter, Describer, Loader, Saver, TypedLoader, Verb

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
    from PIL import Image, ImageFile

IMAGE = "PIL.Image.Image"
LOADED = tuple(
    f"PIL.{module}ImagePlugin.{kind}ImageFile"
    for module, kind in (
        *(("Png", "Png"), ("Jpeg", "Jpeg"), ("Mpo", "Mpo"), ("Tiff", "Tiff")),
        *(("Gif", "Gif"), ("WebP", "WebP"), ("Bmp", "Bmp")),
    )
)
"""What opening a file gives: images that also know their file."""


def _stores(fidelity: Fidelity = Fidelity.EXACT, *, loses: str = "", frames: bool = False) -> tuple[Accepts, ...]:
    """The rows of a format that stores images with this fidelity."""
    value = Fidelity.VALUE if fidelity is Fidelity.EXACT else fidelity
    array = {"domain": pixels.DOMAIN, "where": pixels.is_picture}
    several = Accepts(list, value, IMAGE, domain="of PIL images", where=pixels.are_images, loses=loses)
    return (
        Accepts(IMAGE, fidelity, loses=loses),
        *(Accepts(kind, value, IMAGE, loses=loses) for kind in LOADED),
        Accepts("numpy.ndarray", value, IMAGE, loses=loses, **array),
        Accepts("numpy.memmap", value, IMAGE, loses=loses, **array),
        *((several,) if frames else ()),
        *FIGURES,
    )


@frozen(kw_only=True)
class Raster(
    FormatHandler,
    PassThrough,
    Saver["Image.Image | NDArray[Any] | list[Image.Image] | Figure | Axes"],
    Loader["Image.Image"],
    TypedLoader,
    Describer,
    CompanionWriter,
):
    """What the raster formats share.

    Parameters
    ----------
    dpi
        Pixels per inch: of figures how finely they are drawn, of images what the file notes.
    **options
        Figures: what ``Figure.savefig`` (or kaleido, for plotly) understands. Images and arrays: what Pillow's
        writer of the format does.
    """

    yields = (IMAGE, "numpy.ndarray")
    requires = ("PIL",)

    pillow: ClassVar[str]  # the format's name in Pillow
    modes: ClassVar[tuple[str, ...]]  # what is stored as it is
    encoder: ClassVar[frozenset[str]] = frozenset()  # the options of Pillow's writer
    animated: ClassVar[bool] = False  # holds several frames
    drawn: ClassVar[str] = ""  # what matplotlib and kaleido call it; empty: they cannot write it
    figure_dpi: ClassVar[float | None] = None

    dpi: Any = save_option(None)

    def is_cacheable(self) -> bool:
        """Copies of Pillow's images lose their frames, tags and texts."""
        return False

    def passes_on(self, verb: Verb, /) -> Collection[str]:
        """The options of ``savefig``, kaleido and Pillow's writer."""
        return SAVEFIG | KALEIDO | self.encoder if verb == "save" else ()

    # ---------------------------------------------------------------- saving

    def save(self, obj: Any, path: Path, /) -> None:
        """Draw the figure, or write the pixels."""
        if is_figure(obj):
            self._draw(obj, path)
            return
        import numpy as np

        options = dict(self.extra_options) | ({} if self.dpi is None else {"dpi": self.dpi})
        for option in options:
            if option not in self.encoder | {"dpi"}:
                known = tuple(sorted(self.encoder | {"dpi"}))
                raise OptionError(self.name, "save", option, known, reason="it is no option for images and arrays")
        if isinstance(obj, np.ndarray):
            if pixels.is_deep(obj) and self.save_deep(obj, path, options):
                lose("load gives 8 of the 16 bits of each colour, and all of them with as_type=numpy.ndarray")
                return
            obj = pixels.image_of(obj, self.name, floats="F" in self.modes)
        if isinstance(options.get("dpi"), (int, float)):
            options["dpi"] = (options["dpi"],) * 2
        frames = frames_of(obj)
        self.write(frames, path, carried(frames, self.pillow) | options)

    def save_deep(self, array: NDArray[Any], path: Path, options: Mapping[str, Any], /) -> bool:  # noqa: ARG002  # for formats that can
        """Write colours of 16 bits; False if the format has none."""
        return False

    def write(self, frames: list[Image.Image], path: Path, options: dict[str, Any], /) -> None:
        """Write images with Pillow, in the nearest mode that the format has."""
        fitting = [self.fit(frame) for frame in frames]
        if len(frames) > 1 and self.animated:
            fitting[0].save(path, self.pillow, save_all=True, append_images=fitting[1:], **options)
            if not same_frames(path, self.pillow, frames):
                lose("the frames change (equal ones that follow each other become one, colours are approximated)")
            return
        if len(frames) > 1:
            lose(f"only the first of {len(frames)} frames is stored")
        fitting[0].save(path, self.pillow, **self.belonging(fitting[0]) | options)

    def belonging(self, image: Image.Image, /) -> dict[str, Any]:  # noqa: ARG002  # for formats that need it
        """Options that follow from the one image to write."""
        return {}

    def fit(self, image: Image.Image, /) -> Image.Image:
        """The image in a mode that the format has."""
        return converted(image, self.modes, self.name, self.accepts)

    def _draw(self, obj: object, path: Path) -> None:
        options = dict(self.extra_options)
        dpi = self.figure_dpi if self.dpi is None else self.dpi
        if dpi is not None:
            options["dpi"] = dpi
        if self.drawn:
            render(obj, path, self.drawn, self.name, options, self.encoder)
            return
        from PIL import Image

        between = BytesIO()
        own = {name: options.pop(name) for name in list(options) if name in self.encoder}
        render(obj, between, "png", self.name, options)
        with Image.open(between) as picture:
            self.picture(picture).save(path, self.pillow, **own | {"dpi": picture.info.get("dpi", (96, 96))})

    def picture(self, image: Image.Image, /) -> Image.Image:
        """A drawing of figure colours, made for a format that nobody draws in."""
        return image.convert("RGB")

    def companions(self, obj: Any, /) -> Mapping[str, object]:
        """The data that a matplotlib figure shows."""
        return companion(obj)

    # ---------------------------------------------------------------- loading

    def load(self, path: Path, /) -> Image.Image:
        """Read and decode the image; its frames stay at hand, the file does not stay open.

        Raises
        ------
        UnreadableFileError
            The file is damaged, cut short, of another format, or larger than ``2 * PIL.Image.MAX_IMAGE_PIXELS``.
        """
        with path.open("rb") as file:
            self.check(file, path)
            image = self._open(file, path)
            if getattr(image, "n_frames", 1) == 1:
                image.load()
                self._settle(image, path)
                return image
        image = self._open(BytesIO(path.read_bytes()), path)
        for frame in range(image.n_frames):  # type: ignore[attr-defined]  # it has more than one
            image.seek(frame)
            image.load()
        image.seek(0)
        image.load()
        self._settle(image, path)
        return image

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """Read the pixels: (H, W) or (H, W, C), for several frames (frames, H, W) or (frames, H, W, C).

        Integers of 16 and 32 bits and floats come as they are; palettes, CMYK and YCbCr as RGB, or RGBA where
        there is transparency.
        """
        del wanted  # there is one: numpy.ndarray
        with path.open("rb") as file:
            self.check(file, path)
            image = self._open(file, path)
            if not self.animated:
                image.load()
                return pixels.plain(image)
            with path.open("rb") as again:
                return pixels.pixels_of(image, lambda: self._open(again, path))

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Size, mode, frames and resolution, from the headers."""
        with path.open("rb") as file:
            image = self._open(file, path)
            facts = {"kind": "image", "size": image.size, "mode": image.mode, "frames": getattr(image, "n_frames", 1)}
            if "dpi" in image.info:
                facts["dpi"] = tuple(float(value) for value in image.info["dpi"])
        return facts

    def check(self, file: BinaryIO, path: Path, /) -> None:
        """Find the damage that Pillow overlooks, and leave the file at its beginning."""

    def _open(self, file: Any, path: Path) -> ImageFile.ImageFile:
        from PIL import Image

        file.seek(0)
        try:
            return Image.open(file, formats=[self.pillow])  # type: ignore[return-value]  # of a file it is an ImageFile
        except Image.DecompressionBombError as error:
            advice = "if the file is to be trusted, raise PIL.Image.MAX_IMAGE_PIXELS"
            raise UnreadableFileError(str(path), self.name, str(error), advice) from error

    def _settle(self, image: ImageFile.ImageFile, path: Path) -> None:
        """Take from the file what Pillow would read later, when it is closed."""

    def damaged(self, path: Path, what: str) -> UnreadableFileError:
        """The error that says what is wrong with a file."""
        return UnreadableFileError(str(path), self.name, what)


@frozen(kw_only=True)
class Png(Raster):
    """Images without loss, 8 or 16 bits."""

    name = "png"
    extensions = (".png",)
    accepts = _stores(frames=True)
    magic = (b"\x89PNG\r\n\x1a\n",)
    pillow = "PNG"
    modes = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
    encoder = frozenset(
        "optimize compress_level compress_type dictionary bits transparency icc_profile exif pnginfo duration loop"
        " disposal blend default_image".split()
    )
    animated = True
    drawn = "png"

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


@frozen(kw_only=True)
class Jpeg(Raster):
    """Photographs, compressed with loss."""

    name = "jpeg"
    extensions = (".jpg", ".jpeg")
    accepts = _stores(Fidelity.LOSSY, loses="JPEG compression changes pixels")
    magic = (b"\xff\xd8\xff",)
    pillow = "JPEG"
    modes = ("L", "RGB", "CMYK")
    encoder = frozenset(
        "quality optimize progressive subsampling qtables icc_profile exif comment xmp extra keep_rgb smooth"
        " streamtype restart_marker_blocks restart_marker_rows".split()
    )
    drawn = "jpeg"


@frozen(kw_only=True)
class Tiff(Raster):
    """Images without loss, also of 16 and 32 bits and floats, one or several."""

    name = "tiff"
    extensions = (".tif", ".tiff")
    accepts = _stores(frames=True)
    magic = (b"II*\x00", b"MM\x00*")
    pillow = "TIFF"
    modes = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F")
    encoder = frozenset(
        "compression quality tiffinfo exif icc_profile big_tiff strip_size description software date_time artist"
        " copyright resolution resolution_unit x_resolution y_resolution".split()
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
        super().write(frames, path, {"compression": kept} | options)

    def save_deep(self, array: NDArray[Any], path: Path, options: Mapping[str, Any], /) -> bool:
        """Write them ourselves: Pillow cannot."""
        _refuse(options, self.name)
        pixels.write_deep_tiff(array, path)
        return True

    def _settle(self, image: ImageFile.ImageFile, path: Path) -> None:
        if image.mode == "I" and pixels.is_unsigned(image) and image.getextrema()[0] < 0:  # type: ignore[operator]  # a pair for one band
            found = "it holds unsigned 32-bit integers, too large for an image of mode I"
            raise UnreadableFileError(str(path), self.name, found, "as_type=numpy.ndarray gives them")
        exif = image.getexif()
        for directory in (0x8769, 0x8825):  # Exif and GPS, read on first use otherwise
            exif.get_ifd(directory)


@frozen(kw_only=True)
class Gif(Raster):
    """Up to 256 colours, still or moving."""

    name = "gif"
    extensions = (".gif",)
    accepts = _stores(frames=True)
    magic = (b"GIF87a", b"GIF89a")
    pillow = "GIF"
    modes = ("L", "P")
    encoder = frozenset("interlace disposal palette optimize transparency duration loop comment background".split())
    animated = True

    def fit(self, image: Image.Image, /) -> Image.Image:
        """The image with a palette of its own colours."""
        return indexed(image, self.name, self.accepts)

    def write(self, frames: list[Image.Image], path: Path, options: dict[str, Any], /) -> None:
        """Frames with transparency are shown one after the other, not over each other."""
        if len(frames) > 1 and any(frame.has_transparency_data for frame in frames):
            options = {"disposal": 2} | options
        super().write(frames, path, options)

    def belonging(self, image: Image.Image, /) -> dict[str, Any]:
        """The index of the transparent colour."""
        return {"transparency": image.info["transparency"]} if "transparency" in image.info else {}

    def picture(self, image: Image.Image, /) -> Image.Image:
        """The colours of a drawing, reduced to the nearest 256."""
        return image.convert("RGB").quantize()

    def check(self, file: BinaryIO, path: Path, /) -> None:
        """Pillow takes the end of the file for the last frame."""
        head = file.read(13)
        if head[:6] not in self.magic or len(head) < 13:
            return
        file.seek(_colours(head[10]), 1)
        while (mark := file.read(1)) != b"\x3b":
            if mark == b"\x21":
                file.seek(1, 1)
            elif mark == b"\x2c":
                place = file.read(9)
                file.seek((_colours(place[8]) if len(place) == 9 else 0) + 1, 1)
            elif mark:
                raise self.damaged(path, f"no part of a GIF begins with {mark!r}")
            else:
                raise self.damaged(path, "it is cut short")
            while size := file.read(1)[:1]:
                if size == b"\0":
                    break
                file.seek(size[0], 1)


@frozen(kw_only=True)
class Webp(Raster):
    """Images without loss; with a ``quality``, or ``lossless=False``, small ones with loss."""

    name = "webp"
    extensions = (".webp",)
    accepts = _stores()
    pillow = "WEBP"
    modes = ("RGB", "RGBA")
    encoder = frozenset(
        "quality alpha_quality method exact icc_profile exif xmp duration loop background minimize_size kmin kmax"
        " allow_mixed".split()
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


@frozen(kw_only=True)
class Bmp(Raster):
    """Plain pixels without alpha."""

    name = "bmp"
    extensions = (".bmp",)
    accepts = _stores()
    magic = (b"BM",)
    pillow = "BMP"
    modes = ("1", "L", "P", "RGB")

    def check(self, file: BinaryIO, path: Path, /) -> None:
        """The length that the header tells has to be there, if it tells one."""
        head = file.read(6)
        if len(head) == 6 and struct.unpack("<I", head[2:])[0] > file.seek(0, 2):
            raise self.damaged(path, "it is cut short")


def _colours(flags: int) -> int:
    """The bytes of a GIF's colour table."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _refuse(options: Mapping[str, Any], name: str) -> None:
    for option in options:
        raise OptionError(name, "save", option, reason="colours of 16 bits are written without options")
