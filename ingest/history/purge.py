"""The purge: what is older than its term goes, and the audit chain says what went.

Each step is one bounded transaction that removes and appends its receipt; `drop_chunks` is
transactional too, so there is no removal without receipt and no receipt without removal. (Rows of
a chunk are counted just before it is dropped; a fix stored into it in between goes uncounted.)
A purge that is interrupted has done its steps and the next does the rest.

A stamp that cannot be trusted says nothing about age: such fixes are kept from their receipt, and
a chunk with one received lately is not dropped whole. Crossings of fences go with the fixes they
came from; attendance has a term of its own (years, for it is pay); the event log stays.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from fieldops.database import Connection, Pool, sql
from identity.audit import AuditEntry, append_audit
from ingest.history.retention import Term, Terms, before, load_terms
from ingest.history.steps import Enter, step

QUARANTINE_DAYS = 7
SIDE_BATCH_DAYS = 7
# An opened day ends after an hour; the chain keeps who opened it, and why, for good.
REPLAY_DAYS = 7
ROWS_MOST = 10_000
CHUNKS_MOST = 1_000
DEVICES_A_STATEMENT = 100
# A step ends here, after the statement in hand; a transaction may take 60 s.
STEP_S = 15.0
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Removed:
    """What one step removed: the body of its receipt, but for `what`."""

    what: str
    rows: int
    before: datetime
    days: int
    chunks: int = 0
    purpose: str | None = None
    policy: UUID | None = None

    def receipt(self) -> AuditEntry:
        body = asdict(self)
        return AuditEntry("purged", body.pop("what"), body=body)


Sweep: TypeAlias = Callable[[Connection, Terms, datetime], Awaitable[Removed | None]]


async def purge(pool: Pool, enter: Enter, at: datetime) -> list[Removed]:
    """Remove all that is due at `at`, step by step; return the steps.

    Raises:
        LeaseLost: another worker has the jobs. Unavailable: the steps returned nowhere are done,
            the rest is not; begin again later.
    """
    removed: list[Removed] = []
    for sweep in _SWEEPS:
        while (one := await _once(pool, enter, sweep, at)) is not None:
            removed.append(one)
    return removed


async def _once(pool: Pool, enter: Enter, sweep: Sweep, at: datetime) -> Removed | None:
    async with step(pool, enter, "purge") as connection:
        removed = await sweep(connection, await load_terms(connection), at)
        if removed is not None:
            await append_audit(connection, None, at, [removed.receipt()])
    return removed


async def due(connection: Connection, at: datetime) -> list[Removed]:
    """Return what a purge would remove of fixes and what came of them, attendance and
    quarantine; removes nothing."""
    found: list[Removed] = []
    for term in (await load_terms(connection)).each:
        limit = before(at, term.days)
        counts = await connection.fetchrow(
            sql("ingest.history", "count_expired"), list(term.devices), limit
        )
        assert counts is not None
        for what, name in _COUNTED:
            found.append(_of(term, what, counts[name], limit))
    limit = at - timedelta(days=QUARANTINE_DAYS)
    rows = await connection.fetchval(sql("ingest.history", "count_quarantine"), limit)
    found.append(Removed("quarantine", rows, limit, QUARANTINE_DAYS))
    days = await connection.fetchval(sql("ingest.history", "attendance_days"))
    rows = await connection.fetchval(sql("ingest.history", "count_attendance"), before(at, days))
    found.append(Removed("attendance", rows, before(at, days), days))
    return [each for each in found if each.rows]


_COUNTED = (
    ("fix", "fixes"),
    ("fix_rollup", "rollups"),
    ("latest_fix", "latest"),
    ("presence_event", "crossings"),
)


def _of(term: Term, what: str, rows: int, limit: datetime) -> Removed:
    return Removed(what, rows, limit, term.days, purpose=term.purpose, policy=term.policy)


async def _drop_fixes(connection: Connection, terms: Terms, at: datetime) -> Removed | None:
    """Drop the oldest chunk that is past every term."""
    limit = before(at, terms.longest_days)
    for chunk in await connection.fetch(
        sql("ingest.history", "expired_chunks"), "fix", limit, CHUNKS_MOST
    ):
        span = chunk["range_start"], chunk["range_end"]
        if not await connection.fetchval(sql("ingest.history", "recent_untrusted"), *span, limit):
            rows = await connection.fetchval(sql("ingest.history", "count_fixes"), *span)
            await connection.fetch(sql("ingest.history", "drop_chunk"), "fix", *span)
            return Removed("fix", rows, span[1], terms.longest_days, chunks=1)
    return None


async def _drop_rollups(connection: Connection, terms: Terms, at: datetime) -> Removed | None:
    limit = before(at, terms.longest_days)
    chunk = await connection.fetchrow(
        sql("ingest.history", "expired_chunks"), "fix_rollup", limit, 1
    )
    if chunk is None:
        return None
    span = chunk["range_start"], chunk["range_end"]
    rows = await connection.fetchval(sql("ingest.history", "count_rollups"), *span)
    await connection.fetch(sql("ingest.history", "drop_chunk"), "fix_rollup", *span)
    return Removed("fix_rollup", rows, span[1], terms.longest_days, chunks=1)


async def _delete_fixes(connection: Connection, terms: Terms, at: datetime) -> Removed | None:
    """Delete a term's oldest day, as far as the step's time goes."""
    for term in terms.each:
        limit = before(at, term.days)
        oldest = await connection.fetchval(
            sql("ingest.history", "oldest_fix"), list(term.devices), limit
        )
        if oldest is not None:
            until = min(before(oldest, 0) + _DAY, limit)
            rows = await _delete(connection, "delete_fixes", term, oldest, until)
            return _of(term, "fix", rows, until)
    return None


async def _delete_untrusted(connection: Connection, terms: Terms, at: datetime) -> Removed | None:
    for term in terms.each:
        limit = before(at, term.days)
        if rows := await _delete(connection, "delete_untrusted", term, limit):
            return _of(term, "fix", rows, limit)
    return None


async def _delete_rollups(connection: Connection, terms: Terms, at: datetime) -> Removed | None:
    for term in terms.each:
        limit = before(at, term.days)
        oldest = await connection.fetchval(
            sql("ingest.history", "oldest_rollup"), list(term.devices), limit
        )
        if oldest is not None:
            until = min(oldest + _WEEK, limit)
            rows = await _delete(connection, "delete_old_rollups", term, oldest, until)
            return _of(term, "fix_rollup", rows, until)
    return None


async def _delete_latest(connection: Connection, terms: Terms, at: datetime) -> Removed | None:
    for term in terms.each:
        limit = before(at, term.days)
        if rows := await _delete(connection, "delete_latest", term, limit):
            return _of(term, "latest_fix", rows, limit)
    return None


async def _delete_trips(connection: Connection, terms: Terms, at: datetime) -> Removed | None:
    """Trips and stops say where a vehicle was as its fixes do, and go when they go."""
    for term in terms.each:
        limit = before(at, term.days)
        for name, what in (("delete_trips", "trip"), ("delete_stops", "vehicle_stop")):
            if rows := await _delete(connection, name, term, limit):
                return _of(term, what, rows, limit)
    return None


async def _delete_crossings(connection: Connection, terms: Terms, at: datetime) -> Removed | None:
    for term in terms.each:
        limit = before(at, term.days)
        if rows := await _delete(connection, "delete_crossings", term, limit):
            return _of(term, "presence_event", rows, limit)
    return None


async def _delete_attendance(connection: Connection, _: Terms, at: datetime) -> Removed | None:
    """Remove declarations, what was thought of them, and the agreement on their days."""
    days = await connection.fetchval(sql("ingest.history", "attendance_days"))
    limit = before(at, days)
    rows = await connection.fetchval(sql("ingest.history", "delete_attendance"), limit, ROWS_MOST)
    return Removed("attendance", rows, limit, days) if rows else None


async def _delete(connection: Connection, name: str, term: Term, *bounds: datetime) -> int:
    """Delete in slices of a term's devices until none is left or the step's time is over."""
    rows, started = 0, time.monotonic()
    for devices in _slices(term.devices):
        rows += await connection.fetchval(sql("ingest.history", name), devices, *bounds)
        if time.monotonic() - started > STEP_S:
            break
    return rows


def _slices(devices: Sequence[UUID]) -> list[list[UUID]]:
    size = DEVICES_A_STATEMENT
    return [list(devices[i : i + size]) for i in range(0, len(devices), size)]


async def _delete_quarantine(connection: Connection, _: Terms, at: datetime) -> Removed | None:
    limit = at - timedelta(days=QUARANTINE_DAYS)
    return await _house("quarantine", connection, QUARANTINE_DAYS, limit, limit, ROWS_MOST)


async def _delete_drops(connection: Connection, terms: Terms, at: datetime) -> Removed | None:
    limit, days = before(at, terms.longest_days), terms.longest_days
    return await _house("drops", connection, days, limit, limit.date().isoformat())


async def _delete_settlements(connection: Connection, terms: Terms, at: datetime) -> Removed | None:
    """Forget spaces no device speaks in any more; a device's last one is never forgotten."""
    limit, days = before(at, terms.longest_days), terms.longest_days
    return await _house("settlements", connection, days, limit, limit, ROWS_MOST)


async def _delete_side_batches(connection: Connection, _: Terms, at: datetime) -> Removed | None:
    limit = at - timedelta(days=SIDE_BATCH_DAYS)
    return await _house("side_batches", connection, SIDE_BATCH_DAYS, limit, limit)


async def _delete_replays(connection: Connection, _: Terms, at: datetime) -> Removed | None:
    limit = at - timedelta(days=REPLAY_DAYS)
    return await _house("replays", connection, REPLAY_DAYS, limit, limit, ROWS_MOST)


async def _house(
    what: str, connection: Connection, days: int, limit: datetime, *values: Any
) -> Removed | None:
    rows = await connection.fetchval(sql("ingest.history", f"delete_{what}"), *values)
    return Removed(what, rows, limit, days) if rows else None


_SWEEPS: tuple[Sweep, ...] = (
    _drop_fixes,
    _delete_fixes,
    _delete_untrusted,
    _drop_rollups,
    _delete_rollups,
    _delete_latest,
    _delete_trips,
    _delete_crossings,
    _delete_attendance,
    _delete_quarantine,
    _delete_drops,
    _delete_settlements,
    _delete_side_batches,
    _delete_replays,
)
