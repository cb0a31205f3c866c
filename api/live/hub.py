"""The process's feeds: one for each tenant somebody looks at."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from api.live.feed import Feed
from fieldops.errors import Unavailable
from fieldops.model import TenantSlug
from fieldops.process import Process
from fieldops.settings import Settings
from fieldops.tenancy import Tenant

READY_S = 10.0
SNAPSHOTS_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a connection waits for what, seconds, and how much waits for it."""

    hello_s: float = 10.0
    grace_s: float = 30.0
    write_s: float = 10.0
    events_most: int = 1000

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        return cls(events_most=settings.live_queue_max)


class Hub:
    """Opens a tenant's feed with its first viewer; `run` must be running."""

    def __init__(self, process: Process, limits: Limits | None = None) -> None:
        self.limits = limits or Limits.of(process.settings)
        # A hall of phones that come back together must leave the pools to the others.
        self.snapshots = asyncio.Semaphore(SNAPSHOTS_AT_ONCE)
        self._process = process
        self._feeds: dict[TenantSlug, Feed] = {}
        self._asked: asyncio.Queue[Feed] = asyncio.Queue()

    async def run(self) -> None:
        """Run the feeds until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                feed = await self._asked.get()
                group.create_task(self._run(feed), name=f"feed:{feed.tenant.slug}")

    async def _run(self, feed: Feed) -> None:
        try:
            await feed.run()
        finally:
            del self._feeds[feed.tenant.slug]

    @asynccontextmanager
    async def feed(self, tenant: Tenant) -> AsyncIterator[Feed]:
        """Lend the tenant's feed, following.

        Raises:
            Unavailable: it could not be opened within 10 s.
        """
        feed = self._feeds.get(tenant.slug)
        if feed is None:
            feed = self._feeds[tenant.slug] = Feed(self._process, tenant)
            self._asked.put_nowait(feed)
        try:
            async with asyncio.timeout(READY_S):
                await feed.ready.wait()
        except TimeoutError as error:
            raise Unavailable("the live feed is not there yet", code="feed_unready") from error
        yield feed
