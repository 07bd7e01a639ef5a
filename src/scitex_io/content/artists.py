"""The points that each artist of a matplotlib axes shows, as columns."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from scitex_io.content import space
from scitex_io.content.coordinates import Columns, filled, in_data, joined, on, places_are_data, snapped, xy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Reader: TypeAlias = "Callable[[Axes, Any], Columns]"


def artists(axes: Axes) -> Iterator[tuple[str, str, Columns]]:
    """The kind, label and points of each artist that shows data."""
    for name, artist, read in list(_shown(axes)):
        try:
            columns = read(axes, artist)
        except Exception as error:  # noqa: BLE001  # an artist of another library may be made in any way; the picture is saved
            warnings.warn(f"the data of {artist!r} are left out: {error!r}", UserWarning, stacklevel=2)
            continue
        if columns:
            yield name, str(artist.get_label() or ""), columns


def _shown(axes: Axes) -> Iterator[tuple[str, Any, Reader]]:
    """Each artist with its kind and what reads it."""
    from matplotlib.container import BarContainer, ErrorbarContainer, StemContainer

    done: set[int] = set()
    for container in axes.containers:
        if isinstance(container, ErrorbarContainer):
            line, caps, bars = container.lines
            done |= {id(part) for part in (line, *caps, *bars)}
            yield "errorbar", container, _errorbar
        elif isinstance(container, BarContainer):
            # Error bars of a bar plot stand in a container of their own.
            done |= {id(part) for part in container.patches}
            yield "bars", container, _bars
        elif isinstance(container, StemContainer):
            done |= {id(container.stemlines), id(container.baseline)}
    done.add(id(axes.patch))  # the background, a wedge if polar
    for artist in axes.get_children():
        found = None if id(artist) in done or not artist.get_visible() else _reader(artist)
        if found is not None:
            yield found[0], artist, found[1]


def _reader(artist: Any) -> tuple[str, Reader] | None:
    import numpy as np
    from matplotlib import collections, contour, image, lines, patches, quiver

    readers: tuple[tuple[type, str, Reader], ...] = (
        (lines.AxLine, "", _nothing),
        (lines.Line2D, "line", _line),
        (contour.ContourSet, "contour", _contour),
        (quiver.Quiver, "quiver", _vectors),
        (quiver.Barbs, "quiver", _vectors),
        (image.AxesImage, "image", _image),
        (collections.PathCollection, "scatter", _scatter),
        (collections.LineCollection, "segments", _segments),
        (patches.StepPatch, "stairs", _stairs),
        (patches.FancyArrow, "", _nothing),
        (patches.Polygon, "polygon", _polygon),
        (patches.Wedge, "wedge", _wedge),
    )
    for kind, name, read in readers:
        if isinstance(artist, kind):
            return name, read
    if isinstance(artist, collections.Collection):
        if hasattr(artist, "get_coordinates"):
            return "mesh", _mesh
        values, places = artist.get_array(), np.asarray(artist.get_offsets())
        if values is not None and len(places) == values.size > 1:
            return "scatter", _scatter  # hexbin: a value for each place
        if isinstance(artist, collections.PolyCollection):
            return ("surface", space.surface) if hasattr(artist, "do_3d_projection") else ("area", _area)
    return None


def _nothing(axes: Axes, artist: Any) -> Columns:  # noqa: ARG001  # read like the others
    return {}


def _line(axes: Axes, line: Any) -> Columns:
    import numpy as np

    if hasattr(line, "get_data_3d"):
        return dict(zip("xyz", map(filled, line.get_data_3d()), strict=True))
    columns: Columns = {}
    for name, axis, is_data in zip("xy", (axes.xaxis, axes.yaxis), in_data(axes, line), strict=True):
        given = getattr(line, f"get_{name}data")(orig=True)
        numbers = getattr(line, f"get_{name}data")(orig=False)
        exact = np.ndim(given) == 1 and len(given) == len(numbers)
        if is_data:
            columns[name] = on(axis, given if exact else numbers)
    return columns


def _errorbar(axes: Axes, container: Any) -> Columns:
    import numpy as np

    line, _, bars = container.lines
    columns = {} if line is None else _line(axes, line)
    if hasattr(axes, "zaxis"):
        return columns | space.bars(bars, columns)
    at = 0
    for has, axis, place, low, high in (
        (container.has_xerr, axes.xaxis, 0, "left", "right"),
        (container.has_yerr, axes.yaxis, 1, "lower", "upper"),
    ):
        if not has:
            continue
        ends = np.array([path.vertices[:2] for path in bars[at].get_paths()])
        at += 1
        if line is None:  # the bars are all there is
            columns["xy"[1 - place]] = on((axes.yaxis, axes.xaxis)[place], ends[:, 0, 1 - place])
        size = len(next(iter(columns.values())))
        if line is not None and len(ends) != size:  # errorevery: bars at some of the points
            given = np.asarray((line.get_xdata, line.get_ydata)[1 - place](orig=False), dtype=float)
            spread = np.full((size, 2, 2), np.nan)
            spread[[int(np.flatnonzero(given == one)[0]) for one in ends[:, 0, 1 - place]]] = ends
            ends = spread
        columns[low], columns[high] = on(axis, ends[:, 0, place]), on(axis, ends[:, 1, place])
    return columns


def _bars(axes: Axes, container: Any) -> Columns:
    import numpy as np

    boxes = np.array([[*part.get_xy(), part.get_width(), part.get_height()] for part in container.patches], float)
    x, y, width, height = boxes.reshape(-1, 4).T
    if container.orientation == "horizontal":
        middle = on(axes.yaxis, snapped(y + height / 2))
        low, high = on(axes.yaxis, snapped(y, height)), on(axes.yaxis, snapped(y + height, height))
        return {"x": width, "y": middle, "lower": low, "upper": high, "width": height, "base": on(axes.xaxis, x)}
    middle = on(axes.xaxis, snapped(x + width / 2))
    left, right = on(axes.xaxis, snapped(x, width)), on(axes.xaxis, snapped(x + width, width))
    return {"x": middle, "y": height, "left": left, "right": right, "width": width, "base": on(axes.yaxis, y)}


def _scatter(axes: Axes, points: Any) -> Columns:
    import numpy as np
    from matplotlib.colors import to_hex

    if hasattr(points, "do_3d_projection"):
        columns = dict(zip("xyz", map(filled, points._offsets3d), strict=True))  # noqa: SLF001  # kept nowhere else
    elif places_are_data(axes, points.get_offset_transform()):
        columns = xy(axes, points.get_offsets())
    else:
        return {}
    size, sizes, colours = len(columns["x"]), points.get_sizes(), points.get_facecolor()
    if points.get_array() is not None:
        columns["value"] = filled(points.get_array()).ravel()
    elif len(colours) == size > 1:
        columns["colour"] = np.array([to_hex(colour, keep_alpha=True) for colour in colours], dtype=object)
    if len(sizes) == size > 1:
        columns["size"] = filled(sizes)
    return columns


def _area(axes: Axes, area: Any) -> Columns:
    """What `fill_between` draws: there along one edge and back along the other."""
    import numpy as np

    if not all(in_data(axes, area)):
        return {}
    pieces: list[Columns] = []
    for part, path in enumerate(area.get_paths()):
        points = path.vertices
        size = (len(points) - 3) // 2
        there, back = points[1 : size + 1], points[size + 2 : 2 * size + 2][::-1]
        if len(points) != 2 * size + 3 or not size:
            pieces.append(xy(axes, points) | {"part": [part] * len(points)})
        elif np.array_equal(there[:, 0], back[:, 0]):
            low, high = np.minimum(there[:, 1], back[:, 1]), np.maximum(there[:, 1], back[:, 1])
            pieces.append({"x": on(axes.xaxis, there[:, 0]), "lower": low, "upper": high, "part": [part] * size})
        elif np.array_equal(there[:, 1], back[:, 1]):
            low, high = np.minimum(there[:, 0], back[:, 0]), np.maximum(there[:, 0], back[:, 0])
            pieces.append({"y": on(axes.yaxis, there[:, 1]), "left": low, "right": high, "part": [part] * size})
        else:
            pieces.append(xy(axes, points) | {"part": [part] * len(points)})
    return joined(pieces)


def _segments(axes: Axes, segments: Any) -> Columns:
    if hasattr(segments, "do_3d_projection"):
        return space.parts(segments._segments3d)  # noqa: SLF001  # kept nowhere else
    if not all(in_data(axes, segments)):
        return {}
    paths = [path.vertices for path in segments.get_paths()]
    return joined([xy(axes, points) | {"part": [part] * len(points)} for part, points in enumerate(paths)])


def _contour(axes: Axes, contour: Any) -> Columns:
    paths = zip(contour.levels, contour.get_paths(), strict=False)
    return joined([xy(axes, path.vertices) | {"value": [float(level)] * len(path.vertices)} for level, path in paths])


def _vectors(axes: Axes, arrows: Any) -> Columns:
    import numpy as np

    x, y = (arrows.X, arrows.Y) if hasattr(arrows, "X") else (arrows.x, arrows.y)
    u, v = (arrows.U, arrows.V) if hasattr(arrows, "U") else (arrows.u, arrows.v)
    return xy(axes, np.column_stack([x, y])) | {"u": filled(u), "v": filled(v)}


def _grid(values: Any, x: Any, y: Any) -> Columns:
    import numpy as np

    row, col = np.indices(values.shape[:2])
    columns: Columns = {"x": x.ravel(), "y": y.ravel(), "row": row.ravel(), "col": col.ravel()}
    if values.ndim == 2:
        return columns | {"value": values.ravel()}
    names = ("red", "green", "blue", "alpha")
    return columns | {name: values[..., at].ravel() for at, name in enumerate(names[: values.shape[2]])}


def _image(axes: Axes, image: Any) -> Columns:
    import numpy as np

    array = image.get_array()
    if array is None or not all(in_data(axes, image)):
        return {}
    values = filled(array)
    rows, cols = values.shape[:2]
    left, right, bottom, top = image.get_extent()
    first, last = (top, bottom) if image.origin == "upper" else (bottom, top)
    x = left + (np.arange(cols) + 0.5) * ((right - left) / cols)
    y = first + (np.arange(rows) + 0.5) * ((last - first) / rows)
    return _grid(values, *np.meshgrid(on(axes.xaxis, x), on(axes.yaxis, y)))


def _mesh(axes: Axes, mesh: Any) -> Columns:
    corners, array = mesh.get_coordinates(), mesh.get_array()
    if array is None:
        return {}
    values = filled(array)
    if values.ndim == 1:
        values = values.reshape(corners.shape[0] - 1, corners.shape[1] - 1)
    corners = filled(corners)
    if corners.shape[:2] != values.shape[:2]:  # not gouraud: a value for each cell
        corners = (corners[:-1, :-1] + corners[1:, :-1] + corners[:-1, 1:] + corners[1:, 1:]) / 4
    x, y = on(axes.xaxis, corners[..., 0].ravel()), on(axes.yaxis, corners[..., 1].ravel())
    return _grid(values, x, y)


def _stairs(axes: Axes, stairs: Any) -> Columns:
    import numpy as np

    values, edges, baseline = stairs.get_data()
    base = np.broadcast_to(0.0 if baseline is None else baseline, np.shape(values))
    low, high = on(axes.xaxis, edges[:-1]), on(axes.xaxis, edges[1:])
    if stairs.orientation == "horizontal":
        return {"x": filled(values), "lower": low, "upper": high, "base": base}
    return {"y": filled(values), "left": low, "right": high, "base": base}


def _polygon(axes: Axes, polygon: Any) -> Columns:
    return xy(axes, polygon.get_xy()) if all(in_data(axes, polygon)) else {}


def _wedge(axes: Axes, wedge: Any) -> Columns:  # noqa: ARG001  # read like the others
    return {"value": [(wedge.theta2 - wedge.theta1) / 360]}
