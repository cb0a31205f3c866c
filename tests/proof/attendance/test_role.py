"""The role that follows the log: whatever a verdict rests on changes, another row says so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from devices.topics import Lane
from fieldops.database import Record
from fieldops.events import append_events, last_position, read_events, ring
from fieldops.leases import release_lease, take_lease
from fieldops.model import new_id, now
from fieldops.schema import tables
from fieldops.tenancy import transaction
from geo.fences.editing import change_fence
from geo.ledger.entries import holding_entries, store_changes
from geo.presence.entries import Changes, Entry, reconcile
from identity.commands import execute
from proof.attendance.recording import declare
from proof.attendance.role import FOLLOWER, follow, run_attendance
from tests.ingest.scene import LONG_AGO, Scene
from tests.proof.attendance.crew import Gang, at, gang_of
from tests.world import LYON, World, square

pytestmark = pytest.mark.services
HERE = {"lon": LYON[0], "lat": LYON[1], "accuracy_m": 8.0}


@pytest_asyncio.fixture(scope="module")
async def gang(world: World) -> Gang:
    return await gang_of(world)


@asynccontextmanager
async def followed(gang: Gang) -> AsyncIterator[None]:
    """Run the role in the meantime, from when it has done with what was before."""
    events = await read_events(gang.world.pool, 0, 5000)
    last = max(e.position for e in events if e.kind.startswith("attendance.re"))
    place = "select coalesce(max(batch), 0) from follower where name = $1"
    async with asyncio.TaskGroup() as group:
        role = group.create_task(run_attendance(gang.world.process))
        try:
            async with asyncio.timeout(30):
                while await gang.world.pool.fetchval(place, FOLLOWER) < last:
                    await asyncio.sleep(0.05)
            yield
        finally:
            role.cancel()


async def verdicts(gang: Gang, event: UUID, number: int) -> list[tuple[str, str, list[str]]]:
    """Wait until an event has so many verdicts; return word, cause and codes of each."""
    async with asyncio.timeout(30):
        while True:
            rows = await _verdicts(gang, event)
            if len(rows) >= number:
                return [(r["verdict"], r["cause"], [c["code"] for c in r["reasons"]]) for r in rows]
            await asyncio.sleep(0.05)


async def _verdicts(gang: Gang, event: UUID) -> list[Record]:
    rows: list[Record] = await gang.world.pool.fetch(
        "select verdict, cause, reasons from attendance_verdict where event_id = $1 "
        "order by revision",
        event,
    )
    return rows


async def told(gang: Gang, event: UUID) -> list[str]:
    events = await read_events(gang.world.pool, 0, 5000)
    return [e.kind for e in events if e.body.get("id") == str(event)]


async def declare_by_phone(gang: Gang, phone: str, worker: UUID, seq: int, **more: Any) -> UUID:
    """Have a phone's declaration stored as ingest does; return the row's id."""
    scene = Scene(gang.world.tenant.slug, gang.world.pool)
    content = {"run": "a", "seq": seq, "worker": str(worker), "site": str(gang.site), **more}
    async with scene.leased() as (store, _):
        [stored] = await store.keep([scene.message(phone, content, Lane.ATTENDANCE)])
    assert stored.attendance == 1
    found = await gang.world.pool.fetchval(
        "select e.id from attendance_event as e join device as d on d.id = e.device_id "
        "where d.name = $1 and e.seq = $2",
        phone,
        seq,
    )
    return UUID(str(found))


async def test_a_declaration_that_comes_late_over_mqtt_is_judged_and_so_is_its_neighbour(
    gang: Gang,
) -> None:
    me = await gang.member()
    assert me.worker_id is not None
    await Scene(gang.world.tenant.slug, gang.world.pool).add_phone("late-phone", me.worker_id)
    went = await gang.say(me, "out", "17:00", **HERE)
    assert [r["code"] for r in went["reasons"]] == ["out_without_in"]

    async with followed(gang):
        came = await declare_by_phone(
            gang, "late-phone", me.worker_id, 1,
            kind="in", at=at("08:00").isoformat(),
        )  # fmt: skip
        first = await verdicts(gang, came, 1)
        second = await verdicts(gang, went["id"], 2)

    assert first == [("to_check", "recorded", ["no_position"])]
    assert second[1] == ("conform", "recorded", [])
    assert (await told(gang, went["id"]))[-1] == "attendance.cleared"


async def test_a_fence_that_moves_judges_who_came_after_it_and_nobody_before(gang: Gang) -> None:
    before, after = await gang.member(), await gang.member()
    early = await _said_now(gang, before, -timedelta(minutes=1))
    # His clock is a little ahead: he comes after the move that follows.
    late = await _said_now(gang, after, timedelta(minutes=2))
    assert [early["verdict"], late["verdict"]] == ["conform", "conform"]
    fence = await gang.world.pool.fetchrow(
        "select id, version from fence where site_id = $1", gang.site
    )

    async with followed(gang):
        moved = {"geometry": square(LYON[0] + 0.05, LYON[1])}
        await execute(
            gang.world.store, gang.boss,
            lambda c: change_fence(c, fence["id"], fence["version"], moved), what="test",
        )  # fmt: skip
        rows = await verdicts(gang, late["id"], 2)

    assert rows[1] == ("incoherent", "fence", ["outside_fence"])
    assert len(await _verdicts(gang, early["id"])) == 1
    assert (await told(gang, late["id"]))[-1] == "attendance.flagged"
    back = {"geometry": square(*LYON)}
    await execute(
        gang.world.store, gang.boss,
        lambda c: change_fence(c, fence["id"], fence["version"] + 1, back), what="test",
    )  # fmt: skip


async def _said_now(gang: Gang, actor: Any, ahead: timedelta) -> dict[str, Any]:
    values = {"kind": "in", "device_at": now() + ahead, "site_id": gang.site, **HERE}
    return await execute(
        gang.world.store, actor, lambda c: declare(c, values, "Europe/Paris"), what="test"
    )


async def _enter(gang: Gang, phone: UUID, when: datetime) -> Entry:
    """Have the ledger say, with its events, that a phone entered the site's fence."""
    fence = await gang.world.pool.fetchval("select id from fence where site_id = $1", gang.site)
    entry = Entry(new_id(), phone, fence, "entered", "confirmed", when, when, {})
    await _store(gang, Changes([entry]))
    return entry


