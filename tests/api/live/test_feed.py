"""Who sees which positions and hears which events, over a real socket."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from fieldops.database import open_pool, sql
from fieldops.events import ring
from fieldops.model import Fix, Flag, Profile, new_id, now
from fieldops.schema import tables
from fieldops.schema.provision import administrator
from fieldops.stream import stream_key
from fieldops.tenancy import database_name
from identity.commands import execute
from resources.members import remove_member
from resources.private_periods import start_period
from tests.api.live.conftest import Stage
from tests.world import LYON

pytestmark = pytest.mark.services
WAITING = """
select count(*) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""


def fix(
    device: UUID,
    *,
    age_s: float = 0.0,
    east: float = 0.0,
    flags: Flag = Flag.NONE,
    speed_mps: float | None = 5.0,
) -> Fix:
    at = now() - timedelta(seconds=age_s)
    return Fix(
        device, at, now(), LYON[0] + east, LYON[1], accuracy_m=4.0, speed_mps=speed_mps, flags=flags
    )


async def test_a_position_comes_within_a_tick_with_all_its_columns(stage: Stage) -> None:
    device = await stage.device()
    async with stage.viewer(await stage.user(Profile.MANAGER)) as (viewer, _):
        await stage.feeding.put([fix(device)])

        row = (await viewer.rows(lambda rows: str(device) in rows))[str(device)]

    assert row[1:5] == [LYON[0], LYON[1], None, 5.0]
    assert 0 <= row[5] < 1
    assert row[6:] == ["moving", 4.0]


async def test_the_snapshot_has_the_position_stored_before(stage: Stage) -> None:
    device = await stage.device()
    await stage.feeding.put([fix(device)])
    user = await stage.user(Profile.MANAGER)
    async with stage.viewer(user) as (viewer, opening):
        if str(device) not in {row[0] for row in opening["snapshot"]["fixes"]}:
            # The fix may be between the database and the hub: then it comes with a tick.
            await viewer.rows(lambda rows: str(device) in rows)


async def test_the_latest_wins_and_never_goes_back(stage: Stage) -> None:
    device = await stage.device()
    async with stage.viewer(await stage.user(Profile.MANAGER)) as (viewer, _):
        await stage.feeding.put([fix(device, age_s=10, east=0.2)])
        await viewer.rows(lambda rows: str(device) in rows)
        await stage.feeding.put([fix(device, age_s=60, east=0.3)])
        await stage.feeding.put([fix(device, age_s=-3600, east=0.4, flags=Flag.FUTURE)])
        await stage.feeding.put([fix(device, age_s=5, east=0.5), fix(device, age_s=4, east=0.6)])

        rows = await viewer.rows(lambda rows: str(device) in rows)

    assert rows[str(device)][1] == round(LYON[0] + 0.6, 7)


async def test_only_what_the_viewport_shows_is_sent(stage: Stage) -> None:
    here, there = await stage.device(), await stage.device()
    async with stage.viewer(await stage.user(Profile.MANAGER)) as (viewer, _):
        await stage.feeding.put([fix(there, east=5.0), fix(here)])
        rows = await viewer.rows(lambda rows: str(here) in rows)
        assert str(there) not in rows

        await viewer.say(subscribe={"map": {"bbox": [9, 45, 11, 46], "zoom": 11}})
        moved = await viewer.rows(lambda rows: str(there) in rows)

    assert set(moved) == {str(there)}


async def test_without_a_map_no_position_is_sent(stage: Stage) -> None:
    device = await stage.device()
    async with stage.viewer(await stage.user(Profile.MANAGER), map=None) as (viewer, opening):
        await stage.feeding.put([fix(device)])

        assert opening["snapshot"]["fixes"] == []
        assert await viewer.silence(0.5) == []


async def test_an_admin_gets_no_position(stage: Stage) -> None:
    device = await stage.device()
    user = await stage.user(Profile.ADMIN)
    await stage.feeding.put([fix(device, age_s=5)])
    async with stage.viewer(user) as (viewer, opening):
        await stage.feeding.put([fix(device)])
        said = await viewer.silence(0.5)
        audited = await stage.world.pool.fetchval(
            "select count(*) from audit where actor = $1", user.id
        )

    assert opening["snapshot"]["fixes"] == []
    assert said == []
    assert audited == 0


