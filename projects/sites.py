"""Sites: where work happens. A site has no geometry; its fences say where it is."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fieldops.database import Connection, sql
from fieldops.errors import BadInput
from fieldops.model import new_id
from fieldops.rows import insert_row, update_row
from fieldops.schema.tables import site
from identity.commands import Change
from identity.reach import EVERYTHING, Reach, only, require_named
from identity.rights import require_on


async def view_sites(
    connection: Connection,
    reach: Reach = EVERYTHING,
    *,
    ids: Sequence[UUID] | None = None,
    project_id: UUID | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return sites with the fields of the api's Site, in order of id."""
    rows = await connection.fetch(
        sql("projects", "view_sites"), ids, reach.sites, reach.crews, project_id, after, limit
    )
    return [dict(row) for row in rows]


async def view_site(
    connection: Connection, site_id: UUID, reach: Reach = EVERYTHING
) -> dict[str, Any]:
    """Return one site; NotFound when it is not there or out of reach."""
    return only(await view_sites(connection, reach, ids=[site_id]), site.name, site_id)


async def add_site(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Create a site: `project_id`, `code`, `name`, `tz`, perhaps `id`, `address`.

    Raises:
        BadInput: no such project in reach, or no such time zone. Conflict: the code is taken.
    """
    require_named(change.actor, "site", "create", field="project_id", project=values["project_id"])
    _check_zone(values["tz"])
    site_id = values.get("id") or new_id()
    fields = {name: values.get(name) for name in ("project_id", "code", "name", "address", "tz")}
    await insert_row(
        change.connection, site, {"id": site_id, "created_by": change.actor.user_id, **fields}
    )
    change.audit("create", "site", site_id, fields)
    return await _report(change, site_id)


async def change_site(
    change: Change, site_id: UUID, version: int, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Change a site's `name` or `address`.

    Raises:
        NotFound: no such site in reach. Stale: it is not at `version`.
    """
    require_on(change.actor, "site", "update", site=site_id)
    await update_row(change.connection, site, site_id, version, changes)
    change.audit("update", "site", site_id, dict(changes))
    return await _report(change, site_id)


async def _report(change: Change, site_id: UUID) -> dict[str, Any]:
    view = await view_site(change.connection, site_id)
    crews = await change.connection.fetch(sql("projects", "list_site_crews"), site_id)
    change.event(
        "site.changed", view, sites=(site_id,), crews=tuple(row["crew_id"] for row in crews)
    )
    return view


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        # A name that is a folder ("Europe") or a path is an OSError or a ValueError.
        raise BadInput(
            f"time zone {name!r} is not in the IANA database", pointer="/tz", code="unknown_tz"
        ) from error
