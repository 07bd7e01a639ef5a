"""Figures as picture files: matplotlib's by savefig, plotly's by kaleido."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scitex_io.errors import MissingDependencyError, OptionError, UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, Fidelity
from scitex_io.typeref import distance

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURE = "matplotlib.figure.Figure"
AXES = "matplotlib.axes.Axes"
PLOTLY = "plotly.basedatatypes.BaseFigure"

FIGURES = tuple(
    Accepts(kind, Fidelity.RENDERED, loads_as="PIL.Image.Image", domain=domain)
    for kind, domain in ((FIGURE, ""), (AXES, "the whole figure is drawn"), (PLOTLY, "drawn by kaleido"))
)

SAVEFIG = frozenset(
    [
        "bbox_extra_artists",
        "bbox_inches",
        "edgecolor",
        "facecolor",
        "orientation",
        "pad_inches",
        "pil_kwargs",
        "transparent",
        "backend",
    ]
)
"""What ``savefig`` understands beside ``dpi``, ``format`` (the file name decides) and ``metadata``."""
KALEIDO = frozenset({"width", "height", "scale", "validate"})


def is_plotly(obj: object) -> bool:
    """Is it a plotly figure?"""
    return distance(type(obj), PLOTLY) is not None


def is_figure(obj: object) -> bool:
    """Is it something to draw?"""
    return any(distance(type(obj), kind) is not None for kind in (FIGURE, AXES, PLOTLY))


def figure_of(obj: object) -> Figure | None:
    """The matplotlib figure that is, or holds, the object; None if there is none."""
    found: Any = obj if distance(type(obj), FIGURE) is not None else None
    if distance(type(obj), AXES) is not None:
        found = obj.get_figure()  # type: ignore[attr-defined]  # Axes, told by name so that matplotlib is not imported
        while found is not None and distance(type(found), FIGURE) is None:  # a SubFigure
            found = found.figure
    return found  # type: ignore[no-any-return]  # by its name


def render(
    obj: object,
    target: Path | BytesIO,
    kind: str,
    name: str,
    options: Mapping[str, Any],
    encoder: frozenset[str] = frozenset(),
) -> None:
    """Draw a figure into *target*.

    Parameters
    ----------
    kind
        The picture format, as matplotlib and kaleido call it.
    name
        The format, for errors.
    options
        For ``savefig`` or kaleido; those named in *encoder* go to Pillow, which writes what was drawn.

    Raises
    ------
    OptionError
        One of them is for something else.
    """
    if is_plotly(obj):
        _check(options, KALEIDO, name, "plotly figures")
        if find_spec("kaleido") is None:
            raise MissingDependencyError(name, "kaleido", 'pip install "scitex-io[plotly]"')
        drawn = "png" if kind == "tiff" else kind  # which kaleido cannot write
        content = obj.to_image(format=drawn, **options)  # type: ignore[attr-defined]  # a plotly figure, by name
        if drawn != kind:
            from PIL import Image

            between = BytesIO()
            Image.open(BytesIO(content)).save(between, kind)
            content = between.getvalue()
        if isinstance(target, Path):
            target.write_bytes(content)
        else:
            target.write(content)
        return
    figure = figure_of(obj)
    if figure is None:
        raise UnsupportedTypeError(name, type_name(type(obj)), tuple(map(str, FIGURES)), "it belongs to no figure")
    _check(options, SAVEFIG | encoder | {"dpi"}, name, "figures")
    drawing = {option: value for option, value in options.items() if option in SAVEFIG | {"dpi"}}
    pillow = {option: value for option, value in options.items() if option not in drawing}
    if pillow:
        drawing["pil_kwargs"] = pillow | dict(drawing.get("pil_kwargs") or {})
    with _reproducible(kind) as metadata:
        figure.savefig(target, format=kind, **drawing, **metadata)


@contextmanager
def _reproducible(kind: str) -> Iterator[dict[str, Any]]:
    """The same figure gives the same bytes, unless the user's own settings say otherwise."""
    import matplotlib as mpl

    if kind == "svg":
        salt = mpl.rcParams["svg.hashsalt"]
        with mpl.rc_context({} if salt is not None else {"svg.hashsalt": "scitex-io"}):
            yield {"metadata": {"Date": None}}
    elif kind == "pdf":
        yield {"metadata": {"CreationDate": None}}
    else:
        yield {}


def _check(options: Mapping[str, Any], known: frozenset[str], name: str, what: str) -> None:
    for option in options:
        if option not in known:
            raise OptionError(name, "save", option, tuple(sorted(known)), reason=f"it is no option for {what}")
