"""`bench sync` and `bench breaks`: the rules that no routing library of the peers holds whole."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

from bench.dispatch.days import made_day
from bench.dispatch.files.hhcrsp import SCALE, given_routes, read_hhcrsp
from bench.dispatch.races import RacePlan, Tick
from bench.dispatch.samples import files_of, folder_of, told_source
from bench.report import Report
from dispatch.checker import violations
from dispatch.engine.instant.solving import solve
from dispatch.engine.kernel.solving import warm
from dispatch.problem import Order, Plan, Problem, Together


def run_sync(plan: RacePlan, tick: Tick) -> Report:
    """Two crews at once or in order: feasible by the checker, beside the solutions given."""
    warm()
    folder = folder_of(plan.folder, "hhcrsp")
    paths = files_of(folder, "Instanz*.json", plan.limit) if folder else []
    days: list[tuple[Problem, Path | None]] = [(read_hhcrsp(path), path) for path in paths]
    days = days or [(_paired(seed), None) for seed in (1, 2, 3)]
    broken, left, tasks, ratios = 0, 0, 0, []
    for number, (problem, path) in enumerate(days, 1):
        found = solve(problem, seconds=plan.seconds[0], seed=plan.seed)
        broken += bool(violations(problem, found))
        left += len(found.unassigned)
        tasks += len(problem.tasks)
        if path is not None and not found.unassigned:
            for solution in sorted(path.parent.glob(f"sol-{path.stem}-*.json"))[:1]:
                driven, in_time = given_routes(path, solution)
                if in_time:
                    ratios.append(_driven(problem, found) / SCALE / driven)
        tick("instances", number, len(days))
    figures: dict[str, float] = {
        "instances": len(days),
        "broken_plans": broken,
        "left_out_pct": 100 * left / max(1, tasks),
        "compared": len(ratios),
    }
    if ratios:
        figures["travel_to_given"] = sum(ratios) / len(ratios)
    notes = (
        told_source(folder),
        "windows are hard here and may be missed at a price there: only solutions given that miss "
        "none, and instances planned in full, are compared, by travel",
    )
    return Report("sync", figures, {}, {"broken_plans": "== 0"}, notes)


def run_breaks(plan: RacePlan, tick: Tick) -> Report:
    """What the legal breaks cost: the same days with and without them, all plans checked."""
    warm()
    broken, missing, costs, left = 0, 0, [0, 0], [0, 0]
    for seed in range(1, 4):
        for with_breaks in (False, True):
            problem = made_day(20, 150, seed, breaks=with_breaks)
            found = solve(problem, seconds=plan.seconds[0], seed=plan.seed)
            broken += bool(violations(problem, found))
            costs[with_breaks] += found.cost
            left[with_breaks] += len(found.unassigned)
            if with_breaks:
                missing += sum(
                    not route.breaks and route.visits[-1].end_at > crew.breaks[-1].latest_at
                    for route, crew in zip(found.routes, problem.crews, strict=True)
                    if route.visits
                )
        tick("days", seed, 3)
    figures = {
        "broken_plans": broken,
        "breaks_missing": missing,
        "cost_to_without": costs[True] / costs[False],
        "left_out_without": left[False],
        "left_out_with": left[True],
    }
    return Report("breaks", figures, {}, {"broken_plans": "== 0", "breaks_missing": "== 0"})


def _driven(problem: Problem, plan: Plan) -> int:
    """Return the seconds driven, the ways back included."""
    row = {task.id: i for i, task in enumerate(problem.tasks)}
    total = sum(visit.travel_s for route in plan.routes for visit in route.visits)
    for number, route in enumerate(plan.routes):
        end = problem.end_place(number)
        if route.visits and end is not None:
            total += int(problem.travel[row[route.visits[-1].task_id], end])
    return total


def _paired(seed: int) -> Problem:
    """Return a made day on which some tasks want two crews at once, and some come in order."""
    problem = made_day(6, 40, seed)
    ids: list[UUID] = [task.id for task in problem.tasks]
    pairs = [Together((ids[i], ids[i + 1])) for i in range(0, 8, 2)]
    orders = [Order(ids[i], ids[i + 1], 600) for i in range(10, 18, 2)]
    return replace(problem, links=(*pairs, *orders))
