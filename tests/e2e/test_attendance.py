"""The chef's sheet and a worker's phone, in browsers: called, clocked in, corrected, validated."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from fieldops.model import new_id, now
from simulators.office import Office
from tests.e2e.browser import DESK, PHONE, Window, window
from tests.e2e.hub import PASSWORD, Hub
from tests.world import LYON, square

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
# It is day there now: nothing here may cross midnight.
TZ = next(
    zone
    for zone in ("Europe/Paris", "Asia/Tokyo", "America/Los_Angeles")
    if 5 <= now().astimezone(ZoneInfo(zone)).hour < 21
)
NAMES = ("Inès Bâton", "Karim Coffret", "Sofia Déclic")


@dataclass(frozen=True, slots=True)
class Yard:
    """A site, its chef at a desk, and a member with a phone."""

    chef: Window
    phone: Window
    workers: tuple[str, ...]

    def row(self, worker: int) -> str:
        return f"[data-testid=attendance-row][data-worker='{self.workers[worker]}']"


@pytest_asyncio.fixture(scope="module")
async def yard(hub: Hub, browser: Browser) -> AsyncIterator[Yard]:
    tenant = await hub.tenant(tz=TZ)
    async with AsyncExitStack() as stack:
        boss, admin = [
            await stack.enter_async_context(Office(hub.base_url, tenant, login, PASSWORD))
            for login in ("direction", "admin")
        ]

        async def post(path: str, by: Office = boss, **body: Any) -> str:
            made = await by.post(path, {"id": str(new_id()), **body})
            return str(made["id"])

        project = await post("/projects", code="A1", name="Marché")
        site = await post("/sites", project_id=project, code="A1-1", name="Poste Gerland")
        await post("/fences", site_id=site, name="Emprise", geometry=square(*LYON))
        workers = [await post("/workers", name=name) for name in NAMES]
        await post(
            "/crews", name="Équipe Rhône", lead_worker_id=workers[0], depot_lon=LYON[0],
            depot_lat=LYON[1], member_ids=workers,
        )  # fmt: skip
        who = {"password": PASSWORD}
        await post("/users", admin, login="chef", display_name="Claire Chef",
                   profile="site_manager", site_ids=[site], **who)  # fmt: skip
        await post("/users", admin, login="karim", display_name=NAMES[1],
                   profile="crew_member", worker_id=workers[1], **who)  # fmt: skip
        chef = await stack.enter_async_context(window(browser, DESK))
        phone = await stack.enter_async_context(
            window(
                browser,
                {
                    **PHONE,
                    "geolocation": {"longitude": LYON[0], "latitude": LYON[1], "accuracy": 9},
                    "permissions": ["geolocation"],
                },
            )
        )
        await chef.sign_in(hub.base_url, tenant, "chef", PASSWORD)
        await phone.sign_in(hub.base_url, tenant, "karim", PASSWORD)
        await chef.click("to-attendance")
        yield Yard(chef, phone, tuple(workers))
        assert (chef.faults, phone.faults) == ([], [])


async def test_the_chef_calls_the_roll_with_who_is_missing(yard: Yard, pictures: Path) -> None:
    page = yard.chef.page
    await yard.chef.click("roll-open")
    people = page.get_by_test_id("roll-person")
    await expect(people).to_have_count(3)
    await people.filter(has_text=NAMES[1]).click()
    await page.screenshot(path=pictures / "roll-call.png")

    await yard.chef.click("roll-save")

    await expect(page.locator(f"{yard.row(0)}[data-state=here]")).to_be_visible()
    await expect(page.get_by_test_id("summary")).to_contain_text("2 sur place · 1 sans pointage")


async def test_a_phone_clocks_in_with_one_position_and_the_chef_sees_it(
    yard: Yard, pictures: Path
) -> None:
    phone = yard.phone
    await phone.see("[data-testid=punch][data-state=absent]")
    await phone.click("punch-in")
    await phone.see("[data-testid=punch][data-state=here]")
    await phone.see("[data-testid=sync][data-pending='0']")
    await phone.page.screenshot(path=pictures / "punch.png")

    await expect(yard.chef.page.locator(f"{yard.row(1)}[data-state=here]")).to_be_visible()
    await phone.click("punch-break_start")
    await phone.see("[data-testid=punch][data-state=onBreak]")
    await expect(yard.chef.page.locator(f"{yard.row(1)}[data-state=onBreak]")).to_be_visible()
    await phone.click("punch-break_end")
    await phone.see("[data-testid=punch][data-state=here]")


async def test_off_line_it_waits_and_is_sent_with_the_time_of_the_tap(yard: Yard) -> None:
    phone = yard.phone
    await phone.page.context.set_offline(True)
    await phone.click("punch-out")
    await phone.see("[data-testid=punch][data-state=left]")
    await phone.see("[data-testid=sync][data-pending='1']")
    phone.faults.clear()  # the browser complains of the cut itself

    await phone.page.context.set_offline(False)
    await phone.see("[data-testid=sync][data-pending='0']")

    await expect(yard.chef.page.locator(f"{yard.row(1)}[data-state=left]")).to_be_visible()
    phone.faults.clear()


async def test_the_chef_adds_what_was_forgotten_and_the_day_is_validated(
    yard: Yard, pictures: Path
) -> None:
    page = yard.chef.page
    row = page.locator(yard.row(0))
    await row.get_by_test_id("day-toggle").click()
    await row.get_by_test_id("add").click()
    await row.get_by_test_id("fix-save").click()
    await expect(row.get_by_role("alert")).to_be_visible()
    soon = (now() + timedelta(minutes=2)).astimezone(ZoneInfo(TZ))
    await row.get_by_test_id("fix-time").fill(f"{soon:%H:%M}")
    await row.get_by_test_id("fix-why").fill("Oubli du soir")
    await row.get_by_test_id("fix-save").click()
    await expect(page.locator(f"{yard.row(0)}[data-state=left]")).to_be_visible()
    await page.screenshot(path=pictures / "attendance.png")

    await row.get_by_test_id("step-submit").click()
    await expect(page.locator(f"{yard.row(0)}[data-status=submitted]")).to_be_visible()
    await row.get_by_test_id("step-validate").click()

    await expect(page.locator(f"{yard.row(0)}[data-status=validated]")).to_be_visible()
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.screenshot(path=pictures / "attendance-phone.png", full_page=True)
    await page.set_viewport_size({"width": 1440, "height": 900})


async def test_a_worker_reads_his_hours_and_what_is_seen_of_him(yard: Yard, pictures: Path) -> None:
    phone = yard.phone
    await phone.click("tab-hours")
    await phone.see("[data-testid=my-day]")
    await phone.page.screenshot(path=pictures / "hours.png", full_page=True)
    await phone.click("tab-privacy")
    await phone.see("[data-testid=ledger-position][data-visible=false]")
    async with phone.page.expect_download() as download:
        await phone.click("copy")

    assert (await download.value).suggested_filename == "mes-donnees.json"
    await phone.page.screenshot(path=pictures / "ledger.png", full_page=True)
