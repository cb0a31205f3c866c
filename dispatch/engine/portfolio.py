"""All solvers behind one question, and the checker that decides which answer counts.

The kernel answers first. OR-Tools, which models the rules on its own, goes on from the best plan so
far when there is time for it, and answers where the kernel's plan is refused; the greedy baseline
is the last resort. Whatever comes back has been checked by code that none of them shares.
"""

from dataclasses import replace
from time import perf_counter
from typing import Protocol

import structlog

from dispatch.checker import violations
from dispatch.engine import greedy, routing
from dispatch.engine.explanation import why_unassigned
from dispatch.engine.instant import solving as instant
from dispatch.problem import Plan, Problem
from fieldops.errors import BadInput, FieldopsError, Unavailable
from fieldops.log import trace_of

log = structlog.get_logger()


class Solver(Protocol):
    """What every solver is: a plan from a problem within about so many seconds."""

    def __call__(
        self, problem: Problem, *, seconds: float, seed: int = 0, previous: Plan | None = None
    ) -> Plan: ...


# Below it OR-Tools has barely built its model (50 crews, 500 tasks) when time is up.
_RELAY_S = 3.0
_KERNEL_SHARE = 0.7
# Part of the grace that `pool` gives a solve above its seconds.
_EXPLAINING_S = 1.0


def solve(problem: Problem, *, seconds: float, seed: int = 0, previous: Plan | None = None) -> Plan:
    """Return the cheapest plan the checker lets pass, explained.

    Raises:
        BadInput: no solver takes the problem. Unavailable: the checker refused every plan.
    """
    best = raced(problem, seconds=seconds, seed=seed, previous=previous)
    return _told(problem, best, _EXPLAINING_S)


def repair(
    problem: Problem, *, seconds: float, seed: int = 0, previous: Plan | None = None
) -> Plan:
    """Return the plan mended around what changed, or what `solve` finds where that is refused.

    What is left out has no reasons yet.
    """
    plan, _ = _checked(instant.repair, problem, seconds, seed, previous)
    return plan or raced(problem, seconds=seconds, seed=seed, previous=previous)


def explain(
    problem: Problem,
    *,
    seconds: float,
    seed: int = 0,  # noqa: ARG001 there is no chance in it
    previous: Plan | None = None,
) -> Plan:
    """Return the plan as it is, with the reasons of what it leaves out.

    Raises:
        BadInput: there is no plan to explain.
    """
    if previous is None:
        raise BadInput("a plan to explain is missing")
    return _told(problem, previous, seconds)


def alone(solver: Solver) -> Solver:
    """Return one solver by itself, checked and explained as the others are."""

    def solve_alone(
        problem: Problem, *, seconds: float, seed: int = 0, previous: Plan | None = None
    ) -> Plan:
        plan, error = _checked(solver, problem, seconds, seed, previous)
        if plan is None:
            raise error or Unavailable("no plan")
        return _told(problem, plan, _EXPLAINING_S)

    return solve_alone


def raced(
    problem: Problem,
    *,
    seconds: float,
    seed: int = 0,
    previous: Plan | None = None,
    first: Solver = instant.solve,
) -> Plan:
    """Return the cheapest plan the checker lets pass; `first` is asked before OR-Tools is.

    Raises:
        BadInput, Unavailable: as `solve`.
    """
    began = perf_counter()
    relay = seconds >= _RELAY_S
    share = _KERNEL_SHARE if relay else 1.0
    best, error = _checked(first, problem, seconds * share, seed, previous)
    if relay or best is None:
        left_s = max(0.2, seconds - (perf_counter() - began))
        other, other_error = _checked(routing.solve, problem, left_s, seed, best or previous)
        error = error or other_error
        if other is not None and (best is None or other.cost < best.cost):
            best = other
    if best is None:
        best, _ = _checked(greedy.solve, problem, 0.0, seed, previous)
    if best is None:
        raise error or Unavailable("no solver made a plan")
    return best


def _told(problem: Problem, plan: Plan, limit_s: float) -> Plan:
    """Return the plan with the reasons of what it leaves out, the most urgent first.

    No more than time allows: of a hundred tasks left out the last have none.
    """
    left = {item.task_id: item for item in plan.unassigned}
    untold = [task for task in problem.tasks if task.id in left and not left[task.id].reasons]
    untold.sort(key=lambda task: task.priority)
    left |= why_unassigned(problem, plan, untold, limit_s)
    return replace(plan, unassigned=tuple(left.values()))


def _checked(
    solver: Solver, problem: Problem, seconds: float, seed: int, previous: Plan | None
) -> tuple[Plan | None, FieldopsError | None]:
    """Return a solver's plan if it keeps every rule, and what was wrong with it if not."""
    try:
        plan = solver(problem, seconds=seconds, seed=seed, previous=previous)
        found = violations(problem, plan)
    except FieldopsError as error:
        return None, error
    except Exception as error:  # noqa: BLE001 a bug in one solver: the next may know better
        name = getattr(solver, "__module__", type(solver).__name__)
        log.error("solver.failed", solver=name, error=type(error).__name__, trace=trace_of(error))
        return None, Unavailable(f"{name} failed: {type(error).__name__}")
    if found:
        log.error("solver.refused", solver=plan.solver, rules=sorted({v.rule.value for v in found}))
        return None, Unavailable(f"the checker refused {plan.solver}'s plan: {found[0].rule.value}")
    return plan, None


# What a worker may be asked for, by name.
WAYS: dict[str, Solver] = {
    "portfolio": solve,
    "repair": repair,
    "explain": explain,
    "kernel": alone(instant.solve),
    "or-tools": alone(routing.solve),
    "greedy": alone(greedy.solve),
}
