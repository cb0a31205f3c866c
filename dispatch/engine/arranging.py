"""Time routes in a given order, feasible or not."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from dispatch.engine.timeline import Numbers, lay_out, numbers, plan_of, schedule
from dispatch.engine.timeline.numbers import window_starts
from dispatch.problem import Plan, Problem


def arranged(problem: Problem, orders: Mapping[UUID, Sequence[UUID]]) -> Plan:
    """Return the plan of these orders, each visit as early as can be.

    Started work opens its route whatever the order says; tasks the problem does not know are left
    out. A crew that may not have a task keeps its windows all the same. Orders that no plan can
    hold get the times of crews that break rules rather than stop.
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
    view = _tolerant(problem, view, routes)
    lines = schedule(view, routes)
    if lines is None:
        lines = tuple(lay_out(view, crew, tasks) for crew, tasks in enumerate(routes))
    return plan_of(problem, view, lines, "arranged", 0.0)


def _tolerant(problem: Problem, view: Numbers, routes: Sequence[Sequence[int]]) -> Numbers:
    """Let every crew start what it was given within the task's windows, entitled or not."""
    starts = list(view.starts)
    for crew, tasks in enumerate(routes):
        for task in tasks:
            if crew not in starts[task]:
                given = window_starts(problem, problem.tasks[task])
                starts[task] = {**starts[task], crew: given}
    return replace(view, starts=starts)
