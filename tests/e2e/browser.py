"""A headless Chromium that notes where its pages go and what they complain of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, async_playwright

# A software renderer draws the map; and nothing may call home, for nobody answers here.
FLAGS = (
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
WAIT_MS = 60_000


@dataclass(frozen=True, slots=True)
class Window:
    """One person's browser: a page, the origins it asked, and its complaints."""

    page: Page
    origins: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    async def sign_in(self, base_url: str, tenant: str, login: str, password: str) -> None:
        await self.page.goto(base_url)
        await self.page.get_by_test_id("login-tenant").fill(tenant)
        await self.page.get_by_test_id("login-name").fill(login)
        await self.page.get_by_test_id("login-password").fill(password)
        await self.page.get_by_test_id("login-submit").click()

    async def click(self, test_id: str) -> None:
        await self.page.get_by_test_id(test_id).first.click()

    async def see(self, selector: str) -> None:
        """Wait until something is on the screen."""
        await self.page.locator(selector).first.wait_for(state="visible")


@asynccontextmanager
async def chromium(path: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def window(browser: Browser, size: dict[str, Any]) -> AsyncIterator[Window]:
    """Open a window in French; another person's, sharing nothing with those before."""
    context = await browser.new_context(locale="fr-FR", timezone_id="Europe/Paris", **size)
    context.set_default_timeout(WAIT_MS)
    opened = Window(await context.new_page())

    def asked(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob"):
            opened.origins.add(f"{parts.scheme}://{parts.netloc}")

    opened.page.on("request", lambda request: asked(request.url))
    opened.page.on("websocket", lambda socket: asked(socket.url))
    opened.page.on("pageerror", lambda error: opened.faults.append(str(error)))
    opened.page.on(
        "console",
        lambda said: opened.faults.append(said.text) if said.type == "error" else None,
    )
    try:
        yield opened
    finally:
        await context.close()
