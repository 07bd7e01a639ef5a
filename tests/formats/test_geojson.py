from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from optional import needs
from scitex_io import (
    LossyWarning,
    MissingKeyError,
    UnexpectedTypeError,
    UnreadableFileError,
    UnsupportedTypeError,
    info,
    load,
    save,
)

needs("geopandas")

import geopandas as gpd  # noqa: E402  # once it is known to be there
import shapely  # noqa: E402  # once it is known to be there

PLACES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "é", "n": 1},
            "geometry": {"type": "Point", "coordinates": [1.5, 2]},
        },
        {"type": "Feature", "properties": {"name": "b", "n": None}, "geometry": None},
    ],
}


def test_the_tree_comes_back_as_any_parser_reads_it(tmp_path: Path) -> None:
    path = save(PLACES, tmp_path / "a.geojson", on_loss="error")

    assert load(path) == json.loads(path.read_bytes()) == PLACES
    assert load(path, key="features/0/geometry/coordinates") == [1.5, 2]
    assert info(path)["keys"]["features"] == "list of 2"


def test_features_load_as_a_table_in_wgs_84(tmp_path: Path) -> None:
    table = load(save(PLACES, tmp_path / "a.geojson"), as_type=gpd.GeoDataFrame)

    assert list(table["name"]) == ["é", "b"]
    assert table.geometry[0] == shapely.Point(1.5, 2)
    assert table.geometry[1] is None
    assert table.crs == "EPSG:4326"


@pytest.mark.parametrize(
    ("tree", "rows"),
    [
        ({"type": "Point", "coordinates": [0, 0]}, 1),
        (PLACES["features"][0], 1),
        ({"type": "FeatureCollection", "features": []}, 0),
        ({**PLACES, "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}}, 2),
    ],
)
def test_every_object_of_the_standard_is_a_table(tree: Any, rows: int, tmp_path: Path) -> None:
    table = load(save(tree, tmp_path / "a.geojson"), as_type=gpd.GeoDataFrame)

    assert len(table) == rows
    assert table.crs == "EPSG:4326"


def test_an_older_file_says_what_its_coordinates_are_in(tmp_path: Path) -> None:
    path = save({**PLACES, "crs": {"properties": {"name": "EPSG:3857"}}}, tmp_path / "a.geojson")

    assert load(path, as_type=gpd.GeoDataFrame).crs == "EPSG:3857"


def test_a_table_in_another_system_is_converted_and_that_is_said(tmp_path: Path) -> None:
    table = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 2)], crs="EPSG:4326")
    with pytest.warns(LossyWarning, match="Pseudo-Mercator are converted to WGS 84"):
        path = save(table.to_crs("EPSG:3857"), tmp_path / "a.geojson")

    back = load(path, as_type=gpd.GeoDataFrame)
    assert back.geometry[0].distance(shapely.Point(1, 2)) < 1e-9
    assert list(back["a"]) == [1]
    assert gpd.read_file(path).crs == "EPSG:4326"


@pytest.mark.parametrize("value", [{"a": 1}, {"type": "Nothing"}, [PLACES], 5])
def test_what_is_no_geojson_is_refused_both_ways(value: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        save(value, tmp_path / "a.geojson")

    path = tmp_path / "b.geojson"
    path.write_text(json.dumps(value))
    with pytest.raises(UnreadableFileError, match="no GeoJSON object; ext='json'"):
        load(path)
    assert load(path, ext="json") == value


def test_tables_that_features_cannot_hold_are_refused(tmp_path: Path) -> None:
    points = [shapely.Point(0, 0)]
    for table in (gpd.GeoDataFrame({1: [1]}, geometry=points), gpd.GeoDataFrame({"more": points}, geometry=points)):
        with pytest.raises(UnsupportedTypeError):
            save(table, tmp_path / "a.geojson", on_loss="allow")
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_is_no_object_is_no_table(tmp_path: Path) -> None:
    path = save(PLACES, tmp_path / "a.geojson")

    assert len(load(path, key="features/1", as_type=gpd.GeoDataFrame)) == 1
    with pytest.raises(UnreadableFileError, match="'features' is no GeoJSON object"):
        load(path, key="features", as_type=gpd.GeoDataFrame)
    with pytest.raises(MissingKeyError):
        load(path, key="features/2")
    with pytest.raises(UnexpectedTypeError):
        load(path, as_type=int)
