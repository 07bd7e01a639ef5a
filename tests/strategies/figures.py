"""Plotly figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

numbers = st.one_of(
    hnp.arrays(st.sampled_from((np.int16, np.float32, np.float64)), st.integers(0, 5)),
    st.lists(st.one_of(st.none(), st.integers(-9, 9), st.floats(-9, 9), st.text("ab/<é", max_size=3)), max_size=5),
)


@st.composite
def figures(draw: st.DrawFn) -> Any:
    """Lines and maps of arrays and lists."""
    import plotly.graph_objects as go

    lines = [go.Scatter(x=draw(numbers), y=draw(numbers), name=draw(st.text("ab", max_size=2)))]
    maps = [go.Heatmap(z=draw(hnp.arrays(np.float64, (2, 3))))]
    title = draw(st.text("abc ", max_size=5))
    return go.Figure(lines + draw(st.sampled_from([[], maps])), layout={"title": {"text": title}})


VALUES: dict[str, st.SearchStrategy[Any]] = {"plotly:plotly.basedatatypes.BaseFigure": figures()}
EXPECTED: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("plotly", "plotly.basedatatypes.BaseFigure"): lambda figure: json.loads(figure.to_json(engine="json"))
}
PARTS_ARE_WHOLE = {"plotly"}


def sample() -> Any:
    """A figure of one line."""
    import plotly.graph_objects as go

    return go.Figure(go.Scatter(y=[1, 3, 2]))


SAMPLES: dict[str, Callable[[], Any]] = {"plotly": sample}
