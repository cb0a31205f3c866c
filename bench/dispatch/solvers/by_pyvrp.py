"""PyVRP on a case: penalties are prizes, a set of vehicles for a task a travel profile."""

from typing import Any

import numpy as np
import numpy.typing as npt
from pyvrp import Client, Depot, Location, ProblemData, VehicleType
from pyvrp import solve as iterate
from pyvrp.stop import MaxRuntime

from bench.dispatch.case import Case, Routes

_FORBIDDEN = 1 << 40


def solve(case: Case, seconds: float, seed: int) -> Routes:
    """Return PyVRP's routes, none of those that break a rule."""
    n, k = case.size
    places = len(case.travel)
    sets, profiles = np.unique(case.allowed.T, axis=0, return_inverse=True)
    profiles = profiles.reshape(-1)
    matrices = [_profile(case, allowed) for allowed in sets]
    durations: list[Any] = [case.travel.astype(np.int64)] * len(matrices)
    depots = sorted({int(place) for place in [*case.start, *case.end]})
    fleet: dict[tuple[int, ...], list[int]] = {}
    for vehicle in range(k):
        longest = int(case.longest[vehicle]) if case.longest is not None else 1 << 40
        kind = (
            depots.index(int(case.start[vehicle])),
            depots.index(int(case.end[vehicle])),
            int(case.depart[vehicle]),
            int(case.limit[vehicle]),
            int(case.capacity[vehicle]),
            longest,
            int(profiles[vehicle]),
        )
        fleet.setdefault(kind, []).append(vehicle)
    data = ProblemData(
        locations=[Location(0, 0) for _ in range(places)],
        clients=[_client(case, task) for task in range(n)],
        depots=[Depot(place) for place in depots],
        vehicle_types=[
            VehicleType(
                num_available=len(vehicles),
                capacity=[capacity],
                start_depot=start,
                end_depot=end,
                tw_early=early,
                tw_late=late,
                shift_duration=longest,
                profile=profile,
            )
            for (start, end, early, late, capacity, longest, profile), vehicles in fleet.items()
        ],
        distance_matrices=matrices,
        duration_matrices=durations,
    )
    best = iterate(data, MaxRuntime(seconds), seed=seed, collect_stats=False, display=False).best
    kinds = list(fleet.values())
    routes: Routes = [[] for _ in range(k)]
    taken = [0] * len(kinds)
    for route in best.routes() if best.is_feasible() else []:
        of_kind = route.vehicle_type()
        vehicle = kinds[of_kind][taken[of_kind]]
        taken[of_kind] += 1
        routes[vehicle] = [activity.idx for activity in route if activity.is_client()]
    return routes


def _profile(case: Case, allowed: npt.NDArray[np.bool_]) -> Any:
    travel = case.travel.astype(np.int64)
    travel[:, : len(allowed)][:, ~allowed] = _FORBIDDEN
    np.fill_diagonal(travel, 0)
    return travel


def _client(case: Case, task: int) -> Client:
    prize = 0 if case.penalty is None else int(case.penalty[task])
    return Client(
        task,
        delivery=[int(case.demand[task])],
        service_duration=int(case.service[task]),
        tw_early=int(case.opens[task]),
        tw_late=int(case.closes[task]),
        prize=prize,
        required=case.penalty is None,
    )
