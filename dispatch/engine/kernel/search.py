"""Slack induction by string removals: ruin strings of near routes, insert greedily, anneal.

Christiaens & Vanden Berghe 2020, doi:10.1287/trsc.2019.0914. Ours: a third of the ruins begin at a
task that was left out, only a few of those are tried again in a round, the sort orders know
penalties, narrow windows and how few crews may come, and of many tasks the routes around are tried
first.
"""

from math import log

import numpy as np

from dispatch.engine.kernel.chance import below, fraction
from dispatch.engine.kernel.compiling import bare, compiled, inlined
from dispatch.engine.kernel.insertion import (
    BLINK,
    NOWHERE,
    best_place,
    best_route,
    insert,
    leave_out,
    remember,
    undo,
)
from dispatch.engine.kernel.instance import (
    CHOICES,
    FIXED,
    FORBIDDEN,
    PENALTY,
    UNIT,
    Instance,
    Longs,
)
from dispatch.engine.kernel.state import (
    AT,
    BEST,
    BEST_TOTAL,
    COUNT,
    CREW,
    LEFT,
    LEFT_COUNT,
    NOW,
    REMOVED,
    ROUND,
    SHADOW_LEFT,
    STAMP,
    TASK,
    TOTAL,
    TOUCHED_COUNT,
    State,
)
from dispatch.engine.kernel.timing import retime

AVERAGE_REMOVED = 10.0
LONGEST_STRING = 10.0
SPLIT = 0.5
SPLIT_ON = 0.01
FROM_LEFT_OUT = 0.3
TRIES = 6


@inlined
def refusal(instance: Instance, task: int) -> int:
    """Return what leaving a task out costs."""
    return np.int64(instance.rules[UNIT]) * instance.tasks[0, task, PENALTY]


@inlined
def ruin(instance: Instance, state: State, seed: int) -> int:
    """Remove strings of routes near a task; return how many tasks lie in `lists[REMOVED]`."""
    k = instance.pair.shape[1]
    used, placed = 0, 0
    for crew in range(k):
        used += state.routes[NOW, crew, COUNT] > 0
        placed += state.routes[NOW, crew, COUNT]
    mean = placed / max(1, used)
    longest = min(LONGEST_STRING, mean)
    most = 4.0 * AVERAGE_REMOVED / (1.0 + longest) - 1.0
    strings = int(fraction(state.chance) * most + 1.0)
    removed, ruined = 0, 0
    for i in range(-1, instance.near.shape[1]):
        if ruined >= strings:
            break
        task = seed if i < 0 else instance.near[seed, i]
        crew = state.places[task, CREW]
        if crew < 0 or state.routes[NOW, crew, STAMP] == state.totals[ROUND]:
            continue
        size = int(fraction(state.chance) * min(longest, state.routes[NOW, crew, COUNT]) + 1.0)
        removed = cut(instance, state, crew, state.places[task, AT], size, removed)
        ruined += 1
    return removed


@inlined
def cut(instance: Instance, state: State, crew: int, through: int, size: int, removed: int) -> int:
    """Remove a string of `size` visits around one, perhaps sparing some in its middle."""
    remember(state, crew)
    count = state.routes[NOW, crew, COUNT]
    size = min(size, count)
    spared = 0
    if size > 1 and fraction(state.chance) < SPLIT:
        while size + spared < count and fraction(state.chance) >= SPLIT_ON:
            spared += 1
            if fraction(state.chance) > SPLIT_ON:
                break
    span = size + spared
    lowest = max(0, through - span + 1)
    first = lowest + below(state.chance, min(through, count - span) - lowest + 1)
    spare_from = first + (1 + below(state.chance, size - 1) if spared else span)
    kept = 0
    for p in range(count):
        task = state.visits[NOW, crew, p, TASK]
        inside = first <= p < first + span and not spare_from <= p < spare_from + spared
        if inside and not instance.tasks[0, task, FIXED]:
            state.lists[REMOVED, removed] = task
            removed += 1
            state.places[task, CREW] = -1
            state.totals[TOTAL] += refusal(instance, task)
        else:
            state.visits[NOW, crew, kept, TASK] = task
            kept += 1
    state.routes[NOW, crew, COUNT] = kept
    retime(instance, state, crew)
    return removed


@inlined
def draw_left_out(state: State, removed: int, first: int) -> int:
    """Move a few tasks left out, `first` among them if any, to the removed ones."""
    for trial in range(min(TRIES, state.totals[LEFT_COUNT])):
        left = state.totals[LEFT_COUNT]
        chosen = below(state.chance, left)
        if trial == 0 and first >= 0:
            chosen = first
        state.lists[REMOVED, removed] = state.lists[LEFT, chosen]
        removed += 1
        state.lists[LEFT, chosen] = state.lists[LEFT, left - 1]
        state.totals[LEFT_COUNT] = left - 1
    return removed


