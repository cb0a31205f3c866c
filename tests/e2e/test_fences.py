"""Fences are drawn, changed, proposed and brought in on the map, by hand and by key."""

import json
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page

from fieldops.local import service_urls
from fieldops.model import new_id, now
from fieldops.process import open_process
from fieldops.settings import Settings
from simulators.office import Office
from tests.e2e.browser import DESK, Window, window
from tests.e2e.hub import PASSWORD, Hub

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

LON, LAT = 4.85, 45.75
DEGREE_M = 111_320.0


async def furnished(hub: Hub) -> tuple[str, str]:
    """Return a tenant with one site, one fence and its check-ins; and the site."""
    tenant = await hub.tenant()
    async with Office(hub.base_url, tenant, "direction", PASSWORD) as office:
        project = await office.post("/projects", {"code": "A", "name": "Marché"})
        body = {"project_id": project["id"], "code": "S", "name": "Poste Nord"}
        site = str((await office.post("/sites", body))["id"])
        ring = [
            [LON + x, LAT + y] for x, y in ((0, 0), (0.002, 0), (0.002, 0.001), (0, 0.001), (0, 0))
        ]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        await office.post("/fences", {"site_id": site, "name": "Emprise", "geometry": geometry})
    await checked_in(hub, tenant, site)
    return tenant, site


async def checked_in(hub: Hub, tenant: str, site: str) -> None:
    """Let two people check in thirty times, within 60 m east of the fence."""
    chance, settings = Random(3), Settings(control_database=hub.env["FIELDOPS_CONTROL_DATABASE"])
    async with open_process(settings, service_urls(settings), name="e2e") as process:
        pool = await process.tenants.database((await process.tenants.find(tenant)).slug)
        await pool.executemany(
            "insert into attendance_event (id, worker_id, site_id, kind, source, device_at,"
            " skew_ms, lon, lat, accuracy_m) values ($1, $2, $3, 'in', 'self', $4, 0, $5, $6, 8)",
            [
                (
                    new_id(), worker, site, now() - timedelta(hours=i + 1),
                    LON + 0.004 + chance.uniform(-60, 60) / DEGREE_M,
                    LAT + chance.uniform(-60, 60) / DEGREE_M,
                )
                for worker in (new_id(), new_id())
                for i in range(15)
            ],
        )  # fmt: skip


class Drawer:
    """A hand on the map of fences; places in pixels from its middle."""

    def __init__(self, opened: Window) -> None:
        self.page: Page = opened.page
        self.map = self.page.get_by_test_id("fence-map")

    async def click(self, x: float, y: float) -> None:
        at = await self._at(x, y)
        await self.page.mouse.move(*at)
        await self.page.mouse.click(*at)

    async def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        await self.page.mouse.move(*await self._at(*start))
        await self.page.mouse.down()
        await self.page.mouse.move(*await self._at(*end), steps=8)
        await self.page.mouse.up()

    async def points(self, count: int) -> None:
        """Wait until the drawing has so many points."""
        await self.page.locator(f"[data-testid=fence-map][data-points='{count}']").wait_for()

    async def _at(self, x: float, y: float) -> tuple[float, float]:
        box = await self.map.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2 + x, box["y"] + box["height"] / 2 + y


async def opened_fences(opened: Window, hub: Hub, tenant: str) -> Drawer:
    await opened.sign_in(hub.base_url, tenant, "direction", PASSWORD)
    await opened.click("to-fences")
    await opened.see("[data-testid=fence-map][data-ready=true]")
    return Drawer(opened)


async def listed(hub: Hub, tenant: str) -> dict[str, Any]:
    async with Office(hub.base_url, tenant, "direction", PASSWORD) as office:
        return {fence["name"]: fence for fence in (await office.get("/fences"))["items"]}


async def test_fences_are_drawn_and_changed_on_the_map(
    hub: Hub, browser: Browser, pictures: Path
) -> None:
    tenant, _ = await furnished(hub)
    async with window(browser, DESK) as opened:
        hand = await opened_fences(opened, hub, tenant)
        await _drawn_polygon(opened, hand, pictures)
        made = (await listed(hub, tenant))["Zone de levage"]
        await _drawn_circle(opened, hand)
        await _drawn_corridor(opened, hand, pictures)
        fences = await listed(hub, tenant)

    assert (made["kind"], made["geometry"]["type"]) == ("danger", "Polygon")
    assert len(made["geometry"]["coordinates"][0]) == 6
    assert (fences["Cuve"]["geometry"]["type"], fences["Cuve"]["radius_m"]) == ("Point", 75)
    road = fences["Tranchée HTA"]
    assert (road["geometry"]["type"], road["width_m"]) == ("LineString", 12)
    assert road["schedule"]["week"][0] == [["07:00", "18:00"]]
    assert opened.faults == []