async def _store(gang: Gang, changes: Changes) -> None:
    async with transaction(gang.world.pool, "test") as connection:
        await append_events(connection, await store_changes(connection, changes))
    await ring(gang.world.process.valkey, gang.world.tenant.slug)


async def test_presence_confirmed_then_superseded_supports_and_no_more(gang: Gang) -> None:
    pool = gang.world.pool
    await pool.execute("update attendance_rule set presence_aid = true")
    me = await gang.member()
    assert me.worker_id is not None
    phone = await Scene(gang.world.tenant.slug, pool).add_phone("aid-phone", me.worker_id)
    await pool.execute("update device_binding set valid_from = $1", LONG_AGO)
    said = await gang.say(me, "in", "08:00")
    assert [r["code"] for r in said["reasons"]] == ["no_position"]

    async with followed(gang):
        entry = await _enter(gang, phone, at("07:40"))
        supported = await verdicts(gang, said["id"], 2)
        async with pool.acquire() as connection:
            old = await holding_entries(connection, phone, [entry.fence], LONG_AGO)
        await _store(gang, reconcile(old, {}, [], at("09:00")))  # late fixes: it never entered
        rows = await verdicts(gang, said["id"], 3)

    assert supported[1] == ("conform", "presence", ["presence_supports"])
    assert rows[2] == ("to_check", "presence", ["no_position"])
    kinds = [kind for kind in await told(gang, said["id"]) if kind != "attendance.recorded"]
    assert kinds == ["attendance.flagged", "attendance.cleared", "attendance.flagged"]
    await pool.execute("update attendance_rule set presence_aid = false")


async def test_events_followed_twice_change_nothing_and_the_place_is_kept(gang: Gang) -> None:
    me = await gang.member()
    assert me.worker_id is not None
    await gang.world.insert(
        tables.device, name="twice", label="twice", kind="phone", purpose="dispatch"
    )
    pool = gang.world.pool
    since = await last_position(pool)
    came = await declare_by_phone(
        gang, "twice", me.worker_id, 1, kind="in", at=at("08:00").isoformat()
    )
    events = await read_events(pool, since)
    lease = await take_lease(pool, "attendance", "test", 60, free_for_s=0)
    assert lease is not None

    answers = [await follow(pool, lease, gang.world.tenant, events) for _ in range(2)]
    await release_lease(pool, lease)

    assert answers == [True, False]
    assert len(await _verdicts(gang, came)) == 1
    place = await pool.fetchval("select batch from follower where name = $1", FOLLOWER)
    assert place == events[-1].position
