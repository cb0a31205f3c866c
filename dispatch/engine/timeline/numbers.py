"""A problem in whole seconds after `problem.now`: earliest rounded up, latest rounded down.

Tasks and crews are indices into the problem. `Numbers` is data: a rule is lifted, to ask "what if",
by replacing what states it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil, floor
from uuid import UUID

from dispatch.engine.timeline.links import Ties, ties_of
from dispatch.engine.timeline.pairs import may_take, title_starts
from dispatch.engine.timeline.spans import ALWAYS, Spans, both, union
from dispatch.problem import Crew, Problem, Task
from dispatch.problem.promises import done_alone


@dataclass(frozen=True, slots=True)
class Soft:
    """One window's wish: it holds for starts up to end_s; None where the wish is open."""

    end_s: int
    early_s: int | None
    late_s: int | None
    early_permille: int
    late_permille: int


@dataclass(frozen=True, slots=True)
class Rest:
    """A break: its number, its window, and by when it would be over at the latest.

    A visit takes it on the spot that starts by `spot_s` and ends from `over_s` on.
    """

    number: int
    earliest_s: int
    latest_s: int
    length_s: int
    over_s: int
    spot_s: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """A problem in integers; lists by task or by crew.

    roads: by crew, the matrix of its vehicle's class.
    starts: by task, the allowed starts of each crew that may take it (a promised task: its own).
    group: visits of one group in a row are set up once; at_group: the group a crew stands at, or
    -1. promised: accepted and frozen work in order; the first fixed[c] of it open the route.
    limit_s: the latest end, stretched for promises that are unavoidably late.
    facts: started tasks with their start and end.
    """

    roads: list[list[list[int]]]
    starts: list[dict[int, Spans]]
    open_s: list[int]
    soft: list[tuple[Soft, ...]]
    duration_s: list[int]
    setup_s: list[int]
    group: list[int]
    demand: list[int]
    previous: list[int | None]
    left_out_s: list[int]
    start: list[int]
    end: list[int | None]
    depart_s: list[int]
    limit_s: list[int]
    shift_end_s: list[int]
    longest_s: list[int | None]
    room: list[int | None]
    breaks: list[tuple[Rest, ...]]
    at_group: list[int]
    promised: list[tuple[int, ...]]
    fixed: list[int]
    facts: dict[int, tuple[int, int]]
    holder: dict[int, int]
    ties: Ties
    sooner_permille: int
    overtime_permille: int
    move_tax_s: int

    @property
    def movable(self) -> list[int]:
        """The tasks that are neither started nor promised."""
        return [task for task in range(len(self.open_s)) if task not in self.holder]

    def work_s(self, before: int, task: int) -> int:
        """Return how long the task takes after a visit of group `before`."""
        setup_s = 0 if self.group[task] == before else self.setup_s[task]
        return self.duration_s[task] + setup_s

    def tax_s(self, task: int, crew: int) -> int:
        """Return what giving the task to the crew costs beside its drive, for moving it."""
        return 0 if self.previous[task] in (None, crew) else self.move_tax_s


