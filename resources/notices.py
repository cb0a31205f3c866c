"""Notices on tracking, and who has read and signed which: without it a phone is not tracked.

A worker signs his own on the phone; the office records what was signed on paper.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.errors import BadInput, NotFound
from fieldops.rows import get_row
from fieldops.schema.tables import worker as worker_table
from identity.commands import Change
from identity.reach import EVERYTHING, Reach
from identity.rights import require_on

SIGNATURES_MOST = 10_000


async def view_signatures(
    connection: Connection, reach: Reach = EVERYTHING
) -> list[dict[str, Any]]:
    """Return which worker signed which notice when, newest first."""
    rows = await connection.fetch(
        sql("resources", "view_signatures"), reach.worker, SIGNATURES_MOST
    )
    return [dict(row) for row in rows]


async def view_notices(connection: Connection, worker: UUID) -> list[dict[str, Any]]:
    """Return the policies a worker's own devices stand under, and whether he has signed.

    Each with `policy`, `purpose`, `schedule`, `retention_days`, `notice_version`, `cse_date` and
    `signed_at` (null: tracking is off until he does).
    """
    rows = await connection.fetch(sql("resources", "view_notices"), worker)
    return [dict(row) for row in rows]


async def sign_notice(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Record that `worker_id` (oneself) signed `notice_version` at `signed_at` (now), once.

    Raises:
        NotFound: another worker, to one who may only sign for himself. BadInput: no such worker,
        no policy has that notice, or a time to come.
    """
    worker = values.get("worker_id") or change.actor.worker_id
    if worker is None:
        raise BadInput("notice: you are not a worker, name one", pointer="/worker_id")
    require_on(change.actor, "notice", "create", worker=worker)
    try:
        await get_row(change.connection, worker_table, worker)
    except NotFound as error:
        raise BadInput(f"notice: {error}", pointer="/worker_id") from error
    version, signed_at = values["notice_version"], values.get("signed_at") or change.at
    if signed_at > change.at:
        raise BadInput(
            f"notice: signed_at {signed_at.isoformat()} is yet to come", pointer="/signed_at"
        )
    if not await change.connection.fetchval(sql("resources", "notice_exists"), version):
        raise BadInput(f"notice: no policy has notice {version!r}", pointer="/notice_version")
    added = await change.connection.fetchval(
        sql("resources", "add_signature"), worker, version, signed_at, change.actor.user_id
    )
    if added is not None:
        change.audit("sign", "notice", worker, {"notice_version": version, "signed_at": signed_at})
    row = await change.connection.fetchrow(sql("resources", "get_signature"), worker, version)
    assert row is not None
    return dict(row)


def own(worker: UUID | None) -> UUID:
    """Return the caller's worker.

    Raises:
        NotFound: the caller is nobody who works, so nothing of him is tracked.
    """
    if worker is None:
        raise NotFound("you are not a worker, nothing is recorded of you", object="worker")
    return worker
