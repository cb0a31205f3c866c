"""What end-to-end tests share: a running hub, a browser, and where pictures go."""

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from fieldops import stack
from fieldops.process import Urls
from tests.e2e.browser import chromium
from tests.e2e.hub import Hub, running

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"


@pytest_asyncio.fixture(scope="session")
async def hub(stack_urls: Urls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hub]:
    """One process with all roles."""
    async with running(stack_urls, tmp_path_factory.mktemp("hub")) as started:
        yield started


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    with stack.progress_on(sys.stderr) as progress:
        path = stack.chromium(stack.root_from(os.environ), progress=progress)
    async with chromium(path) as started:
        yield started


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder for screenshots: the project's own only when `make screenshots` asks."""
    if os.environ.get("FIELDOPS_SCREENSHOTS") != "1":
        return tmp_path_factory.mktemp("pictures")
    IMAGES.mkdir(parents=True, exist_ok=True)
    return IMAGES
