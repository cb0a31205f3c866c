"""A connection from its token to its close code, over a real socket."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from websockets.exceptions import ConnectionClosed

from api.shapes.live import SnapshotFrame
from fieldops.model import Profile, new_id, now
from fieldops.process import Process
from fieldops.schema import tables
from identity.tenants import create_tenant, drop_tenant
from tests.api.live.conftest import EVENTS_MOST, LYON_VIEW, Stage, Viewer
from tests.world import World

pytestmark = pytest.mark.services


async def closed_with(viewer: Viewer, timeout_s: float = 8.0) -> int:
    """Read to the end and return the server's close code."""
    async with asyncio.timeout(timeout_s):
        with suppress(ConnectionClosed):
            while True:
                await viewer.socket.recv()
    code = viewer.socket.protocol.close_rcvd
    assert code is not None, "the connection broke without a code"
    return code.code


@pytest.mark.parametrize(
    "first",
    [
        {"token": "nonsense"},
        {"token": "eyJhbGciOiJub25lIn0.e30."},
        {"subscribe": {"map": None}},
        {"hello": 1},
    ],
)
async def test_without_a_valid_token_first_it_closes_with_4401(
    stage: Stage, first: dict[str, Any]
) -> None:
    async with stage.connected() as socket:
        viewer = Viewer(socket)
        await viewer.say(**first)

        assert await closed_with(viewer) == 4401


async def test_who_says_nothing_is_closed_with_4401(stage: Stage) -> None:
    async with stage.connected() as socket:
        assert await closed_with(Viewer(socket)) == 4401


async def test_a_token_of_a_user_who_is_gone_is_refused(stage: Stage) -> None:
    token = await stage.token(new_id(), Profile.MANAGER)
    async with stage.connected() as socket:
        viewer = Viewer(socket)
        await viewer.say(token=token)

        assert await closed_with(viewer) == 4401


async def test_an_expired_token_is_closed_after_the_grace(stage: Stage) -> None:
    user = await stage.user(Profile.MANAGER, life_s=2)
    async with stage.viewer(user) as (viewer, _):
        assert await viewer.silence(1.0) == []

        assert await closed_with(viewer) == 4401


async def test_a_renewed_token_keeps_the_connection(stage: Stage) -> None:
    user = await stage.user(Profile.MANAGER, life_s=2)
    async with stage.viewer(user) as (viewer, _):
        await viewer.say(token=await stage.token(user.id, user.profile))
        await viewer.silence(4.0)
        at = await stage.append("task.changed")

        assert [e["at"] for e in await viewer.events(at)] == [at]


async def test_a_token_of_another_person_ends_the_connection(stage: Stage) -> None:
    other = await stage.user(Profile.ADMIN)
    async with stage.viewer(await stage.user(Profile.MANAGER)) as (viewer, _):
        await viewer.say(token=other.token)

        assert await closed_with(viewer) == 4401


@pytest.mark.parametrize("profile", list(Profile))
async def test_a_snapshot_has_its_shape_for_every_profile(stage: Stage, profile: Profile) -> None:
    site = await stage.world.site()
    crew, worker = await stage.world.crew("S")
    await stage.world.task(site)
    await stage.device(crew)
    user = await stage.user(profile, worker=worker if profile is Profile.CREW_MEMBER else None)

    async with stage.viewer(user) as (_, opening):
        frame = SnapshotFrame.model_validate(opening)

    assert not frame.resumed


async def test_a_snapshot_is_followed_by_everything_after_it_and_nothing_else(
    stage: Stage,
) -> None:
    user = await stage.user(Profile.MANAGER)
    rng = Random(1)
    last = 0

    async def work() -> None:
        nonlocal last
        for _ in range(60):
            last = await stage.append(*["task.changed"] * rng.randint(1, 3))
            await asyncio.sleep(rng.random() * 0.02)

    async def look() -> None:
        await asyncio.sleep(rng.random() * 0.8)
        async with stage.viewer(user) as (viewer, opening):
            await worked.wait()
            heard = [e["at"] for e in await viewer.events(last)]
        assert heard == list(range(opening["at"] + 1, last + 1))

    worked = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(12):
            group.create_task(look())
        await work()
        worked.set()


async def test_coming_back_with_since_misses_and_doubles_nothing(stage: Stage) -> None:
    user = await stage.user(Profile.MANAGER)
    rng = Random(2)
    async with stage.viewer(user) as (_, opening):
        first = at = opening["at"]
    heard: list[int] = []
    working = True

    async def work() -> None:
        nonlocal working
        for _ in range(150):
            await stage.append(*["task.changed"] * rng.randint(1, 4))
            await asyncio.sleep(rng.random() * 0.02)
        working = False

    async def come_and_go() -> None:
        nonlocal at
        while working:
            async with stage.viewer(user, since=at) as (viewer, back):
                assert back == {"resumed": True, "at": at}
                for message in await viewer.silence(rng.random() * 0.2):
                    heard.extend(e["at"] for e in message.get("events", ()))
            at = heard[-1] if heard else at

    async with asyncio.TaskGroup() as group:
        group.create_task(work())
        group.create_task(come_and_go())
    last = await stage.append("task.changed")
    async with stage.viewer(user, since=at) as (viewer, _):
        heard += [e["at"] for e in await viewer.events(last)]

    assert heard == list(range(first + 1, last + 1))


@pytest.mark.parametrize("since", [10**9, None])
async def test_a_since_the_log_does_not_have_gets_a_fresh_snapshot(
    stage: Stage, since: int | None
) -> None:
    async with stage.viewer(await stage.user(Profile.MANAGER), since=since) as (_, opening):
        assert opening["resumed"] is False
        assert "snapshot" in opening


