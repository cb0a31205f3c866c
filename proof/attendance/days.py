"""Days of work as they follow from declarations, and how far people have agreed on each.

A day is computed at every reading; what is stored is only its status. The digest of the hours
agreed on shows when something came after the validation.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fieldops.database import Connection, Record, sql
from fieldops.errors import BadInput, Conflict
from identity.audit import canonical
from identity.reach import Reach
from proof.attendance.judging import declaration_of, event_view, load_events
from proof.attendance.rules import load_limits
from proof.attendance.timeline import Interval, Timeline, by_day, timeline
from proof.attendance.verdicts import ORDER, Limits, day_flags

DAYS_MOST = 31
# A date begins and ends somewhere on earth within this of its UTC day; pairs reach further.
MARGIN = timedelta(days=2)
CLOSED = frozenset({"validated", "locked", "exported"})


@dataclass(frozen=True, slots=True)
class Asked:
    """Which days: of whom, from and to (both included)."""

    first: date
    last: date
    site: UUID | None = None
    crew: UUID | None = None
    worker: UUID | None = None


async def view_days(
    connection: Connection,
    asked: Asked,
    tz: str,
    reach: Reach,
    *,
    after: UUID | None = None,
    limit: int | None = None,
    now: datetime,
) -> list[dict[str, Any]]:
    """Return days with the fields of the api's AttendanceDay, by worker (a page) and date.

    Whoever declared something at a site in reach has a row, and so has, with no declaration, who
    is of the same crew, of the crew asked for, or of a crew with work there that day.
    `tz` is the tenant's calendar.

    Raises:
        BadInput: more than 31 days, or the last before the first.
    """
    span = (asked.last - asked.first).days
    if not 0 <= span < DAYS_MOST:
        raise BadInput(
            f"attendance: {asked.first} to {asked.last} is not 1 to {DAYS_MOST} days",
            pointer="/last",
        )
    begin = datetime.combine(asked.first, time(), UTC)
    end = datetime.combine(asked.last, time(), UTC) + timedelta(days=1)
    people = await connection.fetch(
        sql("proof.attendance", "find_people"),
        begin, end, asked.site, asked.crew, asked.worker, reach.sites, reach.worker, after, limit,
        tz,
    )  # fmt: skip
    workers = [row["id"] for row in people]
    rows = await load_events(connection, workers, begin - MARGIN, end + MARGIN, tz)
    stored = await connection.fetch(
        sql("proof.attendance", "read_days"), workers, asked.first, asked.last
    )
    statuses = {(row["worker_id"], row["day"]): row for row in stored}
    limits = await load_limits(connection)
    made: list[dict[str, Any]] = []
    for person in people:
        own = [row for row in rows if row["worker_id"] == person["id"]]
        days = _Days(person, own, limits, statuses, now)
        for offset in range(span + 1):
            day = asked.first + timedelta(days=offset)
            if span == 0 or days.has(day):
                made.append(days.view(day, tz))
    return made


class _Days:
    """One worker's timeline, cut into days."""

    def __init__(
        self,
        person: Record,
        rows: Sequence[Record],
        limits: Limits,
        statuses: dict[tuple[UUID, date], Record],
        now: datetime,
    ) -> None:
        self._person = person
        self._limits = limits
        self._statuses = statuses
        self._now = now
        declarations = [declaration_of(row) for row in rows]
        self._line: Timeline = timeline(declarations, limits.span_most_s)
        self._intervals = by_day(self._line.intervals)
        counted = {each.id for each in self._line.standing}
        self._events: dict[date, list[dict[str, Any]]] = {}
        inside = self._day_of_each()
        for row, said in zip(rows, declarations, strict=True):
            day = inside.get(said.id, said.day)
            self._events.setdefault(day, []).append(
                event_view(row, person["name"])
                | {"stands": said.id in counted, "site_name": row["site_name"]}
            )

    def _day_of_each(self) -> dict[UUID, date]:
        """Return the date of what belongs to an interval: that of its beginning."""
        days: dict[UUID, date] = {}
        for interval in self._line.intervals:
            end_at = interval.end.at if interval.end else None
            for each in self._line.standing:
                if each.at >= interval.begin.at and (end_at is None or each.at <= end_at):
                    days.setdefault(each.id, interval.begin.day)
                    if end_at is None and each.day != interval.begin.day:
                        days[each.id] = each.day
        return days

    def has(self, day: date) -> bool:
        return day in self._events or (self._person["id"], day) in self._statuses

    def view(self, day: date, tz: str) -> dict[str, Any]:
        intervals = self._intervals.get(day, [])
        events = self._events.get(day, [])
        stored = self._statuses.get((self._person["id"], day))
        words = [e["verdict"] for e in events if e["stands"] and e["verdict"] is not None]
        here = self._here(intervals)
        flags = day_flags(intervals, self._limits, here=here)
        digest = digest_of(intervals)
        return {
            "worker_id": self._person["id"],
            "worker_name": self._person["name"],
            "crew_id": self._person["crew_id"],
            "crew_name": self._person["crew_name"],
            "day": day,
            "tz": intervals[0].begin.tz if intervals else tz,
            "status": "open" if stored is None else stored["status"],
            "version": 0 if stored is None else stored["version"],
            "validated_at": None if stored is None else stored["validated_at"],
            "validated_by": None if stored is None else stored["validated_by_name"],
            "dispute": None if stored is None else stored["dispute"],
            "changed": bool(stored is not None and stored["digest"] and stored["digest"] != digest),
            "here": here,
            "on_break": _on_break(intervals),
            "worked_s": round(sum(i.worked_s for i in intervals)),
            "break_s": round(sum(i.break_s for i in intervals)),
            "verdict": max(words, key=ORDER.__getitem__) if words else None,
            "flags": [asdict(flag) for flag in flags],
            "intervals": [_interval(i, events) for i in intervals],
            "events": [{n: v for n, v in e.items() if n != "site_name"} for e in events],
        }

    def _here(self, intervals: Sequence[Interval]) -> bool:
        last = intervals[-1] if intervals else None
        if last is None or last.end is not None or last is not self._line.intervals[-1]:
            return False
        return (self._now - last.begin.at).total_seconds() <= self._limits.span_most_s


