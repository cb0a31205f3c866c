"""Simulated workers clock in on their phones when their crew comes to a chantier, once a day."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from fieldops.model import now
from simulators.fleet import Unit
from simulators.furnish import FurnishedCrew
from simulators.motion import Mover, Place, distance_m
from simulators.roster import SitePlan

LOOK_S = 1.0
# Of all the workers one has a phone that may not tell where it is: there is something to check.
UNLOCATED_EMPLOYEE = "E006"


async def clock_in(
    crews: Sequence[FurnishedCrew],
    sites: Sequence[tuple[SitePlan, str]],
    vans: Mapping[str, Mover],
    phones: Mapping[str, Unit],
) -> None:
    """Declare each worker in where its crew's van first stands on a site; `vans` are by crew,
    `phones` by worker."""
    waiting = list(crews)
    while waiting:
        for crew in tuple(waiting):
            van = vans[crew.id]
            site = None if van.moving else site_at(sites, van.place)
            if site is not None:
                waiting.remove(crew)
                await _declare(crew, site, phones)
        await asyncio.sleep(LOOK_S)


def site_at(sites: Sequence[tuple[SitePlan, str]], place: Place) -> str | None:
    """Return the id of the site a place is well inside of."""
    for plan, site in sites:
        if distance_m(plan.center, place) < 0.85 * plan.radius_m:
            return site
    return None


async def _declare(crew: FurnishedCrew, site: str, phones: Mapping[str, Unit]) -> None:
    for worker, plan in zip(crew.worker_ids, crew.plan.workers, strict=True):
        phone = phones[worker]
        (lon, lat), accuracy_m = phone.sight(LOOK_S)
        told = plan.employee_no != UNLOCATED_EMPLOYEE
        await phone.client.send_attendance(
            at=now(),
            kind="in",
            worker=UUID(worker),
            site=UUID(site),
            lon=lon if told else None,
            lat=lat if told else None,
            accuracy_m=accuracy_m if told else None,
        )
