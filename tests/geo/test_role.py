"""Presence on the real database: rows and events together, through kills and lost streams."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
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
from geo.index import Rules
from geo.ledger.reading import view_presence
from geo.role import run_geo
from geo.watch import Watch
from identity.commands import execute
from tests.feeding import Feeding
from tests.geo.presence.following import confirmed, followed
from tests.geo.yard import T0, fix, square, yard
from tests.world import World

pytestmark = pytest.mark.services
IN = 0.0
# Drives at 10 m/s, a fix every 10 s; the edge is 100 m from the centre.
GO_IN = [500.0, 400, 300, 200, 100, 0, 0]
GO_OUT = [0.0, 100, 200, 300, 400, 500, 600]
SEEN = {"entered": 40, "left": 20}


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
        """What was told of the fence, but for what was provisional."""
        found = await read_events(self.world.pool, self.since)
        return [
            e for e in found
            if e.body.get("fence") == str(self.fence) and e.body["status"] != "provisional"
        ]  # fmt: skip

    async def rows(self) -> list[Any]:
        """What holds in the ledger."""
        rows: list[Any] = await self.world.pool.fetch(
            """
            select * from presence_event
            where device_id = $1 and superseded_by is null and status = 'confirmed'
            order by at, kind
            """,
            self.device,
        )
        return rows

    async def told(self) -> list[tuple[str, int]]:
        return [(r["kind"], round((r["at"] - T0).total_seconds())) for r in await self.rows()]

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
        while watch.late:
            await watch.retell(at_once=True)


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
            },
        ),
        what="fence",
    )
    # The fixes are of a day when it was there already.
    await world.pool.execute("update fence_version set valid_from = $1", T0 - timedelta(days=1))
    since = await last_position(world.pool)
    return Scene(world, feeding, made["id"], site, device, crew, since)


async def test_an_entry_is_a_row_and_an_event_for_its_site_and_crew(scene: Scene) -> None:
    watch = await scene.watch()
    await scene.feeding.put(scene.track(GO_IN))

    await scene.catch_up(watch)

    (row,) = await scene.rows()
    (event,) = await scene.events()
    assert (row["kind"], row["fence_id"]) == ("entered", scene.fence)
    assert abs((row["at"] - T0).total_seconds() - SEEN["entered"]) <= 10
    assert row["why"]["rule"] == "evidence"
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
        "at": row["at"].isoformat(),
        "status": "confirmed",
        "supersedes": None if row["supersedes"] is None else str(row["supersedes"]),
    }
    assert await scene.present() == [scene.device]


async def test_what_is_provisional_is_told_at_once_and_replaced_by_what_is_confirmed(
    scene: Scene,
) -> None:
    watch = await scene.watch()
    await scene.feeding.put(scene.track([IN]))
    await scene.catch_up(watch)
    told = await read_events(scene.world.pool, scene.since)

    await scene.feeding.put(scene.track([IN, IN, IN], start_s=10))
    await scene.catch_up(watch)

    (provisional,) = [e for e in told if e.kind == "presence.entered"]
    (confirmed_row,) = await scene.rows()
    assert provisional.body["status"] == "provisional"
    assert str(confirmed_row["supersedes"]) == provisional.body["presence"]


async def test_a_worker_that_lost_the_lease_writes_nothing_and_the_next_misses_nothing(
    scene: Scene,
) -> None:
    slow = await scene.watch()
    await scene.feeding.put(scene.track(GO_IN))
    fresh = await scene.watch()

    with pytest.raises(LeaseLost):
        await scene.catch_up(slow)
    assert (await scene.rows(), await scene.events()) == ([], [])

    await scene.catch_up(fresh)
    assert len(await scene.rows()) == len(await scene.events()) == 1


DAY = (GO_IN + [IN] * 12 + GO_OUT) * 3


@pytest.mark.parametrize("seed", range(3))
async def test_workers_killed_anywhere_double_and_miss_nothing(scene: Scene, seed: int) -> None:
    rng = Random(seed)
    day = scene.track(DAY)
    expected = confirmed(followed([day], yard(Rules()))[1])
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
    assert [kind for kind, _ in expected] == ["entered", "left"] * 3
    assert await scene.told() == [(kind, round(at)) for kind, at in expected]
    assert [e.body["presence"] for e in events] == [str(r["id"]) for r in rows]


@pytest.mark.parametrize("seed", range(3))
async def test_fixes_in_any_order_end_in_the_ledger_of_the_day(scene: Scene, seed: int) -> None:
    rng = Random(seed)
    day = scene.track(DAY)
    expected = confirmed(followed([day], yard(Rules()))[1])
    shuffled = rng.sample(day, len(day))
    watch = await scene.watch()
    while shuffled:
        await scene.feeding.put(shuffled[:9])
        del shuffled[:9]
        if rng.random() < 0.5:
            await scene.catch_up(watch)
        if rng.random() < 0.3:
            watch = await scene.watch()
    await scene.catch_up(watch)

    assert await scene.told() == [(kind, round(at)) for kind, at in expected]


async def test_a_late_fix_that_changes_the_past_replaces_what_was_said_and_tells_it(
    scene: Scene,
) -> None:
    watch = await scene.watch()
    day = scene.track(GO_IN + [IN] * 12 + GO_OUT)
    # The phone was off for the middle of the day: it is seen outside and, an hour later, outside.
    away = scene.track([600.0] * 12, start_s=4000)
    await scene.feeding.put(day[:9] + away)
    await scene.catch_up(watch)
    before = await scene.told()

    await scene.feeding.put(day[9:])
    await scene.catch_up(watch)

    after = await scene.told()
    assert [kind for kind, _ in before] == [kind for kind, _ in after] == ["entered", "left"]
    assert before[1][1] >= 4000
    assert after[1][1] < 300
    (gone,) = [e for e in await scene.events() if e.kind == "presence.superseded"]
    (row,) = await scene.world.pool.fetch(
        "select * from presence_event where id = $1", UUID(gone.body["presence"])
    )
    (new,) = [r for r in await scene.rows() if r["kind"] == "left"]
    assert (row["superseded_by"], new["supersedes"]) == (new["id"], row["id"])


async def test_a_worker_killed_before_the_past_was_told_leaves_it_to_the_next(
    scene: Scene,
) -> None:
    watch = await scene.watch()
    day = scene.track(GO_IN + [IN] * 12 + GO_OUT)
    for batch in (day[-1:], day[:-1]):
        number = await scene.feeding.put(batch)
        await watch.take(number, batch)
    await watch.reload()
    await scene.feeding.put(scene.track([900.0], start_s=9000))

    await scene.catch_up(await scene.watch())

    assert [kind for kind, _ in await scene.told()] == ["entered", "left"]


async def test_who_is_in_a_fence_that_is_closed_has_left(scene: Scene) -> None:
    watch = await scene.watch()
    await scene.feeding.put(scene.track(GO_IN))
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
        await scene.feeding.put(scene.track(GO_IN))
        assert await events_until(scene, 1) == ["presence.entered"]
        # Valkey lost this one: the database is looked at every 2 s.
        await scene.feeding.put(scene.track(GO_OUT, start_s=100), stream=False)
        await events_until(scene, 2)
        await scene.feeding.put(scene.track(GO_IN, start_s=200))
        await events_until(scene, 3)
        await close(scene)
        kinds = await events_until(scene, 4)

    assert kinds == ["presence.entered", "presence.left"] * 2


async def test_a_role_started_again_goes_on_where_it_was(scene: Scene) -> None:
    async with running(scene):
        await scene.feeding.put(scene.track(GO_IN))
        await events_until(scene, 1)
    await scene.feeding.put(scene.track(GO_OUT[:2], start_s=100))
    async with running(scene):
        await scene.feeding.put(scene.track(GO_OUT[2:], start_s=120))
        kinds = await events_until(scene, 2)

    assert kinds == ["presence.entered", "presence.left"]


async def test_the_role_tells_a_backlog_anew(scene: Scene) -> None:
    async with running(scene):
        await scene.feeding.put(scene.track([900.0], start_s=9000))
        await scene.feeding.put(scene.track(GO_IN + [IN] * 12 + GO_OUT))
        kinds = await events_until(scene, 2)

    assert kinds == ["presence.entered", "presence.left"]
