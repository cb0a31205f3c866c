"""Batches of fixes as ingest commits them, without a broker: rows, the newest positions, stream."""

from collections.abc import Sequence
from dataclasses import dataclass

from fieldops.database import Pool
from fieldops.leases import Lease, begin_batch, take_lease
from fieldops.model import UNTRUSTED_TIME, Fix
from fieldops.process import Process
from fieldops.stream import append_batch
from fieldops.tenancy import Tenant

_FIX = """
insert into fix (device_id, observed_at, received_at, lon, lat, accuracy_m, speed_mps,
                 heading_deg, flags, run, seq, batch)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'r', 0, $10)
on conflict do nothing
"""
_LATEST = """
insert into latest_fix (device_id, observed_at, received_at, lon, lat, accuracy_m, speed_mps,
                        heading_deg, flags)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (device_id) do update
set observed_at = excluded.observed_at, received_at = excluded.received_at,
    lon = excluded.lon, lat = excluded.lat
where latest_fix.observed_at < excluded.observed_at
"""


@dataclass(frozen=True, slots=True)
class Feeding:
    """One tenant's ingest, holding its lease."""

    process: Process
    tenant: Tenant
    pool: Pool
    lease: Lease

    async def put(self, fixes: Sequence[Fix], *, stream: bool = True) -> int:
        """Commit a batch and, unless Valkey shall have lost it, append it to the stream."""
        async with self.pool.acquire() as connection, connection.transaction():
            batch = await begin_batch(connection, self.lease)
            rows = [
                (f.device, f.observed_at, f.received_at, f.lon, f.lat, f.accuracy_m, f.speed_mps,
                 f.heading_deg, int(f.flags))
                for f in fixes
            ]  # fmt: skip
            await connection.executemany(_FIX, [(*row, batch) for row in rows])
            trusted = [
                row for row, fix in zip(rows, fixes, strict=True) if not fix.flags & UNTRUSTED_TIME
            ]
            await connection.executemany(_LATEST, trusted)
        if stream:
            await append_batch(self.process.valkey, self.tenant.slug, batch, fixes)
        return batch


async def open_feeding(process: Process, tenant: Tenant, pool: Pool) -> Feeding:
    lease = await take_lease(pool, "ingest", "feeding", 3600)
    assert lease is not None
    return Feeding(process, tenant, pool, lease)
