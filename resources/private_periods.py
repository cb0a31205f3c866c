"""Private periods: while one is open, nothing of the worker's devices is stored.

"Vie privée" is never refused: a period that meets another of its kind extends it. A worker opens
and ends his own; the office only records mandate hours, and never ends what a worker began. Only
the toggle is recorded (product.md, L1); its event carries ids alone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.errors import BadInput, Conflict, Forbidden
from fieldops.model import new_id
from fieldops.rows import insert_row
from fieldops.schema.tables import private_period
from identity.commands import Change
from identity.erasure import erase_private, restore_positions
from identity.reach import EVERYTHING, Reach, only, reach_of
from identity.rights import require_on

# An off-line phone may tell of it late; further back there is nothing left to drop.
PAST_MOST = timedelta(hours=24)


async def view_periods(
    connection: Connection,
    reach: Reach = EVERYTHING,
    *,
    ids: Sequence[UUID] | None = None,
    open_at: datetime | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return private periods in order of id; with `open_at` those that are not over then."""
    rows = await connection.fetch(
        sql("resources", "view_periods"),
        ids,
        reach.worker,
        open_at is not None,
        open_at,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def start_period(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Open a period: perhaps `id`, `worker_id` (oneself), `kind`, `starts_at` (now), `ends_at`.

    Raises:
        NotFound: another worker, to one who may only speak for himself. Forbidden: not one's own
        and not mandate hours. BadInput: no worker, no such worker, times out of order or more
        than a day back.
    """
    worker_id = values.get("worker_id") or change.actor.worker_id
    kind = values.get("kind", "private")
    if worker_id is None:
        raise BadInput("private period: you are not a worker, name one", pointer="/worker_id")
    require_on(change.actor, "private_period", "create", worker=worker_id)
    _check_own(change, worker_id, kind)
    start, end = values.get("starts_at") or change.at, values.get("ends_at")
    _check_times(start, end, change.at)
    period_id = await _extend(change, worker_id, kind, start, end)
    if period_id is None:
        period_id = values.get("id") or new_id()
        fields = {"worker_id": worker_id, "kind": kind, "starts_at": start, "ends_at": end}
        await insert_row(
            change.connection,
            private_period,
            {"id": period_id, "created_by": change.actor.user_id, **fields},
        )
    await _erase(change, period_id)
    return await _report(change, period_id, "start", "privacy.started")


async def end_period(change: Change, period_id: UUID) -> dict[str, Any]:
    """End a period now; ending it again changes nothing.

    Raises:
        NotFound: no such period in reach. Forbidden: it is another's, and no mandate.
        Conflict: `period_ahead`, it has not begun.
    """
    reach = reach_of(change.actor, "private_period", "create")
    rows = await view_periods(change.connection, reach, ids=[period_id])
    row = only(rows, private_period.name, period_id)
    _check_own(change, row["worker_id"], row["kind"])
    if row["ends_at"] is not None and row["ends_at"] <= change.at:
        return row
    if row["starts_at"] >= change.at:
        raise Conflict(
            f"private period {period_id} begins at {row['starts_at'].isoformat()}",
            code="period_ahead",
            starts_at=row["starts_at"].isoformat(),
        )
    await change.connection.execute(sql("resources", "end_period"), period_id, change.at)
    await restore_positions(change.connection, row["worker_id"], change.at)
    return await _report(change, period_id, "end", "privacy.ended")


async def _extend(
    change: Change, worker_id: UUID, kind: str, start: datetime, end: datetime | None
) -> UUID | None:
    """Let a period of this kind that covers `start` last until `end`; None when there is none."""
    row = await change.connection.fetchrow(sql("resources", "find_period"), worker_id, kind, start)
    if row is None:
        return None
    if row["ends_at"] is not None and (end is None or end > row["ends_at"]):
        await change.connection.execute(sql("resources", "end_period"), row["id"], end)
    period_id: UUID = row["id"]
    return period_id


async def _erase(change: Change, period_id: UUID) -> None:
    """Take away what lies inside already: one may say late when it began."""
    row = await change.connection.fetchrow(sql("resources", "get_period"), period_id)
    assert row is not None
    if row["starts_at"] > change.at:
        return  # the gate will see to it; `hidden_positions` keeps the marker off meanwhile
    erased = await erase_private(
        change.connection,
        row["worker_id"],
        row["starts_at"],
        row["ends_at"],
        row["kind"],
        change.at,
    )
    change.entries.extend(erased.receipts())
    change.events.extend(erased.events())


async def _report(change: Change, period_id: UUID, action: str, kind: str) -> dict[str, Any]:
    rows = await view_periods(change.connection, ids=[period_id])
    view = only(rows, private_period.name, period_id)
    change.audit(
        action,
        "private_period",
        period_id,
        {name: view[name] for name in ("worker_id", "kind", "starts_at", "ends_at")},
    )
    change.event(kind, {"period": period_id, "worker": view["worker_id"]})
    return view


def _check_own(change: Change, worker_id: UUID, kind: str) -> None:
    system = change.actor.user_id is None
    if not system and worker_id != change.actor.worker_id and kind != "mandate":
        raise Forbidden(
            f"private period: only worker {worker_id} begins and ends his own {kind}",
            code="not_your_privacy",
        )


def _check_times(start: datetime, end: datetime | None, at: datetime) -> None:
    if start < at - PAST_MOST:
        raise BadInput(
            f"private period: starts_at {start.isoformat()} is more than {PAST_MOST} ago",
            pointer="/starts_at",
        )
    if end is not None and end <= start:
        raise BadInput(
            f"private period: ends_at {end.isoformat()} is not after {start.isoformat()}",
            pointer="/ends_at",
        )