def _on_break(intervals: Sequence[Interval]) -> bool:
    last = intervals[-1] if intervals else None
    return bool(last and last.end is None and last.breaks and last.breaks[-1].end_at is None)


def _interval(interval: Interval, events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    names = {event["id"]: event["site_name"] for event in events}
    return {
        "site_id": interval.begin.site,
        "site_name": names.get(interval.begin.id),
        "in_at": interval.begin.at,
        "out_at": None if interval.end is None else interval.end.at,
        "breaks": [{"start_at": b.start.at, "end_at": b.end_at} for b in interval.breaks],
        "worked_s": round(interval.worked_s),
    }


def digest_of(intervals: Sequence[Interval]) -> str:
    """Return SHA-256 of a day's hours: sites, times and breaks, nothing of verdicts."""
    said = [
        {
            "site": None if i.begin.site is None else str(i.begin.site),
            "in": i.begin.at,
            "out": None if i.end is None else i.end.at,
            "breaks": [[b.start.at, b.end_at] for b in i.breaks],
        }
        for i in intervals
    ]
    return hashlib.sha256(canonical(said)).hexdigest()


async def hours_of(
    connection: Connection, worker: UUID, day: date, tz: str
) -> tuple[list[Interval], str]:
    """Return one worker's intervals of a date, and their digest."""
    begin = datetime.combine(day, time(), UTC)
    rows = await load_events(
        connection, [worker], begin - MARGIN, begin + timedelta(days=1) + MARGIN, tz
    )
    limits = await load_limits(connection)
    line = timeline((declaration_of(row) for row in rows), limits.span_most_s)
    intervals = by_day(line.intervals).get(day, [])
    return intervals, digest_of(intervals)


async def require_open(connection: Connection, worker: UUID, at: datetime, tz: str) -> None:
    """Raise Conflict (`day_closed`) when the day around `at` is validated: reopen it first."""
    day = at.astimezone(ZoneInfo(tz)).date()
    rows = await connection.fetch(sql("proof.attendance", "read_days"), [worker], day, day)
    for row in rows:
        if row["status"] in CLOSED:
            raise Conflict(
                f"attendance of {worker} on {day} is {row['status']}",
                code="day_closed",
                day=day.isoformat(),
                status=row["status"],
            )
