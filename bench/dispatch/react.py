"""`bench react`, `bench probe`, `bench loop-lag`: what somebody waits for while a day runs."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from bench.dispatch.days import MORNING, made_day
from bench.dispatch.live_day import opened_day
from bench.report import Report, percentile
from dispatch.checker import violations
from dispatch.engine.explanation import candidates, why_assigned
from dispatch.engine.instant.clock import Ride, schedule, time_route
from dispatch.engine.instant.mending import carried_over
from dispatch.engine.instant.probing import Prober
from dispatch.engine.instant.sheet import Sheet
from dispatch.engine.instant.solving import solve
from dispatch.engine.kernel.solving import warm
from dispatch.engine.pool import SolverPool
from dispatch.problem import Plan, Problem

Tick = Callable[[str, float, float], None]
_MORNING_S = 5.0
_COLD_S = 3.0
# So many events are also solved anew without ties to the plan that stands.
_COMPARED = 6
_LAG_STEP_S = 0.002


@dataclass(frozen=True, slots=True)
class LivePlan:
    crews: int = 50
    tasks: int = 500
    events: int = 300
    seed: int = 1


async def run_react(plan: LivePlan, tick: Tick) -> Report:
    """From an event to the checked plan, and how calm the day stays."""
    took, told, moved, frozen_moves, ratios = [], [], [], 0, []
    broken = 0
    first = made_day(plan.crews, plan.tasks, plan.seed)
    async with SolverPool() as pool:
        day = opened_day(first, await pool.solve(first, _MORNING_S, way="kernel"), plan.seed)
        step = timedelta(hours=7) / plan.events
        for event in range(plan.events):
            now = MORNING + (event + 1) * step
            _, touched = day.happen(now)
            began = time.perf_counter()
            problem = day.problem(now)
            new = await pool.solve(problem, 1.0, previous=day.plan, way="repair")
            broken += bool(await asyncio.to_thread(violations, problem, new))
            took.append(1000 * (time.perf_counter() - began))
            await asyncio.to_thread(_given, problem, day.plan, new)
            told.append(1000 * (time.perf_counter() - began))
            share, unfrozen = _moves(problem, day.plan, new, touched)
            moved.append(share)
            frozen_moves += unfrozen
            if event % max(1, plan.events // _COMPARED) == 0:
                ratios.append(await _ratio(pool, problem, new))
            day.plan = new
            tick("events", event + 1, plan.events)
    figures = {
        "p50_ms": percentile([(one, 1.0) for one in took], 0.5),
        "p99_ms": percentile([(one, 1.0) for one in took], 0.99),
        "with_reasons_p50_ms": percentile([(one, 1.0) for one in told], 0.5),
        "with_reasons_p99_ms": percentile([(one, 1.0) for one in told], 0.99),
        "broken_plans": broken,
        "moved_untouched_pct": 100 * sum(moved) / len(moved),
        "moved_untouched_worst_pct": 100 * max(moved),
        "frozen_moves": frozen_moves,
        "cost_to_unrestricted": sum(ratios) / len(ratios),
        "events": len(took),
    }
    goals = {
        "p50_ms": "<= 150",
        "p99_ms": "<= 500",
        "moved_untouched_pct": "<= 5",
        "frozen_moves": "== 0",
        "broken_plans": "== 0",
    }
    notes = (
        "from the event to a plan that passed the checker twice, in the worker and in the loop: "
        "building the problem with its travel matrix and both pickles are in it, the database "
        "and the debounce are not; with_reasons: and why each task went to its new crew",
        "cost_to_unrestricted: without move tax, over a cold solve of 3 s that may move everything",
    )
    return Report("react", figures, {}, goals, notes)


def _given(problem: Problem, old: Plan, new: Plan) -> None:
    """Find why tasks go to a new crew, as the live loop does before it publishes."""
    before = {v.task_id: route.crew_id for route in old.routes for v in route.visits}
    after = {v.task_id: route.crew_id for route in new.routes for v in route.visits}
    why_assigned(problem, new, {t: c for t, c in after.items() if before.get(t) != c})


def _moves(problem: Problem, old: Plan, new: Plan, touched: set[UUID]) -> tuple[float, int]:
    """Return the share of untouched tasks that changed crew, and the frozen ones that did."""
    before = {v.task_id: route.crew_id for route in old.routes for v in route.visits}
    after = {v.task_id: route.crew_id for route in new.routes for v in route.visits}
    frozen = {v.task_id for c in problem.crews for v in c.locked if v.state == "frozen"}
    free = [task.id for task in problem.tasks if task.id in before and task.id not in touched]
    changed = [task for task in free if after.get(task) != before[task]]
    return len(changed) / max(1, len(free)), len(frozen.intersection(changed))


async def _ratio(pool: SolverPool, problem: Problem, plan: Plan) -> float:
    untied = replace(
        problem, tasks=tuple(replace(task, previous_crew=None) for task in problem.tasks)
    )
    cold = await pool.solve(untied, _COLD_S, way="kernel")
    homes = {task.id: task.previous_crew for task in problem.tasks}
    tax = sum(
        problem.move_tax_s
        for route in plan.routes
        for visit in route.visits
        if homes[visit.task_id] not in (None, route.crew_id)
    )
    return (plan.cost - tax) / cold.cost


def run_probe(plan: LivePlan, tick: Tick) -> Report:
    """Time the question who could take a task, and check the answer by brute force."""
    warm()
    problem = made_day(plan.crews, plan.tasks, plan.seed)
    standing = solve(problem, seconds=_MORNING_S, seed=plan.seed)
    began = time.perf_counter()
    prober = Prober(problem, standing)
    built_ms = 1000 * (time.perf_counter() - began)
    ids = [task.id for task in problem.tasks]
    asked = [ids[i * len(ids) // plan.events] for i in range(min(plan.events, len(ids)))]
    took, explained, wrong = [], [], 0
    for number, task_id in enumerate(asked, 1):
        began = time.perf_counter()
        found = prober.candidates(task_id)
        took.append(1000 * (time.perf_counter() - began))
        if number % 10 == 0:
            best = _brute_force(problem, standing, task_id)
            wrong += (best is None) != (not found) or (
                best is not None and abs(best - found[0].added_s) > 1e-6
            )
            began = time.perf_counter()
            candidates(problem, standing, problem.tasks[ids.index(task_id)])
            explained.append(1000 * (time.perf_counter() - began))
        tick("questions", number, len(asked))
    figures = {
        "p50_ms": percentile([(one, 1.0) for one in took], 0.5),
        "p99_ms": percentile([(one, 1.0) for one in took], 0.99),
        "build_ms": built_ms,
        "with_reasons_p50_ms": percentile([(one, 1.0) for one in explained], 0.5),
        "wrong_top_choices": wrong,
        "questions": len(took),
        "compared": len(asked) // 10,
    }
    goals = {"p99_ms": "<= 10", "wrong_top_choices": "== 0"}
    notes = (
        "a question to a prober that read the plan once (build_ms); with_reasons: a question with "
        "every crew's reasons and relaxations, the plan laid out anew, as REST asks it",
    )
    return Report("probe", figures, {}, goals, notes)


def _brute_force(problem: Problem, plan: Plan, task_id: UUID) -> float | None:
    """Return what the task adds at the best of all places, every one timed exactly."""
    sheet = Sheet(problem)
    task = sheet.row[task_id]
    orders = [[one for one in order if one != task] for order in carried_over(sheet, plan)]
    rides = schedule(sheet, orders)
    assert isinstance(rides, list)
    best: float | None = None
    for crew, order in enumerate(orders):
        if not sheet.allowed(task, crew):
            continue
        for at in range(len(order) + 1):
            ride = time_route(sheet, crew, [*order[:at], task, *order[at:]], {})
            if isinstance(ride, Ride):
                added = (ride.cost - rides[crew].cost) / 1000
                best = added if best is None else min(best, added)
    return best


async def run_loop_lag(plan: LivePlan, tick: Tick) -> Report:
    """The loop's stalls while a worker solves, beyond those of an idle loop in the same run."""
    problem = made_day(plan.crews, plan.tasks, plan.seed)
    async with SolverPool() as pool:
        idle, busy = [], []
        rounds = 6
        for number in range(rounds):
            idle += await _lags(asyncio.sleep(1.5))
            busy += await _lags(pool.solve(problem, 1.5, seed=number, way="kernel"))
            tick("rounds", number + 1, rounds)
    shares = [percentile([(one, 1.0) for one in lags], 0.999) for lags in (idle, busy)]
    figures = {
        "idle_p999_ms": shares[0],
        "solving_p999_ms": shares[1],
        "excess_p999_ms": shares[1] - shares[0],
        "looks": len(busy),
    }
    return Report("loop-lag", figures, {}, {"excess_p999_ms": "<= 20"})


async def _lags(awaited: Coroutine[Any, Any, object]) -> list[float]:
    """Return how late a timer of 2 ms fired while something was awaited, in milliseconds."""
    lags: list[float] = []
    task = asyncio.ensure_future(awaited)
    while not task.done():
        began = time.perf_counter()
        await asyncio.sleep(_LAG_STEP_S)
        lags.append(1000 * (time.perf_counter() - began - _LAG_STEP_S))
    await task
    return lags
