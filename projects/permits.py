"""Permits of sites: what must be valid while some work is done (a DICT, a lockout attestation).

A permit is never edited into another: it is renewed by another row, or revoked. A task names the
kinds that it needs, and any permit of its site of that kind answers.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.errors import BadInput
from fieldops.model import new_id, now
from fieldops.rows import get_row, insert_row, update_row
from fieldops.schema.tables import permit
from identity.commands import Change
from identity.reach import EVERYTHING, Reach, only, require_named
from identity.rights import require_on


async def view_permits(
    connection: Connection,
    reach: Reach = EVERYTHING,
    *,
    ids: Sequence[UUID] | None = None,
    site_id: UUID | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return permits with the fields of the api's Permit and their status now, in order of id."""
    rows = await connection.fetch(
        sql("projects", "view_permits"), ids, site_id, reach.sites, now(), after, limit
    )
    return [dict(row) for row in rows]


async def add_permit(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Record what a site was granted: `site_id`, `kind`, `valid_from`, perhaps `id`, `number`,
    `valid_until`.

    Raises:
        BadInput: no such site in reach, or it ends before it starts (`permit_dates`).
    """
    require_named(change.actor, "permit", "create", field="site_id", site=values["site_id"])
    start, end = values["valid_from"], values.get("valid_until")
    if end is not None and end <= start:
        raise BadInput(
            f"permit: valid_until {end.isoformat()} is not after valid_from {start.isoformat()}",
            pointer="/valid_until",
            code="permit_dates",
        )
    permit_id = values.get("id") or new_id()
    names = ("site_id", "kind", "number", "valid_from", "valid_until")
    fields = {name: values.get(name) for name in names}
    await insert_row(
        change.connection, permit, {"id": permit_id, "created_by": change.actor.user_id, **fields}
    )
    change.audit("create", "permit", permit_id, fields)
    return await _report(change, permit_id)


async def revoke_permit(change: Change, permit_id: UUID, version: int) -> dict[str, Any]:
    """End a permit now; revoking it again changes nothing.

    Raises:
        NotFound: no such permit in reach. Stale: it is not at `version`.
    """
    row = await get_row(change.connection, permit, permit_id, lock=True)
    require_on(change.actor, "permit", "update", site=row["site_id"])
    if row["revoked_at"] is None:
        fields = {"revoked_at": change.at}
        await update_row(change.connection, permit, permit_id, version, fields)
        change.audit("revoke", "permit", permit_id)
    return await _report(change, permit_id)


async def _report(change: Change, permit_id: UUID) -> dict[str, Any]:
    view = only(await view_permits(change.connection, ids=[permit_id]), "permit", permit_id)
    change.event("permit.changed", view, sites=(view["site_id"],))
    return view
