"""Attendance as it was recorded, event by event, with what is thought of each.

A position that came with a row stays out of lists: it serves the verdict, not the reader.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.errors import BadInput
from identity.reach import EVERYTHING, Reach, only


async def view_attendance(
    connection: Connection,
    day: date,
    tz: str,
    reach: Reach = EVERYTHING,
    *,
    cursor: str | None = None,
    limit: int | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return one page of the day's rows in order of device time, and the next page's cursor.

    Args:
        connection: the tenant's.
        day: of the site's own calendar.
        tz: the calendar of rows without a site.
        reach: the sites or the worker to be shown.
        cursor: of the former page.
        limit: rows a page, None for all.

    Raises:
        BadInput: the cursor is not one of ours.
    """
    seen_at, seen = _seen(cursor)
    most = None if limit is None else limit + 1
    rows = await connection.fetch(
        sql("proof.attendance", "view_attendance"),
        day,
        tz,
        reach.sites,
        reach.worker,
        seen_at,
        seen,
        most,
    )
    items = [dict(row) for row in rows[:limit]]
    more = limit is not None and len(rows) > limit
    return items, f"{items[-1]['device_at'].isoformat()}~{items[-1]['id']}" if more else None


def _seen(cursor: str | None) -> tuple[datetime | None, UUID | None]:
    if cursor is None:
        return None, None
    at, _, row_id = cursor.partition("~")
    try:
        seen_at, seen = datetime.fromisoformat(at), UUID(row_id)
    except ValueError as error:
        raise BadInput(f"cursor {cursor!r} is not one of ours", pointer="/cursor") from error
    if seen_at.tzinfo is None:
        raise BadInput(f"cursor {cursor!r} is not one of ours", pointer="/cursor")
    return seen_at, seen


async def view_verdicts(
    connection: Connection, event_id: UUID, reach: Reach = EVERYTHING
) -> list[dict[str, Any]]:
    """Return what was thought of an event, oldest first, with the fields of the api's Verdict.

    Raises:
        NotFound: no such event in reach.
    """
    rows = [
        dict(r) for r in await connection.fetch(sql("proof.attendance", "view_verdicts"), event_id)
    ]
    shown = [
        row
        for row in rows
        if (reach.sites is None or row["site_id"] in reach.sites)
        and reach.worker in (None, row["worker_id"])
    ]
    only(shown, "attendance", event_id)
    return [row for row in shown if row["revision"] is not None]
