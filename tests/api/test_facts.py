"""What dispatch plans with, over HTTP: papers, absences, what tasks ask for, links, settings."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from fieldops.commands.users import add_user
from fieldops.events import read_events
from fieldops.model import Profile, new_id, now
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.commands import execute
from identity.passwords import Passwords
from identity.rights import Actor
from identity.users import NewUser
from resources.credentials import tell_due
from tests.api.conftest import PASSWORD, Person, SignIn, tokens_of
from tests.api.test_work import a_task
from tests.world import World

pytestmark = pytest.mark.services
V1 = "/api/v1"
TODAY = date.today


class Office:
    """A manager at a desk."""

    def __init__(self, client: httpx.AsyncClient, boss: Person) -> None:
        self.client, self.boss = client, boss

    async def send(
        self, method: str, path: str, status: int, body: Any = None, **headers: str
    ) -> dict[str, Any]:
        answer = await self.client.request(
            method, V1 + path, json=body, headers=self.boss.headers | headers
        )
        assert answer.status_code == status, answer.text
        made: dict[str, Any] = answer.json()
        return made


@pytest_asyncio.fixture(scope="module")
async def world(process: Process, tenant: Tenant) -> World:
    return World(process, tenant, await process.tenants.database(tenant.slug))


@pytest_asyncio.fixture(scope="module")
async def office(client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant) -> Office:
    return Office(client, await sign_in(tenant, Profile.MANAGER, "boss-facts"))


def a_paper(worker: UUID, **more: Any) -> dict[str, Any]:
    paper = {"worker_id": str(worker), "type": "electrical", "symbol": "BR"}
    return {**paper, "issued_on": "2020-01-01", **more}


async def test_a_paper_counts_for_its_crew_until_it_is_revoked(
    office: Office, world: World
) -> None:
    crew, worker = await world.crew("papiers")
    document = str(new_id())
    made = await office.send(
        "POST", "/credentials", 201, a_paper(worker, category="X", document_id=document)
    )
    none = await office.send("POST", "/credentials", 422, a_paper(worker, symbol="B9"))
    await office.send("POST", "/credentials", 201, a_paper(worker, type="caces", symbol="R 482"))

    assert none["errors"][0]["pointer"] == "/symbol"
    assert (made["status"], made["code"]) == ("valid", "electrical:BR:X")
    shown = await office.send("GET", f"/crews/{crew}", 200)
    kinds = ["caces", "caces:R 482", "electrical", "electrical:BR", "electrical:BR:X"]
    assert shown["credentials"] == kinds

    path = f"/credentials/{made['id']}/revoke"
    await office.send("POST", path, 412, **{"If-Match": '"7"'})
    gone = await office.send("POST", path, 200, **{"If-Match": '"1"'})

    assert gone["status"] == "revoked"
    assert (await office.send("GET", f"/crews/{crew}", 200))["credentials"] == kinds[:2]


async def test_a_paper_that_ends_is_told_once_and_again_when_it_has_ended(
    office: Office, world: World
) -> None:
    worker, renewed = await world.worker("Fin"), await world.worker("Renouvelé")
    end = TODAY() + timedelta(days=10)
    paper = await office.send(
        "POST", "/credentials", 201, a_paper(worker, valid_until=end.isoformat())
    )
    await office.send("POST", "/credentials", 201, a_paper(renewed, valid_until=end.isoformat()))
    await office.send("POST", "/credentials", 201, a_paper(renewed, issued_on=end.isoformat()))
    since = (await read_events(world.pool, 0, 100_000))[-1].position

    async def told(on: date) -> int:
        return await execute(
            world.store, Actor(world.tenant.slug), lambda c: tell_due(c, on), what="test"
        )

    assert [await told(TODAY()), await told(TODAY()), await told(end)] == [1, 0, 0]
    assert [await told(end + timedelta(days=1)) for _ in range(2)] == [1, 0]
    events = await read_events(world.pool, since, 100)
    assert [(e.kind, e.body["credential"]) for e in events] == [
        ("credential.expiring", paper["id"]),
        ("credential.expired", paper["id"]),
    ]
    due = await office.send("GET", f"/credentials?due=true&worker_id={worker}", 200)
    assert [(p["id"], p["status"]) for p in due["items"]] == [(paper["id"], "expiring")]


async def test_a_crew_member_sees_his_own_papers_and_a_site_manager_dates_only(
    office: Office, client: httpx.AsyncClient, sign_in: SignIn, world: World
) -> None:
    mine, other = await world.worker("Moi"), await world.worker("Autre")
    document = str(new_id())
    for worker in (mine, other):
        await office.send("POST", "/credentials", 201, a_paper(worker, document_id=document))
    chef = await sign_in(world.tenant, Profile.SITE_MANAGER, "chef-papers")
    password_hash = await Passwords().hash(PASSWORD)
    new = NewUser("moi", "Moi", Profile.CREW_MEMBER, password_hash, worker_id=mine)
    await add_user(world.process, world.tenant.slug, new)
    me = Person("moi", await tokens_of(client, world.tenant, "moi"))

    async def seen(who: Person, worker: UUID) -> list[Any]:
        path = f"{V1}/credentials?worker_id={worker}"
        answer = await client.get(path, headers=who.headers)
        return [paper["document_id"] for paper in answer.json()["items"]]

    assert await seen(me, mine) == [document]
    assert await seen(me, other) == []
    assert await seen(chef, other) == [None]
    refused = await client.post(f"{V1}/credentials", json=a_paper(mine), headers=chef.headers)
    assert refused.status_code == 403


async def test_an_absence_is_recorded_once_and_cancelled(office: Office, world: World) -> None:
    worker = await world.worker("Absent")
    body = {
        "worker_id": str(worker),
        "starts_at": now().isoformat(),
        "ends_at": (now() + timedelta(days=2)).isoformat(),
        "kind": "training",
    }
    made = await office.send("POST", "/absences", 201, body)

    again = await office.send("POST", "/absences", 409, body)
    backwards = await office.send("POST", "/absences", 422, {**body, "ends_at": body["starts_at"]})
    path = f"/absences/{made['id']}/cancel"
    gone = await office.send("POST", path, 200, **{"If-Match": '"1"'})
    await office.send("POST", "/absences", 201, body)

    assert (again["code"], again["params"]["absence"]) == ("absence_overlap", made["id"])
    assert backwards["errors"][0]["pointer"] == "/ends_at"
    assert gone["cancelled_at"] is not None
    listed = await office.send("GET", f"/absences?worker_id={worker}", 200)
    assert [a["cancelled_at"] is None for a in listed["items"]] == [False, True]


async def test_what_a_task_asks_for_is_kept_in_order(office: Office, world: World) -> None:
    site = await world.site()
    body = a_task(site, skills=["b", "a", "b"], credentials=["caces:R482:A", "caces"])
    start, end = now() + timedelta(hours=1), now() + timedelta(hours=5)
    body |= {"window_start": start.isoformat(), "window_end": end.isoformat()}
    halves = [(3, 4), (1, 2)]
    body["windows"] = [
        {
            "start": (start + timedelta(hours=a - 1)).isoformat(),
            "end": (start + timedelta(hours=b - 1)).isoformat(),
        }
        for a, b in halves
    ]
    body |= {"min_crew": 2, "equipment": ["nacelle"], "setup_s": 600, "keep_group": "T9"}

    made = await office.send("POST", "/tasks", 201, body)

    assert (made["skills"], made["credentials"]) == (["a", "b"], ["caces", "caces:R482:A"])
    assert [w["start"] for w in made["windows"]] == sorted(w["start"] for w in made["windows"])
    assert (made["min_crew"], made["equipment"], made["setup_s"]) == (2, ["nacelle"], 600)


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"windows": [("2h", "1h")]}, "/windows/0", "windows"),
        ({"windows": [("1h", "3h"), ("2h", "4h")]}, "/windows/1", "windows"),
        ({"windows": [("1h", "9h")]}, "/windows/0", "windows"),
        ({"soft_start": "2h"}, "/soft_end", "soft_window"),
        ({"soft_start": "2h", "soft_end": "9h"}, "/soft_start", "soft_window"),
        ({"min_crew": 0}, "/min_crew", "bad_input"),
        ({"credentials": ["a:b:c:d"]}, "/credentials/0", "bad_input"),
        ({"credentials": ["electrical:B9"]}, "/credentials/0", "bad_input"),
        ({"credentials": ["electrical"]}, "/credentials/0", "bad_input"),
    ],
)
async def test_what_a_task_cannot_ask_for_is_named(
    office: Office, world: World, wrong: dict[str, Any], pointer: str, code: str
) -> None:
    def at(hours: str) -> str:
        return (now() + timedelta(hours=int(hours[0]))).isoformat()

    body = a_task(await world.site())
    for name, value in wrong.items():
        if name == "windows":
            body[name] = [{"start": at(a), "end": at(b)} for a, b in value]
        else:
            body[name] = at(value) if name.startswith("soft") else value

    problem = await office.send("POST", "/tasks", 422, body)

    assert (problem["errors"][0]["pointer"], problem["code"]) == (pointer, code)


async def test_links_never_close_a_circle(office: Office, world: World) -> None:
    site = await world.site()
    a, b, c, d = [str(await world.task(site)) for _ in range(4)]

    async def link(pred: str, succ: str, kind: str, status: int = 201) -> dict[str, Any]:
        body = {"pred_id": pred, "succ_id": succ, "kind": kind}
        return await office.send("POST", "/task-links", status, body)

    first = await link(a, b, "order")
    await link(b, c, "sync")
    codes = [
        (await link(c, a, "order", 409))["code"],
        (await link(c, b, "order", 409))["code"],
        (await link(a, c, "sync", 409))["code"],
        (await link(a, a, "order", 422))["code"],
        (await link(a, str(new_id()), "order", 422))["code"],
        (await link(a, b, "sync", 409))["code"],
    ]
    await link(c, d, "sync")
    await link(b, d, "sync")
    gone = await office.send("DELETE", f"/task-links/{first['id']}", 200)
    await link(c, a, "order")

    assert codes == ["link_loop", "link_loop", "link_loop", "link_ends", "bad_input", "link_loop"]
    assert gone["id"] == first["id"]
    listed = await office.send("GET", f"/task-links?task_id={a}", 200)
    assert [(x["pred_id"], x["succ_id"]) for x in listed["items"]] == [(c, a)]


async def test_the_dispatchers_settings_are_changed_by_who_read_them(
    office: Office, client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    before = await office.send("GET", "/dispatch/settings", 200)
    tag = {"If-Match": f'"{before["version"]}"'}
    change = {"freeze_s": 1200, "changes_most": 2, "no_phone": "accept"}

    after = await office.send("PATCH", "/dispatch/settings", 200, change, **tag)
    await office.send("PATCH", "/dispatch/settings", 412, change, **tag)
    bad = await office.send("PATCH", "/dispatch/settings", 422, {"silent_s": 1}, **tag)
    chef = await sign_in(tenant, Profile.SITE_MANAGER, "chef-settings")
    refused = await client.patch(
        f"{V1}/dispatch/settings", json=change, headers=chef.headers | {"If-Match": '"2"'}
    )

    assert {**before, **change, "version": 2} | {"updated_at": 0} == after | {"updated_at": 0}
    assert bad["errors"][0]["pointer"] == "/silent_s"
    assert refused.status_code == 403


async def test_a_shift_that_is_ahead_may_be_moved_and_has_rules_of_its_own(
    office: Office, world: World
) -> None:
    crew, _ = await world.crew("horaires", shift=False)
    start = now() + timedelta(hours=10)
    body = {
        "crew_id": str(crew),
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(hours=8)).isoformat(),
        "break_s": 2700,
    }
    made = await office.send("POST", "/shifts", 201, body)
    later = (start + timedelta(hours=9)).isoformat()
    path, tag = f"/shifts/{made['id']}", {"If-Match": '"1"'}

    moved = await office.send("PATCH", path, 200, {"ends_at": later, "overtime_s": 1800}, **tag)
    stale = await office.send("PATCH", path, 412, {"overtime_s": 0}, **tag)
    wrong = await office.send(
        "PATCH", path, 422, {"ends_at": body["starts_at"]}, **{"If-Match": '"2"'}
    )

    assert (moved["break_s"], moved["overtime_s"], moved["break_after_s"]) == (2700, 1800, None)
    assert stale["code"] == "stale"
    assert wrong["errors"][0]["pointer"] == "/ends_at"
