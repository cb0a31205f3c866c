"""What a device is fixed to, as dated rows, and the device as the live map shows it.

Whose position a fix is follows from the binding at the time of the fix, so a binding is never
edited: it closes and another opens at the same instant.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.errors import BadInput
from fieldops.model import new_id, now
from fieldops.rows import insert_row
from fieldops.schema.tables import device_binding
from identity.commands import Change
from identity.reach import EVERYTHING, Reach


async def view_live_devices(
    connection: Connection,
    reach: Reach = EVERYTHING,
    *,
    ids: Sequence[UUID] | None = None,
    vehicle_ids: Sequence[UUID] | None = None,
    worker_ids: Sequence[UUID] | None = None,
    at: datetime | None = None,
) -> list[dict[str, Any]]:
    """Return active devices with the fields of the api's LiveDevice, in order of id.

    With `vehicle_ids` or `worker_ids`: those fixed to any of them.
    """
    rows = await connection.fetch(
        sql("resources", "view_live_devices"),
        ids,
        at or now(),
        reach.crews,
        vehicle_ids,
        worker_ids,
    )
    return [dict(row) for row in rows]


async def report_devices(
    change: Change,
    *,
    ids: Sequence[UUID] | None = None,
    vehicle_ids: Sequence[UUID] | None = None,
    worker_ids: Sequence[UUID] | None = None,
) -> None:
    """Report devices whose crew may have changed to the office and to their crew."""
    for view in await view_live_devices(
        change.connection,
        ids=ids,
        vehicle_ids=vehicle_ids,
        worker_ids=worker_ids,
        at=change.at,
    ):
        crew_id = view["crew_id"]
        change.event("device.changed", view, crews=(crew_id,) if crew_id else ())


def subject_of(values: Mapping[str, Any]) -> dict[str, UUID]:
    """Return the `vehicle_id` or `worker_id` a device is to be fixed to, empty for neither.

    Raises:
        BadInput: both.
    """
    named = {n: values[n] for n in ("vehicle_id", "worker_id") if values.get(n) is not None}
    if len(named) > 1:
        raise BadInput(
            "device: fixed to a vehicle or to a worker, not to both", pointer="/worker_id"
        )
    return named


async def rebind(change: Change, device_id: UUID, subject: Mapping[str, UUID]) -> None:
    """Close the device's binding and open another at this instant; an empty subject opens none.

    Raises:
        BadInput: no such vehicle or worker.
    """
    await change.connection.execute(sql("resources", "close_binding"), device_id, change.at)
    if subject:
        fields = {"device_id": device_id, "valid_from": change.at, **subject}
        await insert_row(change.connection, device_binding, {"id": new_id(), **fields})
    change.audit("bind", "device", device_id, dict(subject))
