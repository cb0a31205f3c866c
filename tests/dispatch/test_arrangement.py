"""What moves newly break: a plan that breaks rules already may change, but not for the worse."""

import pytest

from dispatch.checker import Rule, violations
from dispatch.problem import LockedVisit, Problem
from dispatch.versions.arrangement import introduced, plan_of
from tests.dispatch.cases import accepted, crew, crew_id, line, task, task_id

Orders = dict[int, list[int]]


def broken(problem: Problem, before: Orders, after: Orders) -> list[tuple[Rule, int | None]]:
    """Return what `after` breaks newly or by more: the rule, and the task if one is named."""
    plans = [
        plan_of(problem, {crew_id(c): [task_id(t) for t in ts] for c, ts in orders.items()}, "test")
        for orders in (before, after)
    ]
    return [
        (v.rule, None if v.task_id is None else v.task_id.int) for v in introduced(problem, *plans)
    ]


def test_a_visit_that_is_late_may_not_be_made_later_and_may_be_made_less_late() -> None:
    # Task 1 is 10 min away and was to start within 9; task 2, on the way, takes half an hour.
    problem = line([crew(0), crew(1)], [task(1, 10, window=(0, 9)), task(2, 5), task(3, 50)])

    assert broken(problem, {0: [1]}, {0: [2, 1]}) == [(Rule.WINDOW, 1)]
    assert broken(problem, {0: [2, 1]}, {0: [1, 2]}) == []
    assert broken(problem, {0: [1]}, {0: [1, 2], 1: [3]}) == []


def test_a_day_that_ends_late_may_end_less_late_whichever_visit_is_the_last() -> None:
    tasks = [task(n, 0, minutes=60) for n in (1, 2, 3)]
    problem = line([crew(0, shift=(0, 90)), crew(1)], tasks)

    assert broken(problem, {0: [1, 2, 3]}, {0: [1, 2], 1: [3]}) == []
    assert broken(problem, {0: [1, 2]}, {0: [1, 2, 3]}) == [(Rule.SHIFT, 3)]


def test_a_crew_that_lacks_people_may_not_lack_more() -> None:
    wanting = task(1, 0, skills=("cable", "fibre"))
    other = task(2, 0)
    able = crew(0, skills=("cable",))
    problem = line([able, crew(1)], [wanting, other])

    assert broken(problem, {0: [1]}, {0: [1, 2]}) == []
    assert broken(problem, {0: [1]}, {1: [1]}) == [(Rule.SKILL, 1)]


@pytest.mark.parametrize("locked", [(), (accepted(1),)])
def test_by_how_much_is_what_is_beyond_the_limit(locked: tuple[LockedVisit, ...]) -> None:
    problem = line(
        [crew(0, shift=(0, 30), locked=locked)],
        [task(1, 10, window=(0, 5), minutes=30), task(2, 10, minutes=60)],
    )
    plan = plan_of(problem, {crew_id(0): [task_id(1), task_id(2)]}, "test")

    found = {v.rule: v.amount for v in violations(problem, plan)}

    # Ten minutes' drive and the half hour are forgiven where they are promised, for a second.
    if locked:
        assert found == {Rule.SHIFT: 100 * 60 - 40 * 60 - 1}
    else:
        assert found == {Rule.WINDOW: 5 * 60, Rule.SHIFT: 100 * 60 - 30 * 60}
