"""Reasons and relaxations against an oracle that knows neither: lift what is named, insert."""

from hypothesis import given
from hypothesis import strategies as st

from dispatch.engine.explanation import candidates, explained
from dispatch.engine.explanation.lifting import TITLES, pair_of
from dispatch.engine.timeline import filled, numbers, plan_of, schedule
from dispatch.problem import Code, Plan, Problem
from tests.dispatch.easing import eased, fits, fits_with_partners
from tests.dispatch.oracle import Routes
from tests.dispatch.rules import days, often, orders

_LINKS = {Code.ORDER, Code.TOGETHER, Code.SAME_CREW}
# Judged on the plan's own day; reasons of the hour on an empty one.
_ANY_HOUR = {Code.PRIORITY, Code.LOCKED, Code.DECLINED, *TITLES, *_LINKS}


def drawn(data: st.DataObject, *, with_links: bool = False) -> tuple[Problem, Plan, Routes]:
    """Draw a day and a plan of it that holds and has a task left out.

    Linked tasks may find room only where their partners move too, which is not one insertion: so
    days are unlinked, but where links are what is asked about.
    """
    problem = data.draw(days(also=("links",)) if with_links else days(without=("links",)))
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
def test_a_rule_alone_that_is_lifted_lets_the_task_in(data: st.DataObject) -> None:
    problem, plan, routes = drawn(data)

    for item in explained(problem, plan).unassigned:
        task = next(i for i, other in enumerate(problem.tasks) if other.id == item.task_id)
        for crew, subject in enumerate(problem.crews):
            reasons = [reason for reason in item.reasons if reason.crew_id == subject.id]
            codes = {reason.code for reason in reasons}
            if len(codes) != 1:
                continue
            # Reasons of the hour judge an empty day; on the plan's own, promises may stand too.
            kept = routes
            if not codes <= _ANY_HOUR or not _bars_always(problem, crew, task, codes):
                kept = [() if c == crew else tasks for c, tasks in enumerate(routes)]
                if subject.locked:
                    continue
            ways = eased(problem, kept, crew, task, reasons)
            assert any(fits(*way, crew, task) for way in ways)


@often(80)
@given(st.data())
def test_a_link_that_is_named_and_lifted_lets_the_task_in(data: st.DataObject) -> None:
    problem, plan, routes = drawn(data, with_links=True)

    for item in plan.unassigned:
        task = next(i for i, other in enumerate(problem.tasks) if other.id == item.task_id)
        for candidate in candidates(problem, plan, problem.tasks[task], relaxed=False):
            crew = next(c for c, o in enumerate(problem.crews) if o.id == candidate.crew_id)
            codes = {reason.code for reason in candidate.reasons}
            if not codes or not codes <= _LINKS:
                continue
            assert not fits(problem, routes, crew, task)
            ((free, kept),) = eased(problem, routes, crew, task, candidate.reasons)
            assert fits_with_partners(free, kept, crew, task)


def _bars_always(problem: Problem, crew: int, task: int, codes: set[Code]) -> bool:
    """Say whether a rule about who may do the work leaves no hour at all: of those that leave some
    it is told on an empty day, where only the hours they leave stand in the way."""
    return not codes & set(TITLES) or codes <= set(pair_of(problem, crew, task).refused)
