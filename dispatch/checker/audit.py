"""Every rule, one after the other; first of all whether the plan speaks of this problem."""

from collections import Counter
from collections.abc import Iterator

from dispatch.checker.cost import counted_cost
from dispatch.checker.links import link_violations
from dispatch.checker.roads import Roads
from dispatch.checker.times import time_violations
from dispatch.checker.titles import title_violations
from dispatch.checker.verdicts import Rule, Violation
from dispatch.problem import Crew, Plan, Problem, Route


def violations(problem: Problem, plan: Plan) -> tuple[Violation, ...]:
    """Return every rule the plan breaks, empty for a plan that may be published."""
    found = [*_routes(problem, plan), *_coverage(problem, plan)]
    if found:
        return tuple(found)
    roads = Roads(problem)
    for number, route in enumerate(plan.routes):
        crew = problem.crews[number]
        found += _locked(crew, route)
        found += _order_given(roads, crew, route)
        found += title_violations(roads, crew, route)
        found += time_violations(roads, number, route)
        found += _capacity(roads, crew, route)
    found += link_violations(problem, plan)
    if not found and (true_cost := counted_cost(problem, plan)) != plan.cost:
        found.append(Violation(Rule.COST, None, None, f"{plan.cost} stated, {true_cost} counted"))
    return tuple(found)


def _routes(problem: Problem, plan: Plan) -> Iterator[Violation]:
    stated = [(route.crew_id, route.start_source) for route in plan.routes]
    if stated != [(crew.id, crew.start.source) for crew in problem.crews]:
        yield Violation(Rule.ROUTES, None, None, "not one route a crew, in order, with its start")


def _coverage(problem: Problem, plan: Plan) -> Iterator[Violation]:
    seen = Counter(visit.task_id for route in plan.routes for visit in route.visits)
    seen.update(item.task_id for item in plan.unassigned)
    known = {task.id for task in problem.tasks}
    for task_id in known | set(seen):
        if task_id not in known:
            yield Violation(Rule.COVERAGE, None, task_id, "unknown task")
        elif seen[task_id] != 1:
            yield Violation(Rule.COVERAGE, None, task_id, f"appears {seen[task_id]} times")


def _locked(crew: Crew, route: Route) -> Iterator[Violation]:
    started = [visit for visit in crew.locked if visit.state == "started"]
    for visit, fact in zip(route.visits, started, strict=False):
        times = (visit.start_at, visit.end_at)
        if visit.task_id != fact.task_id or times != (fact.started_at, fact.end_at):
            yield Violation(Rule.LOCKED, crew.id, fact.task_id, "started work was moved")
    mine = [visit.task_id for visit in crew.locked]
    planned = [visit.task_id for visit in route.visits if visit.task_id in mine]
    if planned != mine:
        yield Violation(Rule.LOCKED, crew.id, None, f"{planned} planned, {mine} promised")
    frozen = {visit.task_id for visit in crew.locked if visit.state == "frozen"}
    order = [visit.task_id for visit in route.visits]
    last = max((order.index(id_) for id_ in frozen if id_ in order), default=-1)
    for task_id in order[: max(0, last)]:
        if task_id not in mine:
            yield Violation(Rule.LOCKED, crew.id, task_id, "comes before frozen work")


def _order_given(roads: Roads, crew: Crew, route: Route) -> Iterator[Violation]:
    """Judge what persons decided: declines and pins."""
    held = {visit.task_id for visit in crew.locked}
    for visit in route.visits:
        task = roads.task[visit.task_id]
        if task.id in held:
            continue
        if crew.id in task.forbidden_crews:
            yield Violation(Rule.DECLINED, crew.id, task.id, "was declined by this crew")
        if task.pinned_crew is not None and task.pinned_crew != crew.id:
            yield Violation(Rule.PINNED, crew.id, task.id, f"is pinned to {task.pinned_crew}")


def _capacity(roads: Roads, crew: Crew, route: Route) -> Iterator[Violation]:
    load = sum(roads.task[visit.task_id].demand for visit in route.visits)
    # What is promised is carried, whatever it takes.
    held = sum(roads.task[visit.task_id].demand for visit in crew.locked)
    most = None if crew.capacity is None else max(crew.capacity, held)
    if most is not None and load > most:
        yield Violation(Rule.CAPACITY, crew.id, None, f"{load} of {crew.capacity}", load - most)
