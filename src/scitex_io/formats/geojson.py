"""GeoJSON (.geojson, RFC 7946)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scitex_io.content.parts import TreePart
from scitex_io.content.trees import Words, plain
from scitex_io.errors import UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.formats.json import parsed, too_deep, written
from scitex_io.handler import Accepts, Fidelity, FormatHandler
from scitex_io.losses import lose
from scitex_io.typing import Saver, TypedLoader

if TYPE_CHECKING:
    import geopandas as gpd

WORDS = Words("geojson")
WGS84 = "EPSG:4326"  # what the coordinates are in, unless an older file says otherwise
GEOMETRIES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
TYPES = frozenset({"FeatureCollection", "Feature", *GEOMETRIES})


def is_geojson(tree: Any) -> bool:
    """Is it one of GeoJSON's nine types of objects?"""
    return isinstance(tree, dict) and isinstance(tree.get("type"), str) and tree["type"] in TYPES


@frozen(kw_only=True)
class Geojson(FormatHandler, TreePart, TypedLoader, Saver[Any]):
    """Features with geometries, as the dict that the file spells, or as a GeoDataFrame."""

    name = "geojson"
    extensions = (".geojson",)
    accepts = (
        Accepts(dict, domain="a GeoJSON object", where=is_geojson),
        *(
            Accepts(
                f"geopandas.{kind}", Fidelity.LOSSY, dict, loses=f"{what} become features, without dtypes and index"
            )
            for kind, what in (("GeoDataFrame", "tables"), ("GeoSeries", "series"))
        ),
    )
    yields = (dict, "geopandas.GeoDataFrame")
    requires = ("orjson",)
    also = {"geopandas": "geo"}

    def save(self, obj: Any, path: Path, /) -> None:
        """Write UTF-8 text on one line; coordinates of a table in another system are converted to WGS 84."""
        tree = obj if isinstance(obj, dict) else self._features(obj)
        path.write_bytes(written(plain(tree, WORDS)) + b"\n")

    def _features(self, table: gpd.GeoDataFrame | gpd.GeoSeries) -> dict[str, Any]:
        import geopandas as gpd

        frame = gpd.GeoDataFrame(geometry=table) if isinstance(table, gpd.GeoSeries) else table
        if not all(type(name) is str for name in frame.columns) or not frame.columns.is_unique:
            reason = "names of properties are texts, all different"
            raise UnsupportedTypeError(self.name, type_name(type(table)), reason=reason)
        if frame.crs is not None and frame.crs != WGS84:
            lose(f"coordinates in {frame.crs.name} are converted to WGS 84")
            frame = frame.to_crs(WGS84)
        tree: dict[str, Any] = frame.to_geo_dict(na="null", drop_id=True)
        for feature in tree["features"]:
            feature["geometry"] = _listed(feature["geometry"])
        return tree

    def load(self, path: Path, /) -> Any:
        """Read the tree."""
        return self.part_of(self._tree(path), path)

    def load_as(self, path: Path, wanted: type, /) -> gpd.GeoDataFrame:  # noqa: ARG002  # there is but one
        """Each feature as a row, its properties as columns."""
        import geopandas as gpd

        tree: Any = self.load(path)
        if not is_geojson(tree):
            raise UnreadableFileError(str(path), self.name, f"'{self.key}' is no GeoJSON object")
        if tree["type"] in GEOMETRIES:
            tree = {"type": "Feature", "geometry": tree, "properties": {}}
        features = tree.get("features", []) if tree["type"] == "FeatureCollection" else [tree]
        crs = ((tree.get("crs") or {}).get("properties") or {}).get("name", WGS84)
        crs = WGS84 if crs.endswith("CRS84") else crs
        if not features:
            return gpd.GeoDataFrame(geometry=[], crs=crs)
        return gpd.GeoDataFrame.from_features(features, crs=crs)

    def _tree(self, path: Path) -> Any:
        try:
            tree = parsed(path.read_bytes())
        except RecursionError:
            too_deep(path, self.name)
        if not is_geojson(tree):
            raise UnreadableFileError(str(path), self.name, "it is no GeoJSON object", "ext='json' loads it as a tree")
        return tree


def _listed(node: Any) -> Any:
    """A geometry with lists of coordinates, as they come back, instead of tuples."""
    if isinstance(node, dict):
        return {key: _listed(part) for key, part in node.items()}
    return [_listed(part) for part in node] if isinstance(node, list | tuple) else node
