"""The index in memory says what PostGIS says, within its stated error."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import shapely

from geo.index import Fence, FenceIndex, Rules
from identity.week import week_of
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


def test_each_time_has_its_version_and_its_hours() -> None:
    noon = datetime(2026, 6, 1, 10, tzinfo=UTC)  # a Monday, 12:00 in Paris
    mornings = week_of({"tz": "Europe/Paris", "week": [[("08:00", "12:00")]] + [[]] * 6})
    old = Fence(YARD, None, polygon(half_m=50), Rules(), valid_until=noon, hours=mornings)
    new = Fence(YARD, None, polygon(half_m=100), Rules(), valid_from=noon)
    index = FenceIndex([new, old])
    hours = [-5, -3, 0, 3]  # before the morning, in it, when the fence grew, and after
    ats = [noon + timedelta(hours=h) for h in hours]

    near = index.near([LON] * 4, [LAT] * 4, ats)
    distances = index.distances([LON] * 4, [LAT] * 4, [YARD] * 4, ats)

    assert near == [(1, YARD), (2, YARD), (3, YARD)]
    assert distances == pytest.approx([-50, -50, -100, -100], abs=0.05)
    assert index.near([LON], [LAT]) == [(0, YARD)]
    assert index.version(YARD, ats[1]) is old
    assert len(index) == 1
