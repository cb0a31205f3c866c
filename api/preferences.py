"""The dispatcher's settings."""

from fastapi import APIRouter, Response

from api.context import CallerDep, IfMatch, command, reading
from api.listing import changes
from api.shapes.planning import DispatchSettings, DispatchSettingsChange
from dispatch.live.preferences import change_preferences, view_preferences
from identity.rights import require

router = APIRouter(prefix="/dispatch", tags=["dispatch"])


@router.get("/settings")
async def read_dispatch_settings(caller: CallerDep, response: Response) -> DispatchSettings:
    """Read how this tenant is planned."""
    require(caller.actor, "dispatch", "read")
    async with reading(caller, "dispatch settings") as connection:
        row = await view_preferences(connection)
    return _tagged(response, DispatchSettings.model_validate(row))


@router.patch("/settings")
async def change_dispatch_settings(
    body: DispatchSettingsChange, version: IfMatch, caller: CallerDep, response: Response
) -> DispatchSettings:
    """Change how this tenant is planned; the plan follows."""
    fields = changes(body)
    row = await command(
        caller,
        DispatchSettings,
        lambda change: change_preferences(change, version, fields),
        what="change dispatch settings",
    )
    return _tagged(response, row)


def _tagged(response: Response, row: DispatchSettings) -> DispatchSettings:
    response.headers["ETag"] = f'"{row.version}"'
    return row
