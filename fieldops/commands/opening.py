"""How a command reaches the platform: settings, log, connections, and an end."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

import uvloop

from fieldops.local import service_urls
from fieldops.log import configure_log
from fieldops.process import Process, open_process
from fieldops.settings import Settings, load_settings

Answer = TypeVar("Answer")


def ready_settings() -> Settings:
    """Read the settings and set up the log as they say."""
    settings = load_settings()
    configure_log(settings.log_level, settings.log_format)
    # asyncpg and others read it; nothing we open may depend on the caller's own database.
    for name in ("PGHOST", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGSERVICE"):
        os.environ.pop(name, None)
    return settings


def call(main: Callable[[Process], Awaitable[Answer]], *, name: str = "fieldops-cli") -> Answer:
    """Open a process, run `main` in it, close it, and return what it returned."""
    settings = ready_settings()
    urls = service_urls(settings)

    async def opened() -> Answer:
        async with open_process(settings, urls, name=name) as process:
            return await main(process)

    return uvloop.run(opened())


def run_plain(main: Callable[[Settings], Awaitable[Answer]]) -> Answer:
    """Run `main` with the settings alone: for what speaks only the public API."""
    settings = ready_settings()

    async def started() -> Answer:
        return await main(settings)

    return asyncio.run(started())
