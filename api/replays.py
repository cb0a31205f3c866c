"""A vehicle's past: nothing of it is shown without a reason that the audit chain keeps."""

import datetime as dt
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from api.context import Caller, CallerDep, command, reading
from api.shapes.trips import (
    Dwell,
    NewReplay,
    Replay,
    TrackPage,
    VehicleDay,
)
from fieldops.database import Connection
from fieldops.errors import BadInput
from fieldops.model import now
from geo.trips.looking.access import (
    Motive,
    Reason,
    Span,
    day_of,
    driving,
    find_replay,
    note_looking,
    open_replay,
    span_for,
)
from geo.trips.looking.views import (
    view_crossings,
    view_dwell,
    view_points,
    view_stops,
    view_trips,
)
from identity.commands import Change, execute
from identity.looks import note_look
from identity.rights import require_on

router = APIRouter(tags=["trips"])


@router.post("/vehicles/{vehicle_id}/replays", status_code=201)
async def create_replay(vehicle_id: UUID, body: NewReplay, caller: CallerDep) -> Replay:
    """Open a vehicle's day for an hour, with a reason."""

    async def apply(change: Change) -> dict[str, Any]:
        span = await _span(change.connection, caller, vehicle_id, body.day)
        return await open_replay(change, span, Reason(body.motive, body.note))

    return await command(caller, Replay, apply, what="open replay")


@router.get("/vehicles/{vehicle_id}/replays/{replay_id}")
async def read_replay(vehicle_id: UUID, replay_id: UUID, caller: CallerDep) -> VehicleDay:
    """Read the trips, stops, presence and dwell of an opened day."""
    async with reading(caller, "replay") as connection:
        span = await find_replay(connection, caller.actor, vehicle_id, replay_id, now())
        return await _day(connection, span)


@router.get("/vehicles/{vehicle_id}/replays/{replay_id}/track")
async def read_track(
    vehicle_id: UUID,
    replay_id: UUID,
    caller: CallerDep,
    cursor: Annotated[str | None, Query(max_length=40)] = None,
) -> TrackPage:
    """Read a page of the line of an opened day."""
    async with reading(caller, "track") as connection:
        span = await find_replay(connection, caller.actor, vehicle_id, replay_id, now())
        page = await view_points(connection, span, after=_moment(cursor), at=now())
    return TrackPage.model_validate(page)


@router.get("/vehicles/{vehicle_id}/trips")
async def list_trips(
    vehicle_id: UUID, day: dt.date, motive: Motive, caller: CallerDep
) -> VehicleDay:
    """List a vehicle's trips and stops of a day; the look is logged with its motive."""

    async def look(change: Change) -> VehicleDay:
        span = await _span(change.connection, caller, vehicle_id, day)
        await note_looking(change, span, Reason(motive), how="trips")
        return await _day(change.connection, span)

    return await execute(caller.store, caller.actor, look, what="trips")


@router.get("/sites/{site_id}/dwell")
async def list_dwell(site_id: UUID, day: dt.date, caller: CallerDep) -> list[Dwell]:
    """List how long each vehicle stood in a site's fences that day; the look is logged."""
    require_on(caller.actor, "dwell", "read", site=site_id)
    from_at, until_at = day_of(day, caller.tenant.tz)

    async def look(change: Change) -> list[dict[str, Any]]:
        rows = await view_dwell(change.connection, from_at, until_at, site=site_id)
        vehicles = sorted({row["vehicle_id"] for row in rows})
        workers = await driving(change.connection, vehicles, from_at, until_at)
        more = {"day": day}
        await note_look(change, "dwell", "site", subject=site_id, workers=workers, more=more)
        return rows

    rows = await execute(caller.store, caller.actor, look, what="dwell")
    return [Dwell.model_validate(row) for row in rows]


async def _span(connection: Connection, caller: Caller, vehicle_id: UUID, day: dt.date) -> Span:
    return await span_for(connection, caller.actor, vehicle_id, day, caller.tenant.tz, now())


async def _day(connection: Connection, span: Span) -> VehicleDay:
    return VehicleDay.model_validate(
        {
            "from_at": span.from_at,
            "until_at": span.until_at,
            "trips": await view_trips(connection, span),
            "stops": await view_stops(connection, span),
            "crossings": await view_crossings(connection, span),
            "dwell": await view_dwell(
                connection, span.from_at, span.until_at, vehicle=span.vehicle
            ),
        }
    )


def _moment(cursor: str | None) -> datetime | None:
    if cursor is None:
        return None
    try:
        at = datetime.fromisoformat(cursor)
    except ValueError as error:
        raise BadInput(f"cursor {cursor!r} is not one of ours", pointer="/cursor") from error
    if at.tzinfo is None:
        raise BadInput(f"cursor {cursor!r} is not one of ours", pointer="/cursor")
    return at
