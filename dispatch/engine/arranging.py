"""Time routes in a given order, feasible or not."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from dispatch.engine.timeline import Numbers, lay_out, numbers
from dispatch.problem import PENALTY_S, Plan, Problem, Route, Unassigned, Visit


def arranged(problem: Problem, orders: Mapping[UUID, Sequence[UUID]]) -> Plan:
    """Return the plan of these orders, each visit as early as can be.

    Started work opens its route whatever the order says; tasks the problem does not know are left
    out.
    """
    view = numbers(problem)
    index = {task.id: i for i, task in enumerate(problem.tasks)}
    routes, placed, travel_s, tax_s = [], set[int](), 0, 0
    for c, crew in enumerate(problem.crews):
        found = (index.get(task_id) for task_id in orders.get(crew.id, ()))
        tasks = tuple(t for t in found if t is not None and t not in view.started)
        placed.update(tasks)
        routes.append(_route(problem, view, c, tasks))
        travel_s += lay_out(view, c, tasks).travel_s
        befores = (problem.tasks[t].previous_crew for t in tasks)
        tax_s += problem.move_tax_s * sum(before not in (None, crew.id) for before in befores)
    left = [problem.tasks[t] for t in range(len(problem.tasks)) if t not in placed | view.started]
    cost = travel_s + tax_s + sum(PENALTY_S[task.priority] for task in left)
    return Plan(tuple(routes), tuple(Unassigned(t.id, ()) for t in left), cost, "arranged", 0.0)


def _route(problem: Problem, view: Numbers, c: int, tasks: tuple[int, ...]) -> Route:
    crew, timeline = problem.crews[c], lay_out(view, c, tasks)
    visits = [
        Visit(fact.task_id, fact.started_at, fact.started_at, fact.end_at, 0)
        for fact in crew.locked
        if fact.started_at and fact.end_at and fact.state == "started"
    ]
    place = view.start[c]
    for task, arrival_s, start_s in zip(tasks, timeline.arrival_s, timeline.start_s, strict=True):
        arrival_at = problem.now + timedelta(seconds=arrival_s)
        start_at = problem.now + timedelta(seconds=start_s)
        end_at = start_at + timedelta(seconds=view.duration_s[task])
        travel_s = view.travel[place][task]
        visits.append(Visit(problem.tasks[task].id, arrival_at, start_at, end_at, travel_s))
        place = task
    return Route(crew.id, crew.start.source, tuple(visits))
