"""`fieldops tenant`: create, list, suspend, resume, drop."""

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from fieldops.commands.opening import call
from fieldops.errors import BadInput, Prerequisite
from fieldops.process import Process
from fieldops.schema.provision import ensure_control
from fieldops.tenancy import Tenant
from identity.tenants import create_tenant, drop_tenant, resume_tenant, suspend_tenant

app = typer.Typer(help="Customers, each with a database of its own.", no_args_is_help=True)
Answer = TypeVar("Answer")

Slug = Annotated[str, typer.Argument(help="2 to 40 of a-z, 0-9 and inner dashes.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("create")
def create(
    slug: Slug,
    name: Annotated[str, typer.Option(help="As people read it.")],
    country: Annotated[str, typer.Option(help="ISO 3166, two capitals.")] = "FR",
    tz: Annotated[str | None, typer.Option(help="Time zone; else the country's.")] = None,
    locale: Annotated[str, typer.Option(help="Language of its people.")] = "fr",
    as_json: Json = False,
) -> None:
    """Create a tenant, or complete one whose creation was interrupted."""

    async def main(process: Process) -> Tenant:
        await ensure_control(process.urls.postgres, process.settings.control_database)
        return await create_tenant(process, slug, name=name, country=country, tz=tz, locale=locale)

    _show(call(main), as_json)


@app.command("list")
def list_all(as_json: Json = False) -> None:
    """List the tenants, whatever their status."""

    async def main(process: Process) -> list[Tenant]:
        return await process.tenants.all(fresh=True)

    tenants = [described(tenant) for tenant in _call(main)]
    if as_json:
        typer.echo(json.dumps(tenants, indent=1, ensure_ascii=False))
        return
    table = Table("tenant", "name", "country", "time zone", "status", box=None)
    for each in tenants:
        table.add_row(each["slug"], each["name"], each["country"], each["tz"], each["status"])
    Console().print(table)


@app.command("suspend")
def suspend(slug: Slug, as_json: Json = False) -> None:
    """Serve a tenant no more and refuse its devices and people; its data stays."""

    async def main(process: Process) -> Tenant:
        return await suspend_tenant(process, slug)

    _show(_call(main), as_json)


@app.command("resume")
def resume(slug: Slug, as_json: Json = False) -> None:
    """Serve a suspended tenant again."""

    async def main(process: Process) -> Tenant:
        return await resume_tenant(process, slug)

    _show(_call(main), as_json)


@app.command("drop")
def drop(
    slug: Slug,
    yes: Annotated[bool, typer.Option("--yes", help="Mean it.")] = False,
) -> None:
    """Remove a tenant with all its data, for ever."""
    if not yes:
        raise BadInput(f"this removes tenant {slug} with all its data: say --yes to mean it")

    async def main(process: Process) -> None:
        await drop_tenant(process, slug)

    _call(main)
    typer.echo(f"tenant {slug} dropped")


def described(tenant: Tenant) -> dict[str, Any]:
    """Return what may be shown of a tenant; where its database is holds a password."""
    names = ("slug", "name", "country", "tz", "locale", "status")
    return {"id": str(tenant.id)} | {name: getattr(tenant, name) for name in names}


def _show(tenant: Tenant, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(described(tenant), indent=1, ensure_ascii=False))
    else:
        typer.echo(f"tenant {tenant.slug} ({tenant.name}) is {tenant.status}")


def _call(main: Callable[[Process], Awaitable[Answer]]) -> Answer:
    try:
        return call(main)
    except (asyncpg.InvalidCatalogNameError, asyncpg.UndefinedTableError) as error:
        raise Prerequisite("there is no control database yet: run `fieldops migrate`") from error
