"""Fences in memory: which are near a fix, and how far their edge is, thousands at a time.

PostGIS holds the truth; this is the hot path. Each fence is measured in a plane of its own, in
metres around its centre, scaled by the radii of curvature of WGS 84 there. That map is affine in
lon and lat, so inside and outside are exactly PostGIS's; a distance is off by at most
tan(latitude) × (offset from the centre in latitude, radians): below 0.3 % within 10 km of the
centre up to 60° of latitude, which is 6 cm on a buffer of 20 m.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, radians, sin, sqrt
from typing import Any
from uuid import UUID

import numpy as np
import shapely

WGS84_A_M = 6_378_137.0
WGS84_E2 = 0.006_694_379_990_14


@dataclass(frozen=True, slots=True)
class Rules:
    """When to believe: metres beyond the edge to leave, seconds to dwell, metres of accuracy."""

    buffer_m: float = 20.0
    dwell_s: float = 60.0
    max_accuracy_m: float = 60.0


@dataclass(frozen=True, slots=True)
class Fence:
    """A fence as it is watched now; `polygon` in degrees lon, lat."""

    id: UUID
    site: UUID | None
    polygon: shapely.Polygon
    rules: Rules


class FenceIndex:
    """An unchanging index over a tenant's watched fences; a change makes a new one."""

    def __init__(self, fences: Iterable[Fence]) -> None:
        self._fences = list(fences)
        self._place = {fence.id: i for i, fence in enumerate(self._fences)}
        self._tree = shapely.STRtree([fence.polygon for fence in self._fences])
        planes = [_plane(fence.polygon) for fence in self._fences]
        self._planes = np.array(planes, dtype=float).reshape(len(planes), 4)
        self._local = np.array(
            [_flattened(f.polygon, plane) for f, plane in zip(self._fences, planes, strict=True)],
            dtype=object,
        )
        self._edges = shapely.boundary(self._local)
        shapely.prepare(self._local)

    def __contains__(self, fence: UUID) -> bool:
        return fence in self._place

    def __len__(self) -> int:
        return len(self._fences)

    def ids(self) -> set[UUID]:
        """Return the fences watched."""
        return set(self._place)

    def rules(self, fence: UUID) -> Rules:
        """Return a watched fence's rules."""
        return self._fences[self._place[fence]].rules

    def site(self, fence: UUID) -> UUID | None:
        """Return the site a watched fence belongs to."""
        return self._fences[self._place[fence]].site

    def near(self, lons: Sequence[float], lats: Sequence[float]) -> list[tuple[int, UUID]]:
        """Return (place in the input, fence) wherever a point lies in a fence's bounding box."""
        if not self._fences or not lons:
            return []
        points, places = self._tree.query(shapely.points(lons, lats))
        return [(int(i), self._fences[j].id) for i, j in zip(points, places, strict=True)]

    def distances(
        self, lons: Sequence[float], lats: Sequence[float], fences: Sequence[UUID]
    ) -> list[float]:
        """Return metres from each point to the edge of the fence beside it, negative inside."""
        if not fences:
            return []
        places = np.array([self._place[fence] for fence in fences])
        lon0, lat0, east_m, north_m = self._planes[places].T
        points = shapely.points(
            (np.asarray(lons) - lon0) * east_m, (np.asarray(lats) - lat0) * north_m
        )
        to_edge = shapely.distance(self._edges[places], points)
        inside = shapely.intersects(self._local[places], points)
        signed: list[float] = np.where(inside, -to_edge, to_edge).tolist()
        return signed


def _plane(polygon: shapely.Polygon) -> tuple[float, float, float, float]:
    """Return the centre (lon, lat) and the metres of a degree east and north there."""
    west, south, east, north = polygon.bounds
    lon0, lat0 = (west + east) / 2, (south + north) / 2
    curve = 1 - WGS84_E2 * sin(radians(lat0)) ** 2
    north_m = radians(1) * WGS84_A_M * (1 - WGS84_E2) / (curve * sqrt(curve))
    east_m = radians(1) * WGS84_A_M / sqrt(curve) * cos(radians(lat0))
    return lon0, lat0, east_m, north_m


def _flattened(polygon: shapely.Polygon, plane: tuple[float, float, float, float]) -> Any:
    lon0, lat0, east_m, north_m = plane
    return shapely.transform(polygon, lambda points: (points - (lon0, lat0)) * (east_m, north_m))
