"""Alerts: a watched machine that moves out of its hours.

Judged where trips are derived, in their transaction: a trip that leaves the hours opens an alert at
the first moment outside, its end closes it, and when late fixes say there was no such trip the
alert is closed as withdrawn. One trip has one alert, so nothing is said twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fieldops.database import Connection, Record, sql
from fieldops.errors import Conflict
from fieldops.events import NewEvent
from fieldops.model import Purpose, new_id
from fieldops.rows import get_row, update_row
from fieldops.schema.tables import alert
from geo.trips.journey import Trip
from geo.trips.machines.hours import first_outside
from geo.trips.rows import Kept, Replaced
from geo.trips.windows import Binding
from identity.commands import Change
from identity.reach import only
from identity.rights import require
from identity.week import Week, week_of

RULE = "out_of_hours_movement"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an alert should say of a trip; `opened_at` None: nothing to say."""

    opened_at: datetime | None
    closed_at: datetime | None = None
    closed_by: Literal["ended", "withdrawn"] | None = None


def verdict_on(week: Week, trip: Trip) -> Verdict:
    """Return what the hours make of a trip."""
    opened_at = first_outside(week, trip.started_at, trip.last_at)
    if opened_at is None or trip.ended_at is None:
        return Verdict(opened_at)
    return Verdict(opened_at, trip.ended_at, "ended")


async def judge(
    connection: Connection, binding: Binding, replaced: Replaced, at: datetime
) -> list[NewEvent]:
    """Open and close alerts for what changed of a machine's trips; return what to append."""
    hours = await connection.fetchval(
        sql("geo.trips.machines", "read_hours"), binding.vehicle, binding.device, Purpose.SAFETY
    )
    week = week_of(hours) if hours else None
    causes = [kept.id for kept in replaced.written] + [row["id"] for row in replaced.removed]
    rows = await connection.fetch(sql("geo.trips.machines", "lock_alerts"), RULE, causes)
    known = {row["cause_id"]: row for row in rows}
    events: list[NewEvent] = []
    for kept in replaced.written:
        events += await _settle(connection, binding, kept, week, known.get(kept.id), at)
    for row in replaced.removed:
        if row["id"] in known and known[row["id"]]["closed_by"] != "withdrawn":
            events += await _write(connection, known[row["id"]], Verdict(None, at, "withdrawn"))
    return events


async def _settle(
    connection: Connection,
    binding: Binding,
    kept: Kept[Trip],
    week: Week | None,
    row: Record | None,
    at: datetime,
) -> list[NewEvent]:
    verdict = verdict_on(week, kept.span) if week is not None else Verdict(None)
    if row is None and verdict.opened_at is None:
        return []
    if row is None:
        alert_id = new_id()
        await connection.execute(
            sql("geo.trips.machines", "add_alert"), alert_id, RULE, binding.vehicle, binding.device,
            kept.id, verdict.opened_at, verdict.closed_at, verdict.closed_by,
        )  # fmt: skip
        view = await view_alert(connection, alert_id)
        kinds = ["alert.opened"] + ["alert.closed"] * (verdict.closed_at is not None)
        return [NewEvent(kind, view) for kind in kinds]
    if verdict.opened_at is None and week is not None:
        verdict = Verdict(None, at, "withdrawn")
    elif verdict.opened_at is None:  # no longer watched: what was opened ends with its trip
        ended_at = kept.span.ended_at
        verdict = Verdict(row["opened_at"], ended_at, "ended" if ended_at else None)
    return await _write(connection, row, verdict)


async def _write(connection: Connection, row: Record, verdict: Verdict) -> list[NewEvent]:
    """Bring a stored alert to a verdict; say so when it opens or closes by that."""
    opened_at = verdict.opened_at or row["opened_at"]
    wanted = opened_at, verdict.closed_at, verdict.closed_by
    if verdict.closed_by == "withdrawn" == row["closed_by"]:
        return []
    if (row["opened_at"], row["closed_at"], row["closed_by"]) == wanted:
        return []
    await connection.execute(sql("geo.trips.machines", "set_alert"), row["id"], *wanted)
    if (row["closed_at"] is None) == (verdict.closed_at is None):
        return []
    kind = "alert.opened" if verdict.closed_at is None else "alert.closed"
    return [NewEvent(kind, await view_alert(connection, row["id"]))]


async def view_alerts(
    connection: Connection,
    *,
    ids: Sequence[UUID] | None = None,
    pending: bool = False,
    before: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return alerts, newest first, with the fields of the api's Alert."""
    rows = await connection.fetch(
        sql("geo.trips.machines", "view_alerts"), ids, pending, before, limit
    )
    return [dict(row) for row in rows]


async def view_alert(connection: Connection, alert_id: UUID) -> dict[str, Any]:
    """Return one alert; NotFound when there is none."""
    return only(await view_alerts(connection, ids=[alert_id]), alert.name, alert_id)


async def acknowledge(change: Change, alert_id: UUID, note: str) -> dict[str, Any]:
    """Say that somebody looks after an alert, and what they found.

    Raises:
        NotFound: no such alert. Conflict: somebody did before (`already_acknowledged`).
    """
    require(change.actor, "alert", "acknowledge")
    row = await get_row(change.connection, alert, alert_id, lock=True)
    if row["acked_at"] is not None:
        raise Conflict(
            f"alert {alert_id} was acknowledged at {row['acked_at']}", code="already_acknowledged"
        )
    values = {"acked_at": change.at, "acked_by": change.actor.user_id, "ack_note": note}
    await update_row(change.connection, alert, alert_id, None, values)
    view = await view_alert(change.connection, alert_id)
    change.audit("acknowledge", "alert", alert_id, personal={"note": note})
    change.event("alert.acknowledged", view)
    return view
