"""The role `geo`: one worker a tenant follows its fixes and writes who is where.

The machines live in memory and in `presence`; a batch that says nothing costs no transaction, and
its number is stored with what it changed at the next event or within 10 s: following it again from
the same place says nothing again. Fixes that come late are told anew beside, a device at a time.
"""

import asyncio
import time

from fieldops.database import Pool
from fieldops.events import follow_events, last_position, ring
from fieldops.leases import Lease, Steward
from fieldops.process import Process
from fieldops.stream import follow_fixes
from fieldops.tenancy import Tenant
from geo.metrics import BATCH_S
from geo.trips.role import TripFollower, derive_trips, open_trips
from geo.watch import Watch

ROLE = "geo"
LOOK_S = 0.5


async def run_geo(process: Process) -> None:
    """Serve every tenant nobody else serves, until cancelled."""

    async def serve(tenant: Tenant, pool: Pool, lease: Lease) -> None:
        since = await last_position(pool)
        watch, trips = await Watch.open(pool, lease, tenant.tz), await open_trips(pool, lease)
        async with asyncio.TaskGroup() as group:
            group.create_task(_follow_fences(process, tenant, watch, since))
            group.create_task(_follow_fixes(process, tenant, watch, trips))
            group.create_task(_tell_late(process, tenant, watch))
            group.create_task(derive_trips(process, tenant, trips))

    steward = Steward(process.tenants, ROLE, lease_s=process.settings.lease_s, serve=serve)
    process.unready.discard(ROLE)
    await steward.run()


async def _follow_fixes(
    process: Process, tenant: Tenant, watch: Watch, trips: TripFollower
) -> None:
    """Read each batch once for presence and trips; who is ahead leaves out what it has taken."""
    async for batch, fixes in follow_fixes(
        watch.pool, process.valkey, tenant.slug, after=min(watch.batch, trips.batch)
    ):
        started = time.perf_counter()
        trips.take(batch, fixes)
        if await watch.take(batch, fixes):
            await ring(process.valkey, tenant.slug)
        BATCH_S.observe(time.perf_counter() - started)


async def _follow_fences(process: Process, tenant: Tenant, watch: Watch, since: int) -> None:
    async for events in follow_events(watch.pool, process.valkey, tenant.slug, since):
        if any(event.kind == "fence.changed" for event in events) and await watch.reload():
            await ring(process.valkey, tenant.slug)


async def _tell_late(process: Process, tenant: Tenant, watch: Watch) -> None:
    while True:
        waiting = watch.late
        if await watch.retell():
            await ring(process.valkey, tenant.slug)
        if watch.late == waiting:
            await asyncio.sleep(LOOK_S)
