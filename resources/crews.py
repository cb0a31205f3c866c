"""Crews: who works together, with which vehicle, from which depot.

A crew is shown as it is now: members, skills and shift are dated rows read at an instant.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.model import new_id, now
from fieldops.rows import get_row, insert_row, update_row
from fieldops.schema.tables import crew
from identity.commands import Change
from identity.reach import EVERYTHING, Reach, only
from identity.rights import require, require_on
from resources.bindings import report_devices

_FIELDS = ("name", "lead_worker_id", "vehicle_id", "depot_lon", "depot_lat")
_OPTIONS: dict[str, Any] = {"equipment": (), "has_phone": True}


async def view_crews(
    connection: Connection,
    reach: Reach = EVERYTHING,
    *,
    ids: Sequence[UUID] | None = None,
    at: datetime | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return crews with the fields of the api's Crew as they are `at` (now), in order of id."""
    rows = await connection.fetch(
        sql("resources", "view_crews"), ids, at or now(), reach.crews, after, limit
    )
    return [dict(row) for row in rows]


async def view_crew(
    connection: Connection,
    crew_id: UUID,
    reach: Reach = EVERYTHING,
    *,
    at: datetime | None = None,
) -> dict[str, Any]:
    """Return one crew; NotFound when it is not there or out of reach."""
    return only(await view_crews(connection, reach, ids=[crew_id], at=at), crew.name, crew_id)


async def insert_crew(change: Change, values: Mapping[str, Any]) -> UUID:
    """Create a crew without members, to be reported by the caller; see `members.add_crew`.

    Raises:
        Conflict: the name is taken. BadInput: no such lead or vehicle.
    """
    require(change.actor, "crew", "create")
    crew_id: UUID = values.get("id") or new_id()
    fields = {name: values.get(name) for name in _FIELDS}
    fields |= {name: values.get(name, default) for name, default in _OPTIONS.items()}
    fields["equipment"] = sorted(set(fields["equipment"] or ()))
    await insert_row(
        change.connection, crew, {"id": crew_id, "created_by": change.actor.user_id, **fields}
    )
    change.audit("create", "crew", crew_id, fields)
    if fields["vehicle_id"] is not None:
        await report_devices(change, vehicle_ids=[fields["vehicle_id"]])
    return crew_id


async def change_crew(
    change: Change, crew_id: UUID, version: int, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Change a crew's name, lead, vehicle, depot, equipment, or whether it has a phone.

    Raises:
        NotFound: no such crew in reach. Stale: it is not at `version`.
        Conflict, BadInput: as for `insert_crew`.
    """
    require_on(change.actor, "crew", "update", crew=crew_id)
    before = await get_row(change.connection, crew, crew_id, lock=True)
    if changes.get("equipment") is not None:
        changes = {**changes, "equipment": sorted(set(changes["equipment"]))}
    after = await update_row(change.connection, crew, crew_id, version, changes)
    change.audit("update", "crew", crew_id, dict(changes))
    vehicles = {before["vehicle_id"], after["vehicle_id"]} - {None}
    if before["vehicle_id"] != after["vehicle_id"]:
        await report_devices(change, vehicle_ids=sorted(vehicles))
    return (await report_crews(change, [crew_id]))[0]


async def crews_of(change: Change, worker_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return the crew each worker is in now; who is in none is not in the answer."""
    rows = await change.connection.fetch(
        sql("resources", "list_current_crews"), worker_ids, change.at
    )
    return {row["worker_id"]: row["crew_id"] for row in rows}


async def report_crews(
    change: Change, crew_ids: Sequence[UUID], kind: str = "crew.changed"
) -> list[dict[str, Any]]:
    """Report crews as they are now to the office and each to itself; return them."""
    views = await view_crews(change.connection, ids=crew_ids, at=change.at)
    for view in views:
        change.event(kind, view, crews=(view["id"],))
    return views
