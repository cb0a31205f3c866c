"""Everything a map needs at one position of the event log, as far as the viewer may see.

The views of the domains, read in one repeatable-read transaction together with the log's last
position: since position order is commit order, the rows hold exactly the events up to it.
"""

from typing import Any

from dispatch.live.plans import view_assignments, view_plan
from fieldops.database import Connection, Pool, sql, translated
from fieldops.model import now
from geo.fences.editing import view_fences
from geo.ledger.reading import view_presence
from identity.reach import Reach, reach_of
from identity.rights import Actor, Scope, scope_of
from projects.sites import view_sites
from projects.tasks import view_tasks
from resources.bindings import view_live_devices
from resources.crews import view_crews

ACQUIRE_S = 10.0
ASSIGNMENTS_MOST = 20_000
NO_PLAN: dict[str, Any] = {
    "version": 0,
    "published_at": None,
    "trigger": {},
    "routes": [],
    "unassigned": [],
}


async def read_snapshot(pool: Pool, actor: Actor, *, dispatch: bool) -> tuple[dict[str, Any], int]:
    """Return the fields of the api's Snapshot but `fixes`, and the position they stand for.

    `dispatch` False leaves out plan and assignments.

    Raises:
        Unavailable: the database is lost, or no connection is free within 10 s.
    """
    with translated("snapshot"):
        async with (
            pool.acquire(timeout=ACQUIRE_S) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            at = int(await connection.fetchval(sql("fieldops", "last_event")))
            return await _read(connection, actor, dispatch=dispatch), at


async def _read(connection: Connection, actor: Actor, *, dispatch: bool) -> dict[str, Any]:
    assignments = await _assignments(connection, actor)
    return {
        "now": now(),
        "devices": await _devices(connection, actor),
        "sites": await view_sites(connection, found) if (found := _reach(actor, "site")) else [],
        "fences": (
            await view_fences(connection, sites=found.sites)
            if (found := _reach(actor, "fence"))
            else []
        ),
        "crews": await view_crews(connection, found) if (found := _reach(actor, "crew")) else [],
        "tasks": await _tasks(connection, actor, assignments),
        "assignments": assignments if dispatch else [],
        "plan": await _plan(connection, actor) if dispatch else NO_PLAN,
        "presence": (
            await view_presence(connection, sites=found.sites)
            if (found := _reach(actor, "presence"))
            else []
        ),
    }


def _reach(actor: Actor, name: str) -> Reach | None:
    """Return how far the actor may read these, None when it may not."""
    return reach_of(actor, name) if scope_of(actor, name, "read") else None


async def _devices(connection: Connection, actor: Actor) -> list[dict[str, Any]]:
    """Return the register for who may read it, else the devices whose positions one may see."""
    reach = _reach(actor, "device") or _reach(actor, "position")
    return await view_live_devices(connection, reach) if reach else []


async def _assignments(connection: Connection, actor: Actor) -> list[dict[str, Any]]:
    reach = _reach(actor, "assignment")
    if reach is None:
        return []
    return await view_assignments(
        connection, crews=reach.crews, sites=reach.sites, live=True, most=ASSIGNMENTS_MOST
    )


async def _tasks(
    connection: Connection, actor: Actor, assignments: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the open tasks, and those whose assignment was done lately."""
    reach = _reach(actor, "task")
    if reach is None:
        return []
    done = [row["task_id"] for row in assignments if row["state"] == "done"]
    found = await view_tasks(connection, reach, open_only=True)
    known = {row["id"] for row in found}
    over = await view_tasks(connection, reach, ids=done) if done else []
    return found + [row for row in over if row["id"] not in known]


async def _plan(connection: Connection, actor: Actor) -> dict[str, Any]:
    if scope_of(actor, "plan", "read"):
        return await view_plan(connection)
    if scope_of(actor, "assignment", "read") is Scope.CREWS:
        return await view_plan(connection, crews=sorted(actor.crew_ids))
    return NO_PLAN
