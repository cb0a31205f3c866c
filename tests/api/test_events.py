"""The event log over REST: in order, resumable, and only for who may hear."""

import httpx
import pytest

from fieldops.model import Profile, new_id
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.commands import Change, TenantStore, execute
from identity.rights import Actor
from tests.api.conftest import SignIn

pytestmark = pytest.mark.services


async def test_events_are_read_on_from_where_one_was_and_filtered_by_audience(
    client: httpx.AsyncClient, process: Process, sign_in: SignIn, tenant: Tenant
) -> None:
    crew = new_id()
    store = TenantStore(await process.tenants.database(tenant.slug), process.valkey)

    async def apply(change: Change) -> None:
        change.event("task.created", {"n": 1})
        change.event("assignment.changed", {"n": 2}, crews=(crew,))
        change.event("presence.entered", {"n": 3})

    await execute(store, Actor(tenant.slug), apply, what="test")
    manager = await sign_in(tenant, Profile.MANAGER, "listener")
    admin = await sign_in(tenant, Profile.ADMIN, "deaf")
    member = await sign_in(tenant, Profile.CREW_MEMBER, "off-crew")

    first = await client.get("/api/v1/events?limit=2", headers=manager.headers)
    at = first.json()["at"]
    rest = await client.get(f"/api/v1/events?since={at}", headers=manager.headers)
    others = [
        await client.get("/api/v1/events", headers=person.headers) for person in (admin, member)
    ]

    assert [e["body"]["n"] for e in first.json()["events"]] == [1, 2]
    assert [e["body"]["n"] for e in rest.json()["events"]] == [3]
    assert [other.json()["events"] for other in others] == [[], []]
    assert {other.json()["at"] for other in others} == {rest.json()["at"]}
    assert first.json()["complete"] is True


async def test_a_log_that_was_cut_says_so(
    client: httpx.AsyncClient, process: Process, sign_in: SignIn, tenant: Tenant
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "late")
    pool = await process.tenants.database(tenant.slug)
    await pool.execute("delete from event where position = (select min(position) from event)")

    answer = await client.get("/api/v1/events?since=0", headers=manager.headers)

    assert answer.json()["complete"] is False
