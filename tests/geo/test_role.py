"""Presence on the real database: rows and events together, through kills and lost streams."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from fieldops.errors import LeaseLost
from fieldops.events import Event, last_position, read_events
from fieldops.leases import Lease, take_lease
from fieldops.model import Fix, new_id
from fieldops.schema import tables
from fieldops.stream import read_batches
from geo.fences.editing import change_fence, create_fence
from geo.ledger import view_presence
from geo.role import Watch, run_geo
from identity.commands import execute
from tests.feeding import Feeding
from tests.geo.yard import T0, fix, square
from tests.world import World

pytestmark = pytest.mark.services
IN, OUT = 0.0, 150.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A fence nobody was in yet, a device of a crew's van, and where the log was."""

    world: World
    feeding: Feeding
    fence: UUID
    site: UUID
    device: UUID
    crew: UUID
    since: int

    def track(self, places: list[float], *, start_s: float = 0) -> list[Fix]:
        return [fix(start_s + i * 10, p, device=self.device) for i, p in enumerate(places)]

    async def events(self) -> list[Event]:
        found = await read_events(self.world.pool, self.since)
        return [e for e in found if e.body.get("fence") == str(self.fence)]

    async def rows(self) -> list[Any]:
        rows: list[Any] = await self.world.pool.fetch(
            "select * from presence_event where device_id = $1 order by at, kind", self.device
        )
        return rows

    async def present(self) -> list[UUID]:
        async with self.world.pool.acquire() as connection:
            return [r["device_id"] for r in await view_presence(connection, site=self.site)]

    async def lease(self) -> Lease:
        lease = await take_lease(self.world.pool, "geo", "test", 60)
        assert lease is not None
        return lease

    async def watch(self) -> Watch:
        return await Watch.open(self.world.pool, await self.lease())

    async def catch_up(self, watch: Watch) -> None:
        """Follow what ingest has committed, a batch at a time."""
        upto = await self.world.pool.fetchval("select last_batch from lease where role = 'ingest'")
        for batch, fixes in await read_batches(self.world.pool, watch.batch, upto):
            await watch.take(batch, fixes)


@pytest_asyncio.fixture
async def scene(world: World, feeding: Feeding) -> Scene:
    site = await world.site(at=(0.0, 0.0))
    crew, _ = await world.crew("A")
    van = await world.insert(tables.vehicle, plate=new_id().hex[-12:], label="Fourgon")
    await world.pool.execute("update crew set vehicle_id = $2 where id = $1", crew, van)
    device = await world.insert(
        tables.device, name=new_id().hex[-12:], label="Boîtier", kind="tracker", purpose="dispatch"
    )
    await world.insert(tables.device_binding, device_id=device, vehicle_id=van, valid_from=T0)
    await world.pool.execute("update fence set active = false")
    made = await execute(
        world.store,
        world.actor(),
        lambda change: create_fence(
            change,
            {
                "site_id": site,
                "name": "Emprise",
                "geometry": {"type": "Polygon", "coordinates": square()},
                "buffer_m": 20.0,
                "dwell_s": 60.0,
                "max_accuracy_m": 60.0,
            },
        ),
        what="fence",
    )
    since = await last_position(world.pool)
    return Scene(world, feeding, made["id"], site, device, crew, since)


async def test_an_entry_is_a_row_and_an_event_for_its_site_and_crew(scene: Scene) -> None:
    watch = await scene.watch()
    await scene.feeding.put(scene.track([IN] * 7))

    await scene.catch_up(watch)

    (row,) = await scene.rows()
    (event,) = await scene.events()
    assert (row["kind"], row["fence_id"], row["at"]) == ("entered", scene.fence, T0)
    assert (event.kind, event.sites, event.crews) == (
        "presence.entered",
        (scene.site,),
        (scene.crew,),
    )
    assert event.body == {
        "presence": str(row["id"]),
        "device": str(scene.device),
        "fence": str(scene.fence),
        "site": str(scene.site),
        "crew": str(scene.crew),
        "at": "2026-11-23T08:00:00+00:00",
    }
    assert await scene.present() == [scene.device]


