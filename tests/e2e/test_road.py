"""The road, driven in browsers: what the office sees, what it asks, and what a crew answers."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from fieldops.model import now
from fieldops.process import Urls
from tests.e2e.browser import DESK, PHONE, Window, window
from tests.e2e.hub import PASSWORD, Hub
from tests.e2e.scene import OTHERS, OWN_SKILL, Scene, furnished

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

DEVICES = 33  # 9 trackers, 24 phones
TITLE = "Consignation HTA du poste"
_PHOTO = """() => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [960, 720];
  const g = canvas.getContext("2d");
  g.fillStyle = "#9fb6c4"; g.fillRect(0, 0, 960, 720);
  g.fillStyle = "#5c6f7b"; g.fillRect(0, 520, 960, 200);
  g.fillStyle = "#e8e3d6"; g.fillRect(300, 150, 360, 420);
  g.fillStyle = "#33424d"; g.fillRect(330, 190, 300, 150);
  g.fillStyle = "#d9a400"; g.fillRect(330, 380, 140, 150);
  return canvas.toDataURL("image/jpeg", 0.8).split(",")[1];
}"""


@dataclass(frozen=True, slots=True)
class Road:
    """The office at its desk and a crew's lead with a phone."""

    scene: Scene
    office: Window
    phone: Window

    def row(self, task: str) -> str:
        return f"[data-testid=task-row][data-task='{task}']"

    async def task_is(self, task: str, state: str) -> None:
        """Wait until the office's list shows a state."""
        await self.office.see(f"{self.row(task)}[data-state={state}]")


def _daylight() -> str:
    """Return a time zone in which it is day now: the form's window must not cross midnight."""
    zones = ("Europe/Paris", "Asia/Tokyo", "America/Los_Angeles")
    return next(zone for zone in zones if 5 <= now().astimezone(ZoneInfo(zone)).hour < 19)


