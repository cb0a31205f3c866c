"""`fieldops bench NAME`: measure the platform on this machine, against goals and peers."""

import typer

from fieldops.commands.bench import dispatch, fences, presence, telemetry, trips

app = typer.Typer(help="Measure the platform on this machine.", no_args_is_help=True)
# Without a name the commands of each area stand side by side.
app.add_typer(telemetry.app)
app.add_typer(fences.app)
app.add_typer(dispatch.app)
app.add_typer(presence.app)
app.add_typer(trips.app)
