"""Tracking policies."""

from fastapi import APIRouter

from api.context import CallerDep, Paging, command, reading
from api.listing import page, window
from api.shapes.body import Page
from api.shapes.resources import NewPolicy, Policy
from identity.rights import require
from resources import policies

router = APIRouter(prefix="/policies", tags=["policies"])


@router.get("")
async def list_policies(caller: CallerDep, paging: Paging) -> Page[Policy]:
    """List the tracking policies."""
    require(caller.actor, "policy", "read")
    async with reading(caller, "policies") as connection:
        rows = await policies.view_policies(connection, **window(paging))
    return page(Policy, rows, paging)


@router.post("", status_code=201)
async def create_policy(body: NewPolicy, caller: CallerDep) -> Policy:
    """Add a policy: purpose, hours, and how long positions may be kept."""
    return await command(
        caller,
        Policy,
        lambda change: policies.add_policy(change, body.model_dump()),
        what="create policy",
    )
