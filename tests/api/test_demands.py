"""All that work may ask for, from REST to the plan: permits, loads, set-ups, links, long days."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from dispatch.engine.pool import SolverPool
from dispatch.live.bench import wakes
from fieldops.events import last_position, read_events
from fieldops.model import Profile, new_id, now
from fieldops.process import Process
from fieldops.schema import tables
from fieldops.tenancy import Tenant
from tests.api.conftest import SignIn
from tests.api.test_facts import Office
from tests.api.test_work import V1, a_task
from tests.dispatch.live.rounds import Round
from tests.world import LYON, World

pytestmark = pytest.mark.services
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest_asyncio.fixture(scope="module")
async def world(process: Process, tenant: Tenant) -> World:
    quick = process.settings.model_copy(update={"dispatch_seconds": 0.1})
    process = replace(process, settings=quick)
    return World(process, tenant, await process.tenants.database(tenant.slug))


@pytest_asyncio.fixture(scope="module")
async def office(client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant) -> Office:
    return Office(client, await sign_in(tenant, Profile.MANAGER, "boss-demands"))


@pytest_asyncio.fixture(scope="module")
async def solvers() -> AsyncIterator[SolverPool]:
    async with SolverPool() as pool:
        yield pool


class Desk:
    """What the office asks for over HTTP, and the plan that comes of it."""

    def __init__(self, office: Office, world: World, solvers: SolverPool) -> None:
        self.office, self.world, self.round = office, world, Round(world, solvers)

    async def post(self, path: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
        return await self.office.send("POST", path, status, body)

    async def task(self, site: UUID, *, ahead: timedelta = HOUR, **more: Any) -> str:
        start = now() + ahead
        body = a_task(site, window_start=start.isoformat(), **more)
        body.setdefault("window_end", (start + 4 * HOUR).isoformat())
        return str((await self.post("/tasks", body))["id"])

    async def link(self, pred: str, succ: str, kind: str, status: int = 201, **terms: Any) -> Any:
        body = {"pred_id": pred, "succ_id": succ, "kind": kind, **terms}
        return await self.post("/task-links", body, status)

    async def planned(self) -> dict[str, dict[str, Any]]:
        return {str(row["task_id"]): row for row in await self.round.plan()}

    async def why(self, task: str) -> list[tuple[str, dict[str, Any]]]:
        shown = await self.office.send("GET", f"/tasks/{task}", 200)
        return [(reason["code"], reason["params"]) for reason in shown["unassigned"]]

    async def patch(self, path: str, body: dict[str, Any], version: int = 1) -> dict[str, Any]:
        return await self.office.send("PATCH", path, 200, body, **{"If-Match": f'"{version}"'})


@pytest_asyncio.fixture
async def desk(office: Office, world: World, solvers: SolverPool) -> Desk:
    await world.pool.execute("update task set state = 'cancelled' where state <> 'cancelled'")
    await world.pool.execute("update assignment set state = 'withdrawn' where state <> 'withdrawn'")
    await world.pool.execute("update shift set ended_at = now() where ended_at is null")
    return Desk(office, world, solvers)


async def test_work_waits_for_a_permit_of_its_site_and_stops_when_it_is_revoked(
    desk: Desk,
) -> None:
    await desk.world.crew("fouille")
    site, other = await desk.world.site(), await desk.world.site()
    task = await desk.task(site, permits=["DICT", "DICT"])
    a_dict = {"kind": "DICT", "number": "2026-11", "valid_from": now().isoformat()}
    since = await last_position(desk.world.pool)

    without = await desk.planned(), await desk.why(task)
    await desk.post("/permits", {"site_id": str(other), **a_dict})
    elsewhere = await desk.planned()
    permit = await desk.post("/permits", {"site_id": str(site), **a_dict})
    granted = await desk.planned()
    path, tag = f"/permits/{permit['id']}/revoke", {"If-Match": '"1"'}
    gone = await desk.office.send("POST", path, 200, {}, **tag)
    again = await desk.office.send("POST", path, 200, {}, **{"If-Match": '"2"'})
    revoked = await desk.planned()

    assert without == ({}, [("PERMIT", {"kind": "DICT", "valid_from": None, "valid_until": None})])
    assert (elsewhere, list(granted), revoked) == ({}, [task], {})
    assert (permit["status"], gone["status"], again["version"]) == ("valid", "revoked", 2)
    events = await read_events(desk.world.pool, since)
    changed = [event for event in events if event.kind == "permit.changed"]
    assert [event.body["status"] for event in changed] == ["valid", "valid", "revoked", "revoked"]
    assert all(wakes(event) for event in changed)


async def test_a_permit_holds_over_the_whole_visit_and_a_renewal_goes_on_from_it(
    desk: Desk,
) -> None:
    await desk.world.crew("consignation")
    site, start = await desk.world.site(), now() + HOUR
    task = await desk.task(site, permits=["lockout"], duration_s=7200)
    spans = [(start, start + HOUR), (start + HOUR, start + 3 * HOUR)]
    first, renewal = [
        {
            "site_id": str(site),
            "kind": "lockout",
            "valid_from": begin.isoformat(),
            "valid_until": end.isoformat(),
        }
        for begin, end in spans
    ]

    await desk.post("/permits", first)
    too_short = await desk.planned()
    await desk.post("/permits", renewal)
    joined = await desk.planned()

    assert too_short == {}
    assert start <= joined[task]["start_at"] <= joined[task]["end_at"] <= start + 3 * HOUR


async def test_a_permit_is_its_sites_and_ends_after_it_starts(
    desk: Desk, client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    site, at = await desk.world.site(), now().isoformat()
    body = {"site_id": str(site), "kind": "DICT", "valid_from": at}

    wrong = await desk.post("/permits", {**body, "valid_until": at}, 422)
    nowhere = await desk.post("/permits", {**body, "site_id": str(new_id())}, 422)
    made = await desk.post("/permits", {**body, "id": str(new_id())})
    twice = await desk.post("/permits", {**body, "id": made["id"]}, 409)
    listed = await desk.office.send("GET", f"/permits?site_id={site}", 200)
    chef = await sign_in(tenant, Profile.SITE_MANAGER, "chef-permits")
    reads = await client.get(f"{V1}/permits?site_id={site}", headers=chef.headers)
    writes = await client.post(f"{V1}/permits", json=body, headers=chef.headers)

    assert (wrong["code"], wrong["errors"][0]["pointer"]) == ("permit_dates", "/valid_until")
    assert nowhere["errors"][0]["pointer"] == "/site_id"
    assert twice["code"] == "taken"
    assert [permit["id"] for permit in listed["items"]] == [made["id"]]
    assert (reads.status_code, writes.status_code) == (200, 403)


async def test_a_vehicle_carries_what_it_holds_and_more_once_it_is_a_bigger_one(
    desk: Desk,
) -> None:
    van = await desk.post(
        "/vehicles", {"plate": new_id().hex[-8:], "label": "Fourgon", "capacity": 10}
    )
    crew, _ = await desk.world.crew("livraison")
    await desk.world.pool.execute(
        "update crew set vehicle_id = $1 where id = $2", UUID(van["id"]), crew
    )
    site = await desk.world.site()
    tasks = [await desk.task(site, demand=6, duration_s=600) for _ in range(2)]
    since = await last_position(desk.world.pool)

    full = await desk.planned()
    (left,) = set(tasks) - set(full)
    why = await desk.why(left)
    bigger = await desk.patch(f"/vehicles/{van['id']}", {"capacity": 12})
    both = await desk.planned()
    any_load = await desk.patch(f"/vehicles/{van['id']}", {"capacity": None}, bigger["version"])

    assert [code for code, _ in why] == ["PRIORITY"]
    assert set(both) == set(tasks)
    assert any_load["capacity"] is None
    events = await read_events(desk.world.pool, since)
    changed = [event for event in events if event.kind == "vehicle.changed"]
    assert [event.body["capacity"] for event in changed] == [12, None]
    assert all(wakes(event) for event in changed)


async def test_visits_of_one_kind_in_a_row_are_set_up_once(desk: Desk) -> None:
    await desk.world.crew("nacelle")
    site = await desk.world.site()
    terms: dict[str, Any] = {"setup_s": 1800, "duration_s": 600, "lon": LYON[0], "lat": LYON[1]}
    kinds = ["nacelle", "nacelle", "tranchee"]
    tasks = [await desk.task(site, setup_kind=kind, **terms) for kind in kinds[:2]]
    other = await desk.task(site, ahead=2 * HOUR, setup_kind=kinds[2], **terms)

    rows = await desk.planned()

    took = sorted(rows[task]["end_at"] - rows[task]["start_at"] for task in tasks)
    assert took == [10 * MINUTE, 40 * MINUTE]
    assert rows[other]["end_at"] - rows[other]["start_at"] == 40 * MINUTE


@pytest.mark.parametrize("own", [True, False])
async def test_a_day_no_longer_than_the_shift_or_the_tenant_says(desk: Desk, own: bool) -> None:
    crew, _ = await desk.world.crew("longue", shift=False)
    body = {
        "crew_id": str(crew),
        "starts_at": (now() - HOUR).isoformat(),
        "ends_at": (now() + 8 * HOUR).isoformat(),
    }
    shift = await desk.post("/shifts", body)
    late = await desk.task(await desk.world.site(), ahead=4 * HOUR)
    settings = await desk.office.send("GET", "/dispatch/settings", 200)
    path, version = ("/dispatch/settings", settings["version"])
    if own:
        path, version = f"/shifts/{shift['id']}", shift["version"]

    free = await desk.planned()
    limited = await desk.patch(path, {"max_span_s": 5 * 3600}, version)
    too_long = await desk.planned(), await desk.why(late)
    freed = await desk.patch(path, {"max_span_s": None}, limited["version"])
    again = await desk.planned()

    assert (list(free), list(again)) == ([late], [late])
    assert (too_long[0], [code for code, _ in too_long[1]]) == ({}, ["SHIFT"])
    assert (limited["max_span_s"], freed["max_span_s"]) == (5 * 3600, None)


async def test_a_route_no_longer_than_the_shift_says(desk: Desk) -> None:
    crew, _ = await desk.world.crew("courte", shift=False)
    body = {
        "crew_id": str(crew),
        "starts_at": (now() - HOUR).isoformat(),
        "ends_at": (now() + 8 * HOUR).isoformat(),
        "max_route_s": 2 * 3600,
    }
    await desk.post("/shifts", body)
    site = await desk.world.site()
    tasks = [await desk.task(site, duration_s=3000) for _ in range(3)]

    rows = await desk.planned()

    assert len(rows) == 2
    assert set(rows) < set(tasks)


async def test_the_second_starts_between_the_least_and_the_longest_lag_after_the_first_starts(
    desk: Desk,
) -> None:
    await desk.world.crew("a")
    await desk.world.crew("b")
    site = await desk.world.site()
    first = await desk.task(site, ahead=3 * HOUR, duration_s=7200)
    then = await desk.task(site, window_end=(now() + 7 * HOUR).isoformat(), duration_s=600)
    await desk.link(first, then, "order", lag_s=600, most_s=1200, after="start")

    rows = await desk.planned()

    lag = rows[then]["start_at"] - rows[first]["start_at"]
    assert 10 * MINUTE <= lag <= 20 * MINUTE


async def done_at(world: World, task: str, crew: UUID, at: datetime) -> None:
    """Write that the crew did the task, over at the instant."""
    when = dict.fromkeys(("eta_at", "start_at", "end_at", "started_at", "done_at"), at)
    fields = {"task_id": UUID(task), "crew_id": crew, "plan_version": 1, "sequence": 0}
    await world.insert(tables.assignment, state="done", **fields, **when)
    await world.pool.execute("update task set state = 'done' where id = $1", UUID(task))


async def test_a_longest_lag_after_work_that_is_done_ends_the_window(desk: Desk) -> None:
    crew, _ = await desk.world.crew("béton")
    site = await desk.world.site()
    poured, due, missed = [await desk.task(site, ahead=MINUTE) for _ in range(3)]
    await desk.link(poured, due, "order", lag_s=1800, most_s=3600)
    await desk.link(poured, missed, "order", most_s=60)
    poured_at = now() - 10 * MINUTE
    await done_at(desk.world, poured, crew, poured_at)

    rows = await desk.planned()
    why = await desk.why(missed)

    assert 30 * MINUTE <= rows[due]["start_at"] - poured_at <= 60 * MINUTE
    assert missed not in rows
    assert [code for code, _ in why] == ["WINDOW"]


async def test_two_crews_start_within_what_is_said(desk: Desk) -> None:
    one, _ = await desk.world.crew("a")
    two, _ = await desk.world.crew("b")
    site, opens = await desk.world.site(), now() + 2 * HOUR
    left = await desk.task(site, ahead=2 * HOUR, window_end=(opens + MINUTE).isoformat())
    right = await desk.task(site, ahead=2 * HOUR + 10 * MINUTE)
    link = await desk.link(left, right, "sync", within_s=300)

    apart = await desk.planned()
    await desk.office.send("DELETE", f"/task-links/{link['id']}", 200)
    await desk.link(left, right, "sync", within_s=900)
    near = await desk.planned()

    assert apart == {}
    assert {near[left]["crew_id"], near[right]["crew_id"]} == {one, two}
    assert abs(near[left]["start_at"] - near[right]["start_at"]) <= 15 * MINUTE


async def test_a_crew_keeps_an_order_across_tasks_in_between(desk: Desk) -> None:
    await desk.world.crew("seule")
    site = await desk.world.site()
    last, first = await desk.task(site), await desk.task(site, ahead=2 * HOUR)
    between = await desk.task(site, skills=["nobody-has-it"])
    before = await desk.planned()
    await desk.link(first, between, "keep_order")
    await desk.link(between, last, "keep_order")
    loop = await desk.link(last, first, "order", 409)
    back = await desk.link(last, first, "keep_order", 409)

    rows = await desk.planned()

    assert before[last]["end_at"] <= before[first]["start_at"]
    assert set(rows) == {first, last}
    assert rows[first]["end_at"] <= rows[last]["start_at"]
    assert (loop["code"], back["code"]) == ("link_loop", "link_loop")


@pytest.mark.parametrize(
    ("kind", "terms", "pointer", "code"),
    [
        ("sync", {"lag_s": 60}, "/lag_s", "link_terms"),
        ("sync", {"after": "start"}, "/after", "link_terms"),
        ("order", {"within_s": 60}, "/within_s", "link_terms"),
        ("keep_order", {"most_s": 60}, "/most_s", "link_terms"),
        ("order", {"lag_s": 600, "most_s": 599}, "/most_s", "link_terms"),
        ("sync", {"within_s": 86_401}, "/within_s", "bad_input"),
    ],
)
async def test_a_term_that_is_not_the_links_is_named(
    desk: Desk, kind: str, terms: dict[str, Any], pointer: str, code: str
) -> None:
    site = await desk.world.site()
    a, b = await desk.task(site), await desk.task(site)

    problem = await desk.link(a, b, kind, 422, **terms)

    assert (problem["errors"][0]["pointer"], problem["code"]) == (pointer, code)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"demand": -1}, "/demand"),
        ({"demand": 1_000_001}, "/demand"),
        ({"setup_kind": ""}, "/setup_kind"),
        ({"permits": ["a b"]}, "/permits/0"),
    ],
)
async def test_what_a_task_cannot_ask_for_is_named(
    desk: Desk, wrong: dict[str, Any], pointer: str
) -> None:
    problem = await desk.post("/tasks", a_task(await desk.world.site(), **wrong), 422)

    assert problem["errors"][0]["pointer"] == pointer
