"""Privacy: notices signed, what is seen of oneself, a copy of it, and receipts of what went."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.context import CallerDep, Paging, command, reading
from api.shapes.body import Page
from api.shapes.privacy import (
    Look,
    NewSignature,
    Notice,
    OwnData,
    PrivacyLedger,
    Receipt,
    Signature,
)
from api.shapes.resources import PrivatePeriod
from fieldops.database import sql
from fieldops.errors import BadInput
from fieldops.model import now
from identity.commands import Change, execute
from identity.looks import view_looks
from identity.reach import Reach, reach_of
from identity.rights import require
from resources import notices, own_data
from resources.private_periods import view_periods

router = APIRouter(tags=["privacy"])
# Who looked is told for as long as activity is kept (product.md L1).
LOOKS = timedelta(days=62)


@router.get("/my/privacy")
async def read_my_privacy(caller: CallerDep) -> PrivacyLedger:
    """Say what the company sees of the caller: the last position, who looked, when it is purged."""
    worker, at = notices.own(caller.actor.worker_id), now()
    async with reading(caller, "privacy") as connection:
        position = await own_data.last_position(connection, worker)
        policies = await notices.view_notices(connection, worker)
        periods = await view_periods(connection, Reach(worker=worker), open_at=at)
        looks = await view_looks(connection, worker, at - LOOKS)
    return PrivacyLedger(
        worker_id=worker,
        last_position=position,
        notices=[Notice.model_validate(row) for row in policies],
        periods=[PrivatePeriod.model_validate(row) for row in periods],
        looks=[Look.model_validate(row) for row in looks],
        looks_since=at - LOOKS,
    )


@router.get("/my/data")
async def read_my_data(
    caller: CallerDep,
    before: Annotated[datetime | None, Query(description="positions before; newest first")] = None,
) -> OwnData:
    """Give the caller a copy of all that is kept of him, positions as GeoJSON."""
    worker = notices.own(caller.actor.worker_id)
    if before is not None and before.tzinfo is None:
        raise BadInput("before has no time zone", pointer="/before")

    async def copy(change: Change) -> OwnData:
        connection = change.connection
        collection, following = await own_data.positions(connection, worker, before)
        signed = await notices.view_signatures(connection, Reach(worker=worker))
        looks = await view_looks(connection, worker, change.at - LOOKS)
        change.audit("export", "worker_data", worker, {"positions": len(collection["features"])})
        return OwnData(
            generated_at=change.at,
            worker_id=worker,
            positions=collection,
            positions_before=following,
            records=await own_data.records(connection, worker),
            notices=[Signature.model_validate(row) for row in signed],
            looks=[Look.model_validate(row) for row in looks],
        )

    return await execute(caller.store, caller.actor, copy, what="own data")


@router.get("/notices/signatures")
async def list_signatures(caller: CallerDep) -> list[Signature]:
    """List who signed which notice; to a worker, his own."""
    reach = reach_of(caller.actor, "notice")
    async with reading(caller, "notices") as connection:
        rows = await notices.view_signatures(connection, reach)
    return [Signature.model_validate(row) for row in rows]


@router.post("/notices/signatures", status_code=201)
async def sign_notice(body: NewSignature, caller: CallerDep) -> Signature:
    """Sign a notice oneself, or record one signed on paper; tracking begins with it."""
    return await command(
        caller,
        Signature,
        lambda change: notices.sign_notice(change, body.model_dump()),
        what="sign notice",
    )


@router.get("/receipts")
async def list_receipts(caller: CallerDep, paging: Paging) -> Page[Receipt]:
    """List what was purged or erased, newest first, as the audit chain has it."""
    require(caller.actor, "receipt", "read")
    before = None
    if paging.cursor is not None:
        if not (paging.cursor.isascii() and paging.cursor.isdigit() and len(paging.cursor) < 19):
            raise BadInput(f"cursor {paging.cursor!r} is not one of ours", pointer="/cursor")
        before = int(paging.cursor)
    async with reading(caller, "receipts") as connection:
        rows: list[Any] = await connection.fetch(
            sql("identity", "view_receipts"), before, paging.limit + 1
        )
    items = [Receipt.model_validate(dict(row)) for row in rows[: paging.limit]]
    return Page(items=items, next=str(items[-1].seq) if len(rows) > paging.limit else None)
