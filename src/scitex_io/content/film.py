"""A video file as frames, by FFmpeg: only those decoded that are asked for, each only as long in memory as it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from attrs import frozen

from scitex_io.content import containers
from scitex_io.content.media import Video
from scitex_io.errors import OptionError, UnreadableFileError
from scitex_io.limits import take

if TYPE_CHECKING:
    import numpy as np
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

WALKS: dict[str, Callable[[BinaryIO], str]] = {
    "mov": containers.boxes,
    "avi": containers.riffs,
    "matroska": containers.elements,
}
LARGEST = 1 << 28  # pixels of one frame: a damaged header asks for more


@frozen
class Film:
    """A video file to be read.

    Parameters
    ----------
    path, name
        The file, and the format for errors.
    pix_fmt
        What frames are given as, in FFmpeg's words.
    """

    path: Path
    name: str
    pix_fmt: str = "rgb24"

    @contextmanager
    def opened(self) -> Iterator[tuple[InputContainer, VideoStream]]:
        """The container and its picture, found to be whole.

        Raises
        ------
        UnreadableFileError
            It is none, is cut short or damaged, or FFmpeg cannot decode it.
        """
        import av
        from av.error import FFmpegError

        with self.path.open("rb") as file:
            kind = _kind(file.read(12))
            if not kind:
                raise self.damaged("it is no MP4, QuickTime, AVI or Matroska file")
            if wrong := WALKS[kind](file):
                raise self.damaged(wrong)
        try:
            # The demuxer is named: others would open what a file that pretends to be a film points at.
            with av.open(f"file:{self.path}", "r", kind) as container:
                stream: Any = container.streams.best("video")
                if stream is None:
                    raise self.damaged("it holds no pictures")
                if stream.codec_context is None:
                    raise self.damaged("FFmpeg has no decoder for its pictures here")
                stream.thread_type = "AUTO"
                stream.codec_context.options = {"max_pixels": str(LARGEST)}
                yield container, stream
        except FFmpegError as error:
            raise self.damaged(f"{type(error).__name__}: {error.strerror}") from error

    def damaged(self, what: str) -> UnreadableFileError:
        """The error that says what is wrong with the file."""
        return UnreadableFileError(str(self.path), self.name, what)

    def load(self, rows: slice | None = None) -> Video:
        """The frames *rows*, decoded into one array."""
        import numpy as np

        timing = self._timing()
        wanted = range(len(timing.marks))[rows or slice(None)]
        frames: NDArray[Any] | None = None
        for at, frame in enumerate(self._pictures(timing, wanted)):
            if frames is None:
                take(len(wanted) * frame.nbytes, f"its {len(wanted)} frames")
                frames = np.empty((len(wanted), *frame.shape), frame.dtype)
            if frame.shape != frames.shape[1:]:
                raise self.damaged("its frames differ in size, and are no single array")
            frames[at if wanted.step > 0 else -1 - at] = frame
        if frames is None:  # nothing is wanted, of a shape that a frame tells
            frames = next(self._pictures(timing, range(1)))[None][:0]
        return Video(frames, *timing.rate(wanted))

    def stream(self, rows: slice | None = None) -> Iterator[NDArray[Any]]:
        """The frames *rows*, one after the other."""
        timing = self._timing()
        wanted = range(len(timing.marks))[rows or slice(None)]
        if wanted.step < 0:
            raise OptionError(self.name, "load", "rows", reason="a film is streamed forwards")
        return self._pictures(timing, wanted)

    def describe(self) -> dict[str, Any]:
        """Facts from the headers."""
        with self.opened() as (container, stream):
            fps = float(stream.average_rate or 0)
            ticks = stream.duration * stream.time_base if stream.duration and stream.time_base else None
            seconds = float(ticks) if ticks else (container.duration or 0) / 1e6
            return {
                "kind": "video",
                "frames": stream.frames or round(seconds * fps),
                "size": (stream.width, stream.height),
                "fps": fps,
                "duration": seconds,
                "codec": stream.codec_context.name,
                "pix_fmt": stream.codec_context.pix_fmt,
                "audio": [getattr(each.codec_context, "name", "") for each in container.streams.audio],
            }

    def _timing(self) -> _Timing:
        """When each frame is shown; told by the packets, none of them decoded."""
        with self.opened() as (container, stream):
            if container.format.name.startswith("matroska"):
                with self.path.open("rb") as file:
                    if wrong := containers.elements(file, sums=True):
                        raise self.damaged(wrong)
            marks = [part.pts for part in container.demux(stream) if part.size and not part.is_discard]
            told = 0 if container.format.name == "avi" else stream.frames  # AVI counts those that repeat another, too
            if len(marks) < max(told, 1):
                raise self.damaged(f"it holds {len(marks)} of its {told} frames")
            fps = stream.average_rate or stream.guessed_rate or 1
            known = None not in marks and len(set(marks)) == len(marks)
            return _Timing(sorted(marks, key=int) if known else marks, known, float(fps), float(stream.time_base or 0))

    def _pictures(self, timing: _Timing, wanted: range) -> Iterator[NDArray[Any]]:
        """The frames at *wanted*, in the order in which they are shown."""
        import numpy as np

        forwards = wanted if wanted.step > 0 else wanted[::-1]
        last, count = (forwards[-1], 0) if wanted else (-1, 0)
        for at, frame in enumerate(self._decoded(timing, forwards.start, last + 1), forwards.start):
            if frame.is_corrupt:
                raise self.damaged(f"frame {at} is damaged")
            if at in forwards:
                count += 1
                # One thread: with several the same frame does not always give the same pixels.
                array = frame.reformat(format=self.pix_fmt, threads=1).to_ndarray()
                turned = round(frame.rotation / 90) % 4  # as a phone was held
                yield np.ascontiguousarray(np.rot90(array, turned)) if turned else array
        if count < len(forwards):
            raise self.damaged(
                f"only {forwards.start + count * forwards.step} of its {len(timing.marks)} frames can be decoded"
            )

    def _decoded(self, timing: _Timing, first: int, end: int) -> Iterator[VideoFrame]:
        """Frames from *first* up to *end*, from the key frame before it on."""
        if first >= end:
            return
        if first and timing.known:
            mark = timing.marks[first]
            with self.opened() as (container, stream):
                container.seek(mark, stream=stream)
                ahead = (frame for frame in container.decode(stream) if frame.pts is not None and frame.pts >= mark)
                found = next(ahead, None)
                if found is not None and found.pts == mark:
                    yield from islice(chain([found], ahead), end - first)
                    return
        # Where the index leads elsewhere, or frames have no times: from the beginning.
        with self.opened() as (container, stream):
            yield from islice(container.decode(stream), first, end)


@frozen
class _Timing:
    marks: list[Any]  # when each frame is shown, in ticks
    known: bool  # are the marks complete, and in order?
    fps: float  # as the file tells
    tick: float  # seconds

    def rate(self, wanted: range) -> tuple[float, NDArray[np.float64] | None]:
        """Frames a second of those frames, and the time of each where they are not evenly spaced."""
        import numpy as np

        if not self.known or len(self.marks) < 2:
            return self.fps / abs(wanted.step), None
        marks = np.array(self.marks)
        seconds = (marks - marks[0]) * self.tick
        mean = (len(marks) - 1) / seconds[-1]
        even = np.linspace(0, seconds[-1], len(marks))
        if np.abs(seconds - even).max() <= self.tick + 0.25 / mean:
            return (self.fps if abs(self.fps - mean) < 0.05 * mean else mean) / abs(wanted.step), None
        times = seconds[wanted.start :: wanted.step][: len(wanted)]
        times = np.abs(times - times[0]) if len(times) else times
        return (len(times) - 1) / times[-1] if len(times) > 1 else mean, times


def _kind(head: bytes) -> str:
    """FFmpeg's name of the container that begins so; nothing for any other file."""
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}:
        return "mov"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    return "matroska" if head[:4] == b"\x1aE\xdf\xa3" else ""
