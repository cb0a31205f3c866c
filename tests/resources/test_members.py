"""Who is in which crew: one at a time, dated, never forgotten."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from api.shapes.resources import Crew
from fieldops.errors import BadInput, Conflict, NotFound
from fieldops.events import read_events
from fieldops.model import new_id, now
from fieldops.schema import tables
from identity.commands import execute
from resources.crews import view_crew
from resources.members import add_crew, add_member, remove_member
from resources.workers import add_skill, add_worker
from tests.world import LYON, World

pytestmark = pytest.mark.services


async def form(world: World, *members: UUID, **more: Any) -> UUID:
    """Create a crew through the command and return its id."""
    values = {
        "name": new_id().hex[-10:],
        "depot_lon": LYON[0],
        "depot_lat": LYON[1],
        "member_ids": members,
        **more,
    }
    crew = await execute(world.store, world.actor(), lambda c: add_crew(c, values), what="test")
    assert set(crew) == set(Crew.model_fields)
    return UUID(str(Crew.model_validate(crew).id))


async def join(world: World, crew: UUID, worker: UUID, **more: Any) -> dict[str, Any]:
    values = {"worker_id": worker, **more}
    return await execute(
        world.store, world.actor(), lambda c: add_member(c, crew, values), what="test"
    )


async def members(world: World, crew: UUID, at: Any = None) -> list[str]:
    async with world.pool.acquire() as connection:
        view = await view_crew(connection, crew, at=at)
    return [member["worker_id"] for member in view["members"]]


async def test_joining_a_crew_ends_the_other_membership_at_the_same_instant(world: World) -> None:
    ann, ben = await world.worker("Ann"), await world.worker("Ben")
    first, second = await form(world, ann, ben), await form(world)
    before = now()

    await join(world, second, ann)

    assert await members(world, first) == [str(ben)]
    assert await members(world, second) == [str(ann)]
    assert await members(world, first, before) == [str(ann), str(ben)]
    rows = await world.pool.fetch(
        "select valid_from, valid_until from crew_member where worker_id = $1 order by valid_from",
        ann,
    )
    assert rows[0]["valid_until"] == rows[1]["valid_from"]
    kinds = [(e.kind, e.crews) for e in (await read_events(world.pool, 0))[-2:]]
    assert sorted(kinds, key=str) == sorted(
        [("crew.changed", (first,)), ("crew.changed", (second,))], key=str
    )


async def test_a_worker_lent_for_an_hour_is_back_after(world: World) -> None:
    ann = await world.worker("Ann")
    home, away = await form(world, ann), await form(world)
    end = now() + timedelta(hours=1)

    await join(world, away, ann, valid_until=end)

    assert await members(world, away) == [str(ann)]
    assert await members(world, home) == []
    assert await members(world, home, end) == [str(ann)]
    assert await members(world, away, end) == []


async def test_a_member_does_not_join_again_and_none_is_planned_over(world: World) -> None:
    ann = await world.worker("Ann")
    crew, other = await form(world, ann), await form(world)
    await join(world, other, ann, valid_from=now() + timedelta(days=1))

    with pytest.raises(Conflict) as again:
        await join(world, crew, ann, valid_until=now() + timedelta(hours=1))
    with pytest.raises(Conflict) as ahead:
        await join(world, await form(world), ann)

    assert (again.value.code, ahead.value.code) == ("already_member", "membership_ahead")


async def test_a_member_who_goes_stays_in_the_history(world: World) -> None:
    ann = await world.worker("Ann")
    crew = await form(world, ann)
    before = now()

    view = await execute(
        world.store, world.actor(), lambda c: remove_member(c, crew, ann), what="test"
    )

    assert view["members"] == []
    assert await members(world, crew, before) == [str(ann)]
    with pytest.raises(NotFound):
        await execute(
            world.store, world.actor(), lambda c: remove_member(c, crew, ann), what="test"
        )


async def test_a_member_who_does_not_exist_is_named_by_his_place(world: World) -> None:
    with pytest.raises(BadInput) as refused:
        await form(world, await world.worker(), new_id())

    assert refused.value.problems[0].pointer == "/member_ids/1"


async def test_a_crew_can_do_what_its_members_can_today(world: World) -> None:
    crew = await form(world)
    values = {"name": "Zoé", "skills": ["BR", "B1"]}
    zoe = await execute(world.store, world.actor(), lambda c: add_worker(c, values), what="test")
    await join(world, crew, zoe["id"])
    today = now().date()

    async def learn(skill: str, **more: Any) -> None:
        said = {"skill": skill, **more}
        await execute(
            world.store, world.actor(), lambda c: add_skill(c, zoe["id"], said), what="test"
        )

    await learn("R482-A", valid_until=today)
    await learn("OLD", valid_from=today - timedelta(9), valid_until=today - timedelta(1))
    await learn("SOON", valid_from=today + timedelta(1))

    async with world.pool.acquire() as connection:
        view = await view_crew(connection, crew)
    assert view["skills"] == ["B1", "BR", "R482-A"]
    event = (await read_events(world.pool, 0))[-1]
    assert (event.kind, event.body["skills"]) == ("crew.changed", ["B1", "BR", "R482-A"])
    with pytest.raises(BadInput, match="is before"):
        await learn("X", valid_from=today, valid_until=today - timedelta(1))


async def test_a_phone_follows_its_worker_to_his_new_crew(world: World) -> None:
    ann = await world.worker("Ann")
    crew = await form(world, ann)
    phone = await world.insert(
        tables.device, name=f"p-{ann.hex}", label="Ann", kind="phone", purpose="dispatch"
    )
    await world.insert(tables.device_binding, device_id=phone, worker_id=ann)
    start = await world.pool.fetchval("select max(position) from event")

    await join(world, await form(world), ann)

    told = [e for e in await read_events(world.pool, start) if e.kind == "device.changed"]
    assert [e.body["id"] for e in told] == [str(phone)]
    assert told[0].crews != (crew,)


async def test_names_of_workers_stand_in_no_event_of_theirs_nor_in_the_audit_body(
    world: World,
) -> None:
    values = {"name": "Ottilie Quelquechose", "phone": "+33600000000"}

    await execute(world.store, world.actor(), lambda c: add_worker(c, values), what="test")

    event = (await read_events(world.pool, 0))[-1]
    assert event.kind == "worker.changed"
    assert "Ottilie" not in str(event.body)
    body = await world.pool.fetchval("select body::text from audit order by seq desc limit 1")
    assert "Ottilie" not in body
    assert "commitment" in body
