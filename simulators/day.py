"""A seeded day of the demo tenant: 9 vehicles, 24 people, 3 chantiers, tasks through the day.

One crew declines its first offer, one vehicle goes silent. At speed n everything moves and works n
times faster and every stamp is true (docs/decisions/0004).
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from fieldops.model import new_id, now
from simulators import faults
from simulators.arrival import clock_in
from simulators.crew import CrewAgent, Tally
from simulators.fleet import Counts, Unit, client_of
from simulators.furnish import Credentials, Furnished, FurnishedCrew, Furnisher
from simulators.motion import Mover, Place, Receiver, moved, road
from simulators.office import Office
from simulators.roster import DEPOT, Job, jobs, roster

DAY_S = 10 * 3600.0
DRIVE_MPS = 11.0
TICK_S = 0.2
SILENT_AFTER_S = 120.0
DRAIN_S = 30.0
# So many crews begin their day on a chantier; the others are on their way.
ON_SITE = 5


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What to simulate and where the platform is."""

    base_url: str
    tenant: str
    password: str
    keep: Path
    seed: int = 1
    speed: float = 1.0
    seconds: float | None = None
    real_faults: bool = True

    @property
    def real_s(self) -> float:
        """How long the day lasts on the wall clock."""
        whole = DAY_S / self.speed
        return whole if self.seconds is None else min(whole, self.seconds)


@dataclass(slots=True)
class Summary:
    """What happened; `unsettled` is what the hub had not confirmed at the end."""

    tasks: int = 0
    crews: Tally = field(default_factory=Tally)
    devices: Counts = field(default_factory=Counts)
    settled: int = 0
    unsettled: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def run_day(plan: DayPlan, tell: Callable[[str], None]) -> Summary:
    """Furnish the tenant and live the day.

    Raises:
        Unauthenticated: the demo's logins are not those of the tenant. Unavailable: no platform.
    """
    chance = random.Random(plan.seed)
    summary = Summary()
    async with AsyncExitStack() as stack:
        manager = await stack.enter_async_context(_office(plan, "direction"))
        admin = await stack.enter_async_context(_office(plan, "admin"))
        tell("furnishing the tenant")
        furnisher = Furnisher(manager, admin, plan.keep, password=plan.password)
        furnished = await furnisher.furnish(roster(plan.seed))
        leads = [
            await stack.enter_async_context(_office(plan, crew.plan.workers[0].login))
            for crew in furnished.crews
        ]
        fleet = _fleet(plan, furnished, chance, summary.devices)
        agents = [
            _agent(plan, crew, lead, fleet.vans[crew.id], chance, summary.crews, tell)
            for crew, lead in zip(furnished.crews, leads, strict=True)
        ]
        tell(f"{len(fleet.units)} devices and {len(agents)} crews for {plan.real_s:.0f} s")
        await _live(plan, furnished, manager, fleet, agents, summary, tell)
    return summary


async def _live(
    plan: DayPlan,
    furnished: Furnished,
    manager: Office,
    fleet: "_Fleet",
    agents: list[CrewAgent],
    summary: Summary,
    tell: Callable[[str], None],
) -> None:
    """Run everything until the day is over, then let the devices settle what they sent."""
    async with asyncio.TaskGroup() as devices:
        running = [devices.create_task(unit.run()) for unit in fleet.units]
        try:
            async with asyncio.timeout(plan.real_s), asyncio.TaskGroup() as people:
                people.create_task(_move(fleet))
                people.create_task(_roam(fleet, plan))
                people.create_task(
                    clock_in(furnished.crews, furnished.sites, fleet.vans, fleet.phones)
                )
                people.create_task(_create_tasks(plan, furnished, manager, summary, tell))
                for agent in agents:
                    people.create_task(agent.run())
        except TimeoutError:
            tell("the day is over")
        for unit in fleet.units:
            unit.silent = True
        await asyncio.wait(
            [devices.create_task(_drained(unit)) for unit in fleet.units], timeout=DRAIN_S + 5
        )
        summary.settled = sum(unit.client.settled for unit in fleet.units)
        summary.unsettled = sum(unit.client.unsettled for unit in fleet.units)
        for each in running:
            each.cancel()


