"""Solve a problem with OR-Tools routing, from a plan that already holds to one that costs less.

The one idea: the model is never asked to find a first plan. The previous plan is repaired, what is
missing is inserted greedily, and the search starts from there; so there is an answer however small
the budget is, and mandatory work (accepted tasks) can never make the model infeasible.

OR-Tools holds the GIL for the whole search: call this in a process of `dispatch.engine.pool`, never
in the loop's.
"""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from math import ceil
from random import Random
from time import monotonic

from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from ortools.util import optional_boolean_pb2

from dispatch.engine.explanation import explained
from dispatch.engine.timeline import (
    Numbers,
    Timeline,
    best_insertion,
    inserted,
    lay_out,
    numbers,
    repaired,
)
from dispatch.problem import Plan, Problem, Route, Unassigned, Visit

# The search stops after this many solutions in a row, by task in play, that are no new best.
# Counting solutions and not seconds is what makes a small problem quick and a seed repeatable.
PATIENCE = 30
# Where no move exists (one crew, one task) guided local search spins, with no solution to count;
# it fails 1,000 times a millisecond then, and about three times a solution otherwise.
_FAILURES = 2000
_SLOWEST_OPERATORS = (
    "use_lin_kernighan",
    "use_exchange_pair",
    "use_relocate_pair",
    "use_light_relocate_pair",
    "use_relocate_subtrip",
    "use_exchange_subtrip",
    "use_relocate_expensive_chain",
    "use_make_chain_inactive",
    "use_swap_active_chain",
    "use_global_cheapest_insertion_path_lns",
    "use_local_cheapest_insertion_path_lns",
    "use_relocate_path_global_cheapest_insertion_insert_unperformed",
    "use_global_cheapest_insertion_visit_types_lns",
    "use_local_cheapest_insertion_visit_types_lns",
)


def solve(problem: Problem, *, seconds: float, seed: int = 0, previous: Plan | None = None) -> Plan:
    """Plan a problem, warm from the previous plan, within about `seconds`.

    The budget counts from the call and is met but for the explanation of what stays unassigned
    (milliseconds a task). Never worse than the repaired previous plan. The same problem, previous
    plan and seed give the same plan as long as the search ends by patience; a search cut by the
    clock depends on the machine.
    """
    began = monotonic()
    view = numbers(problem)
    timelines = repaired(problem, view, previous)
    possible = _possible(problem, view)
    timelines = _filled(problem, view, timelines, possible)
    name = "insertion"
    if any(possible.values()) or any(view.accepted):
        left_s = max(0.05, seconds - (monotonic() - began))
        found = _Model(problem, view, possible, seed).improve(timelines, left_s)
        if found is not None and _cost(problem, view, found) <= _cost(problem, view, timelines):
            timelines, name = _filled(problem, view, found, possible), "or-tools"
    return explained(problem, _plan(problem, view, timelines, name, monotonic() - began))


def _possible(problem: Problem, view: Numbers) -> dict[int, list[int]]:
    """Return, for each movable task, the crews that could do it were their day still free."""
    alone = [lay_out(view, crew, view.accepted[crew]) for crew in range(len(problem.crews))]
    return {
        task: [c for c in sorted(view.allowed[task]) if best_insertion(view, alone[c], task)]
        for task in view.movable
    }


def _filled(
    problem: Problem, view: Numbers, timelines: list[Timeline], possible: dict[int, list[int]]
) -> list[Timeline]:
    """Insert what is missing where it costs least: most urgent first, then fewest crews."""
    timelines = list(timelines)
    placed = {task for timeline in timelines for task in timeline.tasks}
    missing = sorted(
        (task for task in possible if task not in placed),
        key=lambda t: (problem.tasks[t].priority, len(possible[t]), view.close_s[t], t),
    )
    for task in missing:
        places = [
            (place.added_travel_s + _tax(problem, task, crew), place.start_s, crew, place.position)
            for crew in possible[task]
            if (place := best_insertion(view, timelines[crew], task))
        ]
        if places:
            _, _, crew, position = min(places)
            timelines[crew] = inserted(view, timelines[crew], task, position)
    return timelines


def _tax(problem: Problem, task: int, crew: int) -> int:
    moved = problem.tasks[task].previous_crew not in (None, problem.crews[crew].id)
    return problem.move_tax_s if moved else 0


def _cost(problem: Problem, view: Numbers, timelines: list[Timeline]) -> int:
    placed = {task for timeline in timelines for task in timeline.tasks}
    weights = problem.weights
    return (
        sum(timeline.travel_s for timeline in timelines)
        + sum(_tax(problem, task, line.crew) for line in timelines for task in line.tasks)
        + sum(weights.left_out_s(problem.tasks[t]) for t in view.movable if t not in placed)
        + sum(_hours(problem, view, timeline) for timeline in timelines) // 1000
    )


