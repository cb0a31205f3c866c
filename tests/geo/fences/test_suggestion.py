"""A suggested fence is where the check-ins are, whatever a few of them say."""

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import shapely

from api.shapes.fences import FenceSuggestion
from fieldops.errors import NotFound
from fieldops.model import Profile, new_id, now
from geo.fences.suggestion import suggest_fence, suggested
from identity.commands import execute
from identity.rights import Actor
from tests.geo.yard import EAST_M, LAT, LON, NORTH_M
from tests.world import World


def places(count: int, spread_m: float, seed: int = 1, east_m: float = 0.0) -> list[Any]:
    """Return (lon, lat, accuracy) uniform in a square of this half side."""
    rng = Random(seed)
    return [
        (
            LON + (east_m + rng.uniform(-spread_m, spread_m)) / EAST_M,
            LAT + rng.uniform(-spread_m, spread_m) / NORTH_M,
            rng.uniform(4, 12),
        )
        for _ in range(count)
    ]


def columns(rows: list[Any]) -> tuple[list[float], list[float], list[float]]:
    return [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]


def shape_of(found: Any) -> shapely.Polygon:
    return shapely.transform(
        shapely.Polygon(found.geometry["coordinates"][0]),
        lambda p: (p - (LON, LAT)) * (EAST_M, NORTH_M),
    )


def test_many_check_ins_give_their_hull_grown_by_their_accuracy() -> None:
    found = suggested(*columns(places(200, 60.0)))

    assert (found.why, found.points, found.used) == ("hull", 200, 200)
    west, south, east, north = shape_of(found).bounds
    assert [-west, -south, east, north] == pytest.approx([68] * 4, abs=6)


def test_a_few_give_a_circle_of_a_sane_size() -> None:
    found = suggested(*columns(places(6, 10.0)))

    assert found.why == "circle"
    assert found.geometry is not None
    assert found.geometry["coordinates"] == pytest.approx((LON, LAT), abs=1e-4)
    assert found.radius_m == 25


def test_people_checking_in_along_a_line_get_a_circle() -> None:
    row = [(LON + i / EAST_M, LAT, 8.0) for i in range(20)]

    assert suggested(*columns(row)).why == "circle"


@pytest.mark.parametrize("away", [3, 20, 60])
def test_those_who_checked_in_from_home_do_not_move_it(away: int) -> None:
    found = suggested(*columns(places(150, 60.0) + places(away, 300.0, 2, east_m=4000.0)))

    assert found.points - found.used == away
    assert shape_of(found).bounds[2] < 80


def test_a_fix_of_a_cell_tower_weighs_next_to_nothing() -> None:
    towers = [(lon, lat, 150.0) for lon, lat, _ in places(140, 40.0, 3, east_m=250.0)]

    found = suggested(*columns(places(60, 40.0) + towers))

    assert shape_of(found).centroid.distance(shapely.Point(0, 0)) < 140
    assert found.spread_m is not None
    assert found.spread_m < 60


def test_a_shape_is_a_fence_and_shows_no_one_point() -> None:
    rows = places(40, 60.0)
    found = suggested(*columns(rows))

    assert shape_of(found).is_valid
    corners = np.array(shape_of(found).exterior.coords)
    own = (np.array([r[:2] for r in rows]) - (LON, LAT)) * (EAST_M, NORTH_M)
    assert min(np.hypot(*(own - corner).T).min() for corner in corners) > 3


async def check_in(world: World, site: UUID, worker: UUID, row: Any, **values: Any) -> UUID:
    event = new_id()
    fields = {
        "id": event, "worker_id": worker, "site_id": site, "kind": "in", "source": "self",
        "device_at": now() - timedelta(hours=values.pop("hours", 1)), "skew_ms": 0,
        "lon": row[0], "lat": row[1], "accuracy_m": row[2], "is_mock": False, **values,
    }  # fmt: skip
    names = ", ".join(fields)
    marks = ", ".join(f"${i + 1}" for i in range(len(fields)))
    statement = f"insert into attendance_event ({names}) values ({marks})"  # noqa: S608
    await world.pool.execute(statement, *fields.values())
    return event


async def suggestion(world: World, site: UUID, actor: Actor | None = None) -> FenceSuggestion:
    found = await execute(
        world.store, actor or world.actor(), lambda c: suggest_fence(c, site), what="suggest"
    )
    return FenceSuggestion.model_validate(found)


@pytest.mark.services
async def test_only_accepted_check_ins_of_several_people_count(world: World) -> None:
    site, (ann, bob) = await world.site(), (new_id(), new_id())
    rows = places(30, 50.0)
    for i, row in enumerate(rows[:20]):
        await check_in(world, site, ann, row, hours=i + 1)
    alone = await suggestion(world, site)
    for i, row in enumerate(rows[20:]):
        await check_in(world, site, bob, row, hours=i + 1)
    far = places(1, 1.0, east_m=500.0)[0]
    await check_in(world, site, bob, far, hours=30, is_mock=True)
    await check_in(world, site, bob, far, hours=24 * 100)
    await check_in(world, site, bob, far, hours=31, kind="out")
    wrong = await check_in(world, site, bob, far, hours=32)
    await check_in(world, site, bob, rows[0], hours=32, source="correction", corrects_id=wrong)

    found = await suggestion(world, site)

    assert (alone.why, alone.geometry, alone.points, alone.workers) == ("too_few", None, 20, 1)
    assert (found.why, found.points, found.used, found.workers) == ("hull", 31, 31, 2)
    audited = await world.pool.fetchrow("select * from audit order by seq desc limit 1")
    assert audited is not None
    assert (audited["action"], audited["object"], audited["subject"]) == ("suggest", "fence", site)


@pytest.mark.services
async def test_it_is_for_who_may_draw_at_the_site(world: World) -> None:
    site = await world.site()

    with pytest.raises(NotFound):
        await suggestion(world, site, world.actor(Profile.SITE_MANAGER, site_ids=frozenset()))
