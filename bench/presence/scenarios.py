"""Days the model does not know: what happens on real sites, each with the truth beside it.

A day is walked second by second; a true crossing is where the true way changes side.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, hypot

import numpy as np
import shapely

from bench.presence.model import Floats, Track, Truth, bearing, in_disc, observed

STREET_MPS, WALK_MPS = 10.0, 1.4
SITE_M = 70.0


@dataclass(frozen=True, slots=True)
class Day:
    """Fences in metres around the origin, one device's fixes, and the true crossings."""

    shapes: Mapping[str, shapely.Polygon]
    track: Track
    truth: list[Truth]


class Way:
    """A true way, a point a second: `go` somewhere, `stay` there."""

    def __init__(self, x_m: float, y_m: float) -> None:
        self._points = [np.array([[x_m, y_m]])]

    @property
    def here(self) -> Floats:
        last: Floats = self._points[-1][-1]
        return last

    @property
    def seconds(self) -> int:
        return sum(map(len, self._points)) - 1

    def go(self, x_m: float, y_m: float, speed_mps: float = STREET_MPS) -> "Way":
        x0, y0 = self.here
        steps = max(1, ceil(hypot(x_m - x0, y_m - y0) / speed_mps))
        share = np.arange(1, steps + 1)[:, None] / steps
        self._points.append(self.here + share * (np.array([x_m, y_m]) - self.here))
        return self

    def stay(self, seconds: float) -> "Way":
        self._points.append(np.repeat(self.here[None, :], int(seconds), axis=0))
        return self

    def potter(self, rng: np.random.Generator, x_m: float, y_m: float, radius_m: float,
               seconds: float) -> "Way":  # fmt: skip
        """Walk from point to point of a disc."""
        ends = self.seconds + seconds
        while self.seconds < ends:
            dx, dy = radius_m * in_disc(rng, 1)[0]
            self.go(x_m + dx, y_m + dy, WALK_MPS).stay(rng.uniform(60, 600))
        return self

    def points(self) -> Floats:
        return np.concatenate(self._points)


def cell_tower(rng: np.random.Generator) -> Day:
    """GNSS is lost for up to 3 min; the phone tells a cell's mast instead, and how vague it is."""
    shapes = {"site": _disc(0, 0, SITE_M)}
    way = _visits(rng, Way(1500, 0), pause_s=900)
    track, truth = _seen(rng, way, shapes, sigma_m=8)
    lost = np.zeros(len(track.at_s), dtype=bool)
    for _ in range(12):
        begins, mast = rng.integers(len(lost)), rng.uniform(300, 1500) * bearing(rng)
        run = slice(begins, begins + rng.integers(3, 19))
        lost[run] = True
        track.x_m[run] = mast[0] + rng.normal(0, 40, len(track.x_m[run]))
        track.y_m[run] = mast[1] + rng.normal(0, 40, len(track.y_m[run]))
    told = np.where(lost, rng.uniform(400, 2000, len(lost)), track.accuracy_m)
    return Day(shapes, Track(track.at_s, track.x_m, track.y_m, told), truth)


def tunnel(rng: np.random.Generator) -> Day:
    """The only road passes through a tunnel: nothing is heard from 1,900 to 250 m."""
    shapes = {"site": _disc(0, 0, SITE_M)}
    way = _visits(rng, Way(3000, 0), pause_s=600, far_m=3000)
    far = np.hypot(*way.points().T)
    return _day(rng, way, shapes, 8, heard=(far < 250) | (far > 1900))


def asleep(rng: np.random.Generator) -> Day:
    """A phone that lies still tells its place every 15 minutes, and wakes when it moves."""
    shapes = {"site": _disc(0, 0, SITE_M)}
    way = _visits(rng, Way(1500, 0), pause_s=3600)
    moved = np.hypot(*np.diff(way.points(), axis=0, prepend=np.nan).T) > 0.1
    seconds = np.arange(len(moved))
    woke = np.maximum.accumulate(np.where(moved, seconds, 0))
    heard = (seconds - woke < 120) | (seconds % 900 < 10)
    return _day(rng, way, shapes, 10, heard=heard)


