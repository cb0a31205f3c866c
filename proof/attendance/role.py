"""The role `attendance`: whatever changes what a verdict rests on has it judged again.

One worker a tenant follows the event log. What REST records is judged in its own transaction; what
devices declare over MQTT is judged here a moment later, and so is what a moved fence, or presence
that came out otherwise, had decided. Judging is idempotent, so following an event twice is
harmless; the place in the log is stored with the verdicts.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from fieldops.database import Connection, Pool, sql, translated
from fieldops.events import Event, NewEvent, append_events, follow_events, ring
from fieldops.leases import Lease, Steward, begin_batch
from fieldops.log import get_log
from fieldops.model import now
from fieldops.process import Process
from fieldops.tenancy import Tenant, transaction
from proof.attendance.judging import Cause, events_of, judge_around, lock_workers
from proof.attendance.rules import load_limits

log = get_log()
ROLE = "attendance"
FOLLOWER = "attendance"
# A fence that moves rewrites nothing older; what is younger arrived while it moved.
FENCE_BACK = timedelta(days=3)
TOUCHED_MOST = 10_000
Touched = tuple[UUID, datetime, Cause]


async def run_attendance(process: Process) -> None:
    """Serve every tenant nobody else serves, until cancelled."""

    async def serve(tenant: Tenant, pool: Pool, lease: Lease) -> None:
        since = await _place(pool)
        async for events in follow_events(pool, process.valkey, tenant.slug, since):
            if await follow(pool, lease, tenant, events):
                await ring(process.valkey, tenant.slug)

    steward = Steward(process.tenants, ROLE, lease_s=process.settings.lease_s, serve=serve)
    process.unready.discard(ROLE)
    await steward.run()


async def _place(pool: Pool) -> int:
    with translated("attendance"):
        return await pool.fetchval(sql("proof.attendance", "read_follower"), FOLLOWER) or 0


async def follow(pool: Pool, lease: Lease, tenant: Tenant, events: Sequence[Event]) -> bool:
    """Judge what a batch of events touches; True when there is something to tell.

    Raises:
        LeaseLost: another worker serves the tenant. Unavailable: the database is lost.
    """
    if not any(event.kind in _KINDS for event in events):
        return False
    told: list[NewEvent] = []
    async with transaction(pool, "attendance") as connection:
        await begin_batch(connection, lease)
        touched = await _touched(connection, events)
        await lock_workers(connection, [worker for worker, _, _ in touched])
        at = now()
        for worker, moment, cause in touched:
            turned = await judge_around(connection, worker, moment, tenant.tz, cause, at)
            told += events_of(turned)
        await connection.execute(
            sql("proof.attendance", "set_follower"), FOLLOWER, events[-1].position
        )
        await append_events(connection, told)
    log.info("attendance.judged", tenant=tenant.slug, moments=len(touched), told=len(told))
    return bool(told)


_KINDS = frozenset(
    {
        "attendance.recorded",
        "attendance.corrected",
        "fence.changed",
        "presence.superseded",
        "presence.entered",
        "presence.left",
    }
)


async def _touched(connection: Connection, events: Sequence[Event]) -> list[Touched]:
    """Return the workers and moments to be judged, each once."""
    found: dict[tuple[UUID, datetime], Cause] = {}
    aid: bool | None = None
    for event in events:
        body = event.body
        match event.kind:
            case "attendance.recorded" | "attendance.corrected":
                key = (UUID(body["worker_id"]), datetime.fromisoformat(body["device_at"]))
                found.setdefault(key, "recorded")
            case "fence.changed" if body.get("site_id"):
                rows = await connection.fetch(
                    sql("proof.attendance", "find_at_site"),
                    UUID(str(body["site_id"])),
                    event.at - FENCE_BACK,
                    TOUCHED_MOST,
                )
                for row in rows:
                    found.setdefault((row["worker_id"], row["device_at"]), "fence")
            case "presence.superseded" | "presence.entered" | "presence.left":
                if event.kind != "presence.superseded" and body.get("status") == "provisional":
                    continue
                if aid is None:
                    aid = (await load_limits(connection)).presence_aid
                if not aid or not body.get("device"):
                    continue
                rows = await connection.fetch(
                    sql("proof.attendance", "find_of_device"),
                    UUID(str(body["device"])),
                    datetime.fromisoformat(str(body["at"])),
                    TOUCHED_MOST,
                )
                for row in rows:
                    found.setdefault((row["worker_id"], row["device_at"]), "presence")
    return [(worker, at, cause) for (worker, at), cause in found.items()]
