"""What a worker is told about himself, what vanishes at once, and who looked."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from fieldops.commands.users import add_user
from fieldops.model import Profile, now
from fieldops.process import Process
from fieldops.schema import tables
from fieldops.tenancy import Tenant
from identity.commands import execute
from identity.looks import note_look
from identity.passwords import Passwords
from identity.users import NewUser
from tests.api.conftest import PASSWORD, Person, SignIn, tokens_of
from tests.world import World

pytestmark = pytest.mark.services
V1 = "/api/v1"
ALWAYS = {"tz": "Europe/Paris", "week": [[["00:00", "24:00"]]] * 7}


class Place:
    """A member with a phone that has a last position, and a manager who looks."""

    def __init__(self, world: World, client: httpx.AsyncClient) -> None:
        self.world, self.client = world, client
        self.people: dict[str, Person] = {}
        self.ids: dict[str, Any] = {}

    async def call(self, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.client.request(
            method, V1 + path, json=body, headers=self.people[who].headers
        )


@pytest_asyncio.fixture(scope="module")
async def place(
    process: Process, tenant: Tenant, client: httpx.AsyncClient, sign_in: SignIn
) -> Place:
    world = World(process, tenant, await process.tenants.database(tenant.slug))
    made = Place(world, client)
    made.people["boss"] = await sign_in(tenant, Profile.MANAGER, "boss-priv")
    made.people["dpo"] = await sign_in(tenant, Profile.DPO, "dpo-priv")
    crew, worker = await world.crew("Ouest")
    policy = await world.insert(
        tables.tracking_policy, name="Suivi", purpose="dispatch", schedule=ALWAYS,
        retention_days=60, notice_version="2026-01", cse_date=now().date(),
    )  # fmt: skip
    phone = await world.insert(
        tables.device, name="p-priv", label="Téléphone", kind="phone", purpose="dispatch",
        policy_id=policy,
    )  # fmt: skip
    await world.insert(
        tables.device_binding, device_id=phone, worker_id=worker,
        valid_from=now() - timedelta(days=10),
    )  # fmt: skip
    new = NewUser(
        "sam-priv", "Sam", Profile.CREW_MEMBER, await Passwords().hash(PASSWORD), worker_id=worker
    )
    await add_user(process, tenant.slug, new)
    made.people["sam"] = Person("sam-priv", await tokens_of(client, tenant, "sam-priv"))
    made.ids = {"worker": worker, "crew": crew, "phone": phone}
    return made


async def seen(place: Place, minutes: int) -> None:
    at = now() - timedelta(minutes=minutes)
    await place.world.pool.execute(
        "insert into fix (device_id, observed_at, received_at, lon, lat, run, seq, batch) "
        "values ($1, $2, $2, 4.8, 45.7, 'r', 1, 1) on conflict do nothing",
        place.ids["phone"],
        at,
    )
    await place.world.pool.execute(
        "insert into latest_fix (device_id, observed_at, received_at, lon, lat) "
        "values ($1, $2, $2, 4.8, 45.7) on conflict (device_id) do update "
        "set observed_at = excluded.observed_at",
        place.ids["phone"],
        at,
    )


async def test_the_ledger_says_what_is_seen_until_when_and_who_looked(place: Place) -> None:
    await seen(place, 5)
    boss_id = (await place.call("boss", "GET", "/me")).json()["id"]

    for _ in range(2):
        await place.call("boss", "GET", "/presence")
    await execute(
        place.world.store,
        place.world.actor(user_id=boss_id),
        lambda c: note_look(
            c, "position", "live", crews=[place.ids["crew"]], why="dépannage", again=True
        ),
        what="test",
    )
    ledger = (await place.call("sam", "GET", "/my/privacy")).json()

    assert ledger["last_position"]["label"] == "Téléphone"
    kept = ledger["last_position"]
    assert kept["purge_at"][:10] > kept["observed_at"][:10]
    [notice] = ledger["notices"]
    assert (notice["notice_version"], notice["signed_at"]) == ("2026-01", None)
    [look] = [x for x in ledger["looks"] if x["object"] == "position"]
    assert (look["who"], look["how"], look["why"]) == ("Boss-Priv", "live", "dépannage")


async def test_presence_is_a_look_at_those_who_are_there_once_a_day(place: Place) -> None:
    site = await place.world.site()
    fence = await place.world.pool.fetchval("select id from fence where site_id = $1", site)
    await place.world.pool.execute(
        "insert into presence (device_id, fence_id, state, since) values ($1, $2, 'inside', now())",
        place.ids["phone"],
        fence,
    )

    for _ in range(3):
        shown = await place.call("boss", "GET", f"/sites/{site}/presence")
    ledger = (await place.call("sam", "GET", "/my/privacy")).json()

    assert [row["device_id"] for row in shown.json()] == [str(place.ids["phone"])]
    assert [x["how"] for x in ledger["looks"] if x["object"] == "presence"] == ["site"]


async def test_signing_is_recorded_once_and_is_ones_own(place: Place) -> None:
    first = await place.call("sam", "POST", "/notices/signatures", {"notice_version": "2026-01"})
    again = await place.call("sam", "POST", "/notices/signatures", {"notice_version": "2026-01"})
    unknown = await place.call("sam", "POST", "/notices/signatures", {"notice_version": "9"})
    other = {"notice_version": "2026-01", "worker_id": str(await place.world.worker())}
    others = await place.call("sam", "POST", "/notices/signatures", other)
    paper = await place.call("boss", "POST", "/notices/signatures", other)

    assert (first.status_code, first.json()) == (201, again.json())
    assert (unknown.status_code, others.status_code, paper.status_code) == (422, 404, 201)
    listed = await place.call("sam", "GET", "/notices/signatures")
    assert [s["worker_id"] for s in listed.json()] == [str(place.ids["worker"])]


async def test_privacy_takes_the_last_position_away_at_once_and_what_lies_inside(
    place: Place,
) -> None:
    await seen(place, 10)
    await seen(place, 2)

    started = await place.call(
        "sam", "POST", "/private-periods",
        {"starts_at": (now() - timedelta(minutes=3)).isoformat()},
    )  # fmt: skip
    during = (await place.call("sam", "GET", "/my/privacy")).json()
    receipts = (await place.call("dpo", "GET", "/receipts")).json()["items"]
    await place.call("sam", "POST", f"/private-periods/{started.json()['id']}/end")
    after = (await place.call("sam", "GET", "/my/privacy")).json()

    assert started.status_code == 201
    assert during["last_position"] is None
    assert [p["kind"] for p in during["periods"]] == ["private"]
    assert receipts[0]["what"] == "fix"
    assert (receipts[0]["body"]["rows"], receipts[0]["body"]["why"]) == (1, "private")
    assert after["last_position"] is not None
    kept = await place.world.pool.fetchval(
        "select count(*) from fix where observed_at > now() - interval '3 minutes'"
    )
    assert kept == 0


async def test_one_takes_a_copy_of_all_that_is_kept(place: Place) -> None:
    copy = (await place.call("sam", "GET", "/my/data")).json()

    assert copy["positions"]["type"] == "FeatureCollection"
    assert copy["positions"]["features"][0]["geometry"]["coordinates"] == [4.8, 45.7]
    assert copy["positions_before"] is None
    assert copy["records"]["devices"][0]["label"] == "Téléphone"
    assert copy["records"]["private_periods"] != []
    assert [n["notice_version"] for n in copy["notices"]] == ["2026-01"]
    assert (await place.call("boss", "GET", "/my/data")).status_code == 404
    assert (await place.call("sam", "GET", "/receipts")).status_code == 403
    assert {str(place.ids["worker"])} == {n["worker_id"] for n in copy["notices"]}
