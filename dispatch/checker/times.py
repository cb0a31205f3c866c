"""Walk a route with a clock: drives, windows, set-ups, breaks, the end of the shift, the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dispatch.checker.roads import ROUNDING, Roads, moving
from dispatch.checker.verdicts import WHOLLY, Rule, Violation, seconds
from dispatch.problem import Break, Crew, PlannedBreak, Route, Task, Visit


@dataclass(frozen=True, slots=True)
class _Promises:
    """How late accepted and frozen work may be, and how long the shift lasts for it."""

    latest: dict[UUID, datetime]
    until: datetime | None


def time_violations(roads: Roads, number: int, route: Route) -> Iterator[Violation]:
    """Yield what the clock says against crew `number`'s route."""
    crew = roads.problem.crews[number]
    visits = moving(crew, route)
    yield from _breaks_stated(roads, crew, route)
    if not visits:
        return
    promises = _promises(roads, number)
    place, free_at = roads.problem.start_place(number), roads.departure(crew)
    before = roads.under_way(crew)
    breaks = sorted(route.breaks, key=lambda item: item.start_at)
    for visit in visits:
        gap = [item for item in breaks if item.end_at <= visit.start_at]
        breaks = breaks[len(gap) :]
        drive = roads.drive(number, place, roads.row[visit.task_id])
        yield from _in_gap(crew, gap, free_at)
        yield from _reached(crew, visit, drive, arrival(free_at, drive, gap))
        yield from _window(crew, roads.task[visit.task_id], visit, promises)
        due = roads.work(before, roads.task[visit.task_id])
        if visit.end_at - visit.start_at != due:
            yield Violation(Rule.DURATION, crew.id, visit.task_id, f"is not {due} long")
        place, free_at, before = roads.row[visit.task_id], visit.end_at, visit.task_id
    yield from _in_gap(crew, breaks, free_at)
    over = arrival(free_at, roads.way_back(number, place), breaks)
    yield from _end(crew, visits, over, promises)
    yield from _breaks_due(roads, crew, route, over)


def arrival(free_at: datetime, drive: timedelta, breaks: Sequence[PlannedBreak]) -> datetime:
    """Return the earliest arrival when the drive begins at once and stops for the breaks."""
    left = drive
    for item in breaks:
        if free_at + left <= item.start_at:
            return free_at + left
        left -= item.start_at - free_at
        free_at = item.end_at
    return free_at + left


def route_end(roads: Roads, number: int, route: Route) -> datetime | None:
    """Return when the crew is done, the way back included; None without visits to come."""
    visits = moving(roads.problem.crews[number], route)
    if not visits:
        return None
    last = visits[-1]
    after = sorted(
        (item for item in route.breaks if item.end_at > last.start_at), key=lambda b: b.start_at
    )
    back = roads.way_back(number, roads.row[last.task_id])
    return arrival(last.end_at, back, after)


def _drive(visit: Visit) -> timedelta:
    return timedelta(seconds=visit.travel_s)


def _reached(crew: Crew, visit: Visit, drive: timedelta, due_at: datetime) -> Iterator[Violation]:
    if _drive(visit) != drive or visit.arrival_at < due_at:
        rests = crew.rested_at is not None and visit.arrival_at - _drive(visit) < crew.rested_at
        detail = f"{visit.arrival_at}, not before {due_at}"
        rule, amount = Rule.REST if rests else Rule.TRAVEL, seconds(due_at - visit.arrival_at)
        yield Violation(rule, crew.id, visit.task_id, detail, amount)
    if visit.start_at < visit.arrival_at:
        yield Violation(Rule.TRAVEL, crew.id, visit.task_id, "starts before the crew is there")


def _window(crew: Crew, task: Task, visit: Visit, promises: _Promises) -> Iterator[Violation]:
    windows = task.all_windows
    if visit.start_at < windows[0].start:
        early = seconds(windows[0].start - visit.start_at)
        yield Violation(Rule.WINDOW, crew.id, task.id, "starts before it may", early)
    elif visit.start_at > windows[-1].end:
        late = visit.start_at - windows[-1].end
        if visit.start_at > promises.latest.get(task.id, windows[-1].end):
            yield Violation(Rule.WINDOW, crew.id, task.id, f"starts {late} late", seconds(late))
    elif not any(window.start <= visit.start_at <= window.end for window in windows):
        yield Violation(Rule.WINDOW, crew.id, task.id, "starts between its windows")


