"""Agreement on a day, step by step: open, submitted, validated, locked, exported.

Nobody validates his own work, a day that is not finished cannot be validated, and what is closed
opens again only by a manager who says why. The audit chain keeps every step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from fieldops.database import sql
from fieldops.errors import BadInput, Conflict, Forbidden
from fieldops.model import new_id
from identity.commands import Change
from identity.reach import NO_WORKER
from identity.rights import Scope, require
from proof.attendance.days import hours_of
from proof.attendance.judging import lock_workers

Step = Literal["submit", "withdraw", "validate", "lock", "export", "reopen", "dispute"]


@dataclass(frozen=True, slots=True)
class _Way:
    """From which states a step leads where, and the right it takes."""

    before: frozenset[str]
    after: str
    right: str


_WAYS: Mapping[str, _Way] = {
    "submit": _Way(frozenset({"open"}), "submitted", "submit"),
    "withdraw": _Way(frozenset({"submitted"}), "open", "submit"),
    "validate": _Way(frozenset({"submitted"}), "validated", "validate"),
    "lock": _Way(frozenset({"validated"}), "locked", "lock"),
    "export": _Way(frozenset({"locked", "exported"}), "exported", "export"),
    "reopen": _Way(frozenset({"submitted", "validated", "locked", "exported"}), "open", "reopen"),
}


async def take_step(
    change: Change, step: Step, worker: UUID, day: date, tz: str, why: str | None = None
) -> dict[str, Any]:
    """Take one step with one worker's day; `version`, `status` and ids come back.

    Raises:
        Forbidden: no such right, or it is one's own day (`own_work`). NotFound: out of reach.
        BadInput: `reopen` or `dispute` without a reason. Conflict: `bad_step` from where the day
        is; `day_unfinished`, an `out` is missing; `day_empty`, nothing was declared.
    """
    if step in ("reopen", "dispute") and not why:
        raise BadInput(f"attendance day: {step} needs a reason", pointer="/why")
    await _require(change, "dispute" if step == "dispute" else _WAYS[step].right, worker, day, tz)
    await lock_workers(change.connection, [worker])
    rows = await change.connection.fetch(sql("proof.attendance", "read_days"), [worker], day, day)
    status = rows[0]["status"] if rows else "open"
    if step == "dispute":
        return await _set(change, step, worker, day, status, why, dispute=why)
    way = _WAYS[step]
    if status not in way.before:
        raise Conflict(
            f"attendance day {day} of {worker} is {status}, cannot {step}",
            code="bad_step",
            status=status,
            step=step,
        )
    digest = None
    if step in ("submit", "validate"):
        digest = await _finished(change, worker, day, tz)
    return await _set(change, step, worker, day, way.after, why, digest=digest)


async def _require(change: Change, right: str, worker: UUID, day: date, tz: str) -> None:
    """Check the right, within its reach: own crews' days are those with work at one's sites."""
    actor = change.actor
    scope = require(actor, "attendance", right)
    if right == "validate" and worker == actor.worker_id:
        raise Forbidden(f"attendance day {day}: nobody validates his own work", code="own_work")
    match scope:
        case Scope.TENANT:
            return
        case Scope.OWN:
            inside = worker == (actor.worker_id or NO_WORKER)
        case Scope.SITES | Scope.CREWS:
            inside = actor.site_ids is None or await change.connection.fetchval(
                sql("proof.attendance", "day_in_reach"), worker, day, sorted(actor.site_ids), tz
            )
    if not inside:
        raise Conflict(
            f"attendance day {day} of {worker} has nothing on your sites",
            code="day_elsewhere",
        )


async def _finished(change: Change, worker: UUID, day: date, tz: str) -> str:
    intervals, digest = await hours_of(change.connection, worker, day, tz)
    if not intervals:
        raise Conflict(f"attendance day {day} of {worker}: nothing declared", code="day_empty")
    if any(interval.end is None for interval in intervals):
        raise Conflict(
            f"attendance day {day} of {worker}: an out is missing", code="day_unfinished"
        )
    return digest


async def _set(
    change: Change,
    step: str,
    worker: UUID,
    day: date,
    status: str,
    why: str | None,
    *,
    digest: str | None = None,
    dispute: str | None = None,
) -> dict[str, Any]:
    row = await change.connection.fetchrow(
        sql("proof.attendance", "set_day"),
        new_id(), worker, day, status, step, digest, change.actor.user_id, change.at, dispute,
    )  # fmt: skip
    assert row is not None
    body = {"worker_id": worker, "day": day, "step": step, "status": status}
    change.audit(
        step,
        "attendance_day",
        worker,
        body | {"digest": row["digest"]},
        {"why": why} if why else None,
    )
    change.event("attendance.day_changed", body)
    return {name: row[name] for name in ("worker_id", "day", "status", "version")}
