"""Time and count routes of a case anew, in plain Python: no solver is asked if it was right."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from bench.dispatch.case import Case, Routes

# Doubles of the literature against whole units that were rounded up.
_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Verdict:
    """cost: travel and penalties in the literature's units; faults: what is broken, in words."""

    cost: float
    left: int
    faults: tuple[str, ...]


def judge(case: Case, routes: Routes) -> Verdict:
    """Return what the routes cost and every rule they break."""
    n, k = case.size
    faults = [] if len(routes) == k else [f"{len(routes)} routes for {k} vehicles"]
    visits = Counter(task for route in routes for task in route)
    faults += [f"task {task} visited {count} times" for task, count in visits.items() if count > 1]
    faults += [f"task {task} unknown" for task in visits if not 0 <= task < n]
    if faults:
        return Verdict(float("inf"), n, tuple(faults))
    cost = 0.0
    for vehicle, route in enumerate(routes):
        if route:
            cost += _travel(case, vehicle, route)
            faults += _faults(case, vehicle, route)
    left = [task for task in range(n) if task not in visits]
    if case.penalty is None:
        faults += [f"task {task} left out" for task in left]
    else:
        cost += sum(int(case.penalty[task]) for task in left) / case.scale
    return Verdict(cost, len(left), tuple(faults))


def _travel(case: Case, vehicle: int, route: list[int]) -> float:
    places = [int(case.start[vehicle]), *route, int(case.end[vehicle])]
    return float(sum(case.exact[i, j] for i, j in pairwise(places)))


def _faults(case: Case, vehicle: int, route: list[int]) -> list[str]:
    faults = [
        f"task {task} not for vehicle {vehicle}"
        for task in route
        if not case.allowed[task, vehicle]
    ]
    load = sum(int(case.demand[task]) for task in route)
    if load > case.capacity[vehicle]:
        faults.append(f"vehicle {vehicle} carries {load} of {case.capacity[vehicle]}")
    unit = 1 / case.scale
    place, free = int(case.start[vehicle]), case.depart[vehicle] * unit
    for task in route:
        start = max(free + case.exact[place, task], case.opens[task] * unit)
        if start > case.closes[task] * unit + _TOLERANCE:
            faults.append(f"task {task} starts at {start}, after {case.closes[task] * unit}")
        place, free = task, start + case.service[task] * unit
    back = free + case.exact[place, case.end[vehicle]]
    if back > case.limit[vehicle] * unit + _TOLERANCE:
        faults.append(f"vehicle {vehicle} is back at {back}, after {case.limit[vehicle] * unit}")
    if case.longest is not None and not faults:
        out = back - _latest_departure(case, vehicle, route, back)
        if out > case.longest[vehicle] * unit + _TOLERANCE:
            faults.append(f"vehicle {vehicle} is out {out}, above {case.longest[vehicle] * unit}")
    return faults


def _latest_departure(case: Case, vehicle: int, route: list[int], back: float) -> float:
    """Return the latest departure that is not back later; leaving later still gains nothing."""
    unit = 1 / case.scale
    place, at = int(case.end[vehicle]), back
    for task in reversed(route):
        at = min(case.closes[task] * unit, at - case.exact[task, place] - case.service[task] * unit)
        place = task
    return float(at - case.exact[case.start[vehicle], place])
