"""A tenant to plan, emptied for each test, and solver processes."""

from collections.abc import AsyncIterator

import pytest_asyncio

from dispatch.engine.pool import SolverPool
from fieldops.process import Process
from fieldops.tenancy import Tenant
from tests.dispatch.live.rounds import Round
from tests.world import World


@pytest_asyncio.fixture(scope="module")
async def world(process: Process, tenant: Tenant) -> World:
    return World(process, tenant, await process.tenants.database(tenant.slug))


@pytest_asyncio.fixture(scope="module")
async def solvers() -> AsyncIterator[SolverPool]:
    async with SolverPool() as pool:
        yield pool


@pytest_asyncio.fixture
async def empty(world: World) -> World:
    """The same tenant with no work left from the test before."""
    await world.pool.execute("update task set state = 'cancelled' where state <> 'cancelled'")
    await world.pool.execute("update assignment set state = 'withdrawn' where state <> 'withdrawn'")
    await world.pool.execute("update shift set ended_at = now() where ended_at is null")
    await world.pool.execute("delete from dispatch_settings")
    await world.pool.execute("insert into dispatch_settings default values")
    return world


@pytest_asyncio.fixture
async def round_(empty: World, solvers: SolverPool) -> Round:
    return Round(empty, solvers)
