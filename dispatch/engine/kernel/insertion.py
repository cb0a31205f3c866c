"""Find where a task fits best, in one route or in all, and put it there.

The best place in a route is remembered under the route's version: a round of ruin and recreate
changes a few routes, and all the others answer from memory.
"""

import numpy as np

from dispatch.engine.kernel.chance import fraction
from dispatch.engine.kernel.compiling import inlined
from dispatch.engine.kernel.instance import (
    CAPACITY,
    CHOICES,
    DEMAND,
    HOURS,
    KIND,
    LONGEST,
    OPENS,
    OVERTIME,
    SERVICE,
    SHIFT_END,
    START,
    TIME_OUT,
    TWIN,
    UNIT,
    VEHICLE,
    Instance,
)
from dispatch.engine.kernel.state import (
    ADDED,
    AT,
    BEFORE,
    COST,
    COUNT,
    CREW,
    HEAD,
    HOP,
    LATEST,
    LEFT,
    LEFT_COUNT,
    LOAD,
    LOOKS,
    NOW,
    REACHED,
    READY,
    ROUND,
    SEEN,
    SHADOW,
    STAMP,
    TAIL,
    TASK,
    TOUCHED,
    TOUCHED_COUNT,
    VERSION,
    State,
)
from dispatch.engine.kernel.timing import (
    alone,
    hour_cost,
    joined,
    last_start,
    latest_at,
    measure_stretches,
    read_stretch,
    renew,
    retime,
    start_at,
)

NOWHERE = 1 << 50
# One insertion in a hundred overlooks the best route (Christiaens & Vanden Berghe 2020, "blinks").
BLINK = 0.01
# Of more tasks than this, while none is left out, the routes that hold one of a task's nearest are
# tried first: a round went mostly into routes far away. With fewer of the nearest than these the
# places found are worse, with more the rounds are fewer.
MANY = 500
REACH = 100


@inlined
def best_place(instance: Instance, state: State, task: int, crew: int) -> tuple[int, int]:
    """Return the least added cost and the visit to go before, NOWHERE if the task does not fit."""
    crew_facts = instance.crews[crew]
    facts = instance.tasks[crew_facts[KIND], task]
    if state.routes[NOW, crew, LOAD] + facts[DEMAND] > crew_facts[CAPACITY]:
        return NOWHERE, 0
    onward = instance.travel[crew_facts[VEHICLE], task]
    towards = instance.towards[crew_facts[VEHICLE], task]
    visits, rules = state.visits[NOW, crew], instance.rules
    service, closes, unit = facts[SERVICE], last_start(facts), np.int64(rules[UNIT])
    soonest = facts[OPENS] + service
    best, at, place = NOWHERE, 0, crew_facts[START]
    for p in range(state.routes[NOW, crew, COUNT] + 1):
        free = visits[p, READY]
        if free > closes:
            break
        follower, latest = visits[p, TASK], visits[p, LATEST]
        there, on = towards[place], onward[follower]
        place = follower
        added = unit * (there + on - visits[p, HOP])
        if added >= best or soonest + on > latest:
            continue
        start = start_at(facts, free + there)
        if start + service + on > latest:
            continue
        if rules[HOURS]:
            added += hour_cost(rules, facts, start)
            if added < best:
                added += push_cost(instance, state, crew, p, start + service + on)
        if added < best and (rules[TIME_OUT] == 0 or in_time(instance, state, task, crew, p)):
            best, at = added, p
    if best < NOWHERE:
        best += unit * instance.pair[task, crew]
    return best, at


@inlined
def push_cost(instance: Instance, state: State, crew: int, first: int, arrival: int) -> int:
    """Return what it costs that a crew arrives later at visit `first`, and so on from there."""
    facts, visits, rules = instance.crews[crew], state.visits[NOW, crew], instance.rules
    tasks, count = instance.tasks[facts[KIND]], state.routes[NOW, crew, COUNT]
    cost = 0
    for p in range(first, count):
        task_facts = tasks[visits[p, TASK]]
        start, before = start_at(task_facts, arrival), visits[p + 1, READY] - task_facts[SERVICE]
        if start == before:
            return cost
        cost += hour_cost(rules, task_facts, start) - hour_cost(rules, task_facts, before)
        arrival = start + task_facts[SERVICE] + visits[p + 1, HOP]
    over = max(0, arrival - facts[SHIFT_END])
    before = max(0, visits[count, READY] + visits[count, HOP] - facts[SHIFT_END])
    return cost + rules[OVERTIME] * np.int64(over - (before if count > 0 else 0))


@inlined
def in_time(instance: Instance, state: State, task: int, crew: int, p: int) -> bool:
    """Say whether the crew's time out stays within its limit with the task before visit p."""
    facts, visits = instance.crews[crew], state.visits[NOW, crew]
    place = visits[p - 1, TASK] if p > 0 else facts[START]
    there = instance.towards[facts[VEHICLE], task, place]
    onward = instance.travel[facts[VEHICLE], task, visits[p, TASK]]
    own = alone(instance.tasks[facts[KIND], task])
    first = joined(read_stretch(visits[p], HEAD), there, own)
    return joined(first, onward, read_stretch(visits[p], TAIL))[0] <= facts[LONGEST]


