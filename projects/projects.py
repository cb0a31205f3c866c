"""Projects: what a customer ordered; each has one or more sites."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from fieldops.database import Connection, sql
from fieldops.model import new_id
from fieldops.rows import fetch, insert_row
from fieldops.schema.tables import project, user_scope
from identity.commands import Change
from identity.reach import EVERYTHING, Reach, only
from identity.rights import require


async def view_projects(
    connection: Connection,
    reach: Reach = EVERYTHING,
    *,
    ids: Sequence[UUID] | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return projects with the fields of the api's Project, in order of id."""
    rows = await connection.fetch(
        sql("projects", "view_projects"), ids, reach.sites, reach.projects, after, limit
    )
    return [dict(row) for row in rows]


async def view_project(
    connection: Connection, project_id: UUID, reach: Reach = EVERYTHING
) -> dict[str, Any]:
    """Return one project; NotFound when it is not there or out of reach."""
    return only(await view_projects(connection, reach, ids=[project_id]), project.name, project_id)


async def add_project(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Create a project: `code`, `name`, perhaps `id`.

    Who makes it within a scope answers for it from then on.

    Raises:
        Conflict: the code is taken.
    """
    require(change.actor, "project", "create")
    project_id = values.get("id") or new_id()
    fields = {"code": values["code"], "name": values["name"]}
    await insert_row(
        change.connection,
        project,
        {"id": project_id, "created_by": change.actor.user_id, **fields},
    )
    if change.actor.site_ids is not None:
        scope = {"user_id": change.actor.user_id, "kind": "project", "object_id": project_id}
        await fetch(change.connection, insert(user_scope).values(**scope))
    view = await view_project(change.connection, project_id)
    change.audit("create", "project", project_id, fields)
    change.event("project.changed", view)
    return view
