"""What the raster formats share: Pillow images, arrays of pixels and figures as files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

from attrs import frozen

from scitex_io.content import pixels
from scitex_io.content.figures import companion
from scitex_io.content.frames import are_frames, films, is_film
from scitex_io.content.media import Video
from scitex_io.content.modes import carried, converted, frames_of, same_frames
from scitex_io.content.opened import opened
from scitex_io.content.rendering import FIGURES, KALEIDO, SAVEFIG, is_figure, is_plotly, render
from scitex_io.errors import OptionError, UnreadableFileError
from scitex_io.handler import Accepts, Fidelity, FormatHandler, PassThrough, save_option
from scitex_io.limits import FileTooLargeError
from scitex_io.losses import lose
from scitex_io.typeref import TypeRef
from scitex_io.typing import CompanionWriter, Describer, Loader, Saver, TypedLoader, Verb

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # noqa: F401  # in the header
    from matplotlib.figure import Figure  # noqa: F401  # in the header
    from numpy.typing import NDArray
    from PIL import Image, ImageFile

IMAGE = "PIL.Image.Image"
MPO = "PIL.MpoImagePlugin.MpoImageFile"
"""What opening a JPEG of several pictures gives."""
ARRAYS = ("numpy.ndarray", "numpy.memmap")


def stores(
    fidelity: Fidelity = Fidelity.VALUE, *, loses: str = "", frames: bool = False, deep: bool = False, grey: bool = True
) -> tuple[Accepts, ...]:
    """The rows of a format that stores images with this fidelity: several in a file, or values of 32 bits.

    Without *grey* an array of three dimensions is a picture or nothing.
    """
    domain, where = ("", None) if deep else ("no mode F; mode I up to 65535", pixels.is_shallow)
    first = "only the first of its pictures is stored"
    several = Accepts(list, fidelity, IMAGE, "of PIL images or arrays of pixels", are_frames, loses)
    return (
        # Opening a file gives a subclass of its own, which knows the file besides.
        Accepts(IMAGE, fidelity, IMAGE, domain, where, loses, subclasses=True),
        Accepts(MPO, fidelity, IMAGE) if frames else Accepts(MPO, Fidelity.LOSSY, IMAGE, loses=loses or first),
        *(Accepts(kind, fidelity, IMAGE, pixels.DOMAIN, pixels.is_picture, loses) for kind in ARRAYS),
        *((several, *films(fidelity, IMAGE, loses, grey=grey)) if frames else ()),
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

    yields: ClassVar[tuple[TypeRef, ...]] = (IMAGE, "numpy.ndarray")
    requires = ("PIL",)
    parallel = "threads"

    pillow: ClassVar[str]  # the format's name in Pillow
    modes: ClassVar[tuple[str, ...]]  # what is stored as it is
    encoder: ClassVar[frozenset[str]] = frozenset()  # the options of Pillow's writer
    animated: ClassVar[bool] = False  # holds several frames
    drawn: ClassVar[str] = ""  # what matplotlib and kaleido call it; empty: they cannot write it
    figure_dpi: ClassVar[float | None] = None

    dpi: float | tuple[float, float] | None = save_option(None)

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
        if (
            isinstance(obj, np.ndarray)
            and pixels.is_picture(obj)
            and pixels.is_deep(obj)
            and self.save_deep(obj, path, options)
        ):
            lose("load gives 8 of the 16 bits of each colour, and all of them with as_type=numpy.ndarray")
            return
        if isinstance(options.get("dpi"), (int, float)):
            options["dpi"] = (options["dpi"],) * 2
        frames = [frame for part in self._parts(obj) for frame in frames_of(part)]
        self.write(frames, path, carried(frames, self.pillow) | self.timing(obj) | options)

    def _parts(self, obj: Any) -> list[Any]:
        """An image, a list of images or a film as a list of images."""
        import numpy as np

        film = obj.frames if isinstance(obj, Video) else obj
        parts = list(film) if isinstance(film, list) or (isinstance(film, np.ndarray) and is_film(film)) else [film]
        floats = "F" in self.modes
        return [
            pixels.image_of(part, self.name, floats=floats) if isinstance(part, np.ndarray) else part for part in parts
        ]

    def timing(self, obj: Any, /) -> dict[str, Any]:  # noqa: ARG002  # for formats that can
        """Options that say how long each frame is shown."""
        return {}

    def save_deep(self, array: NDArray[Any], path: Path, options: Mapping[str, Any], /) -> bool:  # noqa: ARG002  # for formats that can
        """Write colours of 16 bits; False if the format has none."""
        return False

    def write(self, frames: list[Image.Image], path: Path, options: dict[str, Any], /) -> None:
        """Write images with Pillow, in the nearest mode that the format has."""
        fitting = [self.fit(frame) for frame in frames]
        if len(frames) > 1 and self.animated:
            with opened(path) as file:
                fitting[0].save(file, self.pillow, save_all=True, append_images=fitting[1:], **options)
            if not same_frames(path, self.pillow, frames):
                lose("the frames change (equal ones that follow each other become one, colours are approximated)")
            return
        if len(frames) > 1:
            lose(f"only the first of {len(frames)} frames is stored")
        with opened(path) as file:
            fitting[0].save(file, self.pillow, **self.belonging(fitting[0]) | options)

    def belonging(self, image: Image.Image, /) -> dict[str, Any]:  # noqa: ARG002  # for formats that need it
        """Options that follow from the one image to write."""
        return {}

    def fit(self, image: Image.Image, /) -> Image.Image:
        """The image in a mode that the format has."""
        return converted(image, self.modes, self.name, self.accepts)

    def _draw(self, obj: object, path: Path) -> None:
        options = dict(self.extra_options)
        dpi = self.figure_dpi if self.dpi is None and not is_plotly(obj) else self.dpi
        if dpi is not None:
            options["dpi"] = dpi
        if self.drawn:
            render(obj, path, self.drawn, self.name, options, self.encoder)
            return
        from PIL import Image

        between = BytesIO()
        own = {name: options.pop(name) for name in list(options) if name in self.encoder}
        render(obj, between, "png", self.name, options)
        with Image.open(between) as picture, opened(path) as file:
            self.picture(picture).save(file, self.pillow, **own | {"dpi": picture.info.get("dpi", (96, 96))})

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
            The file is damaged, cut short, or of another format.
        FileTooLargeError
            It has more than ``2 * PIL.Image.MAX_IMAGE_PIXELS``, or than fit in.
        """
        with path.open("rb") as file:
            self.check(file, path)
            image = self.open(file, path)
            if getattr(image, "n_frames", 1) == 1:
                pixels.take_frame(image)
                image.load()
                self.settle(image, path)
                return image
        image = self.open(BytesIO(path.read_bytes()), path)
        for frame in range(image.n_frames):  # type: ignore[attr-defined]  # it has more than one
            image.seek(frame)
            pixels.take_frame(image)
            image.load()
        image.seek(0)
        image.load()
        self.settle(image, path)
        return image

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """Read the pixels: (H, W) or (H, W, C), for several frames (frames, H, W) or (frames, H, W, C).

        Integers of 16 and 32 bits and floats come as they are; palettes, CMYK and YCbCr as RGB, or RGBA where
        there is transparency.
        """
        del wanted  # there is one: numpy.ndarray
        with path.open("rb") as file:
            self.check(file, path)
            image = self.open(file, path)
            if not self.animated:
                pixels.take_frame(image)
                image.load()
                return pixels.plain(image)
            with path.open("rb") as again:
                return pixels.pixels_of(image, lambda: self.open(again, path))

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Size, mode, frames and resolution, from the headers."""
        with path.open("rb") as file:
            image = self.open(file, path)
            facts = {"kind": "image", "size": image.size, "mode": image.mode, "frames": getattr(image, "n_frames", 1)}
            if "dpi" in image.info:
                facts["dpi"] = tuple(float(value) for value in image.info["dpi"])
        return facts

    def check(self, file: BinaryIO, path: Path, /) -> None:
        """Find the damage that Pillow overlooks, and leave the file at its beginning."""

    def open(self, file: Any, path: Path) -> ImageFile.ImageFile:
        """The image with its headers read, not decoded."""
        from PIL import Image

        file.seek(0)
        try:
            return Image.open(file, formats=[self.pillow])
        except Image.DecompressionBombError as error:
            found = f"{error}: if the file is to be trusted, raise PIL.Image.MAX_IMAGE_PIXELS"
            raise FileTooLargeError(str(path), 0, 0, found) from error

    def settle(self, image: ImageFile.ImageFile, path: Path) -> None:
        """Take from the file what Pillow would read later, when it is closed."""

    def damaged(self, path: Path, what: str) -> UnreadableFileError:
        """The error that says what is wrong with a file."""
        return UnreadableFileError(str(path), self.name, what)
