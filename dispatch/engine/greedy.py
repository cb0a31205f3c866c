"""The baseline: every task where it costs least, the dearest to leave out first, no search."""

from time import perf_counter

from dispatch.engine.instant.mending import filled
from dispatch.engine.instant.sheet import Sheet
from dispatch.engine.instant.solving import started_from
from dispatch.engine.instant.writing import written
from dispatch.problem import Plan, Problem


def solve(
    problem: Problem,
    *,
    seconds: float,  # noqa: ARG001 it takes what it takes, milliseconds a task
    seed: int = 0,  # noqa: ARG001 there is no chance in it
    previous: Plan | None = None,
) -> Plan:
    """Plan by insertion alone, from the previous plan if there is one."""
    began = perf_counter()
    sheet = Sheet(problem)
    orders, rides = started_from(sheet, previous)
    placed = {task for order in orders for task in order} | sheet.begun.keys()
    missing = [task for task in range(len(problem.tasks)) if task not in placed]
    orders, rides = filled(sheet, orders, rides, missing)
    return written(sheet, orders, rides, "greedy", perf_counter() - began)
