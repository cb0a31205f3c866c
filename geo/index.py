"""Fences in memory: which are near a fix, and how far their edge is, thousands at a time.

PostGIS holds the truth; this is the hot path. Each fence is measured in a plane of its own, in
metres around its centre, scaled by the radii of curvature of WGS 84 there. That map is affine in
lon and lat, so inside and outside are exactly PostGIS's; a distance is off by at most
tan(latitude) × (offset from the centre in latitude, radians): below 0.3 % within 10 km of the
centre up to 60° of latitude, which is 6 cm on a buffer of 20 m.

An index may hold several versions of a fence, each in force for its own time. Asked without times
it speaks of the versions in force now; asked with the times of the fixes, of those in force then
and only within their hours, which is how a late fix is judged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from identity.week import Week

WGS84_A_M = 6_378_137.0
WGS84_E2 = 0.006_694_379_990_14

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Rules:
    """When to believe a crossing of a fence's edge (docs/presence.md).

    Attributes:
        buffer_m: metres beyond the edge that still count as inside for who is inside.
        dwell_s: seconds a device must have been on the other side, however sure it is.
        max_accuracy_m: a fix told less accurate says nothing about this fence.
        confidence: the probability at which a crossing is confirmed, above 0.5 and below 1.
    """

    buffer_m: float = 10.0
    dwell_s: float = 0.0
    max_accuracy_m: float = 100.0
    confidence: float = 0.97


@dataclass(frozen=True, slots=True)
class Fence:
    """One version of a watched fence; `polygon` in degrees lon, lat.

    In force from `valid_from` (None: ever) to `valid_until` (None: now), and then only in `hours`
    (None: always) of its site's week.
    """

    id: UUID
    site: UUID | None
    polygon: shapely.Polygon
    rules: Rules
    kind: str = "site"
    version: UUID | None = None
    hours: Week | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def watches(self, at: datetime) -> bool:
        """Return whether this version was in force at an instant, and within its hours."""
        return (
            (self.valid_from is None or self.valid_from <= at)
            and (self.valid_until is None or at < self.valid_until)
            and (self.hours is None or self.hours.allows(at))
        )


@dataclass(frozen=True, slots=True)
class Located:
    """Pairs of a point and a fence whose bounding box it lies in, as arrays of one length.

    Attributes:
        points: place of the point in what was asked.
        places: place of the version in the index (`FenceIndex.fence`).
        edge_m: metres to the fence's edge, negative inside.
    """

    points: Places
    places: Places
    edge_m: Floats


class FenceIndex:
    """An unchanging index over a tenant's watched fences; a change makes a new one.

    With `reach_m` a point is near a fence already so far outside its bounding box.
    """

    def __init__(self, fences: Iterable[Fence], *, reach_m: float = 0.0) -> None:
        self._fences = sorted(fences, key=lambda f: (f.id, _seconds(f.valid_from, -inf)))
        self._versions: dict[UUID, list[int]] = {}
        for place, fence in enumerate(self._fences):
            self._versions.setdefault(fence.id, []).append(place)
        self._now = {f.id: i for i, f in enumerate(self._fences) if f.valid_until is None}
        self._from_s = np.array([_seconds(f.valid_from, -inf) for f in self._fences], dtype=float)
        self._until_s = np.array([_seconds(f.valid_until, inf) for f in self._fences], dtype=float)
        self._spans = list(zip(self._from_s.tolist(), self._until_s.tolist(), strict=True))
        self._timed = np.array([f.hours is not None for f in self._fences], dtype=bool)
        polygons = np.array([f.polygon for f in self._fences], dtype=object)
        self._planes = _planes(polygons)
        self._tree = shapely.STRtree(_grown(polygons, self._planes, reach_m))
        self._local = _flattened(polygons, self._planes)
        self._edges = shapely.boundary(self._local)
        shapely.prepare(self._local)
        shapely.prepare(self._edges)

    def __contains__(self, fence: UUID) -> bool:
        return fence in self._now

    def __len__(self) -> int:
        return len(self._now)

    def ids(self) -> set[UUID]:
        """Return the fences watched now."""
        return set(self._now)

    def fence(self, place: int) -> Fence:
        """Return the version at a place of the index."""
        return self._fences[place]

    def version(self, fence: UUID, at: datetime | None = None) -> Fence | None:
        """Return a fence's version in force at an instant (None: now), whatever its hours."""
        place = self._place(fence, at)
        return None if place is None else self._fences[place]

    def rules(self, fence: UUID) -> Rules:
        """Return a watched fence's rules."""
        return self._fences[self._now[fence]].rules

    def site(self, fence: UUID) -> UUID | None:
        """Return the site a watched fence belongs to."""
        return self._fences[self._now[fence]].site

    def near(
        self, lons: Sequence[float], lats: Sequence[float], ats: Sequence[datetime] | None = None
    ) -> list[tuple[int, UUID]]:
        """Return (place in the input, fence) wherever a point lies in a fence's bounding box.

        With `ats` only fences that were watched at the point's time.
        """
        points, places = self._pairs(np.asarray(lons, float), np.asarray(lats, float), ats)
        return [
            (i, self._fences[j].id) for i, j in zip(points.tolist(), places.tolist(), strict=True)
        ]

    def locate(self, lons: Floats, lats: Floats, ats: Sequence[datetime] | None = None) -> Located:
        """Return every point's near fences with the distance to their edge, all in arrays."""
        points, places = self._pairs(lons, lats, ats)
        return Located(points, places, self._edge_m(lons[points], lats[points], places))

    def distances(
        self,
        lons: Sequence[float],
        lats: Sequence[float],
        fences: Sequence[UUID],
        ats: Sequence[datetime] | None = None,
    ) -> list[float]:
        """Return metres from each point to the edge of the fence beside it, negative inside.

        With `ats` to the edge the fence had at the point's time; infinity when it had none then.
        """
        if not fences:
            return []
        found = (
            [self._now[fence] for fence in fences]
            if ats is None
            else [self._place(fence, at) for fence, at in zip(fences, ats, strict=True)]
        )
        places = np.array([-1 if place is None else place for place in found], dtype=np.intp)
        signed = np.full(len(places), inf)
        known = places >= 0
        signed[known] = self._edge_m(
            np.asarray(lons, float)[known], np.asarray(lats, float)[known], places[known]
        )
        distances: list[float] = signed.tolist()
        return distances

    def _place(self, fence: UUID, at: datetime | None) -> int | None:
        if at is None:
            return self._now.get(fence)
        at_s = at.timestamp()
        for place in reversed(self._versions.get(fence, ())):  # few, and the last one nearly always
            from_s, until_s = self._spans[place]
            if from_s <= at_s:
                return place if at_s < until_s else None
        return None

    def _pairs(
        self, lons: Floats, lats: Floats, ats: Sequence[datetime] | None
    ) -> tuple[Places, Places]:
        if not self._fences or not len(lons):
            return np.empty(0, np.intp), np.empty(0, np.intp)
        points, places = self._tree.query(shapely.points(lons, lats))
        if ats is None:
            if len(self._now) == len(self._fences):
                return points, places
            kept = np.isinf(self._until_s[places])
        else:
            at_s = np.array([ats[point].timestamp() for point in points.tolist()], dtype=float)
            kept = (self._from_s[places] <= at_s) & (at_s < self._until_s[places])
            for pair in np.flatnonzero(kept & self._timed[places]).tolist():
                kept[pair] = self._fences[places[pair]].watches(ats[points[pair]])
        return points[kept], places[kept]

    def _edge_m(self, lons: Floats, lats: Floats, places: Places) -> Floats:
        lon0, lat0, east_m, north_m = self._planes[places].T
        points = shapely.points((lons - lon0) * east_m, (lats - lat0) * north_m)
        to_edge: Floats = shapely.distance(self._edges[places], points)
        inside = shapely.intersects(self._local[places], points)
        return np.where(inside, -to_edge, to_edge)


