"""The index in memory says what PostGIS says, within its stated error."""

from uuid import UUID

import pytest
import shapely

from geo.index import Fence, FenceIndex, Rules
from tests.geo.yard import EAST_M, LAT, LON, YARD, polygon, yard


def test_a_distance_is_signed_and_in_metres() -> None:
    lons = [LON, LON + 90 / EAST_M, LON + 100.0 / EAST_M, LON + 150 / EAST_M]

    distances = yard().distances(lons, [LAT] * 4, [YARD] * 4)

    assert distances == pytest.approx([-100, -10, 0, 50], abs=0.05)


def test_only_fences_near_a_point_are_looked_at() -> None:
    fences = [Fence(UUID(int=i), None, polygon(east_m=i * 1000.0), Rules()) for i in range(50)]
    index = FenceIndex(fences)

    near = index.near([LON + 3000 / EAST_M, LON + 500 / EAST_M], [LAT, LAT])

    assert near == [(0, UUID(int=3))]


def test_a_hole_is_outside() -> None:
    outer, hole = polygon(half_m=100), polygon(half_m=50)
    ring = shapely.Polygon(outer.exterior.coords, [hole.exterior.coords])
    index = FenceIndex([Fence(YARD, None, ring, Rules())])

    assert index.distances([LON], [LAT], [YARD]) == pytest.approx([50], abs=0.05)


def test_a_tenant_without_fences_asks_nothing() -> None:
    index = FenceIndex([])

    assert index.near([LON], [LAT]) == []
    assert index.distances([], [], []) == []
    assert YARD not in index
