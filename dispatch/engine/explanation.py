"""Say who could take a task, when, and why not the others: codes and numbers, never prose.

The one idea: nothing is read from a solver's traces. Each answer is proved by inserting the task
into a crew's day, first as planned, then with ever less in the way: without the visits of others
(PRIORITY), without accepted and started work (LOCKED), and at last on an empty day, where only the
clock and the road can refuse (WINDOW, SHIFT, DISTANCE). What remains refused names its reason.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from dispatch.engine.timeline import (
    Insertion,
    Numbers,
    Timeline,
    best_insertion,
    lay_out,
    numbers,
    repaired,
    unlocked,
)
from dispatch.problem import (
    Code,
    Json,
    Plan,
    Problem,
    Reason,
    Task,
    Unassigned,
    Visit,
    as_json,
)

_ALTERNATIVES = 3
_NEVER = 10**12  # seconds; relaxes a bound without changing the code that reads it


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one crew would do with one task, the rest of the plan as it is.

    position counts in the crew's route, its started visits included. added_travel_s is what the
    route grows by, cost_s the same with the move tax. A crew that refuses has reasons and no times.
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


def explained(problem: Problem, plan: Plan) -> Plan:
    """Return the plan with the reasons of every unassigned task."""
    tasks = {task.id: task for task in problem.tasks}
    probe = _Probe(problem, plan)
    return replace(
        plan,
        unassigned=tuple(
            Unassigned(item.task_id, probe.why_not(tasks[item.task_id])) for item in plan.unassigned
        ),
    )


def why_unassigned(problem: Problem, plan: Plan, task: Task) -> tuple[Reason, ...]:
    """Return every crew's reasons against a task; a crew that could take it has none."""
    return _Probe(problem, plan).why_not(task)


def candidates(problem: Problem, plan: Plan, task: Task) -> tuple[Candidate, ...]:
    """Rank all crews for a task of the problem: those who can, cheapest first, then the others.

    Where the plan already gives the task to a crew, it is taken out of that route first. Empty for
    work that is started or accepted: it is not anybody else's to take.
    """
    return _Probe(problem, plan).ranking(task)


def why_assigned(problem: Problem, plan: Plan, visit: Visit) -> dict[str, Json]:
    """Return what speaks for a planned visit: its crew's rank, its cost, the best alternatives."""
    route = next(route for route in plan.routes if visit in route.visits)
    task = next(task for task in problem.tasks if task.id == visit.task_id)
    ranking = candidates(problem, plan, task)
    able = [candidate for candidate in ranking if candidate.feasible]
    ids = [candidate.crew_id for candidate in able]
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
        "rank": ids.index(route.crew_id) + 1 if route.crew_id in ids else None,
        "able": len(able),
        "alternatives": others[:_ALTERNATIVES],
        "refused": dict(Counter(r.code.value for other in ranking for r in other.reasons)),
    }


