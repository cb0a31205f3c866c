"""Devices, privacy, photos and attendance over HTTP."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import mqtt5
import pytest
import pytest_asyncio

from devices.broker import broker_admin
from devices.endpoint import endpoint
from devices.mqtt import Connection, Session, connect
from fieldops.commands.devices import listed, register, revoked
from fieldops.commands.users import add_user
from fieldops.errors import BadInput, Unauthenticated
from fieldops.model import Profile, Purpose, new_id, now
from fieldops.process import Process
from fieldops.schema import tables
from fieldops.tenancy import Tenant
from identity.passwords import Passwords
from identity.users import NewUser
from tests.api.conftest import PASSWORD, Person, SignIn, tokens_of
from tests.world import World

pytestmark = pytest.mark.services
V1 = "/api/v1"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


@pytest_asyncio.fixture(scope="module", autouse=True)
async def _leave_no_device(process: Process, tenant: Tenant) -> AsyncIterator[None]:
    yield
    async with broker_admin(endpoint(process.urls.mqtt_admin)) as broker:
        await broker.drop_tenant(tenant.slug)


@pytest_asyncio.fixture(scope="module")
async def world(process: Process, tenant: Tenant) -> World:
    return World(process, tenant, await process.tenants.database(tenant.slug))


async def member_of(client: httpx.AsyncClient, world: World, worker: Any, login: str) -> Person:
    """Return a signed-in crew member who is this worker."""
    password_hash = await Passwords().hash(PASSWORD)
    new = NewUser(login, login, Profile.CREW_MEMBER, password_hash, worker_id=worker)
    await add_user(world.process, world.tenant.slug, new)
    return Person(login, await tokens_of(client, world.tenant, login))


def _ignore(_connection: Connection, _batch: list[mqtt5.PublishPacket]) -> None:
    pass


async def connect_device(process: Process, given: dict[str, Any]) -> None:
    """Use credentials as they were given out."""
    where = replace(
        endpoint(process.urls.mqtt_admin),
        host=given["mqtt_host"],
        port=given["mqtt_port"],
        username=given["username"],
        password=given["password"],
    )
    connection = await connect(where, Session(given["client_id"]), _ignore)
    await connection.close()


def a_device(**more: Any) -> dict[str, Any]:
    name = f"d-{new_id().hex[-8:]}"
    return {"name": name, "label": name, "kind": "tracker", "purpose": "dispatch", **more}


async def test_credentials_let_a_device_in_until_it_is_revoked(
    client: httpx.AsyncClient, sign_in: SignIn, process: Process, tenant: Tenant
) -> None:
    admin = await sign_in(tenant, Profile.ADMIN, "admin-dev")
    answer = await client.post(V1 + "/devices", json=a_device(), headers=admin.headers)
    given = answer.json()
    await connect_device(process, given)

    device = f"{V1}/devices/{given['device']['id']}"
    read = await client.get(device, headers=admin.headers)
    revoke = await client.post(device + "/revoke", headers=admin.headers)

    assert answer.status_code == 201
    assert "password" not in read.json()
    assert revoke.json()["status"] == "revoked"
    with pytest.raises(Unauthenticated):
        await connect_device(process, given)


async def test_a_device_tells_how_far_its_clock_is_off(
    client: httpx.AsyncClient, sign_in: SignIn, world: World
) -> None:
    admin = await sign_in(world.tenant, Profile.ADMIN, "admin-clock")
    answer = await client.post(V1 + "/devices", json=a_device(), headers=admin.headers)
    device = answer.json()["device"]["id"]
    before = await client.get(f"{V1}/devices/{device}", headers=admin.headers)
    await world.pool.execute(
        "insert into device_clock (device_id, offset_s, off) values ($1, 90, true)", UUID(device)
    )

    after = await client.get(f"{V1}/devices/{device}", headers=admin.headers)

    assert (before.json()["clock_offset_s"], after.json()["clock_offset_s"]) == (None, 90.0)


async def test_a_device_without_a_purpose_is_refused(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    admin = await sign_in(tenant, Profile.ADMIN, "admin-purpose")
    body = a_device()
    del body["purpose"]

    answer = await client.post(V1 + "/devices", json=body, headers=admin.headers)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/purpose")


async def test_the_same_key_is_the_same_device_with_a_password_that_is_stored_nowhere(
    client: httpx.AsyncClient, sign_in: SignIn, process: Process, world: World
) -> None:
    admin = await sign_in(world.tenant, Profile.ADMIN, "admin-key")
    headers = admin.headers | {"Idempotency-Key": "device-1"}
    body = a_device()

    first = (await client.post(V1 + "/devices", json=body, headers=headers)).json()
    again = (await client.post(V1 + "/devices", json=body, headers=headers)).json()

    assert first["device"]["id"] == again["device"]["id"]
    await connect_device(process, again)
    stored = await world.pool.fetchval("select string_agg(answer::text, '') from command")
    assert first["password"] not in stored
    assert again["password"] not in stored


async def test_a_crew_member_sees_no_device_and_adds_none(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    member = await sign_in(tenant, Profile.CREW_MEMBER, "member-dev")

    answers = [
        await client.get(V1 + "/devices", headers=member.headers),
        await client.post(V1 + "/devices", json=a_device(), headers=member.headers),
        await client.post(f"{V1}/devices/{new_id()}/revoke", headers=member.headers),
        await client.get(V1 + "/workers", headers=member.headers),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403, 403]


async def test_a_worker_switches_privacy_on_and_off(
    client: httpx.AsyncClient, world: World
) -> None:
    me = await member_of(client, world, await world.worker(), "vie-privee")
    path = V1 + "/private-periods"

    begun = await client.post(path, json={}, headers=me.headers)
    other = {"worker_id": str(await world.worker())}
    refused = await client.post(path, json=other, headers=me.headers)
    ended = await client.post(f"{path}/{begun.json()['id']}/end", headers=me.headers)
    listed_ = await client.get(path, headers=me.headers)

    assert (begun.status_code, begun.json()["ends_at"]) == (201, None)
    assert refused.status_code == 404
    assert ended.json()["ends_at"] is not None
    assert [p["id"] for p in listed_.json()["items"]] == [begun.json()["id"]]


async def test_a_crews_photo_goes_up_is_verified_and_can_be_seen(
    client: httpx.AsyncClient, world: World
) -> None:
    crew, worker = await world.crew("photo")
    me = await member_of(client, world, worker, "photographe")
    task = await world.task(await world.site())
    await world.insert(
        tables.assignment,
        task_id=task,
        crew_id=crew,
        plan_version=1,
        sequence=1,
        state="started",
        eta_at=now(),
        start_at=now(),
        end_at=now(),
    )
    body = {
        "task_id": str(task),
        "content_type": "image/png",
        "size_bytes": len(PNG),
        "sha256": hashlib.sha256(PNG).hexdigest(),
        "captured_at": now().isoformat(),
    }
    upload = (await client.post(V1 + "/proofs", json=body, headers=me.headers)).json()
    proof = f"{V1}/proofs/{upload['proof']['id']}"

    early = await client.post(proof + "/complete", headers=me.headers)
    async with httpx.AsyncClient() as outside:
        put = await outside.put(upload["url"], content=PNG, headers=upload["headers"])
        done = await client.post(proof + "/complete", headers=me.headers)
        twice = await client.post(proof + "/complete", headers=me.headers)
        link = (await client.get(proof + "/content", headers=me.headers)).json()
        shown = await outside.get(link["url"])

    assert (early.status_code, early.json()["code"]) == (409, "not_uploaded")
    assert (put.status_code, done.json()["state"]) == (200, "verified")
    assert twice.json() == done.json()
    assert shown.content == PNG
    listed_ = await client.get(f"{V1}/proofs?task_id={task}", headers=me.headers)
    assert listed_.json()["items"] == [done.json()]
    stranger = await member_of(client, world, await world.worker(), "etranger")
    assert (await client.get(proof + "/content", headers=stranger.headers)).status_code == 404


async def test_a_worker_reads_his_own_attendance_of_today(
    client: httpx.AsyncClient, sign_in: SignIn, world: World
) -> None:
    mine, other = await world.worker("Ann"), await world.worker("Ben")
    for worker in (mine, other):
        await world.insert(
            tables.attendance_event,
            worker_id=worker,
            kind="in",
            source="self",
            device_at=now(),
            skew_ms=3,
            lon=4.8,
            lat=45.7,
        )
    me = await member_of(client, world, mine, "pointage")
    boss = await sign_in(world.tenant, Profile.MANAGER, "boss-att")
    admin = await sign_in(world.tenant, Profile.ADMIN, "admin-att")

    own = (await client.get(V1 + "/attendance", headers=me.headers)).json()["items"]
    every = (await client.get(V1 + "/attendance", headers=boss.headers)).json()["items"]
    none = await client.get(V1 + "/attendance", headers=admin.headers)

    assert [row["worker_name"] for row in own] == ["Ann"]
    assert {row["worker_name"] for row in every} == {"Ann", "Ben"}
    assert "lon" not in own[0]
    assert none.status_code == 403


async def test_the_command_line_adds_lists_and_revokes(process: Process, tenant: Tenant) -> None:
    name = f"cli-{new_id().hex[-8:]}"
    values = {"name": name, "label": "L", "kind": "phone", "purpose": Purpose.SAFETY}

    given = await register(process, tenant.slug, values)
    await connect_device(process, given)
    rows = {row["name"]: row for row in await listed(process, tenant.slug)}
    row = await revoked(process, tenant.slug, name)

    assert rows[name]["purpose"] == "safety"
    assert row["status"] == "revoked"
    with pytest.raises(BadInput, match="does not exist"):
        await revoked(process, tenant.slug, "nobody")
