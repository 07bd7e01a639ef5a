"""What the raster formats share that show their frames one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from attrs import field, frozen
from attrs.validators import gt, optional

from scitex_io.content.frames import ANIMATION, VIDEO, feed, is_film, is_video, own_rate
from scitex_io.content.media import Video
from scitex_io.content.modes import frames_of
from scitex_io.content.opened import opened
from scitex_io.content.raster import IMAGE, Raster, stores
from scitex_io.errors import OptionError
from scitex_io.handler import Accepts, Fidelity
from scitex_io.losses import lose
from scitex_io.typeref import distance

FPS = 10.0


def moving(*, grey: bool = False) -> tuple[Accepts, ...]:
    """The rows of a format whose frames move; with *grey* an array of three dimensions may be a film."""
    return (
        *stores(frames=True, grey=grey),
        Accepts(VIDEO, Fidelity.VALUE, IMAGE, where=is_video),
        Accepts(ANIMATION, Fidelity.RENDERED, IMAGE, subclasses=True),
    )


@frozen(kw_only=True)
class Moving(Raster):
    """Images whose frames are shown one after the other.

    Parameters
    ----------
    fps
        Frames a second; else those of the video or animation, else 10.
    """

    yields = (IMAGE, "numpy.ndarray", VIDEO)

    grain: ClassVar[int] = 1  # milliseconds, of which there are whole numbers

    fps: float | None = field(default=None, validator=optional(gt(0)), metadata={"verb": "save"})

    def save(self, obj: Any, path: Path, /) -> None:
        """Draw the figure or animation, or write the pixels."""
        if distance(type(obj), ANIMATION) is None:
            super().save(obj, path)
            return
        from PIL import Image

        fps = self.fps or own_rate(obj) or FPS
        frames: list[Image.Image] = []
        dpi = self.dpi[0] if isinstance(self.dpi, tuple) else self.dpi
        take = lambda frame: frames.append(self.picture(Image.fromarray(frame)))  # noqa: E731  # one expression
        feed(obj, take, self.name, self.accepts, fps=fps, dpi=dpi)
        options = {"duration": self._whole(1000 / fps), "loop": 0} | dict(self.extra_options)
        with opened(path) as file:
            frames[0].save(file, self.pillow, save_all=True, append_images=frames[1:], **options)

    def timing(self, obj: Any, /) -> dict[str, Any]:
        """How long each frame is shown: as asked, or as the video tells."""
        import numpy as np

        if self.fps is not None and "duration" in self.extra_options:
            raise OptionError(self.name, "save", "duration", reason="fps= says the same")
        if self.fps is None and isinstance(obj, Video) and obj.times is not None:
            return {"duration": [self._whole(1000 * step) for step in (*np.diff(obj.times), 1 / obj.fps)]}
        fps = self.fps or (obj.fps if isinstance(obj, Video) else None)
        if fps is None:
            return {"duration": self._whole(1000 / FPS)} if isinstance(obj, np.ndarray) and is_film(obj) else {}
        step = self._whole(1000 / fps)
        if abs(step - 1000 / fps) > 1e-6:
            lose(f"{fps:g} frames a second become {1000 / step:.4g}: {self.name} counts steps of {self.grain} ms")
        return {"duration": step}

    def _whole(self, milliseconds: float) -> int:
        return max(1, round(milliseconds / self.grain)) * self.grain

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """Read the frames: as an array, or with their rate as a `Video`, transparent parts in their own colours."""
        if not issubclass(wanted, Video):
            return super().load_as(path, wanted)
        import numpy as np

        frames = frames_of(self.load(path))
        steps = np.array([frame.info.get("duration") or 1000 / FPS for frame in frames])  # milliseconds
        times = None if np.ptp(steps) == 0 else (np.cumsum(steps) - steps) / 1000
        pixels = np.stack([np.asarray(frame.convert("RGB")) for frame in frames])
        return Video(pixels, 1000 * len(steps) / steps.sum(), times)
