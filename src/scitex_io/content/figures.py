"""The data that a matplotlib figure shows, as one tidy table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scitex_io.content.artists import artists
from scitex_io.content.coordinates import Columns
from scitex_io.content.notes import LARGEST
from scitex_io.content.rendering import figure_of, is_plotly

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.axes._base import _AxesBase

CELLS = 600_000
"""What a table may have to be put into its picture: about as long as drawing takes."""
FIRST = ("axes", "artist", "label", "x", "y", "z")


def companion(obj: object) -> Mapping[str, object]:
    """The data of a figure as what to save beside its picture; nothing if it shows none."""
    if is_plotly(obj):
        frame = _table(list(_traces(obj)))
    elif figure_of(obj) is not None:
        frame = figure_data(obj)
    else:
        return {}
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
        ``quiver0``, ``stairs0``, ``polygon0``, ``wedge0``, ``surface0``), ``label`` is that of the legend. ``x`` and ``y``
        (``z``) are data coordinates; dates are ISO 8601 text, categories their names. ``left``, ``right``, ``lower``,
        ``upper``, ``bottom`` and ``top`` are extents of bars, areas and error bars along x, y and z; ``base`` is where
        a bar starts; ``width`` its width; ``part`` counts what an area, a net or a surface is made of; ``row``, ``col`` and ``value`` (or ``red``, ``green``, ``blue``, ``alpha``) belong to images; ``value``,
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


def packed(table: object) -> str | None:
    """The table as text for the inside of its picture; None if it has too many cells."""
    import json
    import zlib
    from base64 import b64encode

    frame: Any = table
    if frame.size > CELLS:
        return None
    columns = {str(name): [str(column.dtype), column.tolist()] for name, column in frame.items()}
    text = json.dumps(columns, separators=(",", ":"), default=_told)
    return b64encode(zlib.compress(text.encode())).decode("ascii")


def unpacked(text: str) -> pd.DataFrame:
    """The table that `packed` made text of."""
    import json
    import zlib
    from base64 import b64decode

    import pandas as pd

    state = zlib.decompressobj()
    content = state.decompress(b64decode(text, validate=True), LARGEST)
    if not state.eof:
        raise ValueError("the data of the figure are damaged")
    return pd.DataFrame({name: pd.Series(values, dtype=dtype) for name, (dtype, values) in json.loads(content).items()})


def _told(value: Any) -> Any:
    """A number of NumPy as one of Python, anything else as its text, as in the CSV file."""
    return value.item() if hasattr(value, "item") else str(value)


def _all_axes(axes: Sequence[_AxesBase]) -> list[Axes]:
    """Those axes and the ones inside them, without secondary axes, which show no data of their own."""
    from matplotlib.axes import Axes

    return [every for one in axes if isinstance(one, Axes) for every in (one, *_all_axes(one.child_axes))]


PLOTTED = ("x", "y", "z", "lat", "lon", "r", "theta", "values", "labels", "open", "high", "low", "close")


def _traces(figure: Any) -> Iterator[Columns]:
    """The traces of a plotly figure, in the columns of `figure_data`."""
    import numpy as np

    counts: dict[str, int] = {}
    for trace in figure.data:
        at = counts[trace.type] = counts.get(trace.type, -1) + 1
        given = {name: trace[name] for name in PLOTTED if name in trace}
        columns: Columns = {name: np.asarray(values) for name, values in given.items() if np.ndim(values)}
        if not columns:
            continue
        z = columns.get("z", np.empty(0))
        if z.ndim == 2:
            rows, cols = np.indices(z.shape)
            grid = {"row": rows, "col": cols, "value": z}
            for name, index, size in (("x", cols, z.shape[1]), ("y", rows, z.shape[0])):
                if name in columns and np.shape(columns[name]) == (size,):
                    grid[name] = columns[name][index]
            columns = {name: values.ravel() for name, values in grid.items()}
        size = max(map(len, columns.values()))
        columns = {name: values for name, values in columns.items() if np.shape(values) == (size,)}
        if "x" not in columns and "y" in columns and z.ndim < 2:
            columns["x"] = np.arange(size)
        axis = getattr(trace, "xaxis", None) if "xaxis" in trace else None
        axes = int((axis or "x1")[1:] or 1) - 1
        yield {
            "axes": [axes] * size,
            "artist": [f"{trace.type}{at}"] * size,
            "label": [trace.name or ""] * size,
        } | columns


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
