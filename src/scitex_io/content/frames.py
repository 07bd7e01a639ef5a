"""Everything that moves as frames, one after the other: arrays, images, iterators, animations and figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from scitex_io.content.media import Video
from scitex_io.content.modes import converted, frames_of
from scitex_io.content.pixels import image_of, is_picture
from scitex_io.content.rendering import AXES, FIGURE, figure_of
from scitex_io.errors import UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, Fidelity
from scitex_io.losses import lose
from scitex_io.typeref import TypeRef, distance

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.animation import Animation
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

ANIMATION = "matplotlib.animation.Animation"
IMAGE = "PIL.Image.Image"
VIDEO = "scitex_io.Video"
FILM = "(T, H, W) or (T, H, W, 3 or 4) of bool, uint8, uint16 or floats in [0, 1]"
COLOUR_FILM = "(T, H, W, 3 or 4) of uint8, uint16 or floats in [0, 1]"
TURN = 6.0  # seconds for a 3-D figure to turn once
STILL = 2.0  # seconds that any other figure is shown

Take = Callable[["NDArray[np.uint8]"], None]
"""What is given the frames: (H, W, 3)."""


def is_film(array: NDArray[Any]) -> bool:
    """Is the array a series of pictures? What is up to four values deep is rather one picture in colours."""
    return (array.ndim == 4 or (array.ndim == 3 and array.shape[2] > 4)) and len(array) > 0 and is_picture(array[0])


def is_colour_film(array: NDArray[Any]) -> bool:
    """Is it such a series without any doubt?"""
    return array.ndim == 4 and is_film(array)


def is_video(video: Video) -> bool:
    """Are its frames pictures?"""
    return is_film(video.frames)


def are_frames(parts: list[Any]) -> bool:
    """Is it a list of images and arrays of pixels?"""
    import numpy as np

    return bool(parts) and all(
        is_picture(part) if isinstance(part, np.ndarray) else distance(type(part), IMAGE) is not None for part in parts
    )


def films(fidelity: Fidelity, loads_as: TypeRef, loses: str = "", *, grey: bool = True) -> tuple[Accepts, ...]:
    """The rows of arrays that are films; without *grey* only of those in colours."""
    shapes, where = (FILM, is_film) if grey else (COLOUR_FILM, is_colour_film)
    return tuple(Accepts(kind, fidelity, loads_as, shapes, where, loses) for kind in ("numpy.ndarray", "numpy.memmap"))


def drawn(loads_as: TypeRef) -> tuple[Accepts, ...]:
    """The rows of what is drawn frame by frame."""
    domain = "3-D axes turn once, others stand still"
    return (
        Accepts(ANIMATION, Fidelity.RENDERED, loads_as, subclasses=True),
        *(Accepts(kind, Fidelity.RENDERED, loads_as, domain, subclasses=True) for kind in (FIGURE, AXES)),
    )


def is_drawn(obj: object) -> bool:
    """Is it an animation or a figure?"""
    return any(distance(type(obj), kind) is not None for kind in (ANIMATION, FIGURE, AXES))


def own_rate(obj: Any) -> float | None:
    """Frames a second, where the object tells: a video, an animation or a moving image."""
    if isinstance(obj, Video):
        return obj.fps
    if distance(type(obj), ANIMATION) is not None:
        interval = getattr(obj.event_source, "interval", None)
        return 1000 / interval if interval else None
    if getattr(obj, "n_frames", 1) > 1:
        times = [frame.info.get("duration", 0) for frame in frames_of(obj)]
        return 1000 * len(times) / sum(times) if sum(times) else None
    return None


def feed(obj: Any, take: Take, name: str, accepts: Sequence[Accepts], *, fps: float, dpi: float | None = None) -> None:
    """Give every frame to *take*, in order, as it is made: never are all of them in memory.

    Raises
    ------
    UnsupportedTypeError
        There is no frame, or one that is no picture.
    """
    if distance(type(obj), ANIMATION) is not None:
        _play(obj, take, dpi)
        return
    if is_drawn(obj):
        figure = figure_of(obj)
        if figure is None:
            raise UnsupportedTypeError(name, type_name(type(obj)), tuple(map(str, accepts)), "it belongs to no figure")
        _turn(figure, take, fps, dpi)
        return
    if isinstance(obj, Video):
        if obj.times is not None:
            lose("frames follow each other evenly, at their mean rate")
        obj = obj.frames
    parts = frames_of(obj) if distance(type(obj), IMAGE) is not None else obj
    empty = True
    for part in parts:
        take(colours(part, name, accepts))
        empty = False
    if empty:
        raise UnsupportedTypeError(name, type_name(type(obj)), tuple(map(str, accepts)), "it has no frames")


def colours(frame: Any, name: str, accepts: Sequence[Accepts]) -> NDArray[np.uint8]:
    """A picture as (H, W, 3) of uint8; what that changes is announced.

    Raises
    ------
    UnsupportedTypeError
        It is no picture, or one of values that are no colours.
    """
    import numpy as np

    if isinstance(frame, np.ndarray):
        if not is_picture(frame):
            reason = f"a frame is an array of {frame.dtype} {frame.shape}"
            raise UnsupportedTypeError(name, type_name(type(frame)), tuple(map(str, accepts)), reason)
        if frame.dtype == np.uint8 and frame.shape[2:] == (3,):
            return np.ascontiguousarray(frame)
        if frame.dtype.kind == "b":
            lose("bool becomes 0 and 255")
        frame = image_of(frame, name)
    elif distance(type(frame), IMAGE) is None:
        raise UnsupportedTypeError(name, type_name(type(frame)), tuple(map(str, accepts)), "it is no frame")
    array = np.asarray(converted(frame, ("L", "RGB"), name, accepts))
    return np.repeat(array[..., None], 3, axis=2) if array.ndim == 2 else array


def _play(animation: Animation, take: Take, dpi: float | None) -> None:
    """Draw an animation's frames as its own `save` does."""
    from matplotlib.animation import AbstractMovieWriter

    class Camera(AbstractMovieWriter):
        def setup(self, fig: Figure, outfile: Any, dpi: float | None = None) -> None:
            super().setup(fig, outfile, dpi)  # pyright: ignore[reportAbstractUsage]  # it does what there is to do

        def grab_frame(self, **savefig: Any) -> None:
            take(_drawing(self.fig, self.dpi, **savefig))

        def finish(self) -> None:
            pass

    animation.save("unwritten", writer=Camera(), dpi=dpi)


