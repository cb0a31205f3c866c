"""`fieldops fences`: audit them against PostGIS, bring them in from files and out again."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from fieldops.commands.opening import call
from fieldops.database import to_json, translated
from fieldops.errors import BadInput
from fieldops.process import Process
from geo.fences.audit import run_audit, view_audits
from geo.fences.editing import view_fences
from geo.fences.files.export import geojson_of
from geo.fences.files.intake import FILE_MOST, Intake, import_fences, read_features
from identity.commands import Change, TenantStore, execute
from identity.rights import Actor

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


@app.command("import")
def import_file(
    tenant: TenantArg,
    file: Annotated[Path, typer.Argument(help="GeoJSON or KML, in WGS 84.")],
    site: Annotated[UUID | None, typer.Option(help="The site they belong to.")] = None,
    kind: Annotated[
        Literal["site", "depot", "forbidden", "danger"], typer.Option(help="If the file is silent.")
    ] = "site",
    radius_m: Annotated[float | None, typer.Option(help="Of points without one.")] = None,
    width_m: Annotated[float | None, typer.Option(help="Of lines without one.")] = None,
    skip_invalid: Annotated[bool, typer.Option(help="Leave out what is wrong.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Draw nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Draw the fences of a file, all or none; exit 1 if a feature was left out."""
    features = read_features(_read(file))
    given = {"site_id": site, "kind": kind, "radius_m": radius_m, "width_m": width_m}
    defaults = {name: value for name, value in given.items() if value is not None}

    async def main(process: Process) -> Intake:
        found = await process.tenants.find(tenant, fresh=True)
        pool = await process.tenants.database(found.slug)

        async def apply(change: Change) -> Intake:
            return await import_fences(
                change,
                features,
                {**defaults, "name": file.stem},
                skip_invalid=skip_invalid,
                dry_run=dry_run,
            )

        store = TenantStore(pool, process.valkey)
        return await execute(store, Actor(found.slug), apply, what="import fences")

    taken = call(main)
    if as_json:
        drawn = [{"id": fence["id"], "name": fence["name"]} for fence in taken.fences]
        faults = [asdict(fault) for fault in taken.faults]
        typer.echo(to_json({"tenant": tenant, "fences": drawn, "faults": faults}))
    else:
        done = "could be drawn" if dry_run else "drawn"
        typer.echo(f"tenant {tenant}: {len(taken.fences)} fences {done}")
        for fault in taken.faults:
            name = "" if fault.name is None else f" ({fault.name})"
            typer.echo(f"feature {fault.feature}{name}: {fault.message}", err=True)
    if taken.faults:
        raise typer.Exit(1)


@app.command("export")
def export_file(tenant: TenantArg) -> None:
    """Write the tenant's fences to standard output, as GeoJSON."""

    async def main(process: Process) -> list[dict[str, Any]]:
        found = await process.tenants.find(tenant, fresh=True)
        pool = await process.tenants.database(found.slug)
        with translated("fences"):
            async with pool.acquire(timeout=10.0) as connection:
                return await view_fences(connection)

    typer.echo(to_json(geojson_of(call(main))))


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > FILE_MOST:
            raise BadInput(f"{file} is larger than {FILE_MOST} bytes")
        return file.read_bytes()
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}") from error
