"""`fieldops bench NAME`: measure the platform on this machine, against goals and peers."""

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

from bench.backfill import BackfillPlan, run_backfill
from bench.chaos import ChaosPlan, run_chaos
from bench.fuzz import ROUNDS, run_fuzz
from bench.ingest import IngestPlan, run_ingest_bench
from bench.latency import LatencyPlan, run_latency
from bench.report import Report
from bench.road import RoadPlan, run_road
from bench.storm import StormPlan, run_storm
from fieldops.commands.opening import call, ready_settings
from fieldops.observability import HOST
from fieldops.process import Process
from fieldops.settings import Settings
from fieldops.stack.progress import Progress, progress_on

app = typer.Typer(help="Measure the platform on this machine.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 when a goal is missed.")]


@app.command("road")
def road(
    devices: Annotated[int, typer.Option(min=1, max=20_000, help="At one fix a second.")] = 500,
    seconds: Annotated[int, typer.Option(min=1, max=3600, help="For how long.")] = 60,
    url: Annotated[str | None, typer.Option(help="The hub; else the local one.")] = None,
    metrics_url: Annotated[
        str | None, typer.Option(help="/metrics of the process that runs the api.")
    ] = None,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Time the road from a device to the map and to a crew's socket, on the running hub."""

    async def main(process: Process) -> Report:
        settings = process.settings
        plan = RoadPlan(
            url or f"http://{settings.api_host}:{settings.api_port}",
            metrics_url or f"http://{HOST}:{settings.metrics_port}/metrics",
            devices,
            seconds,
        )
        with progress_on(sys.stderr) as progress:
            return await run_road(process, plan, progress.advance)

    finish(call(main, name="fieldops-bench"), as_json=as_json, strict=strict)


@app.command("ingest")
def ingest(
    devices: Annotated[int, typer.Option(min=1, max=20_000, help="Sockets.")] = 2000,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="One leg of a round.")] = 60.0,
    rounds: Annotated[int, typer.Option(min=1, max=9, help="The median is told.")] = 3,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Durable messages a second, beside a plain C subscriber and raw COPY on the same services."""
    plan = IngestPlan(devices, seconds, rounds)
    _measure(lambda settings, progress: run_ingest_bench(settings, plan, progress), as_json, strict)


@app.command("backfill")
def backfill(
    rows: Annotated[int, typer.Option(min=1000, help="Rows a leg stores.")] = 200_000,
    rounds: Annotated[int, typer.Option(min=1, max=9, help="The median is told.")] = 3,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Rows a second from a file, beside COPY and insert on conflict of the same rows."""
    plan = BackfillPlan(rows, rounds)
    _measure(lambda settings, progress: run_backfill(settings, plan, progress), as_json, strict)


@app.command("latency")
def latency(
    rate: Annotated[float, typer.Option(min=1, max=50_000, help="Fixes a second.")] = 5000.0,
    seconds: Annotated[float, typer.Option(min=3, max=600, help="For how long.")] = 20.0,
    devices: Annotated[int, typer.Option(min=1, max=20_000, help="Sockets.")] = 500,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Age of a fix at its commit, in the hub's queue, and in a viewer's frame."""
    plan = LatencyPlan(rate, seconds, devices)
    _measure(lambda settings, progress: run_latency(settings, plan, progress), as_json, strict)


@app.command("storm")
def storm(
    devices: Annotated[int, typer.Option(min=1, max=20_000, help="That drop.")] = 5000,
    backlog: Annotated[int, typer.Option(min=1, max=5000, help="Fixes each has kept.")] = 20,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Let all devices drop and return at once with what they kept."""
    plan = StormPlan(devices, backlog)
    _measure(lambda settings, progress: run_storm(settings, plan, progress), as_json, strict)


@app.command("fuzz")
def fuzz(
    rounds: Annotated[int, typer.Option(min=1, help="Of four broken inputs each.")] = ROUNDS,
    seed: Annotated[int, typer.Option(help="The same seed, the same faults.")] = 1,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Break packets and payloads; nothing may escape from parser, decoder and reader."""
    with progress_on(sys.stderr) as progress:
        report = run_fuzz(rounds, seed, progress)
    finish(report, as_json=as_json, strict=strict)


@app.command("chaos")
def chaos(
    devices: Annotated[int, typer.Option(min=2, max=20_000, help="How many speak.")] = 2000,
    minutes: Annotated[float, typer.Option(min=0.2, max=600, help="How long.")] = 5.0,
    every_s: Annotated[float, typer.Option(min=0.05, help="A device speaks so often.")] = 1.0,
    seed: Annotated[int, typer.Option(help="The same seed, the same order of blows.")] = 1,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Kill ingest, database, broker and Valkey in turn; account for every sequence ever sent."""
    plan = ChaosPlan(devices, minutes, every_s, seed=seed)
    _measure(lambda settings, progress: run_chaos(settings, plan, progress), as_json, strict)


def _measure(
    bench: Callable[[Settings, Progress], Awaitable[Report]], as_json: bool, strict: bool
) -> None:
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
