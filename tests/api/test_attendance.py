"""Attendance over HTTP: rights, bulk answers, the sheet, the tenant's numbers."""

import csv
import io
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio

from fieldops.commands.users import add_user
from fieldops.model import Profile, new_id, now
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.passwords import Passwords
from identity.users import NewUser
from tests.api.conftest import PASSWORD, Person, SignIn, tokens_of
from tests.world import World

pytestmark = pytest.mark.services
V1 = "/api/v1/attendance"
STARTED_AT = now()
CAME_AT = STARTED_AT - timedelta(hours=3)


class Yard:
    """A site, its chef, a member with a login, a manager."""

    def __init__(self, world: World, client: httpx.AsyncClient, people: dict[str, Person]) -> None:
        self.world, self.client, self.people = world, client, people
        self.ids: dict[str, str] = {}

    async def call(
        self, who: str, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        return await self.client.request(
            method, V1 + path, json=body, headers=self.people[who].headers | headers
        )


@pytest_asyncio.fixture(scope="module")
async def yard(
    process: Process, tenant: Tenant, client: httpx.AsyncClient, sign_in: SignIn
) -> Yard:
    world = World(process, tenant, await process.tenants.database(tenant.slug))
    made = Yard(world, client, {"boss": await sign_in(tenant, Profile.MANAGER, "boss-att")})
    crew, worker = await world.crew("Est")
    site = await world.site()
    await world.pool.execute("update worker set name = '=Sam' where id = $1", worker)
    await world.pool.execute(
        "update crew_member set valid_from = $2 where worker_id = $1",
        worker,
        CAME_AT - timedelta(days=1),
    )
    password_hash = await Passwords().hash(PASSWORD)
    for login, profile, more in (
        ("chef-att", Profile.SITE_MANAGER, {"site_ids": [site]}),
        ("sam-att", Profile.CREW_MEMBER, {"worker_id": worker}),
    ):
        new = NewUser(login, login, profile, password_hash, **more)
        await add_user(process, tenant.slug, new)
        made.people[login[:4].strip("-")] = Person(login, await tokens_of(client, tenant, login))
    made.ids = {"worker": str(worker), "site": str(site), "crew": str(crew)}
    # Hours belong to the day they began on, which may be yesterday.
    day = CAME_AT.astimezone(ZoneInfo(tenant.tz)).date()
    made.ids["days"] = f"first={day}&last={day}"
    return made


async def test_a_declaration_answers_with_its_verdict_and_the_key_gives_the_same_answer(
    yard: Yard,
) -> None:
    at = CAME_AT.isoformat()
    body = {"id": str(new_id()), "kind": "in", "site_id": yard.ids["site"], "device_at": at}
    key = {"Idempotency-Key": body["id"]}

    first = await yard.call("sam", "POST", "", body, **key)
    again = await yard.call("sam", "POST", "", body, **key)

    assert first.status_code == again.status_code == 201, first.text
    assert first.json() == again.json()
    assert (first.json()["verdict"], first.json()["source"]) == ("to_check", "self")
    assert first.json()["reasons"] == [{"code": "no_position", "params": {}}]
    history = await yard.call("sam", "GET", f"/{body['id']}/verdicts")
    assert [v["cause"] for v in history.json()] == ["recorded"]


async def test_a_roll_call_answers_for_each(yard: Yard) -> None:
    at = (STARTED_AT - timedelta(minutes=30)).isoformat()
    item = {
        "kind": "out",
        "worker_id": yard.ids["worker"],
        "site_id": yard.ids["site"],
        "device_at": at,
    }

    told = await yard.call(
        "chef", "POST", "/bulk", {"items": [item, item, item | {"worker_id": str(new_id())}]}
    )

    assert told.status_code == 200, told.text
    items = told.json()["items"]
    assert [(i["done"], i["row"] and i["row"]["again"]) for i in items] == [
        (True, False),
        (True, True),
        (False, None),
    ]
    assert items[2]["code"] == "bad_input"


async def test_the_sheet_shows_the_crew_and_is_a_table_too(yard: Yard) -> None:
    query = f"{yard.ids['days']}&crew_id={yard.ids['crew']}"
    sheet = await yard.call("chef", "GET", f"/days?{query}")
    mine = await yard.call("sam", "GET", f"/days?{yard.ids['days']}")
    table = await yard.call(
        "chef", "GET", f"/days.csv?{yard.ids['days']}&crew_id={yard.ids['crew']}"
    )

    [day] = sheet.json()["items"]
    assert (day["worker_name"], day["status"], day["here"]) == ("=Sam", "open", False)
    assert day["worked_s"] == 2.5 * 3600
    assert [e["kind"] for e in day["events"]] == ["in", "out"]
    assert [d["worker_id"] for d in mine.json()["items"]] == [yard.ids["worker"]]
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert rows[0]["worker"] == "'=Sam"
    assert (rows[0]["worked_s"], rows[0]["verdict"]) == ("9000", "to_check")
    too_many = await yard.call("chef", "GET", "/days?first=2026-01-01&last=2026-03-01")
    assert too_many.status_code == 422


async def test_days_are_submitted_and_validated_over_http(yard: Yard) -> None:
    [day] = (await yard.call("sam", "GET", f"/days?{yard.ids['days']}")).json()["items"]
    ref = {"worker_id": yard.ids["worker"], "day": day["day"]}

    submitted = await yard.call("sam", "POST", "/days/steps", {"step": "submit", "days": [ref]})
    own = await yard.call("sam", "POST", "/days/steps", {"step": "validate", "days": [ref]})
    validated = await yard.call("chef", "POST", "/days/steps", {"step": "validate", "days": [ref]})
    again = await yard.call("chef", "POST", "/days/steps", {"step": "validate", "days": [ref]})

    assert submitted.json()["items"][0]["row"]["status"] == "submitted"
    assert own.json()["items"][0]["code"] == "forbidden"
    assert validated.json()["items"][0]["row"]["status"] == "validated"
    assert again.json()["items"][0]["code"] == "bad_step"
    [day] = (await yard.call("boss", "GET", f"/days?{yard.ids['days']}")).json()["items"]
    assert (day["status"], day["validated_by"], day["changed"]) == ("validated", "chef-att", False)


async def test_the_office_reads_and_does_not_declare(yard: Yard) -> None:
    body = {"kind": "in", "worker_id": yard.ids["worker"]}

    assert (await yard.call("boss", "POST", "", body)).status_code == 403
    assert (await yard.call("boss", "GET", "")).status_code == 200


async def test_the_numbers_are_the_tenants_and_a_manager_changes_them(yard: Yard) -> None:
    rules = (await yard.call("chef", "GET", "/rules")).json()
    assert (rules["rest_least_s"], rules["day_most_s"], rules["presence_aid"]) == (
        39_600,
        36_000,
        False,
    )
    refused = await yard.call("chef", "PATCH", "/rules", {"margin_m": 80}, **{"If-Match": '"1"'})
    changed = await yard.call("boss", "PATCH", "/rules", {"margin_m": 80}, **{"If-Match": '"1"'})
    stale = await yard.call("boss", "PATCH", "/rules", {"margin_m": 90}, **{"If-Match": '"1"'})

    assert refused.status_code == 403
    assert (changed.json()["margin_m"], changed.json()["version"]) == (80, 2)
    assert stale.status_code == 412
