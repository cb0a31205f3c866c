from dataclasses import replace

import pytest

from dispatch.checker import violations
from dispatch.engine.instant.clock import Ride, time_route
from dispatch.engine.instant.mending import carried_over
from dispatch.engine.instant.probing import Prober
from dispatch.engine.instant.sheet import Sheet
from dispatch.engine.instant.solving import solve
from dispatch.problem import Plan, Problem
from fieldops.errors import NotFound
from tests.dispatch.cases import crew, crew_id, line, task, task_id
from tests.dispatch.ruled import RULES, ruled


def cheapest(problem: Problem, plan: Plan, number: int) -> dict[int, float]:
    """Try every place of every crew, each timed exactly."""
    sheet = Sheet(problem)
    orders = [[t for t in order if t != number] for order in carried_over(sheet, plan)]
    best: dict[int, float] = {}
    for c, order in enumerate(orders):
        before = time_route(sheet, c, order, {})
        for at in range(sheet.crews[c].frozen, len(order) + 1):
            after = time_route(sheet, c, [*order[:at], number, *order[at:]], {})
            if sheet.allowed(number, c) and isinstance(after, Ride) and isinstance(before, Ride):
                best[c] = min(best.get(c, 1e18), (after.cost - before.cost) / 1000)
    return best


def test_every_crew_is_offered_at_its_cheapest_place() -> None:
    plain = RULES - {"links", "locks", "breaks", "setup", "route", "soft"}
    for seed in range(25):
        problem = ruled(seed, plain)
        plan = solve(problem, seconds=5, seed=1, rounds=30)
        prober = Prober(problem, plan)
        for number in range(3):
            found = prober.candidates(task_id(number))

            wanted = cheapest(problem, plan, number)
            rows = {crew.id: c for c, crew in enumerate(problem.crews)}
            assert {rows[one.crew_id]: one.added_s for one in found} == pytest.approx(wanted)
            assert list(found) == sorted(found, key=lambda one: (one.added_s, one.start_at))


def test_a_candidate_says_whom_it_delays() -> None:
    problem = line([crew(0), crew(1, x=400, shift=(0, 10))], [task(0, 10), task(1, 5)])
    plan = solve(replace(problem, tasks=problem.tasks), seconds=5, rounds=20)
    assert violations(problem, plan) == ()

    (found,) = Prober(problem, plan).candidates(task_id(1))

    assert (found.crew_id, found.position, found.delayed) == (crew_id(0), 0, 1)
    assert found.delay_s == 30 * 60


def test_a_task_that_is_not_there_is_not_found() -> None:
    problem = line([crew(0)], [task(0, 10)])

    with pytest.raises(NotFound, match="not in the problem"):
        Prober(problem, solve(problem, seconds=5, rounds=5)).candidates(task_id(9))
