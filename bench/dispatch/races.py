"""The benches on instances of the literature: Solomon, our own field days, site dependence."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from bench.dispatch.case import Case
from bench.dispatch.contest import Run, contest
from bench.dispatch.files.field_day import field_day_case, read_field_day
from bench.dispatch.files.site_dependent import read_site_dependent, read_solution
from bench.dispatch.files.solomon import parsed, read_solomon, solomon_case
from bench.dispatch.samples import (
    files_of,
    folder_of,
    made_field_day,
    made_solomon,
    told_source,
)
from bench.report import Report
from fieldops.errors import BadInput

Tick = Callable[[str, float, float], None]
_MEDIUM = 500


@dataclass(frozen=True, slots=True)
class RacePlan:
    """seconds: each budget in turn; limit: at most so many instances, spread over the names."""

    seconds: tuple[float, ...]
    folder: Path | None = None
    limit: int | None = None
    seed: int = 1
    peers: bool = True


def run_solomon(plan: RacePlan, tick: Tick) -> Report:
    """Mean distance gap to the best known, ours and the peers'."""
    folder = folder_of(plan.folder, "solomon")
    cases = _solomon_cases(folder, plan.limit)
    names = ("kernel", "pyvrp", "vroom", "ortools") if plan.peers else ("kernel",)
    runs, absent = raced(cases, names, plan, tick)
    known = {case.name: case.best_known for case in cases}
    gaps = _means(runs, lambda run: _gap(run, known[run.case]))
    bound = {1.0: 0.5, 5.0: 0.2}
    goals = {f"gap_pct_{s:g}s": f"<= {bound[s]}" for s in plan.seconds if folder and s in bound}
    notes = (
        told_source(folder),
        "distance in doubles, not truncated, against BKS.json's NAME_distance; every solver is "
        "given the same thousandths, rounded up; one thread each; a case not served in full "
        "counts as a gap of 100 %",
    )
    return _report("solomon", "gap_pct", gaps, absent, runs, goals, notes)


def run_field_day(plan: RacePlan, tick: Tick) -> Report:
    """Cost relative to VROOM's, exploration 5, at equal time."""
    folder = folder_of(plan.folder, "field_day")
    if folder:
        cases = [read_field_day(path) for path in files_of(folder, "*.json", plan.limit)]
    else:
        cases = [field_day_case(made_field_day(10, 60, seed), "made") for seed in (1, 2)]
    names = ("kernel", "vroom", "pyvrp", "ortools") if plan.peers else ("kernel", "vroom")
    runs, absent = raced(cases, names, plan, tick)
    base = {(run.case, run.budget_s): run.verdict.cost for run in runs if run.solver == "vroom"}
    sizes = {case.name: "{1}x{0}".format(*case.size) for case in cases}

    def ratio(run: Run) -> float | None:
        against = base.get((run.case, run.budget_s))
        return None if not against else run.verdict.cost / against

    ratios = _means(runs, ratio, lambda run: sizes[run.case])
    wanted = {"20x150_1s": 0.85, "50x500_5s": 0.75}
    goals = {f"ratio_{name}": f"<= {wanted[name]}" for name in ratios["kernel"] if name in wanted}
    notes = (told_source(folder), "cost relative to VROOM, exploration 5, same seconds, one thread")
    left = _means(runs, lambda run: run.verdict.left, lambda run: sizes[run.case])["kernel"]
    report = _report("field-day", "ratio", ratios, absent, runs, goals, notes)
    told = {f"left_out_{name}": value for name, value in left.items()}
    return replace(report, figures={**report.figures, **told})


def run_site_dependent(plan: RacePlan, tick: Tick) -> Report:
    """Gap to the best known where only some vehicles may serve a client, all routes judged."""
    folder = folder_of(plan.folder, "site_dependent")
    cases = _site_cases(folder, plan.limit)
    names = ("kernel", "pyvrp") if plan.peers else ("kernel",)
    runs, absent = raced(cases, names, plan, tick)
    known = {case.name: case.best_known for case in cases}
    bands = {case.name: "to_500" if case.size[0] <= _MEDIUM else "above_500" for case in cases}
    gaps = _means(runs, lambda run: _gap(run, known[run.case]), lambda run: bands[run.case])
    limits = {"to_500": 2, "above_500": 4}
    goals = {
        f"gap_pct_{name}": f"<= {limits[name.rpartition('_')[0]]}"
        for name in gaps["kernel"]
        if folder
    }
    notes = (
        told_source(folder),
        "VROOM is absent: it knows no longest time out; OR-Tools: it finds no first routes",
    )
    return _report("site-dependent", "gap_pct", gaps, absent, runs, goals, notes)


