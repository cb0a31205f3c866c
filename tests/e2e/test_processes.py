"""The same day on one process with all roles and on one process a role: the same outcome."""

import asyncio
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from devices.client import DeviceClient
from devices.topics import device_name
from fieldops.database import with_database
from fieldops.errors import Conflict, Unauthenticated
from fieldops.model import new_id, now, tenant_slug
from fieldops.process import Urls
from fieldops.tenancy import database_name
from simulators.office import Office
from tests.e2e.hub import ONE_EACH, ONE_PROCESS, PASSWORD, Hub, running
from tests.world import LYON, square

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

WAIT_S = 40.0
STEP_DEG = 0.0002
INSIDE, FIXES = 20, 40
# What a subject's events are told apart by, in the bodies of the kinds that have a subject.
_SUBJECTS = {"presence": "device", "assignment": "assignment", "task": "task", "crew": "crew"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a day left behind, without its ids and times."""

    fixes: list[tuple[Any, ...]]
    presence: list[str]
    events: dict[str, list[str]]
    assignments: list[tuple[str, str]]
    tasks: list[str]
    quarantined: list[str]
    refused: list[str]


@dataclass(frozen=True, slots=True)
class Actors:
    """The people and the van of the scripted day."""

    manager: Office
    lead: Office
    van: DeviceClient
    site: str
    crew: str
    slug: str


async def test_one_process_and_one_a_role_behave_the_same(
    stack_urls: Urls, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outcomes = []
    for layout in (ONE_PROCESS, ONE_EACH):
        folder = tmp_path_factory.mktemp("layout")
        async with running(stack_urls, folder, layout) as hub:
            assert len(hub.processes) == len(layout)
            outcomes.append(await _day(hub, stack_urls))

    together, apart = outcomes
    assert asdict(together) == asdict(apart)
    assert len(together.fixes) == FIXES
    assert together.presence == ["entered", "left"]
    assert together.assignments == [("done", "Relevé"), ("offered", "Dépannage")]
    assert together.events["assignment 0"] == ["assignment.changed"] * 5
    assert together.refused == ["already_answered", "login_wrong"]


async def _day(hub: Hub, urls: Urls) -> Outcome:
    slug = await hub.tenant()
    async with AsyncExitStack() as stack:
        actors = await _furnish(hub, slug, stack)
        await _drive(actors.van)
        refused = await _work(actors)
        refused.append(await _strangers_token(hub, slug))
        await _until_left(actors)
        return await _outcome(actors, urls, refused)


async def _tracker(manager: Office, admin: Office, vehicle: str) -> dict[str, Any]:
    """Fix a tracker to the vehicle, under a policy whose notice is written."""
    policy = await admin.post(
        "/policies",
        {
            "id": str(new_id()),
            "name": "Fourgons",
            "purpose": "dispatch",
            "schedule": {"tz": "Europe/Paris", "week": [[["00:00", "24:00"]]] * 7},
            "retention_days": 60,
            "notice_version": "2026-01",
            "cse_date": "2026-01-15",
        },
    )
    made: dict[str, Any] = await manager.post(
        "/devices",
        {
            "id": str(new_id()),
            "name": "van-1",
            "label": "Fourgon",
            "kind": "tracker",
            "purpose": "dispatch",
            "vehicle_id": vehicle,
            "policy_id": policy["id"],
        },
    )
    return made


async def _furnish(hub: Hub, slug: str, stack: AsyncExitStack) -> Actors:
    manager, admin = [
        await stack.enter_async_context(Office(hub.base_url, slug, login, PASSWORD))
        for login in ("direction", "admin")
    ]

    async def made(path: str, **body: Any) -> str:
        return str((await manager.post(path, {"id": str(new_id()), **body}))["id"])

    project = await made("/projects", code="P", name="Affaire")
    site = await made("/sites", project_id=project, code="S", name="Chantier", address="Lyon")
    await made("/fences", site_id=site, name="Emprise", geometry=square(*LYON))
    worker = await made("/workers", employee_no="E1", name="Sam", skills=["BR"])
    vehicle = await made("/vehicles", plate="AA-1", label="Fourgon")
    crew = await made(
        "/crews",
        name="Équipe",
        lead_worker_id=worker,
        vehicle_id=vehicle,
        depot_lon=LYON[0],
        depot_lat=LYON[1],
        member_ids=[worker],
    )
    until = now() + timedelta(hours=8)
    await made("/shifts", crew_id=crew, starts_at=now().isoformat(), ends_at=until.isoformat())
    who = {"login": "sam", "display_name": "Sam", "profile": "crew_member", "worker_id": worker}
    await admin.post("/users", {"id": str(new_id()), "password": PASSWORD, **who})
    device = await _tracker(manager, admin, vehicle)
    lead = await stack.enter_async_context(Office(hub.base_url, slug, "sam", PASSWORD))
    van = DeviceClient(
        device["mqtt_host"],
        device["mqtt_port"],
        tenant_slug(slug),
        device_name("van-1"),
        device["password"],
        run="fixed",
    )
    return Actors(manager, lead, await stack.enter_async_context(van), site, crew, slug)


async def _drive(van: DeviceClient) -> None:
    """Stand on the site for a minute and a half, then drive away for as long.

    The clock runs ahead by what has not passed yet, for the fence is there only since just now.
    """
    start = now()
    for n in range(FIXES):
        away = max(0, n - INSIDE + 1) * 0.0005
        await van.send_fix(
            at=start + timedelta(seconds=5 * n),
            lon=round(LYON[0] + (n % 3) * 0.00001 + away, 7),
            lat=LYON[1],
            accuracy_m=5.0,
        )
    await van.drain(WAIT_S)


async def _work(actors: Actors) -> list[str]:
    """One task from its creation to its end, another as far as its offer."""
    first = await _task(actors, "Relevé")
    offered = await _visit(actors, first, "offered")
    answer = {"version": offered["version"], "accept": True}
    accepted = await actors.lead.post(f"/assignments/{offered['id']}/answer", answer)
    again = await actors.lead.post(f"/assignments/{offered['id']}/answer", answer)
    assert again["version"] == accepted["version"]
    said = []
    try:
        no = {**answer, "accept": False, "why": "other"}
        await actors.lead.post(f"/assignments/{offered['id']}/answer", no)
    except Conflict as error:
        said.append(error.code)
    for step in ("start", "done"):
        body = {"version": accepted["version"]}
        accepted = await actors.lead.post(f"/assignments/{offered['id']}/{step}", body)
    second = await _task(actors, "Dépannage")
    await _visit(actors, second, "offered")
    return said


async def _task(actors: Actors, title: str) -> str:
    body = {
        "id": str(new_id()),
        "site_id": actors.site,
        "title": title,
        "duration_s": 1800,
        "window_start": now().isoformat(),
        "window_end": (now() + timedelta(hours=3)).isoformat(),
        "skills": ["BR"],
    }
    return str((await actors.manager.post("/tasks", body))["id"])


async def _visit(actors: Actors, task: str, state: str) -> dict[str, Any]:
    """Wait until the crew has a visit for the task in that state."""
    async with asyncio.timeout(WAIT_S):
        while True:
            for visit in (await actors.lead.get("/my/day"))["visits"]:
                if visit["task"]["id"] == task and visit["assignment"]["state"] == state:
                    return dict(visit["assignment"])
            await asyncio.sleep(0.2)


async def _strangers_token(hub: Hub, slug: str) -> str:
    """Return what a login of no such tenant is told."""
    try:
        async with Office(hub.base_url, f"{slug}-not", "sam", PASSWORD):
            return "let in"
    except Unauthenticated as error:
        return error.code


async def _until_left(actors: Actors) -> None:
    async with asyncio.timeout(WAIT_S):
        while "presence.left" not in [e["kind"] for e in await _events(actors) if _is_confirmed(e)]:
            await asyncio.sleep(0.2)


def _is_confirmed(event: dict[str, Any]) -> bool:
    return bool(event["kind"].startswith("presence.") and event["body"]["status"] == "confirmed")


async def _events(actors: Actors) -> list[dict[str, Any]]:
    page = await actors.manager.get("/events", since=0)
    assert page["complete"]
    return list(page["events"])


async def _outcome(actors: Actors, urls: Urls, refused: list[str]) -> Outcome:
    database = database_name(tenant_slug(actors.slug))
    connection = await asyncpg.connect(with_database(urls.postgres, database), timeout=10)
    try:
        fixes = await connection.fetch(
            "select run, seq, lon, lat, accuracy_m, flags, source from fix order by seq"
        )
        quarantined = await connection.fetch("select reason from quarantine order by reason")
    finally:
        await connection.close(timeout=5)
    events = await _events(actors)
    titles = {t["id"]: t["title"] for t in await actors.manager.all("/tasks")}
    assignments = await actors.manager.all("/assignments")
    return Outcome(
        fixes=[tuple(row) for row in fixes],
        presence=[e["kind"].partition(".")[2] for e in events if _is_confirmed(e)],
        events=_by_subject(events),
        assignments=sorted((a["state"], titles[a["task_id"]]) for a in assignments),
        tasks=sorted(t["state"] for t in await actors.manager.all("/tasks")),
        quarantined=[row["reason"] for row in quarantined],
        refused=refused,
    )


def _by_subject(events: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the kinds in order, by subject; subjects are numbered as they first appear."""
    names: dict[tuple[str, str], str] = {}
    found: dict[str, list[str]] = defaultdict(list)
    for event in events:
        noun = event["kind"].partition(".")[0]
        if noun == "plan":
            continue  # how often it re-plans depends on what comes together
        subject = str(event["body"].get(_SUBJECTS.get(noun, "id"), event["body"].get("id")))
        number = sum(1 for known, _ in names if known == noun)
        name = names.setdefault((noun, subject), f"{noun} {number}")
        found[name].append(event["kind"])
    return dict(found)
