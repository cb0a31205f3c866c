"""`fieldops device`: trackers and phones, by hand; each has its own way into the broker."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from devices.broker import BrokerAdmin, broker_admin
from devices.endpoint import endpoint
from devices.topics import broker_user, device_client_id, device_name
from fieldops.commands.opening import call
from fieldops.database import to_json, translated
from fieldops.model import Purpose
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.commands import Change, TenantStore, execute
from identity.rights import Actor
from resources.devices import add_device, find_device, revoke_device, view_devices

app = typer.Typer(help="Trackers and phones of a tenant.", no_args_is_help=True)

Slug = Annotated[str, typer.Option("--tenant", help="Slug of the tenant.")]
Name = Annotated[str, typer.Argument(help="2 to 64 of a-z, 0-9, _ and -; its MQTT name.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("add")
def add(
    name: Name,
    tenant: Slug,
    purpose: Annotated[Purpose, typer.Option(help="Why it may be tracked at all.")],
    kind: Annotated[str, typer.Option(help="tracker or phone.")] = "tracker",
    label: Annotated[str | None, typer.Option(help="How people call it; else its name.")] = None,
    as_json: Json = False,
) -> None:
    """Add a device and print its password, once: nobody keeps it."""
    values = {"name": name, "label": label or name, "kind": kind, "purpose": purpose}

    async def main(process: Process) -> dict[str, Any]:
        return await register(process, tenant, values)

    made = call(main)
    if as_json:
        _print_json(made)
        return
    typer.echo(f"device {name} of tenant {tenant} added; write this down, it is not kept:")
    for field in ("mqtt_host", "mqtt_port", "client_id", "username", "password"):
        typer.echo(f"  {field:9} {made[field]}")


@app.command("list")
def list_all(tenant: Slug, as_json: Json = False) -> None:
    """List a tenant's devices with what each is fixed to."""

    async def main(process: Process) -> list[dict[str, Any]]:
        return await listed(process, tenant)

    rows = call(main)
    if as_json:
        _print_json(rows)
        return
    table = Table("device", "label", "kind", "purpose", "status", "fixed to", box=None)
    for row in rows:
        fixed = f"vehicle {row['vehicle_id']}" if row["vehicle_id"] else ""
        fixed = f"worker {row['worker_id']}" if row["worker_id"] else fixed
        table.add_row(*(row[n] for n in ("name", "label", "kind", "purpose", "status")), fixed)
    Console().print(table)


@app.command("revoke")
def revoke(name: Name, tenant: Slug, as_json: Json = False) -> None:
    """Take a device's access away, for good and at once."""

    async def main(process: Process) -> dict[str, Any]:
        return await revoked(process, tenant, name)

    row = call(main)
    if as_json:
        _print_json(row)
    else:
        typer.echo(f"device {name} of tenant {tenant} is {row['status']}")


async def register(process: Process, slug: str, values: dict[str, Any]) -> dict[str, Any]:
    """Add a device on behalf of the platform; return it with its credentials.

    Raises:
        NotFound: no such active tenant. Conflict, BadInput, Unavailable: as for `add_device`.
    """
    tenant, store = await _open(process, slug)
    where = endpoint(process.urls.mqtt_admin)
    async with _broker(process) as broker:

        async def apply(change: Change) -> tuple[dict[str, Any], str]:
            return await add_device(change, broker, values)

        view, password = await execute(store, Actor(tenant.slug), apply, what="add device")
    name = device_name(view["name"])
    return {
        "device": view,
        "mqtt_host": process.settings.mqtt_public_host or where.host,
        "mqtt_port": where.port,
        "client_id": device_client_id(tenant.slug, name),
        "username": broker_user(tenant.slug, name),
        "password": password,
    }


async def listed(process: Process, slug: str) -> list[dict[str, Any]]:
    """Return a tenant's devices.

    Raises:
        NotFound: no such active tenant.
    """
    _, store = await _open(process, slug)
    with translated("devices"):
        async with store.pool.acquire(timeout=10.0) as connection:
            return await view_devices(connection)


async def revoked(process: Process, slug: str, name: str) -> dict[str, Any]:
    """Revoke a device on behalf of the platform.

    Raises:
        NotFound: no such active tenant. BadInput: no such device. Unavailable: no broker.
    """
    tenant, store = await _open(process, slug)
    async with _broker(process) as broker:

        async def apply(change: Change) -> dict[str, Any]:
            row = await find_device(change.connection, name)
            return await revoke_device(change, broker, row["id"])

        return await execute(store, Actor(tenant.slug), apply, what="revoke device")


async def _open(process: Process, slug: str) -> tuple[Tenant, TenantStore]:
    tenant = await process.tenants.find(slug, fresh=True)
    return tenant, TenantStore(await process.tenants.database(tenant.slug), process.valkey)


@asynccontextmanager
async def _broker(process: Process) -> AsyncIterator[BrokerAdmin]:
    async with broker_admin(endpoint(process.urls.mqtt_admin)) as broker:
        yield broker


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(json.loads(to_json(value)), indent=1, ensure_ascii=False))
