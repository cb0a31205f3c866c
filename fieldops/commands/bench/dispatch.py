"""The benches of the dispatch engine, against literature and peers."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bench.dispatch.races import RacePlan, Tick, run_field_day, run_site_dependent, run_solomon
from bench.dispatch.rare import run_breaks, run_sync
from bench.dispatch.react import LivePlan, run_loop_lag, run_probe, run_react
from bench.report import Report
from fieldops.commands.bench.printing import AsJson, Strict, finish
from fieldops.stack.progress import progress_on

app = typer.Typer()

Input = Annotated[Path | None, typer.Option("--input", help="A folder of instances of the format.")]
Limit = Annotated[
    int | None, typer.Option(min=1, help="So many instances, spread over their names.")
]
Seed = Annotated[int, typer.Option(help="The same seed, the same search.")]
Peers = Annotated[bool, typer.Option(help="Run the peers in the same command.")]


def _budgets(text: str) -> tuple[float, ...]:
    try:
        budgets = tuple(float(word) for word in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no list of seconds like 1,5") from None
    if not all(0 < budget <= 3600 for budget in budgets):
        raise typer.BadParameter(f"{text!r}: seconds are above 0 and at most 3600")
    return budgets


Seconds = Annotated[str, typer.Option(help="Budgets of a solve, one after the other.")]


def _race(
    run: Callable[[RacePlan, Tick], Report], plan: RacePlan, as_json: bool, strict: bool
) -> None:
    with progress_on(sys.stderr) as progress:
        report = run(plan, progress.advance)
    finish(report, as_json=as_json, strict=strict)


@app.command("solomon")
def solomon(
    seconds: Seconds = "1,5",
    folder: Input = None,
    limit: Limit = None,
    seed: Seed = 1,
    peers: Peers = True,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Distance gap to the best known on Solomon's instances, beside PyVRP, VROOM and OR-Tools."""
    plan = RacePlan(_budgets(seconds), folder, limit, seed, peers)
    _race(run_solomon, plan, as_json, strict)


@app.command("field-day")
def field_day(
    seconds: Seconds = "1,5,15",
    folder: Input = None,
    limit: Limit = None,
    seed: Seed = 1,
    peers: Peers = True,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Cost of field days relative to VROOM's at equal time."""
    plan = RacePlan(_budgets(seconds), folder, limit, seed, peers)
    _race(run_field_day, plan, as_json, strict)


@app.command("site-dependent")
def site_dependent(
    seconds: Seconds = "10",
    folder: Input = None,
    limit: Limit = None,
    seed: Seed = 1,
    peers: Peers = True,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Gap to the best known where only some crews may serve a client."""
    plan = RacePlan(_budgets(seconds), folder, limit, seed, peers)
    _race(run_site_dependent, plan, as_json, strict)


Crews = Annotated[int, typer.Option(min=1, max=500, help="Crews of the day made here.")]
Tasks = Annotated[int, typer.Option(min=1, max=5000, help="Tasks of the day made here.")]


@app.command("react")
def react(
    crews: Crews = 50,
    tasks: Tasks = 500,
    events: Annotated[int, typer.Option(min=1, help="Things that happen.")] = 300,
    seed: Seed = 1,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """From an event to a checked plan; how many untouched tasks move, and what calm costs."""
    plan = LivePlan(crews, tasks, events, seed)
    with progress_on(sys.stderr) as progress:
        report = asyncio.run(run_react(plan, progress.advance))
    finish(report, as_json=as_json, strict=strict)


@app.command("probe")
def probe(
    crews: Crews = 50,
    tasks: Tasks = 500,
    questions: Annotated[int, typer.Option(min=10, help="Tasks asked about.")] = 300,
    seed: Seed = 1,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Milliseconds to rank every crew for a task, compared with brute force."""
    plan = LivePlan(crews, tasks, questions, seed)
    with progress_on(sys.stderr) as progress:
        report = run_probe(plan, progress.advance)
    finish(report, as_json=as_json, strict=strict)


@app.command("loop-lag")
def loop_lag(
    crews: Crews = 50,
    tasks: Tasks = 500,
    seed: Seed = 1,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Stalls of the event loop while a worker solves, beyond an idle loop's."""
    plan = LivePlan(crews, tasks, seed=seed)
    with progress_on(sys.stderr) as progress:
        report = asyncio.run(run_loop_lag(plan, progress.advance))
    finish(report, as_json=as_json, strict=strict)


@app.command("sync")
def sync(
    seconds: Seconds = "2",
    folder: Input = None,
    limit: Limit = None,
    seed: Seed = 1,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Two crews at once or in order, on home-care instances (HHCRSP)."""
    _race(run_sync, RacePlan(_budgets(seconds), folder, limit, seed), as_json, strict)


@app.command("breaks")
def breaks(
    seconds: Seconds = "2", seed: Seed = 1, as_json: AsJson = False, strict: Strict = False
) -> None:
    """What the legal breaks cost, and that none is missing."""
    _race(run_breaks, RacePlan(_budgets(seconds), seed=seed), as_json, strict)