def _turn(figure: Figure, take: Take, fps: float, dpi: float | None) -> None:
    """A figure from all sides, or standing still."""
    resolution = figure.dpi if dpi is None else dpi
    deep: list[Any] = [axes for axes in figure.axes if axes.name == "3d"]
    if not deep:
        still = _drawing(figure, resolution)
        for _ in range(max(1, round(STILL * fps))):
            take(still)
        return
    before = [(axes.elev, axes.azim, axes.roll) for axes in deep]
    steps = max(1, round(TURN * fps))
    try:
        for step in range(steps):
            for axes, (elev, azim, roll) in zip(deep, before, strict=True):
                axes.view_init(elev, azim + 360 * step / steps, roll)
            take(_drawing(figure, resolution))
    finally:
        for axes, (elev, azim, roll) in zip(deep, before, strict=True):
            axes.view_init(elev, azim, roll)


def _drawing(figure: Figure, dpi: float, **savefig: Any) -> NDArray[np.uint8]:
    """A figure as it looks on white, its width and height made even: most codecs halve them for colours."""
    import matplotlib as mpl
    import numpy as np
    from PIL import Image

    file = BytesIO()
    with mpl.rc_context({"savefig.bbox": None}):
        figure.savefig(file, format="rgba", dpi=dpi, **savefig)
    width, height = (int(inches * dpi + 1e-8) for inches in figure.get_size_inches())
    image = Image.frombuffer("RGBA", (width, height), file.getvalue())
    white = Image.new("RGBA", image.size, "white")
    array = np.asarray(Image.alpha_composite(white, image).convert("RGB"))
    return np.pad(array, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
