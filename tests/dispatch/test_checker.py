from dataclasses import replace
from datetime import timedelta

import pytest

from dispatch.checker import Rule, violations
from dispatch.problem import Plan, Problem, Unassigned, Visit
from tests.dispatch.cases import (
    accepted,
    at,
    crew,
    crew_id,
    line,
    orders_of,
    planned,
    started,
    task,
    task_id,
)

A, B = crew_id(0), crew_id(1)


def day() -> tuple[Problem, Plan]:
    """Crew A is at work on 0, promised 1, adds 2; crew B does 3 and comes home; 4 is left out."""
    problem = line(
        [
            crew(
                0,
                source="current_task",
                free=20,
                skills=["cable"],
                locked=(started(0, -10, 20), accepted(1)),
            ),
            crew(1, x=50, end=50, shift=(0, 120)),
        ],
        [
            task(0, 0),
            task(1, 10, (60, 90)),
            task(2, 20, (0, 300), skills=["cable"], previous_crew=B),
            task(3, 60, (0, 60), minutes=60, forbidden_crews=[A]),
            task(4, 5, (0, 10), pinned_crew=B),
        ],
    )
    orders = {A: [task_id(0), task_id(1), task_id(2)], B: [task_id(3)]}
    return problem, planned(problem, orders)


def rules(problem: Problem, plan: Plan) -> set[Rule]:
    return {violation.rule for violation in violations(problem, plan)}


def with_visit(plan: Plan, route: int, position: int, **changes: object) -> Plan:
    routes = [list(r.visits) for r in plan.routes]
    routes[route][position] = replace(routes[route][position], **changes)  # type: ignore[arg-type]
    return replace(
        plan,
        routes=tuple(replace(r, visits=tuple(v)) for r, v in zip(plan.routes, routes, strict=True)),
    )


def test_a_right_plan_breaks_nothing_and_its_cost_is_known() -> None:
    problem, plan = day()

    assert violations(problem, plan) == ()
    # Drives 10 + 10 + 10 + 10 min, task 2 changed crew, task 4 of priority 3 left out.
    assert plan.cost == 40 * 60 + 1800 + 400_000


@pytest.mark.parametrize(
    ("orders", "rule"),
    [
        ({A: [0, 2, 1], B: [3]}, None),  # others may come between as long as promises hold
        ({A: [1, 0, 2], B: [3]}, Rule.LOCKED),
        ({A: [0, 2], B: [1, 3]}, Rule.LOCKED),
        ({A: [0, 2], B: [3]}, Rule.LOCKED),
        ({A: [0, 1], B: [2, 3]}, Rule.SKILL),
        ({A: [0, 1, 2, 3]}, Rule.DECLINED),
        ({A: [0, 4, 1, 2], B: [3]}, Rule.PINNED),
        ({A: [0, 1, 2], B: [4, 3]}, Rule.WINDOW),
    ],
)
def test_each_rule_is_seen_when_the_order_breaks_it(
    orders: dict[object, list[int]], rule: Rule | None
) -> None:
    problem, _ = day()

    ids = {id_: [task_id(i) for i in numbers] for id_, numbers in orders.items()}
    plan = planned(problem, ids)  # type: ignore[arg-type]

    assert (rule in rules(problem, plan)) if rule else not rules(problem, plan)


def test_a_shift_ends_with_the_way_back() -> None:
    problem, plan = day()
    early = replace(problem.crews[1], shift_end=at(79))  # 10 there, 60 of work, 10 back
    late = replace(problem.crews[1], shift_end=at(80))

    assert rules(replace(problem, crews=(problem.crews[0], early)), plan) == {Rule.SHIFT}
    assert rules(replace(problem, crews=(problem.crews[0], late)), plan) == set()


def test_times_that_do_not_follow_from_the_road_are_seen() -> None:
    problem, plan = day()
    visit: Visit = plan.routes[1].visits[0]
    minute = timedelta(minutes=1)

    moves = {
        Rule.TRAVEL: {"arrival_at": visit.arrival_at - minute},
        Rule.DURATION: {"end_at": visit.end_at - minute},
    }
    for rule, changes in moves.items():
        assert rules(problem, with_visit(plan, 1, 0, **changes)) == {rule}
    hurried = {"start_at": visit.arrival_at - minute, "end_at": visit.end_at - minute}
    assert rules(problem, with_visit(plan, 1, 0, **hurried)) == {Rule.TRAVEL}
    assert rules(problem, with_visit(plan, 1, 0, travel_s=1)) == {Rule.TRAVEL}
    assert rules(problem, with_visit(plan, 0, 0, end_at=at(21))) == {Rule.LOCKED}


def test_a_task_twice_or_nowhere_or_unknown_is_seen() -> None:
    problem, plan = day()
    twice = replace(plan, unassigned=(*plan.unassigned, Unassigned(task_id(1), ())))
    nowhere = replace(plan, unassigned=())
    unknown = replace(plan, unassigned=(*plan.unassigned, Unassigned(task_id(99), ())))

    for wrong in (twice, nowhere, unknown):
        assert rules(problem, wrong) == {Rule.COVERAGE}


def test_a_missing_route_or_a_false_cost_is_seen() -> None:
    problem, plan = day()

    assert Rule.ROUTES in rules(problem, replace(plan, routes=plan.routes[:1]))
    assert rules(problem, replace(plan, cost=plan.cost - 1)) == {Rule.COST}


def test_a_promise_may_be_as_late_as_it_must_and_no_later() -> None:
    problem = line(
        [crew(0, shift=(0, 60), locked=(accepted(0),))],
        [task(0, 40, (0, 15), minutes=30), task(1, 41), task(2, -1, minutes=0)],
    )

    alone = planned(problem, {A: [task_id(0)]})
    after = planned(problem, {A: [task_id(0), task_id(1)]})
    detour = planned(problem, {A: [task_id(2), task_id(0)]})

    assert rules(problem, alone) == set()
    assert rules(problem, after) == {Rule.SHIFT}
    assert Rule.WINDOW in rules(problem, detour)
    assert orders_of(alone)[A] == [task_id(0)]
