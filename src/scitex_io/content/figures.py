"""The data that a matplotlib figure shows, as one tidy table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scitex_io.content.artists import artists
from scitex_io.content.coordinates import Columns
from scitex_io.content.rendering import figure_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.axes._base import _AxesBase

FIRST = ("axes", "artist", "label", "x", "y", "z")


def companion(obj: object) -> Mapping[str, object]:
    """The data of a figure as what to save beside its picture; nothing if it shows none."""
    if figure_of(obj) is None:
        return {}
    frame = figure_data(obj)
    return {".csv": frame} if len(frame) else {}


def figure_data(figure: object) -> pd.DataFrame:
    """Everything that is plotted, one row for each point, with the values that were given.

    Parameters
    ----------
    figure
        A matplotlib Figure, or an Axes of the figure.

    Returns
    -------
    table
        ``axes`` counts the axes of the figure, ``artist`` names the artist by its kind and number in them
        (``line0``, ``scatter0``, ``bars0``, ``errorbar0``, ``area0``, ``image0``, ``mesh0``, ``contour0``, ``segments0``,
        ``quiver0``, ``stairs0``, ``polygon0``, ``wedge0``), ``label`` is that of the legend. ``x`` and ``y``
        (``z``) are data coordinates; dates are ISO 8601 text, categories their names. ``left``, ``right``, ``lower``
        and ``upper`` are extents of bars, areas and error bars; ``base`` is where a bar starts; ``width`` its width;
        ``row``, ``col`` and ``value`` (or ``red``, ``green``, ``blue``, ``alpha``) belong to images; ``value``,
        ``size`` and ``colour`` to points. Gaps are NaN.
    """
    found = figure_of(figure)
    pieces: list[Columns] = []
    for number, axes in enumerate(_all_axes(list(found.axes)) if found is not None else ()):
        if axes.get_label() == "<colorbar>" or not axes.get_visible():
            continue
        counts: dict[str, int] = {}
        for kind, label, columns in artists(axes):
            size = len(next(iter(columns.values())))
            at = counts[kind] = counts.get(kind, -1) + 1
            label = "" if label.startswith("_") else label
            if size:
                pieces.append(
                    {"axes": [number] * size, "artist": [f"{kind}{at}"] * size, "label": [label] * size} | columns
                )
    return _table(pieces)


def _all_axes(axes: Sequence[_AxesBase]) -> list[Axes]:
    """Those axes and the ones inside them, without secondary axes, which show no data of their own."""
    from matplotlib.axes import Axes

    return [every for one in axes if isinstance(one, Axes) for every in (one, *_all_axes(one.child_axes))]


def _table(pieces: list[Columns]) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    names = dict.fromkeys((*FIRST[:5], *(FIRST if any("z" in piece for piece in pieces) else ())))
    names |= dict.fromkeys(name for piece in pieces for name in piece)
    columns: dict[str, Any] = {}
    for name in names:
        parts = [np.asarray(piece[name]) if name in piece else np.full(len(piece["axes"]), np.nan) for piece in pieces]
        numbers = all(part.dtype.kind in "biuf" for part in parts)
        if numbers and parts:
            columns[name] = np.concatenate(parts)
        else:
            cells = [cell for part in parts for cell in part.tolist()]
            columns[name] = pd.Series([None if cell != cell else cell for cell in cells], dtype=object)
    return pd.DataFrame(columns)
