"""A vehicle's day in a browser: the reason first, then the line, played by mouse and by keys."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bench.trips.model import T0, seconds_of, seen, working
from fieldops.database import with_database
from fieldops.model import Fix, new_id, now, tenant_slug
from fieldops.process import Urls
from fieldops.tenancy import database_name
from simulators.office import Office
from tests.e2e.browser import DESK, Window, window
from tests.e2e.hub import PASSWORD, Hub

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
PARIS = ZoneInfo("Europe/Paris")
ALWAYS = {"tz": "Europe/Paris", "week": [[["00:00", "24:00"]]] * 7}
NEVER = {"tz": "Europe/Paris", "week": [[]] * 7}
REPLAY_VIEW = "[data-testid=replay-map][data-ready=true]"


@dataclass(frozen=True, slots=True)
class Past:
    """A tenant whose excavator drove four times yesterday, watched at every hour."""

    tenant: str
    vehicle: str
    day: date
    office: Window

    @property
    def page(self) -> Page:
        return self.office.page

    async def choose(self) -> None:
        url = f"{self.page.url.split('/', 3)[0]}//{self.page.url.split('/', 3)[2]}"
        await self.page.goto(f"{url}/trips?vehicle={self.vehicle}&day={self.day}")
        await self.office.see(REPLAY_VIEW)

    async def open(self, note: str) -> None:
        await self.page.get_by_test_id("replay-open").click()
        await self.page.get_by_test_id("reason-motive").click()
        await self.page.get_by_role("option", name="Vol").click()
        await self.page.get_by_test_id("reason-note").fill(note)
        await self.page.get_by_test_id("reason-submit").click()

    async def head(self) -> float:
        at = await self.page.get_by_test_id("playhead").get_attribute("data-at")
        assert at is not None
        return float(at) / 1000


@pytest_asyncio.fixture(scope="module")
async def past(
    hub: Hub, browser: Browser, stack_urls: Urls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Past]:
    tenant = await hub.tenant("BTP Nord")
    day = now().astimezone(PARIS).date() - timedelta(days=1)
    starts_at = datetime(day.year, day.month, day.day, 7, tzinfo=PARIS)
    async with AsyncExitStack() as stack:
        manager, admin = [
            await stack.enter_async_context(Office(hub.base_url, tenant, login, PASSWORD))
            for login in ("direction", "admin")
        ]
        vehicle = await _excavator(manager, admin)
        await _backdate(stack_urls, tenant, starts_at - timedelta(days=2))
        await _watch(hub, vehicle, await manager.token())
        file = tmp_path_factory.mktemp("past") / "day.jsonl"
        file.write_text(_lines(_shifted(starts_at)), "utf-8")
        await hub.do("ingest-file", str(file), "--tenant", tenant, "--device", "balise-5")
        office = await stack.enter_async_context(window(browser, DESK))
        await office.sign_in(hub.base_url, tenant, "direction", PASSWORD)
        await office.see("[data-testid=map][data-ready=true]")
        # Trips, and the alerts of them, come within seconds of the fixes.
        await office.see("[data-testid=alerts-toggle][data-count='4']")
        yield Past(tenant, vehicle, day, office)


async def _excavator(manager: Office, admin: Office) -> str:
    vehicle, policy = str(new_id()), str(new_id())
    await manager.post(
        "/vehicles",
        {"id": vehicle, "plate": "E-105", "label": "Pelle 5", "kind": "excavator"},
    )
    await admin.post(
        "/policies",
        {
            "id": policy, "name": "Engins", "purpose": "safety", "schedule": ALWAYS,
            "retention_days": 60, "notice_version": "2026-01", "cse_date": "2026-01-15",
        },
    )  # fmt: skip
    await admin.post(
        "/devices",
        {
            "name": "balise-5", "label": "Balise 5", "kind": "tracker", "purpose": "safety",
            "policy_id": policy, "vehicle_id": vehicle,
        },
    )  # fmt: skip
    return vehicle


async def _watch(hub: Hub, vehicle: str, token: str) -> None:
    async with httpx.AsyncClient(base_url=f"{hub.base_url}/api/v1", timeout=15) as http:
        answer = await http.put(
            f"/vehicles/{vehicle}/watch",
            json={"hours": NEVER},
            headers={"Authorization": f"Bearer {token}"},
        )
    assert answer.status_code == 200, answer.text


async def _backdate(urls: Urls, tenant: str, at: datetime) -> None:
    """Let the binding and the policy hold since before yesterday."""
    url = with_database(urls.postgres, database_name(tenant_slug(tenant)))
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("update device_binding set valid_from = $1", at)
        await connection.execute("update tracking_policy set valid_from = $1", at)
    finally:
        await connection.close()


def _shifted(starts_at: datetime) -> list[tuple[datetime, Fix]]:
    rng = Random(5)
    fixes = seen(rng, working(rng, drives=4, every_s=10), 5.0)
    dark = range(5000, 6200)  # nothing heard for 20 minutes
    return [
        (starts_at + (fix.observed_at - T0), fix)
        for fix in fixes
        if round(seconds_of(fix.observed_at)) not in dark
    ]


def _lines(fixes: list[tuple[datetime, Fix]]) -> str:
    return "\n".join(
        json.dumps(
            {
                "run": "day", "seq": seq, "at": at.isoformat(), "lon": f.lon, "lat": f.lat,
                "acc": f.accuracy_m,
            }
        )
        for seq, (at, f) in enumerate(fixes, start=1)
    )  # fmt: skip


async def test_nothing_is_shown_without_a_reason(past: Past, tmp_path: Path) -> None:
    await past.choose()
    await expect(past.page.get_by_text("Choisissez un véhicule et un jour")).to_be_visible()

    await past.page.get_by_test_id("replay-open").click()
    await past.page.get_by_test_id("reason-submit").click()

    await expect(past.page.get_by_text("Choisissez un motif.")).to_be_visible()
    await past.page.screenshot(path=tmp_path / "reason.png")
    await past.page.keyboard.press("Escape")
    await expect(past.page.get_by_test_id("player")).to_have_count(0)


async def test_a_day_is_listed_drawn_and_played(past: Past, pictures: Path) -> None:
    await past.choose()
    await past.open("Pelle vue sur la route à 8 h")

    entries = past.page.locator("[data-testid=replay-list] > li")
    await expect(entries.and_(past.page.locator("[data-kind=trip]"))).to_have_count(4)
    await expect(entries.and_(past.page.locator("[data-kind=gap]"))).to_have_count(1)
    before = await past.head()
    await past.page.locator("body").click(position={"x": 5, "y": 5})
    await past.page.keyboard.press("Space")
    await past.office.see("[data-testid=player][data-playing=true]")
    await past.page.wait_for_timeout(1500)
    await past.page.keyboard.press("Space")
    await past.office.see("[data-testid=player][data-playing=false]")
    played = await past.head()
    await past.page.keyboard.press("Shift+ArrowRight")

    assert 40 < played - before < 600  # ×60 for a second and a half, on a machine that may be slow
    assert await past.head() == pytest.approx(played + 600, abs=2)
    await past.page.keyboard.press("Home")
    assert await past.head() == pytest.approx(before, abs=2)
    await entries.and_(past.page.locator("[data-kind=trip]")).nth(1).locator("button").click()
    await past.office.see("[data-testid=player][data-state=moving]")
    await past.page.keyboard.press("ArrowRight")
    await past.page.wait_for_timeout(1200)
    await past.page.screenshot(path=pictures / "replay.png")
    assert past.office.faults == []


async def test_in_a_gap_the_position_says_its_age(past: Past, tmp_path: Path) -> None:
    await past.choose()
    await past.open("Pelle vue sur la route à 8 h")

    await past.page.locator("[data-testid=replay-list] > li[data-kind=gap] button").click()
    await past.page.keyboard.press("Shift+ArrowRight")

    await past.office.see("[data-testid=player][data-state=gap]")
    await expect(past.page.get_by_test_id("player")).to_contain_text("Vu il y a 10 min")
    await past.page.screenshot(path=tmp_path / "gap.png")


async def test_a_day_without_positions_says_so(past: Past, tmp_path: Path) -> None:
    await past.choose()
    await past.page.get_by_test_id("replay-day").fill(str(past.day - timedelta(days=5)))
    await past.open("Contrôle de la veille")

    await expect(past.page.get_by_text("Aucune position ce jour-là")).to_be_visible()
    await past.page.screenshot(path=tmp_path / "empty.png")


async def test_an_alert_is_handled_with_a_note(past: Past, tmp_path: Path) -> None:
    page = past.page
    await page.get_by_role("link", name="Carte").click()
    await page.get_by_test_id("alerts-toggle").click()
    card = page.get_by_test_id("alert").first
    await expect(card).to_contain_text("Pelle 5")
    await expect(card).to_be_visible()
    await page.wait_for_timeout(400)  # it fades in
    await page.screenshot(path=tmp_path / "alerts.png")

    await card.get_by_test_id("alert-note").fill("Prêtée à Durand")
    await card.get_by_test_id("alert-acknowledge").click()

    await past.office.see("[data-testid=alerts-toggle][data-count='3']")
    assert past.office.faults == []
