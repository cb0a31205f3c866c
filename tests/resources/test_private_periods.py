"""Privacy: never refused to oneself, never decided for another, one toggle is one fact."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from api.shapes.resources import PrivatePeriod
from fieldops.errors import BadInput, Conflict, Forbidden, NotFound
from fieldops.events import read_events
from fieldops.model import Profile, now
from identity.commands import execute
from identity.rights import Actor
from resources.private_periods import end_period, start_period, view_periods
from tests.world import World

pytestmark = pytest.mark.services
HOUR = timedelta(hours=1)


async def begin(world: World, actor: Actor, **values: Any) -> dict[str, Any]:
    return await execute(world.store, actor, lambda c: start_period(c, values), what="test")


async def end(world: World, actor: Actor, period: UUID) -> dict[str, Any]:
    return await execute(world.store, actor, lambda c: end_period(c, period), what="test")


async def member(world: World) -> Actor:
    return world.actor(Profile.CREW_MEMBER, worker_id=await world.worker())


async def test_a_worker_begins_and_ends_his_own_and_events_carry_ids_alone(world: World) -> None:
    me = await member(world)
    before = await world.pool.fetchval("select version from privacy_version")

    period = await begin(world, me)
    ended = await end(world, me, period["id"])

    assert set(period) == set(PrivatePeriod.model_fields)
    assert period["ends_at"] is None
    assert ended["ends_at"] > period["starts_at"]
    assert await end(world, me, period["id"]) == ended
    told = (await read_events(world.pool, 0))[-2:]
    assert [e.kind for e in told] == ["privacy.started", "privacy.ended"]
    assert set(told[0].body) == {"period", "worker"}
    assert await world.pool.fetchval("select version from privacy_version") >= before + 2


async def test_pressing_again_extends_what_is_open_and_refuses_nothing(world: World) -> None:
    me = await member(world)
    planned = await begin(world, me, ends_at=now() + HOUR)

    longer = await begin(world, me, ends_at=now() + 2 * HOUR)
    without_end = await begin(world, me)
    shorter = await begin(world, me, ends_at=now() + HOUR)
    other = await begin(world, me, kind="break")

    assert planned["id"] == longer["id"] == without_end["id"] == shorter["id"] != other["id"]
    assert longer["ends_at"] > planned["ends_at"]
    assert (without_end["ends_at"], shorter["ends_at"]) == (None, None)


async def test_nobody_decides_on_anothers_privacy_but_the_office_on_mandates(world: World) -> None:
    me, other, boss = await member(world), await member(world), world.actor(Profile.MANAGER)
    mine = await begin(world, me)

    with pytest.raises(NotFound):
        await begin(world, other, worker_id=me.worker_id)
    with pytest.raises(NotFound):
        await begin(world, other, worker_id=me.worker_id, kind="mandate")
    with pytest.raises(NotFound):
        await end(world, other, mine["id"])
    with pytest.raises(Forbidden):
        await begin(world, boss, worker_id=me.worker_id)
    with pytest.raises(Forbidden):
        await end(world, boss, mine["id"])
    mandate = await begin(world, boss, worker_id=me.worker_id, kind="mandate")

    assert mandate["worker_id"] == me.worker_id
    async with world.pool.acquire() as connection:
        rows = await view_periods(connection, open_at=now())
    assert {mine["id"], mandate["id"]} <= {row["id"] for row in rows}


async def test_who_is_no_worker_names_one_and_time_does_not_run_backwards(world: World) -> None:
    me = await member(world)

    with pytest.raises(BadInput) as nobody:
        await begin(world, world.actor(Profile.MANAGER))
    with pytest.raises(BadInput) as old:
        await begin(world, me, starts_at=now() - 25 * HOUR)
    with pytest.raises(BadInput) as backwards:
        await begin(world, me, ends_at=now() - HOUR)
    ahead = await begin(world, me, starts_at=now() + HOUR, ends_at=now() + 2 * HOUR)
    with pytest.raises(Conflict) as unbegun:
        await end(world, me, ahead["id"])

    pointers = [each.value.problems[0].pointer for each in (nobody, old, backwards)]
    assert pointers == ["/worker_id", "/starts_at", "/ends_at"]
    assert unbegun.value.code == "period_ahead"
