"""Solve a problem with OR-Tools routing, from a plan that already holds to one that costs less.

The one idea: the model is never asked to find a first plan. The previous plan is repaired, what is
missing is inserted greedily, and the search starts from there; so there is an answer however small
the budget is, and promised work can never make the model infeasible. What comes back is timed
anew by our own timelines; what the model does not hold exactly is repaired or left out there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from weakref import proxy

from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from ortools.util import optional_boolean_pb2

from dispatch.engine.explanation import explained
from dispatch.engine.routing.model import RoutingModel, in_play
from dispatch.engine.timeline import (
    Numbers,
    Schedule,
    filled,
    fitted,
    insertions,
    lay_out,
    numbers,
    plan_of,
    repaired,
    schedule,
    schedule_cost,
)
from dispatch.problem import Plan, Problem

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
    lines = filled(view, repaired(problem, view, previous))
    name = "insertion"
    possible = in_play(view, _possible(view))
    if possible or any(view.promised):
        left_s = max(0.05, seconds - (monotonic() - began))
        found = _improved(view, possible, lines, left_s, seed)
        if found is not None and schedule_cost(view, found) <= schedule_cost(view, lines):
            lines, name = found, "or-tools"
    return explained(problem, plan_of(problem, view, lines, name, monotonic() - began))


def accepts(problem: Problem, routes: Sequence[tuple[int, ...]]) -> bool:
    """Say whether the OR-Tools model takes these routes (task indices, one sequence a crew)."""
    view = numbers(problem)
    if not any(routes):
        return True
    possible = in_play(view, _possible(view))
    for crew, tasks in enumerate(routes):
        for task in tasks:
            if task not in view.holder and crew not in possible.get(task, ()):
                return False
    model = RoutingModel(view, possible, seed=0)
    model.routing.CloseModelWithParameters(_parameters(1.0))
    return model.routing.ReadAssignmentFromRoutes(model.indices(routes), True) is not None


def _possible(view: Numbers) -> dict[int, list[int]]:
    """Return, for each movable task, the crews that could do it were their day still free."""
    alone = [lay_out(view, crew, tasks) for crew, tasks in enumerate(view.promised)]
    return {
        task: [c for c in sorted(view.starts[task]) if insertions(view, alone[c], task)]
        for task in view.movable
    }


def _improved(
    view: Numbers, possible: dict[int, list[int]], lines: Schedule, seconds: float, seed: int
) -> Schedule | None:
    """Search from these timelines; None when OR-Tools has nothing to say in time."""
    if any(t not in possible and t not in view.holder for line in lines for t in line.tasks):
        return None  # roads on which a detour is shorter: too odd to improve
    model = RoutingModel(view, possible, seed)
    routing, size = model.routing, len(model.tasks)
    # A proxy: the model keeps its callbacks, and one that held the model would keep it for good.
    routing.AddAtSolutionCallback(_Patience(proxy(routing), PATIENCE * size))
    routing.AddSearchMonitor(routing.solver().FailuresLimit(_FAILURES * size))
    parameters = _parameters(seconds)
    # Before reading the start: the model must be closed for an assignment to be checked.
    routing.CloseModelWithParameters(parameters)
    start = routing.ReadAssignmentFromRoutes(model.indices([line.tasks for line in lines]), True)
    if start is None:
        return None
    solution = routing.SolveFromAssignmentWithParameters(start, parameters)
    if solution is None:
        return None
    routes = model.routes(solution, [line.tasks for line in lines])
    return filled(view, schedule(view, routes) or fitted(view, routes))


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
