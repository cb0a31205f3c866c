"""Time all routes at once, where links make one wait for another, and change them by insertion.

The one idea: links are lower bounds on starts. Routes are laid out alone, what a link finds too
early is bounded from below, the routes concerned are laid out anew, and so on until nothing
changes: the least fixed point, so every visit is as early as all rules together allow (a simple
temporal network, Dechter, Meiri, Pearl 1991, doi:10.1016/0004-3702(91)90006-6), or something has
become impossible.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from dispatch.engine.timeline.layout import Timeline, lay_out
from dispatch.engine.timeline.links import Lag, links_hold
from dispatch.engine.timeline.numbers import Numbers

Schedule = tuple[Timeline, ...]

# Each round moves a start by a second at least, mostly by minutes; a ring between two routes that
# can never hold ends at a window or a shift, or here.
_MOST_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Insertion:
    """One more visit in a route, before its visit number `position`, and what it adds.

    timeline is the route after it, added_cost its cost in thousandths with the move tax.
    """

    crew: int
    position: int
    timeline: Timeline
    added_travel_s: int
    added_cost: int

    @property
    def arrival_s(self) -> int:
        return self.timeline.arrival_s[self.position]

    @property
    def start_s(self) -> int:
        return self.timeline.start_s[self.position]


def schedule(
    view: Numbers, routes: Sequence[tuple[int, ...]], known: Schedule | None = None
) -> Schedule | None:
    """Time the routes, one a crew; None when they cannot hold together.

    known: timelines of an earlier schedule, used again where the route is the same and unlinked.
    """
    if not links_hold(view.ties, view.holder, list(routes)):
        return None
    found = _settled(view, routes, known, hasty=False)
    waits = any(view.breaks) or any(view.soft[task] for task in view.ties.timed)
    if found is None and view.ties.timed and waits:
        # Who waits, for a wish or to cover a break, may make a partner late: once more without.
        found = _settled(view, routes, known, hasty=True)
    return found


def _settled(
    view: Numbers, routes: Sequence[tuple[int, ...]], known: Schedule | None, *, hasty: bool
) -> Schedule | None:
    """Lay the routes out and bound what links find too early, until nothing changes."""
    lines = [
        _known(view, crew, tasks, known)
        or lay_out(view, crew, tasks, hasty=hasty and not view.ties.timed.isdisjoint(tasks))
        for crew, tasks in enumerate(routes)
    ]
    where = {task: line.crew for line in lines for task in line.tasks}
    bounds: dict[int, int] = {}
    for _ in range(_MOST_ROUNDS):
        if not all(line.is_feasible for line in lines):
            return None
        late = _too_early(view, lines)
        if not late:
            return tuple(lines)
        if any(task in view.facts for task in late):
            return None  # what has started cannot be moved
        bounds |= late
        for crew in {where[task] for task in late}:
            lines[crew] = lay_out(view, crew, lines[crew].tasks, bounds, hasty=hasty)
    return None


def insertions(view: Numbers, line: Timeline, task: int) -> list[Insertion]:
    """Return every place in the route where the task fits and its crew's day still holds.

    Links to other routes are not judged: `inserted` does.
    """
    found = [_tried(view, line, task, position) for _, position in _bounds(view, line, task)]
    return sorted((place for place in found if place), key=lambda place: place.position)


def best_insertion(view: Numbers, line: Timeline, task: int) -> Insertion | None:
    """Return the cheapest place in the route, the earliest start of equals; None if none fits."""
    best: Insertion | None = None
    for bound, position in sorted(_bounds(view, line, task)):
        if best is not None and bound > best.added_cost:
            break
        place = _tried(view, line, task, position)
        if place and (best is None or _order(place) < _order(best)):
            best = place
    return best


def cheapest(
    view: Numbers, lines: Schedule, task: int, crews: Iterable[int]
) -> Iterator[Insertion]:
    """Yield the places of a task in the routes of these crews, cheapest first."""
    waiting: list[tuple[int, int, int, int, Insertion | None]] = [
        (bound, 0, crew, position, None)
        for crew in crews
        for bound, position in _bounds(view, lines[crew], task)
    ]
    heapify(waiting)
    while waiting:
        _, _, crew, position, known = heappop(waiting)
        if known is not None:
            yield known
        elif place := _tried(view, lines[crew], task, position):
            heappush(waiting, (place.added_cost, place.start_s, crew, position, place))


def inserted(view: Numbers, lines: Schedule, place: Insertion) -> Schedule | None:
    """Return the whole schedule with the insertion made, None when links forbid it."""
    if view.ties.tied.isdisjoint(place.timeline.tasks):
        return (*lines[: place.crew], place.timeline, *lines[place.crew + 1 :])
    routes = [line.tasks for line in lines]
    routes[place.crew] = place.timeline.tasks
    return schedule(view, routes, lines)


def removed(view: Numbers, lines: Schedule, tasks: frozenset[int]) -> Schedule | None:
    """Return the schedule without the tasks."""
    routes = [tuple(task for task in line.tasks if task not in tasks) for line in lines]
    return schedule(view, routes, lines)


def left_out(view: Numbers, lines: Schedule) -> list[int]:
    """Return the tasks in nobody's route, started ones aside."""
    placed = view.facts.keys() | {task for line in lines for task in line.tasks}
    return [task for task in range(len(view.open_s)) if task not in placed]


