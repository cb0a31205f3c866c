"""A hub of a bench's own: control database, one tenant, its devices, worker processes.

What a bench does must not meet what others do on the same services: its workers see a control
database that holds one tenant, and everything is dropped at the end.
"""

import asyncio
import os
import resource
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from devices.broker import broker_admin
from devices.endpoint import Endpoint, endpoint
from devices.topics import DeviceName
from fieldops.database import Pool
from fieldops.model import Purpose
from fieldops.process import Process, Urls, open_process
from fieldops.schema.provision import drop_database, ensure_control
from fieldops.settings import Settings
from fieldops.stack.progress import Progress
from fieldops.tenancy import Tenant
from geo.fences.editing import create_fence
from identity.commands import Change, TenantStore, execute
from identity.rights import Actor
from identity.tenants import create_tenant, drop_tenant
from resources.devices import PlainDevice, register_devices

LEASE_S = 3.0
CENTRE = (4.8357, 45.7640)
_PASSWORD_BYTES = 24


@dataclass(frozen=True, slots=True)
class Rig:
    """One tenant on services of which nothing else is assumed.

    Attributes:
        gateway: the broker, as the tenant's gateway: it speaks for every device.
        env: the environment of worker processes.
        folder: for their logs.
    """

    settings: Settings
    urls: Urls
    process: Process
    tenant: Tenant
    gateway: Endpoint
    env: Mapping[str, str]
    folder: Path

    async def pool(self) -> Pool:
        return await self.process.tenants.database(self.tenant.slug)


@asynccontextmanager
async def rig(settings: Settings, urls: Urls, folder: Path) -> AsyncIterator[Rig]:
    """Furnish a tenant with fences and drop it at the end, with all it has.

    Args:
        settings: whose `home` and service URLs are used; the rest is the bench's own.
        urls: of the services.
        folder: for the logs of workers.
    """
    own = settings.model_copy(
        update={
            "control_database": f"fieldops_control_bench_{secrets.token_hex(4)}",
            "s3_bucket_prefix": "fieldops-bench-",
            "lease_s": LEASE_S,
        }
    )
    await ensure_control(urls.postgres, own.control_database)
    try:
        async with open_process(own, urls, name="bench") as process:
            slug = f"bench-{secrets.token_hex(4)}"
            tenant = await create_tenant(process, slug, name="Bench", country="FR")
            try:
                await _draw_fences(process, tenant)
                gateway = await _gateway(urls, tenant)
                yield Rig(own, urls, process, tenant, gateway, _environment(own), folder)
            finally:
                await drop_tenant(process, tenant.slug)
    finally:
        await drop_database(urls.postgres, own.control_database)


def _environment(settings: Settings) -> dict[str, str]:
    """Return ours, the workers' own control database in it."""
    given = {
        "FIELDOPS_HOME": settings.home,
        "FIELDOPS_CONTROL_DATABASE": settings.control_database,
        "FIELDOPS_S3_BUCKET_PREFIX": settings.s3_bucket_prefix,
        "FIELDOPS_LEASE_S": settings.lease_s,
        "FIELDOPS_LOG_FORMAT": "json",
    }
    return os.environ | {name: str(value) for name, value in given.items()}


async def _gateway(urls: Urls, tenant: Tenant) -> Endpoint:
    where = endpoint(urls.mqtt_admin)
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    async with broker_admin(where) as broker:
        name = await broker.ensure_gateway(tenant.slug, password)
    return replace(where, username=name, password=password)


async def register(
    rig: Rig, names: Sequence[str], *, kind: str = "tracker", progress: Progress
) -> dict[DeviceName, Any]:
    """Add devices fixed to nothing; return each one's id. A phone has no policy here: the gate
    drops all it says."""
    store = TenantStore(await rig.pool(), rig.process.valkey)
    done = 0

    def registered(more: int) -> None:
        nonlocal done
        done += more
        progress.advance(f"registered {kind}s", done, len(names))

    wanted = [PlainDevice(name, name, kind, Purpose.VEHICLE_RULES) for name in names]
    await register_devices(store, Actor(rig.tenant.slug), None, wanted, done=registered)
    rows = await store.pool.fetch("select id, name from device where name = any($1)", list(names))
    return {DeviceName(row["name"]): row["id"] for row in rows}


async def _draw_fences(process: Process, tenant: Tenant, count: int = 20) -> None:
    """Draw squares of 200 m along a street, so that geo has to look where everybody is."""
    store = TenantStore(await process.tenants.database(tenant.slug), process.valkey)

    async def draw(change: Change) -> None:
        for number in range(count):
            west, south = CENTRE[0] + 0.004 * number, CENTRE[1]
            east, north = west + 0.0026, south + 0.0018
            ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
            values = {
                "name": f"Chantier {number}",
                "geometry": {"type": "Polygon", "coordinates": [ring]},
                "buffer_m": 20.0,
                "dwell_s": 60.0,
                "max_accuracy_m": 60.0,
            }
            await create_fence(change, values)

    await execute(store, Actor(tenant.slug), draw, what="bench fences")


def allow_sockets(wanted: int) -> None:
    """Raise the limit of open files as far as we may; services started later inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


async def await_lease(pool: Pool, role: str, *, timeout_s: float = 30.0) -> None:
    """Wait until a worker serves the tenant in this role."""
    async with asyncio.timeout(timeout_s):
        while not await pool.fetchval(  # noqa: ASYNC110 - another process takes it
            "select 1 from lease where role = $1 and until > now()", role
        ):
            await asyncio.sleep(0.1)
