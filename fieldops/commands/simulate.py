"""`fieldops simulate`: the demo tenant's day, through real sockets and the public API only."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from fieldops.commands.demo import demo_access
from fieldops.commands.opening import ready_settings, run_plain
from fieldops.commands.parent import follow_parent
from fieldops.settings import Settings
from simulators.day import DayPlan, Summary, run_day


def simulate(
    speed: Annotated[float, typer.Option(min=1, max=60, help="Times real.")] = 1.0,
    seed: Annotated[int, typer.Option(help="The same seed, the same people and tasks.")] = 1,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Stop after so many real seconds.")
    ] = None,
    days: Annotated[int, typer.Option(min=0, help="Days to live; 0: for ever.")] = 1,
    faults: Annotated[bool, typer.Option(help="Lags, duplicates, wrong clocks.")] = True,
    url: Annotated[str | None, typer.Option(help="The platform; else the local one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary for programs.")] = False,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Simulate the demo day: 9 vehicles, 24 people, 3 chantiers, tasks through the day."""
    if with_parent:
        follow_parent()
    settings = ready_settings()
    access = demo_access(settings)
    plan = DayPlan(
        base_url=url or f"http://{settings.api_host}:{settings.api_port}",
        tenant=access.tenant,
        password=access.password,
        keep=Path(settings.home / "simulator.json"),
        seed=seed,
        speed=speed,
        seconds=seconds,
        real_faults=faults,
    )

    async def main(_: Settings) -> Summary:
        lived = 0
        while True:
            summary = await run_day(plan, _tell)
            lived += 1
            if lived == days:
                return summary

    summary = run_plain(main)
    if as_json:
        typer.echo(json.dumps(summary.as_json()))
    else:
        _tell(f"{summary.tasks} tasks, {summary.crews.done} done, {summary.settled} fixes settled")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
