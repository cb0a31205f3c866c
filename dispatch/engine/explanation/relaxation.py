"""The cheapest thing that would have to give for a task to fit a crew, proved by the checker.

The one idea: a relaxation is a change of the problem, made and tried on the crew's day alone (or on
the whole problem, where the task is linked). What is offered has been inserted, and the checker,
which knows nothing of this module, has found the relaxed day without fault.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from dispatch.checker import violations
from dispatch.engine.explanation.changes import PRICES_S, relaxed_titles, with_later_window
from dispatch.engine.explanation.lifting import TITLES, Pair, lifted, pair_of
from dispatch.engine.timeline import (
    Insertion,
    Numbers,
    Schedule,
    Timeline,
    best_insertion,
    insertions,
    lay_out,
    numbers,
    placed,
    plan_of,
    schedule,
)
from dispatch.problem import Code, Crew, Json, Problem, Reason, Relaxation, tasks_of

_MOST_DISPLACED = 3


Option = tuple[Problem, list[Reason], int]
NO_LIMIT_S = 10**12
# What is lifted together, when one rule alone is not enough.
_RULES: tuple[tuple[Code, ...], ...] = (
    (Code.CAPACITY,),
    (Code.BREAK,),
    (Code.REST,),
    (Code.WINDOW,),
    (Code.SHIFT,),
    (Code.WINDOW, Code.SHIFT),
    (Code.WINDOW, Code.SHIFT, Code.BREAK),
)


def relaxation(
    problem: Problem, lines: Schedule, crew: int, task: int, below_s: int = NO_LIMIT_S
) -> Relaxation | None:
    """Return what would let the crew take the task, the rest of the plan as it is.

    lines: the plan without the task. below_s: the price that it must not reach. None where nothing
    here would do; links are nobody's to relax.
    """
    line = lines[crew]
    small = _day(problem, line, crew, task)
    pair = pair_of(small, 0, len(small.tasks) - 1)
    # A title that fails at some hours only may still be what stands in the way.
    for codes in (pair.refused, [code for code in TITLES if code in pair.starts]):
        entitled = relaxed_titles(small, codes)
        if entitled is None:
            continue
        eased, changes = entitled
        price_s = sum(PRICES_S[change.code] for change in changes)
        for option, extra, extra_s in _options(eased, below_s - price_s):
            if not (changes or extra) or not _holds(option):
                continue
            if _is_linked(problem, line, task) and not _holds_whole(problem, lines, crew, option):
                continue
            return Relaxation(problem.crews[crew].id, (*changes, *extra), price_s + extra_s)
        if codes == list(pair.starts):
            break
    return None


def least_price_s(problem: Problem, crew: int, task: int) -> int:
    """Return what letting the crew take the task costs at least, whatever its day."""
    pair = pair_of(problem, crew, task)
    price_s = sum(PRICES_S[code] for code in pair.refused)
    return price_s if pair.is_ordered else price_s + PRICES_S[Code.DECLINED]


def _day(problem: Problem, line: Timeline, crew: int, task: int) -> Problem:
    """Cut the problem down to one crew, its route and, as the last task, the one in question."""
    subject = problem.crews[crew]
    started = {visit.task_id for visit in subject.locked if visit.state == "started"}
    facts = [i for i, item in enumerate(problem.tasks) if item.id in started and i != task]
    rows = [*facts, *line.tasks, task]
    places = [*rows, problem.start_place(crew)]
    end = problem.end_place(crew)
    places.append(places[-1] if end is None else end)
    cut = np.ix_(places, places)
    return Problem(
        problem.now,
        (replace(subject, vehicle_class=""),),
        tuple(problem.tasks[row] for row in rows),
        problem.travel_of(crew)[cut],
        problem.move_tax_s,
        (),
        problem.weights,
        {},
        problem.inclusions,
    )


def _options(small: Problem, below_s: int) -> Iterator[Option]:
    """Yield ways to make room in the day, cheapest first: later, longer, fewer visits."""
    view = numbers(small)
    task = len(small.tasks) - 1
    line = lay_out(view, 0, _route(view, small))
    pair = pair_of(small, 0, task)
    if best_insertion(view, line, task):
        yield small, [], 0
        return
    found = [option for codes in _RULES for option in _lifting(small, view, line, pair, codes)]
    found = [option for option in found if option[2] < below_s]
    found.sort(key=lambda option: option[2])
    dearest_s = min((view.left_out_s[t] for t in line.tasks), default=NO_LIMIT_S)
    yield from (option for option in found if option[2] <= dearest_s)
    if dearest_s < below_s:
        yield from _displacing(small, view, line)
    yield from (option for option in found if option[2] > dearest_s)


def _lifting(
    small: Problem, view: Numbers, line: Timeline, pair: Pair, codes: Sequence[Code]
) -> Iterator[Option]:
    """Lift rules entirely to see where the task would come, then by no more than that takes."""
    crew = small.crews[0]
    idle = {
        Code.CAPACITY: crew.capacity is None,
        Code.BREAK: not crew.breaks,
        Code.REST: crew.previous_end is None and crew.next_start is None,
    }
    if any(idle.get(code) for code in codes):
        return  # nothing to lift
    eased = lifted(view, pair, codes)
    again = lay_out(eased, 0, line.tasks)
    places = insertions(eased, again, pair.task)
    if not places:
        return
    priced = [_measured(small, codes, place) for place in places]
    yield min(priced, key=lambda option: option[2])


def _measured(small: Problem, codes: Sequence[Code], place: Insertion) -> Option:
    """Turn a place found without some rules into the least change that keeps them."""
    crew, changes, price_s = small.crews[0], [], 0
    tasks = list(small.tasks)
    for code in codes:
        params: dict[str, int] = {}
        match code:
            case Code.WINDOW:
                tasks[-1], later_s = with_later_window(small, tasks[-1], place.start_s)
                params, cost_s = {"later_s": later_s}, later_s
            case Code.SHIFT:
                crew, longer_s = _longer(small, crew, place.timeline.over_s)
                params = {"longer_s": longer_s}
                cost_s = longer_s * max(1, small.weights.overtime_permille // 1000)
            case Code.REST:
                crew = replace(crew, previous_end=None, next_start=None)
                cost_s = PRICES_S[code]
            case Code.BREAK:
                params = {"breaks": len(crew.breaks)}
                crew, cost_s = replace(crew, breaks=()), PRICES_S[code] * len(crew.breaks)
            case _:
                load = sum(task.demand for task in tasks)
                params = {"more": load - (crew.capacity or 0)}
                crew, cost_s = replace(crew, capacity=load), PRICES_S[code]
        price_s += cost_s
        if cost_s or code not in (Code.WINDOW, Code.SHIFT):
            changes.append(Reason(code, crew.id, {**params}))
    return replace(small, crews=(crew,), tasks=tuple(tasks)), changes, price_s


def _longer(small: Problem, crew: Crew, over_s: int) -> tuple[Crew, int]:
    over_at = small.now + timedelta(seconds=over_s)
    longer_s = max(0, -int(-(over_at - crew.done_by).total_seconds() // 1))
    span_s = crew.max_span_s
    if span_s is not None:
        span_s = max(span_s, int((over_at - crew.shift_start).total_seconds()) + 1)
    overtime_s = max(crew.overtime_s, -int(-(over_at - crew.shift_end).total_seconds() // 1))
    return replace(crew, overtime_s=min(86_400, overtime_s), max_span_s=span_s), longer_s


def _displacing(small: Problem, view: Numbers, line: Timeline) -> Iterator[Option]:
    """Take out visits, the least urgent first, until the task fits; then put back what may be."""
    task = len(small.tasks) - 1
    free = [t for t in line.tasks if t not in view.promised[0]]
    free.sort(key=lambda t: view.left_out_s[t])

    def fits(gone: Iterable[int]) -> bool:
        without = set(gone)
        rest = lay_out(view, 0, tuple(t for t in line.tasks if t not in without))
        return best_insertion(view, rest, task) is not None

    gone: list[int] = next(([t] for t in free if fits([t])), [])
    while not gone or not fits(gone):
        if len(gone) == min(len(free), _MOST_DISPLACED):
            return
        gone.append(next(t for t in free if t not in gone))
    for other in list(gone):
        if len(gone) > 1 and fits(rest := [t for t in gone if t != other]):
            gone = rest
    kept = [row for row in range(len(small.tasks)) if row not in gone]
    cut = [*kept, len(small.tasks), len(small.tasks) + 1]
    names: list[Json] = [
        {"task_id": str(small.tasks[t].id), "priority": small.tasks[t].priority} for t in gone
    ]
    params: dict[str, Json] = {"displaced": names}
    yield (
        replace(
            small,
            tasks=tuple(small.tasks[row] for row in kept),
            travel=small.travel[np.ix_(cut, cut)],
        ),
        [Reason(Code.PRIORITY, small.crews[0].id, params)],
        sum(view.left_out_s[t] for t in gone),
    )


def _holds(small: Problem) -> bool:
    """Insert the last task into the route of the others, and let the checker judge the day."""
    view = numbers(small)
    task = len(small.tasks) - 1
    line = lay_out(view, 0, _route(view, small))
    place = best_insertion(view, line, task)
    if place is None:
        return False
    lines = schedule(view, [place.timeline.tasks])
    return lines is not None and not violations(small, plan_of(small, view, lines, "relaxed", 0.0))


def _is_linked(problem: Problem, line: Timeline, task: int) -> bool:
    mine = {problem.tasks[t].id for t in (*line.tasks, task)}
    return any(not mine.isdisjoint(tasks_of(link)) for link in problem.links)


def _holds_whole(problem: Problem, lines: Schedule, crew: int, small: Problem) -> bool:
    """Insert the relaxed task into the whole plan, which its links reach, and check that."""
    eased = small.tasks[-1]
    kept = {task.id for task in small.tasks}
    subject = replace(small.crews[0], vehicle_class=problem.crews[crew].vehicle_class)
    crews = tuple(subject if c == crew else other for c, other in enumerate(problem.crews))
    tasks = tuple(eased if task.id == eased.id else task for task in problem.tasks)
    whole = replace(problem, crews=crews, tasks=tasks)
    view = numbers(whole)
    routes = [line.tasks for line in lines]
    routes[crew] = tuple(t for t in routes[crew] if tasks[t].id in kept)
    before = schedule(view, routes)
    index = next(i for i, task in enumerate(tasks) if task is eased)
    after = None if before is None else placed(view, before, index, crew)
    return after is not None and not violations(whole, plan_of(whole, view, after, "relaxed", 0.0))


def _route(view: Numbers, small: Problem) -> tuple[int, ...]:
    return tuple(row for row in range(len(small.tasks) - 1) if row not in view.facts)
