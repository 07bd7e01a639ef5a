"""Plotly figures as JSON (.json), the form in which plotly itself exchanges them."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scitex_io.content.rendering import PLOTLY
from scitex_io.errors import UnreadableFileError
from scitex_io.formats.json import parsed, too_deep
from scitex_io.handler import Accepts, Fidelity, FormatHandler
from scitex_io.losses import lose
from scitex_io.typing import Loader, Saver, TypedLoader

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIGURE = "plotly.graph_objs.Figure"
NUMBERS = frozenset(["i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8"])


@frozen(kw_only=True)
class PlotlyJson(FormatHandler, Saver[Any], Loader[Any], TypedLoader):
    """Plotly figures; ``as_type=plotly.graph_objects.Figure`` gives them back."""

    name = "plotly"
    extensions = (".json",)
    accepts = (Accepts(PLOTLY, Fidelity.VALUE, dict, "as_type= gives the figure", subclasses=True),)
    yields = (object, FIGURE)  # any tree: as_type=dict is for the format of trees
    requires = ("plotly",)
    extra = "plotly"

    def save(self, obj: Any, path: Path, /) -> None:
        """Write the figure's data, layout and frames."""
        if _has_nonfinite(obj.to_plotly_json()):
            lose("NaN and Infinity in lists become null (in arrays they are kept)")
        path.write_text(obj.to_json(engine="json"), encoding="utf-8")

    def load(self, path: Path, /) -> Any:
        """Read the tree."""
        try:
            return parsed(path.read_bytes())
        except RecursionError:
            too_deep(path, self.name)

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """Read the tree as a figure, its columns of numbers as arrays.

        Raises
        ------
        UnreadableFileError
            It describes no figure.
        """
        from plotly.graph_objects import Figure

        del wanted  # there is one
        tree = self.load(path)
        if not isinstance(tree, dict) or not tree.keys() & {"data", "layout"}:
            raise UnreadableFileError(str(path), self.name, "it has neither data nor layout, so it is no figure")
        return Figure(_with_arrays(tree))


def _has_nonfinite(part: Any) -> bool:
    if isinstance(part, float):
        return part - part != 0
    parts = part.values() if isinstance(part, dict) else part if isinstance(part, (list, tuple)) else ()
    return any(map(_has_nonfinite, parts))


def _with_arrays(part: Any) -> Any:
    """The tree with arrays where plotly wrote them as base64."""
    if isinstance(part, list):
        return [_with_arrays(each) for each in part]
    if not isinstance(part, dict):
        return part
    if part.keys() >= {"dtype", "bdata"} and part["dtype"] in NUMBERS:
        return _array(part)
    return {key: _with_arrays(value) for key, value in part.items()}


def _array(part: dict[str, str]) -> NDArray[Any]:
    import numpy as np

    flat = np.frombuffer(b64decode(part["bdata"], validate=True), f"<{part['dtype']}")
    shape = tuple(int(size) for size in str(part["shape"]).split(",")) if "shape" in part else flat.shape
    return flat.reshape(shape)
