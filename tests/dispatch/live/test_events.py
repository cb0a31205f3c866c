"""What crews, devices and people do reaches the plan: times, arrivals, silence, no phone, calm."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from dispatch.live.bench import shifts, wakes
from dispatch.live.offers import answer_offer, finish_visit, start_visit
from dispatch.live.retiming import retime
from dispatch.live.silence import watch_silence
from fieldops.errors import Conflict, NotFound
from fieldops.events import Event, read_events
from fieldops.model import Profile, now
from fieldops.schema import tables
from identity.commands import execute
from identity.rights import Actor
from tests.dispatch.live.doings import kinds_since, last, phone_of, run, wish
from tests.dispatch.live.rounds import Round
from tests.world import LYON

pytestmark = pytest.mark.services


async def started_visit(round_: Round, crew: UUID, worker: UUID) -> tuple[UUID, dict[str, Any]]:
    """Answer everything and start the first visit."""
    user = await round_.world.user(worker)
    rows = [await round_.answer(user, crew, row, True) for row in await round_.plan()]
    first = min(rows, key=lambda row: row["sequence"])
    begun = await round_.do(
        user, crew, lambda c: start_visit(c, first["id"], first["version"], None)
    )
    return user, begun


async def test_a_visit_that_lasts_longer_shifts_what_follows_without_a_solver(
    round_: Round,
) -> None:
    world = round_.world
    crew, worker = await world.crew("a")
    site = await world.site()
    for _ in range(2):
        await world.task(site)
    user, begun = await started_visit(round_, crew, worker)
    dispatcher = await round_.dispatcher()
    await run(round_, lambda c: retime(c, dispatcher._lease))
    before = {row["task_id"]: row for row in await round_.live()}
    # It was begun an hour ago and takes another half: what was to follow lags.
    await world.pool.execute("update task set duration_s = 5400 where id = $1", begun["task_id"])
    since = await last(world)

    told = await run(round_, lambda c: retime(c, dispatcher._lease))

    after = {row["task_id"]: row for row in await round_.live()}
    (follower,) = [task for task in after if task != begun["task_id"]]
    shift = after[follower]["eta_at"] - before[follower]["eta_at"]
    assert abs(shift - timedelta(hours=1)) < timedelta(seconds=5)
    assert after[follower]["version"] == before[follower]["version"]
    assert (told, await kinds_since(world, since)) == (1, ["assignment.changed"])
    done = await round_.do(
        user, crew, lambda c: finish_visit(c, begun["id"], begun["version"], None)
    )
    assert done["state"] == "done"
    assert await run(round_, lambda c: retime(c, dispatcher._lease)) == 1


@pytest.mark.parametrize("path", ["times", "plan"])
async def test_small_drifts_add_up_to_news(round_: Round, path: str) -> None:
    world = round_.world
    crew, worker = await world.crew("a")
    site = await world.site()
    for _ in range(2):
        await world.task(site)
    _, begun = await started_visit(round_, crew, worker)
    (follower,) = [row["id"] for row in await round_.live() if row["id"] != begun["id"]]
    dispatcher = await round_.dispatcher()

    async def longer() -> Event | None:
        """Let the work under way take 50 s more; return what the crew is told."""
        since = await last(world)
        await world.pool.execute(
            "update task set duration_s = duration_s + 50 where id = $1", begun["task_id"]
        )
        if path == "times":
            await run(round_, lambda c: retime(c, dispatcher._lease))
        else:
            await round_.plan()
        told = [e for e in await read_events(world.pool, since) if e.kind == "assignment.changed"]
        assert {event.body["assignment"] for event in told} <= {str(follower)}
        return told[-1] if told else None

    eta_at = {row["id"]: row["eta_at"] for row in await round_.live()}[follower]
    lags, news = [], 0
    for _ in range(20):
        if (event := await longer()) is not None:
            eta_at, news = datetime.fromisoformat(event.body["eta_at"]), news + 1
        now_at = {row["id"]: row["eta_at"] for row in await round_.live()}[follower]
        lags.append((now_at - eta_at).total_seconds())

    # Every third is beyond the 120 s that are nobody's news, and tells of all three.
    assert (news, min(lags)) == (6, 0)
    assert max(lags) <= 120


async def test_a_crew_seen_at_the_site_has_arrived_and_later_left(round_: Round) -> None:
    world = round_.world
    crew, worker = await world.crew("a")
    phone = await phone_of(world, worker)
    site = await world.site()
    await world.task(site)
    _, begun = await started_visit(round_, crew, worker)
    fence = await world.pool.fetchval("select id from fence where site_id = $1", site)
    dispatcher = await round_.dispatcher()
    came = now() + timedelta(seconds=1)

    async def seen(state: str) -> dict[str, Any]:
        await world.pool.execute(
            "insert into presence (device_id, fence_id, state, since) values ($1, $2, $3, $4) "
            "on conflict (device_id, fence_id) do update set state = $3",
            phone,
            fence,
            state,
            came,
        )
        await run(round_, lambda c: retime(c, dispatcher._lease))
        (row,) = await round_.live()
        return row

    outside = await seen("outside")
    inside = await seen("inside")
    await world.insert(
        tables.presence_event, device_id=phone, fence_id=fence, kind="left", at=came + _MINUTE
    )
    still = await seen("leaving")
    gone = await seen("outside")

    assert (outside["arrived_at"], inside["arrived_at"], inside["left_at"]) == (None, came, None)
    assert (still["left_at"], gone["left_at"]) == (None, came + _MINUTE)
    assert begun["arrived_at"] is None


async def test_a_silent_crew_is_told_once_and_its_offers_go_to_others(round_: Round) -> None:
    world = round_.world
    crew, worker = await world.crew("muette")
    phone = await phone_of(world, worker, age=timedelta(minutes=30))
    await world.task(await world.site())
    since = await last(world)
    (offer,) = await round_.plan()
    assert offer["crew_id"] == crew
    other, _ = await world.crew("b")
    await wish(world, silent_policy="withdraw")

    rows = await round_.plan()
    again = await round_.plan()
    told = await kinds_since(world, since)
    await world.pool.execute(
        "update latest_fix set observed_at = now(), received_at = now() where device_id = $1",
        phone,
    )
    await round_.plan()

    assert [(r["crew_id"], r["id"]) for r in rows] == [(other, again[0]["id"])]
    assert told.count("crew.silent") == 1
    assert "crew.heard" in await kinds_since(world, since)
    state = await world.pool.fetchrow(
        "select state, answer_why from assignment where id = $1", offer["id"]
    )
    assert tuple(state) == ("withdrawn", "crew_silent")


async def test_by_default_a_silent_crew_keeps_its_offers(round_: Round) -> None:
    world = round_.world
    crew, worker = await world.crew("muette")
    await phone_of(world, worker, age=timedelta(minutes=30))
    await world.task(await world.site())
    since = await last(world)

    (offer,) = await round_.plan()

    assert (offer["crew_id"], offer["state"]) == (crew, "offered")
    assert "crew.silent" in await kinds_since(world, since)


async def test_private_time_is_not_silence(round_: Round) -> None:
    world = round_.world
    crew, worker = await world.crew("vie privée")
    await phone_of(world, worker, age=timedelta(minutes=30))
    await world.insert(
        tables.private_period, worker_id=worker, starts_at=now() - timedelta(minutes=20)
    )
    facts = await (await round_.dispatcher())._facts()

    await run(round_, lambda c: watch_silence(c, facts.wishes))

    silent = await world.pool.fetchval("select count(*) from crew_silence where crew_id = $1", crew)
    assert silent == 0


async def test_for_a_crew_without_a_phone_its_chef_answers(round_: Round) -> None:
    world = round_.world
    crew, worker = await world.crew("sans téléphone")
    site = await world.site()
    await world.task(site)
    (offer,) = await round_.plan()
    chef = world.actor(
        Profile.SITE_MANAGER,
        user_id=await world.user(await world.worker("chef"), Profile.SITE_MANAGER),
        site_ids=frozenset({site}),
    )
    stranger = world.actor(Profile.SITE_MANAGER, site_ids=frozenset())

    async def answer(actor: Actor) -> Any:
        return await execute(
            world.store,
            actor,
            lambda c: answer_offer(c, offer["id"], offer["version"], True, None),
            what="test",
        )

    with pytest.raises(Conflict) as refused:
        await answer(chef)
    await world.pool.execute("update crew set has_phone = false where id = $1", crew)
    with pytest.raises(NotFound):
        await answer(stranger)
    accepted = await answer(chef)

    assert refused.value.code == "crew_answers"
    assert (accepted["state"], accepted["answered_by"]) == ("accepted", chef.user_id)
    del worker


async def test_a_crew_without_a_phone_accepts_unasked_where_the_tenant_wants_it(
    round_: Round,
) -> None:
    world = round_.world
    crew, _ = await world.crew("sans téléphone")
    await world.pool.execute("update crew set has_phone = false where id = $1", crew)
    await wish(world, no_phone="accept")
    task = await world.task(await world.site())

    (row,) = await round_.plan()

    assert (row["state"], row["answered_by"]) == ("accepted", None)
    assert await round_.state(task) == "accepted"


async def test_a_better_plan_is_proposed_and_accepted_in_one_go(round_: Round) -> None:
    world = round_.world
    tasks = await _crossed(round_)
    dispatcher = await round_.dispatcher()
    await wish(world, gain_per_move_s=1, improve_s=1, move_tax_s=0)
    since = await last(world)

    draft = await dispatcher.improve()
    again = await dispatcher.improve()

    assert draft is not None
    assert (draft["kind"], draft["state"], again) == ("proposal", "open", None)
    assert draft["figures"]["gain_s"] > 0
    assert (draft["figures"]["feasible"], draft["figures"]["moved"]) == (True, 2)
    assert "plan.proposed" in await kinds_since(world, since)
    before = {row["task_id"]: row["crew_id"] for row in await round_.live()}
    assert before == tasks


async def test_past_the_second_threshold_a_better_plan_is_published_unasked(
    round_: Round,
) -> None:
    world = round_.world
    tasks = await _crossed(round_)
    await wish(world, gain_per_move_s=1, auto_gain_per_move_s=2, improve_s=1, move_tax_s=0)

    draft = await (await round_.dispatcher()).improve()

    assert draft is not None
    assert draft["state"] == "published"
    after = {row["task_id"]: row["crew_id"] for row in await round_.live()}
    (one, two) = tasks
    assert after == {one: tasks[two], two: tasks[one]}
    assert not any(row["pinned"] for row in await round_.live())


async def test_what_saves_too_little_is_not_proposed(round_: Round) -> None:
    await _crossed(round_)
    await wish(round_.world, gain_per_move_s=80_000, improve_s=1, move_tax_s=0)

    assert await (await round_.dispatcher()).improve() is None


async def test_a_replan_changes_no_crew_more_than_the_tenant_allows(round_: Round) -> None:
    world = round_.world
    tasks = await _crossed(round_)
    await wish(world, changes_most=0, move_tax_s=0)

    await round_.plan()
    kept = {row["task_id"]: row["crew_id"] for row in await round_.live()}
    await wish(world, changes_most=2)
    await round_.plan()
    changed = {row["task_id"]: row["crew_id"] for row in await round_.live()}

    assert kept == tasks
    assert sorted(changed.values()) == sorted(tasks.values())
    assert changed != tasks


@pytest.mark.parametrize(
    ("kind", "body", "plans", "times"),
    [
        ("absence.changed", {}, True, False),
        ("credential.expired", {}, False, False),
        ("crew.silent", {}, False, False),
        ("device.changed", {}, True, False),
        ("vehicle.changed", {}, True, False),
        ("site.changed", {}, False, False),
        ("presence.entered", {}, False, True),
        ("presence.left", {}, False, True),
        ("assignment.changed", {"state": "started"}, True, True),
        ("assignment.changed", {"state": "offered"}, False, False),
        ("plan.published", {"kind": "auto"}, False, False),
        ("plan.published", {"kind": "revert"}, True, False),
        ("plan.proposed", {}, False, False),
    ],
)
def test_what_wakes_the_loop(kind: str, body: dict[str, Any], plans: bool, times: bool) -> None:
    event = Event(1, now(), kind, body, (), ())

    assert (wakes(event), shifts(event)) == (plans, times)


async def test_the_loop_tells_of_an_arrival_without_planning(round_: Round) -> None:
    world = round_.world
    crew, worker = await world.crew("a")
    phone = await phone_of(world, worker)
    site = await world.site()
    await world.task(site)
    _, begun = await started_visit(round_, crew, worker)
    fence = await world.pool.fetchval("select id from fence where site_id = $1", site)
    loop = asyncio.create_task((await round_.dispatcher()).run())
    try:
        await asyncio.sleep(0.2)
        await world.pool.execute(
            "insert into presence (device_id, fence_id, state, since) values ($1, $2, 'inside', "
            "now())",
            phone,
            fence,
        )
        await run(round_, _entered)
        async with asyncio.timeout(10):
            while not (await round_.live())[0]["arrived_at"]:
                await asyncio.sleep(0.05)
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)

    assert (await round_.live())[0]["version"] == begun["version"]


_MINUTE = timedelta(minutes=1)


async def _entered(change: Any) -> None:
    change.event("presence.entered", {})


async def _crossed(round_: Round) -> dict[UUID, UUID]:
    """Give two crews, each beside one of two tasks, the other's task; who has what."""
    world = round_.world
    east, west = (LYON[0] + 0.3, LYON[1]), (LYON[0] - 0.3, LYON[1])
    one, _ = await world.crew("est", depot=east)
    two, _ = await world.crew("ouest", depot=west)
    ahead = now() + timedelta(hours=3)
    tasks = [await world.task(await world.site(at), opens=ahead, hours=2) for at in (east, west)]
    await round_.plan()
    await world.pool.execute(
        "update assignment set crew_id = case when crew_id = $1 then $2::uuid else $1::uuid end "
        "where state in ('planned', 'offered')",
        one,
        two,
    )
    return dict(zip(tasks, (two, one), strict=True))
