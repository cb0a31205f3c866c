"""Vehicles: what a crew drives and a tracker sits in."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.model import new_id
from fieldops.rows import insert_row, update_row
from fieldops.schema.tables import vehicle
from identity.commands import Change
from identity.reach import only
from identity.rights import require


async def view_vehicles(
    connection: Connection,
    *,
    ids: Sequence[UUID] | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return vehicles with the fields of the api's Vehicle, in order of id."""
    rows = await connection.fetch(sql("resources", "view_vehicles"), ids, after, limit)
    return [dict(row) for row in rows]


async def view_vehicle(connection: Connection, vehicle_id: UUID) -> dict[str, Any]:
    """Return one vehicle; NotFound when there is none."""
    return only(await view_vehicles(connection, ids=[vehicle_id]), vehicle.name, vehicle_id)


async def add_vehicle(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Create a vehicle: `plate`, `label`, perhaps `id`, `kind`, `travel_class`, `capacity`.

    Raises:
        Conflict: the plate is taken.
    """
    require(change.actor, "vehicle", "create")
    vehicle_id = values.get("id") or new_id()
    fields = {
        "plate": values["plate"],
        "label": values["label"],
        "kind": values.get("kind", "van"),
        "travel_class": values.get("travel_class", "light"),
        "capacity": values.get("capacity"),
    }
    await insert_row(
        change.connection,
        vehicle,
        {"id": vehicle_id, "created_by": change.actor.user_id, **fields},
    )
    change.audit("create", "vehicle", vehicle_id, fields)
    return await _report(change, vehicle_id)


async def change_vehicle(
    change: Change, vehicle_id: UUID, version: int, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Change a vehicle's `label`, `kind`, `travel_class` or `capacity`; planning follows by itself.

    Raises:
        NotFound: no such vehicle. Stale: it is not at `version`.
    """
    require(change.actor, "vehicle", "update")
    await update_row(change.connection, vehicle, vehicle_id, version, changes)
    change.audit("update", "vehicle", vehicle_id, dict(changes))
    return await _report(change, vehicle_id)


async def _report(change: Change, vehicle_id: UUID) -> dict[str, Any]:
    view = await view_vehicle(change.connection, vehicle_id)
    change.event("vehicle.changed", view)
    return view