async def _drained(unit: Unit) -> None:
    """Wait until a device's messages are settled, but not longer than half a minute."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + DRAIN_S
    while (unit.client.unsettled or unit.held) and loop.time() < deadline:
        await asyncio.sleep(0.2)


@dataclass(frozen=True, slots=True)
class _Fleet:
    vans: dict[str, Mover]
    spare: Mover
    spare_unit: Unit
    phones: dict[str, Unit]
    units: list[Unit]

    def movers(self) -> Iterator[Mover]:
        yield from self.vans.values()
        yield self.spare


def _fleet(plan: DayPlan, furnished: Furnished, chance: random.Random, counts: Counts) -> _Fleet:
    def unit(
        credentials: Credentials, mover: Mover, sigma_m: float, aside: Place, source: str
    ) -> Unit:
        own = random.Random(chance.random())
        fault = faults.real(own) if plan.real_faults else faults.NONE
        client = client_of(plan.tenant, credentials)
        return Unit(client, mover, Receiver(own, sigma_m), fault, own, counts, aside, source)

    vans: dict[str, Mover] = {}
    phones: dict[str, Unit] = {}
    units = []
    for number, crew in enumerate(furnished.crews):
        start = moved(DEPOT, chance.uniform(-4000, 4000), chance.uniform(-4000, 4000))
        if number < ON_SITE:
            site, _ = furnished.sites[number % len(furnished.sites)]
            reach = 0.4 * site.radius_m
            start = moved(site.center, chance.uniform(-reach, reach), chance.uniform(-reach, reach))
        van = vans[crew.id] = Mover(start, DRIVE_MPS * plan.speed)
        units.append(unit(crew.tracker, van, 6.0, (0.0, 0.0), "gnss"))
        for worker, phone in zip(crew.worker_ids, crew.phones, strict=True):
            aside = (chance.uniform(-25, 25), chance.uniform(-25, 25))
            phones[worker] = unit(phone, van, 12.0, aside, "fused")
            units.append(phones[worker])
    spare = Mover(moved(DEPOT, 900, 300), DRIVE_MPS * plan.speed)
    spare_unit = unit(furnished.spare, spare, 6.0, (0.0, 0.0), "gnss")
    return _Fleet(vans, spare, spare_unit, phones, [*units, spare_unit])


def _agent(
    plan: DayPlan,
    crew: FurnishedCrew,
    lead: Office,
    van: Mover,
    chance: random.Random,
    tally: Tally,
    tell: Callable[[str], None],
) -> CrewAgent:
    live_url = plan.base_url.replace("http", "ws", 1) + "/api/v1/live"
    own = random.Random(chance.random())
    return CrewAgent(crew, lead, live_url, van, plan.speed, own, tally, tell)


def _office(plan: DayPlan, login: str) -> Office:
    return Office(plan.base_url, plan.tenant, login, plan.password)


async def _move(fleet: _Fleet) -> None:
    loop = asyncio.get_running_loop()
    last = loop.time()
    while True:
        await asyncio.sleep(TICK_S)
        present = loop.time()
        for mover in fleet.movers():
            mover.advance(present - last)
        last = present


async def _roam(fleet: _Fleet, plan: DayPlan) -> None:
    """Drive the ninth vehicle about until its tracker goes silent."""
    chance = random.Random(plan.seed + 2)
    loop = asyncio.get_running_loop()
    until = loop.time() + SILENT_AFTER_S
    while loop.time() < until:
        if not fleet.spare.moving:
            target = moved(DEPOT, chance.uniform(-3000, 3000), chance.uniform(-3000, 3000))
            fleet.spare.drive(road(fleet.spare.place, target, chance))
        await asyncio.sleep(1.0)
    fleet.spare_unit.silent = True


async def _create_tasks(
    plan: DayPlan,
    furnished: Furnished,
    manager: Office,
    summary: Summary,
    tell: Callable[[str], None],
) -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    chance = random.Random(plan.seed + 3)
    # Work left over from a day that was cut short stands for as many of the opening tasks.
    left_over = len(await manager.all("/tasks", open="true"))
    for job in jobs(plan.seed, day_s=DAY_S):
        if job.after_s == 0 and left_over > 0:
            left_over -= 1
            continue
        await asyncio.sleep(max(0.0, started + job.after_s / plan.speed - loop.time()))
        task = await manager.post("/tasks", _task(job, furnished, chance))
        summary.tasks += 1
        tell(f"new task: {task['title']}")


def _task(job: Job, furnished: Furnished, chance: random.Random) -> dict[str, Any]:
    """Return the body of a task somewhere on its site."""
    site, site_id = furnished.sites[job.site]
    reach = site.radius_m * 0.6
    lon, lat = moved(site.center, chance.uniform(-reach, reach), chance.uniform(-reach, reach))
    at = now()
    return {
        "id": str(new_id()),
        "site_id": site_id,
        "title": job.title,
        "duration_s": job.duration_s,
        "window_start": at.isoformat(),
        "window_end": (at + timedelta(hours=job.window_h)).isoformat(),
        "priority": job.priority,
        "skills": list(job.skills),
        "lon": round(lon, 6),
        "lat": round(lat, 6),
    }
