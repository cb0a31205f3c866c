"""Plan with the kernel: cold, warm around what an event touched, or warm everywhere.

`candidates` (in `probing`) says in milliseconds who could take a task; `repair` answers an event,
around the crews it touched and their neighbours; `solve` searches everywhere.
"""

from collections.abc import Sequence
from time import perf_counter

from dispatch.engine.instant.adapting import adapted, orders_of, routes_of
from dispatch.engine.instant.clock import Orders, Ride
from dispatch.engine.instant.mending import carried_over, filled, mended, relinked, total
from dispatch.engine.instant.sheet import Sheet
from dispatch.engine.instant.writing import written
from dispatch.engine.kernel.solving import search
from dispatch.problem import Plan, Problem

# Warm searches start cool: they improve the plan they are given rather than forget it.
_WARM_HEAT = (0.2, 0.02)
_COLD_HEAT = (4.0, 0.1)
# Where tasks are linked, rounds of kernel and clock; before each the links are placed anew.
_LINK_ROUNDS = 6
# What a repair searches at most: more hardly changes the plan, and somebody waits for it.
_REPAIR_S = 0.04
# Above this share of tasks to place, a plan is made anew rather than repaired.
_ANEW = 0.25
# Neighbours of a touched task around which a repair may ruin as well.
_AROUND = 12


def solve(
    problem: Problem,
    *,
    seconds: float,
    seed: int = 0,
    previous: Plan | None = None,
    rounds: int | None = None,
) -> Plan:
    """Plan a problem within about `seconds`, warm from the previous plan if there is one.

    Never worse than the previous plan, mended; what stays unassigned is for others to explain.
    rounds: end each search after so many, which makes it the same on every machine; the clock is
    still the limit.
    """
    began = perf_counter()
    sheet = Sheet(problem)
    orders, rides = started_from(sheet, previous)
    heat = _COLD_HEAT if previous is None else _WARM_HEAT
    turns = _LINK_ROUNDS if sheet.links else 1
    for turn in range(turns):
        left_s = (seconds - (perf_counter() - began)) / (turns - turn)
        if turn:
            orders, rides = relinked(sheet, orders, rides, seed + turn)
        orders, rides = improved(sheet, orders, rides, max(0.0, left_s), seed + turn, heat, rounds)
    return written(sheet, orders, rides, "kernel", perf_counter() - began)


def repair(
    problem: Problem,
    *,
    seconds: float,
    seed: int = 0,
    previous: Plan | None = None,
    rounds: int | None = None,
) -> Plan:
    """Fit a plan to a changed problem around what changed: its tasks, and those near them.

    Where no task is new or lost its place (a wish changed, a position drifted) it looks everywhere.

    Searches for a twentieth of a second or so, however long it may; where a quarter of the work or
    more has lost its place or is new it is `solve`. What the previous plan left out is neither.
    """
    began = perf_counter()
    sheet = Sheet(problem)
    orders, rides = started_from(sheet, previous)
    loose = set() if previous is None else _loose(sheet, orders, previous)
    if previous is None or len(loose) > _ANEW * len(problem.tasks):
        return solve(problem, seconds=seconds, seed=seed, previous=previous, rounds=rounds)
    seeds = _around(sheet, loose)
    orders, rides = improved(
        sheet, orders, rides, min(seconds, _REPAIR_S), seed, _WARM_HEAT, rounds, seeds=sorted(seeds)
    )
    return written(sheet, orders, rides, "repair", perf_counter() - began)


def started_from(sheet: Sheet, previous: Plan | None) -> tuple[Orders, list[Ride]]:
    """Return the previous plan as far as it still holds, the linked tasks placed first."""
    orders, rides = mended(sheet, carried_over(sheet, previous))
    placed = {task for order in orders for task in order}
    linked = sheet.linked - placed - sheet.begun.keys() - sheet.hopeless
    return filled(sheet, orders, rides, linked)


def improved(
    sheet: Sheet,
    orders: Orders,
    rides: list[Ride],
    seconds: float,
    seed: int,
    heat: tuple[float, float],
    rounds: int | None,
    *,
    seeds: Sequence[int] = (),
) -> tuple[Orders, list[Ride]]:
    """Search so long from orders that keep every rule; return better ones that do, or the same."""
    if not sheet.refusal or not sheet.crews:
        return orders, rides
    instance = adapted(sheet, orders, rides, seeds)
    routes = routes_of(sheet, orders)
    found = search(instance, seconds, seed=seed, routes=routes, heat=heat, rounds=rounds)
    better, timed = mended(sheet, orders_of(sheet, found.routes))
    placed = {task for order in better for task in order} | sheet.begun.keys()
    missing = [task for task in range(len(sheet.refusal)) if task not in placed]
    if not sheet.timed_rules:
        # The kernel counted as the clock does: what it left out fits nowhere.
        tried = set(found.left) - sheet.linked
        missing = [task for task in missing if task not in tried]
    missing = [task for task in missing if task not in sheet.hopeless]
    better, timed = filled(sheet, better, timed, missing)
    if total(sheet, better, timed) <= total(sheet, orders, rides):
        return better, timed
    return orders, rides


def _loose(sheet: Sheet, orders: Orders, previous: Plan) -> set[int]:
    """Return the tasks that lost their place or are new, those aside that nobody can do."""
    placed = {task for order in orders for task in order} | sheet.begun.keys()
    planned = {visit.task_id for route in previous.routes for visit in route.visits}
    left = {item.task_id for item in previous.unassigned}
    return {
        row
        for row, task in enumerate(sheet.problem.tasks)
        if task.id not in left and (row not in placed or task.id not in planned)
    } - sheet.hopeless


def _around(sheet: Sheet, core: set[int]) -> set[int]:
    """Return these tasks and those near one of them."""
    travel, n = sheet.problem.travel, len(sheet.refusal)
    around = {int(near) for task in core for near in travel[task, :n].argsort()[:_AROUND]}
    return (core | around) - sheet.begun.keys()