@inlined
def sort_removed(instance: Instance, state: State, removed: int) -> None:
    """Shuffle the removed tasks, then sort them by an order drawn from the instance's chances."""
    tasks = state.lists[REMOVED]
    for i in range(removed - 1, 0, -1):
        j = below(state.chance, i + 1)
        tasks[i], tasks[j] = tasks[j], tasks[i]
    drawn, chosen = fraction(state.chance), 0
    while chosen < instance.chances.shape[0] - 1 and drawn >= instance.chances[chosen]:
        chosen += 1
    if chosen == 0:
        return
    keys = instance.keys[chosen]
    for i in range(1, removed):
        task = tasks[i]
        j = i - 1
        while j >= 0 and keys[tasks[j]] > keys[task]:
            tasks[j + 1] = tasks[j]
            j -= 1
        tasks[j + 1] = task


@inlined
def recreate(instance: Instance, state: State, removed: int, blink: float) -> None:
    """Insert the removed tasks one after the other where they cost least, or leave them out."""
    for i in range(removed):
        task = state.lists[REMOVED, i]
        added, crew, at = best_route(instance, state, task, blink)
        if added < NOWHERE and added <= refusal(instance, task):
            state.totals[TOTAL] -= refusal(instance, task)
            insert(instance, state, task, crew, at)
        else:
            leave_out(state, task)


@inlined
def keep_best(state: State) -> None:
    state.totals[BEST_TOTAL] = state.totals[TOTAL]
    for crew in range(state.routes.shape[1]):
        count = state.routes[NOW, crew, COUNT]
        state.routes[NOW, crew, BEST] = count
        for p in range(count):
            state.best[crew, p] = state.visits[NOW, crew, p, TASK]


@inlined
def anneal_bare(instance: Instance, state: State, rounds: int, temperature: float) -> int:
    """Do some rounds of ruin and recreate at one temperature; return how many were kept."""
    kept = 0
    for _ in range(rounds):
        state.totals[ROUND] += 1
        state.totals[TOUCHED_COUNT] = 0
        cost, left = state.totals[TOTAL], state.totals[LEFT_COUNT]
        for i in range(left):
            state.lists[SHADOW_LEFT, i] = state.lists[LEFT, i]
        first = -1
        seed = instance.seeds[below(state.chance, instance.seeds.shape[0])]
        if left > 0 and fraction(state.chance) < FROM_LEFT_OUT:
            first = below(state.chance, left)
            seed = state.lists[LEFT, first]
        removed = ruin(instance, state, seed)
        removed = draw_left_out(state, removed, first)
        sort_removed(instance, state, removed)
        recreate(instance, state, removed, BLINK)
        if state.totals[TOTAL] < cost - temperature * log(1.0 - fraction(state.chance)):
            kept += 1
            if state.totals[TOTAL] < state.totals[BEST_TOTAL]:
                keep_best(state)
        else:
            undo(state)
            state.totals[TOTAL] = cost
            state.totals[LEFT_COUNT] = left
            for i in range(left):
                task = state.lists[SHADOW_LEFT, i]
                state.lists[LEFT, i] = task
                state.places[task, CREW] = -1
    return kept


@compiled
def anneal(instance: Instance, state: State, rounds: int, temperature: float) -> int:
    """Do some rounds of ruin and recreate at one temperature; return how many were kept."""
    return anneal_bare(bare(instance), bare(state), rounds, temperature)


@compiled
def construct(instance: Instance, state: State, fill: bool) -> None:
    """Time the routes that are there; fill: insert every other task where it costs least."""
    instance, state = bare(instance), bare(state)
    for crew in range(state.routes.shape[1]):
        retime(instance, state, crew)
    absent = 0
    for task in range(state.places.shape[0]):
        # What no crew may take is not among those left out: nobody tries it again and again.
        if state.places[task, CREW] < 0 and instance.tasks[0, task, CHOICES] > 0:
            state.lists[REMOVED, absent] = task
            absent += 1
    state.totals[LEFT_COUNT] = 0
    state.totals[ROUND] = 1
    if fill:
        sort_removed(instance, state, absent)
        recreate(instance, state, absent, 0.0)
    keep_best(state)


@compiled
def survey(instance: Instance, state: State, task: int, found: Longs) -> None:
    """Write the least added cost of a task with each crew, and its place; shape (k, 2)."""
    instance, state = bare(instance), bare(state)
    for crew in range(state.routes.shape[1]):
        found[crew, 0] = NOWHERE
        if instance.pair[task, crew] != FORBIDDEN:
            found[crew, 0], found[crew, 1] = best_place(instance, state, task, crew)
