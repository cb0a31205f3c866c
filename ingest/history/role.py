"""Ingest's part of the role `jobs`: holes and roll-ups every half minute, a purge every hour."""

import asyncio
import time

from fieldops.database import Pool
from fieldops.events import append_events
from fieldops.leases import Lease
from fieldops.log import get_log
from fieldops.model import now
from fieldops.tenancy import Tenant
from identity.audit import append_audit
from identity.erasure import hide_begun
from ingest.history.compression import compress
from ingest.history.holes import close_holes
from ingest.history.metrics import PURGED, ROLLED
from ingest.history.purge import purge
from ingest.history.rollups import roll_up
from ingest.history.steps import Enter, owning, step

log = get_log()
# A bucket of 5 minutes is computed some ten times while it fills, not at every batch.
LAP_S = 30.0
PURGE_EVERY_S = 3600.0


async def serve_history(tenant: Tenant, pool: Pool, lease: Lease) -> None:
    """Do one tenant's jobs on its history while the lease lasts.

    Raises:
        LeaseLost: another owns the tenant. Unavailable: the database is lost, try again.
    """
    enter = owning(lease)
    purge_at = time.monotonic()
    while True:
        await close_holes(pool, enter)
        ROLLED.labels(tenant.slug).inc(await roll_up(pool, enter))
        await hide_private(pool, enter)
        if time.monotonic() >= purge_at:
            await _clean(tenant, pool, enter)
            purge_at = time.monotonic() + PURGE_EVERY_S
        await asyncio.sleep(LAP_S)


async def hide_private(pool: Pool, enter: Enter) -> None:
    """Take the newest positions of who is private now away: planned time begins by itself."""
    at = now()
    async with step(pool, enter, "private time") as connection:
        erased = await hide_begun(connection, at)
        await append_audit(connection, None, at, [e for each in erased for e in each.receipts()])
        await append_events(connection, [e for each in erased for e in each.events()])


async def _clean(tenant: Tenant, pool: Pool, enter: Enter) -> None:
    at = now()
    removed = await purge(pool, enter, at)
    compressed = await compress(pool, enter, at)
    for each in removed:
        PURGED.labels(tenant.slug, each.what).inc(each.rows)
    if removed or compressed:
        log.info(
            "tenant.purged",
            tenant=tenant.slug,
            rows=sum(each.rows for each in removed),
            chunks=sum(each.chunks for each in removed),
            compressed=compressed,
        )