class _Probe:
    """A problem and a plan, laid out once for any number of questions."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem = problem
        self.view = numbers(problem)
        self.timelines = repaired(problem, self.view, plan)
        self.index = {task.id: i for i, task in enumerate(problem.tasks)}

    def why_not(self, task: Task) -> tuple[Reason, ...]:
        if not self.problem.crews:
            return (Reason(Code.NO_CREW, None, {}),)
        return tuple(
            reason
            for crew in range(len(self.problem.crews))
            for reason in self.candidate(crew, task).reasons
        )

    def ranking(self, task: Task) -> tuple[Candidate, ...]:
        if self.index[task.id] not in self.view.movable:
            return ()
        found = [self.candidate(crew, task) for crew in range(len(self.problem.crews))]
        return tuple(sorted(found, key=_rank))

    def candidate(self, crew: int, task: Task) -> Candidate:
        t = self.index[task.id]
        timeline = self.timelines[crew]
        if t in timeline.tasks:
            timeline = lay_out(self.view, crew, tuple(i for i in timeline.tasks if i != t))
        place = best_insertion(self.view, timeline, t)
        reasons = [*self._pair_reasons(crew, task)]
        if place is None:
            reasons += self._time_reasons(timeline, t)
        crew_id = self.problem.crews[crew].id
        if place is None or reasons:
            return Candidate(crew_id, False, *(None,) * 7, tuple(reasons))
        return self._offer(crew_id, task, place)

    def _offer(self, crew_id: UUID, task: Task, place: Insertion) -> Candidate:
        crew = self.problem.crews[place.crew]
        moved = task.previous_crew not in (None, crew_id)
        done = sum(visit.state == "started" for visit in crew.locked)
        return Candidate(
            crew_id,
            True,
            self._at(place.arrival_s),
            self._at(place.start_s),
            self._at(place.start_s + task.duration_s),
            place.travel_s,
            place.added_travel_s,
            place.added_travel_s + (self.problem.move_tax_s if moved else 0),
            place.position + done,
            (),
        )

    def _at(self, seconds: int) -> datetime:
        return self.problem.now + timedelta(seconds=seconds)

    def _pair_reasons(self, crew: int, task: Task) -> list[Reason]:
        subject = self.problem.crews[crew]
        reasons = []
        if missing := task.skills - subject.skills:
            reasons.append(self._reason(Code.SKILL, crew, {"missing": [*sorted(missing)]}))
        if subject.id in task.forbidden_crews:
            reasons.append(self._reason(Code.DECLINED, crew, {}))
        if task.pinned_crew not in (None, subject.id):
            params: dict[str, Json] = {"pinned_crew": str(task.pinned_crew)}
            reasons.append(self._reason(Code.LOCKED, crew, params))
        return reasons

    def _time_reasons(self, timeline: Timeline, task: int) -> list[Reason]:
        crew = timeline.crew
        promised = lay_out(self.view, crew, self.view.accepted[crew])
        if best_insertion(self.view, promised, task):
            return [
                self._reason(
                    Code.PRIORITY, crew, {"displaced_by": self._in_the_way(timeline, task)}
                )
            ]
        empty = unlocked(self.problem, self.view, crew)
        if best_insertion(empty, lay_out(empty, crew, ()), task):
            held: list[Json] = [str(visit.task_id) for visit in self.problem.crews[crew].locked]
            return [self._reason(Code.LOCKED, crew, {"busy_with": held})]
        return self._clock_reasons(empty, crew, task)

    def _reason(self, code: Code, crew: int, params: dict[str, Json]) -> Reason:
        return Reason(code, self.problem.crews[crew].id, params)

    def _in_the_way(self, timeline: Timeline, task: int) -> list[Json]:
        """Return the visits that, each taken out alone, would let the task in; else all of them."""
        crew = timeline.crew
        others = [i for i in timeline.tasks if i not in self.view.accepted[crew]]
        single = [
            other
            for other in others
            if best_insertion(
                self.view,
                lay_out(self.view, crew, tuple(i for i in timeline.tasks if i != other)),
                task,
            )
        ]
        return [
            {"task_id": str(self.problem.tasks[i].id), "priority": self.problem.tasks[i].priority}
            for i in single or others
        ]

    def _clock_reasons(self, view: Numbers, crew: int, task: int) -> list[Reason]:
        """Judge the task as the only visit of an empty day; at least one reason applies."""
        reasons = []
        depart = view.depart_s[crew]
        travel = view.travel[view.start[crew]][task]
        late = depart + travel - view.close_s[task]
        if late > 0:
            shift_start = (self.problem.crews[crew].shift_start - self.problem.now).total_seconds()
            if view.close_s[task] < 0:
                code = Code.WINDOW
            elif shift_start > view.close_s[task]:
                code = Code.SHIFT
            else:
                code = Code.DISTANCE if depart <= view.close_s[task] else Code.WINDOW
            reasons.append(self._reason(code, crew, {"late_s": late, "travel_s": travel}))
        end = view.end[crew]
        back = 0 if end is None else view.travel[task][end]
        start = max(depart + travel, view.open_s[task])
        over = start + view.duration_s[task] + back - view.limit_s[crew]
        if over > 0:
            params: dict[str, Json] = {"over_s": over, "way_back_s": back}
            reasons.append(self._reason(Code.SHIFT, crew, params))
        return reasons


def _rank(candidate: Candidate) -> tuple[bool, int, datetime | None, str]:
    cost = candidate.cost_s if candidate.cost_s is not None else _NEVER
    return (not candidate.feasible, cost, candidate.start_at, str(candidate.crew_id))
