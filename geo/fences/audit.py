"""The nightly audit: PostGIS judges a sample of the day's fixes again, and differences are told.

The index in memory decides who is where; PostGIS is the truth. A sample spread over the day is
asked of both, each fix of the fence versions in force at its own time: the same pairs inside, and
the same distance to every near edge, within the error the index states. What differs is a row, an
event and a metric; never a position.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from fieldops.database import Connection, Pool, sql, translated
from fieldops.events import NewEvent, append_events, ring
from fieldops.leases import Lease, begin_batch
from fieldops.log import get_log
from fieldops.model import UNTRUSTED_TIME, new_id, now
from fieldops.process import Process
from fieldops.tenancy import Tenant, transaction
from geo.fences.watched import watched_fences
from geo.index import Fence, FenceIndex
from geo.metrics import AUDIT_DIFFERENCES, AUDITED

log = get_log()
SPAN = timedelta(days=1)
SLICES, SLICE_MOST = 96, 50  # a quarter of an hour each; 4,800 fixes at most
EXAMPLES_MOST = 20
AUDITS_MOST = 100
# The index's stated error (geo/index.py) at 25 km from a centre at 60° of latitude, and 10 cm.
EDGE_REL, EDGE_ABS_M = 0.01, 0.1
HOUR_LOCAL = 2
LOOK_S = 300.0


@dataclass(frozen=True, slots=True)
class Difference:
    """Where index and PostGIS part: a fence version, how often, and how, worst first."""

    fence: UUID
    version: UUID
    kind: str  # inside_only_index, inside_only_postgis, edge
    fixes: int
    worst_m: float | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """One audit of [since, until): fixes and near pairs compared, and what differs."""

    id: UUID
    at: datetime
    since: datetime
    until: datetime
    fixes: int
    pairs: int
    differing: int
    differences: tuple[Difference, ...]


IndexOf = Callable[[Iterable[Fence]], FenceIndex]


async def audit_fences(
    connection: Connection, until: datetime, *, tz: str, index_of: IndexOf = FenceIndex
) -> Audit:
    """Compare index and PostGIS over a sample of the day that ended at `until`; reads only.

    `tz` is the tenant's; `index_of` makes the index that is audited.
    """
    since = until - SPAN
    versions = await watched_fences(connection, since, tz=tz)
    # Hours decide when one looks, not what one sees: PostGIS knows nothing of them.
    index = index_of(replace(fence, hours=None) for fence in versions)
    sample = await connection.fetch(
        sql("geo.fences", "sample_fixes"), since, until, SLICES, SLICE_MOST, int(UNTRUSTED_TIME)
    )
    lons = np.array([row["lon"] for row in sample], dtype=float)
    lats = np.array([row["lat"] for row in sample], dtype=float)
    ats = [row["observed_at"] for row in sample]
    said = index.locate(lons, lats, ats)
    near = [
        (int(point), index.fence(int(place)).version, float(edge_m))
        for point, place, edge_m in zip(said.points, said.places, said.edge_m, strict=True)
    ]
    truth = await _truth(connection, lons.tolist(), lats.tolist(), ats)
    edges = await _edges(connection, lons.tolist(), lats.tolist(), near)
    fence_of = {fence.version: fence.id for fence in versions}
    found = _compared(near, truth, edges)
    differences = _gathered(found, fence_of)
    return Audit(new_id(), now(), since, until, len(sample), len(near), len(found), differences)


async def keep_audit(connection: Connection, audit: Audit) -> None:
    """Store an audit; when something differs, append the event, last of the transaction."""
    examples = [asdict(difference) for difference in audit.differences]
    await connection.execute(
        sql("geo.fences", "insert_audit"),
        audit.id,
        audit.at,
        audit.since,
        audit.until,
        audit.fixes,
        audit.pairs,
        audit.differing,
        examples,
    )
    if audit.differing:
        body = {"id": audit.id, "fixes": audit.fixes, "differing": audit.differing}
        await append_events(connection, [NewEvent("fence.disagreed", body)])


async def view_audits(connection: Connection, limit: int = AUDITS_MOST) -> list[dict[str, Any]]:
    """Return audits, the newest first, fields as the api's FenceAudit."""
    return [dict(row) for row in await connection.fetch(sql("geo.fences", "view_audits"), limit)]


