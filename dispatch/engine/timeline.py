"""Lay visits out in time, and say at once what one more visit would do to a route.

The one idea: with the earliest start of every visit (forward) and the latest start that still
keeps the rest of the route (backward), a place for a new visit is judged by looking at its two
neighbours only, whatever the route's length.

Tasks and crews are indices into the problem here, instants whole seconds after `problem.now`:
earliest rounded up, latest rounded down.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil, floor

from dispatch.problem import Crew, Plan, Problem, Task
from fieldops.errors import BadInput


@dataclass(frozen=True, slots=True)
class Numbers:
    """A problem in integers.

    allowed: by task, the crews that decline, pin and skills leave (a locked task: its own crew).
    accepted: by crew, the accepted work in order; started work is only a departure here.
    close_s, limit_s: already stretched for promises that are unavoidably late.
    """

    travel: list[list[int]]
    open_s: list[int]
    close_s: list[int]
    duration_s: list[int]
    depart_s: list[int]
    limit_s: list[int]
    start: list[int]
    end: list[int | None]
    accepted: list[tuple[int, ...]]
    started: frozenset[int]
    allowed: list[frozenset[int]]

    @property
    def movable(self) -> list[int]:
        """The tasks that are neither started nor accepted."""
        held = self.started.union(*self.accepted)
        return [task for task in range(len(self.open_s)) if task not in held]


@dataclass(frozen=True, slots=True)
class Timeline:
    """A crew's visits that are not started, timed as early as possible.

    latest_s[i] is the latest start of visit i that breaks nothing from i on; one more element for
    the end of the route, as a time to be free after the last visit (the way back included).
    """

    crew: int
    tasks: tuple[int, ...]
    arrival_s: tuple[int, ...]
    start_s: tuple[int, ...]
    latest_s: tuple[int, ...]
    travel_s: int

    def feasible(self) -> bool:
        return all(
            start <= latest for start, latest in zip(self.start_s, self.latest_s, strict=False)
        )


@dataclass(frozen=True, slots=True)
class Insertion:
    """One more visit in a timeline, before its visit number `position`."""

    crew: int
    position: int
    arrival_s: int
    start_s: int
    travel_s: int
    added_travel_s: int


def numbers(problem: Problem) -> Numbers:
    """Turn a problem into integers; costs about 10 ms for 500 tasks and 50 crews."""
    _refuse_unknown(problem)
    index = {task.id: i for i, task in enumerate(problem.tasks)}
    accepted = [
        tuple(index[visit.task_id] for visit in crew.locked if visit.state == "accepted")
        for crew in problem.crews
    ]
    crews, tasks = range(len(problem.crews)), problem.tasks
    plain = Numbers(
        travel=problem.travel.tolist(),
        open_s=[max(0, _up(task.window_start, problem)) for task in tasks],
        close_s=[_down(task.window_end, problem) for task in tasks],
        duration_s=[task.duration_s for task in tasks],
        depart_s=[
            max(0, _up(crew.start.free_at, problem), _up(crew.shift_start, problem))
            for crew in problem.crews
        ],
        limit_s=[_down(crew.shift_end, problem) for crew in problem.crews],
        start=[problem.start_place(crew) for crew in crews],
        end=[problem.end_place(crew) for crew in crews],
        accepted=accepted,
        started=frozenset(
            index[visit.task_id]
            for crew in problem.crews
            for visit in crew.locked
            if visit.state == "started"
        ),
        allowed=[frozenset(c for c in crews if may_take(problem.crews[c], task)) for task in tasks],
    )
    return _stretched(plain)


def may_take(crew: Crew, task: Task) -> bool:
    """Say whether skills, declines and pins leave the pair, whatever the hour."""
    return (
        task.skills <= crew.skills
        and crew.id not in task.forbidden_crews
        and task.pinned_crew in (None, crew.id)
    )


def unlocked(problem: Problem, view: Numbers, crew: int) -> Numbers:
    """Return the numbers of a day on which the crew has started and promised nothing.

    It stands where it stands, free at once when only work keeps it; its shift is the stated one.
    """
    subject = problem.crews[crew]
    depart_s, limit_s, accepted = list(view.depart_s), list(view.limit_s), list(view.accepted)
    depart_s[crew] = max(0, _up(subject.shift_start, problem))
    if subject.start.source != "current_task":
        depart_s[crew] = max(depart_s[crew], _up(subject.start.free_at, problem))
    limit_s[crew] = _down(subject.shift_end, problem)
    accepted[crew] = ()
    return replace(view, depart_s=depart_s, limit_s=limit_s, accepted=accepted)


def lay_out(view: Numbers, crew: int, tasks: tuple[int, ...]) -> Timeline:
    """Time a sequence of tasks as early as possible, feasible or not."""
    arrivals, starts, total = [], [], 0
    place, free_s = view.start[crew], view.depart_s[crew]
    for task in tasks:
        drive = view.travel[place][task]
        arrivals.append(free_s + drive)
        starts.append(max(free_s + drive, view.open_s[task]))
        total += drive
        place, free_s = task, starts[-1] + view.duration_s[task]
    end = view.end[crew]
    way_back = view.travel[place][end] if end is not None else 0
    latest = [view.limit_s[crew] - way_back]
    for i in range(len(tasks) - 1, -1, -1):
        after = (
            latest[-1] if i == len(tasks) - 1 else latest[-1] - view.travel[tasks[i]][tasks[i + 1]]
        )
        latest.append(min(view.close_s[tasks[i]], after - view.duration_s[tasks[i]]))
    return Timeline(
        crew,
        tasks,
        tuple(arrivals),
        tuple(starts),
        tuple(reversed(latest)),
        total + way_back if tasks else 0,
    )


def insertions(view: Numbers, timeline: Timeline, task: int) -> list[Insertion]:
    """Return every place where the task fits and nothing after it breaks, in route order."""
    travel, crew = view.travel, timeline.crew
    end = view.end[crew]
    found = []
    place, free_s = view.start[crew], view.depart_s[crew]
    for position in range(len(timeline.tasks) + 1):
        arrival = free_s + travel[place][task]
        start = max(arrival, view.open_s[task])
        if start <= view.close_s[task]:
            last = position == len(timeline.tasks)
            following = end if last else timeline.tasks[position]
            onward = 0 if following is None else travel[task][following]
            skipped = 0 if following is None else travel[place][following]
            if last and position == 0:
                skipped = 0  # a crew that stays where it is does not drive home
            limit_s = view.limit_s[crew] if last else timeline.latest_s[position]
            if start + view.duration_s[task] + onward <= limit_s:
                drive = travel[place][task]
                found.append(
                    Insertion(crew, position, arrival, start, drive, drive + onward - skipped)
                )
        if position < len(timeline.tasks):
            place = timeline.tasks[position]
            free_s = timeline.start_s[position] + view.duration_s[place]
    return found


def best_insertion(view: Numbers, timeline: Timeline, task: int) -> Insertion | None:
    """Return the place that adds the least travel, the earliest of equals, None if none fits."""
    if not timeline.feasible():
        return None
    found = insertions(view, timeline, task)
    return min(found, key=lambda place: (place.added_travel_s, place.start_s), default=None)


def inserted(view: Numbers, timeline: Timeline, task: int, position: int) -> Timeline:
    """Return the timeline with the task before its visit number `position`."""
    tasks = timeline.tasks
    return lay_out(view, timeline.crew, (*tasks[:position], task, *tasks[position:]))


def repaired(problem: Problem, view: Numbers, plan: Plan | None) -> list[Timeline]:
    """Fit an older plan to the problem: one feasible timeline a crew, with its accepted work.

    Visits keep their crew and order; what the problem no longer knows, forbids or has no time for
    is left out, for the caller to place again.
    """
    index = {task.id: i for i, task in enumerate(problem.tasks)}
    routes = {route.crew_id: route.visits for route in plan.routes} if plan else {}
    free = set(view.movable)
    timelines = []
    for c, crew in enumerate(problem.crews):
        wanted = []
        for visit in routes.get(crew.id, ()):
            task = index.get(visit.task_id)
            if task in view.accepted[c]:
                wanted.append(task)
            elif task in free and c in view.allowed[task]:
                wanted.append(task)
                free.discard(task)
        timelines.append(_kept(view, c, tuple(task for task in wanted if task is not None)))
    return timelines


def _kept(view: Numbers, crew: int, wanted: tuple[int, ...]) -> Timeline:
    timeline = lay_out(view, crew, wanted)
    promised = tuple(task for task in wanted if task in view.accepted[crew])
    if promised == view.accepted[crew] and timeline.feasible():
        return timeline
    timeline = lay_out(view, crew, view.accepted[crew])
    for task in wanted:
        if task not in view.accepted[crew] and (place := best_insertion(view, timeline, task)):
            timeline = inserted(view, timeline, task, place.position)
    return timeline


def _stretched(view: Numbers) -> Numbers:
    """Let accepted work be as late as it is when done alone, and the shift end after it."""
    close_s, limit_s, allowed = list(view.close_s), list(view.limit_s), list(view.allowed)
    for crew, tasks in enumerate(view.accepted):
        alone = lay_out(view, crew, tasks)
        for task, start in zip(tasks, alone.start_s, strict=True):
            close_s[task] = max(close_s[task], start)
            allowed[task] = frozenset({crew})
        if tasks:
            way_back = view.limit_s[crew] - alone.latest_s[-1]
            over = alone.start_s[-1] + view.duration_s[tasks[-1]] + way_back
            limit_s[crew] = max(limit_s[crew], over)
    return replace(view, close_s=close_s, limit_s=limit_s, allowed=allowed)


def _up(at: datetime, problem: Problem) -> int:
    return ceil((at - problem.now).total_seconds())


def _down(at: datetime, problem: Problem) -> int:
    return floor((at - problem.now).total_seconds())


def _refuse_unknown(problem: Problem) -> None:
    """Refuse what these timelines cannot hold, rather than plan against it."""
    unknown = bool(problem.links or problem.travel_by_class)
    for task in problem.tasks:
        plain = (task.windows, task.credentials, task.permits, task.equipment)
        unknown |= any(plain) or task.setup_s > 0 or task.min_crew > 1 or task.demand > 0
    for crew in problem.crews:
        unknown |= bool(crew.people or crew.breaks or crew.overtime_s or crew.previous_end)
        unknown |= any(visit.state == "frozen" for visit in crew.locked)
        unknown |= (crew.max_span_s, crew.next_start, crew.max_route_s) != (None, None, None)
    if unknown:
        raise BadInput("the problem asks for rules that the solver does not hold yet")