async def test_a_crew_sees_and_hears_of_itself_only(stage: Stage) -> None:
    (mine, me), (theirs, _) = await stage.world.crew("M"), await stage.world.crew("T")
    my_van, their_van, nobodys = (
        await stage.device(mine),
        await stage.device(theirs),
        await stage.device(),
    )
    await stage.feeding.put([fix(d, age_s=5) for d in (my_van, their_van, nobodys)])
    user = await stage.user(Profile.CREW_MEMBER, worker=me)
    async with stage.viewer(user) as (viewer, opening):
        snapshot = opening["snapshot"]
        assert {d["id"] for d in snapshot["devices"]} == {str(my_van)}
        assert {c["id"] for c in snapshot["crews"]} == {str(mine)}
        assert {row[0] for row in snapshot["fixes"]} <= {str(my_van)}

        await stage.feeding.put([fix(d) for d in (their_van, nobodys, my_van)])
        rows = await viewer.rows(lambda rows: str(my_van) in rows)
        await stage.append("assignment.changed", "task.changed", crews=[theirs])
        await stage.append("task.changed", "presence.entered")
        at = await stage.append("assignment.changed", crews=[mine])
        heard = await viewer.events(at)

    assert set(rows) == {str(my_van)}
    assert [e["at"] for e in heard] == [at]


async def test_a_crew_coming_back_is_not_told_of_others_either(stage: Stage) -> None:
    (mine, me), (theirs, _) = await stage.world.crew("M"), await stage.world.crew("T")
    user = await stage.user(Profile.CREW_MEMBER, worker=me)
    async with stage.viewer(user) as (_, opening):
        since = opening["at"]
    await stage.append("assignment.changed", crews=[theirs])
    at = await stage.append("assignment.changed", crews=[mine, theirs])
    await stage.append("task.changed")

    async with stage.viewer(user, since=since) as (viewer, _):
        heard = await viewer.events(at)

    assert [e["at"] for e in heard] == [at]


async def test_a_site_manager_hears_of_its_sites_and_of_no_other(stage: Stage) -> None:
    mine, other = await stage.world.site(), await stage.world.site()
    user = await stage.user(Profile.SITE_MANAGER)
    await stage.world.pool.execute(
        "insert into user_scope (user_id, kind, object_id) values ($1, 'site', $2)", user.id, mine
    )
    async with stage.viewer(user) as (viewer, opening):
        await stage.append("task.changed", "presence.entered", sites=[other])
        at = await stage.append("task.changed", sites=[mine, other])
        heard = await viewer.events(at)

    assert [e["at"] for e in heard] == [at]
    assert {s["id"] for s in opening["snapshot"]["sites"]} == {str(mine)}
    assert {f["site_id"] for f in opening["snapshot"]["fences"]} <= {str(mine), None}


async def test_who_leaves_a_crew_gets_a_new_snapshot_and_hears_of_it_no_more(
    stage: Stage,
) -> None:
    crew, _ = await stage.world.crew("L")
    worker = await stage.world.worker()
    await stage.world.insert(
        tables.crew_member,
        crew_id=crew,
        worker_id=worker,
        valid_from=now() - timedelta(days=1),
    )
    van = await stage.device(crew)
    user = await stage.user(Profile.CREW_MEMBER, worker=worker)
    async with stage.viewer(user) as (viewer, opening):
        assert {c["id"] for c in opening["snapshot"]["crews"]} == {str(crew)}

        await execute(
            stage.world.store,
            stage.world.actor(),
            lambda change: remove_member(change, crew, worker),
            what="member",
        )
        again = await viewer.hear("snapshot")
        await stage.append("assignment.changed", crews=[crew])
        await stage.feeding.put([fix(van)])
        said = await viewer.silence(1.0)

    assert again["snapshot"]["crews"] == []
    assert said == []


async def test_a_new_device_is_known_at_its_first_fix(stage: Stage) -> None:
    async with stage.viewer(await stage.user(Profile.MANAGER)) as (viewer, _):
        device = await stage.device()  # no event tells of it
        await stage.feeding.put([fix(device)])

        assert str(device) in await viewer.rows(lambda rows: str(device) in rows)