def road_along(rng: np.random.Generator) -> Day:
    """A road 15 m beside the fence, driven along twelve times; three visits as well."""
    shapes = {"site": shapely.box(-60, -40, 60, 40)}
    way = Way(-1500, -55)
    for turn in range(15):
        aside = 1500.0 if way.here[0] < 0 else -1500.0
        if turn % 5 == 2:
            way.go(0, -55).go(0, 0, 4).potter(rng, 0, 0, 32, 2400).go(0, 0, WALK_MPS)
            way.go(0, -55, 4)
        way.go(aside, -55, rng.uniform(7, 14)).stay(600)
    return _day(rng, way, shapes, 7)


def next_door(rng: np.random.Generator) -> Day:
    """Half the day is spent on the plot beside, its nearest corner 30 m from the fence."""
    shapes = {"site": shapely.box(-60, -40, 60, 40)}
    way = Way(1500, 0)
    for turn in range(4):
        x_m = 0.0 if turn % 2 else 115.0
        way.go(x_m, 90, STREET_MPS)
        way.go(x_m, 0, 5).potter(rng, x_m, 0, 25 if turn % 2 else 24, 5400)
        way.go(x_m, 0, WALK_MPS).go(x_m, 90, 5).go(1500 * (-1) ** turn, 90).stay(900)
    return _day(rng, way, shapes, 8)


def nested(rng: np.random.Generator) -> Day:
    """A danger zone inside a site inside a works area; people walk in and out of the zone."""
    shapes = {"works": _disc(0, 0, 400), "site": _disc(0, 0, 150), "zone": _disc(40, 0, 35)}
    way = Way(-1500, 300)
    for _ in range(3):
        way.go(-60, 0).potter(rng, -60, 0, 40, 2400)
        way.go(40, 0, WALK_MPS).potter(rng, 40, 0, 22, 1800)
        way.go(-60, 0, WALK_MPS).potter(rng, -60, 0, 40, 1800)
        way.go(-1500, 300).stay(900)
    return _day(rng, way, shapes, 6)


def holes(rng: np.random.Generator) -> Day:
    """A ring around a building that does not belong to the site; work on both sides of its wall."""
    shapes = {"site": _disc(0, 0, 140) - _disc(0, 0, 55)}
    way = Way(1500, 0)
    for _ in range(3):
        way.go(100, 0).potter(rng, 98, 0, 20, 2400)
        way.go(0, 0, WALK_MPS).potter(rng, 0, 0, 28, 2400)
        way.go(100, 0, WALK_MPS).potter(rng, 98, 0, 20, 1800).go(1500, 0).stay(900)
    return _day(rng, way, shapes, 7)


SCENARIOS: Mapping[str, Callable[[np.random.Generator], Day]] = {
    made.__name__: made
    for made in (cell_tower, tunnel, asleep, road_along, next_door, nested, holes)
}


def _disc(x_m: float, y_m: float, radius_m: float) -> shapely.Polygon:
    return shapely.Point(x_m, y_m).buffer(radius_m, 32)


def _visits(rng: np.random.Generator, way: Way, *, pause_s: float, far_m: float = 1500) -> Way:
    """Three visits of the site at the origin, 90 min each, a pause far away after each."""
    for _ in range(3):
        way.go(0, 0).potter(rng, 0, 0, 0.8 * SITE_M, 5400)
        way.go(0, 0, WALK_MPS).go(*(far_m * bearing(rng))).stay(pause_s)
    return way


def _day(
    rng: np.random.Generator, way: Way, shapes: Mapping[str, shapely.Polygon], sigma_m: float,
    heard: np.ndarray[tuple[int], np.dtype[np.bool_]] | None = None,
) -> Day:  # fmt: skip
    track, truth = _seen(rng, way, shapes, sigma_m, heard)
    return Day(shapes, track, truth)


def _seen(
    rng: np.random.Generator, way: Way, shapes: Mapping[str, shapely.Polygon], sigma_m: float,
    heard: np.ndarray[tuple[int], np.dtype[np.bool_]] | None = None,
) -> tuple[Track, list[Truth]]:  # fmt: skip
    """Return what is told of a way every 10 s, where it is heard, and the true crossings."""
    points = way.points()
    at_s = np.arange(int(rng.integers(10)), len(points), 10)
    if heard is not None:
        at_s = at_s[heard[at_s]]
    truth = [
        Truth(float(at), name, "entered" if inside[at] else "left")
        for name, shape in shapes.items()
        for inside in [shapely.contains_xy(shape, points[:, 0], points[:, 1])]
        for at in np.flatnonzero(np.diff(inside)) + 1
    ]
    return observed(rng, at_s.astype(float), points[at_s], sigma_m), truth
