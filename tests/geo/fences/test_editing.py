"""Fences against the real PostGIS, which is the truth."""

from collections.abc import Mapping
from math import cos, sin, tau
from random import Random
from typing import Any
from uuid import UUID

import pytest
import shapely

from api.shapes.fences import Fence
from fieldops.errors import BadInput, NotFound, Stale
from fieldops.events import last_position, read_events
from fieldops.model import Profile, new_id
from geo import index
from geo.fences.editing import change_fence, create_fence, view_fences
from geo.fences.watched import watched_fences
from identity.commands import Change, execute
from identity.rights import Actor
from tests.geo.yard import EAST_M, LAT, LON, NORTH_M, square
from tests.world import World

pytestmark = pytest.mark.services
# Edges are straight in lon and lat; cut small, the geography of PostGIS follows them.
ORACLE = """
select
  st_covers(f.geom, p) as inside,
  st_distance(st_boundary(st_segmentize(f.geom, 0.001))::geography, p::geography) as edge_m
from (select st_geomfromwkb($1, 4326) as geom) as f,
  unnest($2::float8[], $3::float8[]) with ordinality as q (lon, lat, i),
  lateral (select st_setsrid(st_makepoint(lon, lat), 4326) as p) as made
order by i
"""


def body(coordinates: Any, **more: Any) -> dict[str, Any]:
    return {
        "name": "Emprise",
        "geometry": {"type": "Polygon", "coordinates": coordinates},
        "buffer_m": 20.0,
        "dwell_s": 60.0,
        "max_accuracy_m": 60.0,
        **more,
    }


async def create(world: World, values: Mapping[str, Any], actor: Actor | None = None) -> Any:
    return await execute(
        world.store, actor or world.actor(), lambda c: create_fence(c, values), what="fence"
    )


async def change(
    world: World, fence: UUID, version: int, values: Mapping[str, Any], actor: Actor | None = None
) -> Any:
    async def apply(made: Change) -> Any:
        return await change_fence(made, fence, version, values)

    return await execute(world.store, actor or world.actor(), apply, what="fence")


async def test_a_fence_comes_back_as_it_was_drawn(world: World) -> None:
    site = await world.site()

    made = await create(world, body(square(), site_id=site, kind="depot"))

    shown = Fence.model_validate(made)
    assert shown.geometry.coordinates == square()
    assert (shown.site_id, shown.kind, shown.version, shown.active) == (site, "depot", 1, True)


async def test_a_fence_is_reported_to_its_site_and_audited(world: World) -> None:
    site = await world.site()
    before = await last_position(world.pool)

    made = await create(world, body(square(), site_id=site))

    (event,) = await read_events(world.pool, before)
    assert (event.kind, event.sites, event.crews) == ("fence.changed", (site,), ())
    assert event.body["id"] == str(made["id"])
    audited = await world.pool.fetchrow("select * from audit order by seq desc limit 1")
    assert audited is not None
    assert (audited["action"], audited["object"], audited["subject"]) == (
        "create",
        "fence",
        made["id"],
    )


async def test_a_polygon_that_crosses_itself_is_refused_with_the_place(world: World) -> None:
    (sw, se, ne, nw, _), *_ = square()
    bow_tie = [[sw, ne, se, nw, sw]]

    with pytest.raises(BadInput) as refused:
        await create(world, body(bow_tie))

    assert refused.value.code == "polygon_invalid"
    assert refused.value.problems[0].pointer == "/geometry/coordinates"
    assert (refused.value.params["lon"], refused.value.params["lat"]) == (LON, LAT)
    assert "Self-intersection" in str(refused.value)


