"""Machines watched out of hours, and the alerts they raise."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.context import CallerDep, Paging, command, reading
from api.listing import window
from api.shapes.body import Page
from api.shapes.trips import Acknowledgement, Alert, MachineWatch, WatchHours
from geo.trips.machines.alerts import acknowledge, view_alerts
from geo.trips.machines.watches import put_watch, view_watch
from identity.rights import require

router = APIRouter(tags=["machines"])


@router.get("/vehicles/{vehicle_id}/watch")
async def read_watch(vehicle_id: UUID, caller: CallerDep) -> MachineWatch:
    """Read when a machine may move."""
    require(caller.actor, "machine_watch", "read")
    async with reading(caller, "watch") as connection:
        return MachineWatch.model_validate(await view_watch(connection, vehicle_id))


@router.put("/vehicles/{vehicle_id}/watch")
async def set_watch(vehicle_id: UUID, body: WatchHours, caller: CallerDep) -> MachineWatch:
    """Say when a machine may move, or rest its watch."""
    hours = body.hours.model_dump()
    return await command(
        caller,
        MachineWatch,
        lambda change: put_watch(change, vehicle_id, hours, active=body.active),
        what="watch machine",
    )


@router.get("/alerts")
async def list_alerts(
    caller: CallerDep, paging: Paging, pending: Annotated[bool, Query()] = False
) -> Page[Alert]:
    """List alerts, newest first; `pending`: still open, or acknowledged by nobody."""
    require(caller.actor, "alert", "read")
    asked = window(paging)
    async with reading(caller, "alerts") as connection:
        rows = await view_alerts(
            connection, pending=pending, before=asked["after"], limit=asked["limit"]
        )
    items = [Alert.model_validate(row) for row in rows[: paging.limit]]
    return Page(items=items, next=str(items[-1].id) if len(rows) > paging.limit else None)


@router.post("/alerts/{alert_id}/acknowledge")
async def acknowledge_alert(alert_id: UUID, body: Acknowledgement, caller: CallerDep) -> Alert:
    """Say that somebody looks after an alert, and what they found."""
    return await command(
        caller,
        Alert,
        lambda change: acknowledge(change, alert_id, body.note),
        what="acknowledge alert",
    )
