"""When workers are away."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.context import CallerDep, IfMatch, Paging, command, reading, tagged
from api.listing import page, window
from api.shapes.body import Moment, Page
from api.shapes.people import Absence, NewAbsence
from identity.reach import reach_of
from resources import absences

router = APIRouter(prefix="/absences", tags=["absences"])


@router.get("")
async def list_absences(
    caller: CallerDep,
    paging: Paging,
    worker_id: Annotated[UUID | None, Query()] = None,
    start: Annotated[Moment | None, Query(alias="from")] = None,
    end: Annotated[Moment | None, Query(alias="until")] = None,
) -> Page[Absence]:
    """List absences, cancelled ones too; to a crew member, his own."""
    reach = reach_of(caller.actor, "absence")
    async with reading(caller, "absences") as connection:
        rows = await absences.view_absences(
            connection, reach, worker_id=worker_id, start=start, end=end, **window(paging)
        )
    return page(Absence, rows, paging)


@router.post("", status_code=201)
async def create_absence(body: NewAbsence, caller: CallerDep) -> Absence:
    """Record that a worker is away; dispatch takes it into account at once."""
    return await command(
        caller,
        Absence,
        lambda change: absences.add_absence(change, body.model_dump()),
        what="create absence",
    )


@router.post("/{absence_id}/cancel")
async def cancel_absence(
    absence_id: UUID, version: IfMatch, caller: CallerDep, response: Response
) -> Absence:
    """Say that the worker is there after all; twice is once."""
    row = await command(
        caller,
        Absence,
        lambda change: absences.cancel_absence(change, absence_id, version),
        what="cancel absence",
    )
    return tagged(response, row)