async def test_a_since_older_than_the_log_gets_a_fresh_snapshot(stage: Stage) -> None:
    old = await stage.append("task.changed")
    await stage.append("task.changed", "task.changed")
    await stage.world.pool.execute("delete from event where position <= $1", old + 1)

    async with stage.viewer(await stage.user(Profile.MANAGER), since=old) as (_, opening):
        assert opening["resumed"] is False


async def test_a_client_too_slow_for_the_events_is_closed_and_no_other(stage: Stage) -> None:
    user = await stage.user(Profile.MANAGER)
    heavy = {"text": "x" * 100_000}
    async with (
        stage.viewer(user, frames_most=1) as (slow, _),
        stage.viewer(user) as (good, _),
    ):
        sent = 0
        for _ in range(30):
            at = await stage.append(*["task.changed"] * (EVENTS_MOST // 5), body=heavy)
            sent += len(await good.events(at))

        assert await closed_with(slow) == 1013
        at = await stage.append("task.changed")
        assert [e["at"] for e in await good.events(at)] == [at]
        assert sent == 30 * (EVENTS_MOST // 5)


async def test_looking_at_a_map_is_audited_once_and_says_no_place(stage: Stage) -> None:
    user = await stage.user(Profile.MANAGER)
    async with stage.viewer(user) as (viewer, _):
        await viewer.say(subscribe={"map": LYON_VIEW | {"zoom": 14}})
        await viewer.silence(0.3)

    rows = await stage.world.pool.fetch(
        "select action, object, body from audit where actor = $1", user.id
    )
    [row] = rows
    assert (row["action"], row["object"], row["body"]["how"]) == ("read", "position", "live")
    assert set(row["body"]) == {"how", "zoom", "crews", "workers", "key"}
    assert row["body"]["zoom"] == 11.0


async def test_a_look_names_the_crews_whose_positions_one_may_see(stage: Stage) -> None:
    crew, worker = await stage.world.crew("vue")
    await stage.device(crew)
    other, _ = await stage.world.crew("autre")
    await stage.device(other)
    boss = await stage.user(Profile.MANAGER)
    mate = await stage.user(Profile.CREW_MEMBER, worker=worker)
    await stage.append("crew.changed", body={"id": str(crew), "members": []})
    async with stage.viewer(boss) as (viewer, _), stage.viewer(mate):
        await viewer.silence(0.2)
    async with stage.viewer(boss), stage.viewer(mate):
        pass

    async def seen(user: UUID) -> set[str]:
        return set(
            await stage.world.pool.fetchval(
                "select body -> 'crews' from audit where actor = $1 order by seq desc limit 1", user
            )
        )

    assert await seen(mate.id) == {str(crew)}
    assert {str(crew), str(other)} <= await seen(boss.id)


async def test_what_is_not_understood_is_a_problem_and_not_the_end(stage: Stage) -> None:
    async with stage.viewer(await stage.user(Profile.MANAGER)) as (viewer, _):
        await viewer.say(subscribe={"map": {"bbox": [0, 95, 1, 96], "zoom": 3}})
        problem = (await viewer.hear("problem"))["problem"]
        at = await stage.append("task.changed")

        assert problem["status"] == 422
        assert problem["errors"][0]["pointer"] == "/subscribe/map/bbox/1"
        assert [e["at"] for e in await viewer.events(at)] == [at]


async def test_without_assignments_nothing_of_the_plan_is_said(stage: Stage) -> None:
    user = await stage.user(Profile.MANAGER)
    async with stage.viewer(user, assignments=False) as (viewer, opening):
        at = await stage.append("plan.published", "assignment.changed", "task.changed")

        assert [e["kind"] for e in await viewer.events(at)] == ["task.changed"]
        assert opening["snapshot"]["plan"]["version"] == 0


async def test_a_crew_answers_its_offer_over_the_socket(stage: Stage) -> None:
    crew, worker = await stage.world.crew("A")
    task = await stage.world.task(await stage.world.site(), state="dispatched")
    at = now()
    offer = await stage.world.insert(
        tables.assignment,
        task_id=task,
        crew_id=crew,
        plan_version=1,
        sequence=1,
        state="offered",
        version=3,
        eta_at=at,
        start_at=at,
        end_at=at + timedelta(hours=1),
        offered_at=at,
        expires_at=at + timedelta(minutes=5),
    )
    user = await stage.user(Profile.CREW_MEMBER, worker=worker)
    async with stage.viewer(user) as (viewer, _):
        await viewer.say(answer={"assignment": str(offer), "version": 2, "accept": True})
        refused = await viewer.hear("problem")
        await viewer.say(answer={"assignment": str(offer), "version": 3, "accept": True})
        answered = await viewer.hear("answered")

    assert (refused["problem"]["code"], refused["assignment"]) == ("stale", str(offer))
    assert answered["answered"] == {"assignment": str(offer), "ok": True, "version": 4}
    state = await stage.world.pool.fetchval("select state from assignment where id = $1", offer)
    assert state == "accepted"


async def test_viewers_of_a_tenant_that_is_closed_are_closed(
    stage: Stage, process: Process
) -> None:
    other = await create_tenant(process, f"shut-{new_id().hex[-8:]}", name="x", country="FR")
    pool = await process.tenants.database(other.slug)
    shut = Stage(World(process, other, pool), stage.feeding, stage.url)
    async with shut.viewer(await shut.user(Profile.MANAGER)) as (viewer, _):
        await drop_tenant(process, other.slug)

        assert await closed_with(viewer) == 4401
