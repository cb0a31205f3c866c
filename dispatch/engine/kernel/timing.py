"""Time a route forwards and backwards, so that one more visit is judged in a few additions.

Forwards: when the crew is free before each visit. Backwards: the latest arrival that breaks nothing
from there on (Savelsbergh 1992, doi:10.1287/ijoc.4.2.146). Where a crew's time out is limited, the
stretches before and after each visit as (duration, earliest, latest start), which concatenate
(Vidal et al. 2013, doi:10.1016/j.cor.2012.07.018).
"""

import numpy as np

from dispatch.engine.kernel.compiling import inlined
from dispatch.engine.kernel.instance import (
    BASE,
    CAPACITY,
    CLOSES,
    DEMAND,
    DEPART,
    END,
    HOURS,
    KIND,
    LEAVE_BY,
    LIMIT,
    LONGEST,
    OPENS,
    OVERTIME,
    SERVICE,
    SHIFT_END,
    SOONER,
    START,
    TIME_OUT,
    UNIT,
    VEHICLE,
    WIDTH,
    WINDOWS,
    Instance,
    Ints,
)
from dispatch.engine.kernel.state import (
    AT,
    CLOCK,
    COST,
    COUNT,
    CREW,
    HEAD,
    HOP,
    LATEST,
    LOAD,
    NOW,
    READY,
    TAIL,
    TASK,
    TOTAL,
    VERSION,
    State,
)

FAR = 1 << 30
Stretch = tuple[int, int, int]


@inlined
def last_start(facts: Ints) -> int:
    return facts[CLOSES + WIDTH * (facts[WINDOWS] - 1)]


@inlined
def hour_cost(rules: Ints, facts: Ints, start: int) -> int:
    """Return what the hour of a visit costs: later than at best, outside the hours wished for."""
    cost = rules[SOONER] * np.int64(start - facts[BASE])
    for window in range(facts[WINDOWS]):
        at = OPENS + WIDTH * window
        if start <= facts[at + 1]:
            cost += np.int64(facts[at + 4]) * max(0, facts[at + 2] - start)
            cost += np.int64(facts[at + 5]) * max(0, start - facts[at + 3])
            break
    return cost


@inlined
def start_at(facts: Ints, arrival: int) -> int:
    """Return a task's first start at or after an arrival, FAR if every window is over."""
    if arrival <= facts[CLOSES]:
        return max(arrival, facts[OPENS])
    for window in range(1, facts[WINDOWS]):
        if arrival <= facts[CLOSES + WIDTH * window]:
            return max(arrival, facts[OPENS + WIDTH * window])
    return FAR


@inlined
def latest_at(facts: Ints, bound: int) -> int:
    """Return a task's latest start at or before a bound, -FAR if no window has opened."""
    for window in range(facts[WINDOWS] - 1, -1, -1):
        if bound >= facts[OPENS + WIDTH * window]:
            return min(bound, facts[CLOSES + WIDTH * window])
    return -FAR


@inlined
def joined(first: Stretch, hop: int, second: Stretch) -> Stretch:
    """Join two stretches (duration, earliest, latest start) that keep their windows."""
    wait = max(second[1] - first[0] - hop - first[2], 0)
    duration = first[0] + hop + second[0] + wait
    earliest = max(second[1] - first[0] - hop, first[1]) - wait
    return duration, earliest, min(second[2] - first[0] - hop, first[2])


@inlined
def alone(facts: Ints) -> Stretch:
    """Return the stretch of one visit; of several windows the hull."""
    return facts[SERVICE], facts[OPENS], last_start(facts)


@inlined
def read_stretch(row: Ints, column: int) -> Stretch:
    return row[column], row[column + 1], row[column + 2]


@inlined
def write_stretch(row: Ints, column: int, stretch: Stretch) -> None:
    row[column], row[column + 1], row[column + 2] = stretch


@inlined
def departure(crew: Ints) -> Stretch:
    return 0, crew[DEPART], crew[LEAVE_BY]


@inlined
def measure_stretches(instance: Instance, state: State, crew: int) -> int:
    """Note the stretches of a route around each visit; return its shortest time out."""
    tasks = instance.tasks[instance.crews[crew, KIND]]
    visits = state.visits[NOW, crew]
    count = state.routes[NOW, crew, COUNT]
    part = departure(instance.crews[crew])
    write_stretch(visits[0], HEAD, part)
    for p in range(count):
        part = joined(part, visits[p, HOP], alone(tasks[visits[p, TASK]]))
        write_stretch(visits[p + 1], HEAD, part)
    part = (0, 0, instance.crews[crew, LIMIT])
    write_stretch(visits[count], TAIL, part)
    for p in range(count - 1, -1, -1):
        part = joined(alone(tasks[visits[p, TASK]]), visits[p + 1, HOP], part)
        write_stretch(visits[p], TAIL, part)
    if count == 0:
        return 0
    return joined(departure(instance.crews[crew]), visits[0, HOP], part)[0]


@inlined
def retime(instance: Instance, state: State, crew: int) -> bool:
    """Time a route anew, count its cost, give it a version; say whether it keeps its limits."""
    facts, visits, route = instance.crews[crew], state.visits[NOW, crew], state.routes[NOW, crew]
    travel, tasks = instance.travel[facts[VEHICLE]], instance.tasks[facts[KIND]]
    rules, unit = instance.rules, np.int64(instance.rules[UNIT])
    count = route[COUNT]
    place, free = facts[START], facts[DEPART]
    fits, cost, load = True, unit * 0, 0
    for p in range(count):
        task = visits[p, TASK]
        hop = travel[place, task]
        visits[p, HOP] = hop
        visits[p, READY] = free
        start = start_at(tasks[task], free + hop)
        fits = fits and start < FAR
        free = start + tasks[task, SERVICE]
        cost += unit * (hop + instance.pair[task, crew])
        load += tasks[task, DEMAND]
        if rules[HOURS]:
            cost += hour_cost(rules, tasks[task], start)
        state.places[task, CREW] = crew
        state.places[task, AT] = p
        place = task
    hop = travel[place, facts[END]] if count > 0 else 0
    visits[count, TASK], visits[count, HOP], visits[count, READY] = facts[END], hop, free
    bound = facts[LIMIT]
    visits[count, LATEST] = bound
    fits = fits and load <= facts[CAPACITY] and (count == 0 or free + hop <= bound)
    for p in range(count - 1, -1, -1):
        task_facts = tasks[visits[p, TASK]]
        bound = latest_at(task_facts, bound - visits[p + 1, HOP] - task_facts[SERVICE])
        visits[p, LATEST] = bound
    if rules[HOURS] and count > 0:
        cost += rules[OVERTIME] * np.int64(max(0, free + hop - facts[SHIFT_END]))
    if rules[TIME_OUT]:
        fits = measure_stretches(instance, state, crew) <= facts[LONGEST] and fits
    renew(state, crew, int(cost + unit * hop), load)
    return fits


@inlined
def renew(state: State, crew: int, cost: int, load: int) -> None:
    """Give a changed route its cost, its load and a version of its own."""
    route = state.routes[NOW, crew]
    state.totals[TOTAL] += cost - route[COST]
    state.totals[CLOCK] += 1
    route[COST], route[LOAD], route[VERSION] = cost, load, state.totals[CLOCK]