async def test_a_worker_that_lost_the_lease_writes_nothing_and_the_next_misses_nothing(
    scene: Scene,
) -> None:
    slow = await scene.watch()
    await scene.feeding.put(scene.track([IN] * 7))
    fresh = await scene.watch()

    with pytest.raises(LeaseLost):
        await scene.catch_up(slow)
    assert (await scene.rows(), await scene.events()) == ([], [])

    await scene.catch_up(fresh)
    assert len(await scene.rows()) == len(await scene.events()) == 1


@pytest.mark.parametrize("seed", range(4))
async def test_workers_killed_anywhere_double_and_miss_nothing(scene: Scene, seed: int) -> None:
    rng = Random(seed)
    day = scene.track(([OUT] * 5 + [IN] * 12 + [OUT] * 10) * 3)
    watch = await scene.watch()
    while day:
        size = rng.randint(1, 5)
        await scene.feeding.put(day[:size])
        day = day[size:]
        if rng.random() < 0.5:
            await scene.catch_up(watch)
        if rng.random() < 0.5:
            watch = await scene.watch()  # the old one is gone with all it remembered
    await scene.catch_up(watch)

    rows, events = await scene.rows(), await scene.events()
    cycle = [("entered", 50), ("left", 170)]
    expected = [(kind, at + 270 * i) for i in range(3) for kind, at in cycle]
    assert [(r["kind"], (r["at"] - T0).total_seconds()) for r in rows] == expected
    assert [e.body["presence"] for e in events] == [str(r["id"]) for r in rows]


async def test_a_late_backlog_after_a_restart_still_changes_nothing(scene: Scene) -> None:
    watch = await scene.watch()
    # The step inside is a change, so that how far the fixes were followed is stored with it.
    await scene.feeding.put(scene.track([IN, OUT, OUT], start_s=5000))
    await scene.catch_up(watch)
    watch = await scene.watch()

    await scene.feeding.put(scene.track([IN] * 20))
    await scene.catch_up(watch)

    assert await scene.rows() == []


async def test_who_is_in_a_fence_that_is_closed_has_left(scene: Scene) -> None:
    watch = await scene.watch()
    await scene.feeding.put(scene.track([IN] * 7))
    await scene.catch_up(watch)
    await close(scene)

    await watch.reload()
    await watch.reload()

    assert [r["kind"] for r in await scene.rows()] == ["entered", "left"]
    assert await scene.present() == []


async def close(scene: Scene) -> None:
    await execute(
        scene.world.store,
        scene.world.actor(),
        lambda change: change_fence(change, scene.fence, 1, {"active": False}),
        what="fence",
    )


@asynccontextmanager
async def running(scene: Scene) -> AsyncIterator[None]:
    await scene.world.pool.execute("update lease set until = null where role = 'geo'")
    role = asyncio.create_task(run_geo(scene.world.process))
    try:
        yield
    finally:
        role.cancel()
        with suppress(asyncio.CancelledError):
            await role


async def events_until(scene: Scene, count: int) -> list[str]:
    async with asyncio.timeout(15):
        while len(events := await scene.events()) < count:
            await asyncio.sleep(0.05)
    return [e.kind for e in events]


async def test_the_role_follows_stream_database_and_fences(scene: Scene) -> None:
    async with running(scene):
        await scene.feeding.put(scene.track([IN] * 7))
        assert await events_until(scene, 1) == ["presence.entered"]
        # Valkey lost this one: the database is looked at every 2 s.
        await scene.feeding.put(scene.track([OUT] * 7, start_s=100), stream=False)
        await events_until(scene, 2)
        await scene.feeding.put(scene.track([IN] * 7, start_s=200))
        await events_until(scene, 3)
        await close(scene)
        kinds = await events_until(scene, 4)

    assert kinds == ["presence.entered", "presence.left"] * 2


async def test_a_role_started_again_goes_on_where_it_was(scene: Scene) -> None:
    async with running(scene):
        await scene.feeding.put(scene.track([IN] * 7))
        await events_until(scene, 1)
    await scene.feeding.put(scene.track([OUT] * 4, start_s=100))
    async with running(scene):
        await scene.feeding.put(scene.track([OUT] * 3, start_s=140))
        kinds = await events_until(scene, 2)

    assert kinds == ["presence.entered", "presence.left"]
