"""The door to a vehicle's past: a right, a reason, a row of the audit chain, then an hour's key.

Manager and project manager may open any day, a site manager today only, a crew its own vehicle
for its own shifts; nobody else. The reason is one of a few motives and a sentence. The motive
stands in the chain for all to read, the sentence as a commitment, for it may name people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fieldops.database import Connection, Record, sql
from fieldops.errors import BadInput, Forbidden, NotFound
from fieldops.model import Profile, new_id
from fieldops.rows import get_row
from fieldops.schema.tables import vehicle
from identity.commands import Change
from identity.looks import note_look
from identity.rights import Actor, Scope, require

OPEN_FOR = timedelta(hours=1)
TODAY_ONLY = frozenset({Profile.SITE_MANAGER})


class Motive(StrEnum):
    """Why somebody looks back."""

    INCIDENT = "incident"
    SAFETY = "safety"
    THEFT = "theft"
    CUSTOMER_DISPUTE = "customer_dispute"
    PROOF_OF_SERVICE = "proof_of_service"
    WORKER_REQUEST = "worker_request"


@dataclass(frozen=True, slots=True)
class Reason:
    """A motive, and a sentence where one is asked."""

    motive: Motive
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A vehicle's time that may be shown: [from_at, until_at)."""

    vehicle: UUID
    day: date
    from_at: datetime
    until_at: datetime


def day_of(day: date, tz: str) -> tuple[datetime, datetime]:
    """Return when a day begins and ends on the tenant's clock; it may have 23 or 25 hours."""
    zone = ZoneInfo(tz)
    midnight = datetime.combine(day, time(), zone)
    return midnight, datetime.combine(day + timedelta(days=1), time(), zone)


async def span_for(
    connection: Connection, actor: Actor, vehicle_id: UUID, day: date, tz: str, at: datetime
) -> Span:
    """Return what of a vehicle's day the actor may see.

    Raises:
        Forbidden: no right to tracks at all, or `today_only`. NotFound: no such vehicle, it is not
            the crew's, or (`no_shift`) the crew was not on shift that day. BadInput: a day to
            come.
    """
    scope = require(actor, "track", "read")
    today = at.astimezone(ZoneInfo(tz)).date()
    if day > today:
        raise BadInput(f"day {day} is to come, today is {today}", pointer="/day")
    if actor.profile in TODAY_ONLY and day != today:
        raise Forbidden(
            f"profile {actor.profile} may see {today} only, not {day}", code="today_only"
        )
    await get_row(connection, vehicle, vehicle_id)
    from_at, until_at = day_of(day, tz)
    if scope is Scope.CREWS:
        from_at, until_at = await _on_shift(connection, actor, vehicle_id, from_at, until_at)
    return Span(vehicle_id, day, from_at, until_at)


async def _on_shift(
    connection: Connection, actor: Actor, vehicle_id: UUID, from_at: datetime, until_at: datetime
) -> tuple[datetime, datetime]:
    row = await connection.fetchrow(
        sql("geo.trips.looking", "find_shifts"),
        vehicle_id, sorted(actor.crew_ids), from_at, until_at,
    )  # fmt: skip
    if row is None:
        raise NotFound(f"vehicle {vehicle_id} does not exist", object="vehicle")
    if row["from_at"] is None:
        raise NotFound(
            f"vehicle {vehicle_id}: its crew had no shift that day", object="track", code="no_shift"
        )
    return max(row["from_at"], from_at), min(row["until_at"], until_at)


async def note_looking(change: Change, span: Span, reason: Reason, *, how: str) -> None:
    """Remember in the audit chain who looks at which vehicle's day, why, and whom it concerns."""
    await note_look(
        change,
        "track",
        how,
        subject=span.vehicle,
        workers=await driving(change.connection, [span.vehicle], span.from_at, span.until_at),
        why=reason.motive,
        more={"day": span.day, "from_at": span.from_at, "until_at": span.until_at},
        personal=None if reason.note is None else {"note": reason.note},
        again=True,
    )


async def driving(
    connection: Connection, vehicles: Sequence[UUID], from_at: datetime, until_at: datetime
) -> list[UUID]:
    """Return who led or belonged to a crew while it had one of the vehicles in that time."""
    rows = await connection.fetch(
        sql("geo.trips.looking", "find_driving"), vehicles, from_at, until_at
    )
    return [row["worker_id"] for row in rows]


async def open_replay(change: Change, span: Span, reason: Reason) -> dict[str, Any]:
    """Open a vehicle's day for an hour, fields as the api's Replay; the look is remembered."""
    replay_id, expires_at = new_id(), change.at + OPEN_FOR
    await change.connection.execute(
        sql("geo.trips.looking", "add_replay"),
        replay_id, change.actor.user_id, span.vehicle, span.day, span.from_at, span.until_at,
        expires_at,
    )  # fmt: skip
    await note_looking(change, span, reason, how="replay")
    return {
        "id": replay_id,
        "vehicle_id": span.vehicle,
        "day": span.day,
        "from_at": span.from_at,
        "until_at": span.until_at,
        "expires_at": expires_at,
    }


async def find_replay(
    connection: Connection, actor: Actor, vehicle_id: UUID, replay_id: UUID, at: datetime
) -> Span:
    """Return what an open replay shows.

    Raises:
        Forbidden: the right to tracks is gone. NotFound: it is not this user's, or not of this
            vehicle, or its hour is over (`replay_over`).
    """
    require(actor, "track", "read")
    row: Record | None = await connection.fetchrow(
        sql("geo.trips.looking", "find_replay"), replay_id, actor.user_id, vehicle_id
    )
    if row is None:
        raise NotFound(f"replay {replay_id} does not exist", object="replay")
    if row["expires_at"] <= at:
        raise NotFound(
            f"replay {replay_id} ended at {row['expires_at']}", object="replay", code="replay_over"
        )
    return Span(vehicle_id, row["day"], row["from_at"], row["until_at"])