def _hours(problem: Problem, view: Numbers, timeline: Timeline) -> int:
    """Return what delays and overtime cost, in thousandths of a second."""
    if not timeline.tasks:
        return 0
    weights, last = problem.weights, timeline.tasks[-1]
    delay_s = sum(
        start - view.open_s[task]
        for task, start in zip(timeline.tasks, timeline.start_s, strict=True)
    )
    end = view.end[timeline.crew]
    back = 0 if end is None else view.travel[last][end]
    over_s = timeline.start_s[-1] + view.duration_s[last] + back
    shift_s = ceil((problem.crews[timeline.crew].shift_end - problem.now).total_seconds())
    return weights.sooner_permille * delay_s + weights.overtime_permille * max(0, over_s - shift_s)


def _plan(
    problem: Problem, view: Numbers, timelines: list[Timeline], solver: str, seconds: float
) -> Plan:
    placed = {task for timeline in timelines for task in timeline.tasks}
    return Plan(
        tuple(_route(problem, view, timeline) for timeline in timelines),
        tuple(Unassigned(problem.tasks[t].id, ()) for t in view.movable if t not in placed),
        _cost(problem, view, timelines),
        solver,
        seconds,
    )


def _route(problem: Problem, view: Numbers, timeline: Timeline) -> Route:
    crew = problem.crews[timeline.crew]
    visits = [
        Visit(fact.task_id, fact.started_at, fact.started_at, fact.end_at, 0)
        for fact in crew.locked
        if fact.started_at and fact.end_at and fact.state == "started"
    ]
    place = view.start[timeline.crew]
    for i, task in enumerate(timeline.tasks):
        arrival, start = timeline.arrival_s[i], timeline.start_s[i]
        visits.append(
            Visit(
                problem.tasks[task].id,
                problem.now + timedelta(seconds=arrival),
                problem.now + timedelta(seconds=start),
                problem.now + timedelta(seconds=start + view.duration_s[task]),
                view.travel[place][task],
            )
        )
        place = task
    return Route(crew.id, crew.start.source, tuple(visits))


@dataclass(slots=True)
class _Patience:
    """Ends a search that no longer improves; called by OR-Tools at each of its solutions."""

    routing: pywrapcp.RoutingModel
    limit: int
    best: float = float("inf")
    idle: int = 0

    def __call__(self) -> None:
        cost = self.routing.CostVar().Max()
        self.idle = 0 if cost < self.best else self.idle + 1
        self.best = min(self.best, cost)
        if self.idle >= self.limit:
            self.routing.solver().FinishCurrentSearch()


