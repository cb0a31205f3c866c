"""`fieldops replay`: a recorded capture, through the real broker, into a tenant of its own."""

import json
import secrets
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from devices.broker import broker_admin
from devices.endpoint import endpoint
from fieldops.commands.opening import call
from fieldops.database import translated
from fieldops.errors import BadInput, Conflict, NotFound
from fieldops.model import Purpose
from fieldops.process import Process
from fieldops.schema.provision import ensure_control
from fieldops.stack.progress import Progress, progress_on
from fieldops.tenancy import Tenant
from identity.commands import TenantStore
from identity.rights import Actor
from identity.tenants import create_tenant
from resources.devices import PlainDevice, register_devices, view_devices
from simulators.hfp import Capture, read_capture
from simulators.replay import CONNECTIONS, Entrance, Replayed, replay

TENANT = "replay"
PASSWORD_BYTES = 24


def replay_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An HFP capture.")],
    tenant: Annotated[str, typer.Option(help="Into which tenant; made if missing.")] = TENANT,
    connections: Annotated[
        int, typer.Option(min=1, max=5000, help="Vehicles on at a time.")
    ] = CONNECTIONS,
    settle_s: Annotated[
        float, typer.Option("--settle-s", min=1, help="Patience with the hub for one vehicle.")
    ] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Replay a recorded capture: each vehicle as a device hfp-{oper}-{veh} of the tenant."""

    async def main(process: Process) -> Replayed:
        await ensure_control(process.urls.postgres, process.settings.control_database)
        with progress_on(sys.stderr) as progress:
            return await replay_into(
                process,
                tenant,
                file,
                connections=connections,
                settle_s=settle_s,
                progress=progress,
            )

    done = call(main)
    if as_json:
        typer.echo(json.dumps(asdict(done)))
        return
    typer.echo(
        f"{done.messages} messages of {done.devices} vehicles, {done.without_position} without "
        f"position: {done.settled} settled in {done.seconds:.1f} s"
    )


async def replay_into(
    process: Process,
    slug: str,
    file: Path,
    *,
    connections: int = CONNECTIONS,
    settle_s: float = 30.0,
    progress: Progress,
) -> Replayed:
    """Register what the capture names, and say it all; again is the same as once.

    Raises:
        BadInput: the file is no capture. Unavailable: no broker, or no ingest settles it.
    """
    capture = _read(file)
    tenant = await _tenant(process, slug)
    store = TenantStore(await process.tenants.database(tenant.slug), process.valkey)
    await _register(store, tenant, capture, progress)
    where = endpoint(process.urls.mqtt_admin)
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    async with broker_admin(where) as broker:
        gateway = await broker.ensure_gateway(tenant.slug, password)
    return await replay(
        capture,
        Entrance(where.host, where.port, tenant.slug, gateway, password),
        connections=connections,
        settle_s=settle_s,
        progress=lambda settled: progress.advance("settled", settled, capture.messages),
    )


def _read(file: Path) -> Capture:
    try:
        with file.open("rb") as lines:
            return read_capture(lines)
    except BadInput as error:
        raise BadInput(f"{file}: {error}") from error


async def _tenant(process: Process, slug: str) -> Tenant:
    try:
        return await process.tenants.find(slug, fresh=True)
    except NotFound:
        return await create_tenant(process, slug, name="Replay", country="FI")


async def _register(
    store: TenantStore, tenant: Tenant, capture: Capture, progress: Progress
) -> None:
    """Add the vehicles the tenant does not have yet; the gateway speaks for them."""
    active = await _active(store, list(capture.vehicles))
    missing = [name for name in capture.vehicles if name not in active]
    done = 0

    def registered(more: int) -> None:
        nonlocal done
        done += more
        progress.advance("registered", done, len(missing))

    wanted = [PlainDevice(name, name, "tracker", Purpose.VEHICLE_RULES) for name in missing]
    await register_devices(store, Actor(tenant.slug), None, wanted, done=registered)


async def _active(store: TenantStore, names: Sequence[str]) -> set[str]:
    """Return which of the names are devices already.

    Raises:
        Conflict: one of them is revoked, and what is revoked stays so.
    """
    with translated("devices"):
        async with store.pool.acquire(timeout=10.0) as connection:
            rows = await view_devices(connection, names=names)
    for row in rows:
        if row["status"] != "active":
            raise Conflict(f"device {row['name']} is {row['status']}", code="device_revoked")
    return {row["name"] for row in rows}