def numbers(problem: Problem) -> Numbers:
    """Turn a problem into integers; costs about 20 ms for 500 tasks and 50 crews."""
    index = {task.id: i for i, task in enumerate(problem.tasks)}
    crew_index = {crew.id: c for c, crew in enumerate(problem.crews)}
    crews, tasks = problem.crews, problem.tasks
    groups: dict[object, int] = {}
    group = [groups.setdefault(task.setup_group, len(groups)) for task in tasks]
    known: dict[object, list[tuple[int, Spans]]] = {}
    matrices = {"": problem.travel.tolist()}
    matrices |= {name: matrix.tolist() for name, matrix in problem.travel_by_class.items()}
    facts, holder, at_group = {}, {}, [-1] * len(crews)
    for c, crew in enumerate(crews):
        for visit in crew.locked:
            task = index[visit.task_id]
            holder[task] = c
            if visit.state == "started" and visit.started_at and visit.end_at:
                facts[task] = (_floor(visit.started_at, problem), _ceil(visit.end_at, problem))
                at_group[c] = group[task]
    promised = [tuple(index[v.task_id] for v in c.locked if v.state != "started") for c in crews]
    plain = Numbers(
        roads=[matrices[crew.vehicle_class] for crew in crews],
        starts=[_starts(problem, task, known) for task in tasks],
        open_s=[max(0, _ceil(task.all_windows[0].start, problem)) for task in tasks],
        soft=[_soft(problem, task) for task in tasks],
        duration_s=[task.duration_s for task in tasks],
        setup_s=[task.setup_s for task in tasks],
        group=group,
        demand=[task.demand for task in tasks],
        previous=[
            None if t.previous_crew is None else crew_index.get(t.previous_crew, -1) for t in tasks
        ],
        left_out_s=[problem.weights.left_out_s(task) for task in tasks],
        start=[problem.start_place(c) for c in range(len(crews))],
        end=[problem.end_place(c) for c in range(len(crews))],
        depart_s=[_departure(problem, crew) for crew in crews],
        limit_s=[_limit(problem, crew) for crew in crews],
        shift_end_s=[_ceil(crew.shift_end, problem) for crew in crews],
        longest_s=[None if crew.locked else crew.max_route_s for crew in crews],
        room=[_room(crew, tasks, index) for crew in crews],
        breaks=[_breaks(problem, crew) for crew in crews],
        at_group=at_group,
        promised=promised,
        fixed=[_fixed(crew) for crew in crews],
        facts=facts,
        holder=holder,
        ties=ties_of(problem, holder),
        sooner_permille=problem.weights.sooner_permille,
        overtime_permille=problem.weights.overtime_permille,
        move_tax_s=problem.move_tax_s,
    )
    return _stretched(problem, index, plain)


def window_starts(problem: Problem, task: Task) -> Spans:
    """Return the starts that the task's windows leave from now on."""
    return tuple(
        (max(0, _ceil(window.start, problem)), _floor(window.end, problem))
        for window in task.all_windows
        if max(0, _ceil(window.start, problem)) <= _floor(window.end, problem)
    )


def unlocked(problem: Problem, view: Numbers, crew: int) -> Numbers:
    """Return the numbers of a day on which the crew has started and promised nothing.

    It stands where it stands, free at once when only work keeps it; its shift is the stated one,
    its breaks as late as the problem lets them be.
    """
    subject = problem.crews[crew]
    kept_by_work = subject.start.source == "current_task"
    start = replace(subject.start, free_at=problem.now) if kept_by_work else subject.start
    free = replace(subject, locked=(), start=start)
    depart_s, limit_s, breaks = list(view.depart_s), list(view.limit_s), list(view.breaks)
    promised, fixed, room = list(view.promised), list(view.fixed), list(view.room)
    longest_s = list(view.longest_s)
    depart_s[crew], limit_s[crew] = _departure(problem, free), _limit(problem, free)
    breaks[crew], longest_s[crew] = _breaks(problem, free), free.max_route_s
    promised[crew], fixed[crew], room[crew] = (), 0, free.capacity
    return replace(
        view,
        depart_s=depart_s,
        limit_s=limit_s,
        longest_s=longest_s,
        breaks=breaks,
        promised=promised,
        fixed=fixed,
        room=room,
    )


def _starts(
    problem: Problem, task: Task, known: dict[object, list[tuple[int, Spans]]]
) -> dict[int, Spans]:
    """Return the starts by crew; tasks that ask for the same things share what crews have."""
    asked = (task.skills, task.equipment, task.credentials, task.permits, task.min_crew)
    key = (asked, task.longest_s)
    if key not in known:
        titles = ((c, title_starts(problem, crew, task)) for c, crew in enumerate(problem.crews))
        known[key] = [(c, spans) for c, spans in titles if spans]
    windows = window_starts(problem, task)
    is_free = not task.forbidden_crews and task.pinned_crew is None
    found = {}
    for c, spans in known[key]:
        starts = windows if spans is ALWAYS else both(windows, spans)
        if starts and (is_free or may_take(problem.crews[c], task)):
            found[c] = starts
    return found


