"""Tasks in a real tenant: where they are, who hears of them, and what may change when."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from api.shapes.work import Task
from fieldops.errors import BadInput, Conflict, NotFound, Stale
from fieldops.events import read_events
from fieldops.model import Profile, TaskState, new_id, now
from fieldops.schema import tables
from identity.commands import execute
from identity.reach import Reach
from identity.rights import Actor
from projects.tasks import add_task, cancel_task, change_task, move_task, view_task, view_tasks
from tests.world import LYON, World

pytestmark = pytest.mark.services


def new_task(site: UUID, **more: Any) -> dict[str, Any]:
    start = now() + timedelta(hours=1)
    return {
        "site_id": site,
        "title": "Poser un coffret",
        "duration_s": 3600,
        "window_start": start,
        "window_end": start + timedelta(hours=4),
        **more,
    }


async def create(world: World, actor: Actor, values: dict[str, Any]) -> dict[str, Any]:
    return await execute(world.store, actor, lambda c: add_task(c, values), what="test")


async def move(world: World, task: UUID, *states: TaskState) -> dict[str, Any]:
    for state in states:
        view = await execute(
            world.store,
            world.actor(),
            lambda c, state=state: move_task(c, task, state),  # type: ignore[misc]
            what="test",
        )
    return view


async def give(world: World, task: UUID, crew: UUID) -> None:
    """Let the crew have the task, as a plan would."""
    await world.insert(
        tables.assignment,
        task_id=task,
        crew_id=crew,
        plan_version=1,
        sequence=1,
        state="offered",
        eta_at=now(),
        start_at=now(),
        end_at=now(),
    )


async def test_a_task_without_a_point_is_at_its_sites_fence_and_is_shown_in_its_shape(
    world: World,
) -> None:
    view = await create(
        world, world.actor(), new_task(await world.site(), skills=["BR", "B2", "BR"])
    )

    task = Task.model_validate(view)
    assert task.lon == pytest.approx(LYON[0], abs=1e-3)
    assert task.lat == pytest.approx(LYON[1], abs=1e-3)
    assert (task.skills, task.state, task.unassigned) == (["B2", "BR"], TaskState.READY, [])
    assert set(view) == set(Task.model_fields)


async def test_a_task_on_a_site_without_a_fence_needs_a_point_of_its_own(world: World) -> None:
    project = await world.insert(tables.project, code="nowhere", name="P")
    site = await world.insert(
        tables.site, project_id=project, code="nowhere", name="S", tz="Europe/Paris"
    )

    with pytest.raises(BadInput) as refused:
        await create(world, world.actor(), new_task(site))
    view = await create(world, world.actor(), new_task(site, lon=5.0, lat=45.0))

    assert refused.value.code == "no_place"
    assert (view["lon"], view["lat"]) == (5.0, 45.0)
    async with world.pool.acquire() as connection:
        assert len(await view_tasks(connection, site_id=site)) == 1


async def test_a_new_task_is_an_event_to_its_sites_office(world: World) -> None:
    site = await world.site()
    task = await create(world, world.actor(), new_task(site))

    event = (await read_events(world.pool, 0))[-1]
    assert event.kind == "task.created"
    assert event.body["id"] == str(task["id"])
    assert (event.sites, event.crews) == ((site,), ())


async def test_a_site_out_of_scope_is_refused_like_one_that_does_not_exist(world: World) -> None:
    mine, other = await world.site(), await world.site()
    boss = world.actor(Profile.SITE_MANAGER, site_ids=frozenset({mine}))

    with pytest.raises(BadInput) as out_of_scope:
        await create(world, boss, new_task(other))
    with pytest.raises(BadInput) as absent:
        await create(world, boss, new_task(new_id()))

    assert str(out_of_scope.value) == str(absent.value)
    assert [p.pointer for p in absent.value.problems] == ["/site_id"]


async def test_a_crew_sees_only_what_it_was_given_and_hears_of_it(world: World) -> None:
    site = await world.site()
    given, other = await world.task(site), await world.task(site)
    crew, _ = await world.crew("vue")
    await give(world, given, crew)

    async with world.pool.acquire() as connection:
        seen = await view_tasks(connection, Reach(crews=[crew]))
        with pytest.raises(NotFound):
            await view_task(connection, other, Reach(crews=[crew]))
    await move(world, given, TaskState.SCHEDULED)

    assert [task["id"] for task in seen] == [given]
    event = (await read_events(world.pool, 0))[-1]
    assert (event.kind, event.crews) == ("task.state_changed", (crew,))


async def test_a_task_goes_its_way_and_no_other(world: World) -> None:
    task = await world.task(await world.site())
    way = (
        TaskState.SCHEDULED,
        TaskState.DISPATCHED,
        TaskState.ACCEPTED,
        TaskState.IN_PROGRESS,
    )
    await move(world, task, *way)

    with pytest.raises(Conflict) as refused:
        await execute(world.store, world.actor(), lambda c: cancel_task(c, task), what="test")
    view = await move(world, task, TaskState.DONE)

    assert refused.value.code == "bad_transition"
    assert view["state"] == "done"


async def test_a_state_it_has_already_is_no_news(world: World) -> None:
    task = await world.task(await world.site())
    cancelled = await move(world, task, TaskState.CANCELLED)
    before = await world.pool.fetchval("select max(position) from event")

    again = await execute(world.store, world.actor(), lambda c: cancel_task(c, task), what="test")

    assert again["version"] == cancelled["version"]
    assert await world.pool.fetchval("select max(position) from event") == before


async def test_an_edit_of_an_older_version_is_stale(world: World) -> None:
    task = await world.task(await world.site())

    async def rename(version: int, title: str) -> dict[str, Any]:
        return await execute(
            world.store,
            world.actor(),
            lambda c: change_task(c, task, version, {"title": title}),
            what="test",
        )

    changed = await rename(1, "Un")
    with pytest.raises(Stale) as refused:
        await rename(1, "Deux")

    assert (changed["title"], changed["version"]) == ("Un", 2)
    assert refused.value.params["version"] == 2


async def test_what_is_under_way_keeps_its_plan_and_what_is_over_keeps_all(world: World) -> None:
    task = await world.task(await world.site(), state="in_progress")

    async def change(**fields: Any) -> dict[str, Any]:
        async with world.pool.acquire() as connection:
            version = (await view_task(connection, task))["version"]
        return await execute(
            world.store,
            world.actor(),
            lambda c: change_task(c, task, version, fields),
            what="test",
        )

    assert (await change(title="Autre"))["title"] == "Autre"
    with pytest.raises(Conflict) as started:
        await change(duration_s=60)
    await move(world, task, TaskState.DONE)
    with pytest.raises(Conflict) as over:
        await change(title="Trop tard")

    assert (started.value.code, over.value.code) == ("task_started", "task_over")


async def test_half_of_a_changed_window_is_judged_with_the_other_half(world: World) -> None:
    task = await world.task(await world.site())
    late = now() + timedelta(days=2)

    with pytest.raises(BadInput) as refused:
        await execute(
            world.store,
            world.actor(),
            lambda c: change_task(c, task, 1, {"window_start": late}),
            what="test",
        )

    assert refused.value.code == "window_order"
