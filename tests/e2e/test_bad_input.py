"""Bad input at the front door of a running hub: it is refused in words, and the hub goes on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
import pytest_asyncio

from devices.client import DeviceClient
from devices.endpoint import Endpoint
from devices.mqtt import Session, connect
from devices.topics import Lane, broker_user, device_client_id, device_name, device_topic
from fieldops.database import with_database
from fieldops.model import Flag, new_id, now, tenant_slug
from fieldops.process import Urls
from fieldops.tenancy import database_name
from simulators.office import Office
from tests.e2e.hub import PASSWORD, Hub, running
from tests.ingest.proxy import proxied
from tests.world import LYON

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

OUTAGE_S = 20.0
DEVICES = 5
BOW_TIE = [[[4.80, 45.70], [4.82, 45.72], [4.82, 45.70], [4.80, 45.72], [4.80, 45.70]]]


@dataclass(frozen=True, slots=True)
class Place:
    """A tenant with a site and somebody who may do anything there."""

    hub: Hub
    slug: str
    manager: Office
    site: str

    async def ask(
        self, method: str, path: str, body: Any = None, *, token: str = "", key: str = ""
    ) -> httpx.Response:
        """Ask without any care for what is right."""
        headers = {"Authorization": f"Bearer {token or await self.manager.token()}"}
        headers |= {"Idempotency-Key": key} if key else {}
        async with httpx.AsyncClient(base_url=f"{self.hub.base_url}/api/v1", timeout=15) as http:
            return await http.request(method, path, json=body, headers=headers)

    async def device(self, name: str) -> dict[str, Any]:
        body = {"id": str(new_id()), "name": name, "label": name, "kind": "tracker"}
        made = await self.manager.post("/devices", {**body, "purpose": "dispatch"})
        return dict(made)

    def client(self, made: dict[str, Any]) -> DeviceClient:
        name = device_name(made["device"]["name"])
        where = (made["mqtt_host"], made["mqtt_port"], tenant_slug(self.slug), name)
        return DeviceClient(*where, made["password"])

    def task(self, **values: Any) -> dict[str, Any]:
        return {
            "id": str(new_id()),
            "site_id": self.site,
            "title": "Essai",
            "duration_s": 1800,
            "window_start": now().isoformat(),
            "window_end": (now() + timedelta(hours=4)).isoformat(),
            "lon": LYON[0],
            "lat": LYON[1],
            **values,
        }


async def _place(hub: Hub, stack: AsyncExitStack) -> Place:
    slug = await hub.tenant()
    office = Office(hub.base_url, slug, "direction", PASSWORD)
    manager = await stack.enter_async_context(office)
    project = await manager.post("/projects", {"id": str(new_id()), "code": "P", "name": "Affaire"})
    body = {"project_id": project["id"], "code": "S", "name": "Chantier", "address": "Lyon"}
    site = await manager.post("/sites", {"id": str(new_id()), **body})
    return Place(hub, slug, manager, site["id"])


@pytest_asyncio.fixture(scope="module")
async def place(hub: Hub) -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        yield await _place(hub, stack)


async def test_a_window_that_ends_before_it_starts_names_both(place: Place) -> None:
    start, end = now() + timedelta(hours=3), now() + timedelta(hours=2)
    body = place.task(window_start=start.isoformat(), window_end=end.isoformat())
    answer = await place.ask("POST", "/tasks", body)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == "/window_end"


async def test_a_fence_that_crosses_itself_says_where(place: Place) -> None:
    fence = {"id": str(new_id()), "site_id": place.site, "name": "Nœud"}
    shape = {"type": "Polygon", "coordinates": BOW_TIE}
    answer = await place.ask("POST", "/fences", {**fence, "geometry": shape})

    assert answer.status_code == 422
    assert "4.81" in answer.text
    assert "45.71" in answer.text


async def test_a_token_of_another_tenant_finds_nothing(place: Place) -> None:
    mine = await place.manager.post("/tasks", place.task())
    stranger = await place.hub.tenant("Autre")
    async with Office(place.hub.base_url, stranger, "direction", PASSWORD) as office:
        token = await office.token()

        assert (await place.ask("GET", f"/tasks/{mine['id']}", token=token)).status_code == 404
        assert (await place.ask("GET", f"/sites/{place.site}", token=token)).status_code == 404
        assert await office.all("/tasks") == []


async def test_one_key_is_one_body(place: Place) -> None:
    key, body = str(new_id()), place.task()
    first = await place.ask("POST", "/tasks", body, key=key)
    again = await place.ask("POST", "/tasks", body, key=key)
    other = await place.ask("POST", "/tasks", {**body, "title": "Autre"}, key=key)

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert again.json() == first.json()
    assert other.json()["code"] == "idempotency_mismatch"


async def test_what_is_no_json_or_off_the_globe_is_set_aside_and_odd_times_are_flagged(
    place: Place, stack_urls: Urls
) -> None:
    made = await place.device("odd")
    good = {"lon": LYON[0], "lat": LYON[1]}
    async with _speaking(place, made) as publish:
        await publish(b"\xff\x00 no json")
        for seq, (at, fix) in enumerate(
            [
                (now().isoformat(), {**good, "lat": 95}),
                ("2004-02-29T12:00:00Z", good),
                ("2031-01-01T00:00:00Z", good),
                (now().isoformat(), good),
            ]
        ):
            await publish(msgspec.json.encode({"run": "r", "seq": seq, "at": at, **fix}))
        async with asyncio.timeout(20):
            while await _fixes(place, stack_urls) < 3:
                await asyncio.sleep(0.1)

    flags = {
        row["year"]: Flag(row["flags"])
        for row in await _rows(
            place,
            stack_urls,
            "select extract(year from observed_at at time zone 'utc')::int as year, flags from fix",
        )
    }
    assert flags[2004] & Flag.CLOCK_UNSET
    assert flags[2031] & Flag.FUTURE
    assert flags[now().year] == Flag(0)
    reasons = [row["code"] for row in await place.manager.all("/quarantine")]
    assert len(reasons) == 2
    assert place.hub.alive


async def test_a_database_that_dies_for_20_s_under_load_loses_nothing(
    stack_urls: Urls, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(proxied(stack_urls.postgres))
        folder = tmp_path_factory.mktemp("outage")
        hub = await stack.enter_async_context(running(stack_urls, folder, postgres_url=proxy.url))
        place = await _place(hub, stack)
        vans = [
            await stack.enter_async_context(place.client(await place.device(f"van-{n}")))
            for n in range(DEVICES)
        ]
        load = asyncio.create_task(_load(vans))
        await asyncio.sleep(3)
        proxy.down()
        await asyncio.sleep(OUTAGE_S / 2)
        during = await place.ask("GET", "/tasks")
        await asyncio.sleep(OUTAGE_S / 2)
        proxy.up()
        await asyncio.sleep(3)
        load.cancel()
        await asyncio.wait([load])
        for van in vans:
            await van.drain(60)

        sent = sum(van.settled for van in vans)
        assert (during.status_code, hub.alive) == (503, True)
        assert sent > DEVICES * OUTAGE_S * 4
        assert await _fixes(place, stack_urls) == sent
        assert (await place.manager.post("/tasks", place.task()))["state"] == "ready"
        assert "Traceback" not in hub.log.read_text()


async def test_a_broker_that_is_down_at_the_start_is_waited_for(
    stack_urls: Urls, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(proxied(stack_urls.mqtt_ingest))
        folder = tmp_path_factory.mktemp("broker")
        broker = {"mqtt_ingest_url": proxy.url, "mqtt_admin_url": stack_urls.mqtt_admin}
        proxy.down()
        hub = await stack.enter_async_context(running(stack_urls, folder, **broker))
        place = await _place(hub, stack)
        van = await stack.enter_async_context(place.client(await place.device("early")))
        await van.send_fix(at=now(), lon=LYON[0], lat=LYON[1])
        async with asyncio.timeout(20):
            while not proxy.refused:
                await asyncio.sleep(0.1)

        proxy.up()
        await van.drain(40)
        assert await _fixes(place, stack_urls) == 1


async def _load(vans: list[DeviceClient]) -> None:
    """Send ten fixes a second from each."""
    while True:
        for van in vans:
            await van.send_fix(at=now(), lon=LYON[0], lat=LYON[1], accuracy_m=5.0)
        await asyncio.sleep(0.1)


@asynccontextmanager
async def _speaking(
    place: Place, made: dict[str, Any]
) -> AsyncIterator[Callable[[bytes], Awaitable[None]]]:
    """Connect as a device, for bytes the reference client would never send."""
    slug, name = tenant_slug(place.slug), device_name(made["device"]["name"])
    user = broker_user(slug, name)
    where = Endpoint(made["mqtt_host"], made["mqtt_port"], user, made["password"])
    session = Session(device_client_id(slug, name))
    connection = await connect(where, session, lambda _connection, _batch: None)

    async def publish(payload: bytes) -> None:
        await connection.publish(device_topic(slug, name, Lane.POSITION), payload)

    try:
        yield publish
    finally:
        await connection.close()


async def _rows(place: Place, urls: Urls, statement: str) -> list[Any]:
    database = with_database(urls.postgres, database_name(tenant_slug(place.slug)))
    connection = await asyncpg.connect(database, timeout=10)
    try:
        return list(await connection.fetch(statement, timeout=10))
    finally:
        await connection.close(timeout=5)


async def _fixes(place: Place, urls: Urls) -> int:
    return int((await _rows(place, urls, "select count(*) as n from fix"))[0]["n"])
