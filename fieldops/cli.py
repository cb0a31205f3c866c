"""The `fieldops` command: every noun's commands in one place, errors in one line.

Exit status 0, 1 (it failed) or 2 (it was asked wrongly).
"""

import sys

import typer

from fieldops.commands import (
    bench,
    devices,
    fences,
    ingest_file,
    migrate,
    purge,
    replay,
    run,
    settings,
    simulate,
    tenants,
    up,
    users,
)
from fieldops.errors import BadInput, FieldopsError
from fieldops.stack import commands as stack_commands

app = typer.Typer(
    name="fieldops",
    help="FieldOps360: telemetry and dispatch for field intervention teams.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(stack_commands.app, name="stack")
app.add_typer(tenants.app, name="tenant")
app.add_typer(users.app, name="user")
app.add_typer(devices.app, name="device")
app.add_typer(fences.app, name="fences")
app.add_typer(bench.app, name="bench")
app.command("settings")(settings.show_settings)
app.command("migrate")(migrate.migrate)
app.command("run")(run.run)
app.command("up")(up.up)
app.command("simulate")(simulate.simulate)
app.command("ingest-file")(ingest_file.ingest_file)
app.command("purge")(purge.purge_tenant)
app.command("replay")(replay.replay_file)


def main() -> None:
    """Run the command line; a wrong usage is typer's to tell, with status 2."""
    try:
        app()
    except FieldopsError as error:
        print(f"fieldops: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, BadInput) else 1)