@pytest.mark.parametrize(
    ("coordinates", "message"),
    [
        ([square()[0][:-1]], "must end where it begins"),
        ([square()[0][:2]], "a ring has 2 points, the least is 4"),
        (square(half_m=1), "covers 4.0 m², the least is 10"),
        (square(half_m=40_000), "km across, the limit is 50"),
        ([[(LON, LAT)] * 4], "not a simple polygon"),
    ],
)
async def test_what_is_no_fence_is_refused(world: World, coordinates: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        await create(world, body(coordinates))


async def test_a_moved_fence_does_not_rewrite_yesterday(world: World) -> None:
    made = await create(world, body(square()))

    moved = await change(world, made["id"], 1, {"geometry": body(square(500))["geometry"]})

    rows = await world.pool.fetch(
        "select st_asgeojson(geom)::jsonb as geometry, valid_from, valid_until, dwell_s"
        " from fence_version where fence_id = $1 order by valid_from",
        made["id"],
    )
    assert Fence.model_validate(moved).geometry.coordinates == square(500)
    assert [r["geometry"] for r in rows] == [made["geometry"], moved["geometry"]]
    assert rows[0]["valid_until"] == rows[1]["valid_from"]
    assert rows[1]["valid_until"] is None


async def test_a_new_name_opens_no_version(world: World) -> None:
    made = await create(world, body(square()))

    renamed = await change(world, made["id"], 1, {"name": "Dépôt nord"})

    count = await world.pool.fetchval(
        "select count(*) from fence_version where fence_id = $1", made["id"]
    )
    assert (renamed["name"], renamed["version"], count) == ("Dépôt nord", 2, 1)


async def test_a_change_of_an_older_version_is_stale(world: World) -> None:
    made = await create(world, body(square()))
    await change(world, made["id"], 1, {"dwell_s": 30})

    with pytest.raises(Stale):
        await change(world, made["id"], 1, {"dwell_s": 90})


async def test_a_site_manager_draws_only_around_its_sites(world: World) -> None:
    mine, other = await world.site(), await world.site()
    actor = world.actor(Profile.SITE_MANAGER, site_ids=frozenset({mine}))
    foreign = await create(world, body(square(), site_id=other))

    with pytest.raises(NotFound):
        await create(world, body(square(), site_id=other), actor)
    with pytest.raises(NotFound):
        await change(world, foreign["id"], 1, {"name": "x"}, actor)
    made = await create(world, body(square(), site_id=mine), actor)
    async with world.pool.acquire() as connection:
        seen = await view_fences(connection, sites=[mine])

    assert made["id"] in {f["id"] for f in seen}
    assert foreign["id"] not in {f["id"] for f in seen}


async def test_a_closed_fence_is_not_watched(world: World) -> None:
    made = await create(world, body(square()))
    await change(world, made["id"], 1, {"active": False})

    async with world.pool.acquire() as connection:
        watched = {fence.id for fence in await watched_fences(connection)}

    assert made["id"] not in watched


@pytest.mark.parametrize("seed", range(10))
async def test_the_index_says_what_postgis_says(world: World, seed: int) -> None:
    """Inside and outside exactly; distances within the bound the index states."""
    rng = Random(seed)
    corners = rng.randint(5, 12)
    turns = [(rng.uniform(30, 3000), tau * i / corners) for i in range(corners)]
    star = shapely.Polygon(
        [(LON + r * cos(a) / EAST_M, LAT + r * sin(a) / NORTH_M) for r, a in turns]
    )
    lons = [LON + rng.uniform(-4000, 4000) / EAST_M for _ in range(200)]
    lats = [LAT + rng.uniform(-4000, 4000) / NORTH_M for _ in range(200)]

    truth = await world.pool.fetch(ORACLE, star.wkb, lons, lats)
    fence = new_id()
    fences = index.FenceIndex([index.Fence(fence, None, star, index.Rules())])
    ours = fences.distances(lons, lats, [fence] * 200)

    assert [signed_m <= 0 for signed_m in ours] == [row["inside"] for row in truth]
    edges = [row["edge_m"] for row in truth]
    assert [abs(signed_m) for signed_m in ours] == pytest.approx(edges, rel=0.003, abs=0.01)