@pytest_asyncio.fixture(scope="module")
async def scene(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with furnished(hub, tmp_path_factory.mktemp("scene"), tz=_daylight()) as started:
        for n in range(6):
            skill, title = OTHERS[n % 2]
            # The first four are too short of time for one crew to do two of them.
            values = {"aside": (40.0 * n - 100, 60.0 - 30 * n), "priority": 2 + n % 3}
            if n < 4:
                values["window_end"] = (now() + timedelta(minutes=75)).isoformat()
            await started.add_task(title, site=n % 3, skill=skill, **values)
        yield started


@pytest_asyncio.fixture(scope="module")
async def road(scene: Scene, browser: Browser) -> AsyncIterator[Road]:
    url = scene.hub.base_url
    async with AsyncExitStack() as stack:
        office = await stack.enter_async_context(window(browser, DESK))
        phone = await stack.enter_async_context(window(browser, PHONE))
        await office.sign_in(url, scene.tenant, "direction", PASSWORD)
        lead = scene.crew.plan.workers[0].login
        await phone.sign_in(url, scene.tenant, lead, PASSWORD)
        await office.see("[data-testid=map][data-ready=true]")
        await phone.see("[data-testid=shift-state][data-on=true]")
        yield Road(scene, office, phone)


async def test_the_office_sees_every_device_and_the_map_moves(road: Road) -> None:
    page = road.office.page
    await road.office.see(f"[data-testid=map][data-devices='{DEVICES}']")
    canvas = page.locator(".maplibregl-canvas")
    frames = await _frames(page)
    before = await canvas.screenshot()

    await asyncio.sleep(5)

    assert await _frames(page) >= frames + 4
    assert await canvas.screenshot() != before


async def test_a_task_from_the_form_is_accepted_started_and_done_on_a_phone(
    road: Road, pictures: Path, tmp_path: Path
) -> None:
    scene, office, phone = road.scene, road.office, road.phone

    task = await _create_in_the_form(road)

    offer = phone.page.get_by_test_id("offer-card").filter(has_text=TITLE)
    await offer.wait_for()
    await road.task_is(task, "dispatched")
    await phone.page.screenshot(path=pictures / "crew.png")

    await offer.get_by_test_id("offer-accept").click()
    await phone.see("[data-testid=visit-card][data-state=accepted]")
    await road.task_is(task, "accepted")

    await phone.click("visit-start")
    await phone.see("[data-testid=visit-card][data-state=started]")
    await road.task_is(task, "in_progress")
    await _whole_map(office.page)
    await office.page.screenshot(path=pictures / "map.png")

    photo = base64.b64decode(await phone.page.evaluate(_PHOTO))
    await phone.page.get_by_test_id("photo-input").set_input_files(
        {"name": "poste.jpg", "mimeType": "image/jpeg", "buffer": photo}
    )
    shown = phone.page.locator("[data-testid=photo][data-step=verified]")
    await expect(shown).to_contain_text("Vérifiée")
    proofs = await scene.manager.all("/proofs", task_id=task)
    assert [proof["state"] for proof in proofs] == ["verified"]
    link = await scene.manager.get(f"/proofs/{proofs[0]['id']}/content")
    async with httpx.AsyncClient() as http:
        assert (await http.get(link["url"])).content == photo
    await phone.page.screenshot(path=tmp_path / "crew-photo.png")

    await phone.click("visit-done")
    await phone.see(f"text={TITLE}")
    await _task_becomes(scene, task, "done")
    await expect(office.page.locator(road.row(task))).to_have_attribute("data-state", "done")


async def test_a_click_from_task_to_candidate_makes_an_offer_that_may_be_declined(
    road: Road, tmp_path: Path
) -> None:
    scene, office, phone = road.scene, road.office, road.phone
    opens = now() + timedelta(hours=3)
    task = await scene.add_task(
        "Relevé de compteur",
        site=1,
        skill="B1V",
        duration_s=1800,
        window_start=opens.isoformat(),
        window_end=(opens + timedelta(hours=3)).isoformat(),
    )

    await office.page.locator(road.row(task["id"])).click()
    mine = f"[data-crew='{scene.crew.id}']"
    await office.page.locator(f"[data-testid=candidate-assign]{mine}").click()
    offer = phone.page.get_by_test_id("offer-card").filter(has_text="Relevé de compteur")
    await offer.wait_for()
    await office.page.screenshot(path=tmp_path / "candidates.png")
    assert await _crew_of(scene, task["id"]) == scene.crew.id

    await offer.get_by_test_id("offer-decline").click()
    await phone.click("why-missing_equipment")
    await phone.click("decline-confirm")
    await offer.wait_for(state="detached")
    async with asyncio.timeout(20):
        while await _crew_of(scene, task["id"]) == scene.crew.id:
            await asyncio.sleep(0.2)


async def test_a_drag_on_the_board_is_tried_before_it_is_published(
    road: Road, browser: Browser, tmp_path: Path
) -> None:
    scene = road.scene
    task = await _later(scene, "Pose de coffret")

    async with window(browser, DESK) as board:
        await _open_board(board, scene)
        bar = board.page.locator(f"[data-testid=board-bar][data-task='{task}']")
        await bar.wait_for()
        before = await _crew_of(scene, task)
        other = next(crew.id for crew in scene.furnished.crews[:2] if crew.id != before)

        await _drag(board.page, bar, f"[data-lane='{other}']")
        moved = board.page.locator(f"[data-lane='{other}'] [data-task='{task}'][data-change=moved]")
        await moved.wait_for()
        await board.page.screenshot(path=tmp_path / "board.png")
        assert await _crew_of(scene, task) == before

        await board.click("board-review-open")
        await board.see("[data-testid=plan-diff] [data-kind=moved]")
        await board.click("board-publish")
        await board.page.get_by_test_id("board-publish").wait_for(state="detached")
        assert await _crew_of(scene, task) == other
        await board.page.locator(f"[data-lane='{other}'] [data-task='{task}']").click()
        await expect(board.page.get_by_test_id("task-why")).to_contain_text("Décidée à la main")
        assert board.faults == []


async def test_keys_carry_a_visit_and_the_focus_goes_with_it(
    road: Road, browser: Browser, tmp_path: Path
) -> None:
    scene = road.scene
    task = await _later(scene, "Relevé du local technique")

    async with window(browser, DESK) as board:
        await _open_board(board, scene)
        page, keys = board.page, board.page.keyboard
        bar = page.locator(f"[data-testid=board-bar][data-task='{task}']")
        chip = page.locator(f"[data-testid=board-chip][data-task='{task}']")
        await bar.wait_for()
        before = await _crew_of(scene, task)
        lanes = await page.locator("[data-lane]").evaluate_all(
            "all => all.map(e => e.dataset.lane)"
        )
        down = lanes.index(before) + 1 < len(lanes)
        other = lanes[lanes.index(before) + (1 if down else -1)]

        await bar.focus()
        await keys.press("Space")
        await board.see("[data-testid=board][data-carrying=true]")
        await keys.press("ArrowDown" if down else "ArrowUp")
        await board.see(f"[data-lane='{other}'] [data-testid=board-marker]")
        await keys.press("ArrowRight")
        await keys.press("ArrowLeft")
        await keys.press("Enter")
        await board.see(f"[data-lane='{other}'] [data-task='{task}'][data-change=moved]")
        await expect(bar).to_be_focused()
        await expect(page.get_by_test_id("task-panel")).to_have_count(0)
        await page.screenshot(path=tmp_path / "board-keys.png")

        await keys.press("Control+z")
        await board.see(f"[data-lane='{before}'] [data-task='{task}']")
        await expect(bar).to_be_focused()

        await keys.press("Delete")
        await expect(chip).to_be_focused()
        await keys.press("Delete")
        await keys.press("Space")
        await keys.press("Enter")
        await expect(page.get_by_test_id("board-review-open")).to_contain_text("(1)")
        await keys.press("Control+z")
        await expect(bar).to_be_focused()
        await expect(page.get_by_test_id("board-review-open")).to_have_count(0)

        await keys.press("p")
        await expect(bar).to_have_attribute("data-pinned", "true")
        await keys.press("p")
        await expect(bar).to_have_attribute("data-pinned", "false")
        assert await _crew_of(scene, task) == before
        assert board.faults == []


async def test_one_walks_through_every_screen_of_the_office_and_back(road: Road) -> None:
    page = road.office.page
    screens = await page.locator("header nav a").evaluate_all(
        "links => links.map(link => link.dataset.testid)"
    )
    assert len(screens) == 6

    for screen in [*screens, *reversed(screens)]:
        await road.office.click(screen)
        await road.office.see(f"[data-testid={screen}][aria-current=page]")
        await expect(page.get_by_label("Chargement")).to_have_count(0)

    assert road.office.faults == []


async def test_no_page_asks_anybody_but_the_hub_and_the_photo_store(
    road: Road, stack_urls: Urls
) -> None:
    hub = urlsplit(road.scene.hub.base_url).netloc
    store = urlsplit(stack_urls.s3).netloc.rpartition("@")[2]

    assert road.office.origins <= {f"http://{hub}", f"ws://{hub}"}
    assert road.phone.origins <= {f"http://{hub}", f"ws://{hub}", f"http://{store}"}
    assert road.office.faults == []
    assert road.phone.faults == []


async def test_a_wrong_password_is_said_in_words(scene: Scene, browser: Browser) -> None:
    async with window(browser, PHONE) as stranger:
        await stranger.sign_in(scene.hub.base_url, scene.tenant, "direction", "not the password")

        await expect(stranger.page.get_by_test_id("login-error")).not_to_be_empty()


async def _open_board(board: Window, scene: Scene) -> None:
    """Sign in and go to the board at once: two maps drawn by software leave no time for a click."""
    await board.sign_in(scene.hub.base_url, scene.tenant, "direction", PASSWORD)
    await board.page.get_by_test_id("to-board").dispatch_event("click")
    await board.see("[data-testid=board-lane]")


async def _later(scene: Scene, title: str) -> str:
    """Add a task for the first two crews that nothing hurries, and return its id."""
    opens = now() + timedelta(hours=5)
    until = opens + timedelta(hours=3)
    values = {"window_start": opens.isoformat(), "window_end": until.isoformat()}
    return str((await scene.add_task(title, site=0, skill="B1V", **values))["id"])


async def _create_in_the_form(road: Road) -> str:
    """Fill the form as a person does, and return the new task's id."""
    page, scene = road.office.page, road.scene
    zone = ZoneInfo((await scene.manager.get("/me"))["tenant"]["tz"])
    start = now().astimezone(zone)
    await page.get_by_test_id("task-new").click()
    await page.get_by_test_id("task-site").click()
    await page.get_by_role("option", name=scene.furnished.sites[0][0].name).click()
    await page.get_by_test_id("task-title").fill(TITLE)
    await page.get_by_test_id("task-date").fill(start.date().isoformat())
    await page.get_by_test_id("task-from").fill(_clock(start))
    await page.get_by_test_id("task-to").fill(_clock(start + timedelta(hours=4)))
    skills = page.get_by_test_id("task-skills")
    await skills.fill(OWN_SKILL)
    await skills.press("Enter")
    await skills.press("Tab")  # closes the list of known skills
    async with page.expect_response("**/api/v1/tasks") as answered:
        await page.get_by_test_id("task-submit").click()
    made: dict[str, Any] = await (await answered.value).json()
    return str(made["id"])


async def _whole_map(page: Page) -> None:
    """Close what stands on the map and bring everything into view."""
    await page.keyboard.press("Escape")
    await page.get_by_test_id("task-panel").wait_for(state="detached")
    await page.get_by_role("button", name="Tout voir").click()
    await expect(page.get_by_role("alert")).to_have_count(0, timeout=15_000)
    await page.mouse.move(700, 130)
    await asyncio.sleep(2)  # the flight there, and the frames of what it shows


def _clock(at: datetime) -> str:
    return at.strftime("%H:%M")


async def _drag(page: Page, what: Locator, lane: str) -> None:
    """Carry something into a lane, to the hour it has now."""
    box, target = await what.bounding_box(), await page.locator(lane).bounding_box()
    assert box is not None
    assert target is not None
    await page.mouse.move(box["x"] + 12, box["y"] + 12)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 20, target["y"] + 20, steps=6)
    await page.mouse.up()


async def _frames(page: Page) -> int:
    return int(await page.get_by_test_id("map").get_attribute("data-fix-frames") or 0)


async def _task_becomes(scene: Scene, task: str, state: str) -> None:
    async with asyncio.timeout(20):
        while (await scene.manager.get(f"/tasks/{task}"))["state"] != state:
            await asyncio.sleep(0.1)


async def _crew_of(scene: Scene, task: str) -> str | None:
    """Return the crew that has the task now."""
    rows = await scene.manager.all("/assignments", task_id=task, live=True)
    return str(rows[0]["crew_id"]) if rows else None
