from itertools import permutations, product
from random import Random

import numpy as np
import pytest

from bench.dispatch.case import Case, Routes
from bench.dispatch.files.field_day import field_day_case
from bench.dispatch.judge import judge
from bench.dispatch.samples import made_field_day
from bench.dispatch.solvers.by_kernel import instance_of
from dispatch.engine.kernel.solving import answer, opened, search


def small(seed: int, crews: int = 2, tasks: int = 5) -> Case:
    return field_day_case(made_field_day(crews, tasks, seed), "small")


def cheapest(case: Case) -> float:
    """Try every way to give the tasks to the crews, in every order."""
    n, k = case.size
    best = float("inf")
    for owners in product(range(-1, k), repeat=n):
        routes = [[task for task in range(n) if owners[task] == crew] for crew in range(k)]
        cost = 0.0
        for crew, mine in enumerate(routes):
            alone = []
            for order in permutations(mine):
                only = [list(order) if other == crew else [] for other in range(k)]
                verdict = judge(case, only)
                if not verdict.faults:
                    alone.append(verdict.cost)
            if not alone:
                break
            cost += min(alone) - judge(case, [[] for _ in range(k)]).cost
        else:
            best = min(best, cost)
    return best + judge(case, [[] for _ in range(k)]).cost


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_small_day_is_solved_to_the_optimum(seed: int) -> None:
    case = small(seed)

    found = search(instance_of(case), 10.0, seed=seed, rounds=2000)

    verdict = judge(case, found.routes)
    assert verdict.faults == ()
    assert verdict.cost == found.cost == cheapest(case)


def test_every_route_passes_the_judge_where_the_time_out_is_limited() -> None:
    chance = Random(5)
    for seed in range(4):
        plain = small(seed, crews=4, tasks=30)
        longest = plain.limit.copy()
        longest[:] = chance.randint(4_000, 16_000)
        case = Case(
            **{name: getattr(plain, name) for name in Case.__slots__} | {"longest": longest}
        )

        found = search(instance_of(case), 10.0, seed=seed, rounds=300)

        assert judge(case, found.routes).faults == ()
        assert judge(case, found.routes).cost == found.cost


def test_the_same_seed_and_rounds_give_the_same_routes() -> None:
    instance = instance_of(small(7, crews=5, tasks=40))

    first, again = (search(instance, 10.0, seed=3, rounds=500) for _ in range(2))
    other = search(instance, 10.0, seed=4, rounds=500)

    assert first.routes == again.routes
    assert first.routes != other.routes


def test_a_search_from_given_routes_is_never_worse() -> None:
    instance = instance_of(small(9, crews=5, tasks=40))
    given = search(instance, 10.0, seed=1, rounds=200)

    warm = search(instance, 10.0, seed=2, rounds=50, routes=given.routes)

    assert warm.cost <= given.cost


def towns(tasks: int, room: int) -> Case:
    """Two towns far apart with so many tasks each, a crew in either that has room for so many."""
    x = np.array([*range(tasks), *range(10_000, 10_000 + tasks), 0, 10_000, 0, 10_000])
    travel = np.abs(x[:, None] - x[None]).astype(np.int32)
    n = 2 * tasks
    crew, task = np.ones(2, dtype=np.int32), np.ones(n, dtype=np.int32)
    return Case(
        name="towns",
        travel=travel,
        exact=travel.astype(np.float64),
        scale=1,
        start=np.array([n, n + 1], dtype=np.int32),
        end=np.array([n + 2, n + 3], dtype=np.int32),
        depart=0 * crew,
        limit=1_000_000 * crew,
        capacity=room * crew,
        service=task,
        demand=task,
        opens=0 * task,
        closes=1_000_000 * task,
        allowed=np.ones((n, 2), dtype=np.bool_),
    )


def test_of_many_tasks_one_whose_neighbours_routes_are_full_goes_to_a_route_far_away() -> None:
    case = towns(tasks=300, room=305)
    here: Routes = [[*range(295), *range(300, 310)], [*range(310, 600)]]

    state = opened(instance_of(case), 1, here)

    found = answer(state, 0, 0.0)
    assert found.left == []
    assert judge(case, found.routes).faults == ()
