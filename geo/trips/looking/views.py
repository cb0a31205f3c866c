"""What of a vehicle's or a site's day is shown: trips, stops, presence, dwell, the line to play.

Dwell is time stopped inside a site's fences as they were drawn when the stop began. Presence would
count a van that crosses the yard on its way; a stop is what a delivery or a day of work leaves,
and a fence moved since does not rewrite it. A machine that works up and down inside its fence is
not stopped there while it moves: its presence says that it was there.
"""

import asyncio
from bisect import bisect_right
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from fieldops.database import Connection, Record, sql
from fieldops.errors import BadInput
from fieldops.model import Fix, Flag
from geo.trips.looking.access import Span
from geo.trips.looking.points import draw

FIXES_MOST = 200_000
PAGE_POINTS = 2_000
ROWS_MOST = 2_000


async def view_trips(connection: Connection, span: Span) -> list[dict[str, Any]]:
    """Return the trips that touch a span, fields as the api's Trip."""
    return await _rows(connection, "view_trips", span)


async def view_stops(connection: Connection, span: Span) -> list[dict[str, Any]]:
    """Return the stops that touch a span, with the site they lie in, fields as the api's Stop."""
    return await _rows(connection, "view_stops", span)


async def view_crossings(connection: Connection, span: Span) -> list[dict[str, Any]]:
    """Return the vehicle's entries to and exits from fences, fields as the api's Crossing."""
    return await _rows(connection, "view_crossings", span)


async def _rows(connection: Connection, name: str, span: Span) -> list[dict[str, Any]]:
    rows = await connection.fetch(
        sql("geo.trips.looking", name), span.vehicle, span.from_at, span.until_at, ROWS_MOST
    )
    return [dict(row) for row in rows]


async def view_dwell(
    connection: Connection,
    from_at: datetime,
    until_at: datetime,
    *,
    site: UUID | None = None,
    vehicle: UUID | None = None,
) -> list[dict[str, Any]]:
    """Return how long vehicles stood in sites' fences, fields as the api's Dwell."""
    rows = await connection.fetch(
        sql("geo.trips.looking", "view_dwell"), site, vehicle, from_at, until_at, ROWS_MOST
    )
    return [dict(row) for row in rows]


async def view_points(
    connection: Connection, span: Span, *, after: datetime | None, at: datetime
) -> dict[str, Any]:
    """Return one page of the line, fields as the api's TrackPage; `after`: the last point's time.

    Raises:
        BadInput: `after` lies outside the span.
    """
    if after is not None and not span.from_at <= after < span.until_at:
        raise BadInput(f"cursor {after.isoformat()} lies outside the day", pointer="/cursor")
    rows = await connection.fetch(
        sql("geo.trips.looking", "read_day"),
        span.vehicle, span.from_at, span.until_at, FIXES_MOST,
    )  # fmt: skip
    # A day at 1 Hz takes half a second: not in the loop that serves the others.
    points = await asyncio.to_thread(draw, [_fix(row) for row in rows], at)
    start = 0 if after is None else bisect_right(points, after, key=lambda point: point.at)
    page = points[start : start + PAGE_POINTS]
    more = start + PAGE_POINTS < len(points)
    return {
        "points": [asdict(point) for point in page],
        "next": page[-1].at.isoformat() if more else None,
    }


def _fix(row: Record) -> Fix:
    return Fix(
        row["device_id"],
        row["observed_at"],
        row["observed_at"],
        row["lon"],
        row["lat"],
        accuracy_m=row["accuracy_m"],
        flags=Flag(row["flags"]),
    )
