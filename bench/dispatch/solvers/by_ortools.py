"""OR-Tools routing on a case, tuned as far as its documentation goes."""

from itertools import chain
from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from bench.dispatch.case import Case, Routes


def solve(case: Case, seconds: float, seed: int) -> Routes:  # noqa: ARG001 no seed to give
    """Return OR-Tools' routes: parallel cheapest insertion, then guided local search."""
    n, k = case.size
    manager = pywrapcp.RoutingIndexManager(
        len(case.travel), k, case.start.tolist(), case.end.tolist()
    )
    routing = pywrapcp.RoutingModel(manager)
    travel = case.travel.tolist()
    service = [*case.service.tolist(), *[0] * (len(travel) - n)]
    arc = routing.RegisterTransitMatrix(travel)
    routing.SetArcCostEvaluatorOfAllVehicles(arc)
    spent = routing.RegisterTransitMatrix(
        [[hop + stay for hop in row] for row, stay in zip(travel, service, strict=True)]
    )
    horizon = int(case.limit.max())
    routing.AddDimension(spent, horizon, horizon, False, "time")
    time = routing.GetDimensionOrDie("time")
    demand = [*case.demand.tolist(), *[0] * (len(travel) - n)]
    load = routing.RegisterUnaryTransitVector(demand)
    routing.AddDimensionWithVehicleCapacity(load, 0, case.capacity.tolist(), True, "load")
    for vehicle in range(k):
        first, last = routing.Start(vehicle), routing.End(vehicle)
        time.CumulVar(first).SetMin(int(case.depart[vehicle]))
        time.CumulVar(last).SetMax(int(case.limit[vehicle]))
        if case.longest is not None:
            time.SetSpanUpperBoundForVehicle(int(case.longest[vehicle]), vehicle)
    _add_tasks(case, manager, routing, time)
    parameters = _parameters(seconds)
    answer = routing.SolveWithParameters(parameters)
    return _routes(k, manager, routing, answer) if answer else [[] for _ in range(k)]


def _add_tasks(case: Case, manager: Any, routing: Any, time: Any) -> None:
    n, k = case.size
    refusal = case.refusal()
    for task in range(n):
        index = manager.NodeToIndex(task)
        time.CumulVar(index).SetRange(int(case.opens[task]), int(case.closes[task]))
        if not case.allowed[task].all():
            allowed = case.allowed[task].nonzero()[0].tolist()
            routing.VehicleVar(index).SetValues([-1, *allowed])
        if case.penalty is not None or not case.allowed[task].any():
            routing.AddDisjunction([index], int(refusal[task]))
    starts_and_ends = set(chain(case.start.tolist(), case.end.tolist()))
    assert starts_and_ends.isdisjoint(range(n)), k


def _parameters(seconds: float) -> Any:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    enums = routing_enums_pb2
    parameters.first_solution_strategy = enums.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = enums.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.use_multi_armed_bandit_concatenate_operators = True
    parameters.time_limit.FromMilliseconds(int(seconds * 1000))
    return parameters


def _routes(k: int, manager: Any, routing: Any, answer: Any) -> Routes:
    routes: Routes = []
    for vehicle in range(k):
        route, index = [], answer.Value(routing.NextVar(routing.Start(vehicle)))
        while not routing.IsEnd(index):
            route.append(manager.IndexToNode(index))
            index = answer.Value(routing.NextVar(index))
        routes.append(route)
    return routes