async def _drawn_polygon(opened: Window, hand: Drawer, pictures: Path) -> None:
    page = opened.page
    await opened.click("fence-new")
    for x, y in ((-120, -220), (120, -220), (120, -130), (-120, -130)):
        await hand.click(x, y)
    await hand.points(4)
    await page.keyboard.press("Enter")
    await opened.see("[data-testid=fence-map][data-whole=true]")
    await hand.drag((120, -220), (190, -250))
    await hand.drag((0, -130), (0, -100))
    await hand.points(5)
    for key, points in (
        ("Control+z", 4), ("Control+Shift+z", 5), ("Delete", 4), ("Control+z", 5),
    ):  # fmt: skip
        await page.keyboard.press(key)
        await hand.points(points)
    await page.keyboard.press("PageUp")
    await page.keyboard.press("ArrowLeft")
    await opened.click("fence-save")
    await opened.see("text=Donnez un nom.")
    await page.get_by_test_id("fence-name").fill("Zone de levage")
    await page.get_by_test_id("fence-kind").click()
    await page.get_by_role("option", name="Zone de danger").click()
    await page.screenshot(path=pictures / "fences.png")
    await opened.click("fence-save")
    await opened.see("text=Périmètre enregistré")


async def _drawn_circle(opened: Window, hand: Drawer) -> None:
    page = opened.page
    await opened.click("fence-new")
    await opened.click("shape-Point")
    await hand.click(-300, 100)
    await hand.click(-300, 160)
    await page.get_by_test_id("fence-radius").fill("75")
    await page.get_by_test_id("fence-name").fill("Cuve")
    await opened.click("fence-save")
    await page.get_by_test_id("fence-form").wait_for(state="detached")


async def _drawn_corridor(opened: Window, hand: Drawer, pictures: Path) -> None:
    page = opened.page
    await opened.click("fence-new")
    await opened.click("shape-LineString")
    for count, x in enumerate((-200, 0, 200), 1):
        await hand.click(x, 250)
        await hand.points(count)
    await page.keyboard.press("Enter")
    await opened.see("[data-testid=fence-map][data-whole=true]")
    await page.get_by_test_id("fence-width").fill("12")
    await page.get_by_test_id("fence-name").fill("Tranchée HTA")
    await page.get_by_test_id("fence-always").click(force=True)
    await page.screenshot(path=pictures / "fences-corridor.png")
    await opened.click("fence-save")
    await page.get_by_test_id("fence-form").wait_for(state="detached")


async def test_a_change_under_ones_hands_is_shown_and_ones_drawing_is_kept(
    hub: Hub, browser: Browser, pictures: Path
) -> None:
    tenant, _ = await furnished(hub)
    async with window(browser, DESK) as opened:
        await opened_fences(opened, hub, tenant)
        page = opened.page
        await opened.click("fence-row")
        await page.get_by_test_id("fence-margin_m").fill("15")
        async with Office(hub.base_url, tenant, "direction", PASSWORD) as office:
            fence = (await listed(hub, tenant))["Emprise"]
            headers = {"Authorization": f"Bearer {await office.token()}", "If-Match": '"1"'}
        async with httpx.AsyncClient(base_url=hub.base_url, headers=headers) as colleague:
            path = f"/api/v1/fences/{fence['id']}"
            assert (await colleague.patch(path, json={"name": "Emprise 2"})).status_code == 200

        await opened.click("fence-save")
        await opened.see("[data-testid=fence-stale]")
        await page.screenshot(path=pictures / "fences-stale.png")
        await opened.click("fence-mine")
        await page.get_by_test_id("fence-stale").wait_for(state="detached")
        await opened.click("fence-save")
        await page.get_by_test_id("fence-form").wait_for(state="detached")
        fences = await listed(hub, tenant)

    assert [(f["margin_m"], f["version"]) for f in fences.values()] == [(15, 3)]
    # The browser itself tells of the refused request.
    assert all("412" in fault for fault in opened.faults)


async def test_a_site_proposes_its_fence_and_a_file_brings_its_own(
    hub: Hub, browser: Browser, pictures: Path, tmp_path: Path
) -> None:
    tenant, _ = await furnished(hub)
    square = [[LON, LAT + 0.01], [LON + 0.001, LAT + 0.01], [LON, LAT + 0.011], [LON, LAT + 0.01]]
    crossed = [square[0], [LON + 0.001, LAT + 0.011], square[1], [LON, LAT + 0.0112], square[0]]
    features = [
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for name, ring in (("Base vie", square), ("Nœud", crossed))
    ]
    file = tmp_path / "plan.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    async with window(browser, DESK) as opened:
        hand = await opened_fences(opened, hub, tenant)
        page = opened.page

        await opened.click("fence-row")
        await opened.click("fence-suggest")
        await opened.see("text=Contour de 30 pointages sur 30")
        await page.wait_for_timeout(900)
        await page.screenshot(path=pictures / "fences-suggestion.png")
        await opened.click("fence-take")
        await opened.click("fence-save")
        await page.get_by_test_id("fence-form").wait_for(state="detached")

        await opened.click("fence-import")
        await (
            page.locator("[data-testid=import-dialog] >> xpath=..")
            .locator("input[type=file]")
            .first.set_input_files(file)
        )
        await opened.see("text=Le contour se croise à 45.76")
        await page.screenshot(path=pictures / "fences-import.png")
        await opened.click("import-submit")
        await opened.see("text=1 périmètre importé")
        fences = await listed(hub, tenant)

    assert hand is not None
    assert set(fences) == {"Emprise", "Base vie"}
    west = min(lon for lon, _ in fences["Emprise"]["area"]["coordinates"][0])
    assert west > LON + 0.003
    assert opened.faults == []
