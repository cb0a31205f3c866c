"""Presence: which device is in which fence now; each day's look of a person is written down."""

from uuid import UUID

from fastapi import APIRouter

from api.context import Caller, CallerDep
from api.shapes.work import PresenceRow
from geo.ledger.reading import view_presence
from identity.commands import Change, execute
from identity.looks import note_look
from identity.reach import reach_of
from identity.rights import require_on
from resources.bindings import view_live_devices

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

    async def look(change: Change) -> list[PresenceRow]:
        rows = await view_presence(change.connection, site=site_id, sites=reach.sites)
        at_work = await view_live_devices(change.connection, ids=[row["device_id"] for row in rows])
        await note_look(
            change,
            "presence",
            "list" if site_id is None else "site",
            crews={d["crew_id"] for d in at_work if d["crew_id"] is not None},
            workers={
                d["worker_id"]
                for d in at_work
                if d["crew_id"] is None and d["worker_id"] is not None
            },
            more={} if site_id is None else {"site": str(site_id)},
        )
        return [PresenceRow.model_validate(row) for row in rows]

    return await execute(caller.store, caller.actor, look, what="presence")