@inlined
def best_route(instance: Instance, state: State, task: int, blink: float) -> tuple[int, int, int]:
    """Return the least added cost with its crew and place, NOWHERE if the task fits nowhere.

    blink: chance to overlook a route that would be the best.
    """
    best, chosen = NOWHERE, -1
    is_near = instance.pair.shape[0] > MANY and state.totals[LEFT_COUNT] == 0
    if is_near:
        look_around(instance, state, task)
    for _ in range(2):
        tried_empty = -1
        for i in range(instance.tasks[0, task, CHOICES]):
            crew = instance.allowed[task, i]
            route, seen = state.routes[NOW, crew], state.seen[task, crew]
            if route[COUNT] == 0:
                if instance.crews[crew, TWIN] == tried_empty:
                    continue
                tried_empty = instance.crews[crew, TWIN]
            elif is_near and route[REACHED] != state.totals[LOOKS]:
                continue
            if seen[SEEN] != route[VERSION]:
                seen[ADDED], seen[BEFORE] = best_place(instance, state, task, crew)
                seen[SEEN] = route[VERSION]
            if seen[ADDED] < best and fraction(state.chance) >= blink:
                best, chosen = seen[ADDED], crew
        if chosen >= 0 or not is_near:
            break
        is_near = False
    at = state.seen[task, chosen, BEFORE] if chosen >= 0 else 0
    return best, chosen, at


@inlined
def look_around(instance: Instance, state: State, task: int) -> None:
    """Mark the routes that hold one of the tasks nearest to this one."""
    state.totals[LOOKS] += 1
    for i in range(min(REACH, instance.near.shape[1])):
        crew = state.places[instance.near[task, i], CREW]
        if crew >= 0:
            state.routes[NOW, crew, REACHED] = state.totals[LOOKS]


@inlined
def remember(state: State, crew: int) -> None:
    """Copy a route before its first change in this round."""
    if state.routes[NOW, crew, STAMP] == state.totals[ROUND]:
        return
    state.routes[NOW, crew, STAMP] = state.totals[ROUND]
    state.lists[TOUCHED, state.totals[TOUCHED_COUNT]] = crew
    state.totals[TOUCHED_COUNT] += 1
    copy(state, crew, NOW, SHADOW)


@inlined
def copy(state: State, crew: int, source: int, target: int) -> None:
    for column in range(VERSION + 1):
        state.routes[target, crew, column] = state.routes[source, crew, column]
    before, after = state.visits[source, crew], state.visits[target, crew]
    for p in range(state.routes[source, crew, COUNT] + 1):
        for column in range(before.shape[1]):
            after[p, column] = before[p, column]


@inlined
def insert(instance: Instance, state: State, task: int, crew: int, at: int) -> None:
    """Put a task before visit `at` of a crew, where it must fit."""
    remember(state, crew)
    visits, route = state.visits[NOW, crew], state.routes[NOW, crew]
    count = route[COUNT]
    for p in range(count, at - 1, -1):
        for column in range(4):
            visits[p + 1, column] = visits[p, column]
        if p < count:
            state.places[visits[p, TASK], AT] = p + 1
    route[COUNT] = count + 1
    visits[at, TASK] = task
    state.places[task, CREW], state.places[task, AT] = crew, at
    if instance.rules[HOURS]:
        retime(instance, state, crew)
    else:
        retime_around(instance, state, crew, at)


@inlined
def retime_around(instance: Instance, state: State, crew: int, at: int) -> None:
    """Time a route anew around its new visit `at`, as far as anything changes."""
    facts, visits, route = instance.crews[crew], state.visits[NOW, crew], state.routes[NOW, crew]
    tasks, count, task = instance.tasks[facts[KIND]], route[COUNT], visits[at, TASK]
    place = visits[at - 1, TASK] if at > 0 else facts[START]
    there = instance.towards[facts[VEHICLE], task, place]
    on = instance.travel[facts[VEHICLE], task, visits[at + 1, TASK]]
    added = instance.pair[task, crew] + there + on - visits[at + 1, HOP]
    visits[at, HOP], visits[at + 1, HOP] = there, on
    free = start_at(tasks[task], visits[at, READY] + there) + tasks[task, SERVICE]
    for p in range(at + 1, count + 1):
        if visits[p, READY] == free:
            break
        visits[p, READY] = free
        if p < count:
            following = tasks[visits[p, TASK]]
            free = start_at(following, free + visits[p, HOP]) + following[SERVICE]
    for p in range(at, -1, -1):
        earlier = tasks[visits[p, TASK]]
        bound = visits[p + 1, LATEST] - visits[p + 1, HOP] - earlier[SERVICE]
        bound = latest_at(earlier, bound)
        if p < at and bound == visits[p, LATEST]:
            break
        visits[p, LATEST] = bound
    if instance.rules[TIME_OUT]:
        measure_stretches(instance, state, crew)
    cost = route[COST] + np.int64(instance.rules[UNIT]) * added
    renew(state, crew, cost, route[LOAD] + tasks[task, DEMAND])


@inlined
def leave_out(state: State, task: int) -> None:
    """Add a task that is on no route to those left out; its penalty is already counted."""
    state.lists[LEFT, state.totals[LEFT_COUNT]] = task
    state.totals[LEFT_COUNT] += 1
    state.places[task, CREW] = -1


@inlined
def undo(state: State) -> None:
    """Take this round's routes back; lists and totals are the caller's to restore."""
    for i in range(state.totals[TOUCHED_COUNT]):
        crew = state.lists[TOUCHED, i]
        copy(state, crew, SHADOW, NOW)
        for p in range(state.routes[NOW, crew, COUNT]):
            task = state.visits[NOW, crew, p, TASK]
            state.places[task, CREW] = crew
            state.places[task, AT] = p
