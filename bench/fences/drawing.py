"""Fences and points of a working town: polygons with and without holes, circles, corridors."""

from dataclasses import dataclass
from math import tau

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]

WEST, SOUTH, SIDE_DEG = 4.3, 45.3, 1.0
EAST_M, NORTH_M = 77_800.0, 111_100.0
# Of the points, those around a fence; the rest lie anywhere in the town.
NEAR = 0.5
NEAR_SIGMA_M = 200.0


@dataclass(frozen=True, slots=True)
class Town:
    """Polygons in degrees, and points as lons and lats of one length."""

    polygons: list[shapely.Polygon]
    lons: Floats
    lats: Floats


def drawn_town(fences: int, points: int, seed: int) -> Town:
    """Draw a town of 78 by 111 km; the same seed gives the same one."""
    rng = np.random.default_rng(seed)
    lons = WEST + SIDE_DEG * rng.random(fences)
    lats = SOUTH + SIDE_DEG * rng.random(fences)
    makers = (_star, _star_with_hole, _circle, _corridor)
    polygons = [_placed(makers[i % len(makers)](rng), lons[i], lats[i]) for i in range(fences)]
    near = int(points * NEAR)
    home = rng.integers(0, fences, near)
    around = rng.normal(0.0, NEAR_SIGMA_M, (2, near))
    all_lons = np.concatenate(
        [lons[home] + around[0] / EAST_M, WEST + SIDE_DEG * rng.random(points - near)]
    )
    all_lats = np.concatenate(
        [lats[home] + around[1] / NORTH_M, SOUTH + SIDE_DEG * rng.random(points - near)]
    )
    order = rng.permutation(points)
    return Town(polygons, all_lons[order], all_lats[order])


def _star(rng: np.random.Generator) -> shapely.Polygon:
    corners = int(rng.integers(5, 40))
    turns = tau * np.arange(corners) / corners
    far = rng.uniform(60, 300, corners)
    return shapely.Polygon(np.column_stack([far * np.cos(turns), far * np.sin(turns)]))


def _star_with_hole(rng: np.random.Generator) -> shapely.Polygon:
    return _star(rng).difference(shapely.Point(0, 0).buffer(40.0, quad_segs=8))


def _circle(rng: np.random.Generator) -> shapely.Polygon:
    return shapely.Point(0, 0).buffer(rng.uniform(30, 400), quad_segs=32)


def _corridor(rng: np.random.Generator) -> shapely.Polygon:
    steps = rng.normal((400, 0), 300, (8, 2))
    return shapely.LineString(np.cumsum(steps, axis=0)).buffer(rng.uniform(5, 30), quad_segs=16)


def _placed(shape: shapely.Polygon, lon: float, lat: float) -> shapely.Polygon:
    return shapely.transform(shape, lambda p: p / (EAST_M, NORTH_M) + (lon, lat))
