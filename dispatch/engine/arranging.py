"""Time routes in a given order, feasible or not."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from dispatch.engine.timeline import lay_out, numbers, plan_of, schedule
from dispatch.problem import Plan, Problem


def arranged(problem: Problem, orders: Mapping[UUID, Sequence[UUID]]) -> Plan:
    """Return the plan of these orders, each visit as early as can be.

    Started work opens its route whatever the order says; tasks the problem does not know are left
    out. Orders that no plan can hold get the times of crews that break rules rather than stop.
    """
    view = numbers(problem)
    index = {task.id: i for i, task in enumerate(problem.tasks)}
    routes = [
        tuple(
            index[task_id]
            for task_id in orders.get(crew.id, ())
            if task_id in index and index[task_id] not in view.facts
        )
        for crew in problem.crews
    ]
    lines = schedule(view, routes)
    if lines is None:
        lines = tuple(lay_out(view, crew, tasks) for crew, tasks in enumerate(routes))
    return plan_of(problem, view, lines, "arranged", 0.0)