async def test_a_fix_that_only_the_database_has_arrives_too(stage: Stage) -> None:
    device = await stage.device()
    async with stage.viewer(await stage.user(Profile.MANAGER)) as (viewer, _):
        await stage.feeding.put([fix(device)], stream=False)

        assert str(device) in await viewer.rows(lambda rows: str(device) in rows)


async def test_positions_survive_a_valkey_that_lost_everything(stage: Stage) -> None:
    device, silent = await stage.device(), await stage.device()
    manager = await stage.user(Profile.MANAGER)
    valkey, tenant = stage.world.process.valkey, stage.world.tenant.slug
    await stage.feeding.put([fix(device, age_s=30, east=0.2), fix(silent, age_s=30)])

    def stands(rows: dict[str, Any], east: float) -> bool:
        return str(device) in rows and rows[str(device)][1] == round(LYON[0] + east, 7)

    async with stage.viewer(manager) as (viewer, _):
        await valkey.delete(stream_key(tenant))  # what it holds of this tenant
        await stage.feeding.put([fix(device, age_s=20, east=0.3)], stream=False)
        await viewer.rows(lambda rows: stands(rows, 0.3))
        await stage.feeding.put([fix(device, age_s=60, east=0.4)])
        await stage.feeding.put([fix(device, age_s=10, east=0.5)])
        await viewer.rows(lambda rows: stands(rows, 0.5))
    await valkey.delete(stream_key(tenant))
    async with stage.viewer(manager) as (_, opening):
        known = {row[0]: row for row in opening["snapshot"]["fixes"]}

    assert stands(known, 0.5)
    assert str(silent) in known


async def test_who_stays_through_an_outage_of_the_database_misses_nothing(stage: Stage) -> None:
    device = await stage.device()
    tenant, process = stage.world.tenant, stage.world.process
    async with stage.viewer(await stage.user(Profile.MANAGER)) as (viewer, opening):
        lock = await asyncpg.connect(tenant.database_url)
        async with administrator(process.urls.postgres) as admin:
            await lock.execute("begin; lock table event")
            await ring(process.valkey, tenant.slug)
            async with asyncio.timeout(5):  # until the feed is in the middle of a query
                while not await lock.fetchval(WAITING):
                    await asyncio.sleep(0.02)
            await admin.execute(sql("fieldops", "end_sessions"), database_name(tenant.slug))
        lock.terminate()
        async with await open_pool(tenant.database_url, name="others", most=1) as pool:
            others = Stage(
                replace(stage.world, pool=pool), replace(stage.feeding, pool=pool), stage.url
            )
            await others.append("task.changed")
            await others.feeding.put([fix(device)])
            at = await others.append("task.changed")

        said = await viewer.silence(4.0)

    heard = [event["at"] for message in said for event in message.get("events", ())]
    assert heard == list(range(opening["at"] + 1, at + 1))
    assert {row[0] for message in said for row in message.get("fixes", ())} == {str(device)}


async def test_private_time_takes_the_marker_off_and_late_positions_do_not_bring_it_back(
    stage: Stage,
) -> None:
    _, worker = await stage.world.crew("privée")
    phone = await stage.world.insert(
        tables.device, name=new_id().hex, label="P", kind="phone", purpose="dispatch"
    )
    await stage.world.insert(
        tables.device_binding, device_id=phone, worker_id=worker, valid_from=now()
    )
    me = stage.world.actor(Profile.CREW_MEMBER, worker_id=worker)
    boss = await stage.user(Profile.MANAGER)
    async with stage.viewer(boss) as (viewer, _):
        await stage.feeding.put([fix(phone, age_s=20)])
        await viewer.rows(lambda rows: str(phone) in rows)

        await execute(stage.world.store, me, lambda c: start_period(c, {}), what="test")
        told = await viewer.hear("events")
        while told["events"][-1]["kind"] != "position.hidden":
            told = await viewer.hear("events")
        await stage.feeding.put([fix(phone, age_s=10)])
        heard = await viewer.silence(0.5)

    assert told["events"][-1]["body"] == {"devices": [str(phone)]}
    assert not any(row[0] == str(phone) for frame in heard for row in frame.get("fixes", ()))
    async with stage.viewer(boss) as (_, opening):
        shown = [row[0] for row in opening["snapshot"]["fixes"]]
    assert str(phone) not in shown
