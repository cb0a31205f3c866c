"""Absences of workers: while one lasts its crew is a member, and perhaps a skill, short.

Only that somebody is away is kept, and whether for leave or training: never what ails him.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.errors import BadInput, Conflict, NotFound
from fieldops.model import new_id
from fieldops.rows import get_row, insert_row, update_row
from fieldops.schema.tables import worker, worker_absence
from identity.commands import Change
from identity.reach import EVERYTHING, Reach, only
from identity.rights import require
from resources.crews import crews_of, report_crews


async def view_absences(
    connection: Connection,
    reach: Reach = EVERYTHING,
    *,
    ids: Sequence[UUID] | None = None,
    worker_id: UUID | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return absences with the fields of the api's Absence, those that touch [start, end)."""
    if reach.worker is not None and worker_id not in (None, reach.worker):
        return []
    rows = await connection.fetch(
        sql("resources", "view_absences"), ids, reach.worker or worker_id, start, end, after, limit
    )
    return [dict(row) for row in rows]


async def add_absence(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Record that a worker is away: `worker_id`, `starts_at`, `ends_at`, perhaps `id`, `kind`.

    Raises:
        BadInput: no such worker, or it ends before it starts. Conflict: `absence_overlap`.
    """
    require(change.actor, "absence", "create")
    worker_id, start, end = values["worker_id"], values["starts_at"], values["ends_at"]
    if end <= start:
        raise BadInput(
            f"absence: ends_at {end.isoformat()} is not after starts_at {start.isoformat()}",
            pointer="/ends_at",
        )
    try:
        await get_row(change.connection, worker, worker_id, lock=True)
    except NotFound as error:
        raise BadInput(
            f"absence: worker {worker_id} does not exist", pointer="/worker_id"
        ) from error
    for other in await view_absences(change.connection, worker_id=worker_id, start=start, end=end):
        if other["cancelled_at"] is None:
            raise Conflict(
                f"absence: worker {worker_id} is away from {other['starts_at'].isoformat()} to "
                f"{other['ends_at'].isoformat()} already",
                code="absence_overlap",
                absence=str(other["id"]),
            )
    absence_id = values.get("id") or new_id()
    fields = {
        "worker_id": worker_id,
        "starts_at": start,
        "ends_at": end,
        "kind": values.get("kind", "other"),
    }
    await insert_row(
        change.connection,
        worker_absence,
        {"id": absence_id, "created_by": change.actor.user_id, **fields},
    )
    change.audit("create", "absence", absence_id, fields)
    return await _report(change, absence_id)


async def cancel_absence(change: Change, absence_id: UUID, version: int) -> dict[str, Any]:
    """Say that the worker is there after all; twice is once.

    Raises:
        NotFound: no such absence. Stale: it is not at `version`.
    """
    require(change.actor, "absence", "update")
    row = await get_row(change.connection, worker_absence, absence_id, lock=True)
    if row["cancelled_at"] is None:
        fields = {"cancelled_at": change.at}
        await update_row(change.connection, worker_absence, absence_id, version, fields)
        change.audit("cancel", "absence", absence_id)
    return await _report(change, absence_id)


async def _report(change: Change, absence_id: UUID) -> dict[str, Any]:
    row = only(await view_absences(change.connection, ids=[absence_id]), "absence", absence_id)
    body = {
        "absence": absence_id,
        "worker": row["worker_id"],
        "starts_at": row["starts_at"],
        "ends_at": row["ends_at"],
        "cancelled": row["cancelled_at"] is not None,
    }
    change.event("absence.changed", body)
    crews = await crews_of(change, [row["worker_id"]])
    await report_crews(change, sorted(set(crews.values())))
    return row
