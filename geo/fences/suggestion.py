"""Suggest a site's fence from where people checked in, without saying who they were.

A check-in is a person's word that they are on the site, so where such words gather is the site.
One bad fix must not move it: the centre is the geometric median weighted by accuracy, and what lies
beyond three robust deviations of it is left out, unless its own error explains that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from fieldops.database import sql
from fieldops.model import EARTH_RADIUS_M
from identity.commands import Change
from identity.rights import require_on

DAYS = 90
CHECKINS_MOST = 2_000
POINTS_LEAST, WORKERS_LEAST = 5, 2  # with fewer the shape would tell where one person stood
HULL_LEAST = 12
ACCURACY_LEAST_M, ACCURACY_UNKNOWN_M, ACCURACY_MOST_M = 5.0, 30.0, 200.0
RADIUS_LEAST_M = 25.0
OUTLIER = 3.0
MAD_TO_SIGMA = 1.4826
COVERED = 0.95
SIMPLE_M = 5.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the check-ins say.

    Attributes:
        points: check-ins looked at; `used` without the outliers.
        geometry: a GeoJSON Polygon, or a Point with `radius_m`; None when there are too few.
        why: a code for the client to translate: `hull`, `circle`, `too_few`.
        accuracy_m: the check-ins' middle accuracy, by which the shape was grown.
    """

    points: int
    used: int
    why: str
    geometry: dict[str, Any] | None = None
    radius_m: float | None = None
    accuracy_m: float | None = None
    spread_m: float | None = None


async def suggest_fence(change: Change, site: UUID) -> dict[str, Any]:
    """Return the fence a site's check-ins of 90 days suggest; the look at them is audited.

    Check-ins count that named the site with a position, were not faked (mock location) and were
    not corrected since.

    Raises:
        Forbidden, NotFound: the actor may not draw fences at the site.
    """
    require_on(change.actor, "fence", "create", site=site)
    rows = await change.connection.fetch(
        sql("geo.fences", "site_checkins"), site, DAYS, CHECKINS_MOST
    )
    change.audit("suggest", "fence", site, {"points": len(rows)})
    workers = {row["worker_id"] for row in rows}
    if len(workers) < WORKERS_LEAST:
        found = Suggestion(len(rows), 0, "too_few")
    else:
        found = suggested(
            [row["lon"] for row in rows],
            [row["lat"] for row in rows],
            [row["accuracy_m"] for row in rows],
        )
    return {
        "days": DAYS,
        "workers": len(workers),
        "least": {"points": POINTS_LEAST, "workers": WORKERS_LEAST},
        **{name: getattr(found, name) for name in Suggestion.__slots__},
    }


def suggested(
    lons: Sequence[float], lats: Sequence[float], accuracies_m: Sequence[float | None]
) -> Suggestion:
    """Return the shape that check-ins at these places suggest.

    The centre is the geometric median, each point weighted by the inverse of its variance
    (Weiszfeld's iteration as Vardi and Zhang 2000 made it converge, doi:10.1073/pnas.97.4.1423): up
    to half of the weight may lie anywhere without moving it far. The deviation is 1.4826 times the
    weighted median of the distances to it (the MAD, Rousseeuw and Croux 1993,
    doi:10.1080/01621459.1993.10476408). Of the points within three of it, or within twice their own
    accuracy more, the convex hull is grown by their middle accuracy; of fewer than twelve, or of
    points on a line, a circle is made that covers 95 % of their weight.

    Args:
        lons, lats: degrees WGS 84, within some kilometres of each other.
        accuracies_m: radius of 68 %, None where unknown (30 m is taken).
    """
    if len(lons) < POINTS_LEAST:
        return Suggestion(len(lons), 0, "too_few")
    accuracy = np.array([ACCURACY_UNKNOWN_M if a is None else a for a in accuracies_m], dtype=float)
    accuracy = np.clip(accuracy, ACCURACY_LEAST_M, ACCURACY_MOST_M)
    plane = _Plane(float(np.median(lons)), float(np.median(lats)))
    points, weights = plane.flat(np.array(lons), np.array(lats)), 1 / accuracy**2
    centre = _geometric_median(points, weights)
    far = np.hypot(*(points - centre).T)
    spread_m = MAD_TO_SIGMA * _quantile(far, weights, 0.5)
    used = far <= OUTLIER * max(spread_m, ACCURACY_LEAST_M) + 2 * accuracy
    points, weights, far = points[used], weights[used], far[used]
    grown_m = _quantile(accuracy[used], np.ones(len(points)), 0.5)
    told: dict[str, Any] = {
        "points": len(lons),
        "used": len(points),
        "accuracy_m": round(grown_m, 1),
        "spread_m": round(spread_m, 1),
    }
    hull = shapely.MultiPoint(points).convex_hull
    if len(points) >= HULL_LEAST and hull.geom_type == "Polygon":
        # Simplified, it does not show the very points it was made of.
        shape = hull.buffer(grown_m, quad_segs=4).simplify(SIMPLE_M)
        return Suggestion(why="hull", geometry=plane.polygon(shape), **told)
    radius_m = max(_quantile(far, weights, COVERED) + grown_m, RADIUS_LEAST_M)
    return Suggestion(why="circle", geometry=plane.point(centre), radius_m=round(radius_m), **told)


class _Plane:
    """Metres around a point; good to a few kilometres."""

    def __init__(self, lon0: float, lat0: float) -> None:
        self._origin = np.array([lon0, lat0])
        degree_m = np.radians(1) * EARTH_RADIUS_M
        self._scale = np.array([degree_m * np.cos(np.radians(lat0)), degree_m])

    def flat(self, lons: Floats, lats: Floats) -> Floats:
        flat: Floats = (np.column_stack([lons, lats]) - self._origin) * self._scale
        return flat

    def point(self, place: Floats) -> dict[str, Any]:
        lon, lat = place / self._scale + self._origin
        return {"type": "Point", "coordinates": (round(float(lon), 6), round(float(lat), 6))}

    def polygon(self, shape: shapely.Polygon) -> dict[str, Any]:
        ring = np.array(shape.exterior.coords) / self._scale + self._origin
        return {
            "type": "Polygon",
            "coordinates": [[(round(float(x), 6), round(float(y), 6)) for x, y in ring]],
        }


def _geometric_median(points: Floats, weights: Floats, *, rounds: int = 200) -> Floats:
    """Return the point with the least weighted sum of distances, to a centimetre."""
    centre: Floats = np.average(points, axis=0, weights=weights)
    for _ in range(rounds):
        far = np.hypot(*(points - centre).T)
        here = far < 1e-9
        pull = weights[~here] / far[~here]
        if not pull.size:
            return centre
        aim = (points[~here] * pull[:, None]).sum(axis=0) / pull.sum()
        # At a data point the others must pull harder than its own weight to move the centre on.
        force = float(np.hypot(*((points[~here] - centre) * pull[:, None]).sum(axis=0)))
        held = min(1.0, float(weights[here].sum()) / force) if force > 0 else 1.0
        step = (1 - held) * (aim - centre)
        centre = centre + step
        if np.hypot(*step) < 0.01:
            break
    return centre


def _quantile(values: Floats, weights: Floats, share: float) -> float:
    """Return the least value with at least this share of the weight at or below it."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(reached, share - 1e-12)])
