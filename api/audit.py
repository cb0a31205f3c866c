"""The audit chain, for whoever may read it."""

from fastapi import APIRouter

from api.context import CallerDep, Paging
from api.shapes.body import Page
from api.shapes.ledger import AuditRow
from fieldops.errors import BadInput
from identity.audit import read_audit
from identity.rights import require

router = APIRouter(prefix="/audit", tags=["audit"])


@router.get("")
async def list_audit(caller: CallerDep, paging: Paging) -> Page[AuditRow]:
    """List the chain from its beginning; the cursor is the seq of the last row read."""
    require(caller.actor, "audit", "read")
    cursor = paging.cursor or "0"
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise BadInput(f"cursor {cursor!r} is not one of ours", pointer="/cursor")
    rows = await read_audit(caller.store.pool, int(cursor), paging.limit)
    items = [AuditRow(**{name: row[name] for name in AuditRow.model_fields}) for row in rows]
    return Page(items=items, next=str(items[-1].seq) if len(items) == paging.limit else None)
