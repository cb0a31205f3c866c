"""Projects, sites, tasks and crews over HTTP: the edges of the domains."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from fieldops.commands.users import add_user
from fieldops.model import Profile, new_id, now
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.passwords import Passwords
from identity.tenants import create_tenant, drop_tenant
from identity.users import NewUser
from tests.api.conftest import PASSWORD, Person, SignIn, tokens_of
from tests.world import World

pytestmark = pytest.mark.services
V1 = "/api/v1"


async def world_of(process: Process, tenant: Tenant) -> World:
    return World(process, tenant, await process.tenants.database(tenant.slug))


def a_task(site: object, **more: Any) -> dict[str, Any]:
    start = now() + timedelta(hours=1)
    return {
        "site_id": str(site),
        "title": "Poser un coffret",
        "duration_s": 3600,
        "window_start": start.isoformat(),
        "window_end": (start + timedelta(hours=4)).isoformat(),
        **more,
    }


async def test_a_day_is_furnished_over_http(
    client: httpx.AsyncClient, sign_in: SignIn, process: Process, tenant: Tenant
) -> None:
    boss = await sign_in(tenant, Profile.MANAGER, "boss-day")

    async def post(path: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
        answer = await client.post(V1 + path, json=body, headers=boss.headers)
        assert answer.status_code == status, answer.text
        made: dict[str, Any] = answer.json()
        return made

    project = await post("/projects", {"code": "T9", "name": "Tramway"})
    site = await post("/sites", {"project_id": project["id"], "code": "T9-1", "name": "Gare"})
    van = await post("/vehicles", {"plate": "AB-123-CD", "label": "Fourgon 1"})
    lead = await post("/workers", {"name": "Ann", "skills": ["BR"]})
    mate = await post("/workers", {"name": "Ben"})
    crew = await post(
        "/crews",
        {
            "name": "Équipe 1",
            "lead_worker_id": lead["id"],
            "vehicle_id": van["id"],
            "depot_lon": 4.83,
            "depot_lat": 45.76,
            "member_ids": [lead["id"]],
        },
    )
    crew = await post(f"/crews/{crew['id']}/members", {"worker_id": mate["id"]})
    begin = now() - timedelta(minutes=5)
    shift = await post(
        "/shifts",
        {
            "crew_id": crew["id"],
            "starts_at": begin.isoformat(),
            "ends_at": (begin + timedelta(hours=8)).isoformat(),
        },
    )
    await post(f"/shifts/{shift['id']}/start", {}, 200)
    task = await post("/tasks", a_task(site["id"], lon=4.85, lat=45.75, skills=["BR"]))

    assert site["tz"] == "Europe/Paris"
    assert [m["name"] for m in crew["members"]] == ["Ann", "Ben"]
    now_crew = await client.get(f"{V1}/crews/{crew['id']}", headers=boss.headers)
    assert (now_crew.json()["on_shift"], now_crew.json()["skills"]) == (True, ["BR"])
    assert now_crew.json()["silent_since"] is None
    listed = await client.get(V1 + "/tasks?open=true&state=ready", headers=boss.headers)
    assert [t["id"] for t in listed.json()["items"]] == [task["id"]]
    gone = await client.delete(
        f"{V1}/crews/{crew['id']}/members/{mate['id']}", headers=boss.headers
    )
    assert [m["name"] for m in gone.json()["members"]] == ["Ann"]
    cancelled = await client.post(f"{V1}/tasks/{task['id']}/cancel", headers=boss.headers)
    assert cancelled.json()["state"] == "cancelled"
    again = await client.get(V1 + "/tasks?open=true", headers=boss.headers)
    assert again.json()["items"] == []


async def test_a_crew_of_which_nothing_is_heard_says_since_when(
    client: httpx.AsyncClient, sign_in: SignIn, process: Process, tenant: Tenant
) -> None:
    boss = await sign_in(tenant, Profile.MANAGER, "boss-silence")
    world = await world_of(process, tenant)
    silent, _ = await world.crew("muette")
    heard, _ = await world.crew("entendue")
    since = now() - timedelta(minutes=20)

    await world.pool.execute(
        "insert into crew_silence (crew_id, since) values ($1, $2)", silent, since
    )

    for crew, expected in ((silent, since), (heard, None)):
        shown = (await client.get(f"{V1}/crews/{crew}", headers=boss.headers)).json()
        at = shown["silent_since"]
        assert (None if at is None else datetime.fromisoformat(at)) == expected


async def test_a_window_that_ends_before_it_starts_is_a_problem_with_a_pointer(
    client: httpx.AsyncClient, sign_in: SignIn, process: Process, tenant: Tenant
) -> None:
    boss = await sign_in(tenant, Profile.MANAGER, "boss-window")
    site = await (await world_of(process, tenant)).site()
    body = a_task(site, window_end=now().isoformat())

    answer = await client.post(V1 + "/tasks", json=body, headers=boss.headers)

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "window_order"
    assert problem["errors"][0]["pointer"] == "/window_end"
    assert body["window_end"] in problem["detail"]


async def test_an_edit_names_the_version_it_read(
    client: httpx.AsyncClient, sign_in: SignIn, process: Process, tenant: Tenant
) -> None:
    boss = await sign_in(tenant, Profile.MANAGER, "boss-etag")
    world = await world_of(process, tenant)
    task = await world.task(await world.site())
    path = f"{V1}/tasks/{task}"
    tag = (await client.get(path, headers=boss.headers)).headers["ETag"]

    async def patch(body: dict[str, Any], **more: str) -> httpx.Response:
        return await client.patch(path, json=body, headers=boss.headers | more)

    missing = await patch({"priority": 1})
    first = await patch({"priority": 1}, **{"If-Match": tag})
    stale = await patch({"priority": 2}, **{"If-Match": tag})
    empty = await patch({}, **{"If-Match": first.headers["ETag"]})
    null = await patch({"title": None}, **{"If-Match": first.headers["ETag"]})

    assert (missing.status_code, first.status_code, stale.status_code) == (428, 200, 412)
    assert (first.json()["priority"], first.headers["ETag"]) == (1, '"2"')
    assert (empty.status_code, empty.json()["code"]) == (422, "empty_change")
    assert (null.status_code, null.json()["errors"][0]["pointer"]) == (422, "/title")


async def test_another_tenants_task_does_not_exist(
    client: httpx.AsyncClient, sign_in: SignIn, process: Process, tenant: Tenant
) -> None:
    other = await create_tenant(process, f"t-{new_id().hex[-9:]}", name="Autre", country="FR")
    try:
        theirs = await world_of(process, other)
        task = await theirs.task(await theirs.site())
        boss = await sign_in(tenant, Profile.MANAGER, "boss-other")

        read = await client.get(f"{V1}/tasks/{task}", headers=boss.headers)
        cancel = await client.post(f"{V1}/tasks/{task}/cancel", headers=boss.headers)

        assert (read.status_code, cancel.status_code) == (404, 404)
        absent = await client.get(f"{V1}/tasks/{new_id()}", headers=boss.headers)
        assert absent.json()["code"] == read.json()["code"]
    finally:
        await drop_tenant(process, other.slug)


async def test_a_site_manager_works_within_his_sites(
    client: httpx.AsyncClient, process: Process, tenant: Tenant
) -> None:
    world = await world_of(process, tenant)
    mine, other = await world.site(), await world.site()
    hidden = await world.task(other)
    password_hash = await Passwords().hash(PASSWORD)
    new = NewUser("chef", "Chef", Profile.SITE_MANAGER, password_hash, site_ids=[mine])
    await add_user(process, tenant.slug, new)
    chef = Person("chef", await tokens_of(client, tenant, "chef"))

    made = await client.post(V1 + "/tasks", json=a_task(mine), headers=chef.headers)
    refused = await client.post(V1 + "/tasks", json=a_task(other), headers=chef.headers)
    listed = await client.get(V1 + "/tasks", headers=chef.headers)
    sites = await client.get(V1 + "/sites", headers=chef.headers)
    read = await client.get(f"{V1}/tasks/{hidden}", headers=chef.headers)
    cancel = await client.post(f"{V1}/tasks/{hidden}/cancel", headers=chef.headers)
    crews = await client.post(V1 + "/crews", json={}, headers=chef.headers)

    assert (made.status_code, refused.status_code) == (201, 422)
    assert [t["id"] for t in listed.json()["items"]] == [made.json()["id"]]
    assert [s["id"] for s in sites.json()["items"]] == [str(mine)]
    assert (read.status_code, cancel.status_code, crews.status_code) == (404, 404, 422)
    valid = {"name": "X", "depot_lon": 4, "depot_lat": 45}
    forbidden = await client.post(V1 + "/crews", json=valid, headers=chef.headers)
    assert forbidden.status_code == 403


async def test_pages_follow_each_other_to_the_end(
    client: httpx.AsyncClient, sign_in: SignIn, process: Process, tenant: Tenant
) -> None:
    boss = await sign_in(tenant, Profile.MANAGER, "boss-page")
    world = await world_of(process, tenant)
    site = await world.site()
    made = [str(await world.task(site)) for _ in range(5)]
    seen: list[str] = []
    cursor = ""

    while True:
        path = f"{V1}/tasks?site_id={site}&limit=2{cursor}"
        body = (await client.get(path, headers=boss.headers)).json()
        seen += [task["id"] for task in body["items"]]
        if body["next"] is None:
            break
        cursor = f"&cursor={body['next']}"
    bad = await client.get(V1 + "/tasks?cursor=elsewhere", headers=boss.headers)

    assert seen == made
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/cursor")


async def test_a_task_made_off_line_keeps_its_id_and_comes_once(
    client: httpx.AsyncClient, sign_in: SignIn, process: Process, tenant: Tenant
) -> None:
    boss = await sign_in(tenant, Profile.MANAGER, "boss-off")
    site = await (await world_of(process, tenant)).site()
    mine = str(new_id())
    body = a_task(site, id=mine)
    headers = boss.headers | {"Idempotency-Key": "off-line-1"}

    first = await client.post(V1 + "/tasks", json=body, headers=headers)
    again = await client.post(V1 + "/tasks", json=body, headers=headers)
    keyless = await client.post(V1 + "/tasks", json=body, headers=boss.headers)

    assert (first.json()["id"], first.json()) == (mine, again.json())
    assert (keyless.status_code, keyless.json()["code"]) == (409, "taken")
