"""A machine that moves at night raises an alert; nothing else does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bench.trips.model import T0, fix_at
from fieldops.errors import BadInput, Conflict
from fieldops.model import Fix
from fieldops.schema import tables
from geo.trips.machines.alerts import acknowledge, view_alerts
from geo.trips.machines.hours import first_outside, open_always
from geo.trips.machines.watches import put_watch
from identity.commands import execute
from identity.week import week_of
from tests.geo.trips.conftest import ALWAYS, Yard
from tests.geo.trips.test_journey import drive, stand

# T0 is 07:00 in Paris, a Monday; the site works from 07:30 to 17:00.
HOURS = {"tz": "Europe/Paris", "week": [[["07:30", "17:00"]]] * 5 + [[], []]}
EARLY = [*stand(0, 600, 0), *drive(600, 1200), *stand(1200, 2000, 6000)]
AT_WORK = [*stand(3600, 4200, 6000), *drive(4200, 4800, from_m=6000), *stand(4800, 5600, 12000)]


def paris(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


def test_the_first_moment_outside_the_hours_is_found() -> None:
    week = week_of(HOURS)
    assert week is not None

    assert first_outside(week, paris(23, 8), paris(23, 16, 59)) is None
    assert first_outside(week, paris(23, 16, 50), paris(23, 17, 20)) == paris(23, 17)
    assert first_outside(week, paris(28, 12, 3), paris(28, 12, 4)) == paris(28, 12, 3)
    assert not open_always(week)


def test_a_week_is_open_always_only_without_a_gap() -> None:
    def always(*day: list[str]) -> bool:
        week = week_of({"tz": "Europe/Paris", "week": [[list(hours) for hours in day]] * 7})
        assert week is not None
        return open_always(week)

    assert always(["00:00", "24:00"])
    assert always(["12:00", "24:00"], ["00:00", "12:00"])
    assert not always(["00:00", "12:00"], ["12:01", "24:00"])
    assert not always(["00:00", "23:59"])
    assert not always()


async def machine(yard: Yard, *, schedule: Any = ALWAYS, purpose: str = "safety") -> Yard:
    policy = await yard.world.insert(
        tables.tracking_policy, name="Engins", purpose=purpose, schedule=schedule,
        retention_days=60, valid_from=T0 - timedelta(days=30),
    )  # fmt: skip
    return await yard.tracker("excavator", purpose=purpose, policy_id=policy)


async def watch(yard: Yard, *, active: bool = True) -> None:
    await execute(
        yard.world.store,
        yard.world.actor(),
        lambda change: put_watch(change, yard.vehicle, HOURS, active=active),
        what="watch",
    )


async def move(yard: Yard, *parts: list[Fix]) -> None:
    follower = await yard.follower()
    for part in parts:
        await yard.put(part)
        await yard.catch_up(follower)


async def alerts(yard: Yard) -> list[dict[str, Any]]:
    async with yard.world.pool.acquire() as connection:
        found = await view_alerts(connection)
    return [alert for alert in found if alert["vehicle_id"] == yard.vehicle]


@pytest.mark.services
async def test_a_machine_that_leaves_before_hours_is_told_once_and_closed_at_its_end(
    yard: Yard,
) -> None:
    yard = await machine(yard)
    await watch(yard)

    await move(yard, EARLY[:70], EARLY[70:90], EARLY[90:], AT_WORK)

    (alert,) = await alerts(yard)
    assert (alert["rule"], alert["opened_at"]) == (
        "out_of_hours_movement",
        T0 + timedelta(seconds=600),
    )
    assert (alert["closed_by"], alert["closed_at"]) == ("ended", T0 + timedelta(seconds=1200))
    kinds = [kind for kind, _ in await yard.events("alert")]
    assert kinds == ["alert.opened", "alert.closed"]
    assert len(await yard.trips()) == 2


@pytest.mark.services
async def test_a_machine_in_its_hours_at_rest_or_unwatched_raises_none(yard: Yard) -> None:
    at_work, at_rest, unwatched = [await machine(yard) for _ in range(3)]
    await watch(at_work)
    await watch(at_rest)
    await watch(unwatched, active=False)

    await move(at_work, AT_WORK)
    await move(at_rest, [fix_at(s, s % 7) for s in range(0, 7200, 10)])
    await move(unwatched, EARLY)

    assert [await alerts(each) for each in (at_work, at_rest, unwatched)] == [[], [], []]


@pytest.mark.services
async def test_an_alert_whose_trip_never_was_is_withdrawn(yard: Yard) -> None:
    yard = await machine(yard)
    await watch(yard)
    await move(yard, EARLY)
    await yard.world.pool.execute(
        "delete from fix where device_id = $1 and lon > $2", yard.device, fix_at(0, 100).lon
    )
    await move(yard, stand(605, 1995, 0))

    (alert,) = await alerts(yard)
    assert alert["closed_by"] == "withdrawn"
    assert await yard.trips() == []


@pytest.mark.services
@pytest.mark.parametrize(
    ("kind", "purpose", "schedule", "code"),
    [
        ("van", "safety", ALWAYS, "not_a_machine"),
        ("excavator", "dispatch", ALWAYS, "no_safety_tracker"),
        ("excavator", "safety", HOURS, "tracker_not_always_on"),
    ],
)
async def test_a_watch_that_would_follow_people_or_be_blind_is_refused(
    yard: Yard, kind: str, purpose: str, schedule: Any, code: str
) -> None:
    yard = await machine(yard, schedule=schedule, purpose=purpose)
    await yard.world.pool.execute("update vehicle set kind = $2 where id = $1", yard.vehicle, kind)

    with pytest.raises(BadInput) as refused:
        await watch(yard)

    assert refused.value.code == code


@pytest.mark.services
async def test_an_alert_is_acknowledged_once_with_a_note_only_the_chain_may_open(
    yard: Yard,
) -> None:
    yard = await machine(yard)
    await watch(yard)
    await move(yard, EARLY)
    (alert,) = await alerts(yard)
    worker = await yard.world.worker()
    actor = yard.world.actor(user_id=await yard.world.user(worker))

    async def say() -> dict[str, Any]:
        return await execute(
            yard.world.store, actor, lambda c: acknowledge(c, alert["id"], "Prêté à Durand"),
            what="acknowledge",
        )  # fmt: skip

    view = await say()
    with pytest.raises(Conflict):
        await say()

    assert (view["acked_by"], view["ack_note"]) == (actor.user_id, "Prêté à Durand")
    row = await yard.world.pool.fetchrow(
        "select body::text, openings::text from audit "
        "where action = 'acknowledge' and subject = $1",
        alert["id"],
    )
    assert "Durand" not in row["body"]
    assert "Durand" in row["openings"]
