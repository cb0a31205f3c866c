"""What one judge of feasibility says, all of them say, with any rule on or off."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dispatch.checker import violations
from dispatch.engine.instant.clock import feasible
from dispatch.engine.routing import accepts, solve
from dispatch.engine.timeline import numbers, plan_of, schedule
from dispatch.problem import Problem
from tests.dispatch.oracle import holds
from tests.dispatch.rules import days, often, orders


@often(150)
@given(st.data())
def test_routes_are_timed_exactly_when_times_exist_and_the_checker_agrees(
    data: st.DataObject,
) -> None:
    problem = data.draw(days())
    routes = data.draw(orders(problem))
    view = numbers(problem)

    lines = schedule(view, routes)

    if lines is not None:
        plan = plan_of(problem, view, lines, "drawn", 0.0)
        assert violations(problem, plan) == ()
    assert (lines is not None) == holds(problem, routes)


@often(150)
@given(st.data())
def test_the_kernels_clock_agrees_with_the_timelines_but_on_breaks(data: st.DataObject) -> None:
    problem = data.draw(days(without=("breaks",)))
    routes = data.draw(orders(problem))

    assert feasible(problem, routes) == (schedule(numbers(problem), routes) is not None)


@often(100)
@given(st.data())
def test_the_kernels_clock_keeps_no_route_that_the_timelines_cannot(data: st.DataObject) -> None:
    problem = data.draw(days())
    routes = data.draw(orders(problem))

    assert not feasible(problem, routes) or schedule(numbers(problem), routes) is not None


@often(60)
@given(st.data())
def test_or_tools_takes_a_route_that_holds_and_none_that_does_not(data: st.DataObject) -> None:
    # Set-ups and titles that end during the day it holds on the safe side, breaks on the spot not.
    problem = data.draw(days(without=("setup", "titles", "people", "permits", "breaks")))
    routes = data.draw(orders(problem))

    assert accepts(problem, routes) == (schedule(numbers(problem), routes) is not None)


@often(60)
@given(st.data())
def test_or_tools_never_takes_a_route_that_our_timelines_cannot_keep_but_at_a_hull(
    data: st.DataObject,
) -> None:
    problem = data.draw(days(without=("people", "permits", "titles")))
    routes = data.draw(orders(problem))

    if accepts(problem, routes):
        assert schedule(numbers(problem), routes) is not None


@often(40)
@given(days(), st.integers(0, 9))
def test_every_plan_passes_the_checker_and_a_warm_one_is_never_worse(
    problem: Problem, seed: int
) -> None:
    cold = solve(problem, seconds=0.3, seed=seed)
    warm = solve(problem, seconds=0.3, seed=seed, previous=cold)

    assert violations(problem, cold) == ()
    assert violations(problem, warm) == ()
    assert warm.cost <= cold.cost


@often(15)
@given(days(), st.integers(0, 9))
def test_the_same_seed_gives_the_same_plan(problem: Problem, seed: int) -> None:
    plans = [replace(solve(problem, seconds=5, seed=seed), seconds=0.0) for _ in range(2)]

    assert plans[0] == plans[1]
