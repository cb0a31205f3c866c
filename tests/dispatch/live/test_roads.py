"""A plan is made on the roads a service tells, and says when it could not be."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from dispatch.engine.pool import SolverPool
from fieldops.model import great_circle_m
from fieldops.process import Process
from fieldops.tenancy import Tenant
from geo.roads.known import RoadNetwork
from geo.roads.osrm import Osrm
from tests.dispatch.live.rounds import Round
from tests.geo.roads.service import SPEED_MPS, drive_m, serving
from tests.world import LYON, World

pytestmark = pytest.mark.services
FIGURES = "select figures from plan order by version desc limit 1"


@pytest_asyncio.fixture(scope="module")
async def solvers() -> AsyncIterator[SolverPool]:
    async with SolverPool() as pool:
        yield pool


async def test_a_plan_drives_on_the_services_roads_and_on_the_estimate_when_it_is_gone(
    process: Process, tenant: Tenant, solvers: SolverPool
) -> None:
    world = World(process, tenant, await process.tenants.database(tenant.slug))
    await world.crew("a")
    place = (LYON[0] + 0.05, LYON[1] + 0.05)
    await world.task(await world.site(), lon=place[0], lat=place[1])

    async with serving() as service, httpx.AsyncClient(base_url=service.url, timeout=3) as http:
        roads = RoadNetwork(Osrm(http), timeout_s=3.0, cells_most=10_000, rest_s=0.0)
        round_ = Round(world, solvers, roads)
        (planned,) = await round_.plan()
        figures = await world.pool.fetchval(FIGURES)
        service.broken = True
        aside = (LYON[0] - 0.02, LYON[1])
        far = await world.task(await world.site(), lon=aside[0], lat=aside[1])
        later = {row["task_id"]: row for row in await round_.plan()}
        after = await world.pool.fetchval(FIGURES)

    driven_m = drive_m(LYON, place)
    assert driven_m is not None
    assert planned["travel_s"] == pytest.approx(driven_m / SPEED_MPS, abs=2)
    assert planned["travel_s"] > 1.1 * great_circle_m(*LYON, *place) / SPEED_MPS
    assert (figures["travel_source"], figures["travel_estimated"]) == ("osrm", 0)
    # The second plan still drives where it knows the way; to the new place it can only estimate.
    assert far in later
    assert after["travel_source"] == "osrm"
    assert 0 < after["travel_estimated"] < 1
