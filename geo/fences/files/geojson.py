"""Read GeoJSON (RFC 7946) as features: collections, single features, bare and multi-geometries."""

import json
from collections.abc import Iterator
from typing import Any

from fieldops.errors import BadInput
from geo.fences.files.feature import (
    SHAPES,
    Fault,
    Feature,
    fence_fields,
    line_of,
    list_of,
    name_of,
    position_of,
)

# RFC 7946 has no `crs` member; older files do, and most GIS tools still read it.
DEPTH_MOST = 10
_WGS84 = ("crs84", "epsg::4326", "epsg:4326")


def read_geojson(text: str) -> Iterator[Feature | Fault]:
    """Yield each feature, or why it cannot be read.

    Raises:
        BadInput: the text is no JSON, no GeoJSON, or in another projection than WGS 84.
    """
    try:
        found = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the file is not JSON: {error}", code="file_invalid") from error
    if not isinstance(found, dict):
        raise BadInput("the file is JSON, but not a GeoJSON object", code="file_invalid")
    _check_projection(found)
    for place, feature in enumerate(_features(found)):
        yield from _read(place, feature)


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is not a JSON number")


def _check_projection(found: dict[str, Any]) -> None:
    crs = found.get("crs")
    name = crs.get("properties", {}).get("name", "") if isinstance(crs, dict) else ""
    if name and not str(name).lower().endswith(_WGS84):
        raise BadInput(
            f"the file is in projection {name!s:.60}; export it in WGS 84 (EPSG:4326)",
            code="file_projection",
        )


def _features(found: dict[str, Any]) -> list[Any]:
    match found.get("type"):
        case "FeatureCollection" if isinstance(found.get("features"), list):
            features: list[Any] = found["features"]
            return features
        case "Feature":
            return [found]
        case str() as kind if kind in SHAPES or kind.startswith("Multi"):
            return [{"type": "Feature", "geometry": found, "properties": {}}]
        case kind:
            raise BadInput(f"the file's type {kind!r:.40} is not GeoJSON's", code="file_invalid")


def _read(place: int, feature: Any) -> Iterator[Feature | Fault]:
    name = None
    try:
        if not isinstance(feature, dict):
            raise BadInput("it is not a GeoJSON object", code="file_invalid")
        properties = feature.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        name = name_of(properties)
        fields = fence_fields(properties)
        for geometry in _parts(feature.get("geometry")):
            yield Feature(place, name, geometry, fields)
    except BadInput as error:
        pointer = error.problems[0].pointer if error.problems else "/geometry/coordinates"
        yield Fault(place, name, pointer, error.code, str(error))


def _parts(geometry: Any, depth: int = 0) -> list[dict[str, Any]]:
    """Return the drawings a geometry consists of."""
    if depth > DEPTH_MOST:
        raise BadInput(f"geometries nest deeper than {DEPTH_MOST}", code="geometry_unknown")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    match kind:
        case "Point":
            return [{"type": "Point", "coordinates": position_of(coordinates or [])}]
        case "LineString":
            return [{"type": "LineString", "coordinates": line_of(coordinates)}]
        case "Polygon":
            return [{"type": "Polygon", "coordinates": _rings(coordinates)}]
        case "MultiPoint" | "MultiLineString" | "MultiPolygon":
            single = kind.removeprefix("Multi")
            return [
                part
                for each in list_of(coordinates, single)
                for part in _parts({"type": single, "coordinates": each})
            ]
        case "GeometryCollection":
            inner = list_of(geometry.get("geometries"), "geometries")
            return [part for each in inner for part in _parts(each, depth + 1)]
        case _:
            raise BadInput(
                f"geometry {kind!r:.40} is not {', '.join(SHAPES)}",
                pointer="/geometry",
                code="geometry_unknown",
            )


def _rings(coordinates: Any) -> list[Any]:
    return [line_of(ring) for ring in list_of(coordinates, "rings")]
