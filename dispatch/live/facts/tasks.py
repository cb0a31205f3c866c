"""A task's row as the engine's Task, and what ties tasks together."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from dispatch.live.facts.titles import requirements_of
from dispatch.problem import Link, Order, SameCrew, Task, Together, Window
from fieldops.database import Record

Pins = Mapping[UUID, UUID | None]


def task_of(
    row: Record,
    crews: Collection[UUID],
    *,
    deaf: frozenset[UUID],
    not_before: datetime | None,
    pins: Pins,
) -> Task:
    """Return the task; `deaf` crews are given nothing new, `not_before` is what a link left."""
    live = row["assignment_state"]
    pinned = row["crew_id"] if row["pinned"] and live in ("planned", "offered") else None
    if row["id"] in pins and live not in ("accepted", "started"):
        pinned = pins[row["id"]]
    moves = live in ("planned", "offered")
    start, end, windows = _windows(row, not_before)
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
        credentials=requirements_of(row["credentials"]),
        equipment=frozenset(row["equipment"]),
        min_crew=row["min_crew"],
    )


def _windows(
    row: Record, not_before: datetime | None
) -> tuple[datetime, datetime, tuple[Window, ...]]:
    """Return the span and the windows, cut where a link that is half done leaves less.

    What is cut away entirely leaves an instant: late is said of the task, not of its link.
    """
    start, end = row["window_start"], row["window_end"]
    spans = _apart([(_moment(w["start"]), _moment(w["end"])) for w in row["windows"]])
    if not_before is not None and not_before > start:
        start, end = not_before, max(end, not_before)
        spans = [(max(a, not_before), b) for a, b in spans if b > not_before]
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


def ties_of(
    rows: Iterable[Record], tasks: Mapping[UUID, Record]
) -> tuple[tuple[Link, ...], dict[UUID, datetime]]:
    """Return the links between tasks of the problem, and when tasks may start at the earliest
    whose predecessor is no longer in it."""
    orders: list[Link] = []
    steps: list[tuple[UUID, UUID]] = []
    bounds: dict[UUID, datetime] = {}
    for row in rows:
        pred, succ = row["pred_id"], row["succ_id"]
        if succ not in tasks or row["pred_state"] == "cancelled":
            continue
        if row["kind"] == "sync":
            if pred in tasks:
                steps.append((pred, succ))
        elif pred in tasks:
            orders.append(Order(pred, succ, least_s=row["lag_s"]))
        elif (over := _over(row)) is not None:
            bound = over + timedelta(seconds=row["lag_s"])
            bounds[succ] = max(bound, bounds.get(succ, bound))
    groups = [Together(tuple(sorted(group))) for group in _components(steps)]
    return (*orders, *groups, *_kept_together(tasks.values())), bounds


def _over(row: Record) -> datetime | None:
    """Return when a predecessor that is nobody's to plan was or will be over."""
    if row["pred_done_at"] is not None:
        return row["pred_done_at"]  # type: ignore[no-any-return]
    if row["pred_started_at"] is not None:
        return row["pred_started_at"] + timedelta(seconds=row["pred_work_s"])  # type: ignore[no-any-return]
    return None


def _kept_together(rows: Iterable[Record]) -> list[Link]:
    groups: dict[str, list[UUID]] = {}
    for row in rows:
        if row["keep_group"] is not None:
            groups.setdefault(row["keep_group"], []).append(row["id"])
    return [SameCrew(tuple(group)) for group in groups.values() if len(group) > 1]


def _components(pairs: Iterable[tuple[UUID, UUID]]) -> list[set[UUID]]:
    """Return the sets of tasks that start together, directly or through others."""
    found: list[set[UUID]] = []
    for pair in pairs:
        touching = [group for group in found if not group.isdisjoint(pair)]
        found = [group for group in found if group not in touching]
        found.append(set(pair).union(*touching))
    return found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
