"""Attendance as it was recorded."""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from api.context import CallerDep, Paging, reading
from api.shapes.body import Page
from api.shapes.people import Attendance
from fieldops.model import now
from identity.reach import reach_of
from proof.attendance import view_attendance

router = APIRouter(prefix="/attendance", tags=["attendance"])


@router.get("")
async def list_attendance(
    caller: CallerDep,
    paging: Paging,
    day: Annotated[date | None, Query(description="a site's own day; today when left out")] = None,
) -> Page[Attendance]:
    """List a day's attendance in order of device time; to a worker, his own."""
    reach = reach_of(caller.actor, "attendance")
    today = now().astimezone(ZoneInfo(caller.tenant.tz)).date()
    async with reading(caller, "attendance") as connection:
        rows, following = await view_attendance(
            connection,
            day or today,
            caller.tenant.tz,
            reach,
            cursor=paging.cursor,
            limit=paging.limit,
        )
    return Page(items=[Attendance.model_validate(row) for row in rows], next=following)
