"""Routes as somebody wants them, timed: the plan that follows from saying who does what in order.

Nothing is judged here: an arrangement may be late or against the rules. The checker says so.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from dispatch.checker import Rule, Violation, counted_cost, violations
from dispatch.engine.arranging import arranged
from dispatch.live.facts import Facts
from dispatch.problem import Plan, Problem

Orders = dict[UUID, list[UUID]]


@dataclass(frozen=True, slots=True)
class Move:
    """Give a task to a crew at a place in its route (its end without one), or to none.

    position counts in the crew's route, its started visits included, as it is once every moved
    task is out of it and those before in the list are in.
    """

    task_id: UUID
    crew_id: UUID | None
    position: int | None = None
    pinned: bool = True


def present_orders(facts: Facts) -> Orders:
    """Return every crew's tasks in order as the rows stand."""
    return {
        route.crew_id: [visit.task_id for visit in route.visits] for route in facts.present().routes
    }


def moved(orders: Orders, moves: Sequence[Move]) -> Orders:
    """Return the orders after the moves: all taken out, then put in one after the other."""
    out = tasks_of(moves)
    after = {crew: [t for t in tasks if t not in out] for crew, tasks in orders.items()}
    for move in moves:
        if move.crew_id is not None:
            tasks = after[move.crew_id]
            tasks.insert(len(tasks) if move.position is None else move.position, move.task_id)
    return after


def plan_of(problem: Problem, orders: Mapping[UUID, Sequence[UUID]], solver: str) -> Plan:
    """Time the orders; what nobody has is unassigned, without reasons."""
    plan = arranged(problem, orders)
    return replace(plan, solver=solver, cost=counted_cost(problem, plan))


def introduced(problem: Problem, before: Plan, after: Plan) -> tuple[Violation, ...]:
    """Return the rules the second plan breaks and the first does not, or less, at the same place.

    A plan that is late already does not forbid every change of it, but those that make it later.
    """
    known, worse = _amounts(violations(problem, before)), violations(problem, after)
    now = _amounts(worse)
    return tuple(v for v in worse if now[_place(v)] > known[_place(v)])


# What is said of a crew's whole day names its last visit, whichever that is.
_OF_THE_DAY = (Rule.SHIFT, Rule.REST, Rule.ROUTE_LENGTH)


def _place(found: Violation) -> tuple[Rule, UUID | None, UUID | None]:
    return found.rule, found.crew_id, None if found.rule in _OF_THE_DAY else found.task_id


def _amounts(found: Sequence[Violation]) -> Counter[tuple[Rule, UUID | None, UUID | None]]:
    total: Counter[tuple[Rule, UUID | None, UUID | None]] = Counter()
    for each in found:
        total[_place(each)] += each.amount
    return total


def breaks(facts: Facts, moves: Sequence[Move]) -> bool:
    """Return whether the moves together break a rule that holds without them."""
    orders = present_orders(facts)
    before = plan_of(facts.problem, orders, "rows")
    after = plan_of(facts.problem, moved(orders, moves), "by_hand")
    return bool(introduced(facts.problem, before, after))


def tasks_of(moves: Collection[Move]) -> frozenset[UUID]:
    """Return the tasks that are moved."""
    return frozenset(move.task_id for move in moves)
