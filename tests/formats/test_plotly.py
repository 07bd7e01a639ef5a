"""Plotly figures as JSON and as pictures with their data."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from optional import needs
from scitex_io import LossyWarning, MissingDependencyError, UnreadableFileError, load, save
from scitex_io.content.figures import companion

needs("plotly")
import plotly.graph_objects as go  # noqa: E402  # only where it is installed


def figure() -> Any:
    lines = go.Scatter(x=np.arange(3), y=np.array([1.5, np.nan, np.inf]), name="a")
    return go.Figure([lines, go.Heatmap(z=np.arange(6.0).reshape(2, 3))], layout={"title": {"text": "t"}})


def test_a_figure_comes_back_with_its_arrays(tmp_path: Path) -> None:
    path = save(figure(), tmp_path / "f.json", on_loss="error")

    loaded = load(path, as_type=go.Figure)

    assert figure() == loaded
    assert loaded.data[0].x.tolist() == [0, 1, 2]
    assert loaded.data[1].z.shape == (2, 3)


def test_without_a_type_it_is_the_tree_that_plotly_writes(tmp_path: Path) -> None:
    assert json.loads(figure().to_json()) == load(save(figure(), tmp_path / "f.json"))


def test_gaps_in_lists_become_null_and_that_is_announced(tmp_path: Path) -> None:
    drawn = go.Figure(go.Scatter(y=[1.0, float("nan")]))

    with pytest.warns(LossyWarning, match="null"):
        path = save(drawn, tmp_path / "f.json")

    assert load(path, as_type=go.Figure).data[0].y == (1, None)


@pytest.mark.parametrize("content", ['{"a": 1}', "[1]", '{"data": [{"type": "nonesuch"}]}', '{"data": [', "[" * 5000])
def test_what_is_no_figure_is_an_error(content: str, tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text(content)

    with pytest.raises(UnreadableFileError):
        load(tmp_path / "f.json", as_type=go.Figure)


def test_other_trees_are_saved_and_loaded_as_before(tmp_path: Path) -> None:
    assert load(save({"data": [1]}, tmp_path / "t.json")) == {"data": [1]}


def test_a_picture_needs_kaleido_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scitex_io.content.rendering.find_spec", lambda name: None)
    for extension in (".png", ".svg", ".pdf", ".jpg", ".webp"):
        with pytest.raises(MissingDependencyError, match=r"kaleido.*scitex-io\[plotly\]"):
            save(figure(), tmp_path / f"f{extension}")

    assert list(tmp_path.iterdir()) == []


def test_a_picture_has_its_data_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(self: Any, format: str) -> bytes:  # noqa: A002  # plotly's name
        made = io.BytesIO()
        Image.new("RGB", (4, 3)).save(made, format)
        return made.getvalue()

    monkeypatch.setattr("scitex_io.content.rendering.find_spec", lambda name: name)
    monkeypatch.setattr(go.Figure, "to_image", drawn)
    save(figure(), tmp_path / "f.png")

    table = load(tmp_path / "f.csv")

    assert table["artist"].tolist() == ["scatter0"] * 3 + ["heatmap0"] * 6
    assert table["x"][:3].tolist() == [0, 1, 2]
    assert table["value"][3:].tolist() == [0, 1, 2, 3, 4, 5]


def test_the_data_of_subplots_and_uneven_traces_are_told() -> None:
    from plotly.subplots import make_subplots

    drawn = make_subplots(1, 2)
    drawn.add_scatter(y=[3, 4], name="a", row=1, col=1)
    drawn.add_bar(x=["u", "v"], y=[1, 2], row=1, col=2)
    drawn.add_heatmap(z=[[1, 2, 3]], x=[10, 20, 30], row=1, col=2)
    drawn.add_scatter()

    table: Any = companion(drawn)[".csv"]

    expected = pd.DataFrame({"axes": [0] * 2 + [1] * 5, "x": [0, 1, "u", "v", 10, 20, 30]})
    assert expected["axes"].tolist() == table["axes"].tolist()
    assert expected["x"].tolist() == table["x"].tolist()
    assert companion(go.Figure()) == {}
