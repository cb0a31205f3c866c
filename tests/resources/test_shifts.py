"""Shifts: planned, started, ended, and never two at once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from api.shapes.resources import Shift
from fieldops.errors import BadInput, Conflict, NotFound
from fieldops.events import read_events
from fieldops.model import Profile, new_id, now
from identity.commands import execute
from identity.rights import Actor
from resources.crews import view_crew
from resources.shifts import add_shift, end_shift, start_shift
from tests.world import World

pytestmark = pytest.mark.services
HOUR = timedelta(hours=1)


async def plan(world: World, crew: UUID, start: datetime, end: datetime) -> dict[str, Any]:
    values = {"crew_id": crew, "starts_at": start, "ends_at": end}
    return await execute(world.store, world.actor(), lambda c: add_shift(c, values), what="test")


async def start(world: World, shift: UUID, actor: Actor | None = None) -> dict[str, Any]:
    return await execute(
        world.store, actor or world.actor(), lambda c: start_shift(c, shift), what="test"
    )


async def end(world: World, shift: UUID, actor: Actor | None = None) -> dict[str, Any]:
    return await execute(
        world.store, actor or world.actor(), lambda c: end_shift(c, shift), what="test"
    )


async def on_shift(world: World, crew: UUID) -> bool:
    async with world.pool.acquire() as connection:
        return bool((await view_crew(connection, crew))["on_shift"])


async def test_a_crew_starts_early_and_goes_home_and_is_told_so(world: World) -> None:
    crew, worker = await world.crew("tôt", shift=False)
    member = world.actor(Profile.CREW_MEMBER, worker_id=worker, crew_ids=frozenset({crew}))
    shift = await plan(world, crew, now() + HOUR, now() + 9 * HOUR)
    assert not await on_shift(world, crew)

    await start(world, shift["id"], member)
    assert await on_shift(world, crew)
    await end(world, shift["id"], member)

    assert not await on_shift(world, crew)
    assert set(shift) == set(Shift.model_fields)
    told = [(e.kind, e.crews, e.body["on_shift"]) for e in await read_events(world.pool, 0)][-2:]
    assert told == [
        ("crew.shift_started", (crew,), True),
        ("crew.shift_ended", (crew,), False),
    ]


async def test_a_button_pressed_twice_counts_once(world: World) -> None:
    crew, _ = await world.crew("deux", shift=False)
    shift = (await plan(world, crew, now() - HOUR, now() + HOUR))["id"]

    assert await start(world, shift) == await start(world, shift)
    assert await end(world, shift) == await end(world, shift)
    with pytest.raises(Conflict) as refused:
        await start(world, shift)

    assert refused.value.code == "shift_over"


async def test_two_shifts_of_a_crew_do_not_overlap_but_may_touch(world: World) -> None:
    crew, _ = await world.crew("bord", shift=False)
    begin = now() + HOUR
    await plan(world, crew, begin, begin + HOUR)

    with pytest.raises(Conflict) as refused:
        await plan(world, crew, begin + HOUR / 2, begin + 2 * HOUR)
    await plan(world, crew, begin + HOUR, begin + 2 * HOUR)

    assert refused.value.code == "shift_overlap"


async def test_the_next_shift_does_not_start_while_the_crew_is_on_this_one(world: World) -> None:
    crew, _ = await world.crew("suite", shift=False)
    await plan(world, crew, now() - HOUR, now() + HOUR)
    later = (await plan(world, crew, now() + 2 * HOUR, now() + 4 * HOUR))["id"]
    far = (await plan(world, crew, now() + 30 * HOUR, now() + 34 * HOUR))["id"]

    with pytest.raises(Conflict) as overlap:
        await start(world, later)
    with pytest.raises(Conflict) as early:
        await start(world, far)
    with pytest.raises(Conflict) as unstarted:
        await end(world, later)

    codes = [each.value.code for each in (overlap, early, unstarted)]
    assert codes == ["shift_overlap", "shift_too_early", "shift_not_started"]


async def test_a_shift_that_ends_before_it_starts_or_of_no_crew_is_refused(world: World) -> None:
    crew, _ = await world.crew("faux", shift=False)

    with pytest.raises(BadInput) as order:
        await plan(world, crew, now(), now() - HOUR)
    with pytest.raises(BadInput) as nobody:
        await plan(world, new_id(), now(), now() + HOUR)

    assert order.value.problems[0].pointer == "/ends_at"
    assert nobody.value.problems[0].pointer == "/crew_id"


async def test_another_crews_shift_does_not_exist_for_a_member(world: World) -> None:
    crew, _ = await world.crew("autre", shift=False)
    mine, worker = await world.crew("mien", shift=False)
    member = world.actor(Profile.CREW_MEMBER, worker_id=worker, crew_ids=frozenset({mine}))
    shift = (await plan(world, crew, now() - HOUR, now() + HOUR))["id"]

    with pytest.raises(NotFound):
        await start(world, shift, member)
