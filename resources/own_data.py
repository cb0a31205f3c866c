"""What is known of one worker, for that worker: the last position shared, and a copy of it all.

The right of access includes a copy of location data (GDPR art. 15); it is self-service, and page by
page where there is much of it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql

POSITIONS_MOST = 20_000
ROWS_MOST = 20_000


async def last_position(connection: Connection, worker: UUID) -> dict[str, Any] | None:
    """Return the newest position that others can see of the worker's own devices, with
    `purge_at`; None when there is none to see."""
    row = await connection.fetchrow(sql("resources", "own_position"), worker)
    return None if row is None else dict(row)


async def positions(
    connection: Connection, worker: UUID, before: datetime | None
) -> tuple[dict[str, Any], datetime | None]:
    """Return positions of the worker's own devices as GeoJSON, newest first, and from when to go
    on: None at the end."""
    rows = await connection.fetch(
        sql("resources", "own_positions"), worker, before, POSITIONS_MOST + 1
    )
    shown = rows[:POSITIONS_MOST]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
            "properties": {
                name: row[name]
                for name in (
                    "device_id", "observed_at", "received_at", "accuracy_m", "speed_mps",
                    "heading_deg",
                )
            },
        }
        for row in shown
    ]  # fmt: skip
    more = len(rows) > POSITIONS_MOST
    collection = {"type": "FeatureCollection", "features": features}
    return collection, shown[-1]["observed_at"] if more else None


async def records(connection: Connection, worker: UUID) -> dict[str, list[dict[str, Any]]]:
    """Return the other rows about a worker by kind, at most 20,000 each, newest first."""
    found = {}
    for name in ("attendance", "crossings", "private_periods", "memberships", "devices"):
        rows = await connection.fetch(sql("resources", f"own_{name}"), worker, ROWS_MOST)
        found[name] = [dict(row) for row in rows]
    return found
