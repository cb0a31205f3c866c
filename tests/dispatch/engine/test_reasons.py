"""Reasons and relaxations against an oracle that knows neither: lift what is named, insert."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dispatch.engine.explanation import candidates, explained
from dispatch.engine.timeline import filled, numbers, plan_of, schedule
from dispatch.problem import Code, Plan, Problem
from tests.dispatch.easing import eased, fits
from tests.dispatch.oracle import Routes
from tests.dispatch.rules import days, often, orders

# A crew whose members are not there cannot be made to by adding one; nor is a word about it enough.
_BEYOND = {Code.CREW_SIZE, Code.CREDENTIAL, Code.SKILL, Code.PERMIT}


def drawn(data: st.DataObject) -> tuple[Problem, Plan, Routes]:
    """Draw a day and a plan of it that holds and has a task left out, unlinked for a simple oracle.

    Linked tasks may find room only where their partners move too, which is not one insertion.
    """
    problem = data.draw(days(without=("links",)))
    view = numbers(problem)
    lines = schedule(view, data.draw(orders(problem)))
    if lines is None:
        lines = schedule(view, view.promised)
    assert lines is not None
    if data.draw(st.booleans()):
        lines = filled(view, lines)
    plan = plan_of(problem, view, lines, "drawn", 0.0)
    return problem, plan, [line.tasks for line in lines]


@often(80)
@given(st.data())
def test_a_crew_refuses_exactly_what_cannot_be_inserted(data: st.DataObject) -> None:
    problem, plan, routes = drawn(data)

    for item in plan.unassigned:
        task = next(i for i, other in enumerate(problem.tasks) if other.id == item.task_id)
        for candidate in candidates(problem, plan, problem.tasks[task], relaxed=False):
            crew = next(c for c, o in enumerate(problem.crews) if o.id == candidate.crew_id)
            assert candidate.feasible == fits(problem, routes, crew, task)
            assert candidate.feasible == (not candidate.reasons)


@often(80)
@given(st.data())
def test_what_a_relaxation_names_is_enough(data: st.DataObject) -> None:
    problem, plan, routes = drawn(data)

    for item in plan.unassigned:
        task = next(i for i, other in enumerate(problem.tasks) if other.id == item.task_id)
        for candidate in candidates(problem, plan, problem.tasks[task]):
            crew = next(c for c, o in enumerate(problem.crews) if o.id == candidate.crew_id)
            if candidate.relaxation is not None:
                changes = candidate.relaxation.changes
                assert changes
                assert candidate.relaxation.crew_id == candidate.crew_id
                ways = eased(problem, routes, crew, task, changes)
                assert any(fits(*way, crew, task) for way in ways)


@often(80)
@given(st.data())
def test_a_single_reason_that_is_lifted_lets_the_task_in(data: st.DataObject) -> None:
    problem, plan, routes = drawn(data)

    for item in explained(problem, plan).unassigned:
        task = next(i for i, other in enumerate(problem.tasks) if other.id == item.task_id)
        alone = Counter(reason.crew_id for reason in item.reasons)
        for reason in item.reasons:
            if alone[reason.crew_id] > 1 or reason.code in _BEYOND:
                continue
            crew = next(c for c, o in enumerate(problem.crews) if o.id == reason.crew_id)
            # Reasons of the hour judge an empty day; on the plan's own, promises may stand too.
            kept = routes
            if reason.code not in (Code.PRIORITY, Code.LOCKED, Code.DECLINED, Code.EQUIPMENT):
                kept = [() if c == crew else tasks for c, tasks in enumerate(routes)]
                if problem.crews[crew].locked:
                    continue
            ways = eased(problem, kept, crew, task, [reason])
            assert any(fits(*way, crew, task) for way in ways)
