"""Breaks people declare are private time: nothing of their devices is kept in one.

Whoever stores attendance calls `keep_breaks` in the same transaction. The periods of kind `break`
that carry an `attendance_id` always follow from the events that count, so one that arrives late,
or is corrected, moves them; what was stored inside meanwhile is erased, with a receipt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.model import new_id
from identity.erasure import Erased, erase_private

# A break is looked for this far around an event; nobody's pause is longer.
AROUND = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class Said:
    """An attendance event that counts."""

    id: UUID
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """A break: the event that began it, and when it ended if it has."""

    event: UUID
    starts_at: datetime
    ends_at: datetime | None


def break_spans(events: Iterable[Said]) -> list[Span]:
    """Return the breaks events tell of, in order; whatever comes next but another start ends one.

    A break whose end was forgotten lasts until the next event: better too private than too little.
    """
    spans: list[Span] = []
    begun: Said | None = None
    for each in sorted(events, key=lambda said: (said.at, said.kind)):
        if begun is not None and each.kind != "break_start":
            if each.at > begun.at:
                spans.append(Span(begun.id, begun.at, each.at))
            begun = None
        elif begun is None and each.kind == "break_start":
            begun = each
    if begun is not None:
        spans.append(Span(begun.id, begun.at, None))
    return spans


async def keep_breaks(
    connection: Connection, said: Sequence[tuple[UUID, datetime]], now: datetime
) -> list[Erased]:
    """Bring private periods in line with attendance around (worker, moment) pairs.

    Returns:
        What had to go, one entry a break that is new or longer, for audit and viewers.
    """
    erased: list[Erased] = []
    for worker, at in sorted(set(said)):
        first, last = at - AROUND, at + AROUND
        rows = await connection.fetch(sql("identity", "read_declared"), worker, first, last)
        wanted = {
            span.event: span
            for span in break_spans(Said(r["id"], r["kind"], r["device_at"]) for r in rows)
        }
        known = await connection.fetch(sql("identity", "read_breaks"), worker, first, last)
        before = {
            row["attendance_id"]: Span(row["attendance_id"], row["starts_at"], row["ends_at"])
            for row in known
        }
        for event in before.keys() - wanted.keys():
            await connection.execute(sql("identity", "drop_break"), event)
        for span in wanted.values():
            was = before.get(span.event)
            if was == span:
                continue
            await connection.execute(
                sql("identity", "set_break"),
                new_id(),
                worker,
                span.event,
                span.starts_at,
                span.ends_at,
            )
            erased.append(
                await erase_private(connection, worker, span.starts_at, span.ends_at, "break", now)
            )
    return erased