def _report(
    bench: str,
    unit: str,
    means: dict[str, dict[str, float]],
    absent: tuple[str, ...],
    runs: list[Run],
    goals: dict[str, str],
    notes: tuple[str, ...],
) -> Report:
    mine = [run for run in runs if run.solver == "kernel"]
    figures: dict[str, float] = {f"{unit}_{name}": value for name, value in means["kernel"].items()}
    figures["instances"] = len({run.case for run in runs})
    figures["broken_plans"] = sum(bool(run.verdict.faults) for run in mine)
    figures["overrun_s"] = max(run.seconds - run.budget_s for run in mine)
    peers: dict[str, float | None] = dict.fromkeys(absent)
    for solver in means:
        if solver != "kernel":
            peers |= {f"{solver}_{unit}_{name}": value for name, value in means[solver].items()}
    return Report(bench, figures, peers, {**goals, "broken_plans": "== 0"}, notes)


def raced(
    cases: list[Case], names: tuple[str, ...], plan: RacePlan, tick: Tick
) -> tuple[list[Run], tuple[str, ...]]:
    """Run every solver on every case at every budget; return the runs and who is absent."""
    runs: list[Run] = []
    with contest(names, cases[0]) as solvers:
        total = len(cases) * len(plan.seconds) * len(solvers.present)
        for case in cases:
            for budget_s in plan.seconds:
                for solver in solvers.present:
                    runs.append(solvers.run(solver, case, budget_s, plan.seed))
                    tick("races", len(runs), total)
        return runs, solvers.absent


def _solomon_cases(folder: Path | None, limit: int | None) -> list[Case]:
    if folder is None:
        return [solomon_case(parsed(made_solomon(seed), "made"), None) for seed in (1, 2, 3)]
    known = _best_known(folder)
    cases = []
    for path in files_of(folder, "*.txt", limit):
        file = read_solomon(path)
        cases.append(solomon_case(file, known.get(f"{file.name.upper()}_distance")))
    return cases


def _best_known(folder: Path) -> dict[str, float]:
    """Return the costs of BKS.json, in the folder or above it; empty where there is none."""
    for path in (folder / "BKS.json", folder.parent / "BKS.json"):
        if path.is_file():
            try:
                told = json.loads(path.read_text())
                return {name: float(row["best_known_cost"]) for name, row in told.items()}
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise BadInput(f"{path}: no table of best_known_cost: {error}") from error
    return {}


def _site_cases(folder: Path | None, limit: int | None) -> list[Case]:
    if folder is None:
        file = solomon_case(parsed(made_solomon(4), "made"), None)
        allowed = file.allowed.copy()
        allowed[::3, ::2] = False
        return [replace(file, allowed=allowed)]
    cases = []
    for path in files_of(folder, "*.vrp", limit):
        case = read_site_dependent(path)
        beside = path.with_suffix(".sol")
        if beside.is_file():
            case = replace(case, best_known=read_solution(beside, case.size[1])[1])
        cases.append(case)
    return cases


def _gap(run: Run, best_known: float | None) -> float | None:
    """Return the gap in per cent, 100 for routes that break a rule, None without a reference."""
    if best_known is None:
        return None
    return 100.0 if run.verdict.faults else 100 * (run.verdict.cost / best_known - 1)


def _means(
    runs: Iterable[Run],
    value: Callable[[Run], float | None],
    group: Callable[[Run], str] = lambda _: "",
) -> dict[str, dict[str, float]]:
    """Return the mean value of each solver, by group and budget as in `20x150_1s`."""
    values: dict[str, dict[str, list[float]]] = {}
    for run in runs:
        key = f"{group(run)}_{run.budget_s:g}s".strip("_")
        here = values.setdefault(run.solver, {}).setdefault(key, [])
        if (one := value(run)) is not None:
            here.append(one)
    return {
        solver: {key: sum(one) / len(one) for key, one in by_key.items() if one}
        for solver, by_key in values.items()
    }
