"""Versions of the plan as they are read: the list, one, what lies between two."""

from typing import Any

from dispatch.live.diffs import added_up
from fieldops.database import Connection, sql
from fieldops.errors import BadInput, NotFound


async def view_versions(
    connection: Connection, *, below: int | None = None, most: int
) -> list[dict[str, Any]]:
    """Return versions with the fields of the api's PlanVersion, newest first."""
    rows = await connection.fetch(sql("dispatch", "view_versions"), None, below, most)
    return [dict(row) for row in rows]


async def view_version(connection: Connection, version: int) -> dict[str, Any]:
    """Return one version with what it changed.

    Raises:
        NotFound: there is none.
    """
    rows = await connection.fetch(sql("dispatch", "view_versions"), [version], None, 1)
    if not rows:
        raise NotFound(f"plan {version} does not exist", object="plan")
    diffs = await connection.fetch(sql("dispatch", "read_diffs"), version - 1, version)
    return {**dict(rows[0]), "diff": diffs[0]["diff"]}


async def compare(connection: Connection, old: int, new: int) -> dict[str, Any]:
    """Return what changed hands from one version to a later one; the other way round is undone.

    Raises:
        NotFound: one is not there. BadInput: more than 5,000 versions lie between.
    """
    last = int(await connection.fetchval(sql("dispatch", "last_plan")))
    for version in (old, new):
        if not 0 <= version <= last:
            raise NotFound(f"plan {version} does not exist", object="plan")
    if abs(new - old) > 5000:
        raise BadInput(f"{abs(new - old)} versions lie between, at most 5000", pointer="/from")
    rows = await connection.fetch(sql("dispatch", "read_diffs"), *sorted((old, new)))
    diff = added_up(row["diff"] for row in rows)
    if new < old:
        diff = added_up([{**e, "before": e["after"], "after": e["before"]}] for e in diff)
    return {"from_version": old, "to_version": new, "diff": diff}
