"""The bench of presence."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bench.presence.run import PresencePlan, run_presence
from fieldops.commands.bench.printing import AsJson, Strict, finish
from fieldops.stack.progress import progress_on

app = typer.Typer()


@app.command("presence")
def presence(
    seeds: Annotated[int, typer.Option(min=1, max=10_000, help="Days a column.")] = 50,
    traces: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False,
            help="Score fixes.jsonl, fences.geojson and truth.jsonl of this folder instead.",
        ),
    ] = None,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:  # fmt: skip
    """Entries and exits found on noisy days, beside the rules that others use."""
    with progress_on(sys.stderr) as progress:
        report = run_presence(PresencePlan(seeds, traces), progress)
    finish(report, as_json=as_json, strict=strict)
