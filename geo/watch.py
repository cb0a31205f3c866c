"""One tenant's presence as it is followed: memory, fences, and the lease it is written under."""

import asyncio
import time
from datetime import timedelta

from fieldops.database import Connection, Pool, translated
from fieldops.events import append_events
from fieldops.leases import Lease, begin_batch
from fieldops.log import get_log
from fieldops.model import Fix, now
from fieldops.tenancy import transaction
from geo.fences.watched import watched_fences
from geo.index import FenceIndex
from geo.ledger.entries import store_changes, store_crossings
from geo.ledger.retelling import changes_of, clear_past, read_past, tell
from geo.ledger.state import Dirty, Stop, expire_checkpoints, read_stop, store_state
from geo.metrics import CROSSINGS, FIXES, RETOLD
from geo.presence.batch import LATE_MOST, REACH_M, Outcome, advance_batch, close_fences

log = get_log()
# Each device near a fence costs a row of a kilobyte; what is followed again says nothing again.
STORE_EVERY_S = 10.0
# Late fixes of one device come in many batches; its past is told anew once for all of them.
GATHER_S = 2.0
# Versions of fences that a late fix may need, with what was before its last checkpoint.
VERSIONS_BACK = LATE_MOST + timedelta(days=1)
EXPIRE_EVERY_S = 3600.0


class Watch:
    """A tenant's fences, the devices among them, and the lease under which both are written."""

    def __init__(self, pool: Pool, lease: Lease, stop: Stop, index: FenceIndex, tz: str) -> None:
        self.pool = pool
        self.batch = stop.batch
        self._lease = lease
        self._tz = tz
        self._memory = stop.memory
        self._index = index
        self._dirty = Dirty.nothing()
        # Device to where its late fixes begin and when the first of them was queued.
        self._late = {device: (since, 0.0) for device, since in stop.late.items()}
        self._stored_at = time.monotonic()
        self._expired_at = 0.0
        # Fixes, fences and the past change the same memory, each around its own transaction.
        self._turn = asyncio.Lock()

    @classmethod
    async def open(cls, pool: Pool, lease: Lease, tz: str = "UTC") -> "Watch":
        """Return the watch as the last worker left it, fences closed meanwhile closed."""
        with translated("presence"):
            async with (
                pool.acquire(timeout=10.0) as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                stop = await read_stop(connection)
                index = await _index(connection, tz)
        watch = cls(pool, lease, stop, index, tz)
        await watch.reload()
        log.info("presence.opened", batch=stop.batch, fences=len(index), late=len(stop.late))
        return watch

    @property
    def late(self) -> int:
        """Devices whose past waits to be told anew."""
        return len(self._late)

    async def take(self, batch: int, fixes: list[Fix]) -> bool:
        """Advance by one batch of ingest and store it; True when events were appended.

        A batch that was taken before changes nothing.
        """
        async with self._turn:
            if batch <= self.batch:
                return False
            outcome = advance_batch(self._memory, fixes, self._index)
            for name, count in (
                ("followed", outcome.followed), ("passed", outcome.passed),
                ("late", outcome.late_fixes), ("expired", outcome.expired),
                ("untrusted", outcome.untrusted),
            ):  # fmt: skip
                FIXES.labels(name).inc(count)
            self._dirty.add(outcome)
            if outcome.crossings or time.monotonic() - self._stored_at > STORE_EVERY_S:
                await self._store(outcome, batch)
            self._settle(outcome)
            self.batch = batch
        return bool(outcome.crossings)

    async def reload(self) -> bool:
        """Read the fences again; who was in one no longer watched has left it."""
        async with self._turn:
            with translated("fences"):
                async with self.pool.acquire(timeout=10.0) as connection:
                    index = await _index(connection, self._tz)
            known = {fence for machines in self._memory.machines.values() for fence in machines}
            outcome = close_fences(self._memory, known - index.ids(), now())
            if outcome.machines:
                self._dirty.add(outcome)
                await self._store(outcome, self.batch)
            self._settle(outcome)
            self._index = index
        return bool(outcome.crossings)

    async def retell(self, *, at_once: bool = False) -> bool:
        """Tell the past of one device anew that waits for it; True when events were appended."""
        async with self._turn:
            ripe = time.monotonic() - (0.0 if at_once else GATHER_S)
            device = next((d for d, (_, queued) in self._late.items() if queued <= ripe), None)
            if device is None:
                return False
            since, _ = self._late[device]
            async with transaction(self.pool, "presence") as connection:
                await begin_batch(connection, self._lease)
                await store_state(connection, self.batch, self._dirty)
                past = await read_past(connection, device, since, self.batch)
                retold = await asyncio.to_thread(tell, past, self._index)
                changes = await changes_of(connection, past, retold, self._index)
                await clear_past(connection, past)
                await store_state(connection, self.batch, Dirty.of(device, retold))
                events = await store_changes(connection, changes)
                await append_events(connection, events)
            self._dirty = Dirty.nothing()
            self._memory.put(device, retold.known)
            del self._late[device]
            RETOLD.inc()
            log.info("presence.retold", fixes=len(past.fixes), entries=len(changes.new))
        return bool(events)

    def _settle(self, outcome: Outcome) -> None:
        self._memory.settle(outcome)
        queued = time.monotonic()
        for device, since in outcome.late.items():
            before, first = self._late.get(device, (since, queued))
            self._late[device] = (min(since, before), first)

    async def _store(self, outcome: Outcome, batch: int) -> None:
        """Store what changed since the last time, and what a batch says, all or nothing.

        Raises:
            LeaseLost: another worker serves the tenant. Unavailable: the database is lost.
        """
        expire = time.monotonic() - self._expired_at > EXPIRE_EVERY_S
        async with transaction(self.pool, "presence") as connection:
            await begin_batch(connection, self._lease)
            await store_state(connection, batch, self._dirty)
            if expire:
                await expire_checkpoints(connection, now())
            await append_events(connection, await store_crossings(connection, outcome.crossings))
        self._stored_at = time.monotonic()
        self._expired_at = self._stored_at if expire else self._expired_at
        self._dirty = Dirty.nothing()
        for crossing in outcome.crossings:
            CROSSINGS.labels(crossing.kind, crossing.status).inc()
        if outcome.crossings:
            log.info("presence.stored", batch=batch, crossings=len(outcome.crossings))


async def _index(connection: Connection, tz: str) -> FenceIndex:
    versions = await watched_fences(connection, now() - VERSIONS_BACK, tz=tz)
    return FenceIndex(versions, reach_m=REACH_M)