def _end(
    crew: Crew, visits: Sequence[Visit], over: datetime, promises: _Promises
) -> Iterator[Violation]:
    last = visits[-1].task_id
    for rule, limit in ((Rule.SHIFT, crew.done_by), (Rule.REST, crew.rest_from)):
        if limit and over > (until := max(limit, promises.until or limit)):
            detail = f"ends at {over}, not after {limit}"
            yield Violation(rule, crew.id, last, detail, seconds(over - until))
    left = visits[0].arrival_at - _drive(visits[0])
    most = over - left if crew.max_route_s is None else timedelta(seconds=crew.max_route_s)
    if over - left > most and not crew.locked:
        amount = seconds(over - left - most)
        yield Violation(Rule.ROUTE_LENGTH, crew.id, last, f"{over - left} on the road", amount)


def _promises(roads: Roads, number: int) -> _Promises:
    """Do the promised work alone, to see how late it cannot help being.

    A break may have to come before it: by so much more it may be late.
    """
    crew = roads.problem.crews[number]
    spare = ROUNDING + timedelta(seconds=sum(item.length_s for item in crew.breaks))
    latest: dict[UUID, datetime] = {}
    place, free_at = roads.problem.start_place(number), roads.departure(crew)
    before = roads.under_way(crew)
    for locked in crew.locked:
        if locked.state == "started":
            continue
        task = roads.task[locked.task_id]
        reached = free_at + roads.drive(number, place, roads.row[task.id])
        start = next((max(reached, w.start) for w in task.all_windows if reached <= w.end), reached)
        latest[task.id] = start + spare
        place, free_at = roads.row[task.id], start + roads.work(before, task)
        before = task.id
    if not latest:
        return _Promises({}, None)
    return _Promises(latest, free_at + roads.way_back(number, place) + spare)


def _breaks_stated(roads: Roads, crew: Crew, route: Route) -> Iterator[Violation]:
    """Judge each break by itself: known, once, long enough, in its window."""
    seen: set[int] = set()
    for item in route.breaks:
        if not 0 <= item.number < len(crew.breaks) or item.number in seen:
            yield Violation(Rule.BREAK, crew.id, None, f"break {item.number} is not due")
            continue
        seen.add(item.number)
        rule = crew.breaks[item.number]
        if item.end_at - item.start_at != timedelta(seconds=rule.length_s):
            yield Violation(Rule.BREAK, crew.id, None, f"is not {rule.length_s} s long")
        early, late = rule.earliest_at - item.start_at, item.start_at - _latest(roads, crew, rule)
        if max(early, late) > timedelta(0):
            detail, amount = f"at {item.start_at}, outside its window", seconds(max(early, late))
            yield Violation(Rule.BREAK, crew.id, None, detail, amount)


def _latest(roads: Roads, crew: Crew, rule: Break) -> datetime:
    """Return the break's latest start; one that work in hand makes late starts after that."""
    return max(rule.latest_at, roads.departure(crew))


def _in_gap(crew: Crew, gap: Sequence[PlannedBreak], free_at: datetime) -> Iterator[Violation]:
    """Judge that the breaks lie between two visits, one after the other."""
    for item in gap:
        if item.start_at < free_at:
            amount = seconds(free_at - item.start_at)
            yield Violation(Rule.BREAK, crew.id, None, f"at {item.start_at}, not free yet", amount)
        free_at = item.end_at


def _breaks_due(roads: Roads, crew: Crew, route: Route, over: datetime) -> Iterator[Violation]:
    """Judge that no break is missing from a crew that is out until `over`."""
    taken = {item.number for item in route.breaks}
    for number, rule in enumerate(crew.breaks):
        until = rule.latest_at + timedelta(seconds=rule.length_s)
        on_the_spot = any(
            visit.start_at <= rule.earliest_at and visit.end_at >= until for visit in route.visits
        )
        if number not in taken and not on_the_spot and over > _latest(roads, crew, rule):
            yield Violation(Rule.BREAK, crew.id, None, f"break {number} is missing", WHOLLY)