def _soft(problem: Problem, task: Task) -> tuple[Soft, ...]:
    if not any(window.soft_start or window.soft_end for window in task.windows):
        return ()
    return tuple(
        Soft(
            _floor(window.end, problem),
            _floor(window.soft_start, problem) if window.soft_start else None,
            _ceil(window.soft_end, problem) if window.soft_end else None,
            window.early_permille,
            window.late_permille,
        )
        for window in task.windows
    )


def _departure(problem: Problem, crew: Crew) -> int:
    instants = [problem.now, crew.start.free_at, crew.shift_start]
    if crew.rested_at is not None:
        instants.append(crew.rested_at)
    return max(_ceil(at, problem) for at in instants)


def _limit(problem: Problem, crew: Crew) -> int:
    limit_s = _floor(crew.done_by, problem)
    return limit_s if crew.rest_from is None else min(limit_s, _floor(crew.rest_from, problem))


def _room(crew: Crew, tasks: tuple[Task, ...], index: Mapping[UUID, int]) -> int | None:
    if crew.capacity is None:
        return None
    held = {v.task_id: tasks[index[v.task_id]].demand for v in crew.locked}
    started = sum(held[v.task_id] for v in crew.locked if v.state == "started")
    # What is promised is carried, whatever it takes.
    return max(crew.capacity, sum(held.values())) - started


def _breaks(problem: Problem, crew: Crew) -> tuple[Rest, ...]:
    depart_s = _departure(problem, crew)
    facts = [(v.started_at, v.end_at) for v in crew.locked if v.started_at and v.end_at]
    rests = []
    for number, rule in enumerate(crew.breaks):
        over_at = rule.latest_at + timedelta(seconds=rule.length_s)
        if any(start <= rule.earliest_at and end >= over_at for start, end in facts):
            continue  # taken on the spot, in the work at hand
        rests.append(
            Rest(
                number,
                _ceil(rule.earliest_at, problem),
                max(_floor(rule.latest_at, problem), depart_s),
                rule.length_s,
                _ceil(over_at, problem),
                _floor(rule.earliest_at, problem),
            )
        )
    return tuple(rests)


def _fixed(crew: Crew) -> int:
    states = [visit.state for visit in crew.locked if visit.state != "started"]
    return len(states) - states[::-1].index("frozen") if "frozen" in states else 0


def _stretched(problem: Problem, index: Mapping[UUID, int], view: Numbers) -> Numbers:
    """Let promised work be as late as it is when done alone, and the shift end after it.

    A break may have to come first: by its length it may be later still.
    """
    starts, limit_s = list(view.starts), list(view.limit_s)
    for crew, tasks in enumerate(view.promised):
        if not tasks:
            continue
        spare_s = sum(rest.length_s for rest in view.breaks[crew])
        alone = done_alone(problem, crew, index)
        for task, start_s in alone.starts.items():
            windows = window_starts(problem, problem.tasks[task])
            closed_s = _floor(problem.tasks[task].all_windows[-1].end, problem)
            starts[task] = {crew: union([windows, ((closed_s + 1, start_s + spare_s),)])}
        limit_s[crew] = max(limit_s[crew], alone.over_s + spare_s)
    return replace(view, starts=starts, limit_s=limit_s)


def _ceil(at: datetime, problem: Problem) -> int:
    return ceil((at - problem.now).total_seconds())


def _floor(at: datetime, problem: Problem) -> int:
    return floor((at - problem.now).total_seconds())
