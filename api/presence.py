"""Presence: which device is in which fence now."""

from uuid import UUID

from fastapi import APIRouter

from api.context import Caller, CallerDep, reading
from api.shapes.work import PresenceRow
from geo.ledger import view_presence
from identity.reach import reach_of
from identity.rights import require_on

router = APIRouter(tags=["presence"])


@router.get("/presence")
async def list_presence(caller: CallerDep) -> list[PresenceRow]:
    """List who is in which fence within the caller's reach."""
    return await _present(caller, None)


@router.get("/sites/{site_id}/presence")
async def list_site_presence(site_id: UUID, caller: CallerDep) -> list[PresenceRow]:
    """List who is in the fences of a site."""
    require_on(caller.actor, "presence", "read", site=site_id)
    return await _present(caller, site_id)


async def _present(caller: Caller, site_id: UUID | None) -> list[PresenceRow]:
    reach = reach_of(caller.actor, "presence")
    async with reading(caller, "presence") as connection:
        rows = await view_presence(connection, site=site_id, sites=reach.sites)
    return [PresenceRow.model_validate(row) for row in rows]
