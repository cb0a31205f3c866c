"""The benches of the dispatch engine, against literature and peers."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bench.dispatch.races import RacePlan, Tick, run_field_day, run_site_dependent, run_solomon
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
