"""Permits of sites."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.context import CallerDep, IfMatch, Paging, command, reading, tagged
from api.listing import page, window
from api.shapes.body import Page
from api.shapes.permits import NewPermit, Permit
from identity.reach import reach_of
from projects import permits

router = APIRouter(prefix="/permits", tags=["sites"])


@router.get("")
async def list_permits(
    caller: CallerDep, paging: Paging, site_id: Annotated[UUID | None, Query()] = None
) -> Page[Permit]:
    """List what the sites within the caller's reach were granted."""
    reach = reach_of(caller.actor, "permit")
    async with reading(caller, "permits") as connection:
        rows = await permits.view_permits(connection, reach, site_id=site_id, **window(paging))
    return page(Permit, rows, paging)


@router.post("", status_code=201)
async def create_permit(body: NewPermit, caller: CallerDep) -> Permit:
    """Record a permit; a renewal is another one."""
    return await command(
        caller,
        Permit,
        lambda change: permits.add_permit(change, body.model_dump()),
        what="create permit",
    )


@router.post("/{permit_id}/revoke")
async def revoke_permit(
    permit_id: UUID, version: IfMatch, caller: CallerDep, response: Response
) -> Permit:
    """End a permit now; twice is once."""
    row = await command(
        caller,
        Permit,
        lambda change: permits.revoke_permit(change, permit_id, version),
        what="revoke permit",
    )
    return tagged(response, row)
