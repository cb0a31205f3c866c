"""The benches of the road, of ingest and of its history."""

import sys
from typing import Annotated

import typer

from bench.backfill import BackfillPlan, run_backfill
from bench.chaos import ChaosPlan, run_chaos
from bench.fuzz import ROUNDS, run_fuzz
from bench.ingest.run import IngestPlan, run_ingest_bench
from bench.latency import LatencyPlan, run_latency
from bench.report import Report
from bench.road import RoadPlan, run_road
from bench.storm import StormPlan, run_storm
from fieldops.commands.bench.printing import AsJson, Strict, finish, measure
from fieldops.commands.opening import call
from fieldops.observability import HOST
from fieldops.process import Process
from fieldops.stack.progress import progress_on

app = typer.Typer()


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
    measure(lambda settings, progress: run_ingest_bench(settings, plan, progress), as_json, strict)


@app.command("backfill")
def backfill(
    rows: Annotated[int, typer.Option(min=1000, help="Rows a leg stores.")] = 200_000,
    rounds: Annotated[int, typer.Option(min=1, max=9, help="The median is told.")] = 3,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Rows a second from a file, beside COPY and insert on conflict of the same rows."""
    plan = BackfillPlan(rows, rounds)
    measure(lambda settings, progress: run_backfill(settings, plan, progress), as_json, strict)


@app.command("latency")
def latency(
    rate: Annotated[float, typer.Option(min=1, max=50_000, help="Fixes a second.")] = 5000.0,
    seconds: Annotated[float, typer.Option(min=3, max=600, help="For how long.")] = 20.0,
    devices: Annotated[int, typer.Option(min=1, max=20_000, help="Sockets.")] = 500,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Age of a fix at its commit, at the hub's queue, and in a viewer's frame."""
    plan = LatencyPlan(rate, seconds, devices)
    measure(lambda settings, progress: run_latency(settings, plan, progress), as_json, strict)


@app.command("storm")
def storm(
    devices: Annotated[int, typer.Option(min=1, max=20_000, help="That drop.")] = 5000,
    backlog: Annotated[int, typer.Option(min=1, max=5000, help="Fixes each has kept.")] = 20,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Let all devices drop and return at once with what they kept."""
    plan = StormPlan(devices, backlog)
    measure(lambda settings, progress: run_storm(settings, plan, progress), as_json, strict)


@app.command("fuzz")
def fuzz(
    rounds: Annotated[
        int, typer.Option(min=1, help="Of a packet, two payloads and an ack each.")
    ] = ROUNDS,
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
    measure(lambda settings, progress: run_chaos(settings, plan, progress), as_json, strict)
