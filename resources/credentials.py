"""Credentials: papers with an end, which a visit needs valid from its first to its last minute.

A paper is never edited into another: it is renewed by another row, or revoked. A task asks for a
type (`caces`), for `type:symbol` (`electrical:BR`) or for `type:symbol:category`, and a paper
answers all it is a case of. The document itself is shown to who keeps the register and to its
holder; the others see the dates (product.md, D5).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.errors import BadInput, NotFound
from fieldops.model import new_id, now
from fieldops.rows import get_row, insert_row, update_row
from fieldops.schema.tables import worker, worker_credential
from identity.commands import Change
from identity.reach import EVERYTHING, Reach, only
from identity.rights import require
from resources.crews import crews_of, report_crews

WARN_DAYS = 30
_FIELDS = ("type", "symbol", "category", "issued_on", "valid_until", "issuer", "document_id")


async def view_credentials(
    connection: Connection,
    reach: Reach = EVERYTHING,
    *,
    ids: Sequence[UUID] | None = None,
    worker_id: UUID | None = None,
    on: date | None = None,
    due_only: bool = False,
    documents: bool = False,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return credentials with the fields of the api's Credential and their status on the day."""
    if reach.worker is not None and worker_id not in (None, reach.worker):
        return []
    rows = await connection.fetch(
        sql("resources", "view_credentials"),
        ids,
        reach.worker or worker_id,
        on or now().date(),
        WARN_DAYS,
        due_only,
        documents or reach.worker is not None,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def add_credential(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Record a paper: `worker_id`, `type`, `issued_on`, perhaps `id`, `symbol`, `category`,
    `valid_until` (the last day it holds), `issuer`, `document_id`.

    Raises:
        BadInput: no such worker, an end before the beginning, a category without a symbol.
    """
    require(change.actor, "credential", "create")
    _check(values)
    worker_id = values["worker_id"]
    try:
        await get_row(change.connection, worker, worker_id)
    except NotFound as error:
        raise BadInput(
            f"credential: worker {worker_id} does not exist", pointer="/worker_id"
        ) from error
    credential_id = values.get("id") or new_id()
    fields = {"worker_id": worker_id, **{name: values.get(name) for name in _FIELDS}}
    await insert_row(
        change.connection,
        worker_credential,
        {"id": credential_id, "created_by": change.actor.user_id, **fields},
    )
    change.audit("create", "credential", credential_id, fields)
    return await _report(change, credential_id)


async def revoke_credential(change: Change, credential_id: UUID, version: int) -> dict[str, Any]:
    """End a paper now; revoking it again changes nothing.

    Raises:
        NotFound: no such paper. Stale: it is not at `version`.
    """
    require(change.actor, "credential", "update")
    row = await get_row(change.connection, worker_credential, credential_id, lock=True)
    if row["revoked_at"] is None:
        fields = {"revoked_at": change.at}
        await update_row(change.connection, worker_credential, credential_id, version, fields)
        change.audit("revoke", "credential", credential_id)
    return await _report(change, credential_id)


async def tell_due(change: Change, on: date) -> int:
    """Report the papers that end soon and those that have ended, each once; returns how many."""
    rows = await change.connection.fetch(sql("resources", "due_credentials"), on, WARN_DAYS)
    crews = await crews_of(change, [row["worker_id"] for row in rows])
    for row in rows:
        body = {
            "credential": row["id"],
            "worker": row["worker_id"],
            "crew": crews.get(row["worker_id"]),
            "code": row["code"],
            "valid_until": row["valid_until"],
        }
        change.event(f"credential.{row['status']}", body)
        change.audit("tell", "credential", row["id"], {"status": row["status"]})
    await change.connection.execute(
        sql("resources", "tell_credentials"),
        [row["id"] for row in rows],
        [row["status"] for row in rows],
    )
    return len(rows)


def _check(values: Mapping[str, Any]) -> None:
    start, end = values["issued_on"], values.get("valid_until")
    if end is not None and end < start:
        raise BadInput(f"credential: valid_until {end} is before {start}", pointer="/valid_until")
    if values.get("category") is not None and values.get("symbol") is None:
        raise BadInput("credential: a category needs its symbol", pointer="/symbol")


async def _report(change: Change, credential_id: UUID) -> dict[str, Any]:
    row = only(
        await view_credentials(change.connection, ids=[credential_id], documents=True),
        "credential",
        credential_id,
    )
    body = {
        "credential": credential_id,
        "worker": row["worker_id"],
        "code": row["code"],
        "status": row["status"],
        "valid_until": row["valid_until"],
    }
    change.event("credential.changed", body)
    crews = await crews_of(change, [row["worker_id"]])
    await report_crews(change, sorted(set(crews.values())))
    return row
