"""A site's presence in a browser: bars of the day, and why they are believed."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest
import shapely
from playwright.async_api import Browser, expect

from bench.presence.model import COLUMNS, working_day
from bench.presence.ours import T0, fixes_of, watch
from fieldops.database import with_database
from fieldops.model import new_id, now, tenant_slug
from fieldops.process import Urls
from fieldops.tenancy import database_name
from geo.ledger.entries import store_crossings
from geo.presence.batch import Crossing, Memory, advance_batch
from simulators.office import Office
from tests.e2e.browser import DESK, window
from tests.e2e.hub import PASSWORD, Hub
from tests.world import LYON

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
PARIS = ZoneInfo("Europe/Paris")
COLUMN = COLUMNS[0]


async def test_the_day_of_a_site_is_bars_that_say_why(
    hub: Hub, browser: Browser, stack_urls: Urls, tmp_path: Path
) -> None:
    tenant = await hub.tenant("BTP Sud")
    day = now().astimezone(PARIS).date() - timedelta(days=1)
    begins = datetime(day.year, day.month, day.day, 7, tzinfo=PARIS)
    async with AsyncExitStack() as stack:
        manager = await stack.enter_async_context(
            Office(hub.base_url, tenant, "direction", PASSWORD)
        )
        site, fence, device = await _furnish(manager)
        await _enter(stack_urls, tenant, _crossings(fence, device, begins))
        office = await stack.enter_async_context(window(browser, DESK))
        await office.sign_in(hub.base_url, tenant, "direction", PASSWORD)
        await office.see("[data-testid=to-presence]")
        await office.click("to-presence")
        page = office.page
        await expect(page.get_by_test_id("presence-site")).to_have_value("Quai · S1")
        await expect(page.get_by_text("Personne n’a été vu ici")).to_be_visible()
        root = "/".join(page.url.split("/", 3)[:3])
        bars = page.locator("[data-testid=presence-board] [data-sure=confirmed]")

        await page.goto(f"{root}/presence?site={site}&day={day}")
        await expect(bars).to_have_count(4)
        await bars.first.focus()
        await page.keyboard.press("Enter")

        await expect(page.get_by_test_id("presence-why")).to_have_count(2)
        await expect(page.locator("figure svg").first).to_be_visible()
        await page.screenshot(path=tmp_path / "presence.png")
        await page.keyboard.press("Escape")
        await expect(page.get_by_test_id("presence-why")).to_have_count(0)
        assert office.faults == []


async def _furnish(manager: Office) -> tuple[str, UUID, UUID]:
    """Make a round site and a van's tracker."""
    project, site, fence, van, device = (new_id() for _ in range(5))
    await manager.post("/projects", {"id": str(project), "code": "P", "name": "Affaire"})
    place = {"project_id": str(project), "code": "S1", "name": "Quai", "address": "Lyon"}
    await manager.post("/sites", {"id": str(site), **place})
    circle = {"geometry": {"type": "Point", "coordinates": list(LYON)}, "radius_m": 40}
    of_site = {"id": str(fence), "site_id": str(site), "name": "Quai nord"}
    await manager.post("/fences", {**of_site, **circle})
    await manager.post("/vehicles", {"id": str(van), "plate": "V-7", "label": "Fourgon 7"})
    tracker = {"name": "balise-7", "label": "Fourgon 7", "kind": "tracker", "purpose": "dispatch"}
    await manager.post("/devices", {"id": str(device), **tracker, "vehicle_id": str(van)})
    return str(site), fence, device


def _crossings(fence: UUID, device: UUID, begins: datetime) -> list[Crossing]:
    """What the engine says of a noisy day that began then."""
    index, _ = watch({"site": shapely.Point(0, 0).buffer(COLUMN.radius_m, 64)})
    shift = begins.astimezone(UTC) - T0
    said = advance_batch(Memory(), fixes_of(working_day(COLUMN, 3)[0]), index).crossings
    return [
        Crossing(c.kind, c.status, device, fence, c.at + shift, c.decided_at + shift, {
            **c.why, "curve": [[p[0] + shift.total_seconds(), *p[1:]] for p in c.why["curve"]],
        })
        for c in said
    ]  # fmt: skip


async def _enter(urls: Urls, tenant: str, crossings: list[Crossing]) -> None:
    url = with_database(urls.postgres, database_name(tenant_slug(tenant)))
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await store_crossings(connection, crossings)
    finally:
        await connection.close()
