"""The live loop on a real tenant: it plans, offers, hears answers, and never plans alone."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from dispatch.live.byhand import assign_by_hand, rank_candidates
from dispatch.live.facts.reading import WORK_MOST
from dispatch.live.offers import finish_visit, start_visit
from dispatch.live.plans import view_assignments, view_plan
from dispatch.versions.putting import Offers
from fieldops.errors import Conflict, LeaseLost, NotFound, Stale
from fieldops.events import NewEvent, append_events, read_events
from fieldops.model import now
from fieldops.schema import tables
from fieldops.tenancy import transaction
from geo.roads.network import GreatCircle
from identity.commands import execute
from identity.rights import Actor
from projects.tasks import cancel_task
from tests.dispatch.live.rounds import Round
from tests.world import LYON, World

pytestmark = pytest.mark.services
OFFERS = Offers(600, 7200)


async def test_a_task_goes_to_the_crew_with_the_skill_and_is_offered(round_: Round) -> None:
    world = round_.world
    await world.crew("a")
    crew, _ = await world.crew("b", skills=("BR",))
    task = await world.task(await world.site(), skills=("BR",))

    rows = await round_.plan()

    assert [(r["task_id"], r["crew_id"], r["state"]) for r in rows] == [(task, crew, "offered")]
    assert await round_.state(task) == "dispatched"
    assert rows[0]["reason"]["start_source"] == "depot"
    assert rows[0]["expires_at"] > now()


async def test_a_second_round_on_the_same_work_changes_nothing(round_: Round) -> None:
    world = round_.world
    await world.crew("a")
    await world.task(await world.site())
    first = await round_.plan()
    events = len(await read_events(world.pool, 0, 10_000))

    second = await round_.plan()

    assert [(r["id"], r["version"]) for r in second] == [(r["id"], r["version"]) for r in first]
    assert len(await read_events(world.pool, 0, 10_000)) == events


async def test_work_far_ahead_is_planned_and_not_offered(round_: Round) -> None:
    world = round_.world
    await world.crew("a")
    task = await world.task(await world.site(), opens=now() + timedelta(hours=4), hours=2)

    rows = await round_.plan()

    assert [(r["task_id"], r["state"]) for r in rows] == [(task, "planned")]
    assert await round_.state(task) == "scheduled"


async def test_a_task_nobody_can_do_says_why_for_each_crew(round_: Round) -> None:
    world = round_.world
    crew, _ = await world.crew("a")
    task = await world.task(await world.site(), skills=("H2V",))

    await round_.plan()

    async with world.pool.acquire() as connection:
        plan = await view_plan(connection)
    (left,) = plan["unassigned"]
    assert left["task_id"] == task
    assert [(r["code"], r["crew_id"]) for r in left["reasons"]] == [("SKILL", str(crew))]


async def test_what_the_plan_leaves_out_is_no_reason_to_plan_anew_each_round(round_: Round) -> None:
    world = round_.world
    await world.crew("a")
    site = await world.site()
    for _ in range(6):
        await world.task(site, hours=1, duration_s=3600)
    await round_.plan()

    facts = await (await round_.dispatcher())._facts()
    again = await round_.solvers.solve(facts.problem, 1.0, previous=facts.present(), way="repair")

    assert len(again.unassigned) > 2
    assert again.solver == "repair"


async def test_a_declined_task_goes_to_another_crew_and_never_back(round_: Round) -> None:
    world = round_.world
    one, worker1 = await world.crew("a")
    two, worker2 = await world.crew("b")
    await world.task(await world.site())
    (offer,) = await round_.plan()
    first, worker = (one, worker1) if offer["crew_id"] == one else (two, worker2)
    user = await world.user(worker)

    await round_.answer(user, first, offer, False, "too_far")
    (again,) = await round_.plan()

    assert {first, again["crew_id"]} == {one, two}
    async with world.pool.acquire() as connection:
        declined = await view_assignments(connection, ids=[offer["id"]])
    assert (declined[0]["state"], declined[0]["answered_by"]) == ("declined", user)


async def test_the_first_of_two_members_to_answer_wins(round_: Round) -> None:
    world = round_.world
    crew, worker = await world.crew("a")
    mate = await world.worker("mate")
    user, other = await world.user(worker), await world.user(mate)
    task = await world.task(await world.site())
    (offer,) = await round_.plan()

    answers = await asyncio.gather(
        round_.answer(user, crew, offer, True),
        round_.answer(other, crew, offer, True),
        return_exceptions=True,
    )

    won = [a for a in answers if isinstance(a, dict)]
    lost = [a for a in answers if isinstance(a, Conflict)]
    assert (len(won), [e.code for e in lost]) == (1, ["already_answered"])
    assert won[0]["answered_by"] in (user, other)
    assert await round_.state(task) == "accepted"


async def test_the_same_answer_again_gets_the_same_result(round_: Round) -> None:
    world = round_.world
    crew, worker = await world.crew("a")
    user = await world.user(worker)
    await world.task(await world.site())
    (offer,) = await round_.plan()

    first = await round_.answer(user, crew, offer, True)
    second = await round_.answer(user, crew, offer, True)

    assert second == first


async def test_an_answer_to_an_old_version_is_stale(round_: Round) -> None:
    world = round_.world
    crew, worker = await world.crew("a")
    user = await world.user(worker)
    await world.task(await world.site())
    (offer,) = await round_.plan()

    with pytest.raises(Stale):
        await round_.answer(user, crew, {**offer, "version": offer["version"] - 1}, True)


async def test_another_crews_offer_does_not_exist(round_: Round) -> None:
    world = round_.world
    await world.crew("a")
    stranger, worker = await world.crew("b", shift=False)
    user = await world.user(worker)
    await world.task(await world.site())
    (offer,) = await round_.plan()

    with pytest.raises(NotFound):
        await round_.answer(user, stranger, offer, True)


async def test_an_unanswered_offer_returns_and_is_not_made_again(round_: Round) -> None:
    world = round_.world
    await world.crew("a")
    task = await world.task(await world.site())
    (offer,) = await round_.plan()
    await world.pool.execute(
        "update assignment set expires_at = now() - interval '1 s' where id = $1", offer["id"]
    )

    assert await round_.plan() == []

    assert await round_.state(task) == "ready"
    row = await world.pool.fetchrow("select * from assignment where id = $1", offer["id"])
    assert (row["state"], row["answer_why"], row["answered_by"]) == ("declined", "expired", None)


async def test_started_work_never_moves_and_accepted_work_leaves_with_the_shift(
    round_: Round,
) -> None:
    world = round_.world
    crew, worker = await world.crew("a")
    user = await world.user(worker)
    site = await world.site()
    started, accepted = await world.task(site), await world.task(site)
    offers = {r["task_id"]: r for r in await round_.plan()}
    for task in (started, accepted):
        offers[task] = await round_.answer(user, crew, offers[task], True)
    await round_.do(
        user,
        crew,
        lambda c: start_visit(c, offers[started]["id"], offers[started]["version"], None),
    )
    await world.pool.execute("update shift set ended_at = now() where crew_id = $1", crew)
    other, _ = await world.crew("b")

    rows = {r["task_id"]: r for r in await round_.plan()}

    assert (rows[started]["crew_id"], rows[started]["state"]) == (crew, "started")
    assert (rows[accepted]["crew_id"], rows[accepted]["state"]) == (other, "offered")


async def test_a_crew_does_one_visit_at_a_time(round_: Round) -> None:
    world = round_.world
    crew, worker = await world.crew("a")
    user = await world.user(worker)
    site = await world.site()
    for _ in range(2):
        await world.task(site)
    one, two = [await round_.answer(user, crew, r, True) for r in await round_.plan()]
    begun = await round_.do(user, crew, lambda c: start_visit(c, one["id"], one["version"], None))

    with pytest.raises(Conflict, match="has started"):
        await round_.do(user, crew, lambda c: start_visit(c, two["id"], two["version"], None))

    await round_.do(user, crew, lambda c: finish_visit(c, one["id"], begun["version"], None))
    await round_.do(user, crew, lambda c: start_visit(c, two["id"], two["version"], None))
    assert await round_.state(one["task_id"]) == "done"


async def test_a_crew_starts_from_its_vehicle_then_its_leads_phone_then_its_depot(
    round_: Round,
) -> None:
    world = round_.world
    crew, lead = await world.crew("a")
    vehicle = await world.insert(tables.vehicle, plate=str(crew)[-9:], label="Fourgon")
    await world.pool.execute("update crew set vehicle_id = $2 where id = $1", crew, vehicle)
    tracker = await _device(world, "tracker", vehicle_id=vehicle)
    phone = await _device(world, "phone", worker_id=lead)
    task = await world.task(await world.site())

    sources = []
    for device, age in ((None, 0), (phone, 5), (tracker, 5), (tracker, 16)):
        if device is not None:
            await _latest(world, device, age_min=age)
        async with world.pool.acquire() as connection:
            (candidate,) = await rank_candidates(connection, task, GreatCircle())
        sources.append(candidate["start_source"])

    assert sources == ["depot", "lead_fix", "vehicle_fix", "lead_fix"]


async def test_a_task_assigned_by_hand_stays_with_its_crew(round_: Round) -> None:
    world = round_.world
    near, _ = await world.crew("near")
    far, _ = await world.crew("far", depot=(LYON[0] + 0.2, LYON[1]))
    task = await world.task(await world.site())
    (offer,) = await round_.plan()
    assert offer["crew_id"] == near

    by_hand = await execute(
        world.store,
        Actor(world.tenant.slug),
        lambda c: assign_by_hand(c, task, far, OFFERS, GreatCircle(), force=False),
        what="test",
    )
    (kept,) = await round_.plan()

    assert (kept["id"], kept["crew_id"], kept["pinned"]) == (by_hand["id"], far, True)
    async with world.pool.acquire() as connection:
        ranking = await rank_candidates(connection, task, GreatCircle())
    assert [(c["crew_id"], c["feasible"]) for c in ranking] == [(near, True), (far, True)]


async def test_by_hand_against_the_rules_needs_force(round_: Round) -> None:
    world = round_.world
    crew, _ = await world.crew("a")
    task = await world.task(await world.site(), skills=("BR",))
    actor = Actor(world.tenant.slug)

    with pytest.raises(Conflict) as refused:
        await execute(
            world.store,
            actor,
            lambda c: assign_by_hand(c, task, crew, OFFERS, GreatCircle(), force=False),
            what="test",
        )
    await execute(
        world.store,
        actor,
        lambda c: assign_by_hand(c, task, crew, OFFERS, GreatCircle(), force=True),
        what="test",
    )

    assert refused.value.code == "not_feasible"
    (kept,) = await round_.plan()
    assert (kept["task_id"], kept["crew_id"]) == (task, crew)


async def test_a_cancelled_task_is_withdrawn_from_its_crew(round_: Round) -> None:
    world = round_.world
    await world.crew("a")
    task = await world.task(await world.site())
    (offer,) = await round_.plan()
    await execute(
        world.store, Actor(world.tenant.slug), lambda c: cancel_task(c, task), what="test"
    )

    assert await round_.plan() == []

    state = await world.pool.fetchval("select state from assignment where id = $1", offer["id"])
    assert state == "withdrawn"


async def test_more_open_work_than_is_read_at_once_does_not_stop_planning(round_: Round) -> None:
    world = round_.world
    await world.crew("a")
    task = await world.task(await world.site())
    bare = await world.site()
    await world.pool.execute("update fence set active = false where site_id = $1", bare)
    # Work that lies nowhere: it counts, and costs the solver nothing.
    await world.pool.execute(
        "insert into task (id, site_id, title, duration_s, window_start, window_end) "
        "select ('ffffffff-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, $1, 'x', 60, now(), "
        "now() + interval '1 hour' from generate_series(1, $2) as n",
        bare,
        WORK_MOST,
    )

    rows = await round_.plan()

    await world.pool.execute("delete from unassigned")
    await world.pool.execute("delete from task where site_id = $1", bare)
    assert [(r["task_id"], r["state"]) for r in rows] == [(task, "offered")]


async def test_without_the_lease_nothing_is_published(round_: Round) -> None:
    world = round_.world
    await world.crew("a")
    await world.task(await world.site())
    dispatcher = await round_.dispatcher()
    await world.pool.execute("update lease set epoch = epoch + 1 where role = 'dispatch'")

    with pytest.raises(LeaseLost):
        await dispatcher._plan(["test"])

    assert await round_.live() == []


async def test_the_loop_offers_within_seconds_of_a_new_task(round_: Round) -> None:
    world = round_.world
    crew, _ = await world.crew("a")
    site = await world.site()
    dispatcher = await round_.dispatcher()
    loop = asyncio.create_task(dispatcher.run())
    try:
        task = await world.task(site)
        async with transaction(world.pool, "test") as connection:
            await append_events(connection, [NewEvent("task.created", {"id": str(task)})])
        async with asyncio.timeout(10):
            while not [r for r in await round_.live() if r["state"] == "offered"]:
                await asyncio.sleep(0.05)
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)

    (offer,) = await round_.live()
    assert (offer["task_id"], offer["crew_id"]) == (task, crew)


async def _device(world: World, kind: str, **bound: Any) -> UUID:
    device = await world.insert(
        tables.device, name=f"{kind}-{now().timestamp()}", label=kind, kind=kind, purpose="dispatch"
    )
    await world.insert(tables.device_binding, device_id=device, **bound)
    return device


async def _latest(world: World, device: UUID, *, age_min: int) -> None:
    at = now() - timedelta(minutes=age_min)
    await world.pool.execute(
        "insert into latest_fix (device_id, observed_at, received_at, lon, lat) "
        "values ($1, $2, $2, $3, $4) on conflict (device_id) do update set observed_at = $2",
        device,
        at,
        LYON[0] + 0.01,
        LYON[1],
    )
