"""The bench of trips."""

from typing import Annotated

import typer

from bench.trips.run import run_trips
from fieldops.commands.bench.printing import AsJson, Strict, finish

app = typer.Typer()


@app.command("trips")
def trips(
    seeds: Annotated[int, typer.Option(min=1, max=200, help="Days of each kind.")] = 10,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """False trips of a parked car and errors of distance, beside a plain speed limit."""
    finish(run_trips(seeds), as_json=as_json, strict=strict)
