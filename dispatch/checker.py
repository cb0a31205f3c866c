"""Judge a plan without trusting whoever made it: no plan is published that this rejects.

Plain Python on datetimes, one visit after the other, and nothing shared with the solver, the
timelines or the explanation but the data itself. Where they all agree, they agree twice.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain
from uuid import UUID

from dispatch.problem import PENALTY_S, Crew, Plan, Problem, Route, Visit

# Whole seconds in plans against microseconds in problems: a departure may be rounded up.
_ROUNDING = timedelta(seconds=1)


class Rule(StrEnum):
    ROUTES = "routes"
    COVERAGE = "coverage"
    TRAVEL = "travel"
    WINDOW = "window"
    DURATION = "duration"
    SHIFT = "shift"
    SKILL = "skill"
    DECLINED = "declined"
    PINNED = "pinned"
    LOCKED = "locked"
    COST = "cost"


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule a plan breaks, where, and by how much in words for the log."""

    rule: Rule
    crew_id: UUID | None
    task_id: UUID | None
    detail: str


def violations(problem: Problem, plan: Plan) -> tuple[Violation, ...]:
    """Return every rule the plan breaks, empty for a plan that may be published."""
    found = [*_routes(problem, plan), *_coverage(problem, plan)]
    if found:
        return tuple(found)
    audit = _Audit(problem)
    for number, route in enumerate(plan.routes):
        found += chain(audit.locked(number, route), audit.pairs(number, route))
        found += audit.times(number, route)
    if not found and (true_cost := audit.cost(plan)) != plan.cost:
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


class _Audit:
    """The problem with its rows found by id; holds no state of a plan."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.row = {task.id: i for i, task in enumerate(problem.tasks)}
        self.task = {task.id: task for task in problem.tasks}

    def drive(self, origin: int, target: int) -> timedelta:
        return timedelta(seconds=int(self.problem.travel[origin, target]))

    def way_back(self, number: int, place: int) -> timedelta:
        end = self.problem.end_place(number)
        return timedelta(0) if end is None else self.drive(place, end)

    def departure(self, crew: Crew) -> datetime:
        return max(crew.start.free_at, crew.shift_start, self.problem.now)

    def promised(self, number: int) -> tuple[dict[UUID, datetime], datetime]:
        """Return the latest start of accepted work, and the end of shift that it stretches."""
        crew = self.problem.crews[number]
        latest, until = {}, crew.shift_end
        place, free_at = self.problem.start_place(number), self.departure(crew)
        for visit in crew.locked:
            if visit.state == "accepted":
                task = self.task[visit.task_id]
                arrival = free_at + self.drive(place, self.row[task.id])
                start = max(arrival, task.window_start)
                latest[task.id] = max(task.window_end, start + _ROUNDING)
                place, free_at = self.row[task.id], start + timedelta(seconds=task.duration_s)
        if latest:
            until = max(until, free_at + self.way_back(number, place) + _ROUNDING)
        return latest, until

    def locked(self, number: int, route: Route) -> Iterator[Violation]:
        crew = self.problem.crews[number]
        started = [visit for visit in crew.locked if visit.state == "started"]
        for visit, fact in zip(route.visits, started, strict=False):
            times = (visit.start_at, visit.end_at)
            if visit.task_id != fact.task_id or times != (fact.started_at, fact.end_at):
                yield Violation(Rule.LOCKED, crew.id, fact.task_id, "started work was moved")
        mine = [visit.task_id for visit in crew.locked]
        planned = [visit.task_id for visit in route.visits if visit.task_id in mine]
        if planned != mine:
            yield Violation(Rule.LOCKED, crew.id, None, f"{planned} planned, {mine} promised")

    def pairs(self, number: int, route: Route) -> Iterator[Violation]:
        crew = self.problem.crews[number]
        held = {visit.task_id for visit in crew.locked}
        for visit in route.visits:
            task = self.task[visit.task_id]
            if task.id in held:
                continue
            if missing := task.skills - crew.skills:
                yield Violation(Rule.SKILL, crew.id, task.id, f"lacks {sorted(missing)}")
            if crew.id in task.forbidden_crews:
                yield Violation(Rule.DECLINED, crew.id, task.id, "was declined by this crew")
            if task.pinned_crew is not None and task.pinned_crew != crew.id:
                yield Violation(Rule.PINNED, crew.id, task.id, f"is pinned to {task.pinned_crew}")

    def times(self, number: int, route: Route) -> Iterator[Violation]:
        crew = self.problem.crews[number]
        started = {visit.task_id for visit in crew.locked if visit.state == "started"}
        latest, until = self.promised(number)
        place, free_at = self.problem.start_place(number), self.departure(crew)
        moving = [visit for visit in route.visits if visit.task_id not in started]
        for visit in moving:
            yield from self.visit(crew, visit, place, free_at, latest)
            place, free_at = self.row[visit.task_id], visit.end_at
        over = free_at + self.way_back(number, place) - until
        if moving and over > timedelta(0):
            yield Violation(Rule.SHIFT, crew.id, moving[-1].task_id, f"{over} after the shift")

    def visit(
        self,
        crew: Crew,
        visit: Visit,
        place: int,
        free_at: datetime,
        latest: dict[UUID, datetime],
    ) -> Iterator[Violation]:
        task = self.task[visit.task_id]
        drive = self.drive(place, self.row[task.id])
        if visit.travel_s != drive.total_seconds() or visit.arrival_at < free_at + drive:
            due = free_at + drive
            yield Violation(Rule.TRAVEL, crew.id, task.id, f"{visit.arrival_at}, not before {due}")
        if visit.start_at < max(visit.arrival_at, task.window_start):
            yield Violation(Rule.WINDOW, crew.id, task.id, "starts before it may")
        if visit.start_at > latest.get(task.id, task.window_end):
            late = visit.start_at - task.window_end
            yield Violation(Rule.WINDOW, crew.id, task.id, f"starts {late} late")
        if visit.end_at - visit.start_at != timedelta(seconds=task.duration_s):
            yield Violation(Rule.DURATION, crew.id, task.id, f"is not {task.duration_s} s long")

    def cost(self, plan: Plan) -> int:
        total = sum(PENALTY_S[self.task[item.task_id].priority] for item in plan.unassigned)
        for number, route in enumerate(plan.routes):
            crew = self.problem.crews[number]
            started = {visit.task_id for visit in crew.locked if visit.state == "started"}
            moving = [visit for visit in route.visits if visit.task_id not in started]
            for visit in moving:
                total += visit.travel_s
                if self.task[visit.task_id].previous_crew not in (None, crew.id):
                    total += self.problem.move_tax_s
            if moving:
                back = self.way_back(number, self.row[moving[-1].task_id])
                total += int(back.total_seconds())
        return total
