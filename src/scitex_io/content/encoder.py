"""Frames as a video file, by FFmpeg: one after the other, none kept."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scitex_io.errors import OptionError, UnsupportedTypeError

if TYPE_CHECKING:
    import numpy as np
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

RATED = ("libx26", "libvpx", "libaom", "libsvtav1")
"""Encoders that take a constant rate factor; of the others the quantiser is set."""


class Encoder:
    """Takes frames, (H, W, 3) of uint8, and writes them: ``with Encoder(...) as take: take(frame)``."""

    def __init__(
        self,
        path: Path,
        container: str,
        name: str,
        fps: Fraction,
        codec: str,
        pix_fmt: str | None,
        options: dict[str, str],
    ) -> None:
        import av

        self._name, self._fps, self._codec, self._pix_fmt, self._options = name, fps, codec, pix_fmt, options
        self._stream: Any = None
        # bitexact: no random identifiers, no dates, no version.
        self._file = av.open(f"file:{path}", "w", container, container_options={"fflags": "+bitexact"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        with self._file:
            if kind is None and self._stream is not None:
                self._encode(None)

    def __call__(self, frame: NDArray[np.uint8]) -> None:
        """Add a frame.

        Raises
        ------
        UnsupportedTypeError
            It is of another size than those before, or of one that the codec cannot take.
        """
        import av
        from av.error import FFmpegError

        height, width = frame.shape[:2]
        if self._stream is None:
            self._stream = self._file.add_stream(self._codec, self._fps, self._options)
            self._stream.width, self._stream.height = width, height
            self._stream.pix_fmt = self._pix_fmt or _pix_fmt(self._codec, width, height)
            if self._codec.startswith("libx26") and self._stream.pix_fmt.startswith("yuv4"):
                context = self._stream.codec_context  # said, or players guess by the size
                context.colorspace = context.color_range = context.color_primaries = context.color_trc = 1  # BT.709
        if (width, height) != (self._stream.width, self._stream.height):
            raise self._refused(frame, f"those before have {self._stream.width} x {self._stream.height} pixels")
        picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
        standard = 1 if self._stream.codec_context.colorspace == 1 else None
        # One thread: with several the same frame does not always give the same pixels.
        picture = picture.reformat(
            format=self._stream.pix_fmt, dst_colorspace=standard, dst_color_range=standard, threads=1
        )
        try:
            self._encode(picture)
        except FFmpegError as error:
            if isinstance(error, OSError):
                raise
            reason = f"{self._codec} cannot encode it in {self._stream.pix_fmt}: {error.strerror}"
            raise self._refused(frame, reason) from error

    def _encode(self, picture: VideoFrame | None) -> None:
        self._file.mux(self._stream.encode(picture))

    def _refused(self, frame: NDArray[np.uint8], reason: str) -> UnsupportedTypeError:
        height, width = frame.shape[:2]
        return UnsupportedTypeError(self._name, f"a frame of {width} x {height} pixels", (), reason)


def _pix_fmt(codec: str, width: int, height: int) -> str:
    """What most players show: colours at half the resolution, but where the codec keeps them, or a side is odd."""
    import av

    known = [each.name for each in av.Codec(codec, "w").video_formats or ()]
    if codec in {"libx264rgb", "ffv1", "png"}:
        wanted = ["rgb24", "bgr0"]
    else:
        full = "yuvj" if codec == "mjpeg" else "yuv"
        wanted = [f"{full}420p"] if width % 2 == height % 2 == 0 else [f"{full}444p", f"{full}420p"]
    return next((name for name in wanted if name in known), known[0] if known else "bgr24")


def encoder_for(codecs: tuple[str, ...], name: str) -> str:
    """The first of *codecs* that this FFmpeg can write.

    Raises
    ------
    OptionError
        It has none of them.
    """
    import av

    for codec in codecs:
        try:
            av.Codec(codec, "w")
        except ValueError:
            continue
        return codec
    raise OptionError(name, "save", "codec", reason=f"FFmpeg has no encoder {' or '.join(map(repr, codecs))} here")
