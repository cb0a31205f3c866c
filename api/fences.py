"""Fences: GeoJSON drawings around sites, depots and dangers, with what is watched of them."""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from api.context import CallerDep, IfMatch, Paging, command, reading, tagged
from api.listing import changes
from api.shapes.body import Page
from api.shapes.fences import (
    Fence,
    FenceAudit,
    FenceChange,
    FenceFile,
    FenceImport,
    FenceVersion,
    NewFence,
)
from fieldops.errors import BadInput
from geo.fences.audit import view_audits
from geo.fences.editing import change_fence, create_fence, view_fences, view_versions
from geo.fences.files.export import geojson_of
from geo.fences.files.intake import import_fences, read_features
from identity.commands import Change
from identity.reach import only, reach_of

router = APIRouter(prefix="/fences", tags=["fences"])
NULLABLE = ("radius_m", "width_m", "schedule")


@router.get("")
async def list_fences(
    caller: CallerDep, paging: Paging, site_id: Annotated[UUID | None, Query()] = None
) -> Page[Fence]:
    """List fences with their present version, depots and closed ones too."""
    reach = reach_of(caller.actor, "fence")
    async with reading(caller, "fences") as connection:
        rows = await view_fences(
            connection,
            site=site_id,
            sites=reach.sites,
            after=_cursor(paging.cursor),
            limit=paging.limit + 1,
        )
    items = [Fence.model_validate(row) for row in rows[: paging.limit]]
    return Page(items=items, next=str(items[-1].id) if len(rows) > paging.limit else None)


@router.post("", status_code=201)
async def post_fence(body: NewFence, caller: CallerDep, response: Response) -> Fence:
    """Draw a fence; a polygon that crosses itself is refused with the place where it does."""
    values = body.model_dump()
    row = await command(caller, Fence, lambda change: create_fence(change, values), what="fence")
    return tagged(response, row)


@router.post("/import")
async def post_fence_file(body: FenceFile, caller: CallerDep) -> FenceImport:
    """Draw the fences of a GeoJSON or KML file; errors name the feature, the value, the limit."""
    features = read_features(body.text.encode())
    defaults = body.model_dump(include={"site_id", "name", "kind", "radius_m", "width_m"})

    async def apply(change: Change) -> dict[str, Any]:
        taken = await import_fences(
            change,
            features,
            {name: value for name, value in defaults.items() if value is not None},
            skip_invalid=body.skip_invalid,
            dry_run=body.dry_run,
        )
        return {"fences": taken.fences, "faults": [asdict(fault) for fault in taken.faults]}

    return await command(caller, FenceImport, apply, what="import fences")


@router.get("/export")
async def get_fence_file(
    caller: CallerDep, site_id: Annotated[UUID | None, Query()] = None
) -> JSONResponse:
    """Read fences as a GeoJSON FeatureCollection, as they were drawn."""
    reach = reach_of(caller.actor, "fence")
    async with reading(caller, "fences") as connection:
        rows = await view_fences(connection, site=site_id, sites=reach.sites)
    name = {"Content-Disposition": 'attachment; filename="fences.geojson"'}
    return JSONResponse(geojson_of(rows), headers=name, media_type="application/geo+json")


@router.get("/audits")
async def get_audits(caller: CallerDep) -> list[FenceAudit]:
    """List the nightly audits of the fence index against PostGIS, the newest first."""
    reach_of(caller.actor, "fence")
    async with reading(caller, "fence audits") as connection:
        rows = await view_audits(connection)
    return [FenceAudit.model_validate(row) for row in rows]


@router.get("/{fence_id}")
async def get_one_fence(fence_id: UUID, caller: CallerDep, response: Response) -> Fence:
    """Read a fence with its present version."""
    reach = reach_of(caller.actor, "fence")
    async with reading(caller, "fence") as connection:
        rows = await view_fences(connection, ids=[fence_id], sites=reach.sites, limit=1)
    return tagged(response, Fence.model_validate(only(rows, "fence", fence_id)))


@router.get("/{fence_id}/versions")
async def get_versions(fence_id: UUID, caller: CallerDep) -> list[FenceVersion]:
    """List what a fence was, the newest first."""
    reach = reach_of(caller.actor, "fence")
    async with reading(caller, "fence") as connection:
        only(
            await view_fences(connection, ids=[fence_id], sites=reach.sites, limit=1),
            "fence",
            fence_id,
        )
        rows = await view_versions(connection, fence_id)
    return [FenceVersion.model_validate(row) for row in rows]


@router.patch("/{fence_id}")
async def patch_fence(
    fence_id: UUID, body: FenceChange, version: IfMatch, caller: CallerDep, response: Response
) -> Fence:
    """Change a fence; a new geometry or parameter opens a version, yesterday keeps the old one."""
    named = changes(body)
    values = {name: v for name, v in named.items() if v is not None or name in NULLABLE}
    row = await command(
        caller,
        Fence,
        lambda change: change_fence(change, fence_id, version, values),
        what="fence",
    )
    return tagged(response, row)


def _cursor(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError as error:
        raise BadInput(f"cursor {text!r} is not one of ours", pointer="/cursor") from error
