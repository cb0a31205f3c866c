"""What people read of dispatch: the plan, assignments, a crew's visits."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.errors import NotFound

MOST = 1000


async def view_assignments(
    connection: Connection,
    *,
    ids: Sequence[UUID] | None = None,
    crews: Sequence[UUID] | None = None,
    sites: Sequence[UUID] | None = None,
    task: UUID | None = None,
    live: bool = False,
    after: UUID | None = None,
    most: int = MOST,
) -> list[dict[str, Any]]:
    """Return assignments by id; `live` are the open ones and those done in the last 12 hours."""
    rows = await connection.fetch(
        sql("dispatch", "view_assignments"), ids, crews, task, live, after, most, sites
    )
    return [dict(row) for row in rows]


async def view_assignment(connection: Connection, assignment: UUID) -> dict[str, Any]:
    """Return one assignment.

    Raises:
        NotFound: there is none.
    """
    found = await view_assignments(connection, ids=[assignment])
    if not found:
        raise NotFound(f"assignment {assignment} does not exist", object="assignment")
    return found[0]


async def view_plan(connection: Connection, crews: Sequence[UUID] | None = None) -> dict[str, Any]:
    """Return the plan as it stands: the last published frame with today's live visits in it.

    With `crews`, only their routes and nothing unassigned: what a crew may see.
    """
    frame = await connection.fetchrow(sql("dispatch", "view_plan"))
    starts = {UUID(r["crew_id"]): r["start"] for r in (frame["routes"] if frame else [])}
    visits: dict[UUID, list[dict[str, Any]]] = {crew: [] for crew in starts}
    for row in await connection.fetch(sql("dispatch", "view_visits")):
        visits.setdefault(row["crew_id"], []).append(
            {key: value for key, value in row.items() if key != "crew_id"}
        )
    unassigned = (
        [] if crews is not None else await connection.fetch(sql("dispatch", "view_unassigned"))
    )
    return {
        "version": frame["version"] if frame else 0,
        "published_at": frame["published_at"] if frame else None,
        "trigger": frame["trigger"] if frame else {},
        "routes": [
            {"crew_id": crew, "start": _start(starts.get(crew), found), "visits": found}
            for crew, found in visits.items()
            if (crews is None or crew in crews) and (found or crew in starts)
        ],
        "unassigned": [dict(row) for row in unassigned],
    }


def _start(known: dict[str, Any] | None, visits: list[dict[str, Any]]) -> dict[str, Any]:
    """Return where a route starts; one that no plan has published yet starts at its first visit."""
    if known is not None:
        return known
    return {"lon": visits[0]["lon"], "lat": visits[0]["lat"], "source": "current_task"}
