"""Days of attendance: hours as they follow from declarations, and the agreement on them."""

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response

from api.context import Caller, CallerDep, Paging, command, reading
from api.listing import window
from api.shapes.attendance import AttendanceDay, DayAnswers, DaySteps
from api.shapes.body import Page
from fieldops.model import now
from identity.commands import Change
from identity.reach import reach_of
from proof.attendance.days import Asked, view_days
from proof.attendance.recording import each_alone
from proof.attendance.steps import take_step

router = APIRouter(prefix="/attendance", tags=["attendance"])
SHEET_MOST = 2_000


def _asked(
    caller: CallerDep,
    first: Annotated[date | None, Query(description="today when left out")] = None,
    last: Annotated[date | None, Query(description="the same day when left out")] = None,
    site_id: UUID | None = None,
    crew_id: UUID | None = None,
    worker_id: UUID | None = None,
) -> Asked:
    begin = first or now().astimezone(ZoneInfo(caller.tenant.tz)).date()
    return Asked(begin, last or begin, site_id, crew_id, worker_id)


AskedDep = Annotated[Asked, Depends(_asked)]


@router.get("/days")
async def list_attendance_days(
    caller: CallerDep, asked: AskedDep, paging: Paging
) -> Page[AttendanceDay]:
    """List up to 31 days of work by worker, `limit` workers a page; to a worker, his own.

    A single day also shows who is expected and has declared nothing.
    """
    rows = await _days(caller, asked, **window(paging))
    items = [AttendanceDay.model_validate(row) for row in rows]
    workers = list(dict.fromkeys(item.worker_id for item in items))
    if len(workers) <= paging.limit:
        return Page(items=items, next=None)
    shown = set(workers[: paging.limit])
    return Page(
        items=[item for item in items if item.worker_id in shown],
        next=str(workers[paging.limit - 1]),
    )


@router.get("/days.csv")
async def read_attendance_sheet(caller: CallerDep, asked: AskedDep) -> Response:
    """Read the same as a table, one line an interval; codes and UTC times, no prose."""
    rows = await _days(caller, asked, after=None, limit=SHEET_MOST)
    return Response(
        sheet_of(rows),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="attendance-{asked.first}.csv"'},
    )


@router.post("/days/steps")
async def take_day_steps(body: DaySteps, caller: CallerDep) -> DayAnswers:
    """Submit, withdraw, validate, lock, export, reopen or dispute days, each by itself."""

    async def take(change: Change) -> dict[str, Any]:
        return {
            "items": await each_alone(
                change,
                [each.model_dump() for each in body.days],
                lambda each: take_step(
                    change, body.step, each["worker_id"], each["day"], caller.tenant.tz, body.why
                ),
            )
        }

    return await command(caller, DayAnswers, take, what="attendance days")


async def _days(caller: Caller, asked: Asked, **page: Any) -> list[dict[str, Any]]:
    reach = reach_of(caller.actor, "attendance")
    async with reading(caller, "attendance") as connection:
        return await view_days(connection, asked, caller.tenant.tz, reach, now=now(), **page)


_COLUMNS = (
    "day", "tz", "worker_id", "worker", "crew", "status", "site", "in_at", "out_at", "worked_s",
    "break_s", "verdict", "flags",
)  # fmt: skip


def sheet_of(days: list[dict[str, Any]]) -> str:
    """Return days as CSV (RFC 4180); a day without intervals is one line without times."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for day in days:
        for interval in day["intervals"] or [{}]:
            writer.writerow([_plain(cell) for cell in _line(day, interval)])
    return out.getvalue()


def _line(day: Mapping[str, Any], interval: Mapping[str, Any]) -> list[Any]:
    breaks = [b for b in interval.get("breaks", ()) if b["end_at"] is not None]
    return [
        day["day"],
        day["tz"],
        day["worker_id"],
        day["worker_name"],
        day["crew_name"],
        day["status"],
        interval.get("site_name"),
        interval.get("in_at") and interval["in_at"].isoformat(),
        interval.get("out_at") and interval["out_at"].isoformat(),
        interval.get("worked_s"),
        round(sum((b["end_at"] - b["start_at"]).total_seconds() for b in breaks)),
        day["verdict"],
        " ".join(flag["code"] for flag in day["flags"]),
    ]


def _plain(cell: Any) -> str:
    """Return a cell no spreadsheet takes for a formula: a name may begin with a sign."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
