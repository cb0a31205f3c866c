import base64
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.shapes.quarantine import QuarantinedMessage
from fieldops.model import Profile, now
from fieldops.process import Process
from fieldops.tenancy import Tenant
from ingest.message import Message
from tests.api.conftest import SignIn
from tests.ingest.scene import Scene, said

pytestmark = pytest.mark.services

NOT_JSON = b'\x00{"lat": 45.7'


async def test_who_may_reads_what_was_set_aside_with_the_reason_and_is_written_down(
    process: Process, tenant: Tenant, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    scene = Scene(tenant.slug, await process.tenants.database(tenant.slug))
    await scene.add_tracker("van")
    manager = await sign_in(tenant, Profile.MANAGER, "chef")
    async with scene.leased() as (store, _):
        for payload in (NOT_JSON, b"[", b"]"):
            await store.keep([Message(f"t/{tenant.slug}/d/van/pos", payload, now(), 1)])

    first = await client.get("/api/v1/quarantine?limit=2", headers=manager.headers)
    rest = await client.get(
        f"/api/v1/quarantine?device=van&code=bad_json&limit=2&cursor={first.json()['next']}",
        headers=manager.headers,
    )

    page = [QuarantinedMessage(**item) for item in first.json()["items"]]
    assert [base64.b64decode(row.payload_base64 or "") for row in page] == [b"]", b"["]
    [last] = [QuarantinedMessage(**item) for item in rest.json()["items"]]
    assert rest.json()["next"] is None
    assert (last.device, last.code, last.bytes) == ("van", "bad_json", len(NOT_JSON))
    assert base64.b64decode(last.payload_base64 or "") == NOT_JSON
    assert last.preview == '\N{REPLACEMENT CHARACTER}{"lat": 45.7'
    assert (last.reason or "").startswith("not JSON")
    reads = await scene.rows(
        "select body from audit where action = 'read' and object = 'quarantine' order by seq"
    )
    assert [row["body"]["rows"] for row in reads] == [2, 1]


async def test_an_admin_sees_that_but_no_bytes_and_a_crew_member_nothing(
    tenant: Tenant, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    admin = await sign_in(tenant, Profile.ADMIN, "admin")
    member = await sign_in(tenant, Profile.CREW_MEMBER, "equipe")

    seen = await client.get("/api/v1/quarantine", headers=admin.headers)
    refused = await client.get("/api/v1/quarantine", headers=member.headers)

    rows = [QuarantinedMessage(**item) for item in seen.json()["items"]]
    assert [row.code for row in rows] == ["bad_json"] * 3
    assert {(row.payload_base64, row.preview, row.reason) for row in rows} == {(None, None, None)}
    assert refused.status_code == 403


async def test_a_cursor_that_is_not_ours_is_refused(
    tenant: Tenant, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "chef-2")

    answer = await client.get("/api/v1/quarantine?cursor=yesterday", headers=manager.headers)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/cursor"


async def test_a_message_of_a_device_added_since_is_stored_when_tried_again(
    process: Process, tenant: Tenant, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    scene = Scene(tenant.slug, await process.tenants.database(tenant.slug))
    manager = await sign_in(tenant, Profile.MANAGER, "chef-3")
    row = await _set_aside(scene, "newcomer", [said(1), said(2)])
    too_early = await client.post(f"/api/v1/quarantine/{row}/retry", headers=manager.headers)
    device = await scene.add_tracker("newcomer")

    stored = await client.post(
        f"/api/v1/quarantine/{await _only(scene, 'newcomer')}/retry", headers=manager.headers
    )
    gone = await client.post(f"/api/v1/quarantine/{row}/retry", headers=manager.headers)

    assert (too_early.json()["outcome"], too_early.json()["code"]) == (
        "quarantined",
        "unknown_device",
    )
    assert (stored.json()["outcome"], stored.json()["fixes"]) == ("stored", 2)
    assert gone.status_code == 404
    assert await scene.count("select count(*) from fix where device_id = $1", device) == 2
    latest = await scene.rows("select observed_at from latest_fix where device_id = $1", device)
    assert latest[0]["observed_at"].isoformat() == said(2)["at"]
    audited = await scene.rows(
        "select body, actor from audit where action = 'retried' order by seq desc limit 1"
    )
    assert audited[0]["body"]["outcome"] == "stored"
    assert audited[0]["actor"] is not None


async def test_what_is_private_by_now_is_dropped_and_counted_when_tried_again(
    process: Process, tenant: Tenant, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    scene = Scene(tenant.slug, await process.tenants.database(tenant.slug))
    manager = await sign_in(tenant, Profile.MANAGER, "chef-4")
    row = await _set_aside(scene, "her-phone", said(1))
    marie = await scene.add_worker()
    device = await scene.add_phone("her-phone", marie)
    await scene.rows(
        "insert into private_period (id, worker_id, kind, starts_at)"
        " values (gen_random_uuid(), $1, 'private', now() - interval '1 hour')",
        marie,
    )

    answer = await client.post(f"/api/v1/quarantine/{row}/retry", headers=manager.headers)

    assert (answer.json()["outcome"], answer.json()["private"]) == ("private", 1)
    assert await scene.count("select count(*) from quarantine where device is null") == 0
    assert await scene.count("select count(*) from fix where device_id = $1", device) == 0
    assert await scene.count("select fixes from privacy_drop where reason = 'private'") == 1


async def test_who_sees_no_positions_may_try_again_and_reads_no_reason(
    process: Process, tenant: Tenant, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    scene = Scene(tenant.slug, await process.tenants.database(tenant.slug))
    admin = await sign_in(tenant, Profile.ADMIN, "admin-2")
    site_manager = await sign_in(tenant, Profile.SITE_MANAGER, "conducteur")
    row = await _set_aside(scene, "van", said(1) | {"lat": 95.0})

    told = await client.post(f"/api/v1/quarantine/{row}/retry", headers=admin.headers)
    refused = await client.post(f"/api/v1/quarantine/{row}/retry", headers=site_manager.headers)

    assert (told.json()["outcome"], told.json()["reason"]) == ("quarantined", None)
    assert refused.status_code == 403


async def _set_aside(scene: Scene, name: str, content: Any) -> UUID:
    async with scene.leased() as (store, _):
        [stored] = await store.keep([scene.message(name, content)])
    assert stored.quarantined == 1
    return await _only(scene, name)


async def _only(scene: Scene, name: str) -> UUID:
    rows = await scene.rows(
        "select id from quarantine where topic like '%/d/' || $1 || '/%'"
        " order by batch desc limit 1",
        name,
    )
    return UUID(str(rows[0]["id"]))
