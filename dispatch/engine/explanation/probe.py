"""Rank crews for a task, and attach to a plan why each task is where it is, or nowhere."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf
from time import perf_counter
from uuid import UUID

from dispatch.engine.explanation.lifting import pair_of
from dispatch.engine.explanation.linked import link_reasons
from dispatch.engine.explanation.reasons import Known, day_reasons, pair_reasons
from dispatch.engine.explanation.relaxation import NO_LIMIT_S, least_price_s, relaxation
from dispatch.engine.timeline import (
    Schedule,
    Timeline,
    best_insertion,
    lay_out,
    numbers,
    placed,
    removed,
    repaired,
)
from dispatch.problem import (
    Code,
    Json,
    Plan,
    Problem,
    Reason,
    Relaxation,
    Route,
    Task,
    Unassigned,
    Visit,
    as_json,
)

_ALTERNATIVES = 3
_NEVER = 10**12  # seconds; behind every cost


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one crew would do with one task, the rest of the plan as it is.

    position counts in the crew's route, its started visits included. added_travel_s is what the
    route grows by, cost_s what the objective does (other tasks' delays and the move tax included).
    A crew that refuses has reasons and no times, and what would make it fit, if anything.
    """

    crew_id: UUID
    feasible: bool
    eta_at: datetime | None
    start_at: datetime | None
    end_at: datetime | None
    travel_s: int | None
    added_travel_s: int | None
    cost_s: int | None
    position: int | None
    reasons: tuple[Reason, ...]
    relaxation: Relaxation | None = None


def explained(problem: Problem, plan: Plan) -> Plan:
    """Return the plan with the reasons and the cheapest relaxation of every unassigned task."""
    if not plan.unassigned:
        return plan
    tasks = {task.id: task for task in problem.tasks}
    probe = _Probe(problem, plan)
    return replace(
        plan,
        unassigned=tuple(
            Unassigned(item.task_id, reasons, probe.cheapest(tasks[item.task_id], reasons))
            for item in plan.unassigned
            for reasons in [probe.why_not(tasks[item.task_id])]
        ),
    )


def why_unassigned(
    problem: Problem, plan: Plan, tasks: Sequence[Task], limit_s: float = inf
) -> dict[UUID, Unassigned]:
    """Return every crew's reasons against each of these tasks, and the cheapest way out.

    The plan is laid out once for all of them, which takes as long as one or two answers. The
    reasons come first, then the ways out, which take longer.
    limit_s: begin no further answer after so long; the tasks behind are then left out, or have
    no way out.
    """
    began = perf_counter()
    if not tasks:
        return {}
    probe, found = _Probe(problem, plan), {}
    for task in tasks:
        found[task.id] = Unassigned(task.id, probe.why_not(task))
        if perf_counter() - began > limit_s:
            break
    for task in tasks[: len(found)]:
        if perf_counter() - began > limit_s:
            break
        reasons = found[task.id].reasons
        found[task.id] = Unassigned(task.id, reasons, probe.cheapest(task, reasons))
    return found


def candidates(
    problem: Problem, plan: Plan, task: Task, *, relaxed: bool = True
) -> tuple[Candidate, ...]:
    """Rank all crews for a task of the problem: those who can, cheapest first, then the others.

    Where the plan already gives the task to a crew, it is taken out of that route first. Empty for
    work that is started or promised: it is not anybody else's to take.

    Args:
        relaxed: say for each crew that refuses what would make it fit; some milliseconds a crew.
    """
    return _Probe(problem, plan).ranking(task, relaxed=relaxed)


def why_assigned(
    problem: Problem, plan: Plan, visits: Mapping[UUID, UUID]
) -> dict[UUID, dict[str, Json]]:
    """Return what speaks for planned visits: the crew's rank, its cost, the best alternatives.

    visits: the tasks to answer for, each with the crew that the plan gives it to.
    """
    if not visits:
        return {}
    probe = _Probe(problem, plan)
    return {
        visit.task_id: probe.why(route, visit)
        for route in plan.routes
        for visit in route.visits
        if visits.get(visit.task_id) == route.crew_id
    }


