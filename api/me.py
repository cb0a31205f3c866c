"""The signed-in user."""

from fastapi import APIRouter

from api.context import CallerDep, reading
from api.shapes.people import Me, TenantView
from fieldops.database import sql
from identity.rights import rights_of

router = APIRouter(tags=["me"])


@router.get("/me")
async def read_me(caller: CallerDep) -> Me:
    """Say who is signed in, in which tenant, and what the profile may do."""
    actor, tenant = caller.actor, caller.tenant
    assert actor.user_id is not None
    assert actor.profile is not None
    async with reading(caller, "me") as connection:
        row = await connection.fetchrow(sql("identity", "read_me"), actor.user_id)
    assert row is not None
    return Me(
        id=actor.user_id,
        login=row["login"],
        display_name=row["display_name"],
        profile=actor.profile,
        worker_id=actor.worker_id,
        crew_ids=sorted(actor.crew_ids),
        tenant=TenantView(slug=tenant.slug, name=tenant.name, tz=tenant.tz, locale=tenant.locale),
        rights=rights_of(actor.profile),
        tile_url=caller.process.settings.tile_url,
    )
