"""Fence versions as the index wants them, now or back to an instant."""

from datetime import datetime

import shapely

from fieldops.database import Connection, sql
from geo.index import Fence, Rules
from identity.week import week_of

VERSIONS_MOST = 50_000


async def watched_fences(
    connection: Connection, since: datetime | None = None, *, tz: str = "UTC"
) -> list[Fence]:
    """Return every version in which a fence is, or at or after `since` was, watched.

    Args:
        connection: a tenant's.
        since: None gives only the versions in force now; otherwise all of a time range, for fixes
            that come late: each says from when to when it was in force.
        tz: the tenant's time zone, for the hours of fences that belong to no site.

    Returns:
        By fence, then by time, oldest first; 50,000 at most.
    """
    rows = await connection.fetch(sql("geo.fences", "watched_fences"), since, tz, VERSIONS_MOST)
    return [
        Fence(
            row["id"],
            row["site_id"],
            shapely.from_wkb(row["wkb"]),
            Rules(row["buffer_m"], row["dwell_s"], row["max_accuracy_m"], row["confidence"]),
            kind=row["kind"],
            version=row["version_id"],
            hours=week_of({**row["schedule"], "tz": row["tz"]}) if row["schedule"] else None,
            valid_from=row["valid_from"],
            valid_until=row["valid_until"],
        )
        for row in rows
    ]
