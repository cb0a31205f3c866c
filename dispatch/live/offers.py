"""What a crew does with its assignments: accept or decline, start, finish.

Any member of the crew may answer while the crew is on shift, and the first valid answer to a
version wins. The same person repeating the same answer gets the same result: a phone that lost
the reply asks again. For a crew without a phone its chef in the office answers; for any other
the office does not.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from dispatch.live.moves import move_assignment
from dispatch.live.plans import view_assignment
from fieldops.database import Record, sql
from fieldops.errors import BadInput, Conflict, NotFound, Stale
from fieldops.model import Profile
from identity.commands import Change
from identity.rights import require_on

# A device's clock may be off by this much before its time is refused.
CLOCK_S = 300


async def answer_offer(
    change: Change, assignment: UUID, version: int, accept: bool, why: str | None
) -> dict[str, Any]:
    """Accept or decline the offer of that version; returns the assignment.

    Raises:
        NotFound: not an assignment of the actor's crew or sites. Conflict: `already_answered`,
        `offer_withdrawn`, `offer_expired`, `off_shift`; `crew_answers` for one with a phone.
        Stale: another version is current.
    """
    row = await _locked(change, assignment)
    wanted = "accepted" if accept else "declined"
    if row["state"] == wanted and row["answered_by"] == change.actor.user_id:
        return await view_assignment(change.connection, assignment)
    if row["state"] in ("accepted", "declined", "started", "done"):
        raise Conflict(
            f"assignment {assignment} is {row['state']} already",
            code="already_answered",
            state=row["state"],
        )
    if row["state"] != "offered":
        raise Conflict(f"assignment {assignment} is {row['state']}", code="offer_withdrawn")
    if row["version"] != version:
        raise Stale(f"assignment {assignment} is at version {row['version']}, not {version}")
    if row["expires_at"] <= change.at:
        raise Conflict(f"the offer expired at {row['expires_at']}", code="offer_expired")
    await _require_shift(change, row["crew_id"])
    change.audit(wanted, "assignment", assignment, {"version": version, "why": why})
    return await move_assignment(change, assignment, "accepted" if accept else "declined", why=why)


async def start_visit(
    change: Change, assignment: UUID, version: int, at: datetime | None
) -> dict[str, Any]:
    """Start an accepted visit; a crew does one thing at a time.

    Raises:
        NotFound, Stale: as for an answer. Conflict: `bad_state`, `visit_in_progress`, `off_shift`.
    """
    row = await _locked(change, assignment)
    if row["state"] == "started":
        return await view_assignment(change.connection, assignment)
    _check(row, version, "accepted")
    await _require_shift(change, row["crew_id"])
    other = await change.connection.fetchval(
        sql("dispatch", "other_started"), row["crew_id"], assignment
    )
    if other is not None:
        raise Conflict(
            f"crew {row['crew_id']} has started assignment {other} and not finished it",
            code="visit_in_progress",
            assignment=str(other),
        )
    change.audit("start", "assignment", assignment, {"device_at": at})
    return await move_assignment(change, assignment, "started", at=_device_time(change, at))


async def finish_visit(
    change: Change, assignment: UUID, version: int, at: datetime | None
) -> dict[str, Any]:
    """Finish a started visit.

    Raises:
        NotFound, Stale: as for an answer. Conflict: `bad_state`.
    """
    row = await _locked(change, assignment)
    if row["state"] == "done":
        return await view_assignment(change.connection, assignment)
    _check(row, version, "started")
    done_at = max(_device_time(change, at), row["started_at"])
    change.audit("finish", "assignment", assignment, {"device_at": at})
    return await move_assignment(change, assignment, "done", at=done_at)


async def expire_offers(change: Change) -> int:
    """Decline, for nobody, every offer whose time is over; returns how many."""
    rows = await change.connection.fetch(sql("dispatch", "expired_offers"), change.at)
    for row in rows:
        change.audit("expire", "assignment", row["id"], {"version": row["version"]})
        await move_assignment(change, row["id"], "declined", why="expired")
    return len(rows)


async def withdraw_cancelled(change: Change) -> int:
    """Withdraw the live assignments of cancelled tasks; returns how many."""
    rows = await change.connection.fetch(sql("dispatch", "cancelled_assignments"))
    for row in rows:
        await move_assignment(change, row["id"], "withdrawn", why="cancelled", task_moves=False)
    return len(rows)


async def _locked(change: Change, assignment: UUID) -> Record:
    row = await change.connection.fetchrow(sql("dispatch", "lock_assignment"), assignment)
    if row is None:
        raise NotFound(f"assignment {assignment} does not exist", object="assignment")
    site = await change.connection.fetchval(sql("dispatch", "site_of_task"), row["task_id"])
    require_on(change.actor, "assignment", "answer", site=site, crew=row["crew_id"])
    if change.actor.profile not in (None, Profile.CREW_MEMBER):
        await _require_no_phone(change, row["crew_id"])
    return row


async def _require_no_phone(change: Change, crew: UUID) -> None:
    if await change.connection.fetchval(sql("dispatch", "crew_has_phone"), crew):
        raise Conflict(f"crew {crew} has a phone and answers itself", code="crew_answers")


def _check(row: Record, version: int, state: str) -> None:
    if row["state"] != state:
        raise Conflict(
            f"assignment {row['id']} is {row['state']}, not {state}",
            code="bad_state",
            state=row["state"],
        )
    if row["version"] != version:
        raise Stale(f"assignment {row['id']} is at version {row['version']}, not {version}")


def _device_time(change: Change, at: datetime | None) -> datetime:
    """Return the device's time if it may be true: not in the future, not from another day."""
    if at is None:
        return change.at
    ahead_s = (at - change.at).total_seconds()
    if ahead_s > CLOCK_S:
        raise BadInput(
            f"at {at} is {ahead_s:.0f} s ahead of the server, the limit is {CLOCK_S} s",
            pointer="/at",
        )
    return min(at, change.at)


async def _require_shift(change: Change, crew: UUID) -> None:
    if not await change.connection.fetchval(sql("dispatch", "crew_on_shift"), crew, change.at):
        raise Conflict(f"crew {crew} is not on shift", code="off_shift")
