"""`fieldops stack …`: the local services from the command line."""

import json
import os
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from fieldops.stack import lifecycle
from fieldops.stack.layout import ports_from, root_from
from fieldops.stack.progress import progress_on

app = typer.Typer(
    help="The local services: PostgreSQL, Valkey, Mosquitto, S3.", no_args_is_help=True
)


@app.command("up")
def bring_up() -> None:
    """Start what does not run; the first time, download and unpack it."""
    with progress_on(sys.stderr) as progress:
        lifecycle.up(root_from(os.environ), ports_from(os.environ), progress=progress)


@app.command("down")
def bring_down() -> None:
    """Stop the services; their data stays."""
    with progress_on(sys.stderr) as progress:
        lifecycle.down(root_from(os.environ), progress=progress)


@app.command("status")
def show_status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say of each service whether it runs; exit status 1 unless all do."""
    found = lifecycle.status(root_from(os.environ))
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in found]))
    else:
        table = Table("service", "state", "pid", "address", box=None)
        for row in found:
            table.add_row(row.name, row.state, str(row.pid or ""), f"127.0.0.1:{row.port}")
        Console().print(table)
    if any(row.state != "running" for row in found):
        raise typer.Exit(1)


@app.command("logs")
def show_logs(
    service: Annotated[str | None, typer.Argument(help="One of them; else all.")] = None,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=1, max=10_000, help="So many of each.")
    ] = 50,
) -> None:
    """Print the last lines the services wrote."""
    for name, line in lifecycle.logs(root_from(os.environ), service, lines):
        typer.echo(f"{name}: {line}")


@app.command("install")
def install_all() -> None:
    """Download and unpack without starting anything."""
    with progress_on(sys.stderr) as progress:
        lifecycle.install(root_from(os.environ), progress=progress)


@app.command("chromium")
def find_chromium() -> None:
    """Print the path of a Chromium, unpacked when the machine has none."""
    with progress_on(sys.stderr) as progress:
        path = lifecycle.chromium(root_from(os.environ), progress=progress)
    typer.echo(str(path))


@app.command("promtool")
def find_promtool() -> None:
    """Print the path of Prometheus' promtool, unpacked at need."""
    with progress_on(sys.stderr) as progress:
        path = lifecycle.promtool(root_from(os.environ), progress=progress)
    typer.echo(str(path))
