"""Attendance: declared by oneself, by a roll-call, at a kiosk; never refused for what it says."""

from datetime import date
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from api.context import CallerDep, IfMatch, Paging, command, reading
from api.listing import changes
from api.shapes.attendance import (
    Attendance,
    AttendanceBulk,
    AttendanceRules,
    BulkAnswer,
    Correction,
    Declared,
    NewAttendance,
    RulesChange,
    Verdict,
)
from api.shapes.body import Page
from fieldops.model import now
from identity.commands import Change
from identity.reach import reach_of
from identity.rights import require
from proof.attendance.listing import view_attendance, view_verdicts
from proof.attendance.recording import correct, declare, each_alone
from proof.attendance.rules import change_rules, view_rules

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


@router.post("", status_code=201)
async def record_attendance(body: NewAttendance, caller: CallerDep) -> Declared:
    """Record a declaration; one that is odd is recorded and flagged, one said twice is one."""
    return await command(
        caller,
        Declared,
        lambda change: declare(change, body.model_dump(), caller.tenant.tz),
        what="attendance",
    )


@router.post("/bulk")
async def record_attendances(body: AttendanceBulk, caller: CallerDep) -> BulkAnswer:
    """Record up to 200 declarations, each answered for by itself, in the order given."""
    items = [item.model_dump() for item in body.items]

    async def record(change: Change) -> dict[str, object]:
        return {
            "items": await each_alone(
                change, items, lambda item: declare(change, item, caller.tenant.tz)
            )
        }

    return await command(caller, BulkAnswer, record, what="attendance")


@router.get("/rules")
async def read_attendance_rules(caller: CallerDep) -> AttendanceRules:
    """Read the tenant's numbers for judging attendance."""
    require(caller.actor, "attendance_rule", "read")
    async with reading(caller, "attendance rules") as connection:
        return AttendanceRules.model_validate(_known(await view_rules(connection)))


@router.patch("/rules")
async def change_attendance_rules(
    body: RulesChange, version: IfMatch, caller: CallerDep
) -> AttendanceRules:
    """Change some of the numbers; what is judged from now on is judged by them."""
    values = changes(body)

    async def change_them(change: Change) -> dict[str, object]:
        return _known(await change_rules(change, version, values))

    return await command(caller, AttendanceRules, change_them, what="attendance rules")


@router.post("/{event_id}/correct", status_code=201)
async def correct_attendance(event_id: UUID, body: Correction, caller: CallerDep) -> Declared:
    """Say an event otherwise, or take it back; the old one stays, and so does the reason."""
    return await command(
        caller,
        Declared,
        lambda change: correct(change, event_id, body.model_dump(), caller.tenant.tz),
        what="correct attendance",
    )


@router.get("/{event_id}/verdicts")
async def list_verdicts(event_id: UUID, caller: CallerDep) -> list[Verdict]:
    """List what was thought of an event, oldest first, and because of what."""
    reach = reach_of(caller.actor, "attendance")
    async with reading(caller, "verdicts") as connection:
        rows = await view_verdicts(connection, event_id, reach)
    return [Verdict.model_validate({n: row[n] for n in Verdict.model_fields}) for row in rows]


def _known(row: dict[str, object]) -> dict[str, object]:
    return {name: row[name] for name in AttendanceRules.model_fields}
