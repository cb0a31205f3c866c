"""Who is in which crew, and when: at any instant a worker is in one crew at most.

Rows are dated and history stays. Joining a crew ends the membership it overlaps at the same
instant; joining for a while (`valid_until`) lends the worker, who is back in his crew after.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID

from fieldops.database import Record, sql
from fieldops.errors import BadInput, Conflict, NotFound
from fieldops.model import new_id
from fieldops.rows import get_row, insert_row
from fieldops.schema.tables import crew, crew_member, worker
from identity.commands import Change
from identity.rights import require_on
from resources.bindings import report_devices
from resources.crews import insert_crew, report_crews

_INSTANT = timedelta(microseconds=1)


async def add_crew(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Create a crew: `name`, `depot_lon`, `depot_lat`, perhaps `id`, `lead_worker_id`,
    `vehicle_id`, `member_ids`.

    Raises:
        Conflict: the name is taken. BadInput: no such lead, vehicle or member.
    """
    crew_id = await insert_crew(change, values)
    touched = {crew_id}
    members = list(dict.fromkeys(values.get("member_ids") or ()))
    # In order of id: two crews formed of the same people at once wait, and never for each other.
    for index, worker_id in sorted(enumerate(members), key=itemgetter(1)):
        pointer = f"/member_ids/{index}"
        touched |= await _join(change, crew_id, worker_id, change.at, None, pointer)
    await report_devices(change, worker_ids=members)
    views = await report_crews(change, sorted(touched))
    return next(view for view in views if view["id"] == crew_id)


async def add_member(change: Change, crew_id: UUID, values: Mapping[str, Any]) -> dict[str, Any]:
    """Put `worker_id` into the crew from `valid_from` (now) to `valid_until` (open).

    Raises:
        NotFound: no such crew in reach. BadInput: no such worker, or times out of order.
        Conflict: `already_member`; `membership_ahead` when a later one begins in between.
    """
    require_on(change.actor, "crew", "update", crew=crew_id)
    await get_row(change.connection, crew, crew_id)
    start, end = values.get("valid_from") or change.at, values.get("valid_until")
    if end is not None and end <= start:
        raise BadInput(
            f"member: valid_until {end.isoformat()} is not after {start.isoformat()}",
            pointer="/valid_until",
        )
    worker_id = values["worker_id"]
    touched = await _join(change, crew_id, worker_id, start, end, "/worker_id")
    await report_devices(change, worker_ids=[worker_id])
    views = await report_crews(change, sorted({crew_id, *touched}))
    return next(view for view in views if view["id"] == crew_id)


async def remove_member(change: Change, crew_id: UUID, worker_id: UUID) -> dict[str, Any]:
    """End the worker's membership now.

    Raises:
        NotFound: no such crew in reach, or the worker is not in it now.
    """
    require_on(change.actor, "crew", "update", crew=crew_id)
    await get_row(change.connection, crew, crew_id)
    row = await _current(change, crew_id, worker_id)
    # Two hosts' clocks: a row may begin a moment after this one's now, and must not be empty.
    end = max(change.at, row["valid_from"] + _INSTANT)
    await _close(change, row, end)
    change.audit("remove_member", "crew", crew_id, {"worker": worker_id, "at": end})
    await report_devices(change, worker_ids=[worker_id])
    return (await report_crews(change, [crew_id]))[0]


async def _current(change: Change, crew_id: UUID, worker_id: UUID) -> Record:
    rows = await _overlapping(change, worker_id, change.at, change.at + _INSTANT)
    for row in rows:
        if row["crew_id"] == crew_id:
            return row
    raise NotFound(f"worker {worker_id} is not in crew {crew_id}", object="crew_member")


async def _join(
    change: Change,
    crew_id: UUID,
    worker_id: UUID,
    start: datetime,
    end: datetime | None,
    pointer: str,
) -> set[UUID]:
    """Make room and insert the membership; return the crews the worker leaves."""
    await _lock_worker(change, worker_id, pointer)
    left: set[UUID] = set()
    for row in await _overlapping(change, worker_id, start, end):
        _check_room(row, crew_id, worker_id, start)
        await _close(change, row, start)
        left.add(row["crew_id"])
        if end is not None and (row["valid_until"] is None or row["valid_until"] > end):
            await _insert(change, row["crew_id"], worker_id, end, row["valid_until"])
    await _insert(change, crew_id, worker_id, start, end)
    change.audit(
        "add_member",
        "crew",
        crew_id,
        {"worker": worker_id, "valid_from": start, "valid_until": end, "left": sorted(left)},
    )
    return left


async def _lock_worker(change: Change, worker_id: UUID, pointer: str) -> None:
    """Let one command at a time change a worker's memberships."""
    try:
        await get_row(change.connection, worker, worker_id, lock=True)
    except NotFound as error:
        raise BadInput(f"member: worker {worker_id} does not exist", pointer=pointer) from error


def _check_room(row: Record, crew_id: UUID, worker_id: UUID, start: datetime) -> None:
    if row["crew_id"] == crew_id and row["valid_from"] <= start:
        raise Conflict(
            f"worker {worker_id} is in crew {crew_id} already",
            code="already_member",
            worker=str(worker_id),
            crew=str(crew_id),
        )
    if row["valid_from"] >= start:
        raise Conflict(
            f"worker {worker_id} joins crew {row['crew_id']} at {row['valid_from'].isoformat()}, "
            f"after {start.isoformat()}",
            code="membership_ahead",
            worker=str(worker_id),
            crew=str(row["crew_id"]),
            at=row["valid_from"].isoformat(),
        )


async def _overlapping(
    change: Change, worker_id: UUID, start: datetime, end: datetime | None
) -> list[Record]:
    rows: list[Record] = await change.connection.fetch(
        sql("resources", "list_memberships"), worker_id, start, end
    )
    return rows


async def _close(change: Change, row: Record, at: datetime) -> None:
    await change.connection.execute(sql("resources", "close_membership"), row["id"], at)


async def _insert(
    change: Change, crew_id: UUID, worker_id: UUID, start: datetime, end: datetime | None
) -> None:
    fields = {"crew_id": crew_id, "worker_id": worker_id, "valid_from": start, "valid_until": end}
    await insert_row(change.connection, crew_member, {"id": new_id(), **fields})
