"""The bench of fences."""

from typing import Annotated

import typer

from bench.fences.run import FencesPlan, run_fences
from fieldops.commands.bench.printing import AsJson, Strict, measure

app = typer.Typer()


@app.command("fences")
def fences(
    count: Annotated[int, typer.Option("--fences", min=1, max=20_000, help="Drawn.")] = 5000,
    points: Annotated[int, typer.Option(min=1000, help="Located in a round.")] = 200_000,
    rounds: Annotated[int, typer.Option(min=1, max=9, help="The median is told.")] = 5,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Points a second through the fence index, beside the raw tree and PostGIS."""
    plan = FencesPlan(count, points, min(points, 50_000), rounds)
    measure(lambda settings, progress: run_fences(settings, plan, progress), as_json, strict)
