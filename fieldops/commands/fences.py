"""`fieldops fences`: audit them against PostGIS, bring them in from files and out again."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fieldops.commands.opening import call
from fieldops.database import to_json, translated
from fieldops.process import Process
from geo.fences.audit import run_audit, view_audits

app = typer.Typer(help="Fences of a tenant.", no_args_is_help=True)
TenantArg = Annotated[str, typer.Argument(help="Slug of the tenant.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("audit")
def audit(
    tenant: TenantArg,
    run: Annotated[bool, typer.Option("--now", help="Audit the last day first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell what the nightly audits against PostGIS found; exit 1 if the last one differs."""

    async def main(process: Process) -> list[dict[str, Any]]:
        found = await process.tenants.find(tenant, fresh=True)
        pool = await process.tenants.database(found.slug)
        if run:
            await run_audit(process, found, pool)
        with translated("fence audits"):
            async with pool.acquire(timeout=10.0) as connection:
                return await view_audits(connection)

    audits = call(main)
    if as_json:
        typer.echo(to_json({"tenant": tenant, "audits": audits}))
    elif not audits:
        typer.echo(f"tenant {tenant}: no audit yet")
    else:
        table = Table("at", "fixes", "pairs", "differing", box=None)
        for each in audits:
            numbers = (str(each[name]) for name in ("fixes", "pairs", "differing"))
            table.add_row(each["at"].isoformat(timespec="seconds"), *numbers)
        Console().print(table)
    if audits and audits[0]["differing"]:
        raise typer.Exit(1)