def _seconds(at: datetime | None, otherwise: float) -> float:
    return otherwise if at is None else at.timestamp()


def _planes(polygons: npt.NDArray[Any]) -> Floats:
    """Return per polygon its centre (lon, lat) and the metres of a degree east and north there."""
    bounds = shapely.bounds(polygons).reshape(-1, 4)
    lon0, lat0 = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    curve = 1 - WGS84_E2 * np.sin(np.radians(lat0)) ** 2
    north_m = np.radians(1) * WGS84_A_M * (1 - WGS84_E2) / (curve * np.sqrt(curve))
    east_m = np.radians(1) * WGS84_A_M / np.sqrt(curve) * np.cos(np.radians(lat0))
    return np.column_stack([lon0, lat0, east_m, north_m])


def _grown(polygons: npt.NDArray[Any], planes: Floats, reach_m: float) -> npt.NDArray[Any]:
    """Return the polygons, or boxes that reach so many metres beyond theirs."""
    if reach_m <= 0:
        return polygons
    west, south, east, north = shapely.bounds(polygons).reshape(-1, 4).T
    lon, lat = reach_m / planes[:, 2], reach_m / planes[:, 3]
    boxes: npt.NDArray[Any] = shapely.box(west - lon, south - lat, east + lon, north + lat)
    return boxes


def _flattened(polygons: npt.NDArray[Any], planes: Floats) -> npt.NDArray[Any]:
    flat = [
        shapely.transform(polygon, lambda points, p=plane: (points - p[:2]) * p[2:])
        for polygon, plane in zip(polygons, planes, strict=True)
    ]
    return np.array(flat, dtype=object)
