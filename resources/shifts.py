"""Shifts: when a crew is at work, as planned and as it was.

A crew is at work from `started_at` (else `starts_at`) to `ended_at` (else `ends_at`). Its end is
what dispatch reacts to; pressing a button twice changes nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.errors import BadInput, Conflict, NotFound
from fieldops.model import new_id
from fieldops.rows import get_row, insert_row, update_row
from fieldops.schema.tables import crew, shift
from identity.commands import Change
from identity.reach import EVERYTHING, Reach, only, reach_of
from identity.rights import require, require_on
from resources.crews import report_crews

EARLIEST = timedelta(hours=12)
_RULES = ("break_after_s", "break_s", "overtime_s", "max_span_s", "max_route_s")


async def view_shifts(
    connection: Connection,
    reach: Reach = EVERYTHING,
    *,
    ids: Sequence[UUID] | None = None,
    crew_id: UUID | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return shifts with the fields of the api's Shift, in order of id."""
    rows = await connection.fetch(
        sql("resources", "view_shifts"), ids, reach.crews, crew_id, after, limit
    )
    return [dict(row) for row in rows]


async def view_shift(
    connection: Connection, shift_id: UUID, reach: Reach = EVERYTHING
) -> dict[str, Any]:
    """Return one shift; NotFound when it is not there or out of reach."""
    return only(await view_shifts(connection, reach, ids=[shift_id]), shift.name, shift_id)


async def add_shift(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Plan a shift: `crew_id`, `starts_at`, `ends_at`, perhaps `id` and its own rules
    (`break_after_s`, `break_s`, `overtime_s`, `max_span_s`, `max_route_s`), else the tenant's.

    Raises:
        BadInput: no such crew, or it ends before it starts. Conflict: `shift_overlap`.
    """
    crew_id, start, end = values["crew_id"], values["starts_at"], values["ends_at"]
    require_on(change.actor, "shift", "create", crew=crew_id)
    if end <= start:
        raise BadInput(
            f"shift: ends_at {end.isoformat()} is not after starts_at {start.isoformat()}",
            pointer="/ends_at",
        )
    try:
        await get_row(change.connection, crew, crew_id, lock=True)
    except NotFound as error:
        raise BadInput(f"shift: crew {crew_id} does not exist", pointer="/crew_id") from error
    shift_id = values.get("id") or new_id()
    await _check_free(change, crew_id, shift_id, start, end)
    fields = {"crew_id": crew_id, "starts_at": start, "ends_at": end}
    fields |= {name: values.get(name) for name in _RULES}
    await insert_row(
        change.connection, shift, {"id": shift_id, "created_by": change.actor.user_id, **fields}
    )
    change.audit("create", "shift", shift_id, fields)
    await report_crews(change, [crew_id])
    return await view_shift(change.connection, shift_id)


async def change_shift(
    change: Change, shift_id: UUID, version: int, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Change when a shift is and its rules.

    Raises:
        NotFound: no such shift in reach. Stale: it is not at `version`. BadInput: it ends before
        it starts. Conflict: `shift_over`, `shift_overlap`.
    """
    require(change.actor, "shift", "create")
    row = await _locked(change, shift_id)
    if (row["ended_at"] or row["ends_at"]) <= change.at:
        raise Conflict(f"shift {shift_id} is over", code="shift_over")
    start, end = (changes.get(name) or row[name] for name in ("starts_at", "ends_at"))
    if end <= start:
        raise BadInput(
            f"shift: ends_at {end.isoformat()} is not after starts_at {start.isoformat()}",
            pointer="/ends_at",
        )
    await _check_free(change, row["crew_id"], shift_id, row["started_at"] or start, end)
    await update_row(change.connection, shift, shift_id, version, changes)
    change.audit("update", "shift", shift_id, dict(changes))
    await report_crews(change, [row["crew_id"]])
    return await view_shift(change.connection, shift_id)


async def start_shift(change: Change, shift_id: UUID) -> dict[str, Any]:
    """Say that the crew is at work, perhaps earlier or later than planned.

    Raises:
        NotFound: no such shift in reach. Conflict: `shift_over`, `shift_too_early` more than 12 h
        before it, `shift_overlap` when the crew is still on another one.
    """
    row = await _locked(change, shift_id)
    if row["started_at"] is not None and row["ended_at"] is None:
        return row
    if (row["ended_at"] or row["ends_at"]) <= change.at:
        raise Conflict(f"shift {shift_id} is over", code="shift_over")
    if change.at < row["starts_at"] - EARLIEST:
        raise Conflict(
            f"shift {shift_id} starts at {row['starts_at'].isoformat()}, more than "
            f"{EARLIEST} from now",
            code="shift_too_early",
            starts_at=row["starts_at"].isoformat(),
        )
    await _check_free(change, row["crew_id"], shift_id, change.at, row["ends_at"])
    return await _mark(change, row, "started_at", "start", "crew.shift_started")


async def end_shift(change: Change, shift_id: UUID) -> dict[str, Any]:
    """Say that the crew has gone home; dispatch gives its work to others.

    Raises:
        NotFound: no such shift in reach. Conflict: `shift_not_started`.
    """
    row = await _locked(change, shift_id)
    if row["ended_at"] is not None:
        return row
    if change.at < (row["started_at"] or row["starts_at"]):
        raise Conflict(f"shift {shift_id} has not started", code="shift_not_started")
    return await _mark(change, row, "ended_at", "end", "crew.shift_ended")


async def _locked(change: Change, shift_id: UUID) -> dict[str, Any]:
    """Return the shift if the actor may update it, its crew's shifts locked."""
    row = await view_shift(change.connection, shift_id, reach_of(change.actor, "shift", "update"))
    await get_row(change.connection, crew, row["crew_id"], lock=True)
    return await view_shift(change.connection, shift_id)


async def _mark(
    change: Change, row: Mapping[str, Any], column: str, action: str, kind: str
) -> dict[str, Any]:
    await update_row(change.connection, shift, row["id"], None, {column: change.at})
    change.audit(action, "shift", row["id"], {"crew": row["crew_id"], "at": change.at})
    await report_crews(change, [row["crew_id"]], kind)
    return await view_shift(change.connection, row["id"])


async def _check_free(
    change: Change, crew_id: UUID, shift_id: UUID, start: datetime, end: datetime
) -> None:
    other = await change.connection.fetchrow(
        sql("resources", "find_overlap"), crew_id, shift_id, start, end
    )
    if other is not None:
        raise Conflict(
            f"shift: crew {crew_id} has another from {other['from_at'].isoformat()} to "
            f"{other['until_at'].isoformat()}",
            code="shift_overlap",
            shift=str(other["id"]),
        )
