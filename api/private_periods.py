"""Private periods: when nothing of a worker's devices is stored."""

from uuid import UUID

from fastapi import APIRouter

from api.context import CallerDep, Paging, command, reading
from api.listing import page, window
from api.shapes.body import Page
from api.shapes.resources import NewPrivatePeriod, PrivatePeriod
from identity.reach import reach_of
from resources import private_periods

router = APIRouter(prefix="/private-periods", tags=["privacy"])


@router.get("")
async def list_private_periods(caller: CallerDep, paging: Paging) -> Page[PrivatePeriod]:
    """List private periods; to a worker, his own."""
    reach = reach_of(caller.actor, "private_period")
    async with reading(caller, "private periods") as connection:
        rows = await private_periods.view_periods(connection, reach, **window(paging))
    return page(PrivatePeriod, rows, paging)


@router.post("", status_code=201)
async def start_private_period(body: NewPrivatePeriod, caller: CallerDep) -> PrivatePeriod:
    """Begin or plan one's private time or break; the office records mandate hours."""
    return await command(
        caller,
        PrivatePeriod,
        lambda change: private_periods.start_period(change, body.model_dump()),
        what="start private period",
    )


@router.post("/{period_id}/end")
async def end_private_period(period_id: UUID, caller: CallerDep) -> PrivatePeriod:
    """End a period now; twice is once."""
    return await command(
        caller,
        PrivatePeriod,
        lambda change: private_periods.end_period(change, period_id),
        what="end private period",
    )
