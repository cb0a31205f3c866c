"""Papers of workers, and which of them end."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.context import CallerDep, IfMatch, Paging, command, reading, tagged
from api.listing import page, window
from api.shapes.body import Page
from api.shapes.people import Credential, NewCredential
from identity.reach import reach_of
from identity.rights import scope_of
from resources import credentials

router = APIRouter(prefix="/credentials", tags=["credentials"])


@router.get("")
async def list_credentials(
    caller: CallerDep,
    paging: Paging,
    worker_id: Annotated[UUID | None, Query()] = None,
    on: Annotated[date | None, Query(description="the day its status is of; today")] = None,
    due: Annotated[bool, Query(description="only what has ended or ends within 30 days")] = False,
) -> Page[Credential]:
    """List the workers' papers; to a crew member, his own."""
    reach = reach_of(caller.actor, "credential")
    keeps = scope_of(caller.actor, "credential", "update") is not None
    async with reading(caller, "credentials") as connection:
        rows = await credentials.view_credentials(
            connection,
            reach,
            worker_id=worker_id,
            on=on,
            due_only=due,
            documents=keeps,
            **window(paging),
        )
    return page(Credential, rows, paging)


@router.post("", status_code=201)
async def create_credential(body: NewCredential, caller: CallerDep) -> Credential:
    """Record a paper; a renewal is another one."""
    return await command(
        caller,
        Credential,
        lambda change: credentials.add_credential(change, body.model_dump()),
        what="create credential",
    )


@router.post("/{credential_id}/revoke")
async def revoke_credential(
    credential_id: UUID, version: IfMatch, caller: CallerDep, response: Response
) -> Credential:
    """End a paper now; twice is once."""
    row = await command(
        caller,
        Credential,
        lambda change: credentials.revoke_credential(change, credential_id, version),
        what="revoke credential",
    )
    return tagged(response, row)
