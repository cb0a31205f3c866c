"""A furnished tenant with devices that move and crews that work, but for the first crew: its lead's
phone is the browser's."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from fieldops.model import new_id, now
from simulators import faults
from simulators.crew import CrewAgent, Tally
from simulators.fleet import Counts, Unit, client_of
from simulators.furnish import Credentials, Furnished, FurnishedCrew, Furnisher
from simulators.motion import Mover, Receiver, moved, road
from simulators.office import Office
from simulators.roster import roster
from tests.e2e.hub import PASSWORD, Hub

SPEED_MPS = 60.0  # vans hurry, so that a test need not wait
TICK_S = 0.2
# Only the first crew has it: what it alone can do comes to its phone.
OWN_SKILL = "HC"
# Nobody of the first crew has these.
OTHERS = (("BC", "Consignation d'un départ"), ("H0V", "Tirage de câble HTA"))


@dataclass(frozen=True, slots=True)
class Scene:
    """A tenant at work."""

    hub: Hub
    tenant: str
    manager: Office
    furnished: Furnished

    @property
    def crew(self) -> FurnishedCrew:
        """The crew whose phone is the browser's."""
        return self.furnished.crews[0]

    async def add_task(self, title: str, *, site: int, skill: str, **values: Any) -> dict[str, Any]:
        plan, site_id = self.furnished.sites[site]
        lon, lat = moved(plan.center, *values.pop("aside", (0.0, 0.0)))
        body = {
            "id": str(new_id()),
            "site_id": site_id,
            "title": title,
            "duration_s": 2700,
            "window_start": now().isoformat(),
            "window_end": (now() + timedelta(hours=4)).isoformat(),
            "priority": 3,
            "skills": [skill],
            "lon": lon,
            "lat": lat,
            **values,
        }
        made: dict[str, Any] = await self.manager.post("/tasks", body)
        return made


@asynccontextmanager
async def furnished(hub: Hub, folder: Path, *, tz: str) -> AsyncIterator[Scene]:
    """Furnish a new tenant and let it work."""
    tenant = await hub.tenant(tz=tz)
    async with AsyncExitStack() as stack:
        manager, admin = [
            await stack.enter_async_context(Office(hub.base_url, tenant, login, PASSWORD))
            for login in ("direction", "admin")
        ]
        keep = folder / "devices.json"
        world = await Furnisher(manager, admin, keep, password=PASSWORD).furnish(roster(1))
        lead = world.crews[0].worker_ids[0]
        await manager.post(f"/workers/{lead}/skills", {"skill": OWN_SKILL})
        leads = [
            await stack.enter_async_context(
                Office(hub.base_url, tenant, crew.plan.workers[0].login, PASSWORD)
            )
            for crew in world.crews[1:]
        ]
        living = asyncio.create_task(_live(hub, tenant, world, leads))
        try:
            yield Scene(hub, tenant, manager, world)
        finally:
            living.cancel()
            await asyncio.wait([living], timeout=20)


async def _live(hub: Hub, tenant: str, world: Furnished, leads: list[Office]) -> None:
    chance = random.Random(7)
    centers = [site.center for site, _ in world.sites]
    movers: list[Mover] = []
    units: list[Unit] = []
    agents: list[CrewAgent] = []
    tally = Tally(declined=1)  # the one that declines is the browser

    def unit(credentials: Credentials, mover: Mover, sigma_m: float, source: str) -> Unit:
        own = random.Random(chance.random())
        aside = (0.0, 0.0) if source == "gnss" else (own.uniform(-25, 25), own.uniform(-25, 25))
        client = client_of(tenant, credentials)
        receiver = Receiver(own, sigma_m)
        return Unit(client, mover, receiver, faults.NONE, own, Counts(), aside, source)

    for n, crew in enumerate(world.crews):
        start = moved(centers[n % 3], chance.uniform(-2600, 2600), chance.uniform(-900, 2200))
        movers.append(Mover(start, SPEED_MPS / 6))
        units.append(unit(crew.tracker, movers[-1], 6.0, "gnss"))
        units += [unit(phone, movers[-1], 12.0, "fused") for phone in crew.phones]
    movers.append(Mover(moved(centers[1], 900, 300), SPEED_MPS / 6))
    units.append(unit(world.spare, movers[-1], 6.0, "gnss"))
    live_url = hub.base_url.replace("http", "ws", 1) + "/api/v1/live"
    for crew, lead, mover in zip(world.crews[1:], leads, movers[1:], strict=False):
        own = random.Random(chance.random())
        agents.append(CrewAgent(crew, lead, live_url, mover, 1.0, own, tally, lambda _: None))
    async with asyncio.TaskGroup() as group:
        group.create_task(_drive(movers, (movers[0], movers[-1]), chance))
        for device in units:
            group.create_task(device.run())
        for agent in agents:
            group.create_task(agent.run())


async def _drive(movers: list[Mover], roaming: tuple[Mover, ...], chance: random.Random) -> None:
    """Move everything; whoever has no visit to go to is never at rest."""
    while True:
        await asyncio.sleep(TICK_S)
        for mover in movers:
            if mover in roaming and not mover.moving:
                aim = moved(mover.place, chance.uniform(-900, 900), chance.uniform(-700, 700))
                mover.drive(road(mover.place, aim, chance))
            mover.advance(TICK_S)
