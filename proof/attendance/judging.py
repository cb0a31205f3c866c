"""Verdicts as they are stored: judged anew around a moment, a row added where one changed.

A declaration bears on its neighbours (pairs, long days, rest), so a worker is judged for the days
around it. Judging again changes nothing when nothing changed, which makes every cause (a late
event, a correction, a moved fence) the same operation.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from fieldops.database import Connection, Record, sql, to_json
from fieldops.events import NewEvent
from proof.attendance.rules import load_limits
from proof.attendance.timeline import Declaration
from proof.attendance.verdicts import Verdict, judge

Cause = Literal["recorded", "corrected", "fence", "presence"]
AROUND = timedelta(days=2)
# More on each side, so that the first and last judged have their neighbours.
CONTEXT = timedelta(days=3)
EVENTS_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Turned:
    """An event whose verdict is another than before (`was` None: it had none)."""

    event: UUID
    worker: UUID
    site: UUID | None
    word: str
    was: str | None
    codes: tuple[str, ...]


async def lock_workers(connection: Connection, workers: Sequence[UUID]) -> None:
    """Keep others from judging these workers until the transaction ends; in order, so that two
    wait and never for each other."""
    for worker in sorted(set(workers)):
        await connection.execute(sql("proof.attendance", "lock_worker"), str(worker))


async def load_events(
    connection: Connection, workers: Sequence[UUID], first: datetime, last: datetime, tz: str
) -> list[Record]:
    """Return the workers' events said in [first, last), with what they are judged by."""
    rows: list[Record] = await connection.fetch(
        sql("proof.attendance", "load_events"), workers, first, last, tz, EVENTS_MOST
    )
    return rows


def event_view(row: Record, worker_name: str | None = None) -> dict[str, Any]:
    """Return a row of `load_events` with the fields of the api's Attendance."""
    return {name: row[name] for name in _SHOWN} | {"worker_name": worker_name}


_SHOWN = (
    "id", "worker_id", "site_id", "kind", "source", "device_at", "server_at", "skew_ms",
    "clock_ms", "device_id", "accuracy_m", "provider", "is_mock", "corrects_id", "void", "why",
    "recorded_by", "verdict", "reasons", "distance_m",
)  # fmt: skip


def declaration_of(row: Record, supported: bool = False) -> Declaration:
    """Return what a row of `load_events` declares."""
    clock_ms = row["clock_ms"]
    if clock_ms is None and row["skew_ms"] < 0:
        clock_ms = row["skew_ms"]  # said after it was received: that no delay explains
    return Declaration(
        row["id"],
        row["kind"],
        row["source"],
        row["device_at"],
        row["server_at"],
        row["tz"],
        row["site_id"],
        row["corrects_id"],
        row["void"],
        row["by_worker"],
        None if clock_ms is None else clock_ms / 1000,
        row["located"],
        row["accuracy_m"],
        bool(row["is_mock"]),
        row["fence_version_id"] is not None,
        row["distance_m"],
        row["fence_version_id"],
        supported,
    )


async def judge_around(
    connection: Connection, worker: UUID, at: datetime, tz: str, cause: Cause, now: datetime
) -> list[Turned]:
    """Judge a worker's events around a moment and append the verdicts that changed.

    The caller has locked the worker. `tz` is the calendar of events without a site.
    """
    limits = await load_limits(connection)
    reach = AROUND + CONTEXT
    rows = await load_events(connection, [worker], at - reach, at + reach, tz)
    supported = await _supported(connection, rows) if limits.presence_aid else set()
    verdicts = judge((declaration_of(row, row["id"] in supported) for row in rows), limits)
    turned = [
        (row, verdicts[row["id"]])
        for row in rows
        if row["id"] in verdicts
        and abs(row["device_at"] - at) <= AROUND
        and _is_other(row, verdicts[row["id"]])
    ]
    await _append(connection, worker, turned, now, cause)
    return [
        Turned(
            row["id"],
            worker,
            row["site_id"],
            verdict.word,
            row["verdict"],
            tuple(reason.code for reason in verdict.reasons),
        )
        for row, verdict in turned
    ]


def _is_other(row: Record, verdict: Verdict) -> bool:
    if row["revision"] is None:
        return True
    same = json.loads(to_json(reasons_of(verdict))) == row["reasons"]
    near = _rounded(row["distance_m"]) == _rounded(row["thought_distance_m"])
    return row["verdict"] != verdict.word or not same or not near


def _rounded(distance_m: float | None) -> float | None:
    return None if distance_m is None else round(distance_m, 1)


def reasons_of(verdict: Verdict) -> list[dict[str, Any]]:
    return [asdict(reason) for reason in verdict.reasons]


async def _append(
    connection: Connection,
    worker: UUID,
    turned: Sequence[tuple[Record, Verdict]],
    now: datetime,
    cause: Cause,
) -> None:
    if not turned:
        return
    await connection.execute(
        sql("proof.attendance", "add_verdicts"),
        [row["id"] for row, _ in turned],
        [(row["revision"] or 0) + 1 for row, _ in turned],
        worker,
        [row["device_at"] for row, _ in turned],
        [verdict.word for _, verdict in turned],
        [to_json(reasons_of(verdict)) for _, verdict in turned],
        [row["distance_m"] for row, _ in turned],
        [row["fence_version_id"] for row, _ in turned],
        now,
        cause,
    )


async def _supported(connection: Connection, rows: Sequence[Record]) -> set[UUID]:
    """Return the events at whose time presence had the worker's own phone on the site."""
    found = await connection.fetch(
        sql("proof.attendance", "find_support"),
        [row["id"] for row in rows],
        [row["worker_id"] for row in rows],
        [row["site_id"] for row in rows],
        [row["device_at"] for row in rows],
    )
    return {row["id"] for row in found}


def events_of(turned: Sequence[Turned]) -> list[NewEvent]:
    """Return what to tell: who is flagged now, and who no more; a first conform is no news."""
    told = []
    for each in turned:
        if each.word == "conform" and each.was in (None, "conform"):
            continue
        kind = "attendance.cleared" if each.word == "conform" else "attendance.flagged"
        body = {
            "id": each.event,
            "worker_id": each.worker,
            "site_id": each.site,
            "verdict": each.word,
            "codes": list(each.codes),
        }
        told.append(NewEvent(kind, body, () if each.site is None else (each.site,)))
    return told
