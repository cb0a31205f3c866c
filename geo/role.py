"""The role `geo`: one worker a tenant follows its fixes and writes who is where.

The machines live in memory and in `presence`; a batch that changes nothing costs no transaction,
and its number is stored with the next change or within 2 s: following it again from the same
place changes nothing again.
"""

import asyncio
import time

from fieldops.database import Pool, translated
from fieldops.events import append_events, follow_events, last_position, ring
from fieldops.leases import Lease, Steward, begin_batch
from fieldops.log import get_log
from fieldops.model import Fix, now
from fieldops.process import Process
from fieldops.stream import follow_fixes
from fieldops.tenancy import Tenant, transaction
from geo.fences.watched import watched_fences
from geo.index import FenceIndex
from geo.ledger import read_place, store_batch, store_outcome
from geo.metrics import BATCH_S, CROSSINGS, FIXES
from geo.presence import Memory, Outcome, advance_batch, close_fences
from geo.trips.role import follow_trips

log = get_log()
ROLE = "geo"
STORE_EVERY_S = 2.0


async def run_geo(process: Process) -> None:
    """Serve every tenant nobody else serves, until cancelled."""

    async def serve(tenant: Tenant, pool: Pool, lease: Lease) -> None:
        since = await last_position(pool)
        watch = await Watch.open(pool, lease)
        async with asyncio.TaskGroup() as group:
            group.create_task(_follow_fences(process, tenant, watch, since))
            group.create_task(_follow_fixes(process, tenant, watch))
            group.create_task(follow_trips(process, tenant, pool, lease))

    steward = Steward(process.tenants, ROLE, lease_s=process.settings.lease_s, serve=serve)
    process.unready.discard(ROLE)
    await steward.run()


async def _follow_fixes(process: Process, tenant: Tenant, watch: "Watch") -> None:
    async for batch, fixes in follow_fixes(
        watch.pool, process.valkey, tenant.slug, after=watch.batch
    ):
        started = time.perf_counter()
        if await watch.take(batch, fixes):
            await ring(process.valkey, tenant.slug)
        BATCH_S.observe(time.perf_counter() - started)


async def _follow_fences(process: Process, tenant: Tenant, watch: "Watch", since: int) -> None:
    async for events in follow_events(watch.pool, process.valkey, tenant.slug, since):
        if any(event.kind == "fence.changed" for event in events) and await watch.reload():
            await ring(process.valkey, tenant.slug)


class Watch:
    """A tenant's fences, the devices among them, and the lease under which both are written."""

    def __init__(
        self, pool: Pool, lease: Lease, *, batch: int, memory: Memory, index: FenceIndex
    ) -> None:
        self.pool = pool
        self.batch = batch
        self._lease = lease
        self._memory = memory
        self._index = index
        self._stored_at = time.monotonic()
        # Fixes and fences change the same memory, each around its own transaction.
        self._turn = asyncio.Lock()

    @classmethod
    async def open(cls, pool: Pool, lease: Lease) -> "Watch":
        """Return the watch as the last worker left it, fences closed meanwhile closed."""
        with translated("presence"):
            async with (
                pool.acquire(timeout=10.0) as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                place = await read_place(connection)
                index = FenceIndex(await watched_fences(connection))
        watch = cls(pool, lease, batch=place.batch, memory=place.memory, index=index)
        await watch.reload()
        log.info("presence.opened", batch=place.batch, fences=len(index))
        return watch

    async def take(self, batch: int, fixes: list[Fix]) -> bool:
        """Advance by one batch of ingest and store it; True when events were appended."""
        async with self._turn:
            outcome = advance_batch(self._memory, fixes, self._index)
            FIXES.labels("followed").inc(len(fixes) - outcome.late - outcome.untrusted)
            FIXES.labels("late").inc(outcome.late)
            FIXES.labels("untrusted").inc(outcome.untrusted)
            due = time.monotonic() - self._stored_at > STORE_EVERY_S
            if outcome.machines or due:
                await self._store(outcome, batch)
            self._memory.settle(outcome)
            self.batch = batch
        return bool(outcome.crossings)

    async def reload(self) -> bool:
        """Read the fences again; who was in one no longer watched has left it."""
        async with self._turn:
            with translated("fences"):
                async with self.pool.acquire(timeout=10.0) as connection:
                    index = FenceIndex(await watched_fences(connection))
            gone = {fence for _, fence in self._memory.machines} - index.ids()
            outcome = close_fences(self._memory, gone, now())
            if outcome.machines:
                await self._store(outcome, self.batch)
            self._memory.settle(outcome)
            self._index = index
        return bool(outcome.crossings)

    async def _store(self, outcome: Outcome, batch: int) -> None:
        """Store a batch and what it changed, all or nothing.

        Raises:
            LeaseLost: another worker serves the tenant. Unavailable: the database is lost.
        """
        async with transaction(self.pool, "presence") as connection:
            await begin_batch(connection, self._lease)
            await store_batch(connection, batch)
            await append_events(connection, await store_outcome(connection, outcome))
        self._stored_at = time.monotonic()
        for crossing in outcome.crossings:
            CROSSINGS.labels(crossing.kind).inc()
        if outcome.crossings:
            log.info("presence.stored", batch=batch, crossings=len(outcome.crossings))
