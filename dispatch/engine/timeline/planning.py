"""Fit an older plan to a problem, place what is missing, write a schedule out as a plan."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice

from dispatch.engine.timeline.layout import Timeline, lay_out
from dispatch.engine.timeline.numbers import Numbers
from dispatch.engine.timeline.schedule import (
    Schedule,
    best_insertion,
    cheapest,
    inserted,
    left_out,
    schedule,
    schedule_cost,
)
from dispatch.problem import Plan, PlannedBreak, Problem, Route, Unassigned, Visit

# Places of one task that are tried while its partners look for theirs.
_BREADTH = 6


def repaired(problem: Problem, view: Numbers, plan: Plan | None) -> Schedule:
    """Fit an older plan to the problem: a feasible schedule with all promised work.

    Visits keep their crew and order; what the problem no longer knows, forbids or has no time for
    is left out, for the caller to place again.
    """
    index = {task.id: i for i, task in enumerate(problem.tasks)}
    routes = {route.crew_id: route.visits for route in plan.routes} if plan else {}
    wanted = [
        tuple(index[v.task_id] for v in routes.get(crew.id, ()) if v.task_id in index)
        for crew in problem.crews
    ]
    return fitted(view, wanted)


def fitted(view: Numbers, wanted: Sequence[tuple[int, ...]]) -> Schedule:
    """Keep of the wanted routes what holds, and all promised work."""
    free = set(view.movable)
    kept: list[tuple[int, ...]] = []
    for crew, tasks in enumerate(wanted):
        mine = []
        for task in tasks:
            if task in view.promised[crew]:
                mine.append(task)
            elif task in free and crew in view.starts[task]:
                mine.append(task)
                free.discard(task)
        kept.append(tuple(mine))
    plain = [tuple(t for t in tasks if t not in view.ties.tied) for tasks in kept]
    lines = [_kept(view, crew, tasks) for crew, tasks in enumerate(plain)]
    whole = schedule(view, [line.tasks for line in lines])
    if whole is None:
        # Promises alone: what links them to one another is not judged.
        whole = tuple(lines)
    if view.ties.tied.isdisjoint(task for tasks in kept for task in tasks):
        return whole
    complete = schedule(view, [_merged(view, c, kept[c], whole[c].tasks) for c in range(len(kept))])
    return complete or _linked_one_by_one(view, whole, kept)


def placed(view: Numbers, lines: Schedule, task: int, crew: int | None = None) -> Schedule | None:
    """Put the task, with those it cannot be without, where it costs least; None where it cannot.

    crew: the only one that may have the task itself.
    """
    there = {t for line in lines for t in line.tasks} | view.facts.keys()
    needs = view.ties.needs.get(task, frozenset())
    if not needs <= there:
        return None
    group = [task, *(t for t in view.ties.whole(task) if t != task and t not in there)]
    return _place_group(view, lines, tuple(group), crew)


def filled(view: Numbers, lines: Schedule) -> Schedule:
    """Insert what is missing where it costs least: most urgent first, then fewest crews."""
    there = {task for line in lines for task in line.tasks}
    missing = sorted(
        (task for task in view.movable if task not in there and view.starts[task]),
        key=lambda t: (-view.left_out_s[t], len(view.starts[t]), _closes(view, t), t),
    )
    # Twice: what needs a task of less urgency finds it there the second time.
    for task in [*missing, *(t for t in missing if view.ties.needs.get(t))]:
        if not any(task in line.tasks for line in lines):
            lines = placed(view, lines, task) or lines
    return lines


def plan_of(problem: Problem, view: Numbers, lines: Schedule, solver: str, seconds: float) -> Plan:
    """Write a schedule out as a plan, its reasons still to be found."""
    left = left_out(view, lines)
    return Plan(
        tuple(_route(problem, view, line) for line in lines),
        tuple(Unassigned(problem.tasks[t].id, ()) for t in left),
        schedule_cost(view, lines) // 1000,
        solver,
        seconds,
    )


def _kept(view: Numbers, crew: int, wanted: tuple[int, ...]) -> Timeline:
    line = lay_out(view, crew, wanted)
    promised = tuple(task for task in wanted if task in view.promised[crew])
    fixed = view.fixed[crew]
    if promised == view.promised[crew] and promised[:fixed] == wanted[:fixed] and line.is_feasible:
        return line
    line = lay_out(view, crew, view.promised[crew])
    for task in wanted:
        if task not in view.promised[crew]:
            place = best_insertion(view, line, task)
            line = place.timeline if place else line
    return line


def _merged(
    view: Numbers, crew: int, wanted: tuple[int, ...], kept: tuple[int, ...]
) -> tuple[int, ...]:
    """Return the wanted order of what is kept or linked."""
    if any(task not in wanted for task in view.promised[crew]):
        return kept
    return tuple(task for task in wanted if task in kept or task in view.ties.tied)


def _linked_one_by_one(
    view: Numbers, lines: Schedule, wanted: Sequence[tuple[int, ...]]
) -> Schedule:
    """Bring linked tasks back, each to the crew that had it, as far as they fit."""
    back = [(task, crew) for crew, tasks in enumerate(wanted) for task in tasks]
    for task, crew in sorted(back, key=lambda pair: len(view.ties.needs.get(pair[0], ()))):
        if task in view.ties.tied and not any(task in line.tasks for line in lines):
            lines = placed(view, lines, task, crew) or lines
    return lines


def _place_group(
    view: Numbers,
    lines: Schedule,
    group: tuple[int, ...],
    crew: int | None,
    used: frozenset[int] = frozenset(),
) -> Schedule | None:
    """Place the tasks of a group by different crews, the links judged when all are there."""
    crews = view.starts[group[0]].keys() if crew is None else view.starts[group[0]].keys() & {crew}
    places = cheapest(view, lines, group[0], crews - used)
    if len(group) > 1 or group[0] in view.ties.tied:
        places = islice(places, _BREADTH)
    for place in places:
        if len(group) == 1:
            found = inserted(view, lines, place)
        else:
            with_it = (*lines[: place.crew], place.timeline, *lines[place.crew + 1 :])
            found = _place_group(view, with_it, group[1:], None, used | {place.crew})
        if found is not None:
            return found
    return None


def _closes(view: Numbers, task: int) -> int:
    return max(spans[-1][1] for spans in view.starts[task].values())


def _route(problem: Problem, view: Numbers, line: Timeline) -> Route:
    crew = problem.crews[line.crew]
    visits = [
        Visit(fact.task_id, fact.started_at, fact.started_at, fact.end_at, 0)
        for fact in crew.locked
        if fact.started_at and fact.end_at and fact.state == "started"
    ]

    place = view.start[line.crew]
    for i, task in enumerate(line.tasks):
        visits.append(
            Visit(
                problem.tasks[task].id,
                problem.now + timedelta(seconds=line.arrival_s[i]),
                problem.now + timedelta(seconds=line.start_s[i]),
                problem.now + timedelta(seconds=line.end_s[i]),
                view.roads[line.crew][place][task],
            )
        )
        place = task
    breaks = tuple(
        PlannedBreak(
            number,
            problem.now + timedelta(seconds=start_s),
            problem.now + timedelta(seconds=start_s + crew.breaks[number].length_s),
        )
        for number, start_s in line.breaks
    )
    return Route(crew.id, crew.start.source, tuple(visits), breaks)
