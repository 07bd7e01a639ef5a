"""The points of artists in three dimensions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from scitex_io.content.coordinates import Columns, joined

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def bars(lines: Any, columns: Columns) -> Columns:
    """The ends of error bars, by the axis along which they go."""
    import numpy as np

    found: Columns = {}
    for bar in lines:
        ends = np.asarray(bar._segments3d, float)  # noqa: SLF001  # kept nowhere else
        spread = np.ptp(ends, axis=1).max(axis=0) if len(ends) else np.zeros(3)
        place = int(np.argmax(spread))
        if not columns:
            found |= {name: ends[:, :, at].mean(axis=1) for at, name in enumerate("xyz") if at != place}
        low, high = (("left", "right"), ("lower", "upper"), ("bottom", "top"))[place]
        if not columns or len(ends) == len(next(iter(columns.values()))):  # errorevery: not all points have one
            found |= {low: ends[:, :, place].min(axis=1), high: ends[:, :, place].max(axis=1)}
    return found


def surface(axes: Axes, polygons: Any) -> Columns:  # noqa: ARG001  # read like the others
    """The polygons of a surface, or of bars, in space."""
    import numpy as np

    faces = getattr(polygons, "_faces", None)  # kept nowhere else, and not in every version
    if faces is None:
        return {}
    # Those with fewer corners than the others are filled up with anything.
    missing = np.broadcast_to(np.asarray(polygons._invalid_vertices), faces.shape[:2])  # noqa: SLF001  # as above
    return parts(face[~none] for face, none in zip(faces, missing, strict=True))


def parts(corners: Iterable[Any]) -> Columns:
    """The corners of lines or polygons in space."""
    import numpy as np

    pieces = [np.asarray(part, float) for part in corners]
    return joined(
        [
            dict(zip("xyz", part.T, strict=True)) | {"part": [at] * len(part)}
            for at, part in enumerate(pieces)
            if len(part)
        ]
    )