async def run_audit(
    process: Process,
    tenant: Tenant,
    pool: Pool,
    lease: Lease | None = None,
    *,
    index_of: IndexOf = FenceIndex,
) -> Audit:
    """Audit the last day and keep the result; without a lease beside the worker.

    Raises:
        LeaseLost: another owns the jobs. Unavailable: the database is lost.
    """
    with translated("fence audit"):
        async with (
            pool.acquire(timeout=10.0) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            audit = await audit_fences(connection, now(), tz=tenant.tz, index_of=index_of)
    async with transaction(pool, "fence audit") as connection:
        if lease is not None:
            await begin_batch(connection, lease)
        await keep_audit(connection, audit)
    AUDITED.labels(tenant.slug).inc(audit.fixes)
    AUDIT_DIFFERENCES.labels(tenant.slug).inc(audit.differing)
    level = log.error if audit.differing else log.info
    level("fences.audited", tenant=tenant.slug, fixes=audit.fixes, differing=audit.differing)
    if audit.differing:
        await ring(process.valkey, tenant.slug)
    return audit


async def audit_nightly(process: Process, tenant: Tenant, pool: Pool, lease: Lease) -> None:
    """Audit once a night, at 2 o'clock of the tenant's time zone or soon after.

    Raises:
        LeaseLost: another owns the jobs. Unavailable: the database is lost, try again.
    """
    while True:
        with translated("fence audit"):
            last_at = await pool.fetchval(sql("geo.fences", "last_audit"))
        if is_due(now(), last_at, tenant.tz):
            await run_audit(process, tenant, pool, lease)
        await asyncio.sleep(LOOK_S)


def is_due(at: datetime, last_at: datetime | None, tz: str) -> bool:
    """Return whether this night's audit, begun at 2 o'clock there, was not done yet."""
    local = at.astimezone(ZoneInfo(tz))
    night = local.replace(hour=HOUR_LOCAL, minute=0, second=0, microsecond=0)
    if local < night:
        night -= timedelta(days=1)
    return last_at is None or last_at < night


_Near = Sequence[tuple[int, UUID | None, float]]
_Found = list[tuple[UUID | None, str, float | None]]


async def _truth(
    connection: Connection, lons: list[float], lats: list[float], ats: list[datetime]
) -> set[tuple[int, UUID | None]]:
    rows = await connection.fetch(sql("geo.fences", "judge_points"), lons, lats, ats)
    return {(row["point"], row["version_id"]) for row in rows}


async def _edges(
    connection: Connection, lons: list[float], lats: list[float], near: _Near
) -> list[float]:
    rows = await connection.fetch(
        sql("geo.fences", "measure_edges"),
        [lons[point] for point, _, _ in near],
        [lats[point] for point, _, _ in near],
        [version for _, version, _ in near],
    )
    return [row["edge_m"] for row in rows]


def _compared(near: _Near, truth: set[tuple[int, UUID | None]], edges: list[float]) -> _Found:
    """Return every pair that differs: its version, how, and by how many metres."""
    inside = {(point, version) for point, version, edge_m in near if edge_m <= 0}
    found: _Found = [(version, "inside_only_index", None) for _, version in inside - truth]
    found += [(version, "inside_only_postgis", None) for _, version in truth - inside]
    for (_, version, edge_m), true_m in zip(near, edges, strict=True):
        off_m = abs(abs(edge_m) - true_m)
        if off_m > EDGE_ABS_M + EDGE_REL * true_m:
            found.append((version, "edge", off_m))
    return found


def _gathered(found: _Found, fence_of: dict[UUID | None, UUID]) -> tuple[Difference, ...]:
    """Return the differences by version and kind, the most frequent first."""
    counted: dict[tuple[UUID, str], list[float | None]] = {}
    for version, kind, off_m in found:
        assert version is not None
        counted.setdefault((version, kind), []).append(off_m)
    differences = [
        Difference(
            fence_of[version], version, kind, len(offs), max((m for m in offs if m), default=None)
        )
        for (version, kind), offs in counted.items()
    ]
    return tuple(sorted(differences, key=lambda d: -d.fixes)[:EXAMPLES_MOST])
