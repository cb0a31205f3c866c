"""What ties visits to one another, read off the plan's own times."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from dispatch.checker.verdicts import WHOLLY, Rule, Violation, seconds
from dispatch.problem import KeepOrder, Order, Plan, Problem, SameCrew, Together, Visit


@dataclass(frozen=True, slots=True)
class _Place:
    crew_id: UUID
    rank: int
    visit: Visit


def link_violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Yield the links that the plan breaks; between locked tasks none is judged again."""
    where = {
        visit.task_id: _Place(route.crew_id, rank, visit)
        for route in plan.routes
        for rank, visit in enumerate(route.visits)
    }
    locked = {visit.task_id for crew in problem.crews for visit in crew.locked}
    for link in problem.links:
        match link:
            case Order():
                if link.then not in locked or link.first not in locked:
                    yield from _order(link, where, locked)
            case Together():
                if not locked.issuperset(link.tasks):
                    yield from _together(link, where, locked)
            case SameCrew():
                crews = {where[t].crew_id for t in link.tasks if t in where}
                held = {where[t].crew_id for t in link.tasks if t in where and t in locked}
                if len(crews) > max(1, len(held)):
                    detail = f"is shared by {len(crews)} crews"
                    more = len(crews) - max(1, len(held))
                    yield Violation(Rule.SAME_CREW, None, link.tasks[0], detail, more)
            case KeepOrder():
                yield from _keep_order(link, where, locked)


def _order(link: Order, where: dict[UUID, _Place], locked: set[UUID]) -> Iterator[Violation]:
    then, first = where.get(link.then), where.get(link.first)
    if then is None:
        return
    if first is None:
        if link.then not in locked:
            detail = f"planned without {link.first}"
            yield Violation(Rule.ORDER, then.crew_id, link.then, detail, WHOLLY)
        return
    origin = first.visit.end_at if link.after == "end" else first.visit.start_at
    lag = then.visit.start_at - origin
    least = timedelta(seconds=link.least_s)
    most = lag if link.most_s is None else timedelta(seconds=link.most_s)
    if not least <= lag <= most:
        amount = seconds(max(least - lag, lag - most))
        yield Violation(Rule.ORDER, then.crew_id, link.then, f"{lag} after {link.first}", amount)


def _together(link: Together, where: dict[UUID, _Place], locked: set[UUID]) -> Iterator[Violation]:
    there = [where[task_id] for task_id in link.tasks if task_id in where]
    if not there:
        return
    # A promise stays when its partner cannot be kept; nothing else is planned half.
    if len(there) < len(link.tasks) and not locked.intersection(link.tasks):
        yield Violation(Rule.TOGETHER, None, link.tasks[0], "is planned in part", WHOLLY)
    starts = [place.visit.start_at for place in there]
    gap, within = max(starts) - min(starts), timedelta(seconds=link.within_s)
    if gap > within:
        amount = seconds(gap - within)
        yield Violation(Rule.TOGETHER, None, link.tasks[0], f"starts {gap} apart", amount)
    if len({place.crew_id for place in there}) < len(there):
        yield Violation(Rule.TOGETHER, None, link.tasks[0], "needs different crews", WHOLLY)


def _keep_order(
    link: KeepOrder, where: dict[UUID, _Place], locked: set[UUID]
) -> Iterator[Violation]:
    last: dict[UUID, tuple[int, UUID]] = {}
    for task_id in link.tasks:
        if (place := where.get(task_id)) is None:
            continue
        rank, before = last.get(place.crew_id, (-1, task_id))
        if place.rank < rank and not {task_id, before} <= locked:
            yield Violation(Rule.KEEP_ORDER, place.crew_id, task_id, f"comes before {before}")
        if place.rank > rank:
            last[place.crew_id] = (place.rank, task_id)
