"""The ledger of a site over REST: with why, page by page, and only for who may see it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from fieldops.model import Profile, new_id
from fieldops.process import Process
from fieldops.schema import tables
from fieldops.tenancy import Tenant
from geo.ledger.entries import store_crossings
from geo.presence.batch import Crossing
from geo.presence.machine import Status
from tests.api.conftest import SignIn
from tests.world import LYON, World, square

pytestmark = pytest.mark.services
NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)  # in Paris
WHY = {"rule": "evidence", "belief": 0.99, "curve": [[NOON.timestamp(), -12.0, 6.0, 0.99, 1.0]]}


async def came_and_went(world: World, fence: UUID, device: UUID) -> None:
    """Entered yesterday, left and came back on the day, the last of it provisional."""

    def crossing(kind: str, hours: float, status: Status) -> Crossing:
        at = NOON + timedelta(hours=hours)
        return Crossing(kind, status, device, fence, at, at, WHY)  # type: ignore[arg-type]

    crossings = [
        crossing("entered", -20, "confirmed"),
        crossing("left", -2, "provisional"),
        crossing("left", -2, "confirmed"),
        crossing("entered", 1, "confirmed"),
        crossing("left", 3, "provisional"),
        crossing("entered", 20, "confirmed"),
    ]
    async with world.pool.acquire() as connection, connection.transaction():
        await store_crossings(connection, crossings)


async def test_a_sites_day_is_paged_with_why_and_what_replaced_it(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant, process: Process
) -> None:
    world = World(process, tenant, await process.tenants.database(tenant.slug))
    manager = await sign_in(tenant, Profile.MANAGER, "ledger-manager")
    site = await world.site(at=(0.0, 0.0))
    device = await world.insert(
        tables.device, name=new_id().hex[-12:], label="Fourgon", kind="tracker", purpose="dispatch"
    )
    body = {"name": "Emprise", "site_id": str(site), "geometry": square(*LYON)}
    fence = (await client.post("/api/v1/fences", json=body, headers=manager.headers)).json()["id"]
    await came_and_went(world, UUID(fence), device)
    path = f"/api/v1/sites/{site}/presence/ledger"
    asked: dict[str, str | int] = {"day": "2026-11-24", "limit": 3}

    first = await client.get(path, params=asked, headers=manager.headers)
    cursor = first.json()["next"]
    second = await client.get(path, params=asked | {"cursor": cursor}, headers=manager.headers)
    nothing = await client.get(path, params={"day": "2026-11-20"}, headers=manager.headers)
    wrong = await client.get(path, params={"day": "24/11"}, headers=manager.headers)

    items = first.json()["items"] + second.json()["items"]
    assert [(i["kind"], i["status"], i["at"][8:13]) for i in items] == [
        ("entered", "confirmed", "23T15"),
        ("left", "provisional", "24T09"),
        ("left", "confirmed", "24T09"),
        ("entered", "confirmed", "24T12"),
        ("left", "provisional", "24T14"),
    ]
    assert items[1]["superseded_by"] == items[2]["id"]
    assert items[2]["supersedes"] == items[1]["id"]
    assert (items[2]["why"], items[2]["device_label"], items[2]["fence_name"]) == (
        WHY, "Fourgon", "Emprise",
    )  # fmt: skip
    assert (second.json()["next"], nothing.json()["items"], wrong.status_code) == (None, [], 422)


async def test_a_site_of_nobody_and_a_stranger_see_nothing(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    admin = await sign_in(tenant, Profile.ADMIN, "ledger-admin")
    path = f"/api/v1/sites/{new_id()}/presence/ledger"

    answer = await client.get(path, params={"day": "2026-11-24"}, headers=admin.headers)

    assert answer.status_code in (403, 404)
