"""Shifts of crews."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.context import CallerDep, IfMatch, Paging, command, reading, tagged
from api.listing import changes, page, window
from api.shapes.body import Page
from api.shapes.resources import NewShift, Shift, ShiftChange
from identity.reach import reach_of
from resources import shifts

router = APIRouter(prefix="/shifts", tags=["shifts"])


@router.get("")
async def list_shifts(
    caller: CallerDep, paging: Paging, crew_id: Annotated[UUID | None, Query()] = None
) -> Page[Shift]:
    """List the shifts; to a crew member, those of his crew."""
    reach = reach_of(caller.actor, "shift")
    async with reading(caller, "shifts") as connection:
        rows = await shifts.view_shifts(connection, reach, crew_id=crew_id, **window(paging))
    return page(Shift, rows, paging)


@router.post("", status_code=201)
async def create_shift(body: NewShift, caller: CallerDep) -> Shift:
    """Plan a shift."""
    return await command(
        caller,
        Shift,
        lambda change: shifts.add_shift(change, body.model_dump()),
        what="create shift",
    )


@router.patch("/{shift_id}")
async def change_shift(
    shift_id: UUID, body: ShiftChange, version: IfMatch, caller: CallerDep, response: Response
) -> Shift:
    """Change when a shift is, or its break and overtime."""
    fields = changes(body)
    shift = await command(
        caller,
        Shift,
        lambda change: shifts.change_shift(change, shift_id, version, fields),
        what="change shift",
    )
    return tagged(response, shift)


@router.post("/{shift_id}/start")
async def start_shift(shift_id: UUID, caller: CallerDep) -> Shift:
    """Say that the crew is at work; twice is once."""
    return await command(
        caller, Shift, lambda change: shifts.start_shift(change, shift_id), what="start shift"
    )


@router.post("/{shift_id}/end")
async def end_shift(shift_id: UUID, caller: CallerDep) -> Shift:
    """Say that the crew has gone home; twice is once."""
    return await command(
        caller, Shift, lambda change: shifts.end_shift(change, shift_id), what="end shift"
    )
