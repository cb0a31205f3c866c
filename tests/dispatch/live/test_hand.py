"""What a person gives to a crew: when it is offered, that it stays, and that its hours count."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from dispatch.live.byhand import assign_by_hand
from dispatch.live.facts import read_facts
from dispatch.live.plans import view_plan
from dispatch.versions.putting import Offers
from fieldops.model import now
from geo.roads.network import GreatCircle
from identity.commands import execute
from identity.rights import Actor
from tests.dispatch.live.doings import phone_of, wish
from tests.dispatch.live.rounds import Round
from tests.world import World

pytestmark = pytest.mark.services
OFFERS = Offers(offer_s=600, horizon_s=7200)
_HOUR = timedelta(hours=1)


async def give(world: World, task: UUID, crew: UUID, *, force: bool = False) -> dict[str, Any]:
    given: dict[str, Any] = await execute(
        world.store,
        Actor(world.tenant.slug),
        lambda c: assign_by_hand(c, task, crew, OFFERS, GreatCircle(), force=force),
        what="test",
    )
    return given


async def shift_from(world: World, crew: UUID, start: datetime) -> None:
    await world.pool.execute(
        "update shift set starts_at = $2::timestamptz, "
        "ends_at = $2::timestamptz + interval '8 hours' where crew_id = $1",
        crew,
        start,
    )


async def left_out(world: World) -> dict[UUID, list[str]]:
    async with world.pool.acquire() as connection:
        plan = await view_plan(connection)
    return {row["task_id"]: [r["code"] for r in row["reasons"]] for row in plan["unassigned"]}


async def test_work_for_a_later_shift_waits_for_it_and_is_offered_then(round_: Round) -> None:
    world = round_.world
    crew, _ = await world.crew("demain")
    await shift_from(world, crew, now() + 3 * _HOUR)
    task = await world.task(await world.site(), hours=10)

    given = await give(world, task, crew)
    (waiting,) = await round_.plan()
    await shift_from(world, crew, now() - _HOUR)
    (offer,) = await round_.plan()

    assert (given["state"], given["pinned"], given["expires_at"]) == ("planned", True, None)
    assert (waiting["id"], waiting["state"]) == (given["id"], "planned")
    assert (offer["id"], offer["state"], offer["pinned"]) == (given["id"], "offered", True)


async def test_what_a_person_gives_a_crew_at_work_is_offered_at_once(round_: Round) -> None:
    world = round_.world
    crew, _ = await world.crew("a")
    site = await world.site()
    later = await world.task(site, opens=now() + 4 * _HOUR, hours=2)
    soon = await world.task(site)

    far = await give(world, later, crew)
    near = await give(world, soon, crew)

    assert (far["state"], await round_.state(later)) == ("offered", "dispatched")
    assert (near["state"], await round_.state(soon)) == ("offered", "dispatched")
    left = near["expires_at"] - near["offered_at"]
    assert left == timedelta(seconds=OFFERS.offer_s)


async def test_a_silent_crew_keeps_what_a_person_gave_it_and_is_offered_it_once_heard(
    round_: Round,
) -> None:
    world = round_.world
    crew, worker = await world.crew("muette")
    phone = await phone_of(world, worker)
    await world.crew("b")
    site = await world.site()
    offered = await give(world, await world.task(site), crew)
    await world.pool.execute(
        "update latest_fix set observed_at = now() - interval '30 minutes', "
        "received_at = now() - interval '30 minutes' where device_id = $1",
        phone,
    )
    await wish(world, silent_policy="withdraw")
    await round_.plan()
    planned = await give(world, await world.task(site), crew)

    silent = {row["id"]: row for row in await round_.plan()}
    await world.pool.execute(
        "update latest_fix set observed_at = now(), received_at = now() where device_id = $1",
        phone,
    )
    heard = {row["id"]: row for row in await round_.plan()}

    assert (offered["state"], planned["state"]) == ("offered", "planned")
    assert (silent[offered["id"]]["state"], silent[offered["id"]]["crew_id"]) == ("offered", crew)
    assert (silent[planned["id"]]["state"], silent[planned["id"]]["crew_id"]) == ("planned", crew)
    assert heard[planned["id"]]["state"] == "offered"


async def test_the_hours_of_a_forced_visit_are_taken(round_: Round) -> None:
    world = round_.world
    crew, _ = await world.crew("seule")
    site = await world.site()
    ahead = now() + 3 * _HOUR
    forced = await world.task(site, skills=("H2V",), opens=ahead, hours=0.1, duration_s=7200)
    await give(world, forced, crew, force=True)
    other = await world.task(site, opens=ahead + _HOUR, hours=0.25, duration_s=3600)

    rows = {row["task_id"]: row for row in await round_.plan()}

    assert (rows[forced]["crew_id"], rows[forced]["state"]) == (crew, "offered")
    assert rows.keys() == {forced}
    assert (await left_out(world)).keys() == {other}


async def test_a_forced_visit_goes_where_its_hour_is_and_not_before_promised_work(
    round_: Round,
) -> None:
    world = round_.world
    crew, worker = await world.crew("a")
    user = await world.user(worker)
    site = await world.site()
    now_ = await world.task(site, duration_s=3600)
    (offer,) = await round_.plan()
    await round_.answer(user, crew, offer, True)
    ahead = now() + 4 * _HOUR
    forced = await world.task(site, skills=("H2V",), opens=ahead, hours=1)

    given = await give(world, forced, crew, force=True)
    rows = {row["task_id"]: row for row in await round_.plan()}

    assert given["sequence"] == 1
    assert rows[now_]["start_at"] < now() + _HOUR
    assert abs(rows[forced]["start_at"] - ahead) < timedelta(seconds=2)


async def test_a_pinned_task_that_has_lost_its_place_says_so(round_: Round) -> None:
    world = round_.world
    crew, _ = await world.crew("a")
    site = await world.site()
    task = await world.task(site, opens=now() + 4 * _HOUR, hours=2)
    given = await give(world, task, crew)
    await world.pool.execute("update fence set active = false where site_id = $1", site)

    (kept,) = await round_.plan()

    assert (kept["id"], kept["crew_id"]) == (given["id"], crew)
    assert await left_out(world) == {task: ["NO_PLACE"]}


async def test_what_a_person_gives_away_is_no_longer_left_out(round_: Round) -> None:
    world = round_.world
    crew, _ = await world.crew("a")
    task = await world.task(await world.site(), skills=("H2V",))
    await round_.plan()
    assert await left_out(world) == {task: ["SKILL"]}

    await give(world, task, crew, force=True)

    assert await left_out(world) == {}


@pytest.mark.parametrize("skills", [(), ("H2V",)])
async def test_a_visit_by_hand_lasts_its_set_up_too(round_: Round, skills: tuple[str, ...]) -> None:
    world = round_.world
    crew, _ = await world.crew("a")
    task = await world.task(await world.site(), skills=skills, setup_s=900)

    given = await give(world, task, crew, force=bool(skills))

    assert given["end_at"] - given["start_at"] == timedelta(seconds=900 + 1800)


async def test_what_a_person_is_about_to_move_is_free(round_: Round) -> None:
    world = round_.world
    crew, _ = await world.crew("a")
    other, _ = await world.crew("b")
    task = await world.task(await world.site(), opens=now() + 4 * _HOUR, hours=2)
    await give(world, task, crew)

    async with world.pool.acquire() as connection:
        kept = await read_facts(connection, now())
        free = await read_facts(connection, now(), pins={task: other})

    held = {c.id: [v.task_id for v in c.locked] for c in kept.problem.crews}
    assert held == {crew: [task], other: []}
    assert all(not c.locked for c in free.problem.crews)
