"""A tenant of a bench's own, with people, a crew on shift and a fleet; gone when it ends."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx

from devices.broker import broker_admin
from devices.endpoint import Endpoint, endpoint
from devices.topics import DeviceName, device_name
from fieldops.database import Pool
from fieldops.errors import Unauthenticated, Unavailable
from fieldops.model import Profile, Purpose, new_id, now
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.commands import Change, TenantStore, execute
from identity.passwords import Passwords
from identity.rights import Actor
from identity.tenants import create_tenant, drop_tenant
from identity.users import NewUser, create_user
from resources.devices import PlainDevice, register_devices
from simulators.office import Office

PLACE = (4.8357, 45.7640)
SHIFT_H = 8
PROBE_S = 3.0
KNOWN_S = 8
Registered = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a bench stands on; offices are signed in."""

    tenant: Tenant
    pool: Pool
    manager: Office
    lead: Office
    site: str
    devices: Sequence[DeviceName]
    gateway: Endpoint

    def task(self, title: str) -> dict[str, Any]:
        """Return the body of a short task beside the crew's depot, due from now on."""
        at = now()
        return {
            "id": str(new_id()),
            "site_id": self.site,
            "title": title,
            "duration_s": 600,
            "window_start": at.isoformat(),
            "window_end": (at + timedelta(hours=SHIFT_H - 1)).isoformat(),
            "priority": 1,
            "lon": PLACE[0] + 0.005,
            "lat": PLACE[1] + 0.005,
        }


async def require_hub(base_url: str) -> None:
    """Raise Unavailable unless a hub is ready there."""
    try:
        async with httpx.AsyncClient(timeout=PROBE_S) as http:
            ready = (await http.get(f"{base_url}/readyz")).status_code == 200
    except httpx.HTTPError:
        ready = False
    if not ready:
        raise Unavailable(f"no hub is ready at {base_url}: start one with: fieldops run all")


@asynccontextmanager
async def bench_ground(
    process: Process, base_url: str, name: str, devices: int, registered: Registered
) -> AsyncIterator[Ground]:
    """Lend a fresh tenant `bench-{name}-xxxx`; it is dropped at the end, however that comes.

    Raises:
        Unavailable: no hub is ready at `base_url`, or a service does not answer.
    """
    await require_hub(base_url)
    slug = f"bench-{name}-{secrets.token_hex(2)}"
    tenant = await create_tenant(process, slug, name=f"Bench {name}", country="FR")
    try:
        async with AsyncExitStack() as stack:
            yield await _furnish(process, base_url, tenant, devices, stack, registered)
    finally:
        await drop_tenant(process, slug)


async def _furnish(
    process: Process,
    base_url: str,
    tenant: Tenant,
    devices: int,
    stack: AsyncExitStack,
    registered: Registered,
) -> Ground:
    pool = await process.tenants.database(tenant.slug)
    store, password = TenantStore(pool, process.valkey), secrets.token_urlsafe(16)
    hashed = await Passwords().hash(password)
    await add_user(store, tenant, NewUser("manager", "Manager", Profile.MANAGER, hashed))
    manager = await signed_in(stack, lambda: Office(base_url, tenant.slug, "manager", password))
    worker = (await manager.post("/workers", {"id": str(new_id()), "name": "Lead"}))["id"]
    await add_user(
        store, tenant, NewUser("lead", "Lead", Profile.CREW_MEMBER, hashed, worker_id=worker)
    )
    site = await _crew_and_site(manager, worker)
    lead = await signed_in(stack, lambda: Office(base_url, tenant.slug, "lead", password))
    names = [device_name(f"bench-{n:05}") for n in range(devices)]
    wanted = [PlainDevice(name, name, "tracker", Purpose.VEHICLE_RULES) for name in names]
    await register_devices(store, Actor(tenant.slug), None, wanted, done=registered)
    async with broker_admin(endpoint(process.urls.mqtt_admin)) as broker:
        secret = secrets.token_urlsafe(16)
        user = await broker.ensure_gateway(tenant.slug, secret)
    gateway = replace(endpoint(process.urls.mqtt_admin), username=user, password=secret)
    return Ground(tenant, pool, manager, lead, site, names, gateway)


async def signed_in(stack: AsyncExitStack, office: Callable[[], Office]) -> Office:
    """Sign in, again for a while: a hub looks for new tenants every few seconds only.

    Raises:
        Unauthenticated: it still knows nobody of that name, so it is another platform's hub.
    """
    for attempt in range(KNOWN_S):
        try:
            return await stack.enter_async_context(office())
        except Unauthenticated:
            if attempt == KNOWN_S - 1:
                raise
            await asyncio.sleep(1.0)
    raise AssertionError


async def add_user(store: TenantStore, tenant: Tenant, new: NewUser) -> None:
    """Let somebody sign in."""

    async def apply(change: Change) -> None:
        await create_user(change, new)

    await execute(store, Actor(tenant.slug), apply, what="create user")


async def _crew_and_site(manager: Office, worker: str) -> str:
    """Make a crew of one on shift and a site; return the site's id."""
    at = now()
    crew = await manager.post(
        "/crews",
        {"id": str(new_id()), "name": "Bench", "lead_worker_id": worker, "member_ids": [worker],
         "depot_lon": PLACE[0], "depot_lat": PLACE[1]},
    )  # fmt: skip
    ends_at = at + timedelta(hours=SHIFT_H)
    await manager.post(
        "/shifts",
        {"crew_id": crew["id"], "starts_at": at.isoformat(), "ends_at": ends_at.isoformat()},
    )
    project = await manager.post("/projects", {"id": str(new_id()), "code": "B", "name": "Bench"})
    site = await manager.post(
        "/sites",
        {"id": str(new_id()), "project_id": project["id"], "code": "B1", "name": "Bench"},
    )
    return str(site["id"])
