"""A crew's row as the engine's Crew: who is there when, where it starts, what it must finish.

Started work pins the crew to its place until the work is probably over. Accepted work is a promise,
and so is what a person gave to the crew, by force or not: the hours it takes are planned as taken.
What starts within the tenant's freeze horizon is one too, and nothing new comes before that.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from dispatch.live.facts.titles import credentials_of
from dispatch.live.preferences import Preferences
from dispatch.problem import (
    Break,
    Crew,
    CrewStart,
    LockedVisit,
    Member,
    statutory_breaks,
)
from fieldops.database import Record

# A heavy vehicle's speed; the default is a van's (geo.roads.estimate).
SPEED_BY_CLASS = {"heavy": 8.3}
_SHORTEST_RULE_S = 60


def crew_of(
    at: datetime, row: Record, work: Sequence[Record], wishes: Preferences, free: Iterable[UUID]
) -> Crew:
    """Return the crew with its work so far; `free` are tasks a person is about to move."""
    ordered = in_order(work)
    locked = _locked(at, row, ordered, wishes, frozenset(free))
    people = tuple(m for person in row["people"] if (m := _member(at, row, person)))
    return Crew(
        id=row["crew_id"],
        start=_start(at, row, ordered, locked),
        shift_start=row["shift_start"],
        shift_end=row["shift_end"],
        locked=locked,
        end_lon=row["depot_lon"],
        end_lat=row["depot_lat"],
        people=people,
        equipment=frozenset(row["equipment"]),
        breaks=_breaks(at, row, wishes),
        overtime_s=_first(row["overtime_s"], wishes.overtime_s),
        previous_end=row["previous_end"],
        next_start=row["next_start"],
        max_span_s=row["max_span_s"] or wishes.max_span_s,
        rest_s=wishes.rest_s,
        capacity=row["capacity"],
        max_route_s=row["max_route_s"] or wishes.max_route_s,
        vehicle_class="" if row["travel_class"] == "light" else row["travel_class"],
    )


def is_there(at: datetime, row: Record) -> bool:
    """Return whether anybody of the crew works in what is left of its shift.

    Of a crew without members nobody can be missing: it counts as one person.
    """
    return not row["people"] or any(_member(at, row, person) for person in row["people"])


def in_order(rows: Iterable[Record]) -> list[Record]:
    """Return a crew's work in order: started first, then by place in the route."""
    return sorted(
        (row for row in rows if row["assignment_id"] is not None),
        key=lambda row: (row["assignment_state"] != "started", row["sequence"], row["start_at"]),
    )


def probable_end(at: datetime, task: Record) -> datetime:
    """Return when started work is probably over, not before now."""
    work_s = task["setup_s"] + task["duration_s"]
    started_at: datetime = task["started_at"]
    return max(at, started_at + timedelta(seconds=work_s))


def _locked(
    at: datetime,
    row: Record,
    ordered: Sequence[Record],
    wishes: Preferences,
    free: frozenset[UUID],
) -> tuple[LockedVisit, ...]:
    found = []
    relieved = wishes.silent_policy == "withdraw" and row["silent_since"] is not None
    horizon = at + timedelta(seconds=wishes.freeze_s)
    for task in ordered:
        state = task["assignment_state"]
        if state == "started":
            visit = LockedVisit(task["id"], "started", task["started_at"], probable_end(at, task))
            found.append(visit)
        elif state == "accepted":
            found.append(LockedVisit(task["id"], "accepted"))
        elif task["id"] in free:
            continue
        elif task["start_at"] <= horizon and not relieved:
            found.append(LockedVisit(task["id"], "frozen"))
        elif task["pinned"]:
            found.append(LockedVisit(task["id"], "accepted"))
    return tuple(found)


def _start(
    at: datetime, row: Record, ordered: Sequence[Record], locked: Sequence[LockedVisit]
) -> CrewStart:
    ends = [visit.end_at for visit in locked if visit.state == "started" and visit.end_at]
    if ends:
        task = [t for t in ordered if t["assignment_state"] == "started"][-1]
        return CrewStart(task["lon"], task["lat"], "current_task", max(ends))
    free_at = max(at, row["shift_start"])
    if row["start_source"] is None:
        return CrewStart(row["depot_lon"], row["depot_lat"], "depot", free_at)
    return CrewStart(row["start_lon"], row["start_lat"], row["start_source"], free_at)


def _member(at: datetime, row: Record, person: Mapping[str, Any]) -> Member | None:
    """Return a person as long as he is there, None for one who is away all through.

    An absence in the middle of what is left of the shift ends it: he counts up to it only.
    """
    begin = max(at, row["shift_start"])
    start, end = _moment(person["valid_from"]), _moment(person["valid_until"])
    start = None if start is None or start <= begin else start
    for absence in person["absences"]:
        away, back = (_moment(text) for text in absence)
        assert away is not None
        if away <= (start or begin):
            start = back
        elif end is None or away < end:
            end = away
    if start is not None and (start >= row["shift_end"] or (end is not None and start >= end)):
        return None
    return Member(
        UUID(person["id"]),
        frozenset(person["skills"]),
        credentials_of(person["credentials"]),
        start,
        end,
    )


def _breaks(at: datetime, row: Record, wishes: Preferences) -> tuple[Break, ...]:
    """Return the breaks still ahead; one whose time has passed was taken, or cannot be any more."""
    after_s = _first(row["break_after_s"], wishes.break_after_s)
    length_s = _first(row["break_s"], wishes.break_s)
    if length_s == 0 or after_s < _SHORTEST_RULE_S:
        return ()
    overtime = timedelta(seconds=_first(row["overtime_s"], wishes.overtime_s))
    end = row["shift_end"] + overtime
    found = statutory_breaks(row["shift_start"], end, after_s=after_s, length_s=length_s)
    return tuple(each for each in found if each.latest_at > at)


def _first(own: int | None, tenant: int) -> int:
    return tenant if own is None else own


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
