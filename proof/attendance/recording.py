"""Declarations over REST: oneself, a roll-call, a kiosk; and corrections, which are declarations.

A declaration is recorded whatever it says, once: the same id, or the same thing said again, is the
row that is there. What can be refused is only what names nothing, or speaks for others without the
right to.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fieldops.database import Record, sql
from fieldops.errors import BadInput, Conflict, FieldopsError, NotFound
from fieldops.model import new_id
from fieldops.rows import get_row
from fieldops.schema.tables import site as site_table
from fieldops.schema.tables import worker as worker_table
from identity.breaks import keep_breaks
from identity.commands import Change
from identity.rights import require_on
from proof.attendance.days import require_open
from proof.attendance.judging import (
    Cause,
    event_view,
    events_of,
    judge_around,
    load_events,
    lock_workers,
)

OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD_MOST = timedelta(days=3650)
_MS = timedelta(milliseconds=1)


async def declare(change: Change, values: Mapping[str, Any], tz: str) -> dict[str, Any]:
    """Record that a worker came, went, or took a break; return the event with its verdict.

    `values`: `kind`, perhaps `id`, `worker_id` (oneself), `site_id`, `device_at` (now), `sent_at`
    (the device's clock on sending, which measures its skew), `lon`, `lat`, `accuracy_m`,
    `provider`, `is_mock`, `source` (`kiosk`), `why`. `again` in the answer: it was there already.

    Raises:
        BadInput: no such worker or site, half a position, or a time no clock gives. NotFound: the
        worker, or the site, is not the caller's to speak for. Conflict: the id is another event's.
    """
    worker = values.get("worker_id") or change.actor.worker_id
    if worker is None:
        raise BadInput("attendance: you are not a worker, name one", pointer="/worker_id")
    own = worker == change.actor.worker_id
    require_on(change.actor, "attendance", "create", site=values.get("site_id"), worker=worker)
    await _check(change, worker, values)
    await lock_workers(change.connection, [worker])
    source = values.get("source") or ("self" if own else "roll_call")
    row = _row(change, worker, source, values)
    return await _store(change, row, tz, "recorded")


async def correct(
    change: Change, event_id: UUID, values: Mapping[str, Any], tz: str
) -> dict[str, Any]:
    """Say an event otherwise, or (`void`) take it back: a new event, the old one stays.

    `values`: `why`, perhaps `id`, `kind`, `site_id`, `device_at`, `void`.

    Raises:
        NotFound: no such event in reach. Conflict: `already_corrected`, correct the newer one;
        `day_closed`, its day is validated.
    """
    old = await _event(change, event_id)
    site = values.get("site_id") or old["site_id"]
    for each in {site, old["site_id"]}:
        require_on(change.actor, "attendance", "correct", site=each, worker=old["worker_id"])
    worker = old["worker_id"]
    await lock_workers(change.connection, [worker])
    newer = await change.connection.fetchval(sql("proof.attendance", "find_correction"), event_id)
    if newer is not None and newer != values.get("id"):
        raise Conflict(
            f"attendance event {event_id} was corrected by {newer}",
            code="already_corrected",
            by=str(newer),
        )
    told = {
        "id": values.get("id"),
        "site_id": site,
        "kind": values.get("kind") or old["kind"],
        "device_at": values.get("device_at") or old["device_at"],
        "why": values["why"],
    }
    await _check(change, worker, told)
    for at in {old["device_at"], told["device_at"]}:
        await require_open(change.connection, worker, at, tz)
    row = _row(change, worker, "correction", told)
    row |= {"corrects_id": event_id, "void": bool(values.get("void"))}
    answer = await _store(change, row, tz, "corrected")
    if not answer["again"] and abs(old["device_at"] - row["device_at"]) > timedelta(days=1):
        await _judge(change, worker, old["device_at"], tz, "corrected")
    return answer


async def each_alone(
    change: Change,
    items: Sequence[Mapping[str, Any]],
    apply: Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """Do each item by itself in one transaction; what one is refused undoes nothing else.

    Returns:
        In order: `done` with `row`, or `refused` with the error's code, message and params.
    """
    answers: list[dict[str, Any]] = []
    for item in items:
        events, entries = len(change.events), len(change.entries)
        try:
            async with change.connection.transaction():
                row = await apply(item)
        except FieldopsError as error:
            del change.events[events:], change.entries[entries:]
            answers.append(
                {"done": False, "code": error.code, "detail": str(error), "params": error.params}
            )
        else:
            answers.append({"done": True, "row": row})
    return answers


async def _check(change: Change, worker: UUID, values: Mapping[str, Any]) -> None:
    for table, row_id, pointer in (
        (worker_table, worker, "/worker_id"),
        (site_table, values.get("site_id"), "/site_id"),
    ):
        if row_id is not None:
            try:
                await get_row(change.connection, table, row_id)
            except NotFound as error:
                raise BadInput(f"attendance: {error}", pointer=pointer) from error
    if (values.get("lon") is None) != (values.get("lat") is None):
        raise BadInput("attendance: half a position, lon and lat go together", pointer="/lon")
    at = values.get("device_at")
    if at is not None and not OLDEST <= at <= change.at + AHEAD_MOST:
        raise BadInput(
            f"attendance: device_at {at.isoformat()} is a time no clock gives",
            pointer="/device_at",
            code="time_out_of_range",
        )


def _row(change: Change, worker: UUID, source: str, values: Mapping[str, Any]) -> dict[str, Any]:
    at = values.get("device_at") or change.at
    sent_at = values.get("sent_at")
    return {
        "id": values.get("id") or new_id(),
        "worker_id": worker,
        "site_id": values.get("site_id"),
        "kind": values["kind"],
        "source": source,
        "device_at": at,
        "server_at": change.at,
        "skew_ms": (change.at - at) // _MS,
        "clock_ms": None if sent_at is None else (change.at - sent_at) // _MS,
        "lon": values.get("lon"),
        "lat": values.get("lat"),
        "accuracy_m": values.get("accuracy_m"),
        "provider": values.get("provider"),
        "is_mock": values.get("is_mock"),
        "corrects_id": None,
        "void": False,
        "why": values.get("why"),
        "recorded_by": change.actor.user_id,
    }


async def _store(change: Change, row: Mapping[str, Any], tz: str, cause: Cause) -> dict[str, Any]:
    """Append the event and all that follows from it, once."""
    connection = change.connection
    added = await connection.fetchval(sql("proof.attendance", "add_event"), *row.values())
    if added is None:
        found = await _same(change, row)
        return await _view(change, found["id"], found["worker_id"], found["device_at"], tz) | {
            "again": True
        }
    worker, at = row["worker_id"], row["device_at"]
    moments = [(worker, at)]
    if row["corrects_id"] is not None:
        moments.append((worker, (await _event(change, row["corrects_id"]))["device_at"]))
    for erased in await keep_breaks(connection, moments, change.at):
        change.entries.extend(erased.receipts())
        change.events.extend(erased.events())
    _report(change, row, cause)
    await _judge(change, worker, at, tz, cause)
    return await _view(change, row["id"], worker, at, tz) | {"again": False}


async def _judge(change: Change, worker: UUID, at: datetime, tz: str, cause: Cause) -> None:
    turned = await judge_around(change.connection, worker, at, tz, cause, change.at)
    change.events.extend(events_of(turned))


async def _same(change: Change, row: Mapping[str, Any]) -> Record:
    """Return the event that was there already.

    Raises:
        Conflict: its id is this one's, but it says something else.
    """
    found = await change.connection.fetchrow(
        sql("proof.attendance", "find_event"),
        row["id"],
        row["worker_id"],
        row["device_at"],
        row["kind"],
        row["source"],
    )
    assert found is not None
    said = ("worker_id", "kind", "device_at", "corrects_id", "void")
    if any(found[name] != row[name] for name in said):
        raise Conflict(
            f"attendance event {row['id']} is taken already",
            code="taken",
            object="attendance",
            field="id",
        )
    return found


def _report(change: Change, row: Mapping[str, Any], cause: Cause) -> None:
    body = {
        name: row[name]
        for name in (
            "id", "worker_id", "site_id", "kind", "source", "device_at", "server_at", "skew_ms",
            "corrects_id",
        )
    }  # fmt: skip
    sites = () if row["site_id"] is None else (row["site_id"],)
    change.event(f"attendance.{cause}", body, sites=sites)
    change.audit(
        "correct" if cause == "corrected" else "create",
        "attendance",
        row["id"],
        body | {"void": row["void"]},
        {"why": row["why"]} if row["why"] else None,
    )


async def _event(change: Change, event_id: UUID) -> Record:
    row = await change.connection.fetchrow(sql("proof.attendance", "get_event"), event_id)
    if row is None:
        raise NotFound(f"attendance event {event_id} does not exist", object="attendance")
    return row


async def _view(
    change: Change, event_id: UUID, worker: UUID, at: datetime, tz: str
) -> dict[str, Any]:
    rows = await load_events(change.connection, [worker], at, at + timedelta(seconds=1), tz)
    return event_view(next(row for row in rows if row["id"] == event_id))
