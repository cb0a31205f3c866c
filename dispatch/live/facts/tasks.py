"""A task's row as the engine's Task."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from dispatch.live.facts.links import Bound
from dispatch.live.facts.titles import permits_of, requirements_of
from dispatch.problem import Task, Window
from fieldops.database import Record

Pins = Mapping[UUID, UUID | None]


def task_of(
    at: datetime,
    row: Record,
    crews: Collection[UUID],
    *,
    deaf: frozenset[UUID],
    bound: Bound,
    pins: Pins,
) -> Task:
    """Return the task; `deaf` crews are given nothing new, `bound` is what links to work done
    left."""
    live = row["assignment_state"]
    pinned = row["crew_id"] if row["pinned"] and live in ("planned", "offered") else None
    if row["id"] in pins and live not in ("accepted", "started"):
        pinned = pins[row["id"]]
    moves = live in ("planned", "offered")
    start, end, windows = _windows(at, row, bound)
    return Task(
        id=row["id"],
        lon=row["lon"],
        lat=row["lat"],
        duration_s=row["duration_s"],
        window_start=start,
        window_end=end,
        priority=row["priority"],
        skills=frozenset(row["skills"]),
        forbidden_crews=(frozenset(row["declined"]) | deaf) - {pinned},
        pinned_crew=pinned if pinned in crews else None,
        previous_crew=row["crew_id"] if moves else None,
        windows=windows,
        setup_s=row["setup_s"],
        setup_kind=row["setup_kind"] or "",
        credentials=requirements_of(row["credentials"]),
        permits=permits_of(at, row["permits"], row["granted"]),
        equipment=frozenset(row["equipment"]),
        min_crew=row["min_crew"],
        demand=row["demand"],
    )


def _windows(
    at: datetime, row: Record, bound: Bound
) -> tuple[datetime, datetime, tuple[Window, ...]]:
    """Return the span and the windows, cut where a link that is half done leaves less.

    What is cut away entirely by a least lag leaves an instant: late is said of the task, not of its
    link. Where the longest lag is over before the task may start no hour is right, and only a
    person can say which of the two gives: the instant left is past, so nobody is sent.
    """
    start, end = row["window_start"], row["window_end"]
    spans = _apart([(_moment(w["start"]), _moment(w["end"])) for w in row["windows"]])
    earliest, latest = bound.earliest, bound.latest
    if earliest is not None and earliest > start:
        start, end = earliest, max(end, earliest)
        spans = [(max(a, earliest), b) for a, b in spans if b > earliest]
    if latest is not None and latest < end:
        spans = [(a, min(b, latest)) for a, b in spans or [(start, end)] if a <= latest]
        if not spans:
            over = min(latest, at - timedelta(seconds=1))
            return over, over, ()
        end = latest
    soft = (row["soft_start"], row["soft_end"])
    if soft[0] is None and not row["windows"]:
        return start, end, ()
    return start, end, tuple(_soft(a, b, *soft) for a, b in spans or [(start, end)])


def _apart(spans: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Join windows that touch: the engine wants them apart."""
    joined: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _soft(
    start: datetime, end: datetime, wish_start: datetime | None, wish_end: datetime | None
) -> Window:
    """Return a window with as much of the wish as lies inside."""
    if wish_start is None or wish_end is None or wish_end <= start or wish_start >= end:
        return Window(start, end)
    return Window(start, end, max(start, wish_start), min(end, wish_end))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
