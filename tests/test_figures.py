from __future__ import annotations

import datetime
import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scitex_io import embed_metadata, load, load_figure_data, read_metadata, save
from scitex_io.content.figures import companion, figure_data


@pytest.fixture
def axes() -> Axes:
    return Figure().subplots()


def data(axes: Axes, *names: str) -> list[list[Any]]:
    """Those columns of the figure's table, NaN as None."""
    frame = figure_data(axes)
    return [[None if cell != cell else cell for cell in frame[name].tolist()] for name in names]


@given(
    st.integers(1, 5).flatmap(
        lambda n: st.lists(hnp.arrays(st.sampled_from(["f8", "i4"]), (2, n)), min_size=1, max_size=3)
    )
)
def test_every_value_of_every_line_is_there_exactly(lines: list[Any]) -> None:
    figure = Figure()
    for x, y in lines:
        figure.subplots().plot(x, y)

    frame = figure_data(figure)

    assert np.array_equal(np.concatenate([x for x, _ in lines]), frame["x"].to_numpy(), equal_nan=True)
    assert np.array_equal(np.concatenate([y for _, y in lines]), frame["y"].to_numpy(), equal_nan=True)


def test_one_row_tells_axes_artist_label_x_and_y(axes: Axes) -> None:
    axes.plot([1, 2], [0.1, np.nan], label="gap")
    axes.plot([3], [4])

    expected = pd.DataFrame(
        {
            "axes": [0, 0, 0],
            "artist": ["line0", "line0", "line1"],
            "label": ["gap", "gap", ""],
            "x": [1, 2, 3],
            "y": [0.1, np.nan, 4.0],
        }
    ).astype({"artist": object, "label": object})
    pd.testing.assert_frame_equal(expected, figure_data(axes.get_figure()))


def test_dates_are_iso_text(axes: Axes) -> None:
    axes.plot(np.array([datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 2, 3)]), [1, 2])
    axes.scatter(np.array(["2021-01-01", "2021-01-02"], "M8[D]"), [1, 2])

    days = ["2020-01-01T00:00:00", "2020-01-02T03:00:00", "2021-01-01T00:00:00", "2021-01-02T00:00:00"]
    assert [sorted(days)] == [sorted(data(axes, "x")[0])]


def test_nanoseconds_of_a_line_are_kept(axes: Axes) -> None:
    axes.plot(np.array(["2020-01-01T00:00:00.123456789"], "M8[ns]"), [1])

    assert data(axes, "x") == [["2020-01-01T00:00:00.123456789"]]


def test_categories_keep_their_names(axes: Axes) -> None:
    axes.bar(["a", "b"], [1, 2], yerr=[0.5, 0.25])

    frame: Any = figure_data(axes).set_index("artist")
    assert frame.loc["bars0", "x"].tolist() == ["a", "b"]
    assert frame.loc["bars0", "y"].tolist() == [1, 2]
    assert frame.loc["errorbar0", "lower"].tolist() == [0.5, 1.75]


def test_error_bars_have_the_ends_of_every_bar(axes: Axes) -> None:
    axes.errorbar([1, 2], [3, 4], xerr=0.5, yerr=[[1, 2], [3, 4]], label="e")

    expected = [[1, 2], [3, 4], [0.5, 1.5], [1.5, 2.5], [2, 2], [6, 8]]
    assert expected == data(axes, "x", "y", "left", "right", "lower", "upper")


def test_error_bars_at_some_points_stay_at_theirs(axes: Axes) -> None:
    axes.errorbar([1, 2, 3], [1, 2, 3], yerr=0.5, errorevery=2)

    assert data(axes, "y", "lower") == [[1, 2, 3], [0.5, None, 2.5]]


def test_a_histogram_has_counts_and_edges(axes: Axes) -> None:
    axes.hist([1, 2, 2, 3, 3, 3], bins=[1, 2, 3, 4])

    assert data(axes, "y", "left", "right") == [[1, 2, 3], [1, 2, 3], [2, 3, 4]]


def test_horizontal_bars_lie(axes: Axes) -> None:
    axes.barh([0.1, 0.3], [5, 6])

    assert data(axes, "x", "y") == [[5, 6], [0.1, 0.3]]


