"""Tracking policies: for which purpose, at which hours, for how long positions may be kept."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fieldops.database import Connection, sql
from fieldops.errors import BadInput
from fieldops.model import new_id
from fieldops.rows import insert_row
from fieldops.schema.tables import tracking_policy
from identity.commands import Change
from identity.reach import only
from identity.rights import require

_FIELDS = ("name", "purpose", "schedule", "retention_days", "notice_version", "cse_date")


async def view_policies(
    connection: Connection,
    *,
    ids: Sequence[UUID] | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return tracking policies with the fields of the api's Policy, in order of id."""
    rows = await connection.fetch(sql("resources", "view_policies"), ids, after, limit)
    return [dict(row) for row in rows]


async def add_policy(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Create a policy: `name`, `purpose`, `schedule`, `retention_days`, perhaps `id`,
    `notice_version`, `cse_date`.

    Raises:
        BadInput: the schedule names no time zone, or a day's ranges are not in order.
    """
    require(change.actor, "policy", "create")
    check_schedule(values["schedule"])
    policy_id = values.get("id") or new_id()
    fields = {name: values.get(name) for name in _FIELDS}
    await insert_row(
        change.connection,
        tracking_policy,
        {"id": policy_id, "created_by": change.actor.user_id, **fields},
    )
    view = only(
        await view_policies(change.connection, ids=[policy_id]), tracking_policy.name, policy_id
    )
    change.audit("create", "policy", policy_id, fields)
    change.event("policy.changed", view)
    return view


def check_schedule(schedule: Mapping[str, Any]) -> None:
    """Raise BadInput unless `tz` exists and each day's [from, to) ranges are in order.

    `week` has seven days, Monday first; a range is two local times "HH:MM", the last may be
    "24:00".
    """
    try:
        ZoneInfo(schedule["tz"])
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(
            f"time zone {schedule['tz']!r} is not in the IANA database",
            pointer="/schedule/tz",
            code="unknown_tz",
        ) from error
    for day, ranges in enumerate(schedule["week"]):
        reached = "00:00"
        for index, (start, end) in enumerate(ranges):
            # "HH:MM" sorts as it passes.
            if start < reached or end <= start:
                raise BadInput(
                    f"schedule: {start}-{end} on day {day} is empty, or begins before {reached}",
                    pointer=f"/schedule/week/{day}/{index}",
                    code="schedule_order",
                )
            reached = end
