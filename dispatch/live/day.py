"""A crew's day: its visits in order, each with its task and site."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from dispatch.live.plans import view_assignments
from fieldops.database import Connection, sql
from fieldops.model import now
from projects.sites import view_sites
from projects.tasks import view_tasks

_ORDER = {"done": 0, "started": 1, "accepted": 2, "offered": 2, "planned": 2}


async def view_day(connection: Connection, crews: Sequence[UUID]) -> dict[str, Any]:
    """Return the first of the worker's crews with today's visits; no crew, an empty day."""
    crew = await connection.fetchrow(sql("dispatch", "crew_of_day"), list(crews), now())
    if crew is None:
        return {"crew_id": None, "crew_name": None, "on_shift": False, "visits": []}
    rows = await view_assignments(connection, crews=[crew["id"]], live=True)
    rows.sort(key=lambda row: (_ORDER[row["state"]], row["done_at"] or row["start_at"]))
    tasks = {t["id"]: t for t in await view_tasks(connection, ids=[r["task_id"] for r in rows])}
    sites = await view_sites(connection, ids=list({t["site_id"] for t in tasks.values()}))
    by_id = {site["id"]: site for site in sites}
    return {
        "crew_id": crew["id"],
        "crew_name": crew["name"],
        "on_shift": crew["on_shift"],
        "visits": [
            {
                "assignment": row,
                "task": tasks[row["task_id"]],
                "site": by_id[tasks[row["task_id"]]["site_id"]],
            }
            for row in rows
        ],
    }
