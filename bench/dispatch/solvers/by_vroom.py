"""VROOM on a case; it knows no longest time out, and takes penalties as an order of priorities."""

from datetime import timedelta

import numpy as np
import vroom

from bench.dispatch.case import Case, Routes

_PRIORITIES = 100


def solve(case: Case, seconds: float, seed: int) -> Routes:  # noqa: ARG001 VROOM takes no seed
    """Return VROOM's routes, exploration level 5, one thread."""
    n, k = case.size
    problem = vroom.Input()
    problem.set_durations_matrix("car", case.travel.astype(np.uint32))
    sets, kinds = np.unique(case.allowed, axis=0, return_inverse=True)
    kinds = kinds.reshape(-1)
    for vehicle in range(k):
        problem.add_vehicle(
            vroom.Vehicle(
                vehicle + 1,
                start=int(case.start[vehicle]),
                end=int(case.end[vehicle]),
                capacity=[int(case.capacity[vehicle])],
                skills={kind for kind in range(len(sets)) if sets[kind, vehicle]},
                time_window=vroom.TimeWindow(int(case.depart[vehicle]), int(case.limit[vehicle])),
            )
        )
    ranks = np.unique(case.refusal(), return_inverse=True)[1].reshape(-1)
    for task in range(n):
        problem.add_job(
            vroom.Job(
                task + 1,
                location=task,
                default_service=int(case.service[task]),
                delivery=[int(case.demand[task])],
                skills={int(kinds[task])},
                priority=min(_PRIORITIES, 1 + 10 * int(ranks[task])),
                time_windows=[vroom.TimeWindow(int(case.opens[task]), int(case.closes[task]))],
            )
        )
    answer = problem.solve(
        exploration_level=5, nb_threads=1, timeout=timedelta(seconds=seconds)
    ).to_dict()
    routes: Routes = [[] for _ in range(k)]
    for route in answer["routes"]:
        routes[route["vehicle"] - 1] = [
            step["id"] - 1 for step in route["steps"] if step["type"] == "job"
        ]
    return routes