def test_an_image_has_row_column_and_value(axes: Axes) -> None:
    axes.imshow([[1, 2], [3, 4]], extent=(0, 20, 0, 10), origin="lower")

    expected = [[5, 15, 5, 15], [2.5, 2.5, 7.5, 7.5], [0, 0, 1, 1], [0, 1, 0, 1], [1, 2, 3, 4]]
    assert expected == data(axes, "x", "y", "row", "col", "value")


def test_a_colour_image_has_its_channels(axes: Axes) -> None:
    axes.imshow(np.arange(6, dtype="u1").reshape(1, 2, 3))

    assert data(axes, "red", "green", "blue") == [[0, 3], [1, 4], [2, 5]]


def test_a_mesh_has_the_middle_of_its_cells_and_gaps_stay(axes: Axes) -> None:
    axes.pcolormesh([0, 2, 4], [0, 10], np.ma.masked_equal([[7, 8]], 8))

    assert data(axes, "x", "y", "value") == [[1, 3], [5, 5], [7, None]]


def test_an_area_has_both_edges(axes: Axes) -> None:
    axes.fill_between([1, 2, 3], [0, 1, 0], [2, 3, 4], label="ci")

    assert data(axes, "x", "lower", "upper", "label") == [[1, 2, 3], [0, 1, 0], [2, 3, 4], ["ci"] * 3]


def test_points_have_value_size_or_colour(axes: Axes) -> None:
    axes.scatter([1, 2], [3, 4], c=[5, 6], s=[7, 8])
    axes.scatter([1, 2], [3, 4], c=["red", "#00ff0080"])

    expected = [[5, 6, None, None], [7, 8, None, None], [None, None, "#ff0000ff", "#00ff0080"]]
    assert expected == data(axes, "value", "size", "colour")


def test_twin_and_inset_axes_are_axes_of_their_own_and_colour_bars_are_none() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1], [2])
    axes.twinx().plot([1], [3])
    axes.inset_axes((0, 0, 0.5, 0.5)).plot([5], [6])
    axes.secondary_xaxis("top")
    figure.colorbar(axes.pcolormesh([[1, 2]]))

    frame = figure_data(figure)

    lines = frame[frame["artist"] == "line0"]
    assert {2.0, 3.0, 6.0} == set(lines["y"])
    assert lines["axes"].nunique() == 3
    assert (frame["artist"] == "mesh0").sum() == 2


def test_reference_lines_have_the_coordinate_that_is_data(axes: Axes) -> None:
    axes.axhline(3)

    assert data(axes, "x", "y") == [[None, None], [3, 3]]


def test_logarithmic_axes_change_no_value(axes: Axes) -> None:
    axes.loglog([1, 10], [100, 1000])

    assert data(axes, "x", "y") == [[1, 10], [100, 1000]]


def test_lines_and_points_in_space_have_z() -> None:
    axes: Any = Figure().add_subplot(projection="3d")
    axes.plot([1, 2], [3, 4], [5, 6])
    axes.scatter([1], [3], [7])

    assert {5, 6, 7} == set(figure_data(axes)["z"])


def test_nothing_of_a_figure_changes(axes: Axes) -> None:
    axes.plot([1, 2], [3, 4])
    before = np.array(axes.lines[0].get_xydata())

    frame = figure_data(axes)
    frame.loc[:, "x"] = 0

    assert np.array_equal(before, np.array(axes.lines[0].get_xydata()))


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("hexbin", (range(9), range(9))),
        ("contour", (np.eye(3),)),
        ("contourf", (np.eye(3),)),
        ("quiver", ([0, 1], [0, 1], [1, 1], [2, 2])),
        ("barbs", ([0, 1], [0, 1], [1, 1], [2, 2])),
        ("stem", ([1, 2],)),
        ("stairs", ([1, 2],)),
        ("pie", ([1, 2],)),
        ("boxplot", ([1, 2],)),
        ("violinplot", ([1, 2],)),
        ("vlines", ([1, 2], 0, 1)),
        ("eventplot", ([1, 2],)),
        ("stackplot", ([1, 2], [3, 4])),
        ("fill_betweenx", ([1, 2], [3, 4])),
        ("tripcolor", ([0, 1, 0], [0, 0, 1], [1, 2, 3])),
        ("broken_barh", ([(1, 2)], (3, 4))),
        ("spy", (np.eye(2),)),
        ("step", ([1, 2], [3, 4])),
        ("fill", ([0, 1, 1], [0, 0, 1])),
    ],
)
def test_every_kind_of_plot_has_data(axes: Axes, name: str, args: tuple[Any, ...]) -> None:
    getattr(axes, name)(*args)

    frame = figure_data(axes)

    assert len(frame)
    assert list(frame.columns)[:5] == ["axes", "artist", "label", "x", "y"]


