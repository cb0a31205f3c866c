"""A tenant with one fence and an ingest to feed it."""

import pytest_asyncio

from fieldops.process import Process
from fieldops.tenancy import Tenant
from tests.feeding import Feeding, open_feeding
from tests.world import World


@pytest_asyncio.fixture(scope="module")
async def world(process: Process, tenant: Tenant) -> World:
    return World(process, tenant, await process.tenants.database(tenant.slug))


@pytest_asyncio.fixture(scope="module")
async def feeding(world: World) -> Feeding:
    return await open_feeding(world.process, world.tenant, world.pool)
