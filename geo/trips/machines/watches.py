"""Machines watched for movement out of hours (theft); never a person, never a van.

A watch asks three things: the vehicle is a machine by its kind; a tracker sits in it for the
purpose of safety, which is that of goods too; and that tracker's policy lets it be heard at every
hour, for the privacy gate drops what a policy does not allow before it is stored. Without the
third a watch would be blind exactly when it should look, so it is refused with its reason.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.errors import BadInput, NotFound
from fieldops.model import Purpose, new_id
from fieldops.rows import get_row
from fieldops.schema.tables import vehicle
from geo.trips.machines.hours import open_always
from identity.commands import Change
from identity.privacy import Policy
from identity.rights import require
from identity.week import week_of

MACHINE_KINDS = frozenset(
    {"machine", "excavator", "loader", "crane", "roller", "compressor", "generator", "trailer"}
)


async def view_watch(connection: Connection, vehicle_id: UUID) -> dict[str, Any]:
    """Return a machine's watch, fields as the api's MachineWatch.

    Raises:
        NotFound: it has none.
    """
    row = await connection.fetchrow(sql("geo.trips.machines", "view_watch"), vehicle_id)
    if row is None:
        raise NotFound(f"vehicle {vehicle_id} is not watched", object="machine_watch")
    return dict(row)


async def put_watch(
    change: Change, vehicle_id: UUID, hours: Mapping[str, Any], *, active: bool
) -> dict[str, Any]:
    """Watch a machine outside `hours` (a week as in a policy), or rest its watch.

    Raises:
        NotFound: no such vehicle. BadInput: not a machine (`not_a_machine`), no tracker for
            safety sits in it (`no_safety_tracker`), its policy does not allow every hour
            (`tracker_not_always_on`), unknown time zone.
    """
    require(change.actor, "machine_watch", "update")
    week = week_of(hours)
    row = await get_row(change.connection, vehicle, vehicle_id)
    if row["kind"] not in MACHINE_KINDS:
        raise BadInput(
            f"vehicle {vehicle_id} is a {row['kind']}, not a machine",
            code="not_a_machine",
            kind=row["kind"],
        )
    assert week is not None
    if active:
        await _check_tracker(change, vehicle_id)
    await change.connection.execute(
        sql("geo.trips.machines", "put_watch"),
        new_id(),
        vehicle_id,
        hours,
        active,
        change.actor.user_id,
    )
    view = await view_watch(change.connection, vehicle_id)
    change.audit("update", "machine_watch", vehicle_id, {"hours": hours, "active": active})
    return view


async def _check_tracker(change: Change, vehicle_id: UUID) -> None:
    rows = await change.connection.fetch(
        sql("geo.trips.machines", "read_watchers"), vehicle_id, Purpose.SAFETY
    )
    if not rows:
        raise BadInput(
            f"vehicle {vehicle_id}: no tracker for the purpose safety sits in it",
            code="no_safety_tracker",
        )
    for row in rows:
        week = week_of(row["schedule"] or {})
        policy = Policy(week, row["valid_from"] or change.at, row["valid_until"])
        if week is None or not policy.in_force(change.at) or not open_always(week):
            raise BadInput(
                f"device {row['name']}: its policy does not allow every hour of the week",
                code="tracker_not_always_on",
                device=row["name"],
            )
