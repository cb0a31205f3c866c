"""Trips on the real database: the rows are what the fixes say, in whatever order they came."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest

from bench.trips.model import T0, fix_at, seconds_of, seen, working
from fieldops.errors import LeaseLost
from fieldops.model import Fix, now
from fieldops.schema import tables
from geo.role import run_geo
from geo.trips.journey import derive_journey
from identity.erasure import erase_private
from tests.geo.trips.conftest import Yard
from tests.geo.trips.test_journey import drive, stand

pytestmark = pytest.mark.services
ROUND = [*stand(0, 900, 0), *drive(900, 1500), *stand(1500, 2400, 6000)]


def shuffled(rng: Random, fixes: list[Fix], *, batches: int) -> list[list[Fix]]:
    """Split fixes into batches: mostly in order, a third of them hours late or disordered."""
    cuts = sorted(rng.sample(range(1, len(fixes)), batches - 1))
    parts = [fixes[a:b] for a, b in zip([0, *cuts], [*cuts, len(fixes)], strict=True)]
    late = [part for part in parts if rng.random() < 0.3]
    parts = [part for part in parts if part not in late]
    for part in late:
        rng.shuffle(part)
        parts.insert(rng.randint(0, len(parts)), part)
    return parts


@pytest.mark.parametrize("seed", range(6))
async def test_late_and_disordered_fixes_end_in_the_trips_of_the_fixes_in_order(
    yard: Yard, seed: int
) -> None:
    rng = Random(seed)
    day = working(rng, drives=4, every_s=20)
    fixes = seen(rng, day, 8.0)
    truth = derive_journey(fixes, now())

    follower = await yard.follower()
    for part in shuffled(rng, fixes, batches=12):
        await yard.put(part)
        if rng.random() < 0.7:
            await yard.catch_up(follower)
        if rng.random() < 0.2:
            follower = await yard.follower()  # the old one is gone with all it remembered
    await yard.catch_up(follower)

    assert len(truth.trips) == 4
    assert await yard.trips() == [
        (
            t.started_at, t.ended_at, t.last_at, t.start_lon, t.start_lat, t.end_lon, t.end_lat,
            t.distance_m, t.unseen_m, t.halted_s,
        )
        for t in truth.trips
    ]  # fmt: skip
    assert await yard.stops() == [(s.started_at, s.ended_at, s.lon, s.lat) for s in truth.stops]


async def test_a_trip_that_ended_is_an_event_without_places(yard: Yard) -> None:
    follower = await yard.follower()
    await yard.put(ROUND)
    await yard.catch_up(follower)

    ((kind, body),) = await yard.events("trip")
    assert kind == "trip.ended"
    assert body == {
        "trip": str((await yard.trip_ids())[0]),
        "vehicle": str(yard.vehicle),
        "device": str(yard.device),
        "started_at": (T0 + timedelta(seconds=900)).isoformat(),
        "ended_at": (T0 + timedelta(seconds=1500)).isoformat(),
        "distance_m": pytest.approx(6000, rel=0.01),
        "unseen_s": 0.0,
    }


async def test_late_fixes_correct_a_trip_under_its_id(yard: Yard) -> None:
    follower = await yard.follower()
    late = [fix for fix in ROUND if 1100 <= seconds_of(fix.observed_at) < 1350]
    await yard.put([fix for fix in ROUND if fix not in late])
    await yard.catch_up(follower)
    ids, (before,) = await yard.trip_ids(), await yard.trips()

    await yard.put(late)
    await yard.catch_up(follower)

    (after,) = await yard.trips()
    assert (before[8], after[8]) == (pytest.approx(2600, rel=0.01), 0.0)  # metres unseen
    assert await yard.trip_ids() == ids
    assert [kind for kind, _ in await yard.events("trip")] == ["trip.ended", "trip.corrected"]


async def test_a_trip_that_late_fixes_refute_is_withdrawn(yard: Yard) -> None:
    """Seen at 0, for 4 min at 6 km, at 0 again: two trips, until those fixes are taken back."""
    follower = await yard.follower()
    away = [*stand(0, 900, 0), *stand(1000, 1250, 6000), *stand(1300, 2400, 0)]
    await yard.put(away)
    await yard.catch_up(follower)
    assert len(await yard.trips()) == 2

    # It was the clock of the fixes away that was wrong: they are taken back, a fix comes late.
    await yard.world.pool.execute(
        "delete from fix where device_id = $1 and lon > $2", yard.device, fix_at(0, 3000).lon
    )
    await yard.put(stand(905, 1290, 0))
    await yard.catch_up(follower)

    assert await yard.trips() == []
    assert len(await yard.stops()) == 1
    kinds = [kind for kind, _ in await yard.events("trip")]
    assert kinds == ["trip.ended", "trip.ended", "trip.withdrawn", "trip.withdrawn"]


async def test_a_parked_vehicle_changes_no_row(yard: Yard) -> None:
    follower = await yard.follower()
    since_s = seconds_of(now()) - 1200
    await yard.put(stand(since_s, since_s + 900, 0))
    await yard.catch_up(follower)
    before = await yard.world.pool.fetchval("select last_batch from lease where role = 'geo'")

    for at_s in range(900, 1200, 10):
        await yard.put(stand(since_s + at_s, since_s + at_s + 10, 3))
    await yard.catch_up(follower)

    after = await yard.world.pool.fetchval("select last_batch from lease where role = 'geo'")
    assert after == before  # no transaction
    assert len(await yard.stops()) == 1


async def test_a_persons_phone_makes_no_trip(yard: Yard) -> None:
    worker = await yard.world.worker()
    await yard.world.pool.execute("delete from device_binding where device_id = $1", yard.device)
    await yard.world.insert(
        tables.device_binding, device_id=yard.device, worker_id=worker, valid_from=T0
    )
    follower = await yard.follower()
    await yard.put(ROUND)
    await yard.catch_up(follower)

    assert (await yard.trips(), await yard.stops()) == ([], [])


async def test_what_a_late_break_erases_no_trip_rests_on(yard: Yard) -> None:
    """A phone stays in the van until mid-drive, then a worker bears it and is on a break since."""
    borne_at = T0 + timedelta(seconds=1200)
    pool = yard.world.pool
    await pool.execute(
        "update device_binding set valid_until = $2 where device_id = $1", yard.device, borne_at
    )
    worker = await yard.world.worker()
    await yard.world.insert(
        tables.device_binding, device_id=yard.device, worker_id=worker, valid_from=borne_at
    )
    follower = await yard.follower()
    await yard.put(ROUND)
    await yard.catch_up(follower)
    before = await yard.trips(), await yard.stops()

    async with pool.acquire() as connection, connection.transaction():
        erased = await erase_private(
            connection, worker, T0, T0 + timedelta(hours=2), "break", now()
        )
    await yard.put(stand(5, 10, 0))  # a late fix has all derived again
    await yard.catch_up(follower)

    kept = await pool.fetchval("select max(observed_at) from fix where device_id = $1", yard.device)
    assert erased.fixes == sum(fix.observed_at >= borne_at for fix in ROUND)
    assert kept < borne_at
    assert (await yard.trips(), await yard.stops()) == before
    ((_, ended_at, last_at, *_),) = before[0]
    assert max(ended_at, last_at) < borne_at


async def test_a_tracker_moved_to_another_vehicle_begins_there_anew(yard: Yard) -> None:
    moved_at = T0 + timedelta(seconds=2400)
    await yard.world.pool.execute(
        "update device_binding set valid_until = $2 where device_id = $1", yard.device, moved_at
    )
    other = await yard.tracker()
    await yard.world.pool.execute(
        "update device_binding set device_id = $1, valid_from = $2 where device_id = $3",
        yard.device, moved_at, other.device,
    )  # fmt: skip
    follower = await yard.follower()
    away = [*drive(2400, 3000, from_m=6000), *stand(3000, 3900, 12000)]
    await yard.put([*ROUND, *away])
    await yard.catch_up(follower)

    rows = await yard.world.pool.fetch(
        "select vehicle_id, started_at from trip where device_id = $1 order by started_at",
        yard.device,
    )
    assert [(r["vehicle_id"], seconds_of(r["started_at"])) for r in rows] == [
        (yard.vehicle, 900),
        (other.vehicle, 2400),
    ]


async def test_a_worker_that_lost_the_lease_writes_nothing_and_the_next_misses_nothing(
    yard: Yard,
) -> None:
    slow = await yard.follower()
    await yard.put(ROUND)
    fresh = await yard.follower()

    with pytest.raises(LeaseLost):
        await yard.catch_up(slow)
    assert await yard.trips() == []

    await yard.catch_up(fresh)
    assert len(await yard.trips()) == len(await yard.events("trip")) == 1


async def test_the_role_derives_live_and_closes_what_fell_silent(yard: Yard) -> None:
    """A trip of this hour, then nothing for longer than a silence."""
    began_s = seconds_of(now()) - 3600
    fixes = [*stand(began_s, began_s + 900, 0), *drive(began_s + 900, began_s + 1500)]
    await yard.world.pool.execute("update lease set until = null where role = 'geo'")
    role = asyncio.create_task(run_geo(yard.world.process))
    try:
        await yard.put(fixes)
        async with asyncio.timeout(40):
            while not await yard.events("trip"):
                await asyncio.sleep(0.2)
    finally:
        role.cancel()
        with suppress(asyncio.CancelledError):
            await role

    ((started_at, ended_at, *_),) = await yard.trips()
    assert (ended_at - started_at).total_seconds() == pytest.approx(590, abs=1)