class _Model:
    """The OR-Tools model of one problem, used once.

    Nodes are the tasks in play, then a start and an end for each crew in play; a crew that can do
    nothing is left out, since its empty route could be infeasible (free after its shift).
    """

    def __init__(
        self, problem: Problem, view: Numbers, possible: dict[int, list[int]], seed: int
    ) -> None:
        self.problem, self.view = problem, view
        useful = {c for crews in possible.values() for c in crews}
        self.crews = [c for c in range(len(problem.crews)) if c in useful or view.accepted[c]]
        # A task that nobody can do never enters: an empty domain means "everybody" to OR-Tools.
        self.possible = {task: crews for task, crews in possible.items() if crews}
        self.tasks = [*self.possible, *(t for crew in self.crews for t in view.accepted[crew])]
        if seed:
            # Guided local search draws nothing at random: a seed can only vary the nodes' order.
            Random(seed).shuffle(self.tasks)  # noqa: S311 no secret
        self.node = {task: i for i, task in enumerate(self.tasks)}
        self.vehicle = {crew: v for v, crew in enumerate(self.crews)}
        n, k = len(self.tasks), len(self.crews)
        self.manager = pywrapcp.RoutingIndexManager(
            n + 2 * k, k, list(range(n, n + k)), list(range(n + k, n + 2 * k))
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self._add_travel()
        self._add_tasks()
        self._add_promises()
        self._add_move_tax()

    def improve(self, timelines: list[Timeline], seconds: float) -> list[Timeline] | None:
        """Search from these timelines; None when OR-Tools has nothing to say in time."""
        solver, size = self.routing.solver(), len(self.tasks)
        self.routing.AddAtSolutionCallback(_Patience(self.routing, PATIENCE * size))
        self.routing.AddSearchMonitor(solver.FailuresLimit(_FAILURES * size))
        parameters = _parameters(seconds)
        # Before reading the start: the model must be closed for an assignment to be checked.
        self.routing.CloseModelWithParameters(parameters)
        routes = [[self._index(task) for task in timelines[crew].tasks] for crew in self.crews]
        start = self.routing.ReadAssignmentFromRoutes(routes, True)
        if start is None:
            return None
        solution = self.routing.SolveFromAssignmentWithParameters(start, parameters)
        return None if solution is None else self._timelines(timelines, solution)

    def _timelines(
        self, timelines: list[Timeline], solution: pywrapcp.Assignment
    ) -> list[Timeline] | None:
        result = list(timelines)
        for vehicle, crew in enumerate(self.crews):
            tasks, index = [], self.routing.Start(vehicle)
            while not self.routing.IsEnd(index := solution.Value(self.routing.NextVar(index))):
                tasks.append(self.tasks[self.manager.IndexToNode(index)])
            result[crew] = lay_out(self.view, crew, tuple(tasks))
        return result if all(timeline.feasible() for timeline in result) else None

    def _index(self, task: int) -> int:
        return int(self.manager.NodeToIndex(self.node[task]))

    def _add_travel(self) -> None:
        travel, durations = self._matrices()
        drive = self.routing.RegisterTransitMatrix(travel)
        self.routing.SetArcCostEvaluatorOfAllVehicles(drive)
        passing = self.routing.RegisterTransitMatrix(
            [[cell + durations[i] for cell in row] for i, row in enumerate(travel)]
        )
        view = self.view
        horizon = max(
            0, *(view.limit_s[c] for c in self.crews), *(view.close_s[t] for t in self.tasks)
        )
        self.routing.AddDimension(passing, horizon, horizon, False, "time")
        self.time = self.routing.GetDimensionOrDie("time")
        for vehicle, crew in enumerate(self.crews):
            self.time.CumulVar(self.routing.Start(vehicle)).SetValue(view.depart_s[crew])
            self.time.CumulVar(self.routing.End(vehicle)).SetMax(view.limit_s[crew])

    def _matrices(self) -> tuple[list[list[int]], list[int]]:
        starts = [self.view.start[crew] for crew in self.crews]
        ends = [self.view.end[crew] for crew in self.crews]
        durations = [self.view.duration_s[task] for task in self.tasks] + [0] * (2 * len(starts))
        # A crew's own start stands in for an end that does not exist; its column costs nothing.
        targets = [*self.tasks, *starts, *ends]
        origins = [*self.tasks, *starts, *starts]
        travel = self.view.travel
        return [
            [0 if target is None else travel[origin][target] for target in targets]
            for origin in origins
        ], durations

    def _add_tasks(self) -> None:
        for task in self.tasks:
            index = self._index(task)
            self.time.CumulVar(index).SetRange(self.view.open_s[task], self.view.close_s[task])
            if task in self.possible:
                self.routing.AddDisjunction([index], self._penalty_s(task))
                # SetAllowedVehiclesForIndex raises TypeError in the 9.15 wheel; -1 is "nobody".
                vehicles = [self.vehicle[crew] for crew in self.possible[task]]
                self.routing.VehicleVar(index).SetValues([-1, *vehicles])

    def _penalty_s(self, task: int) -> int:
        """Return what leaving the task out costs in the model.

        Whoever takes a task from a crew that is not in play moves it. Such a tax cannot be in the
        dimension of moves, where a node that no vehicle passes for nothing cannot be left out
        (google/or-tools#5283); so leaving it out is that much cheaper, which is the same.
        """
        subject = self.problem.tasks[task]
        penalty_s = self.problem.weights.left_out_s(subject)
        if subject.previous_crew is None or self._home(task) is not None:
            return penalty_s
        return penalty_s - self.problem.move_tax_s

    def _add_promises(self) -> None:
        if not any(self.view.accepted):
            return
        one = self.routing.RegisterUnaryTransitVector([1] * self.manager.GetNumberOfNodes())
        self.routing.AddDimension(one, 0, len(self.tasks) + 1, True, "rank")
        rank = self.routing.GetDimensionOrDie("rank")
        for crew in self.crews:
            promised = [self._index(task) for task in self.view.accepted[crew]]
            for index in promised:
                self.routing.VehicleVar(index).SetValue(self.vehicle[crew])
            for first, then in pairwise(promised):
                self.routing.solver().Add(rank.CumulVar(first) + 1 <= rank.CumulVar(then))

    def _add_move_tax(self) -> None:
        """Count the moved tasks of each crew in a dimension, and charge its span."""
        home = [self._home(task) for task in self.tasks]
        if not self.problem.move_tax_s or all(vehicle is None for vehicle in home):
            return
        others = [0] * (2 * len(self.crews))
        moved = [
            self.routing.RegisterUnaryTransitVector(
                [int(before not in (None, vehicle)) for before in home] + others
            )
            for vehicle in range(len(self.crews))
        ]
        self.routing.AddDimensionWithVehicleTransits(moved, 0, len(self.tasks), True, "moved")
        dimension = self.routing.GetDimensionOrDie("moved")
        dimension.SetSpanCostCoefficientForAllVehicles(self.problem.move_tax_s)

    def _home(self, task: int) -> int | None:
        """Return the vehicle that had the task, None where it had none or one not in play."""
        before = self.problem.tasks[task].previous_crew
        return next(
            (v for v, c in enumerate(self.crews) if self.problem.crews[c].id == before), None
        )


def _parameters(seconds: float) -> object:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.local_search_metaheuristic = metaheuristic
    parameters.use_multi_armed_bandit_concatenate_operators = True
    parameters.time_limit.FromMilliseconds(round(seconds * 1000))
    # Operators for pickups, whole paths and long chains: 13 % worse at equal time when on.
    for name in _SLOWEST_OPERATORS:
        setattr(parameters.local_search_operators, name, optional_boolean_pb2.BOOL_FALSE)
    return parameters