class _Probe:
    """A problem and a plan, laid out once for any number of questions."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem = problem
        self.view = numbers(problem)
        self.lines = repaired(problem, self.view, plan)
        self.index = {task.id: i for i, task in enumerate(problem.tasks)}
        self.movable = frozenset(self.view.movable)
        self.known: Known = {}

    def why_not(self, task: Task) -> tuple[Reason, ...]:
        if not self.problem.crews:
            return (Reason(Code.NO_CREW, None, {}),)
        lines = self._without(task)
        return tuple(
            reason
            for crew in range(len(self.problem.crews))
            for reason in self.candidate(lines, crew, task).reasons
        )

    def why(self, route: Route, visit: Visit) -> dict[str, Json]:
        task = self.problem.tasks[self.index[visit.task_id]]
        ranking = self.ranking(task, relaxed=False)
        able = [candidate for candidate in ranking if candidate.feasible]
        ids = [candidate.crew_id for candidate in able]
        own = next((c for c in able if c.crew_id == route.crew_id), None)
        others: list[Json] = [
            {
                "crew_id": str(other.crew_id),
                "eta_at": as_json(other.eta_at),
                "added_travel_s": other.added_travel_s,
            }
            for other in able
            if other.crew_id != route.crew_id
        ]
        return {
            "crew_id": str(route.crew_id),
            "start_source": route.start_source,
            "travel_s": visit.travel_s,
            "added_travel_s": own.added_travel_s if own else None,
            "rank": ids.index(route.crew_id) + 1 if route.crew_id in ids else None,
            "able": len(able),
            "alternatives": others[:_ALTERNATIVES],
            "refused": dict(Counter(r.code.value for other in ranking for r in other.reasons)),
        }

    def ranking(self, task: Task, *, relaxed: bool) -> tuple[Candidate, ...]:
        if self.index[task.id] not in self.movable:
            return ()
        lines = self._without(task)
        found = [self.candidate(lines, crew, task) for crew in range(len(self.problem.crews))]
        if relaxed:
            found = [
                other
                if other.feasible
                else replace(other, relaxation=self._relaxation(lines, crew, task))
                for crew, other in enumerate(found)
            ]
        return tuple(sorted(found, key=_rank))

    def cheapest(self, task: Task, reasons: tuple[Reason, ...]) -> Relaxation | None:
        """Return the cheapest of all crews' relaxations, the crew with fewest reasons of equals."""
        lines, t = self._without(task), self.index[task.id]
        counts = Counter(reason.crew_id for reason in reasons)
        least = [
            (least_price_s(self.problem, c, t), counts[crew.id], c)
            for c, crew in enumerate(self.problem.crews)
        ]
        best: Relaxation | None = None
        for price_s, _, crew in sorted(least):
            below_s = best.price_s if best else NO_LIMIT_S
            if price_s >= below_s:
                break
            best = relaxation(self.problem, lines, crew, t, below_s) or best
        return best

    def candidate(self, lines: Schedule, crew: int, task: Task) -> Candidate:
        t, crew_id = self.index[task.id], self.problem.crews[crew].id
        place = best_insertion(self.view, lines[crew], t)
        if t not in self.view.ties.tied and self.view.ties.timed.isdisjoint(lines[crew].tasks):
            if place is not None:
                return self._offer(lines[crew], place.timeline, place.position, crew)
        elif place is not None and (after := placed(self.view, lines, t, crew)):
            position = after[crew].tasks.index(t)
            return self._offer(lines[crew], after[crew], position, crew)
        pair = pair_of(self.problem, crew, t)
        reasons = [*pair_reasons(pair), *day_reasons(self.view, lines[crew], pair, self.known)]
        reasons = reasons or link_reasons(self.problem, self.view, lines, crew, t)
        return Candidate(crew_id, False, *(None,) * 7, tuple(reasons))

    def _relaxation(self, lines: Schedule, crew: int, task: Task) -> Relaxation | None:
        return relaxation(self.problem, lines, crew, self.index[task.id])

    def _without(self, task: Task) -> Schedule:
        """Return the schedule without the task, its partners left where they are."""
        t = self.index[task.id]
        if not any(t in line.tasks for line in self.lines):
            return self.lines
        without = removed(self.view, self.lines, frozenset(self.view.ties.whole(t)))
        if without is not None:
            return without
        return tuple(
            lay_out(self.view, line.crew, tuple(i for i in line.tasks if i != t))
            for line in self.lines
        )

    def _offer(self, before: Timeline, after: Timeline, position: int, crew: int) -> Candidate:
        subject, view = self.problem.crews[crew], self.view
        t = after.tasks[position]
        place = after.tasks[position - 1] if position else view.start[crew]
        done = sum(visit.state == "started" for visit in subject.locked)
        return Candidate(
            subject.id,
            True,
            self._at(after.arrival_s[position]),
            self._at(after.start_s[position]),
            self._at(after.end_s[position]),
            view.roads[crew][place][t],
            after.travel_s - before.travel_s,
            (after.cost - before.cost) // 1000 + view.tax_s(t, crew),
            position + done,
            (),
        )

    def _at(self, seconds: int) -> datetime:
        return self.problem.now + timedelta(seconds=seconds)


def _rank(candidate: Candidate) -> tuple[bool, int, datetime | None, str]:
    cost = candidate.cost_s if candidate.cost_s is not None else _NEVER
    return (not candidate.feasible, cost, candidate.start_at, str(candidate.crew_id))
