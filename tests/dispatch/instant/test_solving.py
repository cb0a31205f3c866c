from dataclasses import replace
from uuid import UUID

import pytest

from dispatch.checker import counted_cost, violations
from dispatch.engine import greedy, portfolio
from dispatch.engine.instant.clock import feasible
from dispatch.engine.instant.solving import repair, solve
from dispatch.problem import Credential, LockedVisit, Member, Plan, Problem, Requirement
from fieldops.errors import Unavailable
from tests.dispatch.cases import accepted, crew, crew_id, line, orders_of, task, task_id
from tests.dispatch.ruled import RULES, ruled
from tests.dispatch.rules import shared

DAYS = shared(150)


def test_a_plan_of_any_day_passes_the_checker() -> None:
    refused = 0
    for seed in range(DAYS):
        problem = ruled(seed)
        try:
            plan = solve(problem, seconds=5, seed=seed, rounds=40)
        except Unavailable:  # promises at odds with each other
            refused += 1
            continue

        assert violations(problem, plan) == (), seed
        assert counted_cost(problem, plan) == plan.cost
    assert refused <= DAYS // 30


@pytest.mark.parametrize("rule", sorted(RULES))
def test_each_rule_by_itself_is_kept(rule: str) -> None:
    for seed in range(5):
        problem = ruled(seed, {rule}, tasks=8)

        plan = solve(problem, seconds=5, seed=1, rounds=40)

        assert violations(problem, plan) == (), seed


def test_a_crew_that_lacks_a_skill_hides_the_task_from_no_other() -> None:
    problem = line([crew(0), crew(1, skills=["cable"])], [task(0, 10, skills=["cable"])])

    plan = solve(problem, seconds=5, rounds=10)

    assert orders_of(plan) == {crew_id(0): [], crew_id(1): [task_id(0)]}


def test_the_same_seed_and_rounds_give_the_same_plan() -> None:
    problem = ruled(3)

    first, again = (solve(problem, seconds=5, seed=7, rounds=60) for _ in range(2))

    assert (first.routes, first.unassigned) == (again.routes, again.unassigned)


def test_warm_is_never_worse_than_the_plan_mended() -> None:
    for seed in range(30):
        problem = ruled(seed, RULES - {"locks"})
        first = solve(problem, seconds=5, seed=1, rounds=20)

        warm = solve(problem, seconds=5, seed=2, rounds=20, previous=first)

        assert warm.cost <= first.cost, seed


def test_greedy_keeps_every_rule_and_is_no_better_than_the_kernel() -> None:
    sums = [0, 0]
    for seed in range(30):
        problem = ruled(seed, RULES - {"locks"})
        plain = greedy.solve(problem, seconds=0.0)

        assert violations(problem, plain) == (), seed
        sums[0] += plain.cost
        sums[1] += solve(problem, seconds=5, rounds=100).cost
    assert sums[1] <= sums[0]


def published(problem: Problem, plan: Plan) -> Problem:
    """Return the problem after the plan was published: who has each task now."""
    homes = {v.task_id: route.crew_id for route in plan.routes for v in route.visits}
    tasks = tuple(replace(task, previous_crew=homes.get(task.id)) for task in problem.tasks)
    return replace(problem, tasks=tasks)


def test_a_repair_places_what_is_new_and_moves_next_to_nothing() -> None:
    crews = [crew(i, x=10 * i) for i in range(6)]
    tasks = [task(i, (i * 7) % 60, minutes=20) for i in range(40)]
    before = solve(line(crews, tasks), seconds=5, seed=1, rounds=2000)
    urgent = task(99, 31, (0, 120), priority=1)
    problem = published(line(crews, [*tasks, urgent]), before)

    after = repair(problem, seconds=5, previous=before, rounds=300)

    assert violations(problem, after) == ()
    assert after.unassigned == ()
    home = {task: crew for crew, tasks in orders_of(before).items() for task in tasks}
    moved = [
        task
        for crew, tasks in orders_of(after).items()
        for task in tasks
        if home.get(task, crew) != crew
    ]
    assert len(moved) <= 2


def test_nothing_comes_before_frozen_work() -> None:
    held = (LockedVisit(task_id(0), "frozen"), accepted(1))
    problem = line(
        [crew(0, locked=held), crew(1, x=90)],
        [task(0, 50), task(1, 60), task(2, 1), task(3, 55)],
    )

    plan = solve(problem, seconds=5, rounds=100)

    assert violations(problem, plan) == ()
    assert orders_of(plan)[crew_id(0)][0] == task_id(0)
    assert plan.unassigned == ()


def test_only_what_the_checker_lets_pass_comes_back() -> None:
    problem = line([crew(0)], [task(0, 10), task(1, 5)])
    plan = portfolio.solve(problem, seconds=0.1)
    assert violations(problem, plan) == ()

    def lying(problem: Problem, **rest: object) -> Plan:
        return replace(plan, cost=plan.cost - 1)

    with pytest.raises(Unavailable, match="the checker refused kernel's plan: cost"):
        portfolio.alone(lying)(problem, seconds=0.1)


def test_work_that_no_crew_is_there_for_is_left_out() -> None:
    problem = line([], [task(0, 10), task(1, 5)])

    for solver in (solve, repair, greedy.solve):
        plan = solver(problem, seconds=0.1)
        assert (len(plan.unassigned), violations(problem, plan)) == (2, ())


def test_a_solver_that_crashes_leaves_the_plan_to_the_next() -> None:
    problem = line([crew(0)], [task(0, 10), task(1, 5)])

    def crashing(problem: Problem, **rest: object) -> Plan:
        raise IndexError("index 7 is out of bounds")

    def rambling(problem: Problem, **rest: object) -> Plan:
        return portfolio.solve(line([crew(3)], [task(9, 1)]), seconds=0.1)

    plans = [portfolio.raced(problem, seconds=0.2, first=each) for each in (crashing, rambling)]

    assert [violations(problem, plan) for plan in plans] == [(), ()]
    assert [plan.unassigned for plan in plans] == [(), ()]
    with pytest.raises(Unavailable, match="failed: IndexError"):
        portfolio.alone(crashing)(problem, seconds=0.1)


def test_promised_work_is_kept_though_it_is_more_than_the_crew_can_carry() -> None:
    laden = crew(0, capacity=2, locked=(accepted(0), accepted(1)))
    problem = line([laden], [task(0, 5, demand=1), task(1, 9, demand=2), task(2, 12, demand=1)])

    assert feasible(problem, [(0, 1)])
    assert not feasible(problem, [(0, 1, 2)])


def test_what_nobody_can_do_any_more_is_no_reason_to_plan_anew() -> None:
    over = [task(i, 5, window=(-60, -1)) for i in range(4, 8)]
    problem = line([crew(0)], [task(0, 5), task(1, 9), *over])
    first = solve(problem, seconds=5, rounds=40)

    again = repair(problem, seconds=5, previous=first, rounds=40)

    assert again.solver == "repair"
    assert orders_of(again) == orders_of(first)
    assert {item.task_id for item in again.unassigned} == {one.id for one in over}


def test_everybody_there_must_hold_the_title_of_work_that_takes_no_time() -> None:
    able = Member(UUID(int=1), credentials=(Credential("caces", "B1"),))
    mixed = crew(0, people=(able, Member(UUID(int=2))))
    wanted = Requirement("caces", "B1", members=None)
    problem = line([mixed], [task(0, 5, minutes=0, credentials=(wanted,))])

    assert not feasible(problem, [(0,)])
