"""What every bench command shares: its flags, its progress bar, how its report is printed."""

import json
import os
import platform
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from bench.report import Report
from fieldops.commands.opening import ready_settings
from fieldops.settings import Settings
from fieldops.stack.progress import Progress, progress_on

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 when a goal is missed.")]


def measure(
    bench: Callable[[Settings, Progress], Awaitable[Report]], as_json: bool, strict: bool
) -> None:
    """Run a bench on the services of the settings, with a progress bar, and print its report."""
    settings = ready_settings()

    async def run() -> Report:
        with progress_on(sys.stderr) as progress:
            return await bench(settings, progress)

    finish(uvloop.run(run()), as_json=as_json, strict=strict)


def finish(report: Report, *, as_json: bool, strict: bool) -> None:
    """Print a report; with `strict` a missed goal is exit status 1."""
    told = report.as_json({"cores": os.cpu_count(), "python": platform.python_version()})
    if as_json:
        typer.echo(json.dumps(told))
    else:
        _show(report)
    if strict and not told["ok"]:
        raise typer.Exit(1)


def _show(report: Report) -> None:
    table = Table("figure", "value", "goal", box=None)
    judged = report.judged()
    for figure, value in report.figures.items():
        goal = judged.get(figure)
        said = "" if goal is None else f"{goal['goal']} {'met' if goal['met'] else 'missed'}"
        table.add_row(figure, f"{value:,.4g}", said)
    for peer, number in report.peers.items():
        table.add_row(f"peer: {peer}", "absent" if number is None else f"{number:,.4g}", "")
    Console().print(table)
    for note in report.notes:
        print(note, file=sys.stderr)