def test_decoration_is_no_data(axes: Axes) -> None:
    axes.arrow(0, 0, 1, 1)
    axes.annotate("peak", (0, 0))
    axes.axvspan(1, 2)
    axes.set_title("title")

    assert companion(axes) == {}


def test_an_empty_figure_and_other_objects_have_no_companion() -> None:
    assert companion(Figure()) == {}
    assert companion("text") == {}
    assert list(figure_data(Figure()).columns) == ["axes", "artist", "label", "x", "y"]


def test_the_companion_of_axes_is_the_data_of_the_whole_figure() -> None:
    figure = Figure()
    first, second = figure.subplots(1, 2)
    first.plot([1], [2])
    second.plot([3], [4])

    (extension, frame), *_ = companion(first).items()

    assert extension == ".csv"
    assert isinstance(frame, pd.DataFrame)
    assert frame["y"].tolist() == [2, 4]


def test_error_bars_in_space_have_their_ends() -> None:
    axes: Any = Figure().add_subplot(projection="3d")
    axes.errorbar([1, 2], [3, 4], [5, 6], zerr=0.5, xerr=0.25)
    expected = [[1, 2], [3, 4], [5, 6], [0.75, 1.75], [1.25, 2.25], [4.5, 5.5], [5.5, 6.5]]
    assert expected == data(axes, "x", "y", "z", "left", "right", "bottom", "top")

    axes = Figure().add_subplot(projection="3d")
    axes.errorbar([1, 2], [3, 4], [5, 6], zerr=0.5, fmt="none")
    assert data(axes, "x", "y", "bottom") == [[1, 2], [3, 4], [4.5, 5.5]]


def test_surfaces_nets_and_bars_in_space_have_their_corners() -> None:
    x, y = np.meshgrid([1.0, 2.0], [3.0, 4.0])
    for name, args, size in (
        ("plot_surface", (x, y, x * y), 4),
        ("plot_wireframe", (x, y, x * y), 8),
        ("plot_trisurf", (x.ravel(), y.ravel(), (x * y).ravel()), 6),
        ("bar3d", ([1], [3], [0], 1, 1, [8]), 24),
    ):
        axes: Any = Figure().add_subplot(projection="3d")
        getattr(axes, name)(*args)

        frame = figure_data(axes)

        assert len(frame) == size, name
        assert {1, 2} == set(frame["x"])
        assert {3, 4} == set(frame["y"])
        assert frame["z"].max() == 8


def test_polygons_of_different_corners_have_theirs() -> None:
    art: Any = importlib.import_module("mpl_toolkits.mplot3d.art3d")  # it has no types
    axes: Any = Figure().add_subplot(projection="3d")
    axes.add_collection3d(art.Poly3DCollection([np.eye(3), np.ones((4, 3))]))

    assert data(axes, "part") == [[0] * 3 + [1] * 4]


def test_dates_keep_their_time_zone(axes: Axes) -> None:
    days = pd.date_range("2020-01-01", periods=2, tz="Asia/Tokyo")
    axes.plot(days, [1, 2])
    axes.scatter(days, [1, 2])

    assert data(axes, "x")[0] == ["2020-01-01T00:00:00+09:00", "2020-01-02T00:00:00+09:00"] * 2


def test_edges_of_bars_are_those_given(axes: Axes) -> None:
    axes.hist([0.05, 0.2, 0.5], bins=[0, 0.1, 0.3, 0.7])

    assert data(axes, "left", "right") == [[0, 0.1, 0.3], [0.1, 0.3, 0.7]]


