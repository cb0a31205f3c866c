"""Messages that could not be used, with the reason; every look is written down."""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from api.context import CallerDep, Paging, command
from api.shapes.body import Page
from api.shapes.quarantine import QuarantinedMessage, RetriedMessage
from identity.commands import Change, execute
from identity.rights import require, scope_of
from ingest.quarantine import QuarantineQuery, view_quarantine
from ingest.retry import try_again

router = APIRouter(prefix="/quarantine", tags=["quarantine"])


@router.get("")
async def list_quarantine(
    caller: CallerDep,
    paging: Paging,
    device: Annotated[str | None, Query(max_length=64)] = None,
    code: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[QuarantinedMessage]:
    """List what was set aside, received last first, by device (its name) or code.

    Raw bytes are location data: who may not read positions gets neither them nor the reason.
    """
    require(caller.actor, "quarantine", "read")
    with_bytes = scope_of(caller.actor, "position", "read") is not None
    query = QuarantineQuery(paging.limit, paging.cursor, device, code)

    async def look(change: Change) -> Page[QuarantinedMessage]:
        rows, cursor = await view_quarantine(change.connection, query, with_bytes=with_bytes)
        change.audit(
            "read",
            "quarantine",
            body={"rows": len(rows), "device": device, "code": code, "bytes": with_bytes},
        )
        return Page(items=[QuarantinedMessage(**row) for row in rows], next=cursor)

    return await execute(caller.store, caller.actor, look, what="quarantine")


@router.post("/{message_id}/retry")
async def retry_message(message_id: UUID, caller: CallerDep) -> RetriedMessage:
    """Read a message again by the rules of today, privacy included; it leaves quarantine when all
    of it could be used or had to be dropped."""
    require(caller.actor, "quarantine", "retry")
    with_reason = scope_of(caller.actor, "position", "read") is not None

    async def retry(change: Change) -> dict[str, Any]:
        told = asdict(await try_again(change, message_id))
        return told if with_reason else told | {"reason": None}

    return await command(caller, RetriedMessage, retry, what="retry message")
