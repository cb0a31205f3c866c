"""Sites."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.context import CallerDep, IfMatch, Paging, command, reading, tagged
from api.listing import changes, page, window
from api.shapes.body import Page
from api.shapes.fences import FenceSuggestion
from api.shapes.work import NewSite, Site, SiteChange
from geo.fences.suggestion import suggest_fence
from identity.reach import reach_of
from projects import sites

router = APIRouter(prefix="/sites", tags=["sites"])


@router.get("")
async def list_sites(
    caller: CallerDep, paging: Paging, project_id: Annotated[UUID | None, Query()] = None
) -> Page[Site]:
    """List the sites within the caller's reach; to a crew, those it was ever given work at."""
    reach = reach_of(caller.actor, "site")
    async with reading(caller, "sites") as connection:
        rows = await sites.view_sites(connection, reach, project_id=project_id, **window(paging))
    return page(Site, rows, paging)


@router.post("", status_code=201)
async def create_site(body: NewSite, caller: CallerDep) -> Site:
    """Add a site; without a time zone it has the tenant's."""
    values = body.model_dump() | {"tz": body.tz or caller.tenant.tz}
    return await command(
        caller, Site, lambda change: sites.add_site(change, values), what="create site"
    )


@router.get("/{site_id}")
async def read_site(site_id: UUID, caller: CallerDep, response: Response) -> Site:
    """Read one site."""
    reach = reach_of(caller.actor, "site")
    async with reading(caller, "site") as connection:
        row = await sites.view_site(connection, site_id, reach)
    return tagged(response, Site.model_validate(row))


@router.patch("/{site_id}")
async def change_site(
    site_id: UUID, body: SiteChange, version: IfMatch, caller: CallerDep, response: Response
) -> Site:
    """Change a site's name or address."""
    fields = changes(body)
    site = await command(
        caller,
        Site,
        lambda change: sites.change_site(change, site_id, version, fields),
        what="change site",
    )
    return tagged(response, site)


@router.get("/{site_id}/fence-suggestion")
async def suggest_site_fence(site_id: UUID, caller: CallerDep) -> FenceSuggestion:
    """Suggest a fence from the check-ins of 90 days; the look at them is audited."""
    return await command(
        caller,
        FenceSuggestion,
        lambda change: suggest_fence(change, site_id),
        what="suggest fence",
    )
