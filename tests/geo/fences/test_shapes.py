"""Circles, corridors, margins and hours; PostGIS says what they cover."""

from datetime import datetime
from math import pi
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.shapes.fences import Fence
from fieldops.errors import BadInput
from geo.fences.watched import watched_fences
from geo.index import FenceIndex
from tests.geo.fences.test_editing import body, change, create
from tests.geo.yard import EAST_M, LAT, LON, NORTH_M, square
from tests.world import World

pytestmark = pytest.mark.services
CENTRE = {"type": "Point", "coordinates": (LON, LAT)}
ROAD = {"type": "LineString", "coordinates": [(LON, LAT), (LON + 1000 / EAST_M, LAT)]}
AREA_M2 = "select st_area(geom::geography) from fence_version where fence_id = $1"
NIGHTS = {"week": [[("00:00", "06:00"), ("20:00", "24:00")]] * 5 + [[], []]}


def drawn(geometry: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "Périmètre", "geometry": geometry, **more}


async def distances(world: World, fence: Any, places: list[tuple[float, float]]) -> list[float]:
    """Return signed metres from points so far east and north of the centre, by the index."""
    async with world.pool.acquire() as connection:
        index = FenceIndex(await watched_fences(connection))
    lons = [LON + east / EAST_M for east, _ in places]
    lats = [LAT + north / NORTH_M for _, north in places]
    return index.distances(lons, lats, [fence] * len(places))


async def test_a_circle_covers_its_radius_and_comes_back_as_it_was_drawn(world: World) -> None:
    made = await create(world, drawn(CENTRE, radius_m=300.0))

    shown = Fence.model_validate(made)
    assert (shown.geometry.type, shown.radius_m, shown.width_m) == ("Point", 300, None)
    area_m2 = await world.pool.fetchval(AREA_M2, made["id"])
    assert area_m2 == pytest.approx(pi * 300**2, rel=0.002)
    far = await distances(world, made["id"], [(0, 0), (290, 0), (0, 310)])
    assert far == pytest.approx([-300, -10, 10], abs=0.5)


async def test_a_corridor_is_its_width_across_and_round_at_its_ends(world: World) -> None:
    made = await create(world, drawn(ROAD, width_m=40.0))

    shown = Fence.model_validate(made)
    assert (shown.geometry.type, shown.width_m, shown.radius_m) == ("LineString", 40, None)
    far = await distances(world, made["id"], [(500, 0), (500, 25), (-15, 0), (-15, 18)])
    assert far == pytest.approx([-20, 5, -5, 3.4], abs=0.2)


async def test_a_margin_grows_what_was_drawn_and_a_hole_shrinks(world: World) -> None:
    hole = square(half_m=50)[0][::-1]
    polygon = {"type": "Polygon", "coordinates": [square()[0], hole]}

    made = await create(world, drawn(polygon, margin_m=10.0))

    assert [len(ring) for ring in made["geometry"]["coordinates"]] == [5, 5]
    far = await distances(world, made["id"], [(105, 0), (0, 115), (0, 0), (45, 0)])
    assert far == pytest.approx([-5, 5, 40, -5], abs=0.1)


async def test_another_shape_forgets_the_measure_of_the_first(world: World) -> None:
    made = await create(world, drawn(CENTRE, radius_m=300.0))

    changed = await change(world, made["id"], 1, {"geometry": ROAD, "width_m": 30.0})

    assert (changed["radius_m"], changed["width_m"]) == (None, 30.0)
    with pytest.raises(BadInput, match="a Polygon has no width_m"):
        await change(world, made["id"], 2, {**drawn(body(square())["geometry"]), "width_m": 9.0})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (drawn(CENTRE), "a Point needs its radius_m"),
        (drawn(CENTRE, radius_m=4.0), "radius_m 4 is not 5 to 20000"),
        (drawn(CENTRE, radius_m=20_001.0), "radius_m 20001 is not 5 to 20000"),
        (drawn(ROAD), "a LineString needs its width_m"),
        (drawn(ROAD, width_m=2_001.0), "width_m 2001 is not 2 to 2000"),
        (drawn(ROAD, width_m=10.0, radius_m=10.0), "a LineString has no radius_m"),
        (drawn({**ROAD, "coordinates": [(LON, LAT)] * 2}, width_m=10.0), "not a simple linestring"),
        (
            drawn({**ROAD, "coordinates": [(LON, LAT), (LON + 1, LAT)]}, width_m=10.0),
            "km across, the limit is 50",
        ),
        (
            drawn(CENTRE, radius_m=50.0, schedule={"week": [[("08:00", "08:00")]] + [[]] * 6}),
            "schedule: 08:00-08:00 on day 0 is empty",
        ),
        (
            drawn(
                CENTRE,
                radius_m=50.0,
                schedule={"week": [[], [("08:00", "12:00"), ("11:00", "13:00")]] + [[]] * 5},
            ),
            "11:00-13:00 on day 1 is empty, or begins before 12:00",
        ),
    ],
)
async def test_a_drawing_without_sane_measures_is_refused(
    world: World, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        await create(world, values)


async def test_hours_are_of_the_sites_clock_and_a_depots_of_the_tenants(world: World) -> None:
    made = await create(
        world, drawn(CENTRE, radius_m=50.0, site_id=await world.site(), schedule=NIGHTS)
    )
    depot = await create(world, drawn(CENTRE, radius_m=50.0, kind="depot", schedule=NIGHTS))

    async with world.pool.acquire() as connection:
        fences = {f.id: f for f in await watched_fences(connection, tz="Indian/Reunion")}

    evening = datetime(2026, 6, 1, 20, 30, tzinfo=ZoneInfo("Europe/Paris"))  # a Monday
    in_reunion = evening.replace(tzinfo=ZoneInfo("Indian/Reunion"))
    hours = fences[made["id"]].hours
    assert hours is not None
    assert (hours.allows(evening), hours.allows(in_reunion)) == (True, False)
    hours = fences[depot["id"]].hours
    assert hours is not None
    assert (hours.allows(evening), hours.allows(in_reunion)) == (True, True)


async def test_a_past_time_is_judged_by_the_version_of_that_time(world: World) -> None:
    made = await create(world, drawn(CENTRE, radius_m=300.0))
    first_at = await world.pool.fetchval("select now()")
    await change(world, made["id"], 1, {"radius_m": 100.0})
    then_at = await world.pool.fetchval("select now()")
    await change(world, made["id"], 2, {"active": False})
    closed_at = await world.pool.fetchval("select now()")
    await change(world, made["id"], 3, {"active": True, "radius_m": 50.0})

    async with world.pool.acquire() as connection:
        index = FenceIndex(await watched_fences(connection, first_at))
        present = await watched_fences(connection)

    place = ([LON + 200 / EAST_M] * 3, [LAT] * 3, [made["id"]] * 3)
    past = index.distances(*place, [first_at, then_at, closed_at])
    assert past == pytest.approx([-100, 100, float("inf")], abs=0.5)
    near = index.near(*place[:2], [first_at, then_at, closed_at])
    assert [i for i, fence in near if fence == made["id"]] == [0]
    assert index.distances([LON], [LAT], [made["id"]]) == pytest.approx([-50], abs=0.5)
    assert [f.id for f in present].count(made["id"]) == 1
