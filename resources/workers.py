"""Workers and what they can do; a skill is a dated fact, renewed by another row."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.errors import BadInput
from fieldops.model import new_id, now
from fieldops.rows import get_row, insert_row
from fieldops.schema.tables import worker, worker_skill
from identity.commands import Change
from identity.reach import only
from identity.rights import require
from resources.crews import crews_of, report_crews


async def view_workers(
    connection: Connection,
    *,
    ids: Sequence[UUID] | None = None,
    at: datetime | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return workers with the fields of the api's Worker, in order of id."""
    rows = await connection.fetch(sql("resources", "view_workers"), ids, at or now(), after, limit)
    return [dict(row) for row in rows]


async def view_worker(connection: Connection, worker_id: UUID) -> dict[str, Any]:
    """Return one worker; NotFound when there is none."""
    return only(await view_workers(connection, ids=[worker_id]), worker.name, worker_id)


async def add_worker(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Create a worker: `name`, perhaps `id`, `employee_no`, `phone`, `is_staff_rep`, `skills`.

    The skills hold from today on.

    Raises:
        Conflict: the employee number is taken.
    """
    require(change.actor, "worker", "create")
    worker_id = values.get("id") or new_id()
    fields = {
        "name": values["name"],
        "employee_no": values.get("employee_no"),
        "phone": values.get("phone"),
        "is_staff_rep": values.get("is_staff_rep", False),
    }
    await insert_row(
        change.connection, worker, {"id": worker_id, "created_by": change.actor.user_id, **fields}
    )
    for skill in sorted(set(values.get("skills") or ())):
        await _insert_skill(change, worker_id, skill, change.at.date(), None)
    personal = {
        name: str(fields[name]) for name in ("name", "employee_no", "phone") if fields[name]
    }
    change.audit("create", "worker", worker_id, personal=personal)
    return await _report(change, worker_id)


async def add_skill(change: Change, worker_id: UUID, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give a worker a `skill` from `valid_from` (today) to `valid_until`, both days included.

    Raises:
        NotFound: no such worker. BadInput: it would end before it begins.
    """
    require(change.actor, "worker", "update")
    await get_row(change.connection, worker, worker_id)
    start = values.get("valid_from") or change.at.date()
    end = values.get("valid_until")
    if end is not None and end < start:
        raise BadInput(f"skill: valid_until {end} is before {start}", pointer="/valid_until")
    await _insert_skill(change, worker_id, values["skill"], start, end)
    change.audit(
        "add_skill",
        "worker",
        worker_id,
        {"skill": values["skill"], "valid_from": start, "valid_until": end},
    )
    view = await _report(change, worker_id)
    crews = await crews_of(change, [worker_id])
    await report_crews(change, sorted(set(crews.values())))
    return view


async def _insert_skill(
    change: Change, worker_id: UUID, skill: str, start: date, end: date | None
) -> None:
    fields = {"skill": skill, "valid_from": start, "valid_until": end}
    await insert_row(
        change.connection, worker_skill, {"id": new_id(), "worker_id": worker_id, **fields}
    )


async def _report(change: Change, worker_id: UUID) -> dict[str, Any]:
    view = await view_worker(change.connection, worker_id)
    # Events are kept and reach the whole office: who it is, not how to call him.
    change.event("worker.changed", {"worker": worker_id, "skills": view["skills"]})
    return view
