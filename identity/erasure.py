"""What was stored before one knew that it was private, taken away again, with a receipt.

Fixes, their roll-ups, crossings of fences and raw bytes in quarantine inside the time go; the
newest position goes too, at once, and viewers are told to take the marker off. Only how many fixes
and messages there were is counted. A vehicle's tracker stays out of it, as at the gate: others sit
in the van too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.events import NewEvent
from identity.audit import AuditEntry
from identity.set_aside import erase_set_aside

WORKERS_MOST = 200


@dataclass(frozen=True, slots=True)
class Erased:
    """What one private stretch took away; `hidden` devices show no position from now on."""

    worker: UUID
    why: str
    starts_at: datetime
    ends_at: datetime | None
    fixes: int
    crossings: int
    quarantined: int
    hidden: tuple[UUID, ...]
    crews: tuple[UUID, ...]

    def receipts(self) -> list[AuditEntry]:
        """Return the receipt, none where nothing was there."""
        if not self.fixes + self.crossings + self.quarantined:
            return []
        body = {
            "why": self.why,
            "rows": self.fixes,
            "crossings": self.crossings,
            "quarantined": self.quarantined,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
        }
        return [AuditEntry("purged", "fix", self.worker, body)]

    def events(self) -> list[NewEvent]:
        """Return what tells viewers to take the markers off."""
        if not self.hidden:
            return []
        return [NewEvent("position.hidden", {"devices": list(self.hidden)}, crews=self.crews)]


async def hide_begun(connection: Connection, now: datetime) -> list[Erased]:
    """Hide whoever's planned private time has begun, and what came late of those in one."""
    rows = await connection.fetch(sql("identity", "find_shown"), now, WORKERS_MOST)
    return [
        await erase_private(
            connection, row["worker_id"], row["starts_at"], row["ends_at"], row["kind"], now
        )
        for row in rows
    ]


async def restore_positions(connection: Connection, worker: UUID, now: datetime) -> None:
    """Give the worker's own devices their newest position back, unless he is private still."""
    await connection.execute(sql("identity", "restore_latest"), worker, now)


async def erase_private(
    connection: Connection,
    worker: UUID,
    starts_at: datetime,
    ends_at: datetime | None,
    why: Literal["private", "break", "mandate"],
    now: datetime,
) -> Erased:
    """Take away what the worker's own devices left in [starts_at, ends_at), None being open.

    The period's row is written already, so nothing more comes. While it lasts the newest position
    is gone whatever its time; once over, the newest from outside it is the newest again.
    """
    values = worker, starts_at, ends_at
    fixes = await connection.fetchval(sql("identity", "erase_fixes"), *values, why, now)
    crossings = await connection.fetchval(sql("identity", "erase_crossings"), *values)
    quarantined = await erase_set_aside(connection, *values, why, now)
    running = starts_at <= now and (ends_at is None or ends_at > now)
    rows = await connection.fetch(sql("identity", "hide_latest"), *values, now, running)
    await connection.execute(sql("identity", "restore_latest"), worker, now)
    hidden = [row for row in rows if row["hidden"]]
    return Erased(
        worker,
        why,
        starts_at,
        ends_at,
        fixes,
        crossings,
        quarantined,
        tuple(row["id"] for row in hidden),
        tuple({row["crew_id"] for row in hidden if row["crew_id"] is not None}),
    )
