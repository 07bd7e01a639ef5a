"""Videos (.mp4 .mov .avi .mkv), by FFmpeg: arrays, images, animations and 3-D figures as films."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import evolve, field, frozen
from attrs.validators import gt, in_, optional

from scitex_io.content.encoder import RATED, Encoder, encoder_for
from scitex_io.content.film import Film
from scitex_io.content.frames import IMAGE, VIDEO, are_frames, drawn, feed, films, is_drawn, is_video, own_rate
from scitex_io.content.media import Video
from scitex_io.content.parts import RowPart
from scitex_io.errors import OptionError
from scitex_io.handler import Accepts, Fidelity, FormatHandler, load_option, save_option
from scitex_io.losses import lose
from scitex_io.typing import Describer, Loader, Saver, Streamer, TypedLoader

if TYPE_CHECKING:
    from numpy.typing import NDArray

FPS = 30.0
LOSES = "compression changes pixels (lossless=True keeps them)"


def stores(fidelity: Fidelity) -> tuple[Accepts, ...]:
    """The rows of a format that stores frames exactly, or with loss."""
    loses = LOSES if fidelity is Fidelity.LOSSY else ""
    value = Fidelity.VALUE if fidelity is Fidelity.EXACT else fidelity
    domain = "" if loses else "frames of uint8, (T, H, W, 3)"
    return (
        Accepts(VIDEO, fidelity, VIDEO, domain, is_video, loses),
        *films(value, VIDEO, loses),
        Accepts(IMAGE, value, VIDEO, "its frames", loses=loses, subclasses=True),
        Accepts(list, value, VIDEO, "of PIL images or arrays of one size", are_frames, loses),
        Accepts(
            "collections.abc.Iterator",
            value,
            VIDEO,
            "of PIL images or arrays of one size",
            None,
            loses,
            subclasses=True,
        ),
        *drawn(VIDEO),
    )


@frozen(kw_only=True)
class Movie(FormatHandler, RowPart, Saver[Any], Loader[Video], TypedLoader, Streamer["NDArray[Any]"], Describer):
    """What the video formats share.

    Parameters
    ----------
    fps
        Frames a second; else those of the video or animation, else 30.
    codec
        FFmpeg's name of an encoder.
    crf
        How much is lost: 0 (least) to 51 for H.264 and its kind (18 by default), 1 to 31 for others (2).
    lossless
        Keep every pixel, at the cost of size and of players that show it.
    pix_fmt
        How pixels are stored, in FFmpeg's words.
    dpi
        Pixels per inch of figures and animations.
    rows
        Which frames to load.
    as_gray
        Load brightness alone: (T, H, W).
    """

    yields = (VIDEO, "numpy.ndarray")
    requires = ("av",)
    extra = "video"

    container: ClassVar[str]  # FFmpeg's name
    lossy: ClassVar[tuple[str, ...]] = ("libx264", "libopenh264", "mpeg4")  # the first that is there
    exact: ClassVar[str] = "libx264rgb"
    archival: ClassVar[bool] = False  # without loss unless told

    fps: float | None = field(default=None, validator=optional(gt(0)), metadata={"verb": "save"})
    codec: str | None = save_option(None)
    crf: int | None = field(default=None, validator=optional(in_(range(64))), metadata={"verb": "save"})
    lossless: bool | None = save_option(None)
    pix_fmt: str | None = save_option(None)
    dpi: float | None = save_option(None)
    as_gray: bool = load_option(False)

    def match(self, obj: object, /) -> tuple[Accepts, int] | None:
        """What is kept depends on the options."""
        found = super().match(obj)
        if found is None or found[0].fidelity is Fidelity.RENDERED or self._keeps() == self.archival:
            return found
        exact = Fidelity.EXACT if isinstance(obj, Video) else Fidelity.VALUE
        kept = self._keeps()
        return evolve(found[0], fidelity=exact if kept else Fidelity.LOSSY, loses="" if kept else LOSES), found[1]

    def _keeps(self) -> bool:
        """Is every pixel kept?"""
        if self.lossless is None:
            return self.archival and (self.codec, self.crf, self.pix_fmt) == (None, None, None)
        return self.lossless

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the frames one by one; frames with odd sides keep their size.

        A figure with 3-D axes turns once, in six seconds; any other one stands still for two.
        """
        fps = self.fps or own_rate(obj) or FPS
        codec, options = self._encoding()
        rate = Fraction(fps).limit_denominator(100_000)
        with Encoder(path, self.container, self.name, rate, codec, self.pix_fmt, options) as take:
            feed(obj, take, self.name, self.accepts, fps=fps, dpi=self.dpi)
        if isinstance(obj, Video) and obj.frames.shape[3:] != (3,):
            lose("frames come back in three channels")
        got = self._film(path).describe()["fps"]
        if not is_drawn(obj) and not isclose(fps, got, rel_tol=1e-9):
            lose(f"{fps} frames a second become {got}")

    def _encoding(self) -> tuple[str, dict[str, str]]:
        """The codec and FFmpeg's options for it."""
        if self._keeps():
            for option in ("codec", "crf", "pix_fmt"):
                if getattr(self, option) is not None:
                    raise OptionError(self.name, "save", option, reason="lossless=True chooses how pixels are stored")
            return encoder_for((self.exact,), self.name), {"ffv1": {"level": "3"}, "libx264rgb": {"qp": "0"}}.get(
                self.exact, {}
            )
        codec = encoder_for(self.lossy if self.codec is None else (self.codec,), self.name)
        if codec.startswith(RATED):
            return codec, {"crf": str(18 if self.crf is None else self.crf)}
        quantiser = str(2 if self.crf is None else max(1, self.crf))
        return codec, {"qmin": quantiser, "qmax": quantiser}

    def _film(self, path: Path) -> Film:
        return Film(path, self.name, "gray" if self.as_gray else "rgb24")

    def load(self, path: Path, /) -> Video:
        """Decode the frames, (T, H, W, 3) of uint8, upright, with their rate; sound is left out.

        Raises
        ------
        UnreadableFileError
            The file is cut short, or some of its frames cannot be decoded.
        """
        return self._film(path).load(self.rows)

    def load_as(self, path: Path, wanted: type, /) -> NDArray[Any]:
        """Decode the frames alone."""
        del wanted  # there is one: numpy.ndarray
        return self.load(path).frames

    def stream(self, path: Path, /) -> Iterator[NDArray[Any]]:
        """Decode frame after frame, (H, W, 3) each."""
        return self._film(path).stream(self.rows)

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Frames, size, rate, duration and codecs, from the headers."""
        return self._film(path).describe()


@frozen(kw_only=True)
class Mp4(Movie):
    """Films that any player shows: H.264."""

    name = "mp4"
    extensions = (".mp4",)
    accepts = stores(Fidelity.LOSSY)
    container = "mp4"


@frozen(kw_only=True)
class Mov(Movie):
    """QuickTime films: H.264; without loss as a series of PNG."""

    name = "mov"
    extensions = (".mov",)
    accepts = stores(Fidelity.LOSSY)
    container = "mov"
    exact = "png"


@frozen(kw_only=True)
class Avi(Movie):
    """Films for programs of image analysis: each frame a JPEG; without loss as FFV1."""

    name = "avi"
    extensions = (".avi",)
    accepts = stores(Fidelity.LOSSY)
    container = "avi"
    lossy = ("mjpeg",)
    exact = "ffv1"


@frozen(kw_only=True)
class Mkv(Movie):
    """Films to keep: every pixel exact and checksummed (FFV1, RFC 9043), unless a ``codec`` or ``crf`` is given."""

    name = "mkv"
    extensions = (".mkv",)
    accepts = stores(Fidelity.EXACT)
    magic = (b"\x1aE\xdf\xa3",)
    container = "matroska"
    exact = "ffv1"
    archival = True