def test_error_bars_without_points_have_both_coordinates(axes: Axes) -> None:
    axes.errorbar([0.5, 1], [2, 3], xerr=0.25, yerr=1, fmt="none")

    assert data(axes, "x", "y", "left", "upper") == [[0.5, 1], [2, 3], [0.25, 0.75], [3, 4]]


def test_an_artist_that_cannot_be_read_costs_its_data_not_the_picture(axes: Axes) -> None:
    class Odd(Line2D):
        def get_xdata(self, orig: bool = True) -> Any:  # as in Line2D
            raise RuntimeError("odd")

    axes.plot([1, 2], [3, 4])
    odd = Odd([1], [2])
    axes.lines[0].axes.add_artist(odd)  # type: ignore[union-attr]  # it has axes

    with pytest.warns(UserWarning, match="odd"):
        frame = figure_data(axes)
    assert frame["y"].tolist() == [3, 4]


# ---------------------------------------------------------------- out of the picture again


def everything() -> Figure:
    """Numbers, gaps, dates, names and colours."""
    figure = Figure()
    axes = figure.subplots(2, 2)
    axes[0, 0].plot(np.array(["2020-01-01", "NaT"], "M8[D]"), np.array([0.1, np.nan], "f4"), label="é <&>")
    axes[0, 1].scatter([1, 2], [3, np.inf], c=["red", "blue"], s=[1, 2])
    axes[1, 0].bar(["a", "b"], [1, 2], yerr=[0.1, 0.2])
    axes[1, 1].imshow(np.arange(6, dtype="u1").reshape(2, 3))
    return figure


@pytest.mark.parametrize("extension", [".png", ".jpg", ".tif", ".webp", ".svg", ".pdf"])
def test_the_table_comes_back_out_of_the_picture(tmp_path: Path, extension: str) -> None:
    figure = everything()
    path = save(figure, tmp_path / f"f{extension}", metadata={"a": 1}, verbose=False)
    (tmp_path / "f.csv").unlink()
    first = path.read_bytes()

    pd.testing.assert_frame_equal(figure_data(figure), load_figure_data(path), check_exact=True)
    embed_metadata(path, {"b": 2})
    pd.testing.assert_frame_equal(figure_data(figure), load_figure_data(str(path)), check_exact=True)
    assert read_metadata(path) == {"b": 2}
    assert first == save(figure, path, metadata={"a": 1}, verbose=False).read_bytes()


def test_a_picture_without_a_table_says_so(tmp_path: Path) -> None:
    save(everything(), tmp_path / "a.png", no_csv=True, verbose=False)
    save(everything(), tmp_path / "b.gif", verbose=False)
    figure = Figure()
    figure.subplots().imshow(np.zeros((300, 300)))
    save(figure, tmp_path / "c.png", verbose=False)

    for name in ("a.png", "c.png"):
        with pytest.raises(ValueError, match="no_csv"):
            load_figure_data(tmp_path / name)
    with pytest.raises(ValueError, match="gif"):
        load_figure_data(tmp_path / "b.gif")
    with pytest.raises(FileNotFoundError):
        load_figure_data(tmp_path / "none.png")
    assert (tmp_path / "c.csv").is_file()


def test_a_damaged_table_is_an_error(tmp_path: Path) -> None:
    path = save(everything(), tmp_path / "a.png", verbose=False)
    from scitex_io.content.notes import FIGURE, png

    content = path.read_bytes()
    text = str(png.get(content, FIGURE))
    for wrong in (text[: len(text) // 2 // 4 * 4], "AAAA", "é".encode("ascii", "ignore").decode(), "*"):
        path.write_bytes(png.put(content, {FIGURE: wrong}))
        with pytest.raises(ValueError, match=r"a\.png"):
            load_figure_data(path)


def test_a_picture_made_of_another_does_not_hold_its_table(tmp_path: Path) -> None:
    for extension in (".png", ".jpg", ".tif", ".webp"):
        path = save(everything(), tmp_path / f"a{extension}", verbose=False)
        for other in (".png", ".tif"):
            again = save(load(path), tmp_path / f"b{other}", verbose=False, on_loss="allow")
            with pytest.raises(ValueError, match="no_csv"):
                load_figure_data(again)
