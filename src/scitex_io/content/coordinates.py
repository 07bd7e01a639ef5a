"""What the numbers of a matplotlib axes stand for."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

    from matplotlib.axes import Axes

Columns: TypeAlias = "dict[str, Any]"
"""The points of one artist: equally long sequences."""


def filled(values: Any) -> Any:
    """Masked values as NaN."""
    import numpy as np

    mask = np.ma.getmask(values)
    data = np.ma.getdata(values)
    return np.where(mask, np.nan, data) if mask.any() else data


def on(axis: Any, values: Any) -> Any:
    """Numbers of an axis as what they stand for: dates as ISO 8601 text, categories as names."""
    import numpy as np
    from matplotlib import category, dates

    values = filled(values)
    if values.dtype.kind == "M":
        return np.array([None if np.isnat(v) else str(v) for v in values], dtype=object)
    if values.dtype.kind == "O":
        return np.array([v.isoformat() if hasattr(v, "isoformat") else v for v in values], dtype=object)
    if values.dtype.kind not in "iuf":
        return values
    converter = axis.get_converter() if hasattr(axis, "get_converter") else axis.converter
    if isinstance(converter, category.StrCategoryConverter):
        names = {place: name for name, place in axis.units._mapping.items()}  # noqa: SLF001  # kept nowhere else
        near = np.rint(values)
        if np.allclose(near, values, rtol=0, atol=1e-9) and all(place in names for place in near):
            return np.array([names[place] for place in near], dtype=object)
    kinds = (dates.DateConverter, getattr(dates, "_SwitchableDateConverter", dates.DateConverter))
    if isinstance(converter, kinds) or type(converter).__name__ == "DatetimeConverter":  # pandas brings its own
        zone = axis.get_units() if isinstance(axis.get_units(), tzinfo) else None
        return np.array([_iso(value, zone) for value in values], dtype=object)
    return values


def _iso(value: float, zone: tzinfo | None) -> str | None:
    import math

    from matplotlib import dates

    if not math.isfinite(value):
        return None
    moment: datetime = dates.num2date(value)  # type: ignore[no-untyped-call]  # matplotlib types no dates
    return (moment.replace(tzinfo=None) if zone is None else moment.astimezone(zone)).isoformat()


def in_data(axes: Axes, artist: Any) -> tuple[bool, bool]:
    """Are x and y of the artist data, not fractions of the axes?"""
    x, y = artist.get_transform().contains_branch_seperately(axes.transData)
    return bool(x), bool(y)


def places_are_data(axes: Axes, transform: Any) -> bool:
    """Are the places of a collection, under this transform, data?"""
    from matplotlib.transforms import AffineDeltaTransform

    # hexbin shifts its hexagons by a delta that is made of data coordinates.
    return isinstance(transform, AffineDeltaTransform) or all(transform.contains_branch_seperately(axes.transData))


def xy(axes: Axes, points: Any) -> Columns:
    """Points, shape (n, 2), as what their coordinates stand for."""
    return {"x": on(axes.xaxis, points[:, 0]), "y": on(axes.yaxis, points[:, 1])}


def snapped(values: Any, distance: Any = 0.0) -> Any:
    """Without the last digit that going to an edge, at this distance, and back has cost."""
    import numpy as np

    near = np.round(values, 10)
    cost = 8 * np.spacing(np.maximum(np.abs(values), np.abs(distance)))
    return np.where(np.abs(near - values) <= cost, near + 0.0, values)  # no -0.0


def joined(pieces: list[Columns]) -> Columns:
    """Several parts one after the other; NaN where one has no such column."""
    import numpy as np

    names = dict.fromkeys(name for piece in pieces for name in piece)
    sizes = [len(next(iter(piece.values()))) for piece in pieces]
    return {
        name: np.concatenate(
            [np.asarray(p[name]) if name in p else np.full(n, np.nan) for p, n in zip(pieces, sizes, strict=True)]
        )
        for name in names
    }