def schedule_cost(view: Numbers, lines: Schedule) -> int:
    """Return the objective in thousandths of a second."""
    taxes = sum(view.tax_s(task, line.crew) for line in lines for task in line.tasks)
    left = sum(view.left_out_s[task] for task in left_out(view, lines))
    return sum(line.cost for line in lines) + 1000 * (taxes + left)


def _known(
    view: Numbers, crew: int, tasks: tuple[int, ...], known: Schedule | None
) -> Timeline | None:
    if known is None or known[crew].tasks != tasks or not view.ties.timed.isdisjoint(tasks):
        return None
    return known[crew]


def _order(place: Insertion) -> tuple[int, int, int]:
    return (place.added_cost, place.start_s, place.position)


def _tried(view: Numbers, line: Timeline, task: int, position: int) -> Insertion | None:
    tasks = (*line.tasks[:position], task, *line.tasks[position:])
    longer = lay_out(view, line.crew, tasks)
    if not longer.is_feasible:
        return None
    cost = longer.cost - line.cost + 1000 * view.tax_s(task, line.crew)
    return Insertion(line.crew, position, longer, longer.travel_s - line.travel_s, cost)


def _bounds(view: Numbers, line: Timeline, task: int) -> list[tuple[int, int]]:
    """Return (least added cost, position) of the places that may fit: in time, and what follows.

    What is added is at least the drive and the task's own delay; client's early wishes, which a
    later start may please, make that no bound, so they count in full.
    """
    crew = line.crew
    spans = view.starts[task].get(crew)
    if spans is None or not line.is_feasible:
        return []
    roads, tasks, end = view.roads[crew], line.tasks, view.end[crew]
    first_s, latest_s, work_s = spans[0][0], spans[-1][1], view.duration_s[task]
    tax = 1000 * view.tax_s(task, crew) - _wishes(view, line)
    ends_s = line.end_s
    if any(view.soft[other] for other in tasks):
        # Who waits for a wish would wait no more with another visit behind.
        ends_s = lay_out(view, crew, tasks, hasty=True).end_s
    found = []
    # Nothing new comes before frozen work.
    for position in range(view.fixed[crew], len(tasks) + 1):
        place = tasks[position - 1] if position else view.start[crew]
        drive_s = roads[place][task]
        start_s = max(
            (ends_s[position - 1] if position else view.depart_s[crew]) + drive_s, first_s
        )
        if start_s > latest_s:
            break
        if position < len(tasks):
            onward_s = roads[task][tasks[position]]
            if start_s + work_s + onward_s > line.latest_s[position]:
                continue
            added_s = drive_s + onward_s - roads[place][tasks[position]]
        else:
            onward_s = 0 if end is None else roads[task][end]
            if start_s + work_s + onward_s > view.limit_s[crew]:
                continue
            # A crew that stays where it is does not drive home.
            added_s = drive_s + onward_s - (roads[place][end] if tasks and end is not None else 0)
        delay_s = start_s - view.open_s[task]
        found.append((1000 * added_s + view.sooner_permille * delay_s + tax, position))
    return found


def _wishes(view: Numbers, line: Timeline) -> int:
    """Return what the route's early starts cost now: at most so much can be won back."""
    return sum(
        soft.early_permille * max(0, soft.early_s - start_s)
        for task, start_s in zip(line.tasks, line.start_s, strict=True)
        for soft in view.soft[task]
        if soft.early_s is not None
    )


def _too_early(view: Numbers, lines: Sequence[Timeline]) -> dict[int, int]:
    """Return the least starts that lags ask of visits that are earlier."""
    times = dict(view.facts)
    for line in lines:
        for task, start_s, end_s in zip(line.tasks, line.start_s, line.end_s, strict=True):
            times[task] = (start_s, end_s)
    late: dict[int, int] = {}
    for lag in view.ties.lags:
        if lag.first in times and lag.then in times:
            for task, least_s in _least_starts(lag, times):
                if times[task][0] < least_s:
                    late[task] = max(late.get(task, least_s), least_s)
    return late


def _least_starts(lag: Lag, times: dict[int, tuple[int, int]]) -> list[tuple[int, int]]:
    (start_s, end_s), then_s = times[lag.first], times[lag.then][0]
    origin_s = end_s if lag.after_end else start_s
    bounds = [(lag.then, origin_s + lag.least_s)]
    if lag.most_s is not None:
        bounds.append((lag.first, then_s - lag.most_s - (origin_s - start_s)))
    return bounds
