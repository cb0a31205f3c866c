import base64

import httpx
import pytest

from api.shapes.quarantine import QuarantinedMessage
from fieldops.model import Profile, now
from fieldops.process import Process
from fieldops.tenancy import Tenant
from ingest.message import Message
from tests.api.conftest import SignIn
from tests.ingest.scene import Scene

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
