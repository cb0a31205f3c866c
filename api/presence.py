"""Presence: which device is in which fence now; each day's look of a person is written down."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from api.context import Caller, CallerDep, Paging
from api.listing import page, window
from api.shapes.body import Page
from api.shapes.work import PresenceEntry, PresenceRow
from geo.ledger.reading import view_presence, view_site_day
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


@router.get("/sites/{site_id}/presence/ledger")
async def list_site_ledger(
    site_id: UUID,
    day: Annotated[date, Query(description="of the site's own calendar")],
    paging: Paging,
    caller: CallerDep,
) -> Page[PresenceEntry]:
    """List who came and went at a site on a day, with why it is believed and what replaced it."""
    require_on(caller.actor, "presence", "read", site=site_id)

    async def look(change: Change) -> Page[PresenceEntry]:
        rows = await view_site_day(change.connection, site_id, day, **window(paging))
        seen = {row["device_id"] for row in rows}
        await _note(change, "ledger", seen, {"site": str(site_id), "day": day.isoformat()})
        return page(PresenceEntry, rows, paging)

    return await execute(caller.store, caller.actor, look, what="presence")


async def _present(caller: Caller, site_id: UUID | None) -> list[PresenceRow]:
    reach = reach_of(caller.actor, "presence")

    async def look(change: Change) -> list[PresenceRow]:
        rows = await view_presence(change.connection, site=site_id, sites=reach.sites)
        seen = {row["device_id"] for row in rows}
        more = {} if site_id is None else {"site": str(site_id)}
        await _note(change, "list" if site_id is None else "site", seen, more)
        return [PresenceRow.model_validate(row) for row in rows]

    return await execute(caller.store, caller.actor, look, what="presence")


async def _note(change: Change, how: str, devices: set[UUID], more: dict[str, Any]) -> None:
    """Write down whose presence was looked at."""
    at_work = await view_live_devices(change.connection, ids=list(devices))
    await note_look(
        change,
        "presence",
        how,
        crews={d["crew_id"] for d in at_work if d["crew_id"] is not None},
        workers={
            d["worker_id"] for d in at_work if d["crew_id"] is None and d["worker_id"] is not None
        },
        more=more,
    )
