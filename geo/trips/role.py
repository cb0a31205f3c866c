"""Follow the fixes of one tenant and keep its trips, stops and machines' alerts, under geo's lease.

A device's new fixes are gathered for `GATHER_S` and then derived once, in one transaction a device
and vehicle: rows, alerts and events exist together. How far the fixes were followed is stored
behind what was derived, so a worker that dies derives some again and changes nothing by it.
"""

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from uuid import UUID

from fieldops.database import Pool, sql, translated
from fieldops.events import append_events, ring
from fieldops.leases import Lease, begin_batch
from fieldops.log import get_log
from fieldops.model import Fix, now
from fieldops.process import Process
from fieldops.tenancy import Tenant, transaction
from geo.trips.journey import SILENCE_S, Journey, derive_journey
from geo.trips.machines.alerts import judge
from geo.trips.report import trip_events
from geo.trips.resting import Rest, Resting
from geo.trips.rows import replace_rows
from geo.trips.windows import Binding, Window, read_bindings, read_window

log = get_log()
GATHER_S = 5.0
SWEEP_S = 60.0
STORE_EVERY_S = 5.0
_observed_at = attrgetter("observed_at")


async def open_trips(pool: Pool, lease: Lease) -> "TripFollower":
    """Return a follower that goes on where the last worker left off.

    Raises:
        Unavailable: the database is lost.
    """
    with translated("trips"):
        batch = await pool.fetchval(sql("geo.trips", "read_follower")) or 0
    return TripFollower(pool, lease, batch)


async def derive_trips(process: Process, tenant: Tenant, follower: "TripFollower") -> None:
    """Derive a tenant's trips for ever, of what the follower takes meanwhile.

    Raises:
        LeaseLost: another worker serves the tenant. Unavailable: the database is lost.
    """
    while True:
        await asyncio.sleep(GATHER_S / 10)
        if await follower.derive_due():
            await ring(process.valkey, tenant.slug)


@dataclass(frozen=True, slots=True)
class _Dirty:
    """A device with fixes not derived yet: from when on, since which batch and which moment."""

    since: datetime
    batch: int
    marked_s: float


class TripFollower:
    """A tenant's devices whose trips are not up to date, and the lease to bring them there."""

    def __init__(self, pool: Pool, lease: Lease, batch: int) -> None:
        self.batch = batch
        self._pool = pool
        self._lease = lease
        self._dirty: dict[UUID, _Dirty] = {}
        self._resting = Resting()
        self._stored, self._stored_s = batch, time.monotonic()
        self._swept_s = 0.0

    def take(self, batch: int, fixes: list[Fix]) -> None:
        """Note which devices a batch of ingest concerns; one taken before concerns none."""
        if batch <= self.batch:
            return
        dirty = self._dirty
        found: dict[UUID, list[Fix]] = {}
        for fix in fixes:
            mark = dirty.get(fix.device)
            # Of a device that will be derived from an earlier moment on nothing is to be noted.
            if (mark is None or fix.observed_at < mark.since) and fix.timely:
                found.setdefault(fix.device, []).append(fix)
        for device, its in found.items():
            its.sort(key=_observed_at)
            if device in dirty or not self._resting.takes(device, its):
                self._mark(device, its[0].observed_at, batch)
        self.batch = batch

    def _mark(self, device: UUID, since: datetime, batch: int) -> None:
        known = self._dirty.get(device)
        if known is None:
            self._dirty[device] = _Dirty(since, batch, time.monotonic())
        elif since < known.since:
            self._dirty[device] = replace(known, since=since)

    async def derive_due(self, *, gather_s: float = GATHER_S) -> bool:
        """Derive the devices that were gathered for long enough; True when events were appended."""
        now_s = time.monotonic()
        if now_s - self._swept_s >= SWEEP_S:
            await self._sweep()
            self._swept_s = now_s
        due = {d: m for d, m in self._dirty.items() if now_s - m.marked_s >= gather_s}
        rang = False
        if due:
            with translated("trips"):
                async with self._pool.acquire(timeout=10.0) as connection:
                    bindings = await read_bindings(
                        connection, {device: mark.since for device, mark in due.items()}
                    )
            for device, mark in due.items():
                del self._dirty[device]
                try:
                    for binding in bindings.get(device, ()):
                        rang |= await self._derive(binding, max(mark.since, binding.valid_from))
                except BaseException:
                    self._dirty.setdefault(device, mark)
                    raise
        await self._store_place()
        return rang

    async def _derive(self, binding: Binding, since: datetime) -> bool:
        with translated("trips"):
            async with self._pool.acquire(timeout=10.0) as connection:
                window = await read_window(connection, binding, since)
        at = now()
        # The thread keeps the loop free: a day of fixes takes some 20 ms.
        journey = await asyncio.to_thread(derive_journey, window.fixes, at)
        journey = _carried(window, journey)
        async with transaction(self._pool, "trips") as connection:
            await begin_batch(connection, self._lease)
            replaced = await replace_rows(connection, window, journey)
            events = trip_events(binding, replaced)
            if replaced.written or replaced.removed:
                events += await judge(connection, binding, replaced, at)
            await append_events(connection, events)
        self._resting.settle(binding.device, _rest(window, journey))
        return bool(events)

    async def _sweep(self) -> None:
        """Mark devices that fell silent with a trip or a stop open: it ended where last seen."""
        with translated("trips"):
            rows = await self._pool.fetch(
                sql("geo.trips", "find_silent"), now() - timedelta(seconds=SILENCE_S)
            )
        for row in rows:
            self._mark(row["device_id"], row["observed_at"], self.batch)

    async def _store_place(self) -> None:
        """Store how far all is derived; what still gathers is followed again by the next."""
        place = min((m.batch - 1 for m in self._dirty.values()), default=self.batch)
        if place <= self._stored or time.monotonic() - self._stored_s < STORE_EVERY_S:
            return
        async with transaction(self._pool, "trips") as connection:
            await begin_batch(connection, self._lease)
            await connection.execute(sql("geo.trips", "set_follower"), place)
        self._stored, self._stored_s = place, time.monotonic()


def _carried(window: Window, journey: Journey) -> Journey:
    """Let the stop in which a window begins keep the beginning it has in its row."""
    stop = window.stop
    if stop is None or stop["started_at"] == window.from_at or not journey.stops:
        return journey
    first = journey.stops[0]
    if any(trip.started_at < first.started_at for trip in journey.trips):
        return journey
    carried = replace(
        first,
        started_at=stop["started_at"],
        lon=stop["lon"],
        lat=stop["lat"],
        accuracy_m=round(stop["accuracy_m"], 1),
    )
    return replace(journey, stops=[carried, *journey.stops[1:]])


def _rest(window: Window, journey: Journey) -> Rest | None:
    if not journey.stops or journey.stops[-1].ended_at is not None or not window.fixes:
        return None
    return Rest(journey.stops[-1], window.fixes[-1].observed_at, window.binding.valid_until)
