"""Run the kernel against the clock: construct, anneal from warm to cold, return the best routes."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from time import perf_counter

import numpy as np

from dispatch.engine.kernel.building import DISPATCH_WEIGHTS, built
from dispatch.engine.kernel.instance import PENALTY, UNIT, Instance
from dispatch.engine.kernel.search import anneal, construct, survey
from dispatch.engine.kernel.state import (
    BEST,
    BEST_TOTAL,
    COST,
    COUNT,
    NOW,
    TASK,
    TOTAL,
    State,
    empty_state,
)

Routes = list[list[int]]
# One look at the clock in about so many seconds.
GLANCE_S = 0.005
_FIRST_ROUNDS = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """Routes by crew, the tasks left out, the cost with penalties, rounds of search done."""

    routes: Routes
    left: list[int]
    cost: int
    rounds: int
    seconds: float


def search(
    instance: Instance,
    seconds: float,
    *,
    seed: int = 0,
    routes: Sequence[Sequence[int]] | None = None,
    heat: tuple[float, float] = (4.0, 0.1),
    rounds: int | None = None,
) -> Answer:
    """Search for the cheapest routes, from those given if any, which must be feasible.

    heat: first and last temperature as multiples of the mean cost of a placed task.
    rounds: stop after so many at the latest; a search that they end is the same on any machine.
    """
    began = perf_counter()
    state = opened(instance, seed, routes)
    done, size = 0, _FIRST_ROUNDS
    while (spent := perf_counter() - began) < seconds and done < (rounds or done + 1):
        share = spent / seconds
        if rounds is not None:
            size, share = min(_FIRST_ROUNDS, rounds - done), done / rounds
        warmth = exp(log(heat[0]) * (1 - share) + log(heat[1]) * share)
        anneal(instance, state, size, warmth * mean_hop(state))
        done += size
        took = perf_counter() - began - spent
        size = int(min(4 * size, max(8, size * GLANCE_S / max(took, 1e-6))))
    return answer(state, done, perf_counter() - began)


def mean_hop(state: State) -> float:
    """Return the mean cost of a task that is placed."""
    placed = int(state.routes[NOW, :, COUNT].sum())
    return max(1.0, float(state.routes[NOW, :, COST].sum()) / max(1, placed))


def opened(
    instance: Instance,
    seed: int,
    routes: Sequence[Sequence[int]] | None,
    *,
    fill: bool = True,
) -> State:
    """Return a state with the routes given, if `fill` with every other task that fits in."""
    state = empty_state(instance, seed)
    refusals = instance.tasks[0, :, PENALTY].astype(np.int64) * int(instance.rules[UNIT])
    state.totals[TOTAL] = refusals.sum()
    for crew, tasks in enumerate(routes or ()):
        state.visits[NOW, crew, : len(tasks), TASK] = tasks
        state.routes[NOW, crew, COUNT] = len(tasks)
        state.totals[TOTAL] -= refusals[list(tasks)].sum()
    construct(instance, state, fill)
    return state


def answer(state: State, rounds: int, seconds: float) -> Answer:
    counts = state.routes[NOW, :, BEST]
    routes = [state.best[crew, :count].tolist() for crew, count in enumerate(counts)]
    placed = {task for route in routes for task in route}
    left = [task for task in range(len(state.places)) if task not in placed]
    return Answer(routes, left, int(state.totals[BEST_TOTAL]), rounds, seconds)


def warm() -> None:
    """Compile the kernel, or load it from disk, before anybody waits for it."""
    one = np.ones((1, 1), dtype=np.int32)
    row = np.zeros(1, dtype=np.int32)
    instance = built(
        travel=np.zeros((1, 3, 3), dtype=np.int32),
        vehicle=row,
        start=row + 1,
        end=row + 2,
        depart=row,
        limit=row + 9,
        opens=one[None],
        closes=one[None],
        service=row,
        penalty=row + 1,
        pair=one,
        weights=DISPATCH_WEIGHTS,
    )
    state = opened(instance, 0, None)
    anneal(instance, state, 1, 1.0)
    survey(instance, state, 0, np.zeros((1, 2), dtype=np.int64))
